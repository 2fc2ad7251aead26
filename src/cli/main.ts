/** The command line in this process: its streams, its environment and the machine's clock. */

import { systemClock } from "../base/clock.ts";
import { readEnvironment } from "../config/load.ts";
import { runCommandLine } from "./program.ts";
import { processTerminal } from "./terminal.ts";

/** Gives the exit code; `serve` serves until a signal. */
export async function runHere(args: readonly string[], serve: () => Promise<void>): Promise<number> {
  return await runCommandLine(args, {
    terminal: processTerminal(),
    clock: systemClock,
    environment: readEnvironment,
    serve,
  });
}
