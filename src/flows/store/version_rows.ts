/** Rows of flow_version in the transaction that saves a flow: the version that it publishes, and which old ones stay. */

import type { TransactionSql } from "../../db/db.ts";

/** Versions of a flow that are kept whatever became of their runs: some months of a flow that is worked on. */
export const KEPT_VERSIONS = 100;
/** With older ones that still have runs, which are to show what they ran. Retention of runs ends them. */
export const KEPT_WITH_RUNS = 1_000;
/** Of one flow's versions together, as stored: a flow may have 1 MiB, and a workspace 1,000 flows. The present one stays. */
export const KEPT_BYTES = 4_194_304;

export interface FlowKey {
  installationId: number;
  flowId: number;
}

/** What is said of a version beside its definition. */
export interface VersionFacts {
  /** Clockify user id, or name of an operator's key. */
  author: string | null;
  note: string | null;
  /** The earlier version that it repeats. */
  restoredFrom: number | null;
  /** When its draft was begun; null: it had none. */
  begunAt: Date | null;
}

/** Longest note, in characters: a few sentences of what changed and why. */
export const MAX_NOTE_CHARS = 500;

/**
 * Before the flow is changed: its present version has a row. One that the previous version of the program saved, as while
 * instances are upgraded one by one, has none.
 */
export async function keepPresent(sql: TransactionSql, { installationId, flowId }: FlowKey): Promise<void> {
  await sql`
    insert into flow_version (installation_id, flow_id, version, definition, plan_id, created_at, updated_at, published_at)
    select installation_id, id, version, definition - 'enabled', plan_id, updated_at, updated_at, updated_at
    from flow where id = ${flowId} and installation_id = ${installationId}
    on conflict (flow_id, version) do nothing`;
}

/** After the flow was changed: the version that it has now gets its row, and old ones go. */
export async function addVersion(
  sql: TransactionSql,
  { installationId, flowId }: FlowKey,
  { author, note, restoredFrom, begunAt }: VersionFacts,
): Promise<void> {
  await sql`
    insert into flow_version (installation_id, flow_id, version, definition, plan_id, restored_from, author, note,
      created_at, published_at)
    select installation_id, id, version, definition - 'enabled', plan_id, ${restoredFrom}::int, ${author}::text,
      ${note}::text, coalesce(${begunAt}::timestamptz, now()), now()
    from flow where id = ${flowId} and installation_id = ${installationId}`;
  await prune(sql, { installationId, flowId });
}

/** All of the flow's versions and its draft. */
export async function dropVersions(sql: TransactionSql, { installationId, flowId }: FlowKey): Promise<void> {
  await sql`delete from flow_version where flow_id = ${flowId} and installation_id = ${installationId}`;
}

/** The newest always stays: it is the present one. */
async function prune(sql: TransactionSql, { installationId, flowId }: FlowKey): Promise<void> {
  // An array is made once; a join could compute the window for each row.
  await sql`
    delete from flow_version
    where installation_id = ${installationId} and flow_id = ${flowId} and version = any (array(
      select version from (
        select version, plan_id, row_number() over newest as place, sum(pg_column_size(definition)) over newest as bytes
        from flow_version where installation_id = ${installationId} and flow_id = ${flowId} and version > 0
        window newest as (order by version desc)
      ) kept
      where place > 1 and (place > ${KEPT_WITH_RUNS} or bytes > ${KEPT_BYTES}
        or (place > ${KEPT_VERSIONS} and not exists (
          select from run where run.installation_id = ${installationId} and run.plan_id = kept.plan_id)))))`;
}
