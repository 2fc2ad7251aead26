/** Runs as people look for them: pages of the newest first, over one flow or all. */

import type { Database, Query, TransactionSql } from "../db/db.ts";
import type { RunState } from "../engine/journal.ts";
import type { RunCursor } from "./cursor.ts";
import { openRunIds } from "../queue/open_jobs.ts";
import { type TriggerKind, triggerKind } from "../flows/triggers/start.ts";

export interface RunRow {
  id: string;
  flowId: number;
  flowName: string;
  flowVersion: number;
  /** Null: no event started it. */
  eventId: number | null;
  /** Null without an event, and once retention took it. */
  eventType: string | null;
  state: RunState;
  trigger: TriggerKind;
  /** 0: the event's own run. Higher: asked for again by a person. */
  replay: number;
  /** Since when a run that is not over is paused; while it is running, it pauses after its present call. */
  pausedAt: Date | null;
  errorCode: string | null;
  errorMessage: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** The step that a failed run ended at; null when it ended elsewhere. */
  failedStep: FailedStep | null;
}

export interface FailedStep {
  id: string;
  /** Its place in the plan, from 1; null where the plan has no such step. */
  number: number | null;
  /** As in the plan; of the input what a name is made of. */
  action: string;
  input: unknown;
}

/** "active" is pending, running or waiting. */
export const RUN_FILTER_STATES = [
  "pending",
  "running",
  "waiting",
  "completed",
  "failed",
  "cancelled",
  "active",
] as const;

export interface RunFilter {
  flowId?: number;
  eventId?: number;
  state?: typeof RUN_FILTER_STATES[number];
  /** Bounds of the run's creation: not before `from`, before `to`. */
  from?: Date;
  to?: Date;
}

export interface RunPage {
  runs: RunRow[];
  /** Of each run, where a page after it begins. */
  cursors: RunCursor[];
  /** Where the next page begins; a page may be short, even empty, and have one. Null: there are no more. */
  next: RunCursor | null;
}

export interface RunList {
  list(installationId: number, filter: RunFilter, page: { limit: number; after?: RunCursor }): Promise<RunPage>;
}

/**
 * Runs that one request looks through for a state that no index knows: a common state fills its page at once, a rare one
 * over several requests. An index by state would cost every change of a run's state.
 */
export const MAX_LOOKED_THROUGH = 1_000;
/** With more open jobs the active runs are common enough to be found among the newest. */
export const MAX_OPEN_JOBS = 5_000;

const ACTIVE: ReadonlySet<string> = new Set(["pending", "running", "waiting"]);

export function createRunList(db: Database): RunList {
  return {
    list: (installationId, filter, { limit, after }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const { places, complete } = await look(sql, { installationId, filter, after, limit });
        const fitting = places.filter(({ state }) => fits(state, filter.state));
        const shown = fitting.slice(0, limit);
        const next = fitting.length > limit ? shown.at(-1)! : complete ? null : places.at(-1)!;
        const runs = await runRows(sql, installationId, shown.map(({ id }) => id));
        const cursors = new Map(shown.map(({ id, micros }) => [id, { micros, id }]));
        return {
          runs,
          cursors: runs.map(({ id }) => cursors.get(id)!),
          next: next && { micros: next.micros, id: next.id },
        };
      }),
  };
}

/** The rows of these runs, newest first; those of other installations and unknown ones are left out. */
export async function runRows(sql: Query, installationId: number, ids: readonly string[]): Promise<RunRow[]> {
  const rows = await sql<StoredRow[]>`
    select ${runColumns(sql)} from json_to_recordset(${idsJson(ids)}::text::json) as wanted(id uuid)
    join run on run.id = wanted.id and run.installation_id = ${installationId}
    left join flow on flow.id = run.flow_id and flow.installation_id = run.installation_id
    left join event on event.installation_id = run.installation_id and event.id = run.event_id
    order by run.created_at desc, run.id desc`;
  const failed = await failedSteps(sql, installationId, rows);
  return rows.map((row) => toRunRow(row, failed.get(`${row.plan_id} ${failedId(row)}`)));
}

function failedId({ failed_path }: StoredRow): string | undefined {
  return failed_path?.split("/").at(-1);
}

/** By plan and id: runs of one version have one plan, so a page asks for few. */
async function failedSteps(
  sql: Query,
  installationId: number,
  rows: readonly StoredRow[],
): Promise<Map<string, FailedStep>> {
  const keys = new Map(rows.flatMap((row) => {
    const id = failedId(row);
    return id === undefined ? [] : [[`${row.plan_id} ${id}`, { plan_id: row.plan_id, id }] as const];
  }));
  if (keys.size === 0) return new Map();
  const found = await sql<(FailedStep & { planId: number })[]>`
    select plan.id as "planId", wanted.id, steps.number::int, steps.step->>'action' as action,
      jsonb_build_object('operation_id', steps.step->'input'->'operation_id', 'method', steps.step->'input'->'method',
        'url', steps.step->'input'->'url') as input
    from json_to_recordset(${JSON.stringify([...keys.values()])}::text::json) as wanted(plan_id bigint, id text)
    join plan on plan.id = wanted.plan_id and plan.installation_id = ${installationId}
    cross join lateral jsonb_array_elements(plan.body->'root'->'steps') with ordinality as steps(step, number)
    where steps.step->>'id' = wanted.id`;
  return new Map(found.map(({ planId, ...step }) => [`${planId} ${step.id}`, step]));
}

/** Columns of a StoredRow, over run, flow and event. */
export function runColumns(sql: Query) {
  return sql`run.id, run.plan_id, run.flow_id, coalesce(flow.name, 'Deleted flow') as flow_name, run.flow_version,
    run.event_id, event.event_type, run.state, ${triggerKind(sql)} as trigger_kind, run.replay,
    case when run.finished_at is null then run.paused_at end as paused_at, run.error_code, run.error_message, run.created_at, run.started_at, run.finished_at,
    case when run.state = 'failed' then (
      select step.path from step where step.installation_id = run.installation_id and step.run_id = run.id
        and step.state = 'failed' and step.kind = 'action' order by step.finished_at desc limit 1) end as failed_path`;
}

export interface StoredRow {
  id: string;
  plan_id: number;
  flow_id: number;
  flow_name: string;
  flow_version: number;
  event_id: number | null;
  event_type: string | null;
  state: RunState;
  trigger_kind: TriggerKind;
  replay: number;
  paused_at: Date | null;
  error_code: string | null;
  error_message: string | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  failed_path: string | null;
}

/** `failedStep` is what the plan says of the step that it failed at. */
export function toRunRow(row: StoredRow, failedStep?: FailedStep): RunRow {
  const id = failedId(row);
  return {
    id: row.id,
    flowId: row.flow_id,
    flowName: row.flow_name,
    flowVersion: row.flow_version,
    eventId: row.event_id,
    eventType: row.event_type,
    state: row.state,
    trigger: row.trigger_kind,
    replay: row.replay,
    pausedAt: row.paused_at,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    failedStep: id === undefined ? null : failedStep ?? { id, number: null, action: id, input: null },
  };
}

interface Wanted {
  installationId: number;
  filter: RunFilter;
  after?: RunCursor;
  limit: number;
}

/** Where a run stands in the list. */
interface Place extends RunCursor {
  state: RunState;
}

/** Candidates of the page, newest first; `complete` says that there are none behind them. */
async function look(sql: TransactionSql, wanted: Wanted): Promise<{ places: Place[]; complete: boolean }> {
  const { filter: { state, eventId }, limit } = wanted;
  if (state !== undefined && (state === "active" || ACTIVE.has(state)) && eventId === undefined) {
    const open = await openRuns(sql, wanted);
    if (open) return { places: open, complete: true };
  }
  // Without a state, and with the one that has an index, every run that is read fits.
  const depth = state === undefined || state === "failed" ? limit + 1 : MAX_LOOKED_THROUGH;
  const places = eventId === undefined
    ? await newestOfFlows(sql, wanted, depth)
    : await newestOfEvent(sql, wanted, { eventId, depth });
  return { places, complete: places.length < depth };
}

/** The runs that have work to do, as their open jobs name them; undefined when these are too many. */
async function openRuns(sql: TransactionSql, wanted: Wanted): Promise<Place[] | undefined> {
  const { installationId } = wanted;
  const ids = await openRunIds(sql, { installationId, limit: MAX_OPEN_JOBS + 1 });
  if (ids.length > MAX_OPEN_JOBS) return undefined;
  return await sql<Place[]>`
    select ${placeColumns(sql)} from json_to_recordset(${idsJson(ids)}::text::json) as open(id uuid)
    join run on run.id = open.id
    where ${inSpan(sql, wanted)} order by run.created_at desc, run.id desc`;
}

/** The newest N of all flows, deleted ones too, are among the newest N of each: so each is read by its index, and merged. */
async function newestOfFlows(sql: TransactionSql, wanted: Wanted, depth: number): Promise<Place[]> {
  const { installationId, filter: { state } } = wanted;
  return await sql<Place[]>`
    select ${placeColumns(sql)} from flow cross join lateral (
      select id, created_at, state from run
      where run.flow_id = flow.id and ${inSpan(sql, wanted)}
        ${state === "failed" ? sql`and run.state = 'failed' and run.error_code is not null` : sql``}
      order by created_at desc, id desc limit ${depth}
    ) run
    where flow.installation_id = ${installationId}
      ${wanted.filter.flowId === undefined ? sql`` : sql`and flow.id = ${wanted.filter.flowId}`}
    order by run.created_at desc, run.id desc limit ${depth}`;
}

async function newestOfEvent(
  sql: TransactionSql,
  wanted: Wanted,
  { eventId, depth }: { eventId: number; depth: number },
): Promise<Place[]> {
  const { flowId, state } = wanted.filter;
  return await sql<Place[]>`
    select ${placeColumns(sql)} from run
    where run.event_id = ${eventId} and ${inSpan(sql, wanted)}
      ${flowId === undefined ? sql`` : sql`and run.flow_id = ${flowId}`}
      ${state === "failed" ? sql`and run.state = 'failed'` : sql``}
    order by run.created_at desc, run.id desc limit ${depth}`;
}

/** SQL condition: runs of the installation, between the times of the filter and behind the cursor. */
function inSpan(sql: TransactionSql, { installationId, filter: { from, to }, after }: Wanted) {
  const time = after && sql`(timestamptz 'epoch' + ${after.micros}::float8 * interval '1 microsecond')`;
  return sql`run.installation_id = ${installationId}
    ${from === undefined ? sql`` : sql`and run.created_at >= ${from}`}
    ${to === undefined ? sql`` : sql`and run.created_at < ${to}`}
    ${
    after === undefined
      ? sql``
      : sql`and run.created_at <= ${time!} and (run.created_at, run.id) < (${time!}, ${after.id}::text::uuid)`
  }`;
}

function placeColumns(sql: TransactionSql) {
  return sql`run.id, run.state, (extract(epoch from run.created_at) * 1000000)::bigint as micros`;
}

function fits(state: RunState, wanted: RunFilter["state"]): boolean {
  if (wanted === undefined) return true;
  return wanted === "active" ? ACTIVE.has(state) : state === wanted;
}

/** Ids as JSON that a record set reads: row-level security keeps a comparison with a cast of text away from the index. */
export function idsJson(ids: readonly string[]): string {
  return JSON.stringify(ids.map((id) => ({ id })));
}
