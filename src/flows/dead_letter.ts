/** What a job stood for when it becomes a dead letter by the worker's own decision: its event or run ends too, with the reason. */

import type { Database, TransactionSql } from "../db/db.ts";
import { jsonText } from "../db/json_text.ts";
import type { Job } from "../queue/queue.ts";

export function createDeadLetters(db: Database) {
  /** Closes the event or run of a job that is about to be discarded; not for a claim that ended: another has the job. */
  return async function close(job: Job, message: string): Promise<void> {
    // Like every text of ours that may quote something: without what the database refuses.
    const reason: string = JSON.parse(jsonText(message));
    await db.scoped({ installationIds: [job.installationId] }, async (sql) => {
      if (job.kind === "event") {
        await sql`
        update event set outcome = 'dead', reason = ${reason}, finished_at = now()
        where installation_id = ${job.installationId} and id = ${Number(job.payload.event_id)} and outcome is null
          and ${holds(sql, job)}`;
      } else if (job.kind === "run") {
        await sql`
        update run set state = 'failed', error_code = 'INTERNAL', error_message = ${reason}, finished_at = now()
        where installation_id = ${job.installationId} and id = ${String(job.payload.run_id)}
          and state in ('pending', 'running', 'waiting') and ${holds(sql, job)}`;
      }
    });
  };
}

function holds(sql: TransactionSql, { id, fence, installationId }: Job) {
  return sql`exists (select from job where installation_id = ${installationId} and id = ${id} and fence = ${fence})`;
}
