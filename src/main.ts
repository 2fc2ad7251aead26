/** Entry: reads the configuration, builds the core, listens, and stops on a signal. `migrate`, `keys`, `audit`, `backup`, `restore` and `move` only do that, and end. */

import { systemClock } from "./base/clock.ts";
import { loadConfig, readEnvironment } from "./config/load.ts";
import { maskedSummary } from "./config/summary.ts";
import { toAppError } from "./base/errors.ts";
import { audit } from "./app/audit_command.ts";
import { isBackupCommand, parseBackupArgs } from "./app/backup_args.ts";
import { runBackup } from "./app/backup_command.ts";
import { keys } from "./app/keys_command.ts";
import { migrate } from "./app/migrate_command.ts";
import { setTicker } from "./retention/cron.ts";
import { setMinuteTicker } from "./schedules/cron.ts";
import { serve } from "./app/start.ts";
import { createLogger } from "./telemetry/log.ts";

/** Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration, 4 not ready. */
const EXIT_USAGE = 2;
const EXIT_CONFIG = 3;
const EXIT_NOT_READY = 4;

const [command = "serve", ...rest] = Deno.args;
const asked = isBackupCommand(command) ? parseBackupArgs(command, rest) : undefined;
if (asked === undefined && !["serve", "migrate", "keys", "audit"].includes(command)) {
  console.error(
    `Unknown command "${command}": serve (the default), keys rotate|status, audit verify, migrate up|status|down, ` +
      "backup list|verify, restore and move are known",
  );
  Deno.exit(EXIT_USAGE);
}
if (asked && "usage" in asked) {
  console.error(asked.usage);
  Deno.exit(EXIT_USAGE);
}

// A backup opens nothing of what it reads: who makes it need not have the keys.
const schemaOnly = ["migrate", "backup"].includes(command);
const loaded = loadConfig(await readEnvironment(), { schemaOnly });
if (!loaded.ok) {
  console.error("Cannot start: the configuration has faults");
  for (const { name, problem, remedy } of loaded.faults) console.error(`  ${name}: ${problem}; ${remedy}`);
  Deno.exit(EXIT_CONFIG);
}
const { config, warnings } = loaded;
const log = createLogger({ ...config.log, clock: systemClock });

try {
  if (command === "migrate") {
    Deno.exit(await migrate(config, rest[0] ?? "up"));
  }
  if (asked) Deno.exit(await runBackup({ config, clock: systemClock, say: console.log }, asked));
  if (command === "audit") Deno.exit(await audit(config, rest[0] ?? "verify"));
  if (command === "keys") Deno.exit(await keys(config, rest[0] ?? "status"));
  for (const warning of warnings) log.warn("config.warning", { warning });
  log.info("config.loaded", maskedSummary(config));
  await serve({ config, clock: systemClock, log, setTicker, setMinuteTicker });
} catch (error) {
  const { code, message } = toAppError(error);
  console.error(message);
  if (code === "INTERNAL") log.error("start.failed", { error });
  Deno.exit(code === "CONFIG_INVALID" ? EXIT_CONFIG : EXIT_NOT_READY);
}
