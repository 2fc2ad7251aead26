/**
 * Signals: what comes for a run from outside of it, an event, an answer of a person, the end of another run. The signal is a
 * row, and in the same transaction the run's job may be claimed; a walk that is in progress finds that when it gives the job back
 * (queue/claims.ts), so none is missed. All are called in the caller's transaction; after its commit the queue is woken.
 */

import { Buffer } from "node:buffer";
import type { Query, TransactionSql } from "../db/db.ts";
import type { RunState } from "../engine/journal.ts";
import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import { lockJobOfRun, type RunJob, wakeJob, wakeJobsOfRuns } from "../queue/withdraw.ts";

/** Of the JSON that a signal brings: it becomes a part of the run's journal. */
export const MAX_SIGNAL_BYTES = 65_536;
/** Signals of a run that no step has taken, for no step in particular. */
export const MAX_SIGNALS = 100;
const MAX_SIGNALS_BYTES = 1_000_000;

export interface Signal {
  installationId: number;
  runId: string;
  /** As in WaitKey (engine/journal.ts). */
  type: string;
  key: string;
  /** JSON: what the step reads that waits. */
  value: unknown;
}

/** A step that waits, for whoever has what it may wait for. */
export interface FoundWait {
  runId: string;
  path: string;
  /** To be held against what is brought. */
  condition: unknown;
}

/**
 * Brings something to a run, for the first step that waits for it, now or later: what comes before the run has come so far is
 * kept. Throws NOT_FOUND; CONFLICT for a run that is over; BODY_TOO_LARGE; RUN_LIMIT_REACHED where steps took too few of what
 * came before.
 */
export async function signalRun(sql: TransactionSql, signal: Signal): Promise<void> {
  const { installationId, runId, type, key } = signal;
  const json = valueJson(signal);
  const job = await lockOpenJob(sql, signal);
  const added = await sql`
    insert into signal (installation_id, run_id, match_type, match_key, value)
    select ${installationId}, ${runId}, ${type}, ${key}, ${json}::text::jsonb
    from (
      select count(*) as count, coalesce(sum(octet_length(value::text)), 0) as bytes from signal
      where installation_id = ${installationId} and run_id = ${runId} and path is null
    ) kept
    where kept.count < ${MAX_SIGNALS}::int and kept.bytes + ${Buffer.byteLength(json)}::int <= ${MAX_SIGNALS_BYTES}::int
    returning id`;
  if (added.length === 0) {
    const limit = `${MAX_SIGNALS} of at most ${MAX_SIGNALS_BYTES} bytes are kept until a step takes them`;
    throw new AppError("RUN_LIMIT_REACHED", `Cannot signal run "${runId}": ${limit}`);
  }
  await wakeJob(sql, installationId, job);
}

/**
 * Answers the wait of a step; the first answer counts. Throws NOT_FOUND where there is no such wait (yet); CONFLICT for a run
 * or a wait that is over, or was answered before; BODY_TOO_LARGE.
 */
export async function answerWait(sql: TransactionSql, answer: Signal & { path: string }): Promise<void> {
  const { installationId, runId, path, type, key } = answer;
  const json = valueJson(answer);
  const job = await lockOpenJob(sql, answer);
  // By the time after the lock: a walk that has the job may have ended the wait for its time.
  const [wait] = await sql<{ expired: boolean }[]>`
    select coalesce(expires_at <= clock_timestamp(), false) as expired from wait
    where installation_id = ${installationId} and run_id = ${runId} and path = ${path} and match_type = ${type}
      and match_key = ${key}`;
  if (!wait) {
    const begun = await sql`
      select 1 from step where installation_id = ${installationId} and run_id = ${runId} and path = ${path}`;
    if (begun.length > 0) throw refused(answer, "it is over");
    throw new AppError("NOT_FOUND", `Cannot find a wait of step "${path}" for ${type} "${key}" in run "${runId}"`);
  }
  if (wait.expired) throw refused(answer, "its time is over");
  const added = await sql`
    insert into signal (installation_id, run_id, path, match_type, match_key, value)
    values (${installationId}, ${runId}, ${path}, ${type}, ${key}, ${json}::text::jsonb)
    on conflict do nothing returning id`;
  if (added.length === 0) throw refused(answer, "it was answered before");
  await wakeJob(sql, installationId, job);
}

/** The waits for this, oldest first, at most `limit`; those that were answered and whose run has not gone on yet are left out. */
export async function findWaits(
  sql: Query,
  { installationId, type, key, limit }: Pick<Signal, "installationId" | "type" | "key"> & { limit: number },
): Promise<FoundWait[]> {
  const rows = await sql<FoundWait[]>`
    select run_id as "runId", path, condition from wait
    where installation_id = ${installationId} and match_type = ${type} and match_key = ${key}
      and coalesce(expires_at > now(), true) and not exists (
        select from signal where signal.installation_id = wait.installation_id and signal.run_id = wait.run_id
          and signal.path = wait.path and signal.match_type = wait.match_type and signal.match_key = wait.match_key)
    order by created_at, run_id, path limit ${limit}`;
  return [...rows];
}

/** True where something came for the run that no step has taken. */
export async function hasSignals(
  sql: Query,
  { installationId, runId }: Pick<Signal, "installationId" | "runId">,
): Promise<boolean> {
  const found = await sql`
    select 1 from signal where installation_id = ${installationId} and run_id = ${runId} limit 1`;
  return found.length > 0;
}

/** The key under which a step waits for the run that it starts, and the start_key of that run: once for each step of a run. */
export function childKey(parent: { runId: string; path: string }): string {
  return `child:${parent.runId}/${parent.path}`;
}

/**
 * Answers the steps that wait for the end of these runs, with {run_id, state, error_code, error_message}. Those that are not
 * over, have no such step, or one that does not wait, are passed over.
 */
export async function answerParents(
  sql: Query,
  runs: readonly Pick<Signal, "installationId" | "runId">[],
): Promise<void> {
  if (runs.length === 0) return;
  const input = JSON.stringify(runs.map(({ installationId, runId }) => ({ i: installationId, id: runId })));
  await sql`
    with ended as materialized (
      select run.* from json_to_recordset(${input}::text::json) as input(i bigint, id uuid)
      join run on run.installation_id = input.i and run.id = input.id
      where run.parent_run_id is not null and run.state in ('completed', 'failed', 'cancelled')
    ),
    woken as (
      insert into signal (installation_id, run_id, path, match_type, match_key, value)
      select wait.installation_id, wait.run_id, wait.path, wait.match_type, wait.match_key,
        jsonb_build_object('run_id', ended.id, 'state', ended.state, 'error_code', ended.error_code,
          'error_message', ended.error_message)
      from ended join wait on wait.installation_id = ended.installation_id and wait.run_id = ended.parent_run_id
        and wait.match_type = 'child' and wait.match_key = ended.start_key
      on conflict do nothing
      returning installation_id, run_id
    )
    ${wakeJobsOfRuns(sql)}`;
}

/** The open job of an open run, locked. Throws NOT_FOUND, and CONFLICT for a run that is over. */
async function lockOpenJob(sql: TransactionSql, signal: Signal): Promise<RunJob> {
  const { installationId, runId } = signal;
  for (let tries = 1;; tries++) {
    const job = await lockJobOfRun(sql, { installationId, runId });
    const [run] = await sql<{ state: RunState }[]>`
      select state from run where installation_id = ${installationId} and id = ${runId}`;
    if (!run) throw new AppError("NOT_FOUND", `Cannot find run "${runId}" in this workspace`);
    if (["completed", "failed", "cancelled"].includes(run.state)) {
      throw new AppError("CONFLICT", `Cannot signal run "${runId}": it is ${run.state}`);
    }
    if (job) return job;
    // A person asked for the run again a moment ago.
    if (tries === 3) throw new AppError("CONFLICT", `Cannot signal run "${runId}": it is about to begin`);
  }
}

function refused({ runId, path }: { runId: string; path: string }, reason: string): AppError {
  return new AppError("CONFLICT", `Cannot answer step "${path}" of run "${runId}": ${reason}`);
}

/** Throws BODY_TOO_LARGE. */
function valueJson({ runId, value }: Signal): string {
  const json = jsonText(value ?? null);
  const bytes = Buffer.byteLength(json);
  if (bytes <= MAX_SIGNAL_BYTES) return json;
  const reason = `it brings ${bytes} bytes of JSON, ${MAX_SIGNAL_BYTES} are allowed`;
  throw new AppError("BODY_TOO_LARGE", `Cannot signal run "${runId}": ${reason}`);
}
