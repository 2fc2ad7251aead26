/** Records an attempt in the draft of the journal, by its verdict; nothing is durable before the draft is committed. */

import type { AppError } from "../base/errors.ts";
import { type Attempt, type CalledAttempt, isExternal } from "./attempt.ts";
import type { Verdict } from "./classify.ts";
import type { AttemptRecord, StepRecord } from "./journal.ts";
import type { StepEnd } from "./walk.ts";

/** Adds the attempt and what became of its step to the walk's draft; it is observed once that is recorded. */
export function settle(attempt: CalledAttempt, verdict: Verdict): StepEnd {
  const { walk: { run, jobId, draft }, deps, step, path, number, durationMs } = attempt;
  const { end, outcome, error, httpStatus } = verdict;
  const fact = {
    run,
    jobId,
    path,
    action: step.action,
    operation: operationOf(step.input),
    attempt: number,
    durationMs,
    outcome,
    httpStatus,
    errorCode: error?.code,
    retryInMs: verdict.delayMs,
  };
  draft.add(
    { step: stepRecord(attempt, verdict), attempt: attemptRecord(attempt, verdict), output: attempt.output },
    () => deps.observer.stepAttempted(fact),
  );
  return end;
}

/** As the flow has it: an id, or a method and a path. */
function operationOf(input: unknown): string | undefined {
  const { operation_id: name } = (input ?? {}) as { operation_id?: unknown };
  return typeof name === "string" ? name : undefined;
}

/** Adds the failure of a step that was not attempted: its number of attempts stays. */
export function refuse({ walk, step, path, number }: Attempt, error: AppError): StepEnd {
  walk.draft.add({
    step: { path, action: step.action, state: "failed", attempts: number - 1, ...errorFields(error) },
  });
  return { kind: "failed", error };
}

function stepRecord({ step, path, number }: Attempt, { end, outcome, error, waitedMs }: Verdict): StepRecord {
  return {
    path,
    action: step.action,
    // The number is given again: a step that waits a thousand times has one row to show for it.
    attempts: outcome === "snoozed" ? number - 1 : number,
    waitedMs,
    dueAt: end.kind === "parked" ? end.until : undefined,
    state: end.kind === "parked" ? "running" : end.kind,
    output: end.kind === "completed" ? end.output : undefined,
    ...(error && errorFields(error)),
  };
}

/**
 * The attempt's record: for every failure, since the retry policy counts recorded ones; else where the start was
 * recorded too.
 */
function attemptRecord(
  attempt: Attempt,
  { outcome, error, httpStatus, request }: Verdict,
): AttemptRecord | undefined {
  if (outcome !== "failed" && !isExternal(attempt)) return undefined;
  const { path, number, history } = attempt;
  const first = history === undefined;
  return { path, number, first, state: outcome, httpStatus, request, ...(error && errorFields(error)) };
}

/** As steps and attempts keep an error. */
function errorFields(error: AppError) {
  return { errorCode: error.code, errorMessage: error.message };
}
