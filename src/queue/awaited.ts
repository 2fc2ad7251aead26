/** Jobs of runs that are handed on by a message: they wait for it, yet not longer than a bounded time. */

import type { TransactionSql } from "../db/db.ts";

const REASON = "awaits its message";

/** The open job of the run, which is not claimed yet, may be claimed when its message comes, or after `withinMs`. */
export async function awaitMessage(
  sql: TransactionSql,
  { installationId, runId, withinMs }: { installationId: number; runId: string; withinMs: number },
): Promise<void> {
  await sql`
    update job set state = 'scheduled', reason = ${REASON}, due_at = now() + ${withinMs}::int * interval '1 millisecond'
    where installation_id = ${installationId} and run_id = ${runId} and finished_at is null and state = 'available'`;
}

/**
 * The messages of these runs came: those of their jobs that still wait for one may be claimed at once, or when their run is
 * resumed. Gives how many may be claimed; the caller wakes the queue after the commit.
 */
export async function messagesCame(
  sql: TransactionSql,
  installationId: number,
  runIds: readonly string[],
): Promise<number> {
  const ids = JSON.stringify(runIds.map((id) => ({ id })));
  // The jobs are locked before the runs, as whoever pauses a run does it.
  const [moved] = await sql<{ jobs: number }[]>`
    with came as materialized (
      select open.id, open.run_id, open.paused from json_to_recordset(${ids}::text::json) as came(id uuid)
      join job open on open.installation_id = ${installationId} and open.run_id = came.id and open.finished_at is null
      where open.state = 'scheduled' and open.reason = ${REASON} and open.due_at > now()
      order by open.id for update of open
    ),
    moved as (
      update job set state = 'available', reason = null, due_at = now()
      where id = any (array(select id from came where not paused)) returning 1
    ),
    resumable as (
      update run set resume_due_at = null
      where installation_id = ${installationId} and id = any (array(select run_id from came where paused))
    )
    select count(*)::int as jobs from moved`;
  return moved!.jobs;
}
