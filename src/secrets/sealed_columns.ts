/** Every column that holds sealed values, and which keys they are under now. */

import type { Database, Query } from "../db/db.ts";
import { KEY_CHECK_CONTEXT, type SealContext } from "./encryption.ts";
import {
  agentContext,
  explorerCallContext,
  explorerSavedContext,
  flowSecretContext,
  forwardingUrlContext,
  guardRequestContext,
  idempotencyContext,
  installationSecretContext,
  planSecretContext,
  runWebhookContext,
  SEALED,
  sourceSecretContext,
  tokenContext,
} from "./contexts.ts";

export interface SealedColumn {
  table: string;
  column: string;
  /** Primary key, in its order. */
  keys: readonly string[];
  /** Other columns that the context needs. */
  also?: readonly string[];
  /** True for jsonb that holds any number of them, each in the place of a literal (actions/http_secrets.ts). */
  within?: true;
  /** Only rows with this value in the first key: the table holds other things too. */
  only?: string;
  /** What binds the value of a row with these columns to its place (contexts.ts). */
  // deno-lint-ignore no-explicit-any -- columns of a table that is named in a list
  context(row: any): SealContext;
}

/** A new sealed column belongs here, or its values are lost with the key they are under. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: "installation", column: "token_sealed", keys: ["id"], context: ({ id }) => tokenContext(id) },
  {
    table: "installation",
    column: "forwarding_url_sealed",
    keys: ["id"],
    context: ({ id }) => forwardingUrlContext(id),
  },
  {
    table: "flow",
    column: "definition",
    keys: ["id"],
    also: ["installation_id"],
    within: true,
    context: ({ installation_id, id }) => flowSecretContext({ installationId: installation_id, flowId: id }),
  },
  {
    table: "plan",
    column: "body",
    keys: ["id"],
    also: ["installation_id", "flow_id"],
    within: true,
    context: ({ installation_id, flow_id }) => planSecretContext(installation_id, flow_id),
  },
  {
    table: "flow_version",
    column: "definition",
    keys: ["flow_id", "version"],
    also: ["installation_id"],
    within: true,
    context: ({ installation_id, flow_id }) => flowSecretContext({ installationId: installation_id, flowId: flow_id }),
  },
  {
    table: "new_flow_draft",
    column: "definition",
    keys: ["id"],
    also: ["installation_id"],
    within: true,
    context: ({ installation_id, id }) => flowSecretContext({ installationId: installation_id, newDraftId: id }),
  },
  {
    table: "installation_secret",
    column: "sealed",
    keys: ["installation_id", "name"],
    context: ({ installation_id, name }) => installationSecretContext(installation_id, name),
  },
  {
    table: "custom_source_secret",
    column: "sealed",
    keys: ["id"],
    also: ["installation_id", "source_id"],
    context: ({ installation_id, source_id }) => sourceSecretContext(installation_id, source_id),
  },
  {
    table: "idempotency_key",
    column: "sealed",
    keys: ["installation_id", "key_sha256"],
    context: ({ installation_id, key_sha256 }) => idempotencyContext(installation_id, key_sha256),
  },
  {
    table: "guard_request",
    column: "sealed",
    keys: ["id"],
    also: ["installation_id", "request_sha256"],
    context: ({ installation_id, request_sha256 }) => guardRequestContext(installation_id, request_sha256),
  },
  {
    table: "explorer_call",
    column: "sealed",
    keys: ["id"],
    also: ["installation_id"],
    context: ({ installation_id, id }) => explorerCallContext(installation_id, id),
  },
  {
    table: "explorer_saved",
    column: "sealed",
    keys: ["id"],
    also: ["installation_id"],
    context: ({ installation_id, id }) => explorerSavedContext(installation_id, id),
  },
  {
    table: "agent",
    column: "secret_sealed",
    keys: ["id"],
    also: ["installation_id"],
    context: ({ installation_id, id }) => agentContext(installation_id, String(id)),
  },
  {
    table: "run_webhook",
    column: "secret_sealed",
    keys: ["id"],
    also: ["installation_id"],
    context: ({ installation_id, id }) => runWebhookContext(installation_id, String(id)),
  },
  { table: "meta", column: "value", keys: ["key"], only: "encryption_check", context: () => KEY_CHECK_CONTEXT },
];

export interface KeyUse {
  /** table.column */
  place: string;
  keyId: string;
  values: number;
}

/**
 * How many values each key id holds, column by column; reads every sealed value's first letters, opens none. Of everything,
 * or of one installation.
 */
export async function readKeyUse(db: Pick<Database, "scoped">, installationId?: number): Promise<KeyUse[]> {
  const scope = installationId === undefined ? "all" : { installationIds: [installationId] };
  return await db.scoped(scope, async (sql) => {
    const uses: KeyUse[] = [];
    for (const sealed of await presentColumns(sql)) {
      // Belongs to no installation.
      if (installationId !== undefined && sealed.only !== undefined) continue;
      const place = `${sealed.table}.${sealed.column}`;
      const rows = await (sealed.within ? countWithin : countWhole)(sql, sealed, installationId);
      uses.push(...rows.map(({ key_id, values }) => ({ place, keyId: key_id, values })));
    }
    return uses;
  });
}

type KeyCount = { key_id: string; values: number };

/** The condition that a row is the installation's; none of it for everything. */
function onlyOf(sql: Query, { table }: SealedColumn, installationId: number | undefined) {
  const column = sql(table === "installation" ? "id" : "installation_id");
  return installationId === undefined ? sql`` : sql`and ${column} = ${installationId}`;
}

async function countWhole(sql: Query, sealed: SealedColumn, installationId?: number): Promise<KeyCount[]> {
  const column = sql(sealed.column);
  return [
    ...await sql<KeyCount[]>`
      select split_part(${column}, '.', 2) as key_id, count(*)::int as values from ${sql(sealed.table)}
      where ${column} like 'v1.%' ${onlyRows(sql, sealed)} ${
      onlyOf(sql, sealed, installationId)
    } group by 1 order by 1`,
  ];
}

async function countWithin(sql: Query, sealed: SealedColumn, installationId?: number): Promise<KeyCount[]> {
  const { table, column } = sealed;
  return [
    ...await sql<KeyCount[]>`
      select found[1] as key_id, count(*)::int as values
      from ${sql(table)}, regexp_matches(${sql(column)}::text, ${`${WITHIN}([^."]+)\\.`}, 'g') as found
      where true ${onlyOf(sql, sealed, installationId)} group by 1 order by 1`,
  ];
}

/** How jsonb writes the beginning of a sealed value, up to its key id; inside a text the quotes would be escaped. */
const WITHIN = `"\\${SEALED}": "v1\\.`;

/** The sealed values in a column's text that are not under the key. */
export function textsUnderOthers({ within }: SealedColumn, text: string, keyId: string): string[] {
  if (!within) return [text];
  const texts = [...text.matchAll(new RegExp(`${WITHIN}[^"]+`, "g"))].map(([found]) =>
    found.slice(found.indexOf("v1."))
  );
  return [...new Set(texts)].filter((one) => one.split(".")[1] !== keyId);
}

/** The condition that a row holds a value that is not under the key. */
export function underOthers(sql: Query, { column, within }: SealedColumn, keyId: string) {
  if (within) return sql`${sql(column)}::text ~ ${`${WITHIN}(?!${keyId}\\.)`}`;
  return sql`${sql(column)} like 'v1.%' and split_part(${sql(column)}, '.', 2) <> ${keyId}`;
}

/** The columns that a migration has made, with those of `also`. */
export async function presentColumns(sql: Query): Promise<SealedColumn[]> {
  const rows = await sql<{ place: string }[]>`
    select table_name || '.' || column_name as place from information_schema.columns where table_schema = 'public'`;
  const places = new Set(rows.map(({ place }) => place));
  return SEALED_COLUMNS.filter(({ table, column }) => places.has(`${table}.${column}`)).map((sealed) => ({
    ...sealed,
    also: sealed.also?.filter((column) => places.has(`${sealed.table}.${column}`)),
  }));
}

/** The condition of `only`, to follow another one. */
export function onlyRows(sql: Query, { keys, only }: SealedColumn) {
  return only === undefined ? sql`` : sql`and ${sql(keys[0]!)} = ${only}`;
}
