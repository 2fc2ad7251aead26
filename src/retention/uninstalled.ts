/**
 * Deletes everything of an installation that was uninstalled long enough ago: row by row, table by table, at last the
 * installation.
 */

import type { Database, TransactionSql } from "../db/db.ts";
import { deleteWaits } from "../signals/wait_records.ts";
import { deleteOutputs } from "./pages.ts";
import type { Counts } from "./slots.ts";

/** One batch: a transaction under its own time limit. `work` gives what went and whether rows may be left. */
export type Batch = (
  table: string,
  work: (sql: TransactionSql, limit: number) => Promise<{ deleted: Counts; more: boolean }>,
) => Promise<{ more: boolean }>;

/** Left for the end: the counts of the other batches are written there. */
const COUNTS = "retention_count";
/** Gone with their run, and without an index by installation. */
const WITH_RUN = ["step", "attempt", "output", "wait", "signal"];

/**
 * Deletes all rows of the installation. A reinstall at any moment before the last batch stops it and keeps what is left:
 * each batch holds the installation's row, which INSTALLED changes.
 */
export async function deleteUninstalled(
  { installationId, tables, graceDays, batch }: {
    installationId: number;
    /** The result of tenantTables(). */
    tables: readonly string[];
    graceDays: number;
    batch: Batch;
  },
): Promise<void> {
  const guarded = (work: Parameters<Batch>[1]): Parameters<Batch>[1] => async (sql, limit) =>
    await isOver(sql, { installationId, graceDays }) ? await work(sql, limit) : { deleted: {}, more: false };
  const all = async (table: string, work: Parameters<Batch>[1]) => {
    while ((await batch(table, guarded(work))).more);
  };

  await all("run", (sql, limit) => deleteRuns(sql, installationId, limit));
  for (const table of tables.filter((name) => ![COUNTS, "run", ...WITH_RUN].includes(name))) {
    await all(table, async (sql, limit) => {
      const gone = await sql`
        delete from ${sql(table)} where installation_id = ${installationId}
          and ctid = any (array(select ctid from ${
        sql(table)
      } where installation_id = ${installationId} limit ${limit}))
        returning 1`;
      return { deleted: { [table]: gone.length }, more: gone.length === limit };
    });
  }
  await batch(
    "installation",
    guarded(async (sql) => {
      await sql`delete from retention_count where installation_id = ${installationId}`;
      const gone = await sql`delete from installation where id = ${installationId} returning 1`;
      return { deleted: { installation: gone.length }, more: false };
    }),
  );
}

/** Tables with rows of installations, each before those it refers to, so that no foreign key is in the way. */
export async function tenantTables(db: Database): Promise<string[]> {
  const rows = await db.scoped("all", (sql) =>
    sql<{ name: string; refers_to: string[] }[]>`
      select table_.relname as name, coalesce((
        select json_agg(target.relname) from pg_constraint join pg_class target on target.oid = confrelid
        where conrelid = table_.oid and contype = 'f' and confrelid <> conrelid), '[]') as refers_to
      from pg_class table_ join pg_attribute on attrelid = table_.oid and attname = 'installation_id' and not attisdropped
      where table_.relkind in ('r', 'p') and not table_.relispartition
        and table_.relnamespace = 'public'::regnamespace
      order by name`);
  const left = new Map(rows.map(({ name, refers_to }) => [name, refers_to]));
  const ordered: string[] = [];
  while (left.size > 0) {
    const targets = new Set([...left.values()].flat());
    const free = [...left.keys()].filter((name) => !targets.has(name));
    // Tables that refer to each other in a circle: in any order, the database says what is wrong.
    for (const name of free.length > 0 ? free : [...left.keys()]) {
      ordered.push(name);
      left.delete(name);
    }
  }
  return ordered;
}

/** True while the grace period is over; the installation then stays so until the end of the transaction. */
async function isOver(
  sql: TransactionSql,
  { installationId, graceDays }: { installationId: number; graceDays: number },
): Promise<boolean> {
  const rows = await sql`
    select 1 from installation where id = ${installationId} and status = 'uninstalled'
      and uninstalled_at < now() - ${graceDays}::int * interval '1 day' for update`;
  return rows.length > 0;
}

async function deleteRuns(sql: TransactionSql, installationId: number, limit: number) {
  const [row] = await sql<{ run: number; step: number; attempt: number; output: number }[]>`
    with gone as (
      delete from run where installation_id = ${installationId} and ctid = any (
        array(select ctid from run where installation_id = ${installationId} limit ${limit}))
      returning id
    ),
    steps as (
      delete from step using gone
      where step.run_id = gone.id and step.installation_id = ${installationId} returning 1
    ),
    attempts as (
      delete from attempt using gone
      where attempt.run_id = gone.id and attempt.installation_id = ${installationId} returning 1
    ),
    ${deleteWaits(sql, installationId)},
    ${deleteOutputs(sql, installationId)}
    select (select count(*)::int from gone) as run, (select count(*)::int from steps) as step,
      (select count(*)::int from attempts) as attempt, (select count(*)::int from outputs) as output`;
  return { deleted: { ...row! }, more: row!.run === limit };
}
