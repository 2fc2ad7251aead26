/**
 * What other modules read of the open jobs of an installation: whether one is there, of which runs, how far they are
 * behind.
 */

import type { Fragment, Query } from "../db/db.ts";
import type { Job, JobKind } from "./queue.ts";

/** SQL condition: the installation has an open job of the kind, waiting or in progress. */
export function hasOpenJob(
  sql: Query,
  { installationId, kind }: { installationId: number; kind: JobKind },
): Fragment {
  return sql`
    exists (select 1 from job where installation_id = ${installationId} and kind = ${kind} and finished_at is null)`;
}

/** SQL condition: the job that `id` (an expression of the statement) names is open; false where there is none. */
export function isOpenJob(
  sql: Query,
  { installationId, id }: { installationId: number; id: Fragment },
): Fragment {
  return sql`
    exists (select 1 from job where job.installation_id = ${installationId} and job.id = ${id} and job.finished_at is null)`;
}

/** SQL condition: that job is claimed by a worker, or was, and its lease has not been taken over. */
export function isClaimedJob(
  sql: Query,
  { installationId, id }: { installationId: number; id: Fragment },
): Fragment {
  return sql`
    exists (select 1 from job where job.installation_id = ${installationId} and job.id = ${id}
      and job.state = 'executing' and job.finished_at is null)`;
}

/** SQL condition: an open job of the same kind and installation is older than `job` and has an empty payload. */
export function hasOlderJob(sql: Query, job: Job): Fragment {
  return sql`
    exists (select 1 from job where installation_id = ${job.installationId} and kind = ${job.kind} and id < ${job.id}
      and finished_at is null and payload = '{}')`;
}

/** SQL text: what the job that `id` names last gave as its reason; null where there is none. */
export function reasonOfJob(
  sql: Query,
  { installationId, id }: { installationId: number; id: Fragment },
): Fragment {
  return sql`(select reason from job where installation_id = ${installationId} and id = ${id})`;
}

/** Selects due_at, state and reason of the open job that works on the row of `run` beside which it stands, in a lateral join. */
export function openJobOfRun(sql: Query): Fragment {
  return sql`
      select due_at, job.state, job.reason from job
      where run.state in ('pending', 'running', 'waiting') and job.installation_id = run.installation_id
        and job.finished_at is null and job.run_id = run.id limit 1`;
}

/** Ids of the runs that have an open job, at most `limit`, in no order. */
export async function openRunIds(
  sql: Query,
  { installationId, limit }: { installationId: number; limit: number },
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select run_id as id from job
    where installation_id = ${installationId} and finished_at is null and run_id is not null limit ${limit}`;
  return rows.map(({ id }) => id);
}

/** Selects a row for each open job of the kind. */
export function openJobsOf(
  sql: Query,
  { installationId, kind }: { installationId: number; kind: JobKind },
): Fragment {
  return sql`select 1 from job where installation_id = ${installationId} and kind = ${kind} and finished_at is null`;
}

/** Selects a row for each job, open and ended: each half has an index of its own. */
export function everyJob(sql: Query, installationId: number): Fragment {
  return sql`select 1 from job where installation_id = ${installationId} and finished_at is null
    union all select 1 from job where installation_id = ${installationId} and finished_at is not null`;
}

/** Due jobs of one installation that are not claimed yet. */
export interface Backlog {
  /** At most MAX_WAITING are counted. */
  waiting: number;
  oldestDueAt: Date | null;
  /** Held by a worker, here or elsewhere. */
  executing: number;
}

export const MAX_WAITING = 10_000;

/** How many runs wait, by what their jobs gave as the reason; of the first MAX_WAITING that wait at all. */
export async function countWaitingRuns(sql: Query, installationId: number): Promise<Map<string, number>> {
  const rows = await sql<{ reason: string; runs: number }[]>`
    select reason, count(*)::int as runs from (
      select reason from job
      where installation_id = ${installationId} and kind = 'run' and finished_at is null
        and state in ('scheduled', 'retryable') and reason is not null limit ${MAX_WAITING}) waiting
    group by reason`;
  return new Map(rows.map(({ reason, runs }) => [reason, runs]));
}

/** How far the queue is behind with an installation. A claimed job becomes due only when its lease has ended. */
export async function readBacklog(sql: Query, installationId: number): Promise<Backlog> {
  const [row] = await sql<{ waiting: number; oldest: Date | null; executing: number }[]>`
    with due as (
      select first.due_at from queue_lane lane cross join (values (false), (true)) as order_of(blocked) cross join lateral (
        select due_at from job
        where job.installation_id = lane.installation_id and job.kind = lane.kind and job.blocked = order_of.blocked
          and finished_at is null and due_at <= now() order by due_at limit ${MAX_WAITING}
      ) first
      where lane.installation_id = ${installationId}
    )
    select least(count(*), ${MAX_WAITING}::int)::int as waiting, min(due_at) as oldest,
      (select count(*)::int from job
        where installation_id = ${installationId} and finished_at is null and due_at > now()
          and state = 'executing') as executing
    from due`;
  const { waiting, oldest, executing } = row!;
  return { waiting, oldestDueAt: oldest, executing };
}
