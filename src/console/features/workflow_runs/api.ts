/** Runs of workflows: the list, one with its steps and log, and what a person may do with it. */

import type { Api } from "../../shell/client.ts";
import type { Tone } from "../../ui/tag.tsx";
import { RUN_STATES, RUN_TONES } from "../../ui/tag.tsx";
import type { Answer, Wire } from "../../wire.ts";
import { say } from "../../words/say.ts";

export type WorkflowRun = Wire<"WorkflowRun">;
export type WorkflowRunStep = Wire<"WorkflowRunStep">;
export type LogLine = Wire<"WorkflowRunLogLine">;

export type RunFilter = Partial<
  Record<"status" | "workflow_definition_id" | "created_after", string> & Record<"page", number>
>;

const ACTIVE = new Set<string>(["PENDING", "RUNNING"]);

export function isActive({ status }: Pick<WorkflowRun, "status">): boolean {
  return ACTIVE.has(status);
}

/** Of a run that is named by its id, with or without run-. */
export function runPath(runId: string): string {
  return `/runs/${runId.replace(/^run-/, "")}`;
}

export function runWords(
  { status, paused_at }: Pick<WorkflowRun, "status" | "paused_at">,
): { text: string; tone: Tone } {
  const state = status.toLowerCase();
  if (paused_at !== null && ACTIVE.has(status)) return { text: say("Paused"), tone: "warn" };
  return { text: RUN_STATES[state] ?? status, tone: RUN_TONES[state] ?? "idle" };
}

export function listRuns(api: Api, filter: RunFilter, signal?: AbortSignal): Promise<Answer<"get_api_v1_runs">> {
  return api.get("/runs", { ...filter }, signal);
}

export function getRun(api: Api, id: string, signal?: AbortSignal): Promise<WorkflowRun> {
  return api.get(`/runs/${id}`, undefined, signal);
}

export function getSteps(
  api: Api,
  id: string,
  page: number,
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_runs_run_id_steps">> {
  return api.get(`/runs/${id}/steps`, { page, page_size: STEPS_AT_ONCE }, signal);
}

/** As many as a page may have where MAX_PAGE_SIZE is not lowered. */
export const STEPS_AT_ONCE = 100;

export function getLog(
  api: Api,
  id: string,
  page: number,
  signal?: AbortSignal,
): Promise<Answer<"get_api_v1_runs_run_id_logs">> {
  return api.get(`/runs/${id}/logs`, { page, page_size: 50 }, signal);
}

export function cancelRun(api: Api, id: string, reason: string): Promise<WorkflowRun> {
  return api.send("POST", `/runs/${id}/cancel`, { reason: reason.trim() === "" ? null : reason });
}

export function pauseRun(api: Api, id: string): Promise<WorkflowRun> {
  return api.send("POST", `/runs/${id}/pause`);
}

export function resumeRun(api: Api, id: string): Promise<WorkflowRun> {
  return api.send("POST", `/runs/${id}/resume`);
}

/** `from`: id of a step; undefined: where it failed. */
export function retryRun(api: Api, id: string, from: string | undefined): Promise<WorkflowRun> {
  return api.create(`/runs/${id}/retry`, { resume_from_step: from ?? null });
}
