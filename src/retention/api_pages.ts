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

/** Newest versions of a workflow that stay whatever their age. */
export const KEPT_VERSIONS = 50;

/** Versions of workflows that are old, not current, not among the newest, and that no run has. */
export async function versionPage(sql: TransactionSql, { installationId, days, limit }: PageRequest): Promise<Page> {
  const gone = await sql`
    delete from workflow_version
    where installation_id = ${installationId} and (workflow_id, version) in (
        select version.workflow_id, version.version from workflow_version version
        join workflow current on current.id = version.workflow_id
        where version.installation_id = ${installationId} and version.version <= current.version - ${KEPT_VERSIONS}
          and version.created_at < now() - ${days}::int * interval '1 day'
          and not exists (select 1 from workflow_run where workflow_run.workflow_id = version.workflow_id
            and workflow_run.version = version.version)
        limit ${limit})
    returning 1`;
  return { deleted: { workflow_version: gone.length }, next: gone.length === limit ? [] : undefined };
}

/** Agents that were deleted: what their steps were sent and gave stays with the runs. */
export async function agentPage(sql: TransactionSql, { installationId, days, limit }: PageRequest): Promise<Page> {
  const gone = await sql`
    delete from agent where installation_id = ${installationId} and id in (
      select id from agent where installation_id = ${installationId} and status = 'deleted'
        and updated_at < now() - ${days}::int * interval '1 day' limit ${limit})
    returning 1`;
  return { deleted: { agent: gone.length }, next: gone.length === limit ? [] : undefined };
}

/** Sessions of the consoles that are over. */
export async function sessionPage(sql: TransactionSql, { installationId, limit }: PageRequest): Promise<Page> {
  const gone = await sql`
    delete from api_session where installation_id = ${installationId} and id in (
      select id from api_session where installation_id = ${installationId} and expires_at < now() limit ${limit})
    returning 1`;
  return { deleted: { api_session: gone.length }, next: gone.length === limit ? [] : undefined };
}

/** Revoked tokens that would not be taken any more. */
export async function revokedTokenPage(sql: TransactionSql, { installationId, limit }: PageRequest): Promise<Page> {
  const gone = await sql`
    delete from api_token_revoked where ctid = any (array(
      select ctid from api_token_revoked where installation_id = ${installationId} and expires_at < now() limit ${limit}
    )) and installation_id = ${installationId} returning 1`;
  return { deleted: { api_token_revoked: gone.length }, next: gone.length === limit ? [] : undefined };
}
