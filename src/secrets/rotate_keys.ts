/**
 * Key rotation: rewraps every sealed value under the first key of the keyring, while the program serves, and so binds it to its
 * row. Nothing is kept about how far it came: a value under another key is work, so it can be stopped and started again at any
 * point.
 */

import type { Database, TransactionSql } from "../db/db.ts";
import { toAppError } from "../base/errors.ts";
import { SEALED } from "./contexts.ts";
import type { Keyring } from "./encryption.ts";
import { onlyRows, presentColumns, type SealedColumn, textsUnderOthers, underOthers } from "./sealed_columns.ts";

export interface Rotated {
  /** table.column */
  place: string;
  /** Values that are under the first key now and were not before. */
  rewrapped: number;
  /** Error codes of values that could not be opened, and how many; they stay as they are. */
  unopened: Record<string, number>;
}

/** `sealed` is the column as text. */
type Row = Record<string, string | number> & { sealed: string };
type Renewed = { row: Row; value: string; texts: number };

const ROWS_PER_BATCH = 50;
/** A reinstall on an instance that still seals under an old key leaves such a value behind the walk. */
const PASSES = 3;

/** Rewraps what is under another key than the first, table by table. Throws only when the database fails. */
export async function rotateKeys({ db, keyring }: { db: Database; keyring: Keyring }): Promise<Rotated[]> {
  const columns = await db.scoped("all", presentColumns);
  const results: Rotated[] = [];
  for (const sealed of columns) {
    if (sealed.also?.includes("flow_id")) await nameFlows(db);
    const result: Rotated = { place: `${sealed.table}.${sealed.column}`, rewrapped: 0, unopened: {} };
    for (let pass = 0; pass < PASSES; pass++) {
      const { rewrapped, unopened, overtaken } = await walkColumn(db, keyring, sealed);
      result.rewrapped += rewrapped;
      result.unopened = unopened;
      if (overtaken === 0) break;
    }
    results.push(result);
  }
  return results;
}

/**
 * Notes with each plan of a version before migration 82 the flow that it was made of, to which its secrets are then bound. A
 * plan that neither a flow nor a run has is deleted by retention.
 */
async function nameFlows(db: Database): Promise<void> {
  let after: number | null = 0;
  do {
    const [page]: { last: number | null }[] = await db.scoped("all", (sql) =>
      sql<{ last: number | null }[]>`
        with page as materialized (
          select id from plan where flow_id is null and body::text like ${`%"${SEALED}"%`} and id > ${after}::bigint
          order by id limit ${ROWS_PER_BATCH}
        ),
        named as (
          update plan set flow_id = coalesce(
            (select flow.id from flow where flow.plan_id = plan.id limit 1),
            (select run.flow_id from run where run.plan_id = plan.id limit 1))
          from page where plan.id = page.id
        )
        select max(id) as last from page`);
    after = page!.last;
  } while (after !== null);
}

async function walkColumn(db: Database, keyring: Keyring, sealed: SealedColumn) {
  const totals = { rewrapped: 0, overtaken: 0, unopened: {} as Record<string, number> };
  let after: Row | undefined;
  do {
    const page: Row[] = await db.scoped("all", (sql) => readPage(sql, { sealed, keyring, after }));
    const renewed: Renewed[] = [];
    for (const row of page) {
      const context = sealed.context(row);
      const next: Renewed = { row, value: row.sealed, texts: 0 };
      for (const text of textsUnderOthers(sealed, row.sealed, keyring.primaryKeyId)) {
        try {
          next.value = next.value.replaceAll(text, await keyring.seal(await keyring.open(text, context), context));
          next.texts++;
        } catch (error) {
          const { code } = toAppError(error);
          totals.unopened[code] = (totals.unopened[code] ?? 0) + 1;
        }
      }
      if (next.texts > 0) renewed.push(next);
    }
    if (renewed.length > 0) {
      const written = await db.scoped("all", (sql) => replace(sql, sealed, renewed));
      totals.rewrapped += written.reduce((sum, { texts }) => sum + texts, 0);
      totals.overtaken += renewed.length - written.length;
    }
    after = page.length === ROWS_PER_BATCH ? page.at(-1) : undefined;
  } while (after);
  return totals;
}

/** The next values that are not under the first key, by primary key. */
async function readPage(
  sql: TransactionSql,
  { sealed, keyring, after }: { sealed: SealedColumn; keyring: Keyring; after: Row | undefined },
): Promise<Row[]> {
  const { table, column, keys, also = [] } = sealed;
  const { primaryKeyId } = keyring;
  const place = sql(keys as string[]);
  const behind = after ? sql`and (${place}) > (${list(sql, keys.map((key) => after[key]!))})` : sql``;
  return [
    ...await sql<Row[]>`
      select ${sql([...keys, ...also])}, ${sql(column)}::text as sealed from ${sql(table)}
      where ${underOthers(sql, sealed, primaryKeyId)} ${onlyRows(sql, sealed)} ${behind}
      order by ${place} limit ${ROWS_PER_BATCH}`,
  ];
}

/** Writes each new value where the old one still stands: what was sealed again meanwhile wins. Gives those written. */
async function replace(
  sql: TransactionSql,
  { table, column, keys, within }: SealedColumn,
  renewed: Renewed[],
): Promise<Renewed[]> {
  const type = within ? sql`::text::jsonb` : sql``;
  const written = await Promise.all(renewed.map(({ row, value }) =>
    sql`
      update ${sql(table)} set ${sql(column)} = ${value}${type}
      where (${sql(keys as string[])}) = (${list(sql, keys.map((key) => row[key]!))})
        and ${sql(column)} = ${row.sealed}${type}
      returning 1`
  ));
  return renewed.filter((_, index) => written[index]!.length > 0);
}

function list(sql: TransactionSql, values: (string | number)[]) {
  return values.map((value, index) => index === 0 ? sql`${value}` : sql`, ${value}`);
}
