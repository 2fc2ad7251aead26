/** The command line in this process: what a command prints, and its exit code. */

import { systemClock } from "../../src/base/clock.ts";
import { runCommandLine } from "../../src/cli/program.ts";
import type { World } from "./world.ts";
import { OPERATOR_KEY } from "./world.ts";

export interface Ran {
  code: number;
  /** Lines of standard output. */
  out: string[];
  /** Lines of standard error. */
  err: string[];
  /** Standard output as JSON. */
  // deno-lint-ignore no-explicit-any -- answers are read as a script would, without our types
  json(): any;
}

export interface RunOptions {
  /** Files by name; "-" is standard input. */
  files?: Record<string, string>;
  columns?: number;
  colors?: boolean;
  stop?: AbortSignal;
  onLine?(line: string): void;
}

/** Runs commands with these variables. */
export function commandLineOf(environment: Record<string, string>) {
  return async (args: readonly string[], options: RunOptions = {}): Promise<Ran> => {
    const { files = {}, columns, colors = false, stop = new AbortController().signal, onLine } = options;
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCommandLine(args, {
      clock: systemClock,
      environment: () => Promise.resolve(environment),
      serve: () => Promise.reject(new Error("nothing is served here")),
      terminal: {
        out: (line) => {
          out.push(line);
          onLine?.(line);
        },
        err: (line) => {
          err.push(line);
          onLine?.(line);
        },
        columns,
        colors,
        read: (file) => {
          const text = files[file];
          return text === undefined ? Promise.reject(new Deno.errors.NotFound(file)) : Promise.resolve(text);
        },
        stopped: stop,
      },
    });
    return { code, out, err, json: () => JSON.parse(out.join("\n")) };
  };
}

/** Variables by which commands reach the world's program. */
export function environmentOf({ serving }: World): Record<string, string> {
  return { TIMEWIRE_URL: `http://127.0.0.1:${serving.operatorPort}`, TIMEWIRE_API_KEY: OPERATOR_KEY };
}

/** A port that nothing listens on. */
export function closedPort(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return String(port);
}
