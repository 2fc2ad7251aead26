/** What a person does to a run that is not over: cancel it, or pause and resume it. Each is one transaction, over the run and its job. */

import { type Database, type Fragment, retryRolledBack, type TransactionSql } from "../db/db.ts";
import type { RunState } from "../engine/journal.ts";
import { AppError } from "../base/errors.ts";
import type { Job } from "../queue/queue.ts";
import { lockJobOfRun, pauseJob, resumeJob, type RunJob, withdrawJobs } from "../queue/withdraw.ts";
import { hasSignals } from "../signals/signal.ts";
import { endWaitsOf } from "../signals/wait_records.ts";
import { closeFirst } from "./first_attempts.ts";
import { runUnknown } from "./retry.ts";
import { idsJson, lockOpenTree } from "./run_tree.ts";

/** Who asks: a Clockify user by id, or an operator by the name of the key. */
export interface Person {
  kind: "user" | "operator";
  name: string;
}

export interface RunControl {
  /**
   * Ends the run now, and the runs that its steps wait for. Open steps are cancelled; an attempt that is in progress is uncertain, its owner stops it, and
   * whatever it answers is not recorded. Throws NOT_FOUND, and CONFLICT for a run that is over.
   */
  cancel(installationId: number, runId: string, by: Person, options?: ControlOptions): Promise<{ state: RunState }>;
  /**
   * No further step begins; the call that is in progress is awaited and recorded. Gives "running" while it is. A run that is
   * paused stays so. Throws NOT_FOUND, and CONFLICT for a run that is over.
   */
  pause(installationId: number, runId: string, by: Person, options?: ControlOptions): Promise<{ state: RunState }>;
  /** Continues where it was, not before its next attempt unless a signal came. Throws NOT_FOUND, and CONFLICT for a run that is not paused. */
  resume(installationId: number, runId: string, options?: ControlOptions): Promise<{ state: RunState }>;
}

export interface ControlOptions {
  /** Called last in the transaction, unless nothing was changed. */
  atEnd?: (sql: TransactionSql) => Promise<void>;
}

export interface RunControlOptions {
  db: Pick<Database, "scoped">;
  /** Of the queue: both are called after the commit. */
  wake(): void;
  sayWithdrawn(claim: Pick<Job, "id" | "fence">): void;
}

interface OpenRun {
  state: RunState;
  paused: boolean;
  started: boolean;
  resumeDueAt: Date | null;
}

const OVER: ReadonlySet<RunState> = new Set(["completed", "failed", "cancelled"]);

export function createRunControl({ db, wake, sayWithdrawn }: RunControlOptions): RunControl {
  const within = <T>(installationId: number, body: (sql: TransactionSql) => Promise<T>) =>
    retryRolledBack(() => db.scoped({ installationIds: [installationId] }, body));

  return {
    cancel: async (installationId, runId, by, { atEnd } = {}) => {
      const jobs = await within(installationId, async (sql) => {
        const message = sql`'Cancelled by ' || ${personName(sql, installationId, by)}`;
        const jobs = await cancelTree(sql, { installationId, runId, message, by: by.name });
        await atEnd?.(sql);
        return jobs;
      });
      for (const job of jobs) if (job.claimed) sayWithdrawn(job);
      wake();
      return { state: "cancelled" };
    },

    pause: (installationId, runId, by, { atEnd } = {}) =>
      within(installationId, async (sql) => {
        const { run, job } = await lockOpenRun(sql, { installationId, runId, wish: "pause" });
        if (run.paused) return { state: run.state };
        const state: RunState = job?.claimed ? run.state : "waiting";
        await sql`
          update run set state = ${state}, paused_at = now(), paused_by = ${by.name},
            resume_due_at = ${job && !job.claimed ? job.dueAt : null}::timestamptz
          where installation_id = ${installationId} and id = ${runId}`;
        if (job) await pauseJob(sql, installationId, job);
        await atEnd?.(sql);
        return { state };
      }),

    resume: async (installationId, runId, { atEnd } = {}) => {
      const state = await within(installationId, async (sql) => {
        const { run, job } = await lockOpenRun(sql, { installationId, runId, wish: "resume" });
        if (!run.paused) throw refused("resume", runId, `it is ${run.state}, not paused`);
        const state: RunState = job?.claimed ? run.state : run.started ? "waiting" : "pending";
        await sql`
          update run set state = ${state}, paused_at = null, paused_by = null, resume_due_at = null
          where installation_id = ${installationId} and id = ${runId}`;
        const woken = await hasSignals(sql, { installationId, runId });
        if (job) await resumeJob(sql, installationId, { id: job.id, dueAt: woken ? null : run.resumeDueAt });
        await atEnd?.(sql);
        return state;
      });
      wake();
      return { state };
    },
  };
}

/**
 * Ends the open run and those that its steps wait for, in the caller's transaction; gives their jobs, of which the claimed ones are
 * made known after the commit (sayWithdrawn). `by`: who asked; null: the program. Throws as cancel().
 */
export async function cancelTree(
  sql: TransactionSql,
  { installationId, runId, message, by }: {
    installationId: number;
    runId: string;
    message: Fragment;
    by: string | null;
  },
): Promise<RunJob[]> {
  const { runIds, jobs } = await lockOpenTree(sql, { installationId, runId });
  await lockOpenRun(sql, { installationId, runId, wish: "cancel" });
  const ended = sql`select id from json_to_recordset(${idsJson(runIds)}::text::json) as ended(id uuid)`;
  await closeSteps(sql, installationId, ended);
  await sql`
    update run set state = 'cancelled', error_message = ${message}, finished_at = now(),
      cancel_requested_at = case when ${by}::text is not null then now() end, cancel_requested_by = ${by}::text,
      paused_at = null, paused_by = null, resume_due_at = null
    where installation_id = ${installationId} and id in (${ended})`;
  await endWaitsOf(sql, installationId, runIds);
  await withdrawJobs(sql, installationId, jobs);
  return jobs;
}

type Wish = "cancel" | "pause" | "resume";

/** The run with its open job, both locked, the job first as its owner does. Throws NOT_FOUND, and CONFLICT for one that is over. */
async function lockOpenRun(
  sql: TransactionSql,
  { installationId, runId, wish }: { installationId: number; runId: string; wish: Wish },
): Promise<{ run: OpenRun; job: RunJob | undefined }> {
  const job = await lockJobOfRun(sql, { installationId, runId });
  const [run] = await sql<OpenRun[]>`
    select state, paused_at is not null as paused, started_at is not null as started, resume_due_at as "resumeDueAt"
    from run where installation_id = ${installationId} and id = ${runId} for update`;
  if (!run) throw runUnknown(runId);
  if (OVER.has(run.state)) throw refused(wish, runId, `it is ${run.state}`);
  return { run, job };
}

function refused(wish: Wish, runId: string, reason: string): AppError {
  return new AppError("CONFLICT", `Cannot ${wish} run "${runId}": ${reason}`);
}

/** What is open ends with the run. An attempt without an answer stays one that may have taken effect. */
async function closeSteps(sql: TransactionSql, installationId: number, ended: Fragment): Promise<void> {
  await closeFirst(sql, { installationId, ended });
  await sql`
    update attempt set state = 'uncertain', finished_at = now()
    where installation_id = ${installationId} and run_id in (${ended}) and state = 'started'`;
  await sql`
    update step set state = 'cancelled', finished_at = now(), due_at = null
    where installation_id = ${installationId} and run_id in (${ended}) and state = 'running'`;
}

/** SQL text: as the workspace knows a user, where that was read; else who it is by id. */
function personName(sql: TransactionSql, installationId: number, { kind, name }: Person) {
  if (kind === "operator") return sql`${`operator ${name}`}::text`;
  return sql`coalesce((
    select body->>'name' from entity_cache
    where installation_id = ${installationId} and entity_type = 'user' and entity_id = ${name}), ${`user ${name}`}::text)`;
}
