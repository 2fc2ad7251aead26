/** How a serving process ends where it cannot start: in words on standard error, and by the exit codes of all commands. */

import { toAppError } from "../base/errors.ts";
import type { ConfigResult } from "../config/load.ts";
import type { Logger } from "../telemetry/log.ts";

/** Those of cli/exit_codes.ts. */
const EXIT_CONFIG = 3;
export const EXIT_NOT_READY = 4;

/** Ends the process where the configuration has faults, each with its remedy. */
export function configOrExit(loaded: ConfigResult): ConfigResult & { ok: true } {
  if (loaded.ok) return loaded;
  console.error("Cannot start: the configuration has faults");
  for (const { name, problem, remedy } of loaded.faults) console.error(`  ${name}: ${problem}; ${remedy}`);
  Deno.exit(EXIT_CONFIG);
}

/** Ends the process for what kept it from starting; the log has what is no fault of the surroundings. */
export function exitUnstarted(error: unknown, log: Logger): never {
  const { code, message } = toAppError(error);
  console.error(message);
  if (code === "INTERNAL") log.error("start.failed", { error });
  Deno.exit(code === "CONFIG_INVALID" ? EXIT_CONFIG : EXIT_NOT_READY);
}
