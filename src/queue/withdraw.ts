/** Withdraws jobs without holding their claim: their work is over, or continues under a new job. */

import type { Fragment, Query } from "../db/db.ts";

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
          on open.installation_id = ${installationId} and open.kind = 'run' and open.finished_at is null
            and open.payload->>'run_id' = wanted.id::text
        union all
        select wanted.id, ended.id from wanted join job ended
          on ended.installation_id = ${installationId} and ended.kind = 'run'
            and ended.finished_at >= (select min(finished_at) from wanted)
            and ended.payload = jsonb_build_object('run_id', wanted.id::text)
      ) one
      where job.installation_id = ${installationId} and job.id = one.job_id
      returning one.id, job.order_key`;
}
