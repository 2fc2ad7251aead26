/** One row of a list of events: what is stored of it, the beginning of its body, and its outcome. */

import type { TransactionSql } from "../db/db.ts";

/** "waiting": its flows were not evaluated yet. */
export type EventOutcome = "waiting" | "dispatched" | "skipped" | "dead";

export type FoundBy = "delivery_log" | "entity_feed";

export interface RunCounts {
  total: number;
  /** Pending, running or waiting. */
  active: number;
  completed: number;
  failed: number;
}

export interface EventRow {
  id: number;
  workspaceId: string;
  eventType: string;
  /** Name of the custom source; null for Clockify's own events. */
  customSource: string | null;
  /** The type that the sender of a custom event named. */
  customType: string | null;
  /** Content type of its body; null where its delivery had none, or was not by another system. */
  contentType: string | null;
  /** No delivery of it was received: where it was found instead. Null: it was delivered, or polled. */
  foundBy: FoundBy | null;
  /** `resource:id`, or null where the event names none. */
  entity: string | null;
  receivedAt: Date;
  outcome: EventOutcome;
  reason: string | null;
  /** Bytes of the body. */
  payloadSize: number;
  /** The bytes as they came; null above MAX_READ_BYTES, and where the page has MAX_PAGE_BYTES before it. */
  smallBody: Uint8Array | null;
  runCounts: RunCounts;
  /** From its reception to the end of its last run, or of its own handling when it has none; null while something is open. */
  tookMs: number | null;
  /** Repeats that were dropped, of the newest event of its entity and type; else 0. */
  duplicates: number;
}

/** Bodies above this are not read for the subjects of a list. */
export const MAX_READ_BYTES = 65_536;
/** Bytes of the bodies of one page together, so that a page of large ones is no more work than others: 100 of 20 kB. */
const MAX_PAGE_BYTES = 2_000_000;

interface StoredRow {
  id: number;
  workspace_id: string;
  event_type: string;
  custom_source: string | null;
  custom_type: string | null;
  content_type: string | null;
  found_by: FoundBy | null;
  entity_key: string;
  received_at: Date;
  finished_at: Date | null;
  outcome: EventOutcome | null;
  reason: string | null;
  payload_size: number;
  small_body: Uint8Array | null;
  total: number;
  active: number;
  completed: number;
  failed: number;
  last_finished_at: Date | null;
  duplicates: number;
}

/** The rows of these events, newest first; those of other installations and unknown ones are left out. */
export async function readRows(
  sql: TransactionSql,
  installationId: number,
  ids: readonly number[],
): Promise<EventRow[]> {
  if (ids.length === 0) return [];
  const rows = await sql<StoredRow[]>`
    select event.id, event.workspace_id, event_type, custom_source, custom_type,
      case when custom_source is not null then headers->>'content-type' end as content_type, found_by, event.entity_key, event.received_at,
      event.finished_at, outcome, reason, octet_length(body) as payload_size,
      case when octet_length(body) <= ${MAX_READ_BYTES}
        and sum(least(octet_length(body), ${MAX_READ_BYTES})) over (order by event.id desc) <= ${MAX_PAGE_BYTES}
        then body end as small_body, runs.*,
      coalesce((
        select repeats from entity_head as head
        where head.installation_id = ${installationId} and head.event_id = event.id
          and head.entity_key = event.entity_key || ' ' || event.event_type
      ), 0) as duplicates
    from json_to_recordset(${idsJson(ids)}::text::json) as wanted(id bigint)
    join event on event.installation_id = ${installationId} and event.id = wanted.id
    cross join lateral (
      select count(*)::int as total, count(*) filter (where state in ('pending', 'running', 'waiting'))::int as active,
        count(*) filter (where state = 'completed')::int as completed,
        count(*) filter (where state = 'failed')::int as failed, max(run.finished_at) filter (where replay = 0) as last_finished_at
      from run where run.event_id = event.id and run.installation_id = ${installationId}
    ) runs
    order by event.id desc`;
  return rows.map(toRow);
}

/**
 * Ids as JSON that a record set reads as bigint: row-level security keeps a comparison with a cast of text, which may
 * fail, away from the index.
 */
export function idsJson(ids: readonly number[]): string {
  return JSON.stringify(ids.map((id) => ({ id })));
}

function toRow(row: StoredRow): EventRow {
  const { total, active, completed, failed } = row;
  const endedAt = active > 0 ? null : row.last_finished_at ?? row.finished_at;
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    eventType: row.event_type,
    customSource: row.custom_source,
    customType: row.custom_type,
    contentType: row.content_type,
    foundBy: row.found_by,
    entity: row.entity_key.startsWith("body:") ? null : row.entity_key,
    receivedAt: row.received_at,
    outcome: row.outcome ?? "waiting",
    reason: row.reason,
    payloadSize: row.payload_size,
    smallBody: row.small_body,
    runCounts: { total, active, completed, failed },
    tookMs: endedAt && Math.max(0, endedAt.getTime() - row.received_at.getTime()),
    duplicates: row.duplicates,
  };
}
