/** Deletes old changes of the journal, and those above what one installation may have. */

import type { TransactionSql } from "../db/db.ts";
import type { Page, PageRequest } from "./pages.ts";

/**
 * Changes that an installation keeps, the newest: 1,100 a day for 90 days, and some 100 MB where its objects have 1 kB each.
 * A sweep is an hour from the next, so one that writes all the time has at most an hour's writes more.
 */
export const MAX_CHANGES = 100_000;

/** The oldest first. Cursor: what stays began at this time, in microseconds since 1970. */
export async function changePage(sql: TransactionSql, request: PageRequest, max = MAX_CHANGES): Promise<Page> {
  const { installationId, limit, cursor } = request;
  const keptFrom = Number(cursor?.[0] ?? await firstKept(sql, request, max));
  const [row] = await sql<{ gone: number }[]>`
    with gone as (
      delete from change where installation_id = ${installationId} and id = any (array(
        select id from change where installation_id = ${installationId}
          and created_at < to_timestamp(0) + ${keptFrom}::bigint * interval '1 microsecond'
        order by created_at, id limit ${limit}))
      returning 1
    )
    select count(*)::int as gone from gone`;
  const { gone } = row!;
  return { deleted: { change: gone }, next: gone === limit ? [keptFrom] : undefined };
}

async function firstKept(
  sql: TransactionSql,
  { installationId, days }: PageRequest,
  max: number,
): Promise<number> {
  const [row] = await sql<{ micros: number }[]>`
    select (extract(epoch from greatest(now() - ${days}::int * interval '1 day', (
      select created_at from change where installation_id = ${installationId}
      order by created_at desc, id desc offset ${max - 1} limit 1))) * 1000000)::bigint as micros`;
  return row!.micros;
}
