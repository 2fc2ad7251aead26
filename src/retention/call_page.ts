/** Deletes old records of requests to Clockify, and those above what one installation may have. */

import { lowestUuid7 } from "../base/uuid7.ts";
import type { TransactionSql } from "../db/db.ts";
import type { Page, PageRequest } from "./pages.ts";

/**
 * Records that an installation keeps, the newest: some 50 MB with their indexes, and 3,300 requests a day for 30 days. A sweep
 * is an hour from the next, so one that calls all the time has at most an hour's requests more, which its rate budget bounds.
 */
export const MAX_CALLS = 100_000;

/** The oldest first, by id, which is of the time of the request. Cursor: what stays begins with this id. */
export async function callPage(sql: TransactionSql, request: PageRequest, max = MAX_CALLS): Promise<Page> {
  const { installationId, limit, cursor } = request;
  const keptFrom = cursor?.[0] ?? await firstKept(sql, request, max);
  const [row] = await sql<{ gone: number }[]>`
    with gone as (
      delete from clockify_call where installation_id = ${installationId} and id = any (array(
        select id from clockify_call where installation_id = ${installationId} and id < ${String(keptFrom)}::text::uuid
        order by id limit ${limit}))
      returning 1
    )
    select count(*)::int as gone from gone`;
  const { gone } = row!;
  return { deleted: { clockify_call: gone }, next: gone === limit ? [keptFrom] : undefined };
}

async function firstKept(
  sql: TransactionSql,
  { installationId, days }: PageRequest,
  max: number,
): Promise<string> {
  const [row] = await sql<{ cutoff: number; oldest: string | null }[]>`
    select (extract(epoch from now() - ${days}::int * interval '1 day') * 1000)::float8 as cutoff, (
      select id from clockify_call where installation_id = ${installationId}
      order by id desc offset ${max - 1} limit 1) as oldest`;
  const { cutoff, oldest } = row!;
  const young = lowestUuid7(cutoff);
  return oldest !== null && oldest > young ? oldest : young;
}
