/** Runs of workflows as the API shows them: lists, and one. Steps and log are in run_steps.ts and run_log.ts. */

import type { Database, Query, TransactionSql } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import type { RunState } from "../engine/journal.ts";

/** The words of the documents. */
export const RUN_STATUSES = ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** The documents' name of the run with the id; null of none. */
export function runIdOf<Id extends string | null>(id: Id): Id {
  return (id === null ? null : `run-${id}`) as Id;
}

export interface WorkflowRun {
  id: string;
  workflowId: string;
  workflowName: string;
  version: number;
  status: RunStatus;
  input: unknown;
  /** Of its end; null before. */
  output: unknown;
  triggeredBy: string;
  correlationId: string | null;
  pausedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  startedAt: Date | null;
  completedAt: Date | null;
  cancelledAt: Date | null;
  cancelledBy: string | null;
  cancelReason: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  /** The run that it was begun again from. */
  retryOf: string | null;
}

export interface RunFilter {
  status?: RunStatus;
  workflowId?: string;
  /** As in wf-<name>-<version>. */
  named?: { name: string; version: number };
  /** That started it. */
  scheduleId?: string;
  createdAfter?: Date;
  createdBefore?: Date;
}

export interface RunCounts {
  workflowId: string;
  counts: Partial<Record<RunStatus, number>>;
  last: Pick<WorkflowRun, "id" | "status" | "createdAt">;
}

export const RUN_ORDERS = ["created_at", "updated_at", "completed_at", "status"] as const;

export interface RunSort {
  by: (typeof RUN_ORDERS)[number];
  descending: boolean;
}

export interface WorkflowRuns {
  list(
    installationId: number,
    filter: RunFilter,
    page: { limit: number; offset: number; sort: RunSort },
  ): Promise<{ runs: WorkflowRun[]; total: number }>;
  find(installationId: number, runId: string): Promise<WorkflowRun | undefined>;
  /** Of each workflow that has runs: those created since then by status, the newest MAX_RUNS_COUNTED at most, and the last. */
  counts(installationId: number, workflowIds: readonly string[], since: Date): Promise<RunCounts[]>;
}

/** Of a workflow: a list shows 100 of them, and is read every few seconds. */
export const MAX_RUNS_COUNTED = 1_000;

/** Bytes of JSON of what a run gave, in an answer about it; in lists up to 32 kB. */
const MAX_SHOWN_OUTPUT = 1_048_576;

/** As the API has it. */
export function runStatusOf(state: RunState): RunStatus {
  return STATES[state];
}

const STATES: Record<RunState, RunStatus> = {
  pending: "PENDING",
  running: "RUNNING",
  waiting: "RUNNING",
  completed: "COMPLETED",
  failed: "FAILED",
  cancelled: "CANCELLED",
};

interface RunRow {
  id: string;
  workflow_id: string;
  workflow_name: string;
  version: number;
  state: RunState;
  input: unknown;
  output: unknown;
  triggered_by: string;
  correlation_id: string | null;
  paused_at: Date | null;
  created_at: Date;
  updated_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  cancel_requested_by: string | null;
  cancel_reason: string | null;
  error_code: string | null;
  error_message: string | null;
  retry_of: string | null;
}

export function createWorkflowRuns(db: Pick<Database, "scoped">): WorkflowRuns {
  const within = <T>(installationId: number, body: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, body);

  return {
    list: (installationId, filter, { limit, offset, sort }) =>
      within(installationId, async (sql) => {
        const { status, workflowId, named, scheduleId, createdAfter, createdBefore } = filter;
        const states = Object.entries(STATES).filter(([, one]) => one === status).map(([state]) => state);
        const fits = sql`workflow_run.installation_id = ${installationId}
          ${workflowId === undefined ? sql`` : sql`and workflow_run.workflow_id = ${workflowId}`}
          ${
          named === undefined
            ? sql``
            : sql`and workflow_run.version = ${named.version} and workflow_run.workflow_id in (
              select id from workflow where installation_id = ${installationId} and name = ${named.name})`
        }
          ${scheduleId === undefined ? sql`` : sql`and workflow_run.workflow_schedule_id = ${scheduleId}`}
          ${createdAfter === undefined ? sql`` : sql`and workflow_run.created_at >= ${createdAfter}`}
          ${createdBefore === undefined ? sql`` : sql`and workflow_run.created_at < ${createdBefore}`}
          ${
          status === undefined
            ? sql``
            : sql`and run.state in (select json_array_elements_text(${JSON.stringify(states)}::text::json))`
        }`;
        const ofRun = sql`join run on run.installation_id = ${installationId} and run.id = workflow_run.run_id`;
        const [count] = await sql<{ total: number }[]>`
          select count(*)::int as total from workflow_run ${status === undefined ? sql`` : ofRun} where ${fits}`;
        const direction = sort.descending ? sql`desc` : sql`asc`;
        // Where one may have none, those stand last; elsewhere the words would keep the index out.
        const nulls = sort.by === "completed_at" ? sql`nulls last` : sql``;
        const by = {
          created_at: sql`workflow_run.created_at`,
          updated_at: updatedAt(sql),
          completed_at: sql`run.finished_at`,
          status: sql`run.state`,
        }[sort.by];
        const ordered = sql`${by} ${direction} ${nulls}, workflow_run.run_id ${direction}`;
        // The page first: what is shown of a run is read for its rows alone.
        const rows = await sql<RunRow[]>`
          with page as materialized (
            select workflow_run.run_id, row_number() over (order by ${ordered}) as place from workflow_run
            ${sort.by === "created_at" && status === undefined ? sql`` : ofRun}
            where ${fits} order by ${ordered} limit ${limit} offset ${offset}
          )
          select ${columns(sql)} from page join (${joined(sql, installationId)}) on workflow_run.run_id = page.run_id
          order by page.place`;
        return { runs: rows.map(toRun), total: count!.total };
      }),

    find: (installationId, runId) =>
      within(installationId, async (sql) => {
        const [row] = await sql<RunRow[]>`
          select ${columns(sql, { isOne: true })} from ${joined(sql, installationId)}
          where workflow_run.installation_id = ${installationId} and workflow_run.run_id = ${runId}`;
        return row && toRun(row);
      }),

    counts: (installationId, workflowIds, since) =>
      within(installationId, async (sql) => {
        const rows = await sql<
          { workflow_id: string; states: Partial<Record<RunState, number>>; id: string; state: RunState; at: Date }[]
        >`
          select asked.id as workflow_id, last.run_id as id, last.state, last.created_at as at,
            coalesce((
              select jsonb_object_agg(state, runs) from (
                select run.state, count(*)::int as runs from (
                  select run_id from workflow_run
                  where workflow_run.installation_id = ${installationId} and workflow_run.workflow_id = asked.id
                    and workflow_run.created_at >= ${since}
                  order by workflow_run.created_at desc limit ${MAX_RUNS_COUNTED}
                ) newest
                join run on run.installation_id = ${installationId} and run.id = newest.run_id
                group by run.state
              ) by_state
            ), '{}') as states
          from (select value::uuid as id from json_array_elements_text(${
          JSON.stringify(workflowIds)
        }::text::json)) asked
          cross join lateral (
            select workflow_run.run_id, workflow_run.created_at, run.state from workflow_run
            join run on run.installation_id = ${installationId} and run.id = workflow_run.run_id
            where workflow_run.installation_id = ${installationId} and workflow_run.workflow_id = asked.id
            order by workflow_run.created_at desc limit 1
          ) last`;
        return rows.map(({ workflow_id, states, id, state, at }) => {
          const counts: RunCounts["counts"] = {};
          for (const [name, runs] of Object.entries(states) as [RunState, number][]) {
            counts[STATES[name]] = (counts[STATES[name]] ?? 0) + runs;
          }
          return { workflowId: workflow_id, counts, last: { id, status: STATES[state], createdAt: at } };
        });
      }),
  };
}

export function runUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find run "${id.slice(0, 44)}": there is none with this id`);
}

/** SQL: when the run last changed its state. */
function updatedAt(sql: Query) {
  return sql`coalesce(run.finished_at, run.paused_at, run.started_at, run.created_at)`;
}

function joined(sql: Query, installationId: number) {
  return sql`workflow_run
    join run on run.installation_id = ${installationId} and run.id = workflow_run.run_id
    join workflow on workflow.id = workflow_run.workflow_id
    left join step root on root.installation_id = ${installationId} and root.run_id = run.id and root.path = 'root'
    left join run_again on run_again.installation_id = ${installationId} and run_again.run_id = run.id`;
}

/** SQL: what the run gave; null beyond MAX_SHOWN_OUTPUT. */
function wholeOutput(sql: Query) {
  return sql`case when root.output_ref is null then root.output::json
    when root.output_bytes <= ${MAX_SHOWN_OUTPUT} then (select body::json from output
      where output.installation_id = run.installation_id and output.run_id = run.id and output.id = root.output_ref) end`;
}

function columns(sql: Query, { isOne = false } = {}) {
  return sql`run.id, workflow_run.workflow_id, workflow.name as workflow_name, workflow_run.version, run.state, run.input,
    ${
    isOne ? wholeOutput(sql) : sql`root.output::json`
  } as output, triggered_by, correlation_id, run.paused_at, run.created_at, ${updatedAt(sql)} as updated_at,
    run.started_at, run.finished_at, run.cancel_requested_by, cancel_reason, run.error_code,
    case when run.state = 'pending' and workflow_run.note is not null then (
        select workflow_run.note from kafka_outbox
        where kafka_outbox.installation_id = run.installation_id and kafka_outbox.run_id = run.id and kind = 'execution' limit 1)
      else run.error_message end as error_message,
    run_again.of_run_id as retry_of`;
}

function toRun(row: RunRow): WorkflowRun {
  const isCancelled = row.state === "cancelled";
  return {
    id: row.id,
    workflowId: row.workflow_id,
    workflowName: row.workflow_name,
    version: row.version,
    status: STATES[row.state],
    input: row.input,
    output: row.output ?? null,
    triggeredBy: row.triggered_by,
    correlationId: row.correlation_id,
    pausedAt: row.paused_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    startedAt: row.started_at,
    completedAt: isCancelled ? null : row.finished_at,
    cancelledAt: isCancelled ? row.finished_at : null,
    cancelledBy: isCancelled ? row.cancel_requested_by : null,
    cancelReason: row.cancel_reason,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    retryOf: row.retry_of,
  };
}
