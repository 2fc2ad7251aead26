/** Debian's Prometheus for tests: its tools on files, and a private server on a free port of loopback. */

import { join } from "node:path";
import { killChild } from "./child.ts";
import { eventually } from "./world.ts";

/** Where .ci/run unpacks the packages, whose installation would start services. */
const UNPACKED = join(Deno.env.get("HOME") ?? "", ".cache/timewire-prometheus/usr/bin");

async function find(name: string): Promise<string | undefined> {
  for (const path of [name, join(UNPACKED, name)]) {
    try {
      await new Deno.Command(path, { args: ["--version"], stdout: "null", stderr: "null" }).output();
      return path;
    } catch {
      // It is not there.
    }
  }
  return undefined;
}

const [prometheus, promtool, amtool] = await Promise.all(["prometheus", "promtool", "amtool"].map(find));

/** Undefined, or why there can be none here. */
export const PROMETHEUS_MISSING: string | undefined = prometheus && promtool && amtool
  ? undefined
  : "no prometheus, promtool and amtool on PATH; bash .ci/run unpacks Debian's packages of them";

/** Runs promtool or amtool; gives what it says, and rejects with that where it fails. */
export async function check(tool: "promtool" | "amtool", args: string[], { cwd }: { cwd: string }): Promise<string> {
  const command = new Deno.Command((tool === "promtool" ? promtool : amtool)!, { args, cwd });
  const { success, stdout, stderr } = await command.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) throw new Error(`${tool} ${args.join(" ")}: ${said}`);
  return said;
}

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

export interface PrometheusServer {
  /** An instant query, now. Rejects for what cannot be parsed. */
  query(expr: string): Promise<Sample[]>;
  /** Name and last error of each rule that was evaluated; "" where there was none. */
  rules(): Promise<{ name: string; health: string; lastError: string }[]>;
  stop(): Promise<void>;
}

/** Starts one with this configuration, and waits until it answers. */
export async function startPrometheus(config: string): Promise<PrometheusServer> {
  const folder = await Deno.makeTempDir({ prefix: "timewire-prometheus-" });
  await Deno.writeTextFile(join(folder, "prometheus.yml"), config);
  const url = `http://127.0.0.1:${freePort()}`;
  const process = new Deno.Command(prometheus!, {
    args: [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=${url.slice("http://".length)}`,
      "--log.level=error",
    ],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  async function get(path: string, body?: URLSearchParams): Promise<unknown> {
    const response = await fetch(url + path, { method: body ? "POST" : "GET", body });
    const { status, data, error } = await response.json();
    if (status !== "success") throw new Error(`${error}: ${body?.get("query")}`);
    return data;
  }
  await eventually(() =>
    fetch(`${url}/-/ready`).then(async (response) => {
      await response.body?.cancel();
      return response.ok;
    }, () => false)
  );
  return {
    query: async (expr) => {
      const { resultType, result } = await get("/api/v1/query", new URLSearchParams({ query: expr })) as {
        resultType: string;
        result: { metric: Record<string, string>; value: [number, string] }[];
      };
      if (resultType !== "vector") throw new Error(`${resultType}: ${expr}`);
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    rules: async () => {
      const { groups } = await get("/api/v1/rules") as {
        groups: { rules: { name: string; health: string; lastError?: string }[] }[];
      };
      return groups.flatMap(({ rules }) => rules).map(({ name, health, lastError = "" }) => ({
        name,
        health,
        lastError,
      }));
    },
    stop: async () => {
      killChild(process, "SIGKILL");
      await process.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
