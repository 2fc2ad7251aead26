/** Received events as people look for them: pages of the newest first, and one with its body and runs. */

import type { Database, TransactionSql } from "../db/db.ts";
import { AppError } from "../errors.ts";

export type EventSource = "CLOCKIFY" | "CUSTOM";
/** "waiting": its flows were not evaluated yet. */
export type EventOutcome = "waiting" | "dispatched" | "skipped" | "dead";

export interface EventSummary {
  id: number;
  workspaceId: string;
  eventType: string;
  /** Name of the custom source; null for Clockify's own events. */
  customSource: string | null;
  /** The type that the sender of a custom event named. */
  customType: string | null;
  /** `resource:id`, or null where the event names none. */
  entity: string | null;
  receivedAt: Date;
  outcome: EventOutcome;
  reason: string | null;
  /** Bytes of the body. */
  payloadSize: number;
}

export interface EventRecord extends EventSummary {
  requestId: string;
  finishedAt: Date | null;
  /** Redacted before they were stored. */
  headers: Record<string, string>;
  /** The bytes as they came. */
  body: Uint8Array;
  runs: { runId: string; flowId: number; state: string }[];
}

export interface EventFilter {
  eventType?: string;
  source?: EventSource;
  outcome?: EventOutcome;
  from?: Date;
  to?: Date;
  /** An event's id, or the id of an entity with or without its `resource:`. */
  q?: string;
}

export interface EventPage {
  events: EventSummary[];
  /** Matches among the first MAX_LOOKED_THROUGH events. Null on a page that was asked for by cursor: the first page told it. */
  total: number | null;
  /** True when there are no further events to look through. */
  totalIsExact: boolean;
  hasMore: boolean;
  /** Give it as `beforeId` for what follows; a page may be short, even empty, and have one. */
  nextCursor: number | null;
}

export interface EventStore {
  list(
    installationId: number,
    filter: EventFilter,
    page: { limit: number; offset: number; beforeId?: number },
  ): Promise<EventPage>;
  find(installationId: number, eventId: number): Promise<EventRecord | undefined>;
}

/**
 * Events that one request looks through and counts. They are read newest first along the primary key, 4 ms for so many: a
 * common type fills its page at once, a rare one over several requests. An index by type would cost every delivery instead.
 */
export const MAX_LOOKED_THROUGH = 10_000;

/** Ids and times of reception may disagree by the length of a transaction: the exact times are compared besides. */
const CLOCK_SLACK_MS = 60_000;

interface Span {
  /** First id that may match. */
  low: number;
  /** First id above those that may match. */
  high: number;
}

interface SummaryRow {
  id: number;
  workspace_id: string;
  event_type: string;
  custom_source: string | null;
  custom_type: string | null;
  entity_key: string;
  received_at: Date;
  outcome: EventOutcome | null;
  reason: string | null;
  payload_size: number;
}

interface RecordRow extends SummaryRow {
  request_id: string;
  finished_at: Date | null;
  headers: Record<string, string>;
  body: Uint8Array;
  runs: EventRecord["runs"];
}

export function createEventStore(db: Database): EventStore {
  return {
    list: (installationId, filter, { limit, offset, beforeId }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const span = await spanOf(sql, installationId, filter);
        const { ids, total, looked, last } = await look(sql, {
          installationId,
          filter,
          span: { ...span, high: Math.min(span.high, beforeId ?? span.high) },
          limit,
          offset,
        });
        const complete = looked < MAX_LOOKED_THROUGH;
        const shown = ids.slice(0, limit);
        const nextCursor = ids.length > limit ? shown.at(-1)! : complete ? null : last;
        return {
          events: await readSummaries(sql, installationId, shown),
          total: beforeId === undefined ? total : null,
          totalIsExact: beforeId === undefined && complete,
          hasMore: nextCursor !== null,
          nextCursor,
        };
      }),
    find: (installationId, eventId) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const [row] = await sql<RecordRow[]>`
          select ${summaryColumns(sql)}, request_id, finished_at, headers, body,
            coalesce((
              select json_agg(json_build_object('runId', run.id, 'flowId', run.flow_id, 'state', run.state)
                order by run.flow_id, run.replay)
              from run where run.event_id = event.id and run.installation_id = ${installationId}), '[]') as runs
          from event where installation_id = ${installationId} and id = ${eventId}`;
        return row && {
          ...toSummary(row),
          requestId: row.request_id,
          finishedAt: row.finished_at,
          headers: row.headers,
          body: row.body,
          runs: row.runs,
        };
      }),
  };
}

/** NOT_FOUND, also for an event of another workspace. */
export function eventUnknown(id: number | string): AppError {
  return new AppError("NOT_FOUND", `Cannot find webhook "${id}" in this workspace`);
}

/** The ids between the times of the filter; the id of an event needs no more than itself. */
async function spanOf(sql: TransactionSql, installationId: number, { from, to, q }: EventFilter): Promise<Span> {
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

interface Look {
  /** Of the page, and one more where there is one. */
  ids: number[];
  /** Matches among those looked through. */
  total: number;
  looked: number;
  /** Where looking stopped. */
  last: number;
}

/** Reads the events of the span once, newest first, and keeps what matches. */
async function look(
  sql: TransactionSql,
  { installationId, filter, span, limit, offset }: {
    installationId: number;
    filter: EventFilter;
    span: Span;
    limit: number;
    offset: number;
  },
): Promise<Look> {
  const [row] = await sql<Look[]>`
    with look as materialized (
      select id, event_type, custom_source, entity_key, received_at, outcome from event
      where installation_id = ${installationId} and id >= ${span.low} and id < ${span.high}
      order by id desc limit ${MAX_LOOKED_THROUGH}
    ),
    found as materialized (
      select id from look where ${matches(sql, filter)}
    )
    select (select count(*)::int from look) as looked, (select min(id) from look) as last,
      (select count(*)::int from found) as total,
      (select coalesce(json_agg(id order by id desc), '[]')
        from (select id from found order by id desc limit ${limit + 1} offset ${offset}) page) as ids`;
  return row!;
}

async function readSummaries(sql: TransactionSql, installationId: number, ids: number[]): Promise<EventSummary[]> {
  // Read as bigint: row-level security keeps a comparison with a cast of text, which may fail, away from the index.
  const wanted = JSON.stringify(ids.map((id) => ({ id })));
  const rows = await sql<SummaryRow[]>`
    select ${summaryColumns(sql)} from json_to_recordset(${wanted}::text::json) as wanted(id bigint)
    join event on event.installation_id = ${installationId} and event.id = wanted.id
    order by event.id desc`;
  return rows.map(toSummary);
}

function matches(sql: TransactionSql, { eventType, source, outcome, from, to, q }: EventFilter) {
  return sql`true
    ${eventType === undefined ? sql`` : sql`and event_type = ${eventType}`}
    ${
    source === undefined
      ? sql``
      : source === "CUSTOM"
      ? sql`and custom_source is not null`
      : sql`and custom_source is null`
  }
    ${outcome === undefined ? sql`` : outcome === "waiting" ? sql`and outcome is null` : sql`and outcome = ${outcome}`}
    ${from === undefined ? sql`` : sql`and received_at >= ${from}`}
    ${to === undefined ? sql`` : sql`and received_at < ${to}`}
    ${
    q === undefined
      ? sql``
      : sql`and (id::text = ${q} or entity_key = ${q} or right(entity_key, ${q.length + 1}) = ${`:${q}`})`
  }`;
}

function summaryColumns(sql: TransactionSql) {
  return sql`event.id, event.workspace_id, event_type, custom_source, custom_type, entity_key, received_at, outcome, reason,
    octet_length(body) as payload_size`;
}

function toSummary(row: SummaryRow): EventSummary {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    eventType: row.event_type,
    customSource: row.custom_source,
    customType: row.custom_type,
    entity: row.entity_key.startsWith("body:") ? null : row.entity_key,
    receivedAt: row.received_at,
    outcome: row.outcome ?? "waiting",
    reason: row.reason,
    payloadSize: row.payload_size,
  };
}
