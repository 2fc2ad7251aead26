/**
 * The job "cleanup": closes what an uninstall left in progress, in small transactions that wait for workers like any
 * other.
 */

import type { OnPoint } from "../base/crash_point.ts";
import { type Database, retryRolledBack } from "../db/db.ts";
import type { JobHandler } from "../queue/worker.ts";
import { workIsOver } from "./uninstall.ts";
import { deleteJobs } from "../queue/claims.ts";
import { removeStanding } from "../schedules/standing.ts";
import { deleteBackgroundJobs, lockFlowJobs } from "../queue/withdraw.ts";
import { cancelApprovals } from "../signals/approval_records.ts";

/** Jobs closed in one transaction. */
const BATCH = 500;

export function createCleanup(
  { db, onPoint, batch = BATCH }: { db: Pick<Database, "scoped">; onPoint?: OnPoint; batch?: number },
): JobHandler {
  return async ({ id, installationId }, { signal }) => {
    let closed: number;
    do {
      signal.throwIfAborted();
      closed = await closeWork(db, { installationId, batch });
      onPoint?.("in_cleanup");
    } while (closed === batch);
    await dropBackground(db, { installationId, cleanupId: id });
    return { kind: "done" };
  };
}

/**
 * Cancels runs and skips events whose job is of a generation that is over, and removes the job; gives how many. The job is
 * locked first, as dispatch and the journal do. What a reinstall brought is of a newer generation and is left alone.
 */
async function closeWork(
  db: Pick<Database, "scoped">,
  { installationId, batch }: { installationId: number; batch: number },
): Promise<number> {
  const rows = await retryRolledBack(() =>
    db.scoped({ installationIds: [installationId] }, (sql) =>
      sql<{ jobs: number }[]>`
      with over as materialized (
        ${lockFlowJobs(sql, { installationId, over: workIsOver(sql, "job.generation"), limit: batch })}
      ),
      runs as (
        update run set state = 'cancelled', error_message = 'The add-on was uninstalled', finished_at = now()
        from over where over.kind = 'run' and run.id = (over.payload->>'run_id')::uuid
          and run.installation_id = ${installationId} and run.state in ('pending', 'running', 'waiting')
      ),
      events as (
        update event set outcome = 'skipped', reason = 'uninstalled', finished_at = now()
        from over where over.kind = 'event' and event.id = (over.payload->>'event_id')::bigint
          and event.installation_id = ${installationId} and event.outcome is null
      ),
      ended as materialized (select (payload->>'run_id')::uuid as id from over where kind = 'run'),
      waits as (delete from wait using ended where wait.run_id = ended.id and wait.installation_id = ${installationId}),
      approvals as (${cancelApprovals(sql, installationId)}),
      removed as (${deleteJobs(sql, { part: sql`over`, jobId: sql`over.id` })})
      select count(*)::int as jobs from over`)
  );
  return rows[0]!.jobs;
}

/** Removes the background work too, and what would make more of it, unless the add-on is back by now: then it is the new installation's. */
async function dropBackground(
  db: Pick<Database, "scoped">,
  { installationId, cleanupId }: { installationId: number; cleanupId: number },
): Promise<void> {
  await retryRolledBack(() =>
    db.scoped({ installationIds: [installationId] }, async (sql) => {
      // Held until the commit, so that an install comes before or after.
      const over = await sql`
        select 1 from installation where id = ${installationId} and status = 'uninstalled' for share`;
      if (over.length === 0) return;
      await removeStanding(sql, installationId);
      await deleteBackgroundJobs(sql, { installationId, exceptId: cleanupId });
    })
  );
}
