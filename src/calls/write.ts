/** Writes records of requests to Clockify, some hundreds in a statement. */

import { jsonText } from "../base/json_text.ts";
import type { Database } from "../db/db.ts";
import type { CallRow } from "./call_row.ts";

/** One that waits, with the installation that it is of. */
export interface WaitingCall extends CallRow {
  installationId: number;
}

/**
 * Adds those that are not there yet; what belongs to an installation that is gone is left out. The commit does not wait for
 * the disk: a server that crashes loses less than a killed process does, and steps that commit meanwhile wait for nothing.
 */
export async function writeCalls(db: Pick<Database, "scoped">, calls: readonly WaitingCall[]): Promise<void> {
  const text = jsonText(calls.map((call) => ({
    id: call.id,
    i: call.installationId,
    at: call.at,
    o: call.origin,
    r: call.runId,
    f: call.flowId,
    v: call.flowVersion,
    sp: call.stepPath,
    p: call.person,
    via: call.via,
    c: call.changeId,
    op: call.operation,
    m: call.method,
    path: call.path,
    s: call.status,
    out: call.outcome,
    e: call.errorCode,
    a: call.attempt,
    d: call.durationMs,
    rb: call.requestBytes,
    ab: call.answerBytes,
    u: call.upstreamId,
  })));
  const scope = { installationIds: [...new Set(calls.map(({ installationId }) => installationId))] };
  await db.scoped(scope, (sql) =>
    sql`
      with quick as materialized (select set_config('synchronous_commit', 'off', true))
      insert into clockify_call (id, installation_id, at, origin, run_id, flow_id, flow_version, step_path, person, via,
        change_id, operation, method, path, status, outcome, error_code, attempt, duration_ms, request_bytes, answer_bytes,
        upstream_id)
      select t.id, i, at, o, r, f, v, sp, p, via, c, op, m, path, s, out, e, a, d, rb, ab, u
      from quick, json_to_recordset(${text}::text::json) as t(id uuid, i bigint, at timestamptz, o text, r uuid, f bigint,
        v int, sp text, p text, via text, c bigint, op text, m text, path text, s int, out text, e text, a int, d int,
        rb bigint, ab bigint, u text)
      join installation on installation.id = i
      on conflict do nothing`);
}
