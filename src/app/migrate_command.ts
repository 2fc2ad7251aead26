/** `timewire migrate [up|status|down]`: the schema of every database that is named, or of the embedded one when none is. */

import type { Config } from "../config/config.ts";
import { databaseUrlsOf } from "../config/databases.ts";
import { openDatabase } from "./open_database.ts";
import type { Database } from "../db/db.ts";
import { changedMigrations, migrateDown, migrateUp, migrationStatus } from "../db/migrate.ts";

export type MigrateAction = "up" | "status" | "down";

/** What was done in a database, or what its status is. */
export interface Migrated {
  /** Without user and password. */
  database: string;
  /** Numbers that `up` applied. */
  applied?: number[];
  /** Number that `down` took back; null: none was applied. */
  rolled_back?: number | null;
  /** `changed`: its checksum is not that of this version. `applied_at` null: it is missing. */
  migrations?: { number: number; name: string; applied_at: string | null; changed: boolean }[];
}

/** Does it in each database, one after the other; gives each to `onDone` at once. Throws what openDatabase() and db/migrate.ts throw. */
export async function migrate(
  config: Config,
  action: MigrateAction,
  { onDone, onBusy }: { onDone(done: Migrated): void; onBusy(): void },
): Promise<void> {
  const urls = databaseUrlsOf(config);
  // Beside a database that is named, the embedded one is not meant: it gets its schema when the program starts.
  if (urls.size > 1) urls.delete(undefined);
  for (const url of urls) {
    const db = await openDatabase(url, config);
    try {
      onDone({ database: db.place, ...await migrateIn(db, action, onBusy) });
    } finally {
      await db.stop();
    }
  }
}

async function migrateIn(db: Database, action: MigrateAction, onBusy: () => void): Promise<Omit<Migrated, "database">> {
  if (action === "up") return { applied: await migrateUp(db, { onBusy }) };
  if (action === "down") return { rolled_back: await migrateDown(db, { onBusy }) ?? null };
  const changed = await changedMigrations(db);
  const migrations = (await migrationStatus(db)).map(({ number, name, appliedAt }) => ({
    number,
    name,
    applied_at: appliedAt?.toISOString() ?? null,
    changed: changed.includes(number),
  }));
  return { migrations };
}
