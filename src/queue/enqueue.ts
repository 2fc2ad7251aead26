/**
 * Adds jobs to the queue: always inside the caller's transaction or statement, so that a job exists exactly when its
 * cause does.
 */

import type { Fragment, Query } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import type { JobKind } from "./queue.ts";

export interface Work {
  kind: JobKind;
  installationId: number;
  /** Part of what makes two jobs the same; default {}. */
  payload?: Record<string, unknown>;
  /** Default 0: at once. */
  delayMs?: number;
}

/**
 * Adds the job unless an equal one waits already; one that is being worked on does not count, since it may have read what
 * changed before. Two callers at the same moment may add two, which costs a repeat of work that is idempotent anyway.
 * After the commit the caller wakes the queue.
 */
export async function enqueueOnce(
  sql: Query,
  { kind, installationId, payload = {}, delayMs = 0 }: Work,
): Promise<void> {
  const json = jsonText(payload);
  const moved = await sql`
    update job set due_at = least(due_at, now() + ${delayMs}::float8 * interval '1 millisecond')
    where installation_id = ${installationId} and kind = ${kind} and payload = ${json}::text::jsonb
      and finished_at is null and state <> 'executing' returning id`;
  if (moved.length > 0) return;
  await sql`
    insert into job (kind, installation_id, payload, due_at)
    values (${kind}, ${installationId}, ${json}::text::jsonb, now() + ${delayMs}::float8 * interval '1 millisecond')`;
}

/**
 * Inserts a job that may be claimed at once for each row of `from`, but for those beside an equal one that is open, waiting or
 * in progress. `from` has the columns installation_id and kind. After the commit the caller wakes the queue.
 */
export function insertUnlessOpen(sql: Query, from: Fragment): Fragment {
  return sql`
        insert into job (installation_id, kind, payload)
        select wanted.installation_id, wanted.kind, '{}' from (select installation_id, kind from ${from}) wanted
        where not exists (select 1 from job open
          where open.installation_id = wanted.installation_id and open.kind = wanted.kind and open.finished_at is null
            and open.payload = '{}')`;
}

/**
 * Begins an insert of jobs that may be claimed at once, as the last part of a statement or one of its `with` parts: a select
 * of these six columns follows. A job with an order key waits for the older ones of its installation that have the same.
 */
export function insertJobs(sql: Query): Fragment {
  return sql`insert into job (kind, installation_id, generation, payload, traceparent, order_key)`;
}

/**
 * Inserts a job for each row of `from`, and returns id, run_id and state. One that is `claimed` is born executing, under
 * its maker's claim: the worker runs it next without another trip through the table, and if its process ends, so does the
 * lease. The others wait for their turn, and one with an order key is never claimed. `from` has the columns
 * installation_id, generation, order_key, traceparent, owner, lease_ms and claimed, and gives the order in which ids are
 * given.
 */
export function insertClaimedJobs(
  sql: Query,
  { kind, payload, from }: { kind: Fragment; payload: Fragment; from: Fragment },
): Fragment {
  return sql`
        insert into job (kind, installation_id, generation, payload, order_key, traceparent, state, fence, leased_by, due_at)
        select ${kind}, installation_id, generation, ${payload}, order_key, traceparent,
          case when claimed then 'executing' else 'available' end,
          claimed::int,
          case when claimed then owner end,
          case when claimed then now() + lease_ms * interval '1 millisecond' else now() end
        from ${from}
        returning id, run_id, state`;
}
