/** A process of the bench: started from one of our scripts, told what to do in lines of JSON, answering each with one. */

import { fileURLToPath as fromFileUrl } from "node:url";
import { TextLineStream } from "./lines.ts";

export interface Child {
  /** What the process said when it was ready. */
  ready: Record<string, unknown>;
  /** Sends a command and awaits its answer; one at a time. Throws when the process fails or ends. */
  // deno-lint-ignore no-explicit-any -- each script documents its answers; they are ours on both sides.
  call(command: Record<string, unknown>): Promise<any>;
  /** Ends the process and waits for its end. */
  stop(): Promise<void>;
}

/** Variables that every child may need to find Deno's cache and the time zone. */
const PASSED_ON = ["PATH", "HOME", "DENO_DIR", "TMPDIR", "TZ"];

/** Starts `script` (beside this file) with this environment only, and waits until it is ready. */
export async function startChild(script: string, env: Record<string, string> = {}): Promise<Child> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const process = new Deno.Command(Deno.execPath(), {
    // The garbage of a process is collected where its memory is measured.
    args: [
      "run",
      "-A",
      "--no-check",
      "--quiet",
      "--v8-flags=--expose-gc",
      "--config",
      pathOf("../../deno.json"),
      pathOf(script),
    ],
    clearEnv: true,
    env: { ...Object.fromEntries(passed), ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = process.stdin.getWriter();
  const answers = process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();

  async function answer() {
    const { value, done } = await answers.read();
    if (done) throw new Error(`${script} ended before it answered`);
    const parsed = JSON.parse(value);
    if (parsed.error !== undefined) throw new Error(`${script}: ${parsed.error}`);
    return parsed;
  }

  const ready = await answer();
  return {
    ready,
    call: async (command) => {
      await input.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
      return await answer();
    },
    stop: async () => {
      await input.close().catch(() => {});
      await process.status;
    },
  };
}

function pathOf(relative: string): string {
  return fromFileUrl(new URL(relative, import.meta.url));
}

/**
 * The child's side: says `ready`, answers each command with what `handle` gives, and at the end of the input runs `end` and
 * exits.
 */
export async function serveCommands(options: {
  ready: Record<string, unknown>;
  // deno-lint-ignore no-explicit-any -- as Child.call().
  handle(command: any): Promise<Record<string, unknown>>;
  end(): Promise<unknown>;
}): Promise<never> {
  console.log(JSON.stringify(options.ready));
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) {
    const answer = await options.handle(JSON.parse(line)).catch((error) => ({ error: String(error?.stack ?? error) }));
    console.log(JSON.stringify(answer));
  }
  await options.end();
  Deno.exit(0);
}
