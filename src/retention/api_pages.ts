/** What retention deletes of the Workflow Management API beside its runs. */

import type { TransactionSql } from "../db/db.ts";
import type { Page, PageRequest } from "./pages.ts";

/**
 * Rows of the chained audit from its old end, up to the first that is young: whoever wrote it, none in the middle is taken out. The
 * newest row stays whatever its age, for the next one goes on from its number and hash.
 */
export async function chainPage(sql: TransactionSql, { installationId, days, limit }: PageRequest): Promise<Page> {
  const [row] = await sql<{ gone: number }[]>`
    with page as materialized (
      select number, at < now() - ${days}::int * interval '1 day' as old from api_audit
      where installation_id = ${installationId} order by number limit ${limit}::int + 1
    ),
    gone as (
      delete from api_audit where installation_id = ${installationId}
        and number < (select coalesce(min(number) filter (where not old), max(number)) from page) returning 1
    )
    select count(*)::int as gone from gone`;
  const { gone } = row!;
  return { deleted: { api_audit: gone }, next: gone === limit ? [] : undefined };
}

/** Revoked tokens that would not be taken any more. */
export async function revokedTokenPage(sql: TransactionSql, { installationId, limit }: PageRequest): Promise<Page> {
  const gone = await sql`
    delete from api_token_revoked where ctid = any (array(
      select ctid from api_token_revoked where installation_id = ${installationId} and expires_at < now() limit ${limit}
    )) and installation_id = ${installationId} returning 1`;
  return { deleted: { api_token_revoked: gone.length }, next: gone.length === limit ? [] : undefined };
}
