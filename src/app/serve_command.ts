/** `timewire serve`: reads the configuration and serves until a signal. */

import { systemClock } from "../base/clock.ts";
import { toAppError } from "../base/errors.ts";
import { loadConfig, readEnvironment } from "../config/load.ts";
import { maskedSummary } from "../config/summary.ts";
import { setTicker } from "../retention/cron.ts";
import { setMinuteTicker } from "../schedules/cron.ts";
import { createLogger } from "../telemetry/log.ts";
import { serve } from "./start.ts";

/** Those of all commands: cli/exit_codes.ts. */
const EXIT_CONFIG = 3;
const EXIT_NOT_READY = 4;

/** Ends the process: after a signal, or where it cannot start. */
export async function serveByConfig(): Promise<void> {
  const loaded = loadConfig(await readEnvironment());
  if (!loaded.ok) {
    console.error("Cannot start: the configuration has faults");
    for (const { name, problem, remedy } of loaded.faults) console.error(`  ${name}: ${problem}; ${remedy}`);
    Deno.exit(EXIT_CONFIG);
  }
  const { config, warnings } = loaded;
  const log = createLogger({ ...config.log, clock: systemClock });
  try {
    for (const warning of warnings) log.warn("config.warning", { warning });
    log.info("config.loaded", maskedSummary(config));
    await serve({ config, clock: systemClock, log, setTicker, setMinuteTicker });
  } catch (error) {
    const { code, message } = toAppError(error);
    console.error(message);
    if (code === "INTERNAL") log.error("start.failed", { error });
    Deno.exit(code === "CONFIG_INVALID" ? EXIT_CONFIG : EXIT_NOT_READY);
  }
}
