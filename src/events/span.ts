/** Which ids events of a time have: their order is that of reception, so a binary search along the primary key finds them. */

import type { TransactionSql } from "../db/db.ts";

/** Ids and times of reception may disagree by the length of a transaction: the exact times are compared besides. */
const CLOCK_SLACK_MS = 60_000;

export interface Span {
  /** First id that may match. */
  low: number;
  /** First id above those that may match. */
  high: number;
}

/** The ids between the times; where `q` is the id of an event, its own alone. */
export async function spanOf(
  sql: TransactionSql,
  installationId: number,
  { from, to, q }: { from?: Date; to?: Date; q?: string },
): Promise<Span> {
  if (q !== undefined && /^\d{1,15}$/.test(q)) {
    const id = Number(q);
    const found = await sql`select 1 from event where installation_id = ${installationId} and id = ${id}`;
    if (found.length > 0) return { low: id, high: id + 1 };
  }
  const [row] = await sql<{ high: number | null }[]>`
    select max(id) + 1 as high from event where installation_id = ${installationId}`;
  const high = row!.high ?? 0;
  return {
    low: from === undefined ? 0 : await firstIdSince(sql, installationId, new Date(from.getTime() - CLOCK_SLACK_MS)),
    high: to === undefined
      ? high
      : Math.min(high, await firstIdSince(sql, installationId, new Date(to.getTime() + CLOCK_SLACK_MS))),
  };
}

/** The first id received at or after `since`, one above the last where there is none: a binary search along the primary key. */
async function firstIdSince(sql: TransactionSql, installationId: number, since: Date): Promise<number> {
  const [row] = await sql<{ low: number | null }[]>`
    with recursive search(low, high) as (
      select min(id), max(id) + 1 from event where installation_id = ${installationId}
      union all
      select case when probe.received_at < ${since} then probe.id + 1 else low end,
        case when probe.received_at < ${since} then high else (low + high) / 2 end
      from search cross join lateral (
        select id, received_at from event
        where installation_id = ${installationId} and id >= (low + high) / 2 order by id limit 1
      ) probe
      where low < high
    )
    select max(low) as low from search`;
  return row!.low ?? 0;
}
