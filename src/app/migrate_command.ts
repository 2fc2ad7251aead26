/** `deno task migrate [up|status|down]`: the schema of every database that is named, or of the embedded one when none is. */

import type { Config } from "../config/config.ts";
import { databaseUrlsOf } from "../config/databases.ts";
import { openDatabase } from "./services.ts";
import { changedMigrations, migrateDown, migrateUp, migrationStatus } from "../db/migrate.ts";

/** Runs the command on each database and prints what it did; returns the exit code. */
export async function migrate(config: Config, command: string): Promise<number> {
  if (!["up", "status", "down"].includes(command)) {
    console.error(`Unknown command "migrate ${command}": up, status and down are known`);
    return 2;
  }
  const urls = databaseUrlsOf(config);
  // Beside a database that is named, the embedded one is not meant: it gets its schema when the program starts.
  if (urls.size > 1) urls.delete(undefined);
  for (const url of urls) {
    const db = await openDatabase(url, config);
    try {
      console.log(`Database ${db.place}`);
      if (command === "up") {
        const applied = await migrateUp(db, { onBusy });
        console.log(applied.length === 0 ? "  nothing to apply" : `  applied ${applied.join(", ")}`);
      } else if (command === "down") {
        const number = await migrateDown(db, { onBusy });
        console.log(number === undefined ? "  nothing to roll back" : `  rolled back ${number}`);
      } else {
        const changed = await changedMigrations(db);
        for (const { number, name, appliedAt } of await migrationStatus(db)) {
          const state = appliedAt?.toISOString() ?? "missing";
          const remark = changed.includes(number)
            ? ", changed since it was applied: its checksum is not that of this version"
            : "";
          console.log(`  ${String(number).padStart(4, "0")} ${name}: ${state}${remark}`);
        }
      }
    } finally {
      await db.stop();
    }
  }
  return 0;
}

function onBusy() {
  console.log("  a table is in use: retrying");
}
