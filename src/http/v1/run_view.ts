/** Runs of workflows and their steps, as the API answers them. */

import { z } from "zod";
import { anyJson, instant } from "../api/schemas.ts";
import { STEP_TYPES } from "../../workflows/definition.ts";
import { STEP_STATUSES, type WorkflowRunStep } from "../../workflows/run_steps.ts";
import { RUN_STATUSES, runIdOf, type WorkflowRun } from "../../workflows/runs.ts";
import { uuid } from "./ids.ts";

export const runSchema = z.object({
  id: uuid,
  run_id: z.string().meta({ description: "run-<id>; taken in paths as well as the id" }),
  workflow_id: z.string().meta({ description: "wf-<name>-<version>" }),
  workflow_name: z.string(),
  workflow_definition_id: uuid,
  workflow_version: z.int(),
  status: z.enum(RUN_STATUSES),
  input_data: anyJson,
  output_data: anyJson.meta({
    description: "What its last step gave; null before its end, and where it is larger than 1 MB (in lists 32 kB)",
  }),
  triggered_by: z.string(),
  correlation_id: z.string().nullable(),
  retry_of: z.string().nullable().meta({ description: "The run that it was begun again from" }),
  paused_at: instant.nullable(),
  created_at: instant,
  updated_at: instant,
  started_at: instant.nullable(),
  completed_at: instant.nullable(),
  cancelled_at: instant.nullable(),
  cancelled_by: z.string().nullable(),
  cancel_reason: z.string().nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable().meta({
    description: "Why it failed; of a PENDING run, why its message is not published yet",
  }),
}).meta({ id: "WorkflowRun" });

export const RUN_EXAMPLE = {
  id: "018bcfe5-6800-4000-8abc-0a1b2c3d4e5f",
  run_id: "run-018bcfe5-6800-4000-8abc-0a1b2c3d4e5f",
  workflow_id: "wf-triage-1",
  workflow_name: "triage",
  workflow_definition_id: "6b0d3c52-54a1-4a0c-8f2e-3d1b7a9c2e10",
  workflow_version: 1,
  status: "PENDING",
  input_data: { text: "The server is down" },
  output_data: null,
  triggered_by: "ops",
  correlation_id: "7d6f2b1e-5d0c-4b52-9c8b-0e6f7a1d2c3b",
  retry_of: null,
  paused_at: null,
  created_at: "2026-11-29T09:00:00.000Z",
  updated_at: "2026-11-29T09:00:00.000Z",
  started_at: null,
  completed_at: null,
  cancelled_at: null,
  cancelled_by: null,
  cancel_reason: null,
  error_code: null,
  error_message: null,
} as const;

export const stepSchema = z.object({
  id: z.string().meta({ description: "Place in the run's plan; another for each item of a loop" }),
  run_id: z.string(),
  step_id: z.string(),
  step_name: z.string(),
  step_type: z.enum(STEP_TYPES),
  agent_name: z.string().nullable(),
  status: z.enum(STEP_STATUSES),
  input_data: anyJson.meta({ description: "What the agent was sent; null where nothing was" }),
  output_data: anyJson,
  attempts: z.int(),
  started_at: instant.nullable(),
  completed_at: instant.nullable(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  parent_step_id: z.string().nullable(),
  branch_name: z.string().nullable(),
  join_policy: z.string().nullable(),
  loop_index: z.int().nullable(),
}).meta({ id: "WorkflowRunStep" });

export const STEP_EXAMPLE = {
  id: "root/classify",
  run_id: "run-018bcfe5-6800-4000-8abc-0a1b2c3d4e5f",
  step_id: "classify",
  step_name: "classify",
  step_type: "agent",
  agent_name: "classifier",
  status: "COMPLETED",
  input_data: { text: "The server is down" },
  output_data: { urgent: true, reason: "outage" },
  attempts: 1,
  started_at: "2026-11-29T09:00:00.100Z",
  completed_at: "2026-11-29T09:00:00.400Z",
  error_code: null,
  error_message: null,
  parent_step_id: null,
  branch_name: null,
  join_policy: null,
  loop_index: null,
} as const;

const time = (at: Date | null) => at?.toISOString() ?? null;

export function runJson(run: WorkflowRun) {
  return {
    id: run.id,
    run_id: runIdOf(run.id),
    workflow_id: `wf-${run.workflowName}-${run.version}`,
    workflow_name: run.workflowName,
    workflow_definition_id: run.workflowId,
    workflow_version: run.version,
    status: run.status,
    input_data: run.input,
    output_data: run.output,
    triggered_by: run.triggeredBy,
    correlation_id: run.correlationId,
    retry_of: runIdOf(run.retryOf),
    paused_at: time(run.pausedAt),
    created_at: run.createdAt.toISOString(),
    updated_at: run.updatedAt.toISOString(),
    started_at: time(run.startedAt),
    completed_at: time(run.completedAt),
    cancelled_at: time(run.cancelledAt),
    cancelled_by: run.cancelledBy,
    cancel_reason: run.cancelReason,
    error_code: run.errorCode,
    error_message: run.errorMessage,
  };
}

/** A run that was just accepted, before anything of it began. */
export function acceptedRunJson(
  run:
    & Pick<
      WorkflowRun,
      "id" | "workflowId" | "workflowName" | "version" | "input" | "triggeredBy" | "correlationId" | "createdAt"
    >
    & { retryOf?: string },
) {
  const { retryOf = null, ...facts } = run;
  return runJson({
    ...facts,
    status: "PENDING",
    output: null,
    pausedAt: null,
    updatedAt: facts.createdAt,
    startedAt: null,
    completedAt: null,
    cancelledAt: null,
    cancelledBy: null,
    cancelReason: null,
    errorCode: null,
    errorMessage: null,
    retryOf,
  });
}

export function stepJson(runId: string, step: WorkflowRunStep) {
  return {
    id: step.path === "" ? step.stepId : step.path,
    run_id: runIdOf(runId),
    step_id: step.stepId,
    step_name: step.name,
    step_type: step.type,
    agent_name: step.agentName,
    status: step.status,
    input_data: step.input,
    output_data: step.output,
    attempts: step.attempts,
    started_at: time(step.startedAt),
    completed_at: time(step.completedAt),
    error_code: step.errorCode,
    error_message: step.errorMessage,
    parent_step_id: step.parentStepId,
    branch_name: step.branchName,
    join_policy: step.joinPolicy,
    loop_index: step.loopIndex,
  };
}
