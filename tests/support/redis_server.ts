/** A private Redis server for tests: on a free port of loopback, nothing on disk, frozen or killed at will. */

import { killChild } from "./child.ts";

export interface RedisServer {
  url: string;
  port: number;
  /** SIGSTOP leaves connections open and answers nothing; SIGCONT goes on; SIGKILL closes them. */
  kill(signal: Deno.Signal): void;
  /** Ends the process and waits for it. */
  stop(): Promise<void>;
}

/** Undefined, or why there can be no server here. */
export const REDIS_MISSING: string | undefined = await new Deno.Command("redis-server", { args: ["--version"] })
  .output()
  .then(() => undefined, () => "no redis-server on PATH; install Debian's redis-server");

export interface RedisServerOptions {
  /** Default: a free one. A port given is that of a server stopped before. */
  port?: number;
  password?: string;
}

/** Starts a server and waits until it accepts connections. */
export async function startRedis({ port = freePort(), password }: RedisServerOptions = {}): Promise<RedisServer> {
  const process = new Deno.Command("redis-server", {
    args: [
      ...["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
      ...(password === undefined ? [] : ["--requirepass", password]),
    ],
    cwd: "/",
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let log = "";
  while (!log.includes("Ready to accept connections")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Cannot start Redis: ${log.trim()}`);
    log += value;
  }
  const drained = (async () => {
    while (!(await reader.read()).done);
  })();
  return {
    url: `redis://${password === undefined ? "" : `:${password}@`}127.0.0.1:${port}/0`,
    port,
    kill: (signal) => killChild(process, signal),
    stop: async () => {
      killChild(process, "SIGKILL");
      await process.status;
      await drained;
    },
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
