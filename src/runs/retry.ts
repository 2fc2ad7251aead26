/** Retry of a failed run by a person: from the step it failed at, with a fresh round of attempts. */

import type { AtEnd } from "../db/at_end.ts";
import { type Database, retryRolledBack, type TransactionSql } from "../db/db.ts";
import type { RunState } from "../engine/journal.ts";
import { RUN_LIMITS } from "../engine/run_limits.ts";
import { AppError } from "../base/errors.ts";
import {
  readStopped,
  type RetryPlan,
  type RetryVersion,
  type StoppedRun,
  type StoppedRunOptions,
} from "./retry_plan.ts";
import { isDecidedAgain, isReopened } from "./reopen_steps.ts";
import { insertJobs } from "../queue/enqueue.ts";
import { deleteJobsOfRuns } from "../queue/withdraw.ts";

export interface RunRetry {
  /**
   * Puts the run back into the queue; gives its retry plan. Its finished steps are kept; the failed one is attempted
   * again under the same Idempotency-Key, its attempts numbered on. With the present version of its flow the plan of
   * that is used from the failed step on, and a step that says something else there gets a key of its own. Throws
   * NOT_FOUND, and CONFLICT (with retryRefusal() as its sentence) unless the run failed: of two calls at once the
   * second finds it pending; CONFLICT too where the present version does not begin with the finished steps.
   */
  retry(
    installationId: number,
    runId: string,
    options?: { version?: RetryVersion; atEnd?: AtEnd<RetryPlan> },
  ): Promise<RetryPlan>;
  /** The retry plans of the run, with either version; undefined for a run that cannot be retried. */
  choices(installationId: number, runId: string): Promise<Pick<StoppedRun, RetryVersion> | undefined>;
}

export function createRunRetry({ db, wake, onRetried, openInput }: {
  db: Database;
  /** Wakes the queue: called after the commit. */
  wake(): void;
  onRetried(installationId: number): void;
} & StoppedRunOptions): RunRetry {
  const within = <T>(installationId: number, body: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, body);
  return {
    retry: async (installationId, runId, { version = "same", atEnd } = {}) => {
      const retryPlan = await retryRolledBack(() =>
        within(installationId, async (sql) => {
          const [run] = await readStopped(sql, { installationId, ids: [runId], lock: true, openInput });
          if (!run) throw runUnknown(runId);
          const retryPlan = run[version];
          const refusal = retryRefusal(run) ?? retryPlan.refusal?.text;
          if (refusal !== undefined) throw new AppError("CONFLICT", `Cannot retry run "${runId}": ${refusal}`);
          await reopenRuns(sql, installationId, [{ run, retryPlan }]);
          await atEnd?.(sql, retryPlan);
          return retryPlan;
        })
      );
      wake();
      onRetried(installationId);
      return retryPlan;
    },
    choices: (installationId, runId) =>
      within(installationId, async (sql) => {
        const [run] = await readStopped(sql, { installationId, ids: [runId], lock: false, openInput });
        return run && retryRefusal(run) === undefined ? { same: run.same, present: run.present } : undefined;
      }),
  };
}

/** Why this run cannot be retried, as the second half of a sentence; undefined when it can. */
export function retryRefusal({ state, hasEvent }: { state: RunState; hasEvent: boolean }): string | undefined {
  if (state !== "failed") return `the run is ${state}, only a failed one can be retried`;
  return hasEvent ? undefined : "the event of the run was deleted by retention";
}

/** NOT_FOUND, also for a run of another workspace. */
export function runUnknown(runId: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find run "${runId}" in this workspace`);
}

/**
 * Reopens failed runs, locked by readStopped(): of each the dead letter goes, and a new job of the same order key, or of
 * `orderKey`, takes its place, behind the runs of that key that wait already, so that none of them is in progress at the same time. A job
 * that the worker was about to discard goes too: its claim counts for nothing any more.
 */
export async function reopenRuns(
  sql: TransactionSql,
  installationId: number,
  runs: readonly { run: StoppedRun; retryPlan: RetryPlan; orderKey?: string }[],
): Promise<void> {
  const input = JSON.stringify(runs.map(({ run, retryPlan, orderKey }, place) => ({
    place,
    id: run.id,
    order_key: orderKey ?? null,
    finished_at: run.finishedAt?.toISOString() ?? null,
    plan_id: retryPlan.planId,
    version: retryPlan.version,
    actions: retryPlan.actions,
    changed: retryPlan.changed,
  })));
  await sql`
    with reopened as materialized (
      select step.run_id, step.path from json_to_recordset(${input}::text::json) as wanted(id uuid)
      join step on step.run_id = wanted.id and step.installation_id = ${installationId}
      where ${isReopened(sql)}
    )
    update step set retried_after = step.attempts, waited_ms = 0, due_at = null,
      state = case when reopened.path is null then step.state else 'running' end,
      decision = case when reopened.path is null or not ${isDecidedAgain(sql)} then step.decision end,
      action = coalesce(wanted.actions->>step.path, step.action),
      key_plan_id = case when wanted.changed @> to_jsonb(step.path) then wanted.plan_id else step.key_plan_id end,
      error_code = case when reopened.path is null then step.error_code end,
      error_message = case when reopened.path is null then step.error_message end,
      finished_at = case when reopened.path is null then step.finished_at end
    from json_to_recordset(${input}::text::json) as wanted(id uuid, actions jsonb, changed jsonb, plan_id bigint)
    join step as old on old.installation_id = ${installationId} and old.run_id = wanted.id
    left join reopened on reopened.run_id = old.run_id and reopened.path = old.path
    where step.installation_id = ${installationId} and step.run_id = old.run_id and step.path = old.path`;
  await sql`
    with wanted as materialized (
      select * from json_to_recordset(${input}::text::json) as t(
        place int, id uuid, finished_at timestamptz, plan_id bigint, version int, order_key text)
    ),
    reopened as (
      update run set state = 'pending', error_code = null, error_message = null, finished_at = null, paused_at = null, paused_by = null,
        deadline_at = now() + ${RUN_LIMITS.wallMs}::float8 * interval '1 millisecond',
        plan_id = wanted.plan_id, flow_version = wanted.version
      from wanted where run.installation_id = ${installationId} and run.id = wanted.id
      returning wanted.place, run.id, run.traceparent, wanted.order_key
    ),
    past as (
      ${deleteJobsOfRuns(sql, installationId)}
    )
    ${insertJobs(sql)}
    select 'run', ${installationId}::bigint, (select generation from installation where id = ${installationId}),
      jsonb_build_object('run_id', reopened.id::text), reopened.traceparent,
      coalesce(reopened.order_key, (select max(past.order_key) from past where past.id = reopened.id))
    from reopened order by reopened.place`;
}
