/** What a stream reads of an installation: which events are new, and how events and runs changed lately. */

import type { Database, TransactionSql } from "../db/db.ts";
import { type EventRow, readRows } from "../events/rows.ts";
import { type RunRow, runRows } from "../runs/list.ts";
import { MAX_SEEN, SETTLED_MS } from "./seen_ids.ts";
import { openRunIds } from "../queue/open_jobs.ts";

export interface EventPlace {
  id: number;
  eventType: string;
}

/** Events among which others may still be committed: their ids were drawn, and their transactions are in progress. */
export interface Recent {
  /** Oldest first. */
  events: EventPlace[];
  /** No id up to it appears any more, but for what had no place within the limit. */
  floor: number;
}

export interface RunPlace {
  id: string;
  /** Null: no event started it. */
  eventId: number | null;
  state: string;
}

export interface StreamReads {
  /** The newest events with those that are not settled yet, and the runs that have work to do. */
  start(installationId: number): Promise<Recent & { openRuns: RunPlace[] }>;
  /** Event `upTo`, or the one before it where it is gone, with those received shortly before; the newest of them. */
  recent(installationId: number, range: { upTo: number; limit: number }): Promise<Recent>;
  /** Events above `after` and up to `upTo`, oldest first. */
  events(
    installationId: number,
    range: { after: number; upTo?: number; limit: number },
  ): Promise<EventPlace[]>;
  rows(installationId: number, ids: readonly number[]): Promise<EventRow[]>;
  /** Runs made in the last seconds and those named, as they are now; and which generation is installed (undefined: none). */
  runs(installationId: number, known: readonly string[]): Promise<{ generation: number | undefined; runs: RunPlace[] }>;
  runRows(installationId: number, ids: readonly string[]): Promise<RunRow[]>;
  /** Approvals that changed in the last seconds, with the time of the change as text, oldest first. */
  approvals(installationId: number): Promise<{ id: string; at: string }[]>;
}

const MAX_OPEN_RUNS = 500;
/** Of each flow, one look. */
const MAX_NEW_RUNS = 100;
const MAX_CHANGED_APPROVALS = 500;

export function createStreamReads(db: Database): StreamReads {
  const of = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    start: (installationId) =>
      of(installationId, async (sql) => {
        const recent = await readRecent(sql, installationId, { upTo: Number.MAX_SAFE_INTEGER, limit: MAX_SEEN });
        const open = await openRunIds(sql, { installationId, limit: MAX_OPEN_RUNS });
        return { ...recent, openRuns: await byId(sql, installationId, open) };
      }),
    recent: (installationId, range) => of(installationId, (sql) => readRecent(sql, installationId, range)),
    events: (installationId, { after, upTo = Number.MAX_SAFE_INTEGER, limit }) =>
      of(installationId, (sql) =>
        sql<EventPlace[]>`
          select id, event_type as "eventType" from event
          where installation_id = ${installationId} and id > ${after} and id <= ${upTo} order by id limit ${limit}`),
    rows: (installationId, ids) => of(installationId, (sql) => readRows(sql, installationId, ids)),
    runs: (installationId, known) =>
      of(installationId, async (sql) => {
        const [installed] = await sql<{ generation: number }[]>`
          select generation from installation where id = ${installationId} and status <> 'uninstalled'`;
        // Flow by flow, deleted ones too: the index of runs begins with the flow.
        const made = await sql<RunPlace[]>`
          select run.id, run.event_id as "eventId", run.state from flow cross join lateral (
            select id, event_id, state from run
            where run.installation_id = ${installationId} and run.flow_id = flow.id
              and run.created_at > now() - interval '10 seconds'
            order by created_at desc limit ${MAX_NEW_RUNS}
          ) run
          where flow.installation_id = ${installationId}`;
        return { generation: installed?.generation, runs: [...await byId(sql, installationId, known), ...made] };
      }),
    runRows: (installationId, ids) => of(installationId, (sql) => runRows(sql, installationId, ids)),
    approvals: (installationId) =>
      of(installationId, (sql) =>
        sql<{ id: string; at: string }[]>`
          select id, changed_at::text as at from approval
          where installation_id = ${installationId} and changed_at > now() - interval '10 seconds'
          order by changed_at limit ${MAX_CHANGED_APPROVALS}`),
  };
}

/** What is in progress when the last event was committed began at most SETTLED_MS before that one's transaction. */
async function readRecent(
  sql: TransactionSql,
  installationId: number,
  { upTo, limit }: { upTo: number; limit: number },
): Promise<Recent> {
  const rows = await sql<(EventPlace & { settled: boolean })[]>`
    with newest as materialized (
      select id, event_type, received_at from event
      where installation_id = ${installationId} and id <= ${upTo} order by id desc limit ${limit}
    ), place as (
      select id, event_type,
        received_at <= (select received_at from newest order by id desc limit 1) - ${SETTLED_MS} * interval '1 millisecond'
          as settled
      from newest
    )
    select id, event_type as "eventType", settled from place
    where id >= coalesce((select max(id) from place where settled), 0) order by id`;
  const isWhole = rows.length < limit;
  const settled = rows[0]?.settled ? rows[0].id : undefined;
  const events = rows.filter((row) => !row.settled).map(({ id, eventType }) => ({ id, eventType }));
  return { events, floor: settled ?? (isWhole ? 0 : events[0]!.id - 1) };
}

async function byId(sql: TransactionSql, installationId: number, ids: readonly string[]): Promise<RunPlace[]> {
  if (ids.length === 0) return [];
  return await sql<RunPlace[]>`
    select run.id, run.event_id as "eventId", run.state
    from json_to_recordset(${JSON.stringify(ids.map((id) => ({ id })))}::text::json) as wanted(id uuid)
    join run on run.id = wanted.id and run.installation_id = ${installationId}`;
}
