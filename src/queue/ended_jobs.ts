/** What other modules read of the jobs that ended and stay: dead letters, and the events they still name. */

import type { Fragment, Query } from "../db/db.ts";

/** The table by its age, for what deletes old rows: an open job has no end, and stays. */
export const ENDED_JOBS = { table: "job", age: "finished_at", order: "finished_at" } as const;

/** Ids of the events whose job was given up since then, newest first, at most `limit`. */
export async function deadEventIds(
  sql: Query,
  { installationId, since, limit }: { installationId: number; since: Date; limit: number },
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select payload->>'event_id' as id from job
    where installation_id = ${installationId} and finished_at >= ${since} and state = 'discarded' and kind = 'event'
    order by finished_at desc limit ${limit}`;
  return rows.map(({ id }) => id);
}

/**
 * Selects as event_id (text) those of the events that a dead letter names, and events that dead letters of versions before
 * migration 37 name. `ids` is an array of bigint. Open jobs are left out: there may be hundreds of thousands, nearly all of
 * events without an outcome.
 */
export function eventsNamedByJobs(sql: Query, installationId: number, ids: Fragment): Fragment {
  return sql`
      select event_id::text as event_id from job where installation_id = ${installationId} and event_id = any (${ids})
      union all
      select payload->>'event_id' from job
      where installation_id = ${installationId} and kind = 'event' and finished_at is not null and event_id is null`;
}

/**
 * Selects id, kind, run_id, event_id (of the event or run that it stood for), attempt, reason, created_at and finished_at of
 * the dead letters of an installation. `where` and an order may follow.
 */
export function deadLetters(sql: Query, installationId: number): Fragment {
  return sql`
      select id, kind, run_id, coalesce(event_id, case when kind = 'event' then (payload->>'event_id')::bigint end) as event_id,
        attempt, reason, created_at, finished_at
      from job where installation_id = ${installationId} and finished_at is not null and state = 'discarded'`;
}

/** The column event_id of a job that ends: null for one that is none of an event. */
export function endedEvent(sql: Query): Fragment {
  return sql`case when job.kind = 'event' then (job.payload->>'event_id')::bigint end`;
}
