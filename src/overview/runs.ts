/**
 * Numbers of runs: counts by hour, failures by flow and cause, and latency (median and 95th percentile), over the runs
 * of a period.
 */

import type { TransactionSql } from "../db/db.ts";
import { hoursOf, type Period } from "./events.ts";

/**
 * Runs that are counted at most, newest first: they have no index by state, so each is read. 100,000 take around 80 ms on
 * PostgreSQL 15 (2 cores).
 */
export const MAX_COUNTED = 100_000;
/** Looked at for latencies, and for failures of one flow and cause. */
const SAMPLE = 500;
const SHOWN_FAILURES = 10;

export interface RunNumbers {
  total: number;
  completed: number;
  failed: number;
  /** Pending, running or waiting. */
  active: number;
  /** Every hour of the period, oldest first; `other` is active or cancelled. */
  byHour: { hour: Date; completed: number; failed: number; other: number }[];
  /** Set when the period has more runs than are counted: all numbers are of the runs since then. */
  countedSince: Date | null;
}

/** Milliseconds; null where there is nothing to measure. */
export interface Latency {
  /** Finished runs looked at, the newest ones. */
  sample: number;
  /** Event received to run finished. */
  p50Ms: number | null;
  p95Ms: number | null;
  /** Event received to run started. */
  queueP95Ms: number | null;
  /** Run started to run finished. */
  actionP95Ms: number | null;
  /** Event received to run finished, 95th percentile of the hours that have runs of the sample, oldest first. */
  byHour: { hour: Date; p95Ms: number }[];
}

/** Failed runs of one flow with one cause; message and run are those of the newest. */
export interface Failure {
  /** Null for a flow that Timewire keeps by itself. */
  flowId: number | null;
  flowName: string;
  errorCode: string;
  message: string | null;
  count: number;
  lastAt: Date;
  runId: string;
}

interface Counted {
  hour: Date;
  state: string;
  runs: number;
}

/** Parts of the period, newest first, each four times as long as what is counted by then. */
const PARTS = [1 / 64, 1 / 16, 1 / 4, 1];

/**
 * Counts backwards, part by part, and stops before the part that would bring it over `maxCounted`: a part as full as the
 * fullest one before it is what it expects, so a sudden burst costs more than that once.
 */
export async function countRuns(
  sql: TransactionSql,
  installationId: number,
  period: Period & { maxCounted?: number },
): Promise<RunNumbers> {
  const { from, to, maxCounted = MAX_COUNTED } = period;
  const counted: Counted[] = [];
  const lengthMs = to.getTime() - from.getTime();
  let before: Date | undefined;
  let total = 0;
  let perMs = 0;
  for (const part of PARTS) {
    const endMs = before?.getTime() ?? to.getTime();
    const wishedMs = part === 1 ? from.getTime() : to.getTime() - Math.ceil(lengthMs * part);
    const fits = perMs === 0 ? Infinity : (maxCounted - total) / perMs;
    const since = new Date(Math.max(wishedMs, Math.ceil(endMs - fits)));
    if (since.getTime() >= endMs) break;
    const rows = await countBetween(sql, installationId, { since, before });
    const found = rows.reduce((sum, { runs }) => sum + runs, 0);
    counted.push(...rows);
    total += found;
    perMs = Math.max(perMs, found / (endMs - since.getTime()));
    before = since;
    if (since.getTime() > wishedMs || total >= maxCounted) break;
  }
  return { ...sumUp(counted, period), countedSince: before! > from ? before! : null };
}

/** Flow by flow, deleted ones too: the index of runs begins with the flow. */
async function countBetween(
  sql: TransactionSql,
  installationId: number,
  { since, before }: { since: Date; before: Date | undefined },
): Promise<Counted[]> {
  const end = before ? sql`and run.created_at < ${before}` : sql``;
  return [
    ...await sql<Counted[]>`
      select hour, state, sum(runs)::int as runs from flow cross join lateral (
        select date_bin('1 hour', created_at, '1970-01-01Z') as hour, state, count(*) as runs from run
        where run.installation_id = ${installationId} and run.flow_id = flow.id and run.created_at >= ${since} ${end}
        group by 1, 2) part
      where flow.installation_id = ${installationId} group by hour, state`,
  ];
}

function sumUp(counted: readonly Counted[], period: Period): Omit<RunNumbers, "countedSince"> {
  const sum = (fits: (row: Counted) => boolean) =>
    counted.reduce((total, row) => total + (fits(row) ? row.runs : 0), 0);
  const isOther = (state: string) => state !== "completed" && state !== "failed";
  return {
    total: sum(() => true),
    completed: sum(({ state }) => state === "completed"),
    failed: sum(({ state }) => state === "failed"),
    active: sum(({ state }) => isOther(state) && state !== "cancelled"),
    byHour: hoursOf(period).map((hour) => {
      const here = (row: Counted) => row.hour.getTime() === hour.getTime();
      return {
        hour,
        completed: sum((row) => here(row) && row.state === "completed"),
        failed: sum((row) => here(row) && row.state === "failed"),
        other: sum((row) => here(row) && isOther(row.state)),
      };
    }),
  };
}

/** Failures of runs made since `since`, newest first. */
export async function listFailures(sql: TransactionSql, installationId: number, since: Date): Promise<Failure[]> {
  const rows = await sql<FailureRow[]>`
    with failure as (
      select flow.id as flow_id, flow.name, flow.builtin, part.* from flow cross join lateral (
        select error_code, count(*)::int as count, max(created_at) as last_at from run
        where run.installation_id = ${installationId} and run.flow_id = flow.id and run.created_at >= ${since}
          and run.error_code is not null and run.state = 'failed'
        group by error_code) part
      where flow.installation_id = ${installationId}
      order by last_at desc limit ${SHOWN_FAILURES}
    )
    select case when builtin is null then flow_id end as flow_id, name, error_code, message, count, last_at, run_id
    from failure cross join lateral (
      select run.id as run_id, run.error_message as message from run
      where run.installation_id = ${installationId} and run.flow_id = failure.flow_id
        and run.created_at = failure.last_at and run.error_code = failure.error_code and run.state = 'failed'
      limit 1) newest
    order by last_at desc`;
  return rows.map((row) => ({
    flowId: row.flow_id,
    flowName: row.name,
    errorCode: row.error_code,
    message: row.message,
    count: row.count,
    lastAt: row.last_at,
    runId: row.run_id,
  }));
}

/** How long the newest events' own runs took; replays, whose events came long before, are left out. */
export async function measureLatency(sql: TransactionSql, installationId: number, since: Date): Promise<Latency> {
  const [row] = await sql<LatencyRow[]>`
    with newest as (
      select part.* from flow cross join lateral (
        select event_id, created_at, started_at, finished_at from run
        where run.installation_id = ${installationId} and run.flow_id = flow.id and run.created_at >= ${since}
          and run.finished_at is not null and run.replay = 0
        order by run.created_at desc limit ${SAMPLE}) part
      where flow.installation_id = ${installationId} order by created_at desc limit ${SAMPLE}
    ), measured as (
      select date_bin('1 hour', created_at, '1970-01-01Z') as hour,
        extract(epoch from newest.finished_at - received_at) * 1000 as whole_ms,
        extract(epoch from started_at - received_at) * 1000 as queue_ms,
        extract(epoch from newest.finished_at - started_at) * 1000 as action_ms
      from newest join event on event.installation_id = ${installationId} and event.id = newest.event_id
    )
    select count(*)::int as sample,
      percentile_cont(0.5) within group (order by whole_ms) as p50, percentile_cont(0.95) within group (order by whole_ms) as p95,
      percentile_cont(0.95) within group (order by queue_ms) as queue_p95,
      percentile_cont(0.95) within group (order by action_ms) as action_p95,
      (select json_agg(json_build_object('hour', extract(epoch from hour) * 1000, 'p95', p95) order by hour) from (
        select hour, percentile_cont(0.95) within group (order by whole_ms) as p95 from measured group by hour
      ) part) as by_hour
    from measured`;
  const { sample, p50, p95, queue_p95, action_p95, by_hour } = row!;
  return {
    sample,
    p50Ms: whole(p50),
    p95Ms: whole(p95),
    queueP95Ms: whole(queue_p95),
    actionP95Ms: whole(action_p95),
    byHour: (by_hour ?? []).map(({ hour, p95 }) => ({ hour: new Date(hour), p95Ms: whole(p95)! })),
  };
}

/** Instances' clocks may differ by a little: nothing took less than no time. */
function whole(ms: number | null): number | null {
  return ms === null ? null : Math.max(0, Math.round(ms));
}

interface FailureRow {
  flow_id: number | null;
  name: string;
  error_code: string;
  message: string | null;
  count: number;
  last_at: Date;
  run_id: string;
}

interface LatencyRow {
  sample: number;
  p50: number | null;
  p95: number | null;
  queue_p95: number | null;
  action_p95: number | null;
  by_hour: { hour: number; p95: number }[] | null;
}
