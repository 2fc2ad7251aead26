/**
 * What the record of a walk changes of approvals: who is asked, who is reminded, and what ended without an answer. Part of the
 * record that begins or ends their wait, so that none is open without a wait, nor a wait without one.
 */

import type { Fragment, Query } from "../db/db.ts";
import type { JournalEntry } from "../engine/journal.ts";
import { jsonText } from "../base/json_text.ts";
import { isWithin } from "./within.ts";

type AskingEntry = Pick<JournalEntry, "job" | "runId" | "waits">;

/** True where there may be an approval in it: another wait has none, and its record no statement for them. */
export function changesApprovals({ waits }: AskingEntry): boolean {
  const { begun = [], ended = [], reminded = [] } = waits!;
  return ended.length > 0 || reminded.length > 0 || begun.some(({ approval }) => approval);
}

/**
 * Of entries that were recorded. An open approval whose wait is over was answered by no one: it has expired, or its run went on
 * without it. One that a person decided stays as it is (approvals/decide.ts).
 */
export async function changeApprovals(sql: Query, entries: readonly AskingEntry[]): Promise<void> {
  const input = jsonText(entries.map(({ job, runId, waits }) => ({
    installation_id: job.installationId,
    run_id: runId,
    asked: waits!.begun?.flatMap(({ path, until, approval }) => approval ? { ...approval, path, until } : []) ?? [],
    ended: waits!.ended ?? [],
    expired: waits!.expired ?? [],
    reminded: waits!.reminded ?? [],
  })));
  await sql`
    with input as materialized (
      select * from json_to_recordset(${input}::text::json) as t(
        installation_id bigint, run_id uuid, asked jsonb, ended jsonb, expired jsonb, reminded jsonb)
    ),
    touched as materialized (
      select approval.id, input.installation_id, exists (
          select from jsonb_array_elements_text(input.ended) over (path)
          where ${isWithin(sql, sql`approval.path`, sql`over.path`)}) as ended,
        input.expired @> to_jsonb(approval.path) as expired, input.reminded @> to_jsonb(approval.path) as reminded
      from input join approval on approval.installation_id = input.installation_id and approval.run_id = input.run_id
        and approval.state = 'open'
    ),
    changed as (
      update approval set
        state = case when not touched.ended then 'open' when touched.expired then 'expired' else 'cancelled' end,
        decided_at = case when touched.ended then now() end,
        reminded_at = case when touched.reminded then coalesce(reminded_at, now()) else reminded_at end,
        changed_at = now()
      from touched
      where approval.installation_id = touched.installation_id and approval.id = touched.id
        and (touched.ended or touched.reminded)
    )
    insert into approval (id, installation_id, run_id, path, people, roles, note, expires_at)
    select asked.id, input.installation_id, input.run_id, asked.path,
      array(select jsonb_array_elements_text(asked.people)), array(select jsonb_array_elements_text(asked.roles)),
      asked.note, to_timestamp(asked.until / 1000)
    from input, jsonb_to_recordset(input.asked) as asked(
      id uuid, path text, people jsonb, roles jsonb, note text, until float8)
    on conflict do nothing`;
}

/** The part of a statement that cancels the open approvals of the runs whose ids the part `ended` has. */
export function cancelApprovals(sql: Query, installationId: number): Fragment {
  return sql`
      update approval set state = 'cancelled', decided_at = now(), changed_at = now() from ended
      where approval.installation_id = ${installationId} and approval.run_id = ended.id and approval.state = 'open'`;
}
