/** Every column that holds sealed values, and which keys they are under now. */

import { secretContext as coverageContext } from "../coverage/secrets.ts";
import type { Database, Query } from "../db/db.ts";
import { secretContext as sourceContext } from "../sources/store.ts";
import { KEY_CHECK_CONTEXT, type SealContext } from "./encryption.ts";
import { tokenContext } from "./lifecycle.ts";

export interface SealedColumn {
  table: string;
  column: string;
  /** Primary key, in its order. */
  keys: readonly string[];
  /** Other columns that the context needs. */
  also?: readonly string[];
  /** Only rows with this value in the first key: the table holds other things too. */
  only?: string;
  /** What binds the value of a row with these columns to its place; as the room that seals it says. */
  // deno-lint-ignore no-explicit-any -- columns of a table that is named in a list
  context(row: any): SealContext;
}

/** A new sealed column belongs here, or its values are lost with the key they are under. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: "installation", column: "token_sealed", keys: ["id"], context: ({ id }) => tokenContext(id) },
  {
    table: "installation_secret",
    column: "sealed",
    keys: ["installation_id", "name"],
    context: ({ installation_id, name }) => coverageContext(installation_id, name),
  },
  {
    table: "custom_source_secret",
    column: "sealed",
    keys: ["id"],
    also: ["installation_id"],
    context: ({ installation_id }) => sourceContext(installation_id),
  },
  { table: "meta", column: "value", keys: ["key"], only: "encryption_check", context: () => KEY_CHECK_CONTEXT },
];

export interface KeyUse {
  /** table.column */
  place: string;
  keyId: string;
  values: number;
}

/** How many values each key id holds, column by column; reads every sealed value's first letters, opens none. */
export async function readKeyUse(db: Database): Promise<KeyUse[]> {
  const uses: KeyUse[] = [];
  await db.scoped("all", async (sql) => {
    for (const sealed of await presentColumns(sql)) {
      const place = `${sealed.table}.${sealed.column}`;
      const rows = await sql<{ key_id: string; values: number }[]>`
        select split_part(${sql(sealed.column)}, '.', 2) as key_id, count(*)::int as values from ${sql(sealed.table)}
        where ${sql(sealed.column)} like 'v1.%' ${onlyRows(sql, sealed)} group by 1 order by 1`;
      uses.push(...rows.map(({ key_id, values }) => ({ place, keyId: key_id, values })));
    }
  });
  return uses;
}

/** Those whose table a migration has made. */
export async function presentColumns(sql: Query): Promise<SealedColumn[]> {
  const rows = await sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`;
  const names = new Set(rows.map(({ name }) => name));
  return SEALED_COLUMNS.filter(({ table }) => names.has(table));
}

/** The condition of `only`, to follow another one. */
export function onlyRows(sql: Query, { keys, only }: SealedColumn) {
  return only === undefined ? sql`` : sql`and ${sql(keys[0]!)} = ${only}`;
}
