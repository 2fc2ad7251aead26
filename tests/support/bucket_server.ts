/** A private S3 server for tests: moto, which keeps the parts of an upload as S3 does, on a free port of loopback, in memory. */

import { systemClock } from "../../src/base/clock.ts";
import { killChild } from "./child.ts";

export interface BucketServer {
  url: string;
  stop(): Promise<void>;
}

/** Where .ci/run installs it, on a machine that has none. */
const MOTO = Deno.env.get("MOTO_SERVER") ?? "moto_server";

/** Undefined, or why there can be no server here. */
export const BUCKETS_MISSING: string | undefined = await new Deno.Command(MOTO, { args: ["--help"] })
  .output()
  .then(({ success }) => success, () => false)
  .then((isThere) => isThere ? undefined : "no moto_server on PATH; pip install 'moto[s3]' flask flask-cors");

/** Starts a server and waits until it answers. */
export async function startBuckets(): Promise<BucketServer> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const process = new Deno.Command(MOTO, {
    args: ["-H", "127.0.0.1", "-p", String(port)],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  let ended = false;
  void process.status.then(() => ended = true);
  while (!await fetch(url).then((answer) => answer.body?.cancel().then(() => true), () => false)) {
    if (ended) throw new Error("moto_server ended before it answered");
    await systemClock.sleep(50);
  }
  return {
    url,
    stop: async () => {
      killChild(process, "SIGKILL");
      await process.status;
    },
  };
}
