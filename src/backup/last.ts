/** The rows that say when a database was last backed up, and when that last failed: metrics of the serving program show them. */

import type { Database } from "../db/db.ts";

const KEY = "last_backup";
const FAILED_KEY = "last_backup_failure";

export interface LastBackup {
  /** Seconds since 1970, of the moment that it holds. */
  madeAt: number;
  /** Of the whole backup. */
  bytes: number;
  seconds: number;
}

/** Writes the row. */
export async function storeLastBackup(db: Pick<Database, "scoped">, last: LastBackup): Promise<void> {
  await store(db, KEY, last);
}

/** Writes that a backup failed at that moment, in seconds since 1970. */
export async function storeFailedBackup(db: Pick<Database, "scoped">, failedAt: number): Promise<void> {
  await store(db, FAILED_KEY, { failedAt });
}

/** Undefined before the first one. */
export async function readLastBackup(db: Pick<Database, "scoped">): Promise<LastBackup | undefined> {
  return (await readBackups(db)).last;
}

export interface BackupsSeen {
  /** Undefined before the first one. */
  last?: LastBackup;
  /** When one failed last, in seconds since 1970; undefined where none did. */
  failedAt?: number;
}

export async function readBackups(db: Pick<Database, "scoped">): Promise<BackupsSeen> {
  const rows = await db.scoped(
    "all",
    (sql) => sql<{ key: string; value: string }[]>`select key, value from meta where key in (${KEY}, ${FAILED_KEY})`,
  );
  const valueOf = (name: string) => rows.filter(({ key }) => key === name).map(({ value }) => JSON.parse(value))[0];
  return { last: valueOf(KEY), failedAt: valueOf(FAILED_KEY)?.failedAt };
}

async function store(db: Pick<Database, "scoped">, key: string, value: unknown): Promise<void> {
  await db.scoped("all", async (sql) => {
    await sql`
      insert into meta (key, value) values (${key}, ${JSON.stringify(value)})
      on conflict (key) do update set value = excluded.value`;
  });
}
