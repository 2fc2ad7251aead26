/**
 * What the record of a walk changes beside its run: the waits of its steps, and the step of another run that waits for its
 * end. Few records do; the batch of one that does has two statements more, in the same transaction.
 */

import type { Fragment, Query } from "../db/db.ts";
import type { JournalEntry } from "../engine/journal.ts";
import { jsonText } from "../base/json_text.ts";
import { lockJobsOfRuns } from "../queue/withdraw.ts";
import { cancelApprovals, changeApprovals, changesApprovals } from "./approval_records.ts";
import { answerParents } from "./signal.ts";
import { isWithin } from "./within.ts";

export type WaitingEntry = Pick<JournalEntry, "job" | "runId" | "waits" | "parent">;

/** True where the entry is more than a record of its own run. */
export function changesWaits({ waits, parent }: WaitingEntry): boolean {
  return waits !== undefined || parent !== undefined;
}

/**
 * Locks the jobs of all these runs, and of those that wait for their end, in one order, and gives those entries that are not
 * to be recorded, since a signal came for their run.
 */
export async function lockBeforeWaits<Entry extends WaitingEntry>(
  sql: Query,
  entries: readonly Entry[],
): Promise<Set<Entry>> {
  const runs = entries.flatMap(({ job: { installationId }, runId, parent }) =>
    [runId, ...parent ? [parent.runId] : []].map((id) => ({ installationId, runId: id }))
  );
  const wakes = new Map((await lockJobsOfRuns(sql, runs)).map((job) => [job.id, job.wakes]));
  return new Set(
    entries.filter(({ job, waits }) => waits?.unlessWoken && (wakes.get(job.id) ?? 0) > (job.wakes ?? 0)),
  );
}

/** Of entries that were recorded. */
export async function writeWaits(sql: Query, entries: readonly WaitingEntry[]): Promise<void> {
  const changed = entries.filter(({ waits }) => waits !== undefined);
  if (changed.length > 0) await changeWaits(sql, changed);
  const asking = changed.filter(changesApprovals);
  if (asking.length > 0) await changeApprovals(sql, asking);
  const cancelling = changed.filter(({ waits }) => waits!.cancelled?.length);
  if (cancelling.length > 0) await cancelSteps(sql, cancelling);
  const ended = entries.filter(({ parent }) => parent !== undefined);
  await answerParents(sql, ended.map(({ job: { installationId }, runId }) => ({ installationId, runId })));
}

async function changeWaits(sql: Query, entries: readonly WaitingEntry[]): Promise<void> {
  const input = jsonText(entries.map(({ job, runId, waits }) => ({
    installation_id: job.installationId,
    run_id: runId,
    begun: waits!.begun?.flatMap(({ path, on, until }) => on.map((key) => ({ path, until, ...key }))) ?? [],
    ended: waits!.ended ?? [],
    taken: waits!.taken ?? [],
  })));
  await sql`
    with input as materialized (
      select * from json_to_recordset(${input}::text::json) as t(
        installation_id bigint, run_id uuid, begun jsonb, ended jsonb, taken jsonb)
    ),
    ended as materialized (
      select installation_id, run_id, path from input, jsonb_array_elements_text(input.ended) path
    ),
    over as (
      delete from wait using ended
      where wait.installation_id = ended.installation_id and wait.run_id = ended.run_id
        and ${isWithin(sql, sql`wait.path`, sql`ended.path`)}
    ),
    -- With the wait goes what answered it.
    gone as (
      delete from signal using input
      where signal.installation_id = input.installation_id and signal.run_id = input.run_id
        and (input.taken @> to_jsonb(signal.id) or exists (
          select from ended where ended.run_id = signal.run_id
            and ${isWithin(sql, sql`signal.path`, sql`ended.path`)}))
    )
    insert into wait (installation_id, run_id, path, match_type, match_key, condition, expires_at)
    select input.installation_id, input.run_id, begun.path, begun.type, begun.key, begun.condition,
      to_timestamp(begun.until / 1000)
    from input, jsonb_to_recordset(input.begun) as begun(path text, type text, key text, condition jsonb, until float8)
    on conflict do nothing`;
}

async function cancelSteps(sql: Query, entries: readonly WaitingEntry[]): Promise<void> {
  const input = jsonText(
    entries.flatMap(({ job, runId, waits }) =>
      waits!.cancelled!.map((one) => ({ installation_id: job.installationId, run_id: runId, ...one }))
    ),
  );
  await sql`
    update step set state = 'cancelled', error_message = over.reason, finished_at = now(), due_at = null
    from json_to_recordset(${input}::text::json) as over(installation_id bigint, run_id uuid, path text, reason text)
    where step.installation_id = over.installation_id and step.run_id = over.run_id and step.state = 'running'
      and ${isWithin(sql, sql`step.path`, sql`over.path`)}`;
}

/**
 * Two parts of a statement that delete what is left of the waits of the runs whose ids the part `gone` has, and of what came
 * for them.
 */
export function deleteWaits(sql: Query, installationId: number): Fragment {
  return sql`
    waits as (delete from wait using gone where wait.run_id = gone.id and wait.installation_id = ${installationId}),
    signals as (delete from signal using gone where signal.run_id = gone.id and signal.installation_id = ${installationId})`;
}

/**
 * Of runs that ended without a walk: nothing ends their waits any more, who was asked is asked no more, and the steps that wait
 * for them are answered.
 */
export async function endWaitsOf(sql: Query, installationId: number, runIds: readonly string[]): Promise<void> {
  const ids = JSON.stringify(runIds.map((id) => ({ id })));
  await sql`
    with ended as materialized (select id from json_to_recordset(${ids}::text::json) as ended(id uuid)),
    approvals as (${cancelApprovals(sql, installationId)})
    delete from wait using ended where wait.installation_id = ${installationId} and wait.run_id = ended.id`;
  await answerParents(sql, runIds.map((runId) => ({ installationId, runId })));
}
