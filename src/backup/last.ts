/** The row that says when a database was last backed up: metrics of the serving program show it. */

import type { Database } from "../db/db.ts";

const KEY = "last_backup";

export interface LastBackup {
  /** Seconds since 1970, of the moment that it holds. */
  madeAt: number;
  /** Of the whole backup. */
  bytes: number;
  seconds: number;
}

/** Writes the row. */
export async function storeLastBackup(db: Pick<Database, "scoped">, last: LastBackup): Promise<void> {
  await db.scoped("all", async (sql) => {
    await sql`
      insert into meta (key, value) values (${KEY}, ${JSON.stringify(last)})
      on conflict (key) do update set value = excluded.value`;
  });
}

/** Undefined before the first one. */
export async function readLastBackup(db: Pick<Database, "scoped">): Promise<LastBackup | undefined> {
  const [row] = await db.scoped("all", (sql) => sql<{ value: string }[]>`select value from meta where key = ${KEY}`);
  return row && JSON.parse(row.value);
}
