/** Runs of workflows as the API shows them: lists, one with its steps, and its log. */

import type { Database, Query, TransactionSql } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import type { StepRecord } from "../engine/journal.ts";
import type { RunState } from "../engine/journal.ts";
import { listsOf, type Plan, type PlanStep } from "../engine/plan.ts";
import { parsePath, stepPath } from "../engine/step_path.ts";
import { allAttempts } from "../flows/store/attempts.ts";
import { bytesRead, joinOutput, outputColumns, readShown } from "../flows/store/step_outputs.ts";
import type { StepOf, WorkflowDefinition } from "./definition.ts";
import { stepOfPlan } from "./to_plan.ts";

/** The words of the documents. */
export const RUN_STATUSES = ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export const STEP_STATUSES = [...RUN_STATUSES, "SKIPPED"] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

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

export interface WorkflowRunStep {
  /** Place in the plan: the same step of another item of a loop has another. */
  path: string;
  stepId: string;
  type: WorkflowDefinition["steps"][string]["type"];
  name: string;
  agentName: string | null;
  status: StepStatus;
  input: unknown;
  output: unknown;
  attempts: number;
  startedAt: Date | null;
  completedAt: Date | null;
  errorCode: string | null;
  errorMessage: string | null;
  /** The step around it, the branch of a fork_join, and how it joins. */
  parentStepId: string | null;
  branchName: string | null;
  joinPolicy: string | null;
  /** Of a loop around it, from 0. */
  loopIndex: number | null;
}

export interface LogLine {
  at: Date;
  level: "INFO" | "WARNING" | "ERROR";
  message: string;
  stepId: string | null;
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
  /** Of each workflow that has runs: those created since then by status, and the last. */
  counts(installationId: number, workflowIds: readonly string[], since: Date): Promise<RunCounts[]>;
  /** What has begun, in that order, then what has not. Throws NOT_FOUND. */
  steps(
    installationId: number,
    runId: string,
    page: { limit: number; offset: number },
  ): Promise<{ steps: WorkflowRunStep[]; total: number }>;
  /** Oldest first; made of the journal. Throws NOT_FOUND. */
  log(
    installationId: number,
    runId: string,
    page: { limit: number; offset: number },
  ): Promise<{ lines: LogLine[]; total: number }>;
  /** Where a run begins again: at the step, or without one at the first that is not over. Throws NOT_FOUND, REQUEST_INVALID. */
  pathOf(installationId: number, runId: string, stepId: string | undefined): Promise<string>;
}

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

const STEP_STATES: Record<StepRecord["state"] | "cancelled", StepStatus> = {
  running: "RUNNING",
  completed: "COMPLETED",
  failed: "FAILED",
  cancelled: "CANCELLED",
  skipped: "SKIPPED",
} as Record<StepRecord["state"] | "cancelled", StepStatus>;

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

interface StepRow {
  path: string;
  state: StepRecord["state"];
  attempts: number;
  output: unknown;
  output_start: string | null;
  request: unknown;
  started_at: Date;
  finished_at: Date | null;
  error_code: string | null;
  error_message: string | null;
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
                select run.state, count(*)::int as runs from workflow_run
                join run on run.installation_id = ${installationId} and run.id = workflow_run.run_id
                where workflow_run.installation_id = ${installationId} and workflow_run.workflow_id = asked.id
                  and workflow_run.created_at >= ${since}
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

    steps: (installationId, runId, { limit, offset }) =>
      within(installationId, async (sql) => {
        const { definition, isOver } = await readRun(sql, installationId, runId);
        const of = sql`step.installation_id = ${installationId} and step.run_id = ${runId} and ${isShown(sql)}`;
        const [count] = await sql<{ total: number }[]>`select count(*)::int as total from step where ${of}`;
        const known = outputColumns(sql, "shown");
        const rows = await sql<StepRow[]>`
          with page as materialized (
            select * from step where ${of} order by started_at, path limit ${limit} offset ${offset}
          ),
          shown as (
            select step.*, sum(${bytesRead(sql)}) over (order by started_at, path) as bytes from page step
          )
          select shown.path, shown.state, shown.attempts, shown.started_at, shown.finished_at, shown.error_code,
            shown.error_message, ${known.output} as output, ${known.start} as output_start,
            (select request from ${allAttempts(sql)} one where one.installation_id = ${installationId}
              and one.run_id = ${runId} and one.path = shown.path and request is not null
              order by number desc limit 1) as request
          from shown ${joinOutput(sql, { installationId, step: "shown" })}
          order by shown.started_at, shown.path`;
        const begun = rows.map((row) => toStep(row, definition));
        const names = await sql<{ name: string }[]>`
          select distinct ${lastId(sql)} as name from step where ${of} limit 2000`;
        const known_ = new Set(names.map(({ name }) => name));
        const rest = Object.keys(definition.steps).filter((id) => !known_.has(id));
        const free = Math.max(0, limit - rows.length);
        const from = Math.max(0, offset - count!.total);
        const later = rest.slice(from, from + free).map((id) => notBegun(id, definition, isOver));
        return { steps: [...begun, ...later], total: count!.total + rest.length };
      }),

    log: (installationId, runId, { limit, offset }) =>
      within(installationId, async (sql) => {
        await readRun(sql, installationId, runId);
        const of = sql`installation_id = ${installationId} and run_id = ${runId}`;
        const lines = sql`
          select created_at as at, 'INFO' as level, 'Run was accepted' as message, null::text as path, 0 as place from run
          where installation_id = ${installationId} and id = ${runId}
          union all
          select started_at, 'INFO', 'Run began', null, 1 from run
          where installation_id = ${installationId} and id = ${runId} and started_at is not null
          union all
          select started_at, 'INFO', 'Step began', path, 3 from step where ${of} and ${isShown(sql)}
          union all
          select coalesce(finished_at, started_at), 'WARNING', 'Attempt ' || number || ' ' ||
            case state when 'snoozed' then 'was put off' when 'uncertain' then 'has no known answer' else 'failed' end ||
            coalesce(': ' || error_message, ''), path, 4
          from attempt where ${of} and state in ('failed', 'snoozed', 'uncertain')
          union all
          select finished_at, case state when 'failed' then 'ERROR' else 'INFO' end,
            'Step ' || state || coalesce(': ' || error_message, ''), path,
            -- Before what begins at the same moment, but after its own begin.
            case when started_at = finished_at then 5 else 2 end
          from step where ${of} and ${
          isShown(sql)
        } and finished_at is not null and state in ('completed', 'failed', 'cancelled')
          union all
          select finished_at, case state when 'failed' then 'ERROR' else 'INFO' end,
            'Run ' || state || coalesce(': ' || error_message, ''), null, 6
          from run where installation_id = ${installationId} and id = ${runId} and finished_at is not null`;
        const [count] = await sql<{ total: number }[]>`select count(*)::int as total from (${lines}) line`;
        const rows = await sql<{ at: Date; level: LogLine["level"]; message: string; path: string | null }[]>`
          select at, level, message, path from (${lines}) line order by at, place, path limit ${limit} offset ${offset}`;
        return {
          lines: rows.map(({ path, ...line }) => ({ ...line, stepId: path === null ? null : stepOfPath(path) })),
          total: count!.total,
        };
      }),

    pathOf: (installationId, runId, stepId) =>
      within(installationId, async (sql) => {
        const { plan } = await readRun(sql, installationId, runId);
        if (stepId !== undefined) {
          const found = findPath(plan.root.steps, "root", stepId);
          if (found !== undefined) return found;
          throw new AppError(
            "REQUEST_INVALID",
            `Cannot retry the run: its workflow has no step "${stepId.slice(0, 100)}"`,
            {
              details: { faults: [{ path: "resume_from_step", message: "names no step of the run's version" }] },
            },
          );
        }
        const done = await sql<{ path: string }[]>`
          select path from step where installation_id = ${installationId} and run_id = ${runId} and state = 'completed'
            and path in (select json_array_elements_text(${
          JSON.stringify(plan.root.steps.map((step) => stepPath(step, "root")))
        }::text::json))`;
        const over = new Set(done.map(({ path }) => path));
        const open = plan.root.steps.map((step) => stepPath(step, "root")).find((path) => !over.has(path));
        return open ?? stepPath(plan.root.steps[0]!, "root");
      }),
  };
}

export function runUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find run "${id.slice(0, 44)}": there is none with this id`);
}

async function readRun(
  sql: TransactionSql,
  installationId: number,
  runId: string,
): Promise<{ definition: WorkflowDefinition; plan: Plan; isOver: boolean }> {
  const [row] = await sql<{ definition: WorkflowDefinition; plan: Plan; over: boolean }[]>`
    select definition, plan.body as plan, run.finished_at is not null as over from workflow_run
    join run on run.installation_id = ${installationId} and run.id = workflow_run.run_id
    join plan on plan.installation_id = ${installationId} and plan.id = run.plan_id
    join workflow_version on workflow_version.workflow_id = workflow_run.workflow_id
      and workflow_version.version = workflow_run.version
    where workflow_run.installation_id = ${installationId} and workflow_run.run_id = ${runId}`;
  if (!row) throw runUnknown(runId);
  return { definition: row.definition, plan: row.plan, isOver: row.over };
}

/** The path of the plan's first step that belongs to the workflow's step; in a loop that of its first item. */
function findPath(steps: readonly PlanStep[], above: string, stepId: string): string | undefined {
  for (const step of steps) {
    if (stepOfPlan(step.id) === stepId) return stepPath(step, above);
    for (const { item, steps: below } of listsOf(step)) {
      const found = findPath(
        below,
        item === undefined ? stepPath(step, above) : `${stepPath(step, above)}#${item}`,
        stepId,
      );
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** SQL: the id of the step that the row is of. */
function lastId(sql: Query) {
  return sql`split_part(substring(step.path from '[^/]*$'), '#', 1)`;
}

/** SQL: rows of the workflow's own steps, not of those that the program adds, nor of items and branches. */
function isShown(sql: Query) {
  return sql`path <> 'root' and strpos(substring(path from '[^/]*$'), '__') = 0 and strpos(substring(path from '[^/]*$'), '#') = 0`;
}

function stepOfPath(path: string): string {
  return stepOfPlan(path.split("/").at(-1)!.split("#")[0]!);
}

function toStep(row: StepRow, definition: WorkflowDefinition): WorkflowRunStep {
  const parts = parsePath(row.path) ?? [];
  const stepId = stepOfPath(row.path);
  const around = parts.slice(1, -1).filter(({ item }) => item !== undefined);
  const holder = around.at(-1);
  const first = holder && parts[parts.indexOf(holder) + 1];
  const holderId = holder && stepOfPlan(holder.id);
  const of = holderId === undefined ? undefined : definition.steps[holderId];
  const loop = around.findLast(({ id }) => definition.steps[stepOfPlan(id)]?.type === "loop");
  const { output } = readShown({ output: row.output, outputStart: row.output_start });
  return {
    ...factsOf(stepId, definition),
    path: row.path,
    status: STEP_STATES[row.state] ?? "RUNNING",
    input: inputOf(row.request),
    output: output ?? null,
    attempts: row.attempts,
    startedAt: row.started_at,
    completedAt: row.finished_at,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    parentStepId: holderId === stepId ? null : holderId ?? null,
    branchName: of?.type === "fork_join" ? branchOf(of, stepOfPlan(first!.id)) : null,
    joinPolicy: of?.type === "fork_join" ? of.fork_join_config.join_policy : null,
    loopIndex: loop?.item ?? null,
  };
}

/** By the step: the database keeps no order of branches. */
function branchOf({ fork_join_config: { branches } }: StepOf<"fork_join">, stepId: string): string | null {
  return Object.entries(branches).find(([, { steps }]) => steps.includes(stepId))?.[0] ?? null;
}

/** What an agent was sent. */
function inputOf(request: unknown): unknown {
  return typeof request === "object" && request !== null && "data" in request ? request.data : request ?? null;
}

function notBegun(stepId: string, definition: WorkflowDefinition, isOver: boolean): WorkflowRunStep {
  return {
    ...factsOf(stepId, definition),
    path: "",
    status: isOver ? "SKIPPED" : "PENDING",
    input: null,
    output: null,
    attempts: 0,
    startedAt: null,
    completedAt: null,
    errorCode: null,
    errorMessage: null,
    parentStepId: null,
    branchName: null,
    joinPolicy: null,
    loopIndex: null,
  };
}

function factsOf(stepId: string, { steps }: WorkflowDefinition) {
  const step = steps[stepId];
  return {
    stepId,
    type: step?.type ?? "agent",
    name: step?.name ?? stepId,
    agentName: step?.type === "agent" ? step.agent_name : null,
  } as const;
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
    run.started_at, run.finished_at, run.cancel_requested_by, cancel_reason, run.error_code, run.error_message,
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
