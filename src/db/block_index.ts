/** Indexes by blocks (BRIN): what is written costs them nothing, and new blocks are added now and then. */

import type { Database } from "./db.ts";

/**
 * New blocks into the index: 1.2 s for 400,000 events. Where the login owns no table autovacuum does it, and until then they are
 * read as they are.
 */
export async function takeInBlocks(db: Pick<Database, "sql">, index: string): Promise<void> {
  await db.sql`
    select brin_summarize_new_values(oid) from pg_class
    where oid = to_regclass(${index}) and pg_has_role(relowner, 'usage')`;
}
