/**
 * Tries the program by its command line, as an operator has it: `deno run -A tests/support/try_program.ts ./binaries/timewire-TARGET`
 * does so with a compiled binary, in a new folder, and ends with 1 where something is not as it should be.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { resolve } from "node:path";
import { TextLineStream } from "../bench/lines.ts";
import { inherited, SHORT_LIVED, UNHURRIED } from "./child.ts";

export interface TriedProgram {
  /** With its first arguments. */
  command: readonly string[];
  cwd: string;
  /** Below `cwd`, and empty. */
  dataDir: string;
  isBinary: boolean;
}

interface Ran {
  code: number;
  out: string;
  err: string;
}

const FREE_PORTS = {
  APP_PORT: "0",
  UNIVERSAL_WEBHOOK_PORT: "0",
  CLOCKIFY_ADDON_PORT: "0",
  API_PORT: "0",
};

/** Its verbs without a database, with the embedded one, and beside the program that serves from it. Throws at the first that is wrong. */
export async function tryProgram(
  { command: [program, ...first], cwd, dataDir, isBinary }: TriedProgram,
): Promise<void> {
  const env = {
    ...inherited(),
    ...SHORT_LIVED,
    ...UNHURRIED,
    NO_COLOR: "1",
    ...FREE_PORTS,
    HOST: "127.0.0.1",
    DATA_DIR: dataDir,
  };
  const commandOf = (args: readonly string[], more: Record<string, string> = {}) =>
    new Deno.Command(program!, {
      args: [...first, ...args],
      cwd,
      env: { ...env, ...more },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  async function run(args: readonly string[], more?: Record<string, string>): Promise<Ran> {
    const { code, stdout, stderr } = await commandOf(args, more).output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  }
  async function done(args: readonly string[], more?: Record<string, string>): Promise<string> {
    const { code, out, err } = await run(args, more);
    assertEquals(code, 0, `${args.join(" ")}: ${err}${out}`);
    return out;
  }

  assertEquals(JSON.parse(await done(["version", "--json"])).binary, isBinary);
  assertEquals(JSON.parse(await done(["config", "--json"])).ok, true);
  assertMatch(await done(["completion", "bash"]), /timewire/);
  assertEquals((await run(["no-such-verb"])).code, 2);
  assertEquals((await run(["config"], { APP_PORT: "no port" })).code, 3);
  // Where no socket file can be listened on there is no embedded database.
  if (Deno.build.os === "windows") return;

  await done(["migrate"]);
  const serving = commandOf([]).spawn();
  const lines = serving.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  const errors = new Response(serving.stderr).text();
  try {
    const ports = new Map<string, number>();
    for await (const line of lines.values({ preventCancel: true })) {
      const { message, profile, port } = JSON.parse(line);
      if (message === "listener.ready") ports.set(profile, port);
      if (ports.size === 4) break;
    }
    assertEquals(ports.size, 4, await (ports.size < 4 ? errors : ""));
    void lines.pipeTo(new WritableStream()).catch(() => {});
    const url = `http://127.0.0.1:${ports.get("operators")}`;
    for (const path of ["/ready", "/metrics", "/openapi.json", "/ui"]) {
      const answer = await fetch(url + path);
      assertEquals(answer.status, 200, path);
      const body = await answer.text();
      if (path === "/ui") assertMatch(body, /<title>Timewire/);
    }
    const there = { TIMEWIRE_URL: url };
    assertEquals(JSON.parse(await done(["workspaces", "list", "--json"], there)), { workspaces: [] });
    assertEquals((await run(["events", "list"], there)).code, 1, "nothing is installed");
    const { checks } = JSON.parse(await done(["doctor", "--json"], there));
    assert(checks.length > 10, "the program that serves looks for itself");
    assertEquals((await run(["migrate", "status"])).code, 4, "the embedded database serves one process");
  } finally {
    serving.kill("SIGTERM");
    assertEquals((await serving.status).code, 0, await errors);
  }
  const { databases } = JSON.parse(await done(["migrate", "status", "--json"]));
  assertEquals(databases[0].migrations.filter(({ applied_at }: { applied_at: unknown }) => applied_at === null), []);
}

if (import.meta.main) {
  const cwd = await Deno.makeTempDir({ prefix: "timewire-try-" });
  await tryProgram({ command: [resolve(Deno.args[0]!)], cwd, dataDir: "./data", isBinary: true });
  await Deno.remove(cwd, { recursive: true });
  console.log(`${Deno.args[0]} does what it should`);
}
