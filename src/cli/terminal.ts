/** What a command prints to and reads from: the process's own streams, or a test's. */

import { stopSignals } from "../base/stop_signals.ts";

export interface Terminal {
  /** A line on standard output. */
  out(line: string): void;
  /** A line on standard error: what is no part of the answer. */
  err(line: string): void;
  /** Columns of the window; undefined where the output is no window, and nothing is cut. */
  columns?: number;
  colors: boolean;
  /** A file's text, or that of standard input for "-". */
  read(file: string): Promise<string>;
  /** Aborts when a person or the platform ends the command. */
  stopped: AbortSignal;
}

/** Those of this process. Signals are listened for from the first look at `stopped` on. */
export function processTerminal(): Terminal {
  let stopped: AbortSignal | undefined;
  const { log, error } = console;
  return {
    out: (line) => log(line),
    err: (line) => error(line),
    columns: Deno.stdout.isTerminal() ? Deno.consoleSize().columns : undefined,
    colors: Deno.stdout.isTerminal() && !Deno.noColor,
    read: (file) => file === "-" ? new Response(Deno.stdin.readable).text() : Deno.readTextFile(file),
    get stopped() {
      return stopped ??= stopSignal();
    },
  };
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of stopSignals()) Deno.addSignalListener(signal, () => stop.abort());
  return stop.signal;
}
