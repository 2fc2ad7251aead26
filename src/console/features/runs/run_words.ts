/** What states of runs, steps and attempts are called. */

import type { Run, RunAttempt, RunDetail, RunState, RunStep } from "./api.ts";
import type { Tone } from "../../ui/tag.tsx";

export const ACTIVE_STATES: ReadonlySet<RunState> = new Set(["pending", "running", "waiting"]);

/** Choices of the list's filter. */
export const STATE_CHOICES = [
  { value: "", label: "Any state" },
  { value: "active", label: "Active" },
  { value: "failed", label: "Failed" },
  { value: "completed", label: "Completed" },
  { value: "waiting", label: "Waiting" },
  { value: "running", label: "Running" },
  { value: "pending", label: "Queued" },
  { value: "cancelled", label: "Cancelled" },
];

/** What started a run that has no event; those of events show theirs. */
export const TRIGGER_TEXTS: Record<Run["trigger"], string> = {
  event: "An event",
  schedule: "A schedule",
  manual: "A person",
  api: "The API",
  flow: "Another flow",
  replay: "A replay",
};

/** "Failed at step 2, Make tag" */
export function runStateText({ state, failedStep, pausedAt }: Pick<Run, "state" | "failedStep" | "pausedAt">): string {
  if (pausedAt) return state === "running" ? "Running, pauses after this call" : "Paused";
  switch (state) {
    case "pending":
      return "Queued";
    case "running":
      return "Running";
    case "waiting":
      return "Waiting";
    case "completed":
      return "Completed";
    case "failed":
      return failedStep ? `Failed at step ${failedStep.number}, ${failedStep.name}` : "Failed";
    case "cancelled":
      return "Cancelled";
  }
}

const STEP_TEXTS: Record<RunStep["state"], { tone: Tone; text: string }> = {
  not_started: { tone: "idle", text: "Not started" },
  running: { tone: "wait", text: "In progress" },
  completed: { tone: "ok", text: "Completed" },
  failed: { tone: "bad", text: "Failed" },
  cancelled: { tone: "idle", text: "Cancelled" },
};

export const ATTEMPT_TEXTS: Record<RunAttempt["state"], { tone: Tone; text: string }> = {
  started: { tone: "wait", text: "In progress" },
  succeeded: { tone: "ok", text: "Succeeded" },
  failed: { tone: "bad", text: "Failed" },
  snoozed: { tone: "idle", text: "Waited for the rate limit" },
  uncertain: { tone: "warn", text: "Uncertain: no answer was awaited" },
};

/** A step between two attempts waits; it is not in progress. */
export function stepText(step: RunStep, run: Pick<RunDetail, "state" | "pausedAt">): { tone: Tone; text: string } {
  const between = step.state === "running" && step.attempts.at(-1)?.finishedAt;
  if (between && run.state !== "running" && run.pausedAt) {
    return { tone: "wait", text: "Paused before the next attempt" };
  }
  if (between && run.state !== "running") return { tone: "wait", text: "Waiting for the next attempt" };
  return STEP_TEXTS[step.state];
}

/** "Attempt 3 of 5 · 502 · Clockify answered ..." of the newest attempt; undefined when nothing failed. */
export function failureText(step: RunStep, maxAttempts: number | null): string | undefined {
  const attempt = step.attempts.findLast(({ state }) => state === "failed");
  const error = step.error ?? attempt?.error;
  if (!error) return undefined;
  const parts = [error.message];
  if (attempt) {
    if (attempt.httpStatus !== null && !error.message.includes(String(attempt.httpStatus))) {
      parts.unshift(String(attempt.httpStatus));
    }
    // After a person's retry the numbers of the attempts continue past the maximum.
    const of = maxAttempts !== null && attempt.number <= maxAttempts ? ` of ${maxAttempts}` : "";
    parts.unshift(`Attempt ${attempt.number}${of}`);
  }
  return parts.join(" · ");
}

/** What a run has sent by now, a sentence for each step that sent anything. */
export function sentTexts(steps: readonly RunStep[]): string[] {
  return steps.flatMap(({ number, name, attempts }) => {
    const last = attempts.findLast(({ state }) => state !== "snoozed");
    if (!last) return [];
    const step = `Step ${number}, ${name}`;
    if (last.state === "started") return [`${step}, is in progress: it may have taken effect`];
    if (last.state === "uncertain") return [`${step}, was sent: it may have taken effect`];
    const answer = last.httpStatus === null ? "" : `, answered ${last.httpStatus}`;
    return [`${step}, ${last.state === "succeeded" ? "was sent" : "was tried and failed"}${answer}`];
  });
}

/** The step to show when none is chosen: that which failed, else the last one begun, else the first. */
export function stepToShow(steps: readonly RunStep[]): RunStep | undefined {
  return steps.find(({ state }) => state === "failed") ?? steps.findLast(({ state }) => state !== "not_started") ??
    steps[0];
}

/** Why a run waits, as people say it: the one reason that the server keeps as a code. */
export function waitText(reason: string): string {
  return reason === "rate_budget" ? "Clockify's rate limit has no call left for it now" : reason;
}
