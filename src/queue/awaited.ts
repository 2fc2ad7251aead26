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
 * The messages of these runs came: those of their jobs that still wait for one may be claimed at once. Gives how many did; the
 * caller wakes the queue after the commit.
 */
export async function messagesCame(
  sql: TransactionSql,
  installationId: number,
  runIds: readonly string[],
): Promise<number> {
  const ids = JSON.stringify(runIds.map((id) => ({ id })));
  const moved = await sql`
    update job set state = 'available', reason = null, due_at = now()
    where id = any (array(
      select open.id from json_to_recordset(${ids}::text::json) as came(id uuid)
      join job open on open.installation_id = ${installationId} and open.run_id = came.id and open.finished_at is null
      where open.state = 'scheduled' and open.reason = ${REASON} and not open.paused and open.due_at > now()
      order by open.id for update of open))
    returning id`;
  return moved.length;
}
