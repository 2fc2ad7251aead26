/** Verdict on an action's answer: completed, snoozed (put off), to be retried, or failed for good. Records nothing. */

import { backoffMs } from "../base/backoff.ts";
import { AppError } from "../base/errors.ts";
import { type ActionResult, MAX_WAIT_MS } from "./action.ts";
import type { RetryPolicy } from "./plan.ts";
import { type CalledAttempt, outOfTime, timeLeftMs } from "./attempt.ts";
import { type Ended, type Parked, stepName } from "./walk.ts";

export interface Verdict {
  /** How the walk continues. */
  end: Ended | Parked;
  /** How the attempt ended; of a failed one, `error` says why. */
  outcome: "succeeded" | "failed" | "snoozed";
  error?: AppError;
  httpStatus?: number;
  /** What was sent, where only the attempt could know it. */
  request?: unknown;
  /** Milliseconds that the step was put off in all, where it is put off now. */
  waitedMs?: number;
  /** Milliseconds until the next attempt, where there will be one. */
  delayMs?: number;
}

const MIN_WAIT_MS = 100;
/** Where the action names no time, a step waits as long again as it has waited, between these. */
const UNNAMED_WAIT = { leastMs: 5_000, mostMs: 600_000 };

export function classify(attempt: CalledAttempt): Verdict {
  const { result } = attempt;
  switch (result.outcome) {
    case "done":
      return {
        end: { kind: "completed", output: result.output },
        outcome: "succeeded",
        httpStatus: result.httpStatus,
        request: result.request,
      };
    case "snooze":
      return putOff(attempt, result);
    case "failed":
      return failed(attempt, result);
  }
}

function putOff(attempt: CalledAttempt, result: ActionResult & { outcome: "snooze" }): Verdict {
  const { history, path, walk, deps } = attempt;
  const { reason, code = "UPSTREAM_RATE_LIMITED", httpStatus } = result;
  const waited = history?.waitedMs ?? 0;
  const delayMs = Math.ceil(Math.max(MIN_WAIT_MS, result.delayMs ?? unnamedWaitMs(waited)));
  const waitedMs = waited + delayMs;
  if (!(waitedMs <= MAX_WAIT_MS)) {
    const error = new AppError(
      code,
      `Cannot wait any longer in step ${stepName(walk, path)}: ${reason}, and 24 hours in all are allowed`,
    );
    return { end: { kind: "failed", error }, outcome: "failed", error, httpStatus };
  }
  if (delayMs > restMs(attempt)) {
    const error = outOfTime(attempt, {
      errorCode: code,
      errorMessage: `Cannot wait in step ${stepName(walk, path)}: ${reason}`,
    });
    return { end: { kind: "failed", error }, outcome: "failed", error, httpStatus };
  }
  const until = deps.clock.now() + delayMs;
  return {
    end: { kind: "parked", until, on: [], reason, retry: false },
    outcome: "snoozed",
    httpStatus,
    waitedMs,
    delayMs,
  };
}

/** Where the policy names statuses they decide on an answer that has one; what has none is as the action says. */
function isRetried({ error, httpStatus }: ActionResult & { outcome: "failed" }, { statuses }: RetryPolicy): boolean {
  if (statuses === undefined || httpStatus === undefined) return error.retryable;
  // The other side asks for a longer wait than a step has.
  return statuses.includes(httpStatus) && error.details.wait_too_long !== true;
}

/** What is left of the time of all attempts once this one is over; the first began with itself. */
function restMs(attempt: CalledAttempt): number {
  return timeLeftMs(attempt) - (attempt.history?.beganAt === undefined ? attempt.durationMs : 0);
}

function unnamedWaitMs(waitedMs: number): number {
  const { leastMs, mostMs } = UNNAMED_WAIT;
  const ceiling = Math.min(mostMs, Math.max(leastMs, waitedMs));
  // With jitter, so that what was refused together does not come back together.
  return ceiling / 2 + Math.random() * ceiling / 2;
}

function failed(attempt: CalledAttempt, result: ActionResult & { outcome: "failed" }): Verdict {
  const { step, history, deps } = attempt;
  const { error, httpStatus, retryAfterMs = 0, request } = result;
  const failures = (history?.failures ?? 0) + 1;
  // Sent, and no answer came: whether it took effect is unknown, and the step may not want to be sent twice.
  const stopped = error.details.sent === true && step.onUncertain === "stop";
  const tooLate = retryAfterMs > MAX_WAIT_MS;
  const verdict = { outcome: "failed", error, httpStatus, request } as const;
  if (!isRetried(result, step.retry) || stopped || tooLate || failures >= step.retry.maxAttempts) {
    return { ...verdict, end: { kind: "failed", error } };
  }
  const delayMs = Math.max(retryAfterMs, backoffMs(failures, step.retry));
  if (delayMs > restMs(attempt)) {
    const late = outOfTime(attempt, { errorCode: error.code, errorMessage: error.message });
    return { ...verdict, error: late, end: { kind: "failed", error: late } };
  }
  const until = deps.clock.now() + delayMs;
  return { ...verdict, end: { kind: "parked", until, on: [], reason: error.message, retry: true }, delayMs };
}
