/**
 * The keys of names (migration 58) of entities that were written before there was the column: filled in batches, a few a minute,
 * until none is left. What is written since has its key by the trigger.
 */

import type { Database } from "../db/db.ts";

/** Rows of a batch: some 50 ms, for which others wait that would write one of them. */
const BATCH = 1_000;
/** Batches of one turn: a million entities are named within two hours, at 5 % of one connection's time. */
const BATCHES = 10;

export interface NameBackfill {
  /** Names some of them, and gives how many; once there were none left, it asks no more. */
  go(): Promise<number>;
}

export function createNameBackfill(
  db: Pick<Database, "scoped">,
  { batch = BATCH, batches = BATCHES } = {},
): NameBackfill {
  let isDone = false;
  return {
    async go() {
      let named = 0;
      for (let n = 0; n < batches && !isDone; n++) {
        const rows = await nameSome(db, batch);
        named += rows;
        // Fewer: others hold the rest, or there is none.
        if (rows < batch) isDone = rows === 0 && !await isAnyLeft(db);
        if (rows < batch) break;
      }
      return named;
    },
  };
}

async function nameSome(db: Pick<Database, "scoped">, batch: number): Promise<number> {
  const [row] = await db.scoped("all", (sql) =>
    sql<{ rows: number }[]>`
      with old as materialized (
        select installation_id, entity_type, entity_id from entity_cache
        where name_key is null limit ${batch} for update skip locked
      ),
      named as (
        update entity_cache set name_key = coalesce(md5(body->>'name'), '') from old
        where entity_cache.installation_id = old.installation_id and entity_cache.entity_type = old.entity_type
          and entity_cache.entity_id = old.entity_id
        returning 1
      )
      select count(*)::int as rows from named`);
  return row!.rows;
}

async function isAnyLeft(db: Pick<Database, "scoped">): Promise<boolean> {
  const rows = await db.scoped("all", (sql) => sql`select 1 from entity_cache where name_key is null limit 1`);
  return rows.length > 0;
}
