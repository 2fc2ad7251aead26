/** Child processes of the tests: started, awaited until ready, killed. */

import { existsSync } from "node:fs";

/** A running child whose first line that begins with `ready ` was read. */
export interface Child {
  /** What stood behind `ready `, as JSON. */
  // deno-lint-ignore no-explicit-any -- each child says something else
  ready: any;
  pid: number;
  /** Everything it printed to standard error so far. */
  errors(): string;
  kill(signal: Deno.Signal): void;
  status: Promise<Deno.CommandStatus>;
}

/** A child lives a few seconds: what V8 spends on faster code of the embedded database does not come back in them. */
export const SHORT_LIVED = { DENO_V8_FLAGS: "--liftoff-only" };
/** As V8 does by itself, for a program that a test keeps busy. */
export const LONG_LIVED = { DENO_V8_FLAGS: "--wasm-dynamic-tiering" };

/** Several programs on two cores: one that waits its turn for the processor is slow, not broken. */
export const UNHURRIED = { DATABASE_REQUEST_TIMEOUT_SECONDS: "20" };
/** As it is by default, where how long requests wait is what a test looks at. */
export const HURRIED = { DATABASE_REQUEST_TIMEOUT_SECONDS: "2" };

/** Where bundle_programs.ts put them; without it programs load as their sources are. */
const BUNDLES = Deno.env.get("TEST_PROGRAMS");
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** The script in one file, where it was bundled. */
function bundled(script: URL): string {
  const path = `${BUNDLES}/${script.pathname.slice(script.pathname.lastIndexOf("/") + 1, -".ts".length)}.mjs`;
  return existsSync(path) ? path : script.pathname;
}

/** Runs a script of ours with deno, with only the given variables, and waits for its `ready ` line; throws when it ends before. */
export async function startChild(script: URL, env: Record<string, string>, flags: string[] = []): Promise<Child> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", `--config=${CONFIG}`, ...flags, bundled(script)],
    env: { ...inherited(), ...SHORT_LIVED, ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let errors = "";
  const stderr = process.stderr.pipeThrough(new TextDecoderStream());
  const reading = (async () => {
    for await (const text of stderr) errors += text;
  })();
  let text = "";
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!/^ready .*\n/m.test(text)) {
    const { value, done } = await reader.read();
    if (done) {
      await reading;
      throw new Error(`The child ended before it was ready: ${errors || text}`);
    }
    text += value;
  }
  void (async () => {
    while (!(await reader.read()).done);
  })();
  return {
    ready: JSON.parse(/^ready (.*)$/m.exec(text)![1]!),
    pid: process.pid,
    errors: () => errors,
    kill: (signal) => killChild(process, signal),
    status: process.status.then(async (status) => {
      await reading;
      return status;
    }),
  };
}

/** A new folder for a copy of the project: not below /dev, where CI may have TMPDIR, and where Deno reads nothing with named permissions. */
export async function makeProjectFolder(prefix: string): Promise<string> {
  const dir = Deno.env.get("TMPDIR")?.startsWith("/dev/") ? "/tmp" : undefined;
  return await Deno.makeTempDir({ prefix, dir });
}

/** Standard output of a command that ends by itself; throws with what it printed when it fails. */
export async function outputOf(command: Deno.Command): Promise<string> {
  const { code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (code !== 0) throw new Error(`Exit code ${code}: ${out}${err}`);
  return out!;
}

/** Sends the signal, unless the child has ended already. */
export function killChild(process: Deno.ChildProcess, signal: Deno.Signal) {
  try {
    process.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** What deno itself needs, and nothing that could configure Timewire. */
export function inherited(): Record<string, string> {
  const names = ["HOME", "PATH", "DENO_DIR", "XDG_CACHE_HOME", "NO_COLOR", "TMPDIR"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
