/** The job that switches a schedule off after a run of it failed, where its on_failure says so. */

import { appendAudit, type Audit } from "../access/audit.ts";
import type { Clock } from "../base/clock.ts";
import { type Database, retryRolledBack } from "../db/db.ts";
import { removeJob } from "../queue/claims.ts";
import type { JobHandler } from "../queue/worker.ts";
import { runIdOf } from "./runs.ts";

/** Who paused it, in the audit. */
const ACTOR = "scheduler";

/** Once for each failure: with the schedule the job ends. One that comes late leaves a schedule on that was resumed meanwhile. */
export function createSchedulePause(
  { db, clock, audit = appendAudit }: { db: Pick<Database, "scoped">; clock: Clock; audit?: Audit },
): JobHandler {
  return async (job) => {
    const { installationId } = job;
    const runId = String(job.payload.run_id);
    await retryRolledBack(() =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const [found] = await sql<{ id: string; schedule_id: number; why: string | null }[]>`
          select own.id, own.schedule_id, run.error_message as why from workflow_run
          join run on run.installation_id = ${installationId} and run.id = workflow_run.run_id
          join workflow_schedule own on own.id = workflow_run.workflow_schedule_id
          where workflow_run.installation_id = ${installationId} and workflow_run.run_id = ${runId}
            and own.on_failure = 'pause'
            -- A person who switched it on since knew of the failure, or it is as if they had.
            and (own.resumed_at is null or run.finished_at > own.resumed_at)`;
        const paused = found
          ? await sql`
            update schedule set enabled = false
            where installation_id = ${installationId} and id = ${found.schedule_id} and enabled returning id`
          : [];
        if (found && paused.length > 0) {
          const reason = `${runIdOf(runId)} failed${found.why === null ? "" : `: ${found.why}`}`.slice(0, 1_000);
          await sql`
            update workflow_schedule set paused_at = now(), paused_by = null, pause_reason = ${reason},
              revision = revision + 1, updated_at = now()
            where installation_id = ${installationId} and id = ${found.id}`;
          await audit(sql, { installationId, at: clock.now() }, {
            actor: ACTOR,
            action: "pause",
            entityType: "schedule",
            entityId: found.id,
            changes: { enabled: false, reason },
          });
        }
        await removeJob(sql, job);
      })
    );
    return { kind: "settled" };
  };
}
