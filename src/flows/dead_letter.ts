/** A dead letter: a job that is given up, and the event or run that it stood for, end together with one reason. */

import { type Database, retryRolledBack } from "../db/db.ts";
import { jsonText } from "../db/json_text.ts";
import type { ErrorCode } from "../errors.ts";
import { discardJob } from "../queue/postgres.ts";
import type { Job } from "../queue/queue.ts";

export function createDeadLetters(db: Database) {
  /** Throws LEASE_LOST for a claim that ended: another has the job. */
  return async function discard(job: Job, failure: { code: ErrorCode; reason: string }): Promise<void> {
    // Like every text of ours that may quote something: without what the database refuses.
    const reason: string = JSON.parse(jsonText(failure.reason));
    await retryRolledBack(() =>
      db.scoped({ installationIds: [job.installationId] }, async (sql) => {
        await discardJob(sql, job, reason);
        if (job.kind === "event") {
          await sql`
          update event set outcome = 'dead', reason = ${reason}, finished_at = now()
          where installation_id = ${job.installationId} and id = ${Number(job.payload.event_id)} and outcome is null`;
        } else if (job.kind === "run") {
          await sql`
          update run set state = 'failed', error_code = ${failure.code}, error_message = ${reason}, finished_at = now()
          where installation_id = ${job.installationId} and id = ${String(job.payload.run_id)}
            and state in ('pending', 'running', 'waiting')`;
        }
      })
    );
  };
}
