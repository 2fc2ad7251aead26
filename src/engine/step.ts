/** The step kinds, as a table: how each is walked. A finished step returns its recorded output and is never tried again. */

import { Buffer } from "node:buffer";
import type { Action, ActionResult } from "../actions/action.ts";
import { backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import type { OnPoint } from "../crash_point.ts";
import { AppError, toAppError } from "../errors.ts";
import type { Job } from "../queue/queue.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { Journal, RunRecord, StepHistory } from "./journal.ts";
import { resolve } from "./mapping.ts";
import type { ActionStep, PlanStep, SequenceStep } from "./plan.ts";
import type { EngineObserver } from "./run.ts";
import { buildScope, deliveryFacts, installationFacts, type StepResult } from "./scope.ts";

export interface StepDeps {
  journal: Journal;
  actions: ReadonlyMap<string, Action>;
  clock: Clock;
  tracing: Tracing;
  observer: EngineObserver;
  /** Most bytes of JSON that a step's output may have. */
  maxOutputBytes: number;
  onPoint?: OnPoint;
}

export type StepEnd =
  | { kind: "completed"; output: unknown }
  | { kind: "failed"; error: AppError }
  /** The run goes on later; `retry` says that a try failed, else the step only waits. */
  | { kind: "suspended"; delayMs: number; reason: string; retry: boolean };

/** One pass over the plan of one run. */
export interface Walk {
  run: RunRecord;
  job: Job;
  /** Outputs of the finished steps, in the order of the plan: what later steps may name. */
  results: StepResult[];
  history: Map<string, StepHistory>;
  signal: AbortSignal;
  traceparent: string;
}

type Walker<Step extends PlanStep> = (step: Step, path: string, walk: Walk, deps: StepDeps) => Promise<StepEnd>;

const WALKERS: { [Kind in PlanStep["kind"]]: Walker<Extract<PlanStep, { kind: Kind }>> } = {
  sequence: walkSequence,
  action: walkAction,
};

/** Walks `step`; `parentPath` is "" for the plan's root. Throws LEASE_LOST when the run has another owner by now. */
export function walkStep(step: PlanStep, parentPath: string, walk: Walk, deps: StepDeps): Promise<StepEnd> {
  const path = stepPath(step, parentPath);
  return (WALKERS[step.kind] as Walker<PlanStep>)(step, path, walk, deps);
}

/** What names a step in the journal; `parentPath` is "" for the plan's root. */
export function stepPath(step: PlanStep, parentPath: string): string {
  return parentPath === "" ? step.id : `${parentPath}/${step.id}`;
}

/** What every try of a step carries as its Idempotency-Key, also after a person asked for the run again. */
export function idempotencyKey(runId: string, path: string): string {
  return `${runId}/${path}`;
}

async function walkSequence(step: SequenceStep, path: string, walk: Walk, deps: StepDeps): Promise<StepEnd> {
  let last: StepEnd = { kind: "completed", output: null };
  for (const child of step.steps) {
    last = await walkStep(child, path, walk, deps);
    if (last.kind !== "completed") return last;
    walk.results.push({ id: child.id, output: last.output });
  }
  return last;
}

async function walkAction(step: ActionStep, path: string, walk: Walk, deps: StepDeps): Promise<StepEnd> {
  const { run, job } = walk;
  const { journal } = deps;
  const history = walk.history.get(path);
  if (history?.state === "completed") return { kind: "completed", output: history.output };
  const attempt = (history?.attempts ?? 0) + 1;

  const fail = async (error: AppError): Promise<StepEnd> => {
    await journal.record({
      job,
      runId: run.id,
      step: { ...recordOf(step, path), state: "failed", attempts: history?.attempts ?? 0, ...errorFields(error) },
    });
    return { kind: "failed", error };
  };
  if (history?.uncertain && step.onUncertain === "stop") {
    return fail(
      new AppError(
        "STEP_UNCERTAIN",
        `Cannot tell whether step "${step.id}" took effect: its answer was never recorded`,
      ),
    );
  }
  const action = deps.actions.get(step.action);
  if (!action) {
    return fail(new AppError("OPERATION_UNKNOWN", `Cannot run step "${step.id}": no action "${step.action}"`));
  }
  let input: unknown;
  try {
    input = resolve(step.input, buildScope({ ...scopeInput(run), results: walk.results }));
  } catch (error) {
    return fail(toAppError(error));
  }

  const call = {
    input,
    tenant: { installationId: run.installationId, workspaceId: run.workspaceId },
    runId: run.id,
    stepPath: path,
    attempt,
    idempotencyKey: idempotencyKey(run.id, path),
    signal: walk.signal,
  };
  const external = action.effect === "external";
  if (external) {
    await journal.record({
      job,
      runId: run.id,
      run: run.state === "running" ? undefined : { state: "running" },
      step: { ...recordOf(step, path), state: "running", attempts: attempt },
      attempt: { path, number: attempt, state: "started", request: await action.describe(call) },
    });
    run.state = "running";
  }
  deps.onPoint?.("before_call");
  const span = deps.tracing.startSpan("step", {
    parent: walk.traceparent,
    attributes: { "timewire.step": path, "timewire.attempt": attempt, "timewire.action": step.action },
  });
  const startedMs = deps.clock.now();
  const result = limitOutput(await act(action, call), deps.maxOutputBytes);
  const durationMs = deps.clock.now() - startedMs;
  if (result.outcome === "failed") span.recordError(result.error.code);
  span.end();
  deps.onPoint?.("after_call");
  return await settleTry({ step, path, walk, deps, attempt, external, history, result, durationMs });
}

interface Try {
  step: ActionStep;
  path: string;
  walk: Walk;
  deps: StepDeps;
  attempt: number;
  external: boolean;
  history: StepHistory | undefined;
  result: ActionResult;
  durationMs: number;
}

/** Records how a try ended and says how the walk goes on. */
async function settleTry(tried: Try): Promise<StepEnd> {
  const { step, path, walk, deps, attempt, external, history, result, durationMs } = tried;
  const { run, job } = walk;
  const fact = { run, path, action: step.action, attempt, durationMs };
  const record = { ...recordOf(step, path), attempts: attempt };
  const attemptRecord = { path, number: attempt };

  if (result.outcome === "done") {
    await deps.journal.record({
      job,
      runId: run.id,
      step: { ...record, state: "completed", output: result.output },
      attempt: external ? { ...attemptRecord, state: "succeeded", httpStatus: result.httpStatus } : undefined,
    });
    deps.observer.stepAttempted({ ...fact, outcome: "succeeded", httpStatus: result.httpStatus });
    return { kind: "completed", output: result.output };
  }

  if (result.outcome === "snooze") {
    await deps.journal.record({
      job,
      runId: run.id,
      step: { ...record, state: "running" },
      attempt: external ? { ...attemptRecord, state: "snoozed" } : undefined,
    });
    deps.observer.stepAttempted({ ...fact, outcome: "snoozed", retryInMs: result.delayMs });
    return { kind: "suspended", delayMs: result.delayMs, reason: result.reason, retry: false };
  }

  const { error, httpStatus } = result;
  const failures = (history?.failures ?? 0) + 1;
  // Sent, and no answer came: whether it took effect is unknown, and the step may not want to be sent twice.
  const stopped = error.details.sent === true && step.onUncertain === "stop";
  const again = error.retryable && !stopped && failures < step.retry.maxAttempts;
  await deps.journal.record({
    job,
    runId: run.id,
    step: { ...record, state: again ? "running" : "failed", ...errorFields(error) },
    // Of every action: the recorded failures are what the retry policy counts.
    attempt: { ...attemptRecord, state: "failed", httpStatus, ...errorFields(error) },
  });
  const delayMs = again ? Math.max(result.retryAfterMs ?? 0, backoffMs(failures, step.retry)) : undefined;
  deps.observer.stepAttempted({ ...fact, outcome: "failed", httpStatus, errorCode: error.code, retryInMs: delayMs });
  return delayMs === undefined
    ? { kind: "failed", error }
    : { kind: "suspended", delayMs, reason: error.message, retry: true };
}

/** Runs the action; what it throws is a failed try, unless the lease was lost meanwhile. */
async function act(action: Action, call: Parameters<Action["run"]>[0]): Promise<ActionResult> {
  try {
    return await action.run(call);
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    return { outcome: "failed", error: toAppError(error) };
  }
}

function limitOutput(result: ActionResult, maxBytes: number): ActionResult {
  if (result.outcome !== "done" || result.output === undefined || result.output === null) return result;
  const bytes = Buffer.byteLength(JSON.stringify(result.output) ?? "");
  if (bytes <= maxBytes) return result;
  return {
    outcome: "failed",
    httpStatus: result.httpStatus,
    error: new AppError("STEP_OUTPUT_TOO_LARGE", `Cannot keep the step's output: ${bytes} bytes, ${maxBytes} allowed`),
  };
}

function recordOf(step: ActionStep, path: string) {
  return { path, action: step.action };
}

function errorFields(error: AppError) {
  return { errorCode: error.code, errorMessage: error.message };
}

function scopeInput(run: RunRecord) {
  const { workspaceId, timeZone } = run;
  const delivery = deliveryFacts({ id: run.eventId, type: run.eventType, workspaceId, receivedAt: run.receivedAt });
  return { body: run.event, delivery, installation: installationFacts({ workspaceId, timeZone }) };
}
