/** What people said of issues: one row for each that was muted or resolved. */

import type { Query, TransactionSql } from "../db/db.ts";
import type { Marks, Wish } from "./issue.ts";

interface Row {
  issue: string;
  muted_at: Date | null;
  muted_until: Date | null;
  resolved_at: Date | null;
  person: string;
}

/** By issue, with the time of the database. */
export async function readMarks(
  sql: Query,
  installationId: number,
): Promise<{ marks: Marks; now: Date }> {
  const [clock] = await sql<[{ now: Date }]>`select now() as now`;
  const rows = await sql<Row[]>`
    select issue, muted_at, muted_until, resolved_at, person from issue_mark where installation_id = ${installationId}`;
  const marks = new Map(rows.map(({ issue, muted_at, muted_until, resolved_at, person }) => [
    issue,
    { mutedAt: muted_at, mutedUntil: muted_until, resolvedAt: resolved_at, person },
  ]));
  return { marks, now: clock.now };
}

/**
 * What was said before counts no more; but an issue that was resolved once has its count from then on. Gives when it was
 * resolved last; null: it is not.
 */
export async function writeMark(
  sql: TransactionSql,
  { installationId, issue, wish, person }: { installationId: number; issue: string; wish: Wish; person: string },
): Promise<Date | null> {
  const isMuted = wish.state === "muted";
  const until = isMuted ? wish.until : null;
  const [row] = await sql<{ resolved_at: Date | null }[]>`
    insert into issue_mark as mark (installation_id, issue, muted_at, muted_until, resolved_at, person)
    values (${installationId}, ${issue}, case when ${isMuted} then now() end, ${until},
      case when ${wish.state === "resolved"} then date_trunc('milliseconds', now()) end, ${person})
    on conflict (installation_id, issue) do update set muted_at = excluded.muted_at, muted_until = excluded.muted_until,
      resolved_at = case ${wish.state} when 'resolved' then excluded.resolved_at when 'muted' then mark.resolved_at end,
      person = excluded.person, updated_at = now()
    returning resolved_at`;
  return row!.resolved_at;
}
