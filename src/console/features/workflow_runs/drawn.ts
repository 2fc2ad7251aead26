/** A run of a workflow in the form that the waterfall of runs draws. */

import { say } from "../../words/say.ts";
import type { RunStep } from "../runs/api.ts";
import type { DrawnRun } from "../runs/waterfall_layout.ts";
import type { WorkflowRun, WorkflowRunStep } from "./api.ts";

const STATES: Record<WorkflowRunStep["status"], RunStep["state"]> = {
  PENDING: "not_started",
  SKIPPED: "not_started",
  RUNNING: "running",
  COMPLETED: "completed",
  FAILED: "failed",
  CANCELLED: "cancelled",
};

const RUN_STATES: Record<WorkflowRun["status"], DrawnRun["state"]> = {
  PENDING: "pending",
  RUNNING: "running",
  COMPLETED: "completed",
  FAILED: "failed",
  CANCELLED: "cancelled",
};

export function drawnRun(run: WorkflowRun, steps: readonly WorkflowRunStep[]): DrawnRun {
  return {
    state: RUN_STATES[run.status],
    pausedAt: at(run.paused_at),
    replay: 0,
    eventId: null,
    eventType: null,
    event: null,
    createdAt: new Date(run.created_at),
    startedAt: at(run.started_at),
    finishedAt: at(run.completed_at ?? run.cancelled_at),
    steps: steps.map(drawnStep),
  };
}

function drawnStep(step: WorkflowRunStep, index: number): RunStep {
  return {
    id: step.id,
    path: step.id,
    number: index + 1,
    name: step.loop_index === null
      ? step.step_name
      : say("{step}, item {number}", { step: step.step_name, number: step.loop_index + 1 }),
    action: step.step_type,
    title: step.agent_name ?? step.step_type,
    state: STATES[step.status],
    startedAt: at(step.started_at),
    finishedAt: at(step.completed_at),
    idempotencyKey: null,
    input: step.input_data,
    output: step.output_data,
    outputTruncated: false,
    outputBytes: null,
    error: step.error_code === null ? null : { code: step.error_code, message: step.error_message ?? step.error_code },
    // The API counts attempts and keeps their times to itself: the bar is the step's own.
    attempts: [],
  };
}

function at(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
