/** How a try of a step ended, as what is to be recorded of it and how the walk goes on. */

import { Buffer } from "node:buffer";
import { type ActionResult, MAX_WAIT_MS } from "./action.ts";
import { backoffMs } from "../base/backoff.ts";
import { AppError } from "../base/errors.ts";
import type { StepHistory } from "./journal.ts";
import type { ActionStep } from "./plan.ts";
import type { StepDeps, StepEnd, Walk } from "./step.ts";

export interface Try {
  step: ActionStep;
  path: string;
  walk: Walk;
  deps: StepDeps;
  /** From 1. */
  attempt: number;
  /** Its start was recorded: the action may leave a trace outside. */
  external: boolean;
  history: StepHistory | undefined;
  result: ActionResult;
  durationMs: number;
}

const MIN_WAIT_MS = 100;
/** Where the action names no time, a step waits as long again as it has waited, between these. */
const UNNAMED_WAIT = { leastMs: 5_000, mostMs: 600_000 };

/** Adds the try to the walk's draft: nothing is durable before that is committed. */
export function settleTry(tried: Try): StepEnd {
  const { result } = tried;
  switch (result.outcome) {
    case "done":
      return succeed(tried, result);
    case "snooze":
      return putOff(tried, result);
    case "failed":
      return failTry(tried, result);
  }
}

function succeed(tried: Try, { output, httpStatus, request }: ActionResult & { outcome: "done" }): StepEnd {
  const { path, attempt, external } = tried;
  add(tried, {
    step: { ...stepOf(tried), state: "completed", output },
    attempt: external ? { path, number: attempt, state: "succeeded", httpStatus, request } : undefined,
  }, { outcome: "succeeded", httpStatus });
  return { kind: "completed", output };
}

function putOff(tried: Try, result: ActionResult & { outcome: "snooze" }): StepEnd {
  const { path, attempt, external, history, walk } = tried;
  const { reason, code = "UPSTREAM_RATE_LIMITED", httpStatus } = result;
  const waited = history?.waitedMs ?? 0;
  const delayMs = Math.ceil(Math.max(MIN_WAIT_MS, result.delayMs ?? unnamedWaitMs(waited)));
  const waitedMs = waited + delayMs;
  if (!(waitedMs <= MAX_WAIT_MS)) {
    const error = new AppError(
      code,
      `Cannot wait any longer in step ${stepNumber(walk)}: ${reason}, and 24 hours in all are allowed`,
    );
    return recordFailure(tried, { error, httpStatus });
  }
  add(tried, {
    // The number is given again: a step that waits a thousand times has one row to show for it.
    step: { ...stepOf(tried), attempts: attempt - 1, waitedMs, state: "running" },
    attempt: external ? { path, number: attempt, state: "snoozed", httpStatus } : undefined,
  }, { outcome: "snoozed", httpStatus, retryInMs: delayMs });
  return { kind: "parked", delayMs, reason, retry: false };
}

function unnamedWaitMs(waitedMs: number): number {
  const { leastMs, mostMs } = UNNAMED_WAIT;
  const ceiling = Math.min(mostMs, Math.max(leastMs, waitedMs));
  // With jitter, so that what was refused together does not come back together.
  return ceiling / 2 + Math.random() * ceiling / 2;
}

function failTry(tried: Try, result: ActionResult & { outcome: "failed" }): StepEnd {
  const { error, httpStatus, retryAfterMs = 0, request } = result;
  const { step, path, attempt, history } = tried;
  const failures = (history?.failures ?? 0) + 1;
  // Sent, and no answer came: whether it took effect is unknown, and the step may not want to be sent twice.
  const stopped = error.details.sent === true && step.onUncertain === "stop";
  const tooLate = retryAfterMs > MAX_WAIT_MS;
  if (!error.retryable || stopped || tooLate || failures >= step.retry.maxAttempts) {
    return recordFailure(tried, { error, httpStatus, request });
  }
  const delayMs = Math.max(retryAfterMs, backoffMs(failures, step.retry));
  add(tried, {
    step: { ...stepOf(tried), state: "running", ...errorFields(error) },
    // Of every action: the recorded failures are what the retry policy counts.
    attempt: { path, number: attempt, state: "failed", httpStatus, request, ...errorFields(error) },
  }, { outcome: "failed", httpStatus, errorCode: error.code, retryInMs: delayMs });
  return { kind: "parked", delayMs, reason: error.message, retry: true };
}

/** The step has failed for good by this try. */
function recordFailure(
  tried: Try,
  { error, httpStatus, request }: { error: AppError; httpStatus?: number; request?: unknown },
): StepEnd {
  const { path, attempt } = tried;
  add(tried, {
    step: { ...stepOf(tried), state: "failed", ...errorFields(error) },
    attempt: { path, number: attempt, state: "failed", httpStatus, request, ...errorFields(error) },
  }, { outcome: "failed", httpStatus, errorCode: error.code });
  return { kind: "failed", error };
}

function add(
  { walk, deps, step, path, attempt, durationMs }: Try,
  part: Parameters<Walk["draft"]["add"]>[0],
  fact: Pick<
    Parameters<StepDeps["observer"]["stepAttempted"]>[0],
    "outcome" | "httpStatus" | "errorCode" | "retryInMs"
  >,
) {
  const { run } = walk;
  walk.draft.add(
    part,
    () => deps.observer.stepAttempted({ run, path, action: step.action, attempt, durationMs, ...fact }),
  );
}

function stepOf({ step, path, attempt }: Try) {
  return { path, action: step.action, attempts: attempt };
}

/** From 1, of the step that is walked now: people know a step by its place. */
export function stepNumber({ results }: Pick<Walk, "results">): number {
  return results.length + 1;
}

/** As steps and attempts keep an error. */
export function errorFields(error: AppError) {
  return { errorCode: error.code, errorMessage: error.message };
}

/** The result, or the failure that an output of more than `maxBytes` of JSON is. */
export function limitOutput(result: ActionResult, maxBytes: number): ActionResult {
  if (result.outcome !== "done" || result.output === undefined || result.output === null) return result;
  const bytes = Buffer.byteLength(JSON.stringify(result.output) ?? "");
  if (bytes <= maxBytes) return result;
  return {
    outcome: "failed",
    httpStatus: result.httpStatus,
    error: new AppError("STEP_OUTPUT_TOO_LARGE", `Cannot keep the step's output: ${bytes} bytes, ${maxBytes} allowed`),
  };
}
