/** What a database is made of, as dump and load need it: tables with their columns, foreign keys, sequences, counts. */

import type { Query, TransactionSql } from "../db/db.ts";
import type { DatabaseEnd, TableHead } from "./records.ts";

/** Which migrations are applied, which is no content: the load applies those of the dump itself. */
const MIGRATIONS = "timewire_migration";

/** A table and the columns that are stored: those that the database computes are left out. */
export type Table = Pick<TableHead, "name" | "columns">;

/** All tables, by name; those of extensions are not meant. */
export async function readTables(sql: Query): Promise<Table[]> {
  return [
    ...await sql<Table[]>`
      select relname as name, json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod))
        order by attnum) as columns
      from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped and attgenerated = ''
      where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> ${MIGRATIONS}
        and not exists (select 1 from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
      group by pg_class.oid, relname order by relname collate "C"`,
  ];
}

/** Applied migrations by number; empty where the database has no schema yet. */
export async function readMigrations(sql: Query): Promise<{ number: number; name: string; sha256: string | null }[]> {
  const [table] = await sql<{ there: boolean }[]>`select to_regclass(${MIGRATIONS}) is not null as there`;
  if (!table!.there) return [];
  return [
    ...await sql<{ number: number; name: string; sha256: string | null }[]>`
      select number, name, sha256 from timewire_migration order by number`,
  ];
}

/** Where each sequence stands. */
export async function readSequences(sql: TransactionSql): Promise<DatabaseEnd["sequences"]> {
  const names = await sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S' order by 1`;
  const found: DatabaseEnd["sequences"] = [];
  for (const { name } of names) {
    const [row] = await sql<{ value: number; called: boolean }[]>`
      select last_value as value, is_called as called from ${sql(name)}`;
    found.push({ name, value: row!.value, isCalled: row!.called });
  }
  return found;
}

/** Makes the transaction see the rows of all installations, and gives it as long as it takes. */
export async function seeAll(sql: TransactionSql): Promise<void> {
  await sql`
    select set_config('timewire.installations', 'all', true), set_config('statement_timeout', '0', true),
      set_config('idle_in_transaction_session_timeout', '0', true)`;
}

/** Rows of each table that has any. */
export async function countAll(sql: TransactionSql, tables: readonly Table[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { name } of tables) {
    const [row] = await sql<{ count: number }[]>`select count(*)::bigint as count from ${sql(name)}`;
    if (row!.count > 0) counts.set(name, row!.count);
  }
  return counts;
}

/** `"name"`, for a statement that is sent as text. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
