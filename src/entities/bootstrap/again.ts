/** The SQL of reading one list again within the newest read: what failed or was cut of it, or else all of it. */

import type { Fragment, TransactionSql } from "../../db/db.ts";
import { jsonText } from "../../base/json_text.ts";
import { enqueueOnce } from "../../queue/enqueue.ts";
import { hasOpenJob } from "../../queue/open_jobs.ts";
import type { Job } from "../../queue/queue.ts";

/** `unknown`: the newest read has no such list, or nothing was read yet. `started` false: one waits or is in progress. */
export type TriggeredList = { kind: "unknown" } | { kind: "known"; started: boolean };

/** One request at a time: the rows that say so may not exist yet. */
export function oneRequest(sql: TransactionSql, installationId: number): Promise<unknown> {
  return sql`select pg_advisory_xact_lock(hashtextextended(${`bootstrap ${installationId}`}, 0))`;
}

export async function requestList(
  sql: TransactionSql,
  { id, entityType }: { id: number; entityType: string },
): Promise<TriggeredList> {
  await oneRequest(sql, id);
  const [state] = await sql<{ known: boolean; open: boolean }[]>`
    select status in ('COMPLETE', 'FAILED', 'IN_PROGRESS') and lists ? ${entityType} as known,
      ${hasOpenJob(sql, { installationId: id, kind: "bootstrap" })} as open
    from bootstrap_state where installation_id = ${id}`;
  if (!state?.known) return { kind: "unknown" };
  if (state.open) return { kind: "known", started: false };
  await enqueueOnce(sql, { kind: "bootstrap", installationId: id, payload: { reason: "list", list: entityType } });
  return { kind: "known", started: true };
}

/**
 * The read is in progress again, under this job. Entities of the places that are opened count as those of the read before:
 * what the list does not show any more asks for a second pass, and then goes.
 */
export async function reopenList(
  sql: TransactionSql,
  { job, entityType, below }: { job: Job; entityType: string; below: string[] },
): Promise<boolean> {
  const { installationId } = job;
  const [state] = await sql<{ read_number: number }[]>`
    update bootstrap_state set status = 'IN_PROGRESS', job_id = ${job.id}, last_error = null, finished_at = null,
      requested_at = now(), updated_at = now()
    where installation_id = ${installationId} and lists ? ${entityType} and started_at is not null
    returning read_number`;
  if (!state) return false;
  const readNumber = state.read_number;
  // The end of the list opens those again.
  await sql`
    delete from bootstrap_read where installation_id = ${installationId} and read_number = ${readNumber}
      and entity_type in (select json_array_elements_text(${jsonText(below)}::text::json))`;
  await sql`
    with opened as (
      update bootstrap_read place set status = 'pending', next_page = 1, pass = 1, pages = 0, tries = 0, error = null,
        updated_at = now()
      where installation_id = ${installationId} and entity_type = ${entityType} and read_number = ${readNumber}
        and (status in ('failed', 'truncated') or not exists (
          select 1 from bootstrap_read faulty where faulty.installation_id = ${installationId}
            and faulty.entity_type = ${entityType} and faulty.read_number = ${readNumber}
            and faulty.status in ('failed', 'truncated')))
      returning parent_id
    )
    update entity_cache set read_number = ${readNumber - 1} from opened
    where entity_cache.installation_id = ${installationId} and entity_cache.entity_type = ${entityType}
      and entity_cache.parent_id = opened.parent_id and entity_cache.read_number = ${readNumber}`;
  await sql`
    update entity_cache set read_number = ${readNumber - 1}
    where installation_id = ${installationId} and read_number = ${readNumber}
      and entity_type in (select json_array_elements_text(${jsonText(below)}::text::json))`;
  return true;
}

/** SQL expression: pages that each list had in the newest read, by entity type. */
export function pagesBefore(sql: TransactionSql, installationId: number): Fragment {
  return sql`(select coalesce(jsonb_object_agg(entity_type, pages), '{}') from (
    select entity_type, sum(pages) as pages from bootstrap_read where installation_id = ${installationId}
    group by entity_type having sum(pages) > 0) read)`;
}
