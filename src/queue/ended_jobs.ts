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
 * Selects as event_id (text) the events that a job names, for who asks whether an event with an outcome is still needed. Open
 * jobs of kind "event" are left out: there may be hundreds of thousands, nearly all of events without an outcome.
 */
export function eventsNamedByJobs(sql: Query, installationId: number): Fragment {
  return sql`
      select payload->>'event_id' as event_id from job
      where installation_id = ${installationId} and (kind <> 'event' or finished_at is not null)`;
}
