/** Received events as people look for them: pages of the newest first, and one with its body and runs. */

import type { Fragment, Query, TransactionSql } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import type { RunState } from "../engine/journal.ts";
import { openJobOfRun } from "../queue/open_jobs.ts";
import { type BodySearchParts, type Candidates, MAX_SEARCHED_BODIES, searchBodies } from "./body_search.ts";
import type { BodySearch } from "./body_terms.ts";
import { type Span, spanOf } from "./span.ts";
import { type EventOutcome, type EventRow, idsJson, readRows } from "./rows.ts";

export type EventSource = "CLOCKIFY" | "CUSTOM";

export interface EventRecord extends EventRow {
  requestId: string;
  finishedAt: Date | null;
  /** Redacted before they were stored. */
  headers: Record<string, string>;
  /** The query of its address, redacted; null where there was none. */
  query: Record<string, string | string[]> | null;
  /** The bytes as they came; null where there are more of them than were asked for. */
  body: Uint8Array | null;
  /** How the custom source proves its senders now; null for Clockify's own events, and when the source is unknown. */
  customScheme: string | null;
  /** When the first and the last of its duplicates came; null where there is none, and where no time was stored of them. */
  firstDuplicateAt: Date | null;
  lastDuplicateAt: Date | null;
  /** The newest MAX_RUNS, by flow and replay. */
  runs: EventRun[];
}

export interface EventRun {
  runId: string;
  flowId: number;
  flowName: string;
  flowVersion: number;
  state: RunState;
  replay: number;
  /** Times as RFC 3339 text. */
  createdAt: string;
  finishedAt: string | null;
  /** Why its job waits, as it was said; null where it does not. */
  waitingReason: string | null;
  /** When it then continues. */
  nextAttemptAt: string | null;
}

/** What of an event's row a list is narrowed to. */
export interface EventRowFilter {
  eventType?: string;
  source?: EventSource;
  /** "failed": at least one of its runs is. */
  outcome?: EventOutcome | "failed";
  /** Missed events that were found again, or all others. */
  reconciled?: boolean;
  /** Events whose row counts duplicates (EventRow), or all others. */
  duplicates?: boolean;
  from?: Date;
  to?: Date;
  /** An event's id, or the id of an entity with or without its `resource:`. */
  q?: string;
}

export interface EventFilter extends EventRowFilter {
  /** Further filters of the row, all of which must hold, or with `not` must not. */
  rows?: readonly { not: boolean; filter: EventRowFilter }[];
  /** With it one request looks into so many bodies as body_search.ts allows, and counts nothing. */
  bodies?: BodySearch;
}

export interface EventPage {
  events: EventRow[];
  /**
   * Matches among the first MAX_LOOKED_THROUGH events. Null on a page that was asked for by cursor (the first page has
   * it), and with a search of bodies.
   */
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
  find(
    installationId: number,
    eventId: number,
    options: { maxBytes: number },
  ): Promise<EventRecord | undefined>;
  /** Bytes of its body; undefined for an event that is not there. */
  size(installationId: number, eventId: number): Promise<number | undefined>;
  /** Headers and whole bodies of these events, by id. */
  contents(installationId: number, ids: readonly number[]): Promise<Map<number, EventContent>>;
}

export type EventContent = Pick<EventRecord, "headers" | "query"> & { body: Uint8Array };

/**
 * Events that one request looks through and counts. They are read newest first along the primary key, 4 ms for so many: a
 * common type fills its page at once, a rare one over several requests. An index by type would cost every delivery instead.
 */
export const MAX_LOOKED_THROUGH = 10_000;
/** Each replay of an event adds runs to it: the list of runs (runs/list.ts) has more than these. */
const MAX_RUNS = 500;

export function createEventStore(parts: BodySearchParts): EventStore {
  const { db, clock } = parts;
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    list: async (installationId, filter, { limit, offset, beforeId }) => {
      const startedMs = clock.monotonicMs();
      const { bodies } = filter;
      const lookThrough = async (sql: TransactionSql) => {
        const span = await spanOf(sql, installationId, spanFilter(filter));
        return await look(sql, {
          installationId,
          filter,
          span: { ...span, high: Math.min(span.high, beforeId ?? span.high) },
          limit: bodies ? MAX_SEARCHED_BODIES : limit,
          offset: bodies ? 0 : offset,
        });
      };
      const pageOf = async (sql: TransactionSql, { ids, next }: Candidates) => {
        const shown = ids.slice(0, limit);
        const nextCursor = ids.length > limit ? shown.at(-1)! : next;
        return { events: await readRows(sql, installationId, shown), hasMore: nextCursor !== null, nextCursor };
      };
      if (bodies) {
        const { ids, looked, last } = await within(installationId, lookThrough);
        const candidates: Candidates = {
          ids: ids.slice(0, MAX_SEARCHED_BODIES),
          next: ids.length > MAX_SEARCHED_BODIES
            ? ids[MAX_SEARCHED_BODIES - 1]!
            : looked < MAX_LOOKED_THROUGH
            ? null
            : last,
        };
        const fitting = await searchBodies(parts, installationId, { candidates, search: bodies, limit, startedMs });
        const page = await within(installationId, (sql) => pageOf(sql, fitting));
        return { ...page, total: null, totalIsExact: false };
      }
      return await within(installationId, async (sql) => {
        const { ids, total, looked, last } = await lookThrough(sql);
        const complete = looked < MAX_LOOKED_THROUGH;
        const counted = beforeId === undefined;
        return {
          ...await pageOf(sql, { ids, next: complete ? null : last }),
          total: counted ? total : null,
          totalIsExact: counted && complete,
        };
      });
    },
    find: (installationId, eventId, { maxBytes }) =>
      within(installationId, async (sql) => {
        const [row] = await readRows(sql, installationId, [eventId]);
        if (!row) return undefined;
        const [rest] = await sql<
          {
            request_id: string;
            finished_at: Date | null;
            headers: Record<string, string>;
            query: Record<string, string | string[]> | null;
            body: Uint8Array | null;
            custom_scheme: string | null;
            first_repeat_at: Date | null;
            last_repeat_at: Date | null;
            runs: EventRun[];
          }[]
        >`
          select request_id, finished_at, headers, query, first_repeat_at, last_repeat_at,
            case when octet_length(body) <= ${maxBytes}::bigint then body end as body,
            (select scheme from custom_source as source
             where source.installation_id = ${installationId} and source.name = event.custom_source
             order by source.deleted_at is null desc, source.id desc limit 1) as custom_scheme,
            coalesce((
              select json_agg(json_build_object('runId', run.id, 'flowId', run.flow_id,
                'flowName', coalesce(flow.name, 'Deleted flow'), 'flowVersion', run.flow_version, 'state', run.state,
                'replay', run.replay, 'createdAt', run.created_at, 'finishedAt', run.finished_at,
                'waitingReason', case when open.state in ('scheduled', 'retryable') then open.reason end,
                'nextAttemptAt', case when open.state in ('scheduled', 'retryable') then open.due_at end)
                order by run.flow_id, run.replay)
              from (
                select * from run where run.event_id = event.id and run.installation_id = ${installationId}
                order by created_at desc, id desc limit ${MAX_RUNS}
              ) run
              left join flow on flow.id = run.flow_id and flow.installation_id = ${installationId}
              left join lateral (${openJobOfRun(sql)}) open on true), '[]') as runs
          from event
          left join lateral (
            select first_repeat_at, last_repeat_at from entity_head as head
            where head.installation_id = ${installationId} and head.event_id = event.id and head.repeats > 0
              and head.entity_key = event.entity_key || ' ' || event.event_type
          ) head on true
          where event.installation_id = ${installationId} and event.id = ${eventId}`;
        return rest && {
          ...row,
          requestId: rest.request_id,
          finishedAt: rest.finished_at,
          headers: rest.headers,
          query: rest.query,
          body: rest.body,
          customScheme: rest.custom_scheme,
          firstDuplicateAt: rest.first_repeat_at,
          lastDuplicateAt: rest.last_repeat_at,
          runs: rest.runs,
        };
      }),
    size: (installationId, eventId) =>
      within(installationId, async (sql) => {
        const [row] = await sql<{ bytes: number }[]>`
          select octet_length(body) as bytes from event where installation_id = ${installationId} and id = ${eventId}`;
        return row?.bytes;
      }),
    contents: (installationId, ids) =>
      within(installationId, async (sql) => {
        const rows = await sql<(EventContent & { id: number })[]>`
          select event.id, headers, query, body from json_to_recordset(${idsJson(ids)}::text::json) as wanted(id bigint)
          join event on event.installation_id = ${installationId} and event.id = wanted.id`;
        return new Map(rows.map(({ id, headers, query, body }) => [id, { headers, query, body }]));
      }),
  };
}

/** NOT_FOUND, also for an event of another workspace. */
export function eventUnknown(id: number | string): AppError {
  return new AppError("NOT_FOUND", `Cannot find webhook "${id}" in this workspace`);
}

interface Look {
  /** Ids of the page, and one more where there is one. */
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
      select id, installation_id, event_type, custom_source, entity_key, received_at, outcome, found_by from event
      where installation_id = ${installationId} and id >= ${span.low} and id < ${span.high}
      order by id desc limit ${MAX_LOOKED_THROUGH}
    ),
    found as materialized (
      select id from look where ${allMatch(sql, filter)}
    )
    select (select count(*)::int from look) as looked, (select min(id) from look) as last,
      (select count(*)::int from found) as total,
      (select coalesce(json_agg(id order by id desc), '[]')
        from (select id from found order by id desc limit ${limit + 1} offset ${offset}) page) as ids`;
  return row!;
}

/** The narrowest times and the id that the filters of rows ask for. */
function spanFilter({ rows = [], ...filter }: EventFilter): EventRowFilter {
  return rows.reduce<EventRowFilter>((before, { not, filter: { from, to, q } }) =>
    not ? before : {
      from: latest(before.from, from),
      to: earliest(before.to, to),
      q: before.q ?? q,
    }, filter);
}

function latest(one: Date | undefined, other: Date | undefined): Date | undefined {
  return one && other ? one > other ? one : other : one ?? other;
}

function earliest(one: Date | undefined, other: Date | undefined): Date | undefined {
  return one && other ? one < other ? one : other : one ?? other;
}

/** SQL condition over rows of event, which the statement calls `look`; bodies are not looked at. */
function allMatch(sql: Query, { rows = [], ...filter }: EventFilter): Fragment {
  // What compares with null is not true, and so it is not "true that not".
  return rows.reduce(
    (before, { not, filter }) => sql`${before} and (${eventMatches(sql, filter)}) is ${not ? sql`not` : sql``} true`,
    eventMatches(sql, filter),
  );
}

/** The same for one filter of rows. */
export function eventMatches(
  sql: Query,
  { eventType, source, outcome, reconciled, duplicates, from, to, q }: EventRowFilter,
): Fragment {
  return sql`true
    ${eventType === undefined ? sql`` : sql`and event_type = ${eventType}`}
    ${
    source === undefined
      ? sql``
      : source === "CUSTOM"
      ? sql`and custom_source is not null`
      : sql`and custom_source is null`
  }
    ${outcome === undefined ? sql`` : sql`and ${hasOutcome(sql, outcome)}`}
    ${reconciled === undefined ? sql`` : sql`and (found_by is not null) = ${reconciled}`}
    ${duplicates === undefined ? sql`` : sql`and (${hasDuplicates(sql)}) = ${duplicates}`}
    ${from === undefined ? sql`` : sql`and received_at >= ${from}`}
    ${to === undefined ? sql`` : sql`and received_at < ${to}`}
    ${
    q === undefined
      ? sql``
      : sql`and (id::text = ${q} or entity_key = ${q} or right(entity_key, ${q.length + 1}) = ${`:${q}`})`
  }`;
}

function hasOutcome(sql: Query, outcome: NonNullable<EventRowFilter["outcome"]>) {
  if (outcome === "waiting") return sql`outcome is null`;
  if (outcome !== "failed") return sql`outcome = ${outcome}`;
  // Event by event: a workspace may have far more failed runs than events are looked through.
  return sql`exists (
    select 1 from run
    where run.event_id = look.id and run.installation_id = look.installation_id and run.state = 'failed')`;
}

/** Event by event, by the key of its head: a workspace has far more heads than events are looked through. */
function hasDuplicates(sql: Query): Fragment {
  return sql`coalesce((
    select head.repeats from entity_head as head
    where head.installation_id = look.installation_id and head.entity_key = look.entity_key || ' ' || look.event_type
      and head.event_id = look.id), 0) > 0`;
}
