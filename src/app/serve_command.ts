/** `timewire serve`: reads the configuration and serves until a signal. */

import { systemClock } from "../base/clock.ts";
import { loadConfig, readEnvironment } from "../config/load.ts";
import { maskedSummary } from "../config/summary.ts";
import { setTicker } from "../retention/cron.ts";
import { setMinuteTicker } from "../schedules/cron.ts";
import { createLogger } from "../telemetry/log.ts";
import { configOrExit, exitUnstarted } from "./exits.ts";
import { serve } from "./start.ts";

/** Ends the process: after a signal, or where it cannot start. */
export async function serveByConfig(): Promise<void> {
  const { config, warnings } = configOrExit(loadConfig(await readEnvironment()));
  const log = createLogger({ ...config.log, clock: systemClock });
  try {
    for (const warning of warnings) log.warn("config.warning", { warning });
    log.info("config.loaded", maskedSummary(config));
    await serve({ config, clock: systemClock, log, setTicker, setMinuteTicker });
  } catch (error) {
    exitUnstarted(error, log);
  }
}
