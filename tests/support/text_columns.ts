/** A look through everything that the database holds as text or JSON: for tests that a secret stands nowhere in clear. */

import type { Database } from "../../src/db/db.ts";

/** A column of the schema public that holds a marker. */
export interface Holding {
  table: string;
  column: string;
}

/**
 * Columns of text and JSON, single and in lists, with a marker in any of their values; in the order of their names. A
 * marker must hold no character that JSON escapes.
 */
export async function textsHolding(db: Pick<Database, "sql">, markers: readonly string[]): Promise<Holding[]> {
  const columns = await db.sql<Holding[]>`
    select columns.table_name as table, columns.column_name as column
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema = 'public' and table_type = 'BASE TABLE'
      and columns.udt_name in ('text', 'varchar', 'bpchar', 'name', 'json', 'jsonb', 'xml',
        '_text', '_varchar', '_json', '_jsonb')
    order by 1, 2`;
  if (columns.length === 0) throw new Error("Cannot look for markers: the schema has no text column");
  const holding: Holding[] = [];
  for (const { table, column } of columns) {
    const found = await db.sql`
      select 1 from ${db.sql(table)} where exists (
        select 1 from json_array_elements_text(${JSON.stringify(markers)}::text::json) as t(marker)
        where strpos(${db.sql(column)}::text, marker) > 0) limit 1`;
    if (found.length > 0) holding.push({ table, column });
  }
  return holding;
}
