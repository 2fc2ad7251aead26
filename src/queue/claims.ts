/**
 * Statements on jobs that their worker holds: lock them under their fencing numbers, and close or reschedule them
 * together with what was done. A claim that ended meanwhile changes nothing.
 */

import { AppError } from "../base/errors.ts";
import type { Fragment, Query } from "../db/db.ts";
import { endedEvent } from "./ended_jobs.ts";
import type { Job } from "./queue.ts";

/** The error of a write under a fencing number that is no longer the job's. */
export function leaseLost(job: Job): AppError {
  return new AppError("LEASE_LOST", `Cannot record for job "${job.id}": claim ${job.fence} ended`);
}

/**
 * Selects id, fence and paused of those jobs of `claims` (a select of job id and fence) that are still held under that fence,
 * and locks them until the commit: whoever takes the job over waits. In the order of their ids, so that two batches that hold
 * some of the same jobs do not wait for each other crosswise. The array keeps the planner from reading all open jobs where
 * it believes that they are few.
 */
export function lockClaims(sql: Query, claims: Fragment): Fragment {
  return sql`
        select job.id, job.fence, job.paused from job
        where job.id = any (array(select claim.id from (${claims}) claim (id, fence))) and (job.id, job.fence) in (${claims})
          and job.state = 'executing' order by job.id for update`;
}

/** Removes the jobs that the rows of `owned` name, a part of the same statement; "and ..." may follow. */
export function deleteJobs(sql: Query, owned: { part: Fragment; jobId: Fragment }): Fragment {
  return sql`delete from job using ${owned.part} where job.id = ${owned.jobId}`;
}

/** What the worker counts of the jobs that it settles itself; without it nothing is forgotten, and no lost lease stays counted. */
interface Counted {
  /** SQL condition on a row of `owned`: the success that forgets the failures before it. */
  succeeded: Fragment;
  /** SQL number of a row of `owned`: lost leases that stay counted. */
  rescues: Fragment;
}

/**
 * The two parts `removed` and `changed` of a statement that ends claims. Its part `owned`, with the rows that were locked,
 * has the columns job_id, outcome (of JobOutcome, or null: the job stays claimed), delay_ms (null: the job could be claimed
 * since it was made), reason and wakes (of the claim; null: none). Where a signal came since the claim, the job may be claimed at once,
 * so that none is missed. A finished job is deleted, so that the table holds what is open; one that was cancelled or discarded
 * stays as a dead letter. The database then lets the next of its order key be claimed (migrations/0026_queue_lanes.sql).
 */
export function endClaims(sql: Query, counted?: Counted): Fragment {
  const attempt = sql`job.attempt + (owned.outcome = 'retry')::int`;
  return sql`
      removed as (${deleteJobs(sql, { part: sql`owned`, jobId: sql`owned.job_id` })} and owned.outcome = 'done'),
      changed as (
        update job set
          state = case owned.outcome when 'retry' then 'retryable' when 'snooze' then 'scheduled'
                                     when 'cancel' then 'cancelled' else 'discarded' end,
          attempt = ${counted ? sql`case when ${counted.succeeded} then 0 else ${attempt} end` : attempt},
          rescues = ${counted ? counted.rescues : sql`0`},
          due_at = case when job.wakes > coalesce(owned.wakes, 0) and not job.paused then now()
                        else coalesce(now() + owned.delay_ms * interval '1 millisecond', job.created_at) end,
          finished_at = case when owned.outcome in ('cancel', 'discard') then now() end,
          event_id = case when owned.outcome in ('cancel', 'discard') then ${endedEvent(sql)} end,
          leased_by = null, reason = owned.reason
        from owned where job.id = owned.job_id and owned.outcome <> 'done'
      )`;
}

/** Removes a claimed job, inside the caller's transaction, with what was done. Throws LEASE_LOST when another owner has the job. */
export async function removeJob(sql: Query, job: Job): Promise<void> {
  const removed = await sql`
    delete from job where installation_id = ${job.installationId} and id = ${job.id} and fence = ${job.fence}
      and state = 'executing' returning id`;
  if (removed.length === 0) throw leaseLost(job);
}

/**
 * Makes a claimed job a dead letter, inside the caller's transaction, so that what the job stood for ends with it. Throws
 * LEASE_LOST when another owner has the job.
 */
export async function discardJob(sql: Query, job: Job, reason: string): Promise<void> {
  const discarded = await sql`
    update job set state = 'discarded', finished_at = now(), leased_by = null, reason = ${reason}, event_id = ${
    endedEvent(sql)
  }
    where installation_id = ${job.installationId} and id = ${job.id} and fence = ${job.fence} and state = 'executing'
    returning id`;
  if (discarded.length === 0) throw leaseLost(job);
}
