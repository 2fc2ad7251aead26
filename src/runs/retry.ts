/** A failed run that a person asks to go on: at the step it failed at, with a fresh round of tries. */

import { type Database, retryRolledBack, type TransactionSql } from "../db/db.ts";
import type { RunState } from "../engine/journal.ts";
import { AppError } from "../errors.ts";

export interface RunRetry {
  /**
   * Puts the run back into the queue. Its finished steps are kept; the failed one is tried again under the same
   * Idempotency-Key, its tries numbered on. Throws NOT_FOUND, and CONFLICT (with retryRefusal() as its sentence) unless the
   * run failed: of two calls at once the second finds it pending.
   */
  retry(installationId: number, runId: string): Promise<void>;
}

export function createRunRetry({ db, wake, onRetried }: {
  db: Database;
  /** Of the queue: told after the commit. */
  wake(): void;
  onRetried(): void;
}): RunRetry {
  return {
    retry: async (installationId, runId) => {
      await retryRolledBack(() =>
        db.scoped({ installationIds: [installationId] }, async (sql) => {
          const { finishedAt } = await requireRetryable(sql, installationId, runId);
          await reopen(sql, { installationId, runId, finishedAt });
        })
      );
      wake();
      onRetried();
    },
  };
}

/** Why this run cannot go on, as the second half of a sentence; undefined when it can. */
export function retryRefusal({ state, hasEvent }: { state: RunState; hasEvent: boolean }): string | undefined {
  if (state !== "failed") return `the run is ${state}, only a failed one can go on`;
  return hasEvent ? undefined : "the event of the run was deleted, as the settings for retention say";
}

/** NOT_FOUND, also for a run of another workspace. */
export function runUnknown(runId: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find run "${runId}" in this workspace`);
}

/** Locks the run and its event: retention leaves both alone from here on. */
async function requireRetryable(
  sql: TransactionSql,
  installationId: number,
  runId: string,
): Promise<{ finishedAt: Date }> {
  const [run] = await sql<{ state: RunState; event_id: number; finished_at: Date }[]>`
    select state, event_id, finished_at from run where installation_id = ${installationId} and id = ${runId} for update`;
  if (!run) throw runUnknown(runId);
  const events = await sql`
    select 1 from event where installation_id = ${installationId} and id = ${run.event_id} for key share`;
  const refusal = retryRefusal({ state: run.state, hasEvent: events.length > 0 });
  if (refusal !== undefined) throw new AppError("CONFLICT", `Cannot retry run "${runId}": ${refusal}`);
  return { finishedAt: run.finished_at };
}

/**
 * The dead letter goes, and a new job of the same order key takes its place: behind the runs of that key that wait already,
 * so that none of them is under way at the same time. A job that the worker was about to discard goes too: its claim counts
 * for nothing any more.
 */
async function reopen(
  sql: TransactionSql,
  { installationId, runId, finishedAt }: { installationId: number; runId: string; finishedAt: Date },
): Promise<void> {
  await sql`
    update step set retried_after = attempts, waited_ms = 0,
      state = case state when 'failed' then 'running' else state end,
      error_code = case state when 'failed' then null else error_code end,
      error_message = case state when 'failed' then null else error_message end,
      finished_at = case state when 'failed' then null else finished_at end
    where installation_id = ${installationId} and run_id = ${runId}`;
  await sql`
    with reopened as (
      update run set state = 'pending', error_code = null, error_message = null, finished_at = null
      where installation_id = ${installationId} and id = ${runId} returning traceparent
    ),
    past as (
      delete from job where installation_id = ${installationId} and kind = 'run'
        and (finished_at is null or finished_at >= ${finishedAt})
        and payload = jsonb_build_object('run_id', ${runId}::text) returning order_key
    )
    insert into job (kind, installation_id, generation, payload, order_key, traceparent)
    select 'run', ${installationId}::bigint, (select generation from installation where id = ${installationId}),
      jsonb_build_object('run_id', ${runId}::text), (select max(order_key) from past), traceparent
    from reopened`;
}
