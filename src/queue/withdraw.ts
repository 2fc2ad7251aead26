/** Changes jobs without holding their claim: their work is over, continues under a new job, waits, or is to go on. */

import type { Fragment, Query } from "../db/db.ts";

/** Wait of a job that may not be worked on for now: longer than any program lives. */
export const HELD_MS = 100 * 365 * 86_400_000;
/** A call that was in progress when its run was cancelled has ended by then; what waits for the job's order key goes on. */
const CANCEL_GRACE_MS = 2_000;

/** The open job of a run. */
export interface RunJob {
  id: number;
  fence: number;
  /** Held by a worker, or its lease has ended and was not taken over yet. */
  claimed: boolean;
  ordered: boolean;
  paused: boolean;
  /** Signals that have come for the run. */
  wakes: number;
  dueAt: Date;
}

function runJobColumns(sql: Query): Fragment {
  return sql`id, fence, state = 'executing' as claimed, order_key is not null as ordered, paused, wakes, due_at as "dueAt"`;
}

/** Locks the open job of a run until the commit: a worker that is about to record waits. Undefined where there is none. */
export async function lockJobOfRun(
  sql: Query,
  { installationId, runId }: { installationId: number; runId: string },
): Promise<RunJob | undefined> {
  const [job] = await sql<RunJob[]>`
    select ${runJobColumns(sql)} from job
    where installation_id = ${installationId} and finished_at is null and run_id = ${runId}
    order by id limit 1 for update`;
  return job;
}

/**
 * Locks the open jobs of these runs until the commit, in the order of their ids, as a record does (claims.ts); with them the
 * jobs whose ids are `also`.
 */
export async function lockJobsOfRuns(
  sql: Query,
  runs: readonly { installationId: number; runId: string }[],
  also: readonly number[] = [],
): Promise<RunJob[]> {
  const more = JSON.stringify(also.map((id) => ({ id })));
  const wanted = JSON.stringify(runs.map(({ installationId, runId }) => ({ i: installationId, id: runId })));
  return await sql<RunJob[]>`
    select ${runJobColumns(sql)} from job
    where id = any (array(
      select open.id from json_to_recordset(${wanted}::text::json) as wanted(i bigint, id uuid)
      join job open on open.installation_id = wanted.i and open.run_id = wanted.id and open.finished_at is null
      ${
    also.length === 0 ? sql`` : sql`union all select id from json_to_recordset(${more}::text::json) as more(id bigint)`
  }))
    order by id for update`;
}

/**
 * Takes locked jobs out of the queue: whoever holds one records nothing any more. One that others wait for, while it is
 * claimed, stays for as long as its owner needs to stop; then the next worker closes it.
 */
export async function withdrawJobs(sql: Query, installationId: number, jobs: readonly RunJob[]): Promise<void> {
  const left = jobs.filter(({ claimed, ordered }) => claimed && ordered);
  const gone = jobs.filter((job) => !left.includes(job));
  if (left.length > 0) {
    await sql`
      update job set state = 'scheduled', fence = fence + 1, leased_by = null, rescues = 0, paused = false,
        due_at = now() + ${CANCEL_GRACE_MS}::int * interval '1 millisecond', reason = 'its run was cancelled'
      where installation_id = ${installationId} and id in (${idsOf(sql, left)})`;
  }
  if (gone.length > 0) {
    await sql`delete from job where installation_id = ${installationId} and id in (${idsOf(sql, gone)})`;
  }
}

function idsOf(sql: Query, jobs: readonly RunJob[]): Fragment {
  const ids = JSON.stringify(jobs.map(({ id }) => ({ id })));
  return sql`select id from json_to_recordset(${ids}::text::json) as one(id bigint)`;
}

/** Of a locked job: no step begins any more. Who holds it goes on until then, and gives it back (runs/journal.ts). */
export async function pauseJob(sql: Query, installationId: number, { id }: RunJob): Promise<void> {
  await sql`
    update job set paused = true,
      state = case when state = 'executing' then state else 'scheduled' end,
      due_at = case when state = 'executing' then due_at else now() + ${HELD_MS}::float8 * interval '1 millisecond' end
    where installation_id = ${installationId} and id = ${id}`;
}

/** Of a locked job: it may be claimed from `dueAt` on, or at once. */
export async function resumeJob(
  sql: Query,
  installationId: number,
  { id, dueAt }: { id: number; dueAt: Date | null },
): Promise<void> {
  await sql`
    update job set paused = false,
      state = case when state = 'executing' then state when ${dueAt}::timestamptz > now() then 'scheduled' else 'available' end,
      due_at = case when state = 'executing' then due_at else greatest(now(), ${dueAt}::timestamptz) end
    where installation_id = ${installationId} and id = ${id}`;
}

/** Of a locked job: something came for its run. It may be claimed at once; one that is claimed already, when its owner gives it back (claims.ts). */
export async function wakeJob(sql: Query, installationId: number, { id }: RunJob): Promise<void> {
  await sql`
    update job set wakes = wakes + 1, due_at = ${
    dueOfWoken(sql)
  } where installation_id = ${installationId} and id = ${id}`;
}

/** The same of the jobs of the runs that the part `woken` of the statement names, by installation_id and run_id. */
export function wakeJobsOfRuns(sql: Query): Fragment {
  return sql`
      update job set wakes = wakes + 1, due_at = ${dueOfWoken(sql)}
      from (select distinct installation_id, run_id from woken) run
      where job.installation_id = run.installation_id and job.run_id = run.run_id and job.finished_at is null`;
}

/** Most runs that are woken together; the others come back at their own time. */
const MAX_WOKEN = 10_000;

/**
 * Two parts of a statement: the jobs of the installation that wait for this reason come back within `spreadSeconds`. `waiting` has
 * the run_id of each.
 */
export function wakeWaiting(
  sql: Query,
  installationId: number,
  { reason, spreadSeconds }: { reason: string; spreadSeconds: number },
): Fragment {
  return sql`
      waiting as materialized (
        select id, run_id from job
        where installation_id = ${installationId} and kind = 'run' and finished_at is null and state = 'scheduled'
          and not paused and reason = ${reason} and due_at > now()
        order by id limit ${MAX_WOKEN} for update skip locked
      ),
      woken as (
        update job set due_at = least(due_at, now() + random() * ${spreadSeconds}::float8 * interval '1 second')
        from waiting where job.id = waiting.id
      )`;
}

/** A paused one stays where it is: it goes on at once when it is resumed. */
function dueOfWoken(sql: Query): Fragment {
  return sql`case when job.state = 'executing' or job.paused then job.due_at else least(job.due_at, now()) end`;
}

/**
 * Selects id, kind and payload of open jobs of kind "event" and "run", and locks them until the commit, oldest first: a
 * worker that is about to record waits, and then finds its claim gone. `over` is a condition on job.generation and the row
 * of `installation`.
 */
export function lockFlowJobs(
  sql: Query,
  { installationId, over, limit }: { installationId: number; over: Fragment; limit: number },
): Fragment {
  return sql`
        select job.id, job.kind, job.payload
        from job join installation on installation.id = job.installation_id
        where job.installation_id = ${installationId} and job.finished_at is null and job.kind in ('event', 'run')
          and ${over}
        order by job.id limit ${limit} for update of job`;
}

/** Removes the open background jobs of an installation but the one named: neither clean-ups nor the removal of webhooks. */
export async function deleteBackgroundJobs(
  sql: Query,
  { installationId, exceptId }: { installationId: number; exceptId: number },
): Promise<void> {
  await sql`
        delete from job where id in (
          select id from job
          where installation_id = ${installationId} and finished_at is null and id <> ${exceptId}
            and kind not in ('event', 'run', 'cleanup') and not payload @> '{"remove": true}'
          order by id for update)`;
}

/**
 * Removes the jobs of the runs that the part `wanted` names, open ones and dead letters, and returns wanted.id and the job's
 * order_key. `wanted` has the columns id (uuid) and finished_at of its runs: no dead letter of them is older, so that the
 * index by the end of jobs serves.
 */
export function deleteJobsOfRuns(sql: Query, installationId: number): Fragment {
  return sql`
      delete from job using (
        select wanted.id, open.id as job_id from wanted join job open
          on open.installation_id = ${installationId} and open.finished_at is null and open.run_id = wanted.id
        union all
        select wanted.id, ended.id from wanted join job ended
          on ended.installation_id = ${installationId} and ended.finished_at >= (select min(finished_at) from wanted)
            and ended.run_id = wanted.id
      ) one
      where job.installation_id = ${installationId} and job.id = one.job_id
      returning one.id, job.order_key`;
}
