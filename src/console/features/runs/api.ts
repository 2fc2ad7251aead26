/** Runs of flows: the list, one run with its steps and attempts, and its retry, cancel, pause and resume. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";

export type RunState = Wire<"RunState">;

export interface RunError {
  code: string;
  message: string;
}

/** One row of the list. */
export interface Run {
  id: string;
  /** In a list of all add-ons. */
  addon?: { key: string; name: string };
  flowId: string;
  flowName: string;
  flowVersion: number;
  /** Null: no event started it. */
  eventId: string | null;
  /** Null without an event, and after retention deleted the event. */
  eventType: string | null;
  state: RunState;
  trigger: Wire<"Run">["trigger"];
  /** 0: the event's own run. Higher: a replay requested by a person. */
  replay: number;
  /** Since when a run that is not over is paused; while it is running, it pauses after its present call. */
  pausedAt: Date | null;
  error: RunError | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  durationMs: number | null;
  /** The step that it failed at: its place from 1, and what people call it. */
  failedStep: { number: number; name: string } | null;
}

/** Version of the flow: the one that the run started with, or the current one. */
export type RetryVersion = "same" | "present";

/** How a retry of a failed run would continue with a version of its flow. */
export interface RetryPlan {
  version: number;
  /** Finished steps that are not repeated. */
  kept: number;
  /** From 1; null: no step is left, and the run completes. */
  fromStep: number | null;
  /** Why this version cannot be used. */
  refusal?: string;
}

export interface RunAttempt {
  number: number;
  /** snoozed: postponed by the rate limit or a 429; uncertain: in progress when the run was cancelled. */
  state: Wire<"Attempt">["state"];
  startedAt: Date;
  finishedAt: Date | null;
  httpStatus: number | null;
  error: RunError | null;
  /** Redacted picture of what was sent. */
  request: unknown;
}

export interface RunStep {
  id: string;
  path: string;
  /** From 1, in the order of the plan. */
  number: number;
  /** As its author named it, else what it does: "Get tags". */
  name: string;
  action: string;
  /** "GET /workspaces/{workspaceId}/tags" */
  title: string;
  state: Wire<"Step">["state"];
  startedAt: Date | null;
  finishedAt: Date | null;
  idempotencyKey: string | null;
  input: unknown;
  output: unknown;
  outputTruncated: boolean;
  /** Of the whole, as JSON; null where there is none. */
  outputBytes: number | null;
  error: RunError | null;
  attempts: RunAttempt[];
}

/** As much of a flow's definition as a run shows. */
export interface RunDefinition {
  name: string;
  triggerEventTypes: string[];
  conditions: unknown;
  actions: { id: string; maxAttempts: number | null }[];
  /** The whole, as it was answered. */
  whole: unknown;
}

export interface RunDetail extends Run {
  event: { id: string; type: string; receivedAt: Date; subject: string | null } | null;
  /** `currentVersion` null: the flow was deleted. */
  flow: { id: string; name: string; version: number; currentVersion: number | null; enabled: boolean };
  /** Event received until run started. */
  queuedMs: number | null;
  /** Null where the flow was changed since. */
  definition: RunDefinition | null;
  canRetry: boolean;
  retryReason: string | null;
  /** Null where the run cannot be retried, or not by this viewer. */
  retry: Record<RetryVersion, RetryPlan> | null;
  nextAttemptAt: Date | null;
  /** Why an active run is waiting. */
  waitingReason: string | null;
  /** What it was begun with; null where that is the body of its event, or nothing. */
  input: RunValue | null;
  /** What its end gave. */
  output: RunValue | null;
  /** What its end said. */
  endMessage: string | null;
  steps: RunStep[];
}

export interface RunValue {
  value: unknown;
  /** The beginning of a larger one. */
  isCut: boolean;
}

/** What the list is narrowed to; times as RFC 3339 text. */
export interface RunFilter {
  state?: string;
  flowId?: string;
  eventId?: string;
  from?: string;
  to?: string;
}

export interface RunPage {
  runs: Run[];
  /** Null: there are no more. A page may be short, even empty, and have one. */
  nextCursor: string | null;
  /** Of a list of all add-ons: those whose runs are missing, and why. */
  missing?: { name: string; why: string }[];
}

/** One page of the runs, newest first. */
export async function listRuns(
  api: Api,
  { filter, cursor, limit = 50, signal }: { filter: RunFilter; cursor?: string; limit?: number; signal?: AbortSignal },
): Promise<RunPage> {
  const { state, flowId, eventId, from, to } = filter;
  const { runs, pagination } = await api.get<Answer<"get_ui_runs">>(
    "/runs",
    { state, flow_id: flowId, event_id: eventId, from, to, cursor, limit },
    signal,
  );
  return { runs: runs.map(toRun), nextCursor: pagination.next_cursor };
}

/** The runs of all add-ons of the workspace, newest first, and the names of add-ons that do not answer. */
export async function listRunsTogether(
  api: Api,
  { filter, cursor, signal }: { filter: RunFilter; cursor?: string; signal?: AbortSignal },
): Promise<RunPage> {
  const { state, from, to } = filter;
  const { runs, pagination, addons } = await api.get<Answer<"get_ui_together_runs">>(
    "/together/runs",
    { state, from, to, cursor },
    signal,
  );
  const names = new Map(addons.map(({ key, name }) => [key, name]));
  return {
    runs: runs.map(({ addon, ...run }) => ({ ...toRun(run), addon: { key: addon, name: names.get(addon) ?? addon } })),
    nextCursor: pagination.next_cursor,
    missing: addons.flatMap(({ name, problem }) => problem === null ? [] : [{ name, why: problem.message }]),
  };
}

/** Throws ApiError 404 for a run that retention deleted, or of another workspace. */
export async function getRun(api: Api, id: string, signal?: AbortSignal): Promise<RunDetail> {
  return toDetail(await api.get<Answer<"get_ui_runs_id">>(`/runs/${encodeURIComponent(id)}`, undefined, signal));
}

/**
 * Resumes at the failed step, under the same Idempotency-Key. Throws ApiError 409 when the run did not fail, or the present
 * version does not begin with its finished steps.
 */
export async function retryRun(api: Api, id: string, version: RetryVersion): Promise<void> {
  await api.create(`/runs/${encodeURIComponent(id)}/retry`, { version });
}

/**
 * Begins a new run at the step of path `from`; `input` undefined: as it was. Throws ApiError 409 where that cannot be, and 400 for
 * an input that does not fit.
 */
export async function runAgain(
  api: Api,
  id: string,
  wish: { from: string; version: "ran" | "present"; input?: unknown },
): Promise<{ runId: string; kept: number }> {
  const path = `/runs/${encodeURIComponent(id)}/again`;
  const { run_id, kept } = await api.create<Answer<"post_ui_runs_id_again">>(path, wish);
  return { runId: run_id, kept };
}

/** Ends the run; a call in progress is aborted. Throws ApiError 409 when it is over. */
export async function cancelRun(api: Api, id: string): Promise<void> {
  await change(api, id, "cancel");
}

/** Gives the state: "running" while its present call is awaited. Throws ApiError 409 when it is over. */
export async function pauseRun(api: Api, id: string): Promise<RunState> {
  return await change(api, id, "pause");
}

/** Throws ApiError 409 when it is not paused. */
export async function resumeRun(api: Api, id: string): Promise<void> {
  await change(api, id, "resume");
}

async function change(api: Api, id: string, wish: "cancel" | "pause" | "resume"): Promise<RunState> {
  const { state } = await api.send<Answer<"post_ui_runs_id_cancel">>("POST", `/runs/${encodeURIComponent(id)}/${wish}`);
  return state;
}

export function toRun(wire: Wire<"Run">): Run {
  return {
    id: wire.id,
    flowId: wire.flow_id,
    flowName: wire.flow_name,
    flowVersion: wire.flow_version,
    eventId: wire.event_id,
    eventType: wire.event_type,
    state: wire.state,
    trigger: wire.trigger,
    replay: wire.replay,
    pausedAt: dateOf(wire.paused_at),
    error: toError(wire.error),
    createdAt: new Date(wire.created_at),
    startedAt: dateOf(wire.started_at),
    finishedAt: dateOf(wire.finished_at),
    durationMs: wire.duration_ms,
    failedStep: wire.failed_step === null
      ? null
      : { number: wire.failed_step_number ?? 0, name: wire.failed_step_name ?? wire.failed_step },
  };
}

function toDetail(wire: Wire<"RunDetail">): RunDetail {
  const { event, flow, definition } = wire;
  return {
    ...toRun(wire),
    event: event &&
      { id: event.id, type: event.event_type, receivedAt: new Date(event.received_at), subject: event.subject },
    flow: {
      id: flow.id,
      name: flow.name,
      version: flow.version,
      currentVersion: flow.current_version,
      enabled: flow.enabled,
    },
    queuedMs: wire.queued_ms,
    definition: definition && {
      name: definition.name,
      triggerEventTypes: definition.trigger_event_types,
      conditions: definition.conditions,
      actions: definition.actions.map((step) => ({
        id: step.id,
        maxAttempts: "retry" in step ? step.retry?.max_attempts ?? null : null,
      })),
      whole: definition,
    },
    canRetry: wire.can_retry,
    retryReason: wire.retry_reason,
    retry: wire.retry && { same: toRetryPlan(wire.retry.same), present: toRetryPlan(wire.retry.present) },
    nextAttemptAt: dateOf(wire.next_attempt_at),
    waitingReason: wire.waiting_reason,
    input: toValue(wire.input, wire.input_truncated),
    output: toValue(wire.output, wire.output_truncated),
    endMessage: wire.end_message,
    steps: wire.steps.map(toStep),
  };
}

function toValue(value: unknown, isCut: boolean): RunValue | null {
  return value === null ? null : { value, isCut };
}

function toRetryPlan({ from_step, ...same }: Wire<"RetryPlan">): RetryPlan {
  return { ...same, fromStep: from_step };
}

function toStep(
  { started_at, finished_at, idempotency_key, output_truncated, output_bytes, attempts, error, ...same }: Wire<"Step">,
): RunStep {
  return {
    ...same,
    startedAt: dateOf(started_at),
    finishedAt: dateOf(finished_at),
    idempotencyKey: idempotency_key,
    outputTruncated: output_truncated,
    outputBytes: output_bytes,
    error: toError(error),
    attempts: attempts.map((attempt) => ({
      number: attempt.number,
      state: attempt.state,
      startedAt: new Date(attempt.started_at),
      finishedAt: dateOf(attempt.finished_at),
      httpStatus: attempt.http_status,
      error: toError(attempt.error),
      request: attempt.request,
    })),
  };
}

/** An error without a message is shown by its code. */
function toError(error: Wire<"RunError"> | null): RunError | null {
  return error && { code: error.code, message: error.message ?? error.code };
}

function dateOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}
