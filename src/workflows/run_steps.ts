/** Steps of a run of a workflow, as the API shows them. */

import type { Database, Query, TransactionSql } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import type { StepRecord } from "../engine/journal.ts";
import { listsOf, type PlanStep } from "../engine/plan.ts";
import { parsePath, stepPath } from "../engine/step_path.ts";
import { allAttempts } from "../flows/store/attempts.ts";
import { bytesRead, joinOutput, outputColumns, readShown } from "../flows/store/step_outputs.ts";
import type { StepOf, WorkflowDefinition } from "./definition.ts";
import { ownSteps, readRun, stepOfPath } from "./run_read.ts";
import { RUN_STATUSES } from "./runs.ts";
import { stepOfPlan } from "./plan_parts.ts";

export const STEP_STATUSES = [...RUN_STATUSES, "SKIPPED"] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

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

export interface WorkflowRunSteps {
  /** What has begun, in that order, then what has not. Throws NOT_FOUND. */
  steps(
    installationId: number,
    runId: string,
    page: { limit: number; offset: number },
  ): Promise<{ steps: WorkflowRunStep[]; total: number }>;
  /** Where a run begins again: at the step, or without one at the first that is not over. Throws NOT_FOUND, REQUEST_INVALID. */
  pathOf(installationId: number, runId: string, stepId: string | undefined): Promise<string>;
}

const STEP_STATES: Record<StepRecord["state"] | "cancelled", StepStatus> = {
  running: "RUNNING",
  completed: "COMPLETED",
  failed: "FAILED",
  cancelled: "CANCELLED",
  skipped: "SKIPPED",
} as Record<StepRecord["state"] | "cancelled", StepStatus>;

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

export function createWorkflowRunSteps(db: Pick<Database, "scoped">): WorkflowRunSteps {
  const within = <T>(installationId: number, body: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, body);

  return {
    steps: (installationId, runId, { limit, offset }) =>
      within(installationId, async (sql) => {
        const { definition, isOver } = await readRun(sql, installationId, runId);
        const of = sql`step.installation_id = ${installationId} and step.run_id = ${runId}`;
        const own = ownSteps(sql, { of, isOver });
        const [count] = await sql<{ total: number }[]>`select count(*)::int as total from (${own}) own`;
        const known = outputColumns(sql, "shown");
        const order = sql`own.started_at, own.started_at is distinct from own.finished_at, own.path`;
        const rows = await sql<StepRow[]>`
          with own as materialized (select * from (${own}) own order by ${order} limit ${limit} offset ${offset}),
          shown as (
            select step.*, own.has_row, own.path as own_path, own.state as own_state, own.started_at as own_started_at,
              sum(${bytesRead(sql)}) over (order by ${order}) as bytes, row_number() over (order by ${order}) as place
            from own join step on ${of} and step.path = own.row_path
          )
          select shown.own_path as path, shown.own_state as state, shown.attempts, shown.own_started_at as started_at,
            case when shown.own_state <> 'running' then shown.finished_at end as finished_at, shown.error_code,
            shown.error_message, case when has_row then ${known.output} end as output,
            case when has_row then ${known.start} end as output_start,
            (select request from ${allAttempts(sql)} one where one.installation_id = ${installationId}
              and one.run_id = ${runId} and one.path = shown.own_path and request is not null
              order by number desc limit 1) as request
          from shown ${joinOutput(sql, { installationId, step: "shown" })}
          order by shown.place`;
        const begun = rows.map((row) => toStep(row, definition));
        const names = await sql<{ name: string }[]>`
          select distinct ${lastId(sql)} as name from (${own}) own limit 2000`;
        const known_ = new Set(names.map(({ name }) => name));
        const rest = Object.keys(definition.steps).filter((id) => !known_.has(id));
        const free = Math.max(0, limit - rows.length);
        const from = Math.max(0, offset - count!.total);
        const later = rest.slice(from, from + free).map((id) => notBegun(id, definition, isOver));
        return { steps: [...begun, ...later], total: count!.total + rest.length };
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
  return sql`split_part(substring(own.path from '[^/]*$'), '#', 1)`;
}

function toStep(row: StepRow, definition: WorkflowDefinition): WorkflowRunStep {
  const parts = parsePath(row.path) ?? [];
  const stepId = stepOfPath(row.path);
  const around = parts.slice(1, -1).filter(({ item }) => item !== undefined);
  // Each step of a parallel one stands in a part of its own name.
  const holder = around.findLast(({ id }) => stepOfPlan(id) !== stepId);
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
    parentStepId: holderId ?? null,
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
