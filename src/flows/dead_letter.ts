/** A dead letter: a job that is given up, and the event, run or message that it stood for, end together with one reason. */

import { type Database, type Query, retryRolledBack } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import type { ErrorCode } from "../base/errors.ts";
import { discardJob } from "../queue/claims.ts";
import type { Job } from "../queue/queue.ts";
import { endWaitsOf } from "../signals/wait_records.ts";

export function createDeadLetters(db: Database) {
  /** Throws LEASE_LOST for a claim that ended: another has the job. */
  return async function discard(job: Job, failure: { code: ErrorCode; reason: string }): Promise<void> {
    // Like every text of ours that may quote something: without what the database refuses.
    const reason: string = JSON.parse(jsonText(failure.reason));
    await retryRolledBack(() =>
      db.scoped({ installationIds: [job.installationId] }, async (sql) => {
        await discardJob(sql, job, reason);
        if (job.kind === "event") {
          const flows = failure.code === "RUN_LIMIT_REACHED" ? await listening(sql, job) : [];
          await sql`
          update event set outcome = 'dead', reason = ${reason + suspicion(flows)}, finished_at = now()
          where installation_id = ${job.installationId} and id = ${Number(job.payload.event_id)} and outcome is null`;
        } else if (job.kind === "run") {
          await sql`
          update run set state = 'failed', error_code = ${failure.code}, error_message = ${reason}, finished_at = now()
          where installation_id = ${job.installationId} and id = ${String(job.payload.run_id)}
            and state in ('pending', 'running', 'waiting')`;
          await endWaitsOf(sql, job.installationId, [String(job.payload.run_id)]);
        } else if (job.kind === "webhook") {
          // Else it would wait for good, count among those that may wait, and be refused where it is to be sent again.
          await sql`
          update webhook_delivery set state = 'failed', reason = ${reason.slice(0, 1_000)}, finished_at = now()
          where installation_id = ${job.installationId} and id = ${String(job.payload.delivery_id)}
            and state = 'pending'`;
        }
      })
    );
  };
}

/** Flows that a reason names. */
const MAX_NAMED = 5;

/** Names of the flows that listen for the event: one more than are named, at most. */
async function listening(sql: Query, { installationId, payload }: Job): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select flow.name from event
    join flow_trigger on flow_trigger.installation_id = event.installation_id
      and flow_trigger.event_type = event.event_type
      and (flow_trigger.custom_types is null or event.custom_type = any (flow_trigger.custom_types))
    join flow on flow.id = flow_trigger.flow_id and flow.installation_id = event.installation_id
    where event.installation_id = ${installationId} and event.id = ${Number(payload.event_id)}
    order by flow.id limit ${MAX_NAMED + 1}`;
  return rows.map(({ name }) => name);
}

/** What a person can look into of an event that keeps ending the process. */
function suspicion(names: string[]): string {
  if (names.length === 0) return "";
  const named = names.slice(0, MAX_NAMED).map((name) => JSON.stringify(name));
  if (names.length > MAX_NAMED) named.push("others");
  return `. Flows that listen for it: ${named.join(", ")}; switch off the one that is the cause before a replay`;
}
