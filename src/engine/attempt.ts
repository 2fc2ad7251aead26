/**
 * One attempt of an action step, up to the action's answer: prepare, record the start, call. classify.ts decides what
 * the answer means, settle.ts records it; step.ts runs them in order.
 */

import { AppError, type ErrorCode, toAppError } from "../base/errors.ts";
import { isUnavailable } from "../db/db.ts";
import type { Action, ActionCall, ActionResult } from "./action.ts";
import { fill } from "./evaluate.ts";
import type { StepHistory } from "./journal.ts";
import { keepOutput } from "./keep_output.ts";
import type { NewOutput } from "./outputs.ts";
import { isPassing } from "./passing.ts";
import type { ActionStep } from "./plan.ts";
import { type StepDeps, stepName, type Walk } from "./walk.ts";

export interface Attempt {
  step: ActionStep;
  path: string;
  walk: Walk;
  deps: StepDeps;
  /** From 1. */
  number: number;
  /** What every attempt of the step carries. */
  idempotencyKey: string;
  history: StepHistory | undefined;
  action: Action;
}

/** An attempt that may be made: what the action gets, and a redacted description of what it would send. */
export interface PreparedAttempt extends Attempt {
  call: ActionCall;
  request: unknown;
}

/** An attempt that was made, with the action's answer. */
export interface CalledAttempt extends PreparedAttempt {
  result: ActionResult;
  /** The text of its output, where `result` has that as a KeptOutput. */
  output?: NewOutput;
  durationMs: number;
}

/** True where the start is recorded before the call, since the call may have an effect outside. */
export function isExternal({ action }: Pick<Attempt, "action">): boolean {
  return action.effect === "external";
}

/**
 * Resolves the step's input and asks the action for its picture. `refused` is what makes the step fail before it is
 * tried: an error of mapping.ts or of the action's describe(), or STEP_UNCERTAIN where an earlier attempt may have
 * taken effect. Throws LEASE_LOST when the run has another owner by now.
 */
export async function prepare(attempt: Attempt): Promise<PreparedAttempt | { refused: AppError }> {
  let call: ActionCall;
  let described: unknown;
  try {
    if (attempt.history?.uncertain && attempt.step.onUncertain === "stop") throw uncertain(attempt);
    if (timeLeftMs(attempt) <= 0) throw outOfTime(attempt, attempt.history);
    call = await callOf(attempt);
    if (isExternal(attempt)) described = attempt.action.describe(call);
  } catch (thrown) {
    return { refused: refusal(thrown) };
  }
  if (described instanceof Promise) {
    // describe() may read something over the network: steps that ended before do not wait for it.
    described.catch(() => {});
    await attempt.walk.draft.commit();
  }
  try {
    return { ...attempt, call, request: await described };
  } catch (thrown) {
    return { refused: refusal(thrown) };
  }
}

/** What makes the step fail; what passes by itself is no fault of it, and is thrown on. */
function refusal(thrown: unknown): AppError {
  if (isPassing(thrown)) throw thrown;
  return toAppError(thrown);
}

async function callOf({ step, path, walk, number, history, idempotencyKey }: Attempt): Promise<ActionCall> {
  const { run } = walk;
  return {
    input: await fill(walk, step.input),
    tenant: { installationId: run.installationId, workspaceId: run.workspaceId, generation: walk.generation },
    runId: run.id,
    flow: { id: run.flowId, version: run.flowVersion },
    stepPath: path,
    attempt: number,
    failures: history?.failures ?? 0,
    idempotencyKey,
    signal: walk.signal,
  };
}

function uncertain({ walk, path }: Attempt): AppError {
  return new AppError(
    "STEP_UNCERTAIN",
    `Cannot know whether step ${stepName(walk, path)} took effect: its answer was never recorded`,
  );
}

/**
 * Makes durable what came before, and of an external action that its call begins. Throws LEASE_LOST when the run has another
 * owner by now, or may not begin a call any more.
 */
export async function recordStart(attempt: PreparedAttempt): Promise<void> {
  const { walk: { run, draft }, step, path, number, request } = attempt;
  if (isExternal(attempt)) {
    draft.add({
      step: { path, action: step.action, state: "running", attempts: number },
      attempt: { path, number, first: attempt.history === undefined, state: "started", request },
      run: run.state === "running" ? undefined : { state: "running" },
    });
    run.state = "running";
  }
  await (attempt.action.instant ? draft.bound() : draft.commit());
}

/** Runs the action, in a span and under the clock. Throws the signal's reason when the lease was lost meanwhile. */
export async function callAction(attempt: PreparedAttempt): Promise<CalledAttempt> {
  const { deps, walk, step, path, number } = attempt;
  deps.onPoint?.("before_call");
  const span = deps.tracing.startSpan("step", {
    parent: walk.traceparent,
    attributes: { "timewire.step": path, "timewire.attempt": number, "timewire.action": step.action },
  });
  const startedMs = deps.clock.monotonicMs();
  const { result, output } = await sized(attempt, await span.within(() => act(attempt)));
  const durationMs = deps.clock.monotonicMs() - startedMs;
  if (result.outcome === "failed") span.recordError(result.error.code);
  span.end();
  deps.onPoint?.("after_call");
  return { ...attempt, result, output, durationMs };
}

/** An error that the action throws is a failed attempt, unless the lease was lost meanwhile. */
async function act(attempt: PreparedAttempt): Promise<ActionResult> {
  const { action, call } = attempt;
  const limit = limitTry(attempt);
  try {
    return await action.run(limit ? { ...call, signal: limit.signal } : call);
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    return { outcome: "failed", error: limit?.signal.aborted ? limit.signal.reason : failureOfCall(error) };
  } finally {
    limit?.end();
  }
}

/** Where the database was gone the next attempt may find it; whether anything was sent before is not known here. */
function failureOfCall(error: unknown): AppError {
  if (!isUnavailable(error) || error instanceof AppError) return toAppError(error);
  const details = { sent: true };
  return new AppError("DATABASE_UNAVAILABLE", "Cannot reach the database", { retryable: true, details, cause: error });
}

/** The end that one attempt has by its step: `signal` aborts with UPSTREAM_TIMEOUT. Undefined where the step names none. */
function limitTry({ step: { tryTimeLimitMs: limitMs }, call, deps: { clock } }: PreparedAttempt) {
  if (limitMs === undefined) return undefined;
  const over = new AbortController();
  const timer = new AbortController();
  // What was sent by then is not known here: as of any call without an answer, it may have taken effect.
  const details = { sent: true };
  const why = `Cannot await the answer any longer: one attempt may take ${limitMs} ms`;
  clock.sleep(limitMs, timer.signal).then(
    () => over.abort(new AppError("UPSTREAM_TIMEOUT", why, { retryable: true, details })),
    () => {},
  );
  return { signal: AbortSignal.any([call.signal, over.signal]), end: () => timer.abort() };
}

/** Milliseconds in which another attempt of the step may begin. Infinity where its policy has no time limit. */
export function timeLeftMs({ step, history, deps }: Pick<Attempt, "step" | "history" | "deps">): number {
  const { timeLimitMs } = step.retry;
  if (timeLimitMs === undefined || history?.beganAt === undefined) return timeLimitMs ?? Infinity;
  return history.beganAt + timeLimitMs - deps.clock.now();
}

/** The failure of a step whose next attempt would begin too late, with the code of what failed last. */
export function outOfTime(
  { step }: Pick<Attempt, "step">,
  last: { errorCode: string | null; errorMessage: string | null } | undefined,
): AppError {
  const limit = `its attempts may take ${step.retry.timeLimitMs} ms in all`;
  const why = last?.errorMessage ? `${last.errorMessage}; ` : "Cannot attempt the step again: ";
  return new AppError((last?.errorCode ?? "UPSTREAM_TIMEOUT") as ErrorCode, why + limit);
}

/** The result as it is recorded: a large output is kept by itself, and one that is too large is a failure. */
async function sized(
  { path, number, action, walk, deps }: PreparedAttempt,
  result: ActionResult,
): Promise<{ result: ActionResult; output?: NewOutput }> {
  if (result.outcome !== "done") return { result };
  const maxBytes = Math.min(deps.maxOutputBytes, action.maxOutputBytes ?? Infinity);
  try {
    // The attempt is part of the name: what a step gives when a person has it tried again is another output.
    const { output, kept, bytes } = await keepOutput(result.output, { id: `${path}@${number}`, maxBytes });
    walk.counts.add("outputBytes", bytes);
    return { result: { ...result, output }, output: kept };
  } catch (error) {
    return { result: { outcome: "failed", httpStatus: result.httpStatus, error: toAppError(error) } };
  }
}
