/** Reads the records of requests to Clockify of one installation, newest first. */

import { lowestUuid7 } from "../base/uuid7.ts";
import type { CallOriginKind } from "../clockify/call_origin.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import type { CallOutcome, CallRow } from "./call_row.ts";

export interface CallFilter {
  origin?: CallOriginKind;
  /** operationId. */
  operation?: string;
  /** unsuccessful: all but succeeded. */
  outcome?: CallOutcome | "unsuccessful";
  status?: number;
  /** UUID. */
  runId?: string;
  person?: string;
  /** Sent not before this time. */
  from?: Date;
  /** Sent before this time. */
  to?: Date;
}

export interface CallPage {
  calls: CallRow[];
  /** `before` of the next page; a page may be short, even empty, and have one. Null: there are no more. */
  next: string | null;
}

export interface CallStore {
  /** `before`: id of the last one of the page before. */
  list(installationId: number, filter: CallFilter, page: { limit: number; before?: string }): Promise<CallPage>;
  find(installationId: number, id: string): Promise<CallRow | undefined>;
}

/**
 * Records that one request looks through for what no index knows (origin, operation, status, one outcome): a common one fills
 * its page at once, a rare one over several requests. Each index more would cost every call.
 */
export const MAX_LOOKED_THROUGH = 5_000;

export function createCallStore(db: Database): CallStore {
  return {
    list: (installationId, filter, { limit, before }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const wanted = { installationId, filter, before };
        const { places, behind } = await look(sql, { ...wanted, limit });
        const calls = await readRows(sql, installationId, places.slice(0, limit).map(({ id }) => id));
        const next = places.length > limit ? places[limit - 1]!.id : behind;
        return { calls, next };
      }),
    find: (installationId, id) =>
      db.scoped(
        { installationIds: [installationId] },
        async (sql) => (await readRows(sql, installationId, [id]))[0],
      ),
  };
}

interface Wanted {
  installationId: number;
  filter: CallFilter;
  before?: string;
  limit: number;
}

/** The ids of a page and one more; `behind` is where the look ended, null when there is nothing behind it. */
async function look(
  sql: TransactionSql,
  wanted: Wanted,
): Promise<{ places: { id: string }[]; behind: string | null }> {
  const { limit } = wanted;
  const more = residual(sql, wanted.filter);
  if (!more) {
    const places = await sql<{ id: string }[]>`
      select id from clockify_call where ${indexed(sql, wanted)} order by id desc limit ${limit + 1}`;
    return { places, behind: null };
  }
  const [row] = await sql<{ seen: number; last: string | null; ids: string[] }[]>`
    with looked as materialized (
      select id, origin, operation, outcome, status from clockify_call
      where ${indexed(sql, wanted)} order by id desc limit ${MAX_LOOKED_THROUGH}
    )
    select (select count(*)::int from looked) as seen, (select id from looked order by id limit 1) as last,
      coalesce((select json_agg(id order by id desc) from (
        select id from looked where ${more} order by id desc limit ${limit + 1}) found), '[]') as ids`;
  const { seen, last, ids } = row!;
  return { places: ids.map((id) => ({ id })), behind: seen < MAX_LOOKED_THROUGH ? null : last };
}

/** What an index finds: the installation's span of ids, of a run, of a person, or of what did not succeed. */
function indexed(
  sql: TransactionSql,
  { installationId, filter: { runId, person, outcome, from, to }, before }: Wanted,
) {
  return sql`installation_id = ${installationId}
    ${before === undefined ? sql`` : sql`and id < ${before}::text::uuid`}
    ${from === undefined ? sql`` : sql`and id >= ${lowestUuid7(from.getTime())}::text::uuid`}
    ${to === undefined ? sql`` : sql`and id < ${lowestUuid7(to.getTime())}::text::uuid`}
    ${runId === undefined ? sql`` : sql`and run_id = ${runId}::text::uuid`}
    ${person === undefined ? sql`` : sql`and person = ${person}`}
    ${outcome === undefined || outcome === "succeeded" ? sql`` : sql`and outcome <> 'succeeded'`}`;
}

/** The conditions that are left; undefined where an index knows all. */
function residual(sql: TransactionSql, { origin, operation, outcome, status }: CallFilter) {
  const parts = [
    ...origin === undefined ? [] : [sql`origin = ${origin}`],
    ...operation === undefined ? [] : [sql`operation = ${operation}`],
    ...outcome === undefined || outcome === "unsuccessful" ? [] : [sql`outcome = ${outcome}`],
    ...status === undefined ? [] : [sql`status = ${status}`],
  ];
  const [first, ...rest] = parts;
  return first && rest.reduce((all, part) => sql`${all} and ${part}`, sql`${first}`);
}

interface StoredRow {
  id: string;
  at: Date;
  origin: CallOriginKind;
  run_id: string | null;
  flow_id: number | null;
  flow_version: number | null;
  step_path: string | null;
  person: string | null;
  via: CallRow["via"];
  change_id: number | null;
  operation: string;
  method: string;
  path: string;
  status: number | null;
  outcome: CallOutcome;
  error_code: string | null;
  attempt: number;
  duration_ms: number;
  request_bytes: number;
  answer_bytes: number;
  upstream_id: string | null;
}

/** The rows of these ids, newest first; those of other installations and unknown ones are left out. */
async function readRows(sql: TransactionSql, installationId: number, ids: readonly string[]): Promise<CallRow[]> {
  if (ids.length === 0) return [];
  const rows = await sql<StoredRow[]>`
    select call.id, at, origin, run_id, flow_id, flow_version, step_path, person, via, change_id, operation, method, path,
      status, outcome, error_code, attempt, duration_ms, request_bytes, answer_bytes, upstream_id
    from json_to_recordset(${JSON.stringify(ids.map((id) => ({ id })))}::text::json) as wanted(id uuid)
    join clockify_call call on call.installation_id = ${installationId} and call.id = wanted.id
    order by call.id desc`;
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    origin: row.origin,
    runId: row.run_id,
    flowId: row.flow_id,
    flowVersion: row.flow_version,
    stepPath: row.step_path,
    person: row.person,
    via: row.via,
    changeId: row.change_id,
    operation: row.operation,
    method: row.method,
    path: row.path,
    status: row.status,
    outcome: row.outcome,
    errorCode: row.error_code,
    attempt: row.attempt,
    durationMs: row.duration_ms,
    requestBytes: row.request_bytes,
    answerBytes: row.answer_bytes,
    upstreamId: row.upstream_id,
  }));
}
