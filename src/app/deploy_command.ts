/** What `src/deploy.ts` does: serves until the host ends it; with the argument `migrate`, the schema alone, before a revision takes requests. */

import { systemClock } from "../base/clock.ts";
import { toAppError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { readEnvironment } from "../config/load.ts";
import { maskedSummary } from "../config/summary.ts";
import { setTicker } from "../retention/cron.ts";
import { setMinuteTicker } from "../schedules/cron.ts";
import { createLogger, type Logger } from "../telemetry/log.ts";
import { loadDeployConfig } from "./deploy_config.ts";
import { startDeployed } from "./deploy_serve.ts";
import { configOrExit, EXIT_NOT_READY, exitUnstarted } from "./exits.ts";
import { migrate } from "./migrate_command.ts";
import { nextSignal } from "./start.ts";

/** Ends the process: after a signal, or where it cannot start. */
export async function serveDeployed(): Promise<void> {
  const stopSignal = nextSignal();
  const { config, warnings } = configOrExit(loadDeployConfig(await readEnvironment()));
  const log = createLogger({ ...config.log, clock: systemClock });
  for (const warning of warnings) log.warn("config.warning", { warning });
  log.info("config.loaded", maskedSummary(config));
  const started = startOrExit(config, log);
  // A tick may be what started this instance: it waits for the rest.
  setMinuteTicker(async () => (await started).tick());
  setTicker(async () => (await started).sweep());
  const deployed = await started;
  log.info("listener.ready", { profile: "all", port: deployed.port });
  const signal = await stopSignal;
  log.info("stop.started", { signal });
  await deployed.stop();
  log.info("stop.finished");
  Deno.exit(0);
}

async function startOrExit(config: Config, log: Logger) {
  try {
    return await startDeployed({ config, clock: systemClock, log });
  } catch (error) {
    exitUnstarted(error, log);
  }
}

/** Ends the process, with 0 when the schema of every database is that of this revision. */
export async function migrateDeployed(): Promise<void> {
  const { config } = configOrExit(loadDeployConfig(await readEnvironment(), { schemaOnly: true }));
  try {
    await migrate(config, "up", {
      onDone: ({ database, applied = [] }) =>
        console.log(`${database}: ${applied.length === 0 ? "nothing to apply" : `applied ${applied.join(", ")}`}`),
      onBusy: () => console.error("A migration waits: a table is in use"),
    });
  } catch (error) {
    console.error(toAppError(error).message);
    Deno.exit(EXIT_NOT_READY);
  }
  Deno.exit(0);
}
