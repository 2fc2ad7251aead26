/** What states of runs, steps and attempts are called. */

import type { Run, RunAttempt, RunDetail, RunState, RunStep } from "./api.ts";
import type { Tone } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";

export const ACTIVE_STATES: ReadonlySet<RunState> = new Set(["pending", "running", "waiting"]);

/** Choices of the list's filter. */
export const STATE_CHOICES = [
  { value: "", label: say("Any state") },
  { value: "active", label: say("Active") },
  { value: "failed", label: say("Failed") },
  { value: "completed", label: say("Completed") },
  { value: "waiting", label: say("Waiting") },
  { value: "running", label: say("Running") },
  { value: "pending", label: say("Queued") },
  { value: "cancelled", label: say("Cancelled") },
];

/** What started a run that has no event; those of events show theirs. */
export const TRIGGER_TEXTS: Record<Run["trigger"], string> = {
  event: say("An event"),
  schedule: say("A schedule"),
  manual: say("A person"),
  api: say("The API"),
  flow: say("Another flow"),
  replay: say("A replay"),
};

/** "Failed at step 2, Make tag" */
export function runStateText({ state, failedStep, pausedAt }: Pick<Run, "state" | "failedStep" | "pausedAt">): string {
  if (pausedAt) return state === "running" ? say("Running, pauses after this call") : say("Paused");
  switch (state) {
    case "pending":
      return say("Queued");
    case "running":
      return say("Running");
    case "waiting":
      return say("Waiting");
    case "completed":
      return say("Completed");
    case "failed":
      return failedStep ? say("Failed at step {number}, {name}", failedStep) : say("Failed");
    case "cancelled":
      return say("Cancelled");
  }
}

const STEP_TEXTS: Record<RunStep["state"], { tone: Tone; text: string }> = {
  not_started: { tone: "idle", text: say("Not started") },
  running: { tone: "wait", text: say("In progress") },
  completed: { tone: "ok", text: say("Completed") },
  failed: { tone: "bad", text: say("Failed") },
  cancelled: { tone: "idle", text: say("Cancelled") },
};

export const ATTEMPT_TEXTS: Record<RunAttempt["state"], { tone: Tone; text: string }> = {
  started: { tone: "wait", text: say("In progress") },
  succeeded: { tone: "ok", text: say("Succeeded") },
  failed: { tone: "bad", text: say("Failed") },
  snoozed: { tone: "idle", text: say("Waited for the rate limit") },
  uncertain: { tone: "warn", text: say("Uncertain: no answer was awaited") },
};

/** A step between two attempts waits; it is not in progress. */
export function stepText(step: RunStep, run: Pick<RunDetail, "state" | "pausedAt">): { tone: Tone; text: string } {
  const between = step.state === "running" && step.attempts.at(-1)?.finishedAt;
  if (between && run.state !== "running" && run.pausedAt) {
    return { tone: "wait", text: say("Paused before the next attempt") };
  }
  if (between && run.state !== "running") return { tone: "wait", text: say("Waiting for the next attempt") };
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
    const { number } = attempt;
    parts.unshift(
      maxAttempts !== null && number <= maxAttempts
        ? say("Attempt {number} of {max}", { number, max: maxAttempts })
        : say("Attempt {number}", { number }),
    );
  }
  return parts.join(" · ");
}

/** What a run has sent by now, a sentence for each step that sent anything. */
export function sentTexts(steps: readonly RunStep[]): string[] {
  return steps.flatMap(({ number, name, attempts }) => {
    const last = attempts.findLast(({ state }) => state !== "snoozed");
    if (!last) return [];
    return [sentText({ number, name }, last)];
  });
}

function sentText(step: Pick<RunStep, "number" | "name">, { state, httpStatus }: RunAttempt): string {
  if (state === "started") return say("Step {number}, {name}, is in progress: it may have taken effect", step);
  if (state === "uncertain") return say("Step {number}, {name}, was sent: it may have taken effect", step);
  if (httpStatus === null) {
    return state === "succeeded"
      ? say("Step {number}, {name}, was sent", step)
      : say("Step {number}, {name}, was tried and failed", step);
  }
  const answered = { ...step, status: httpStatus };
  return state === "succeeded"
    ? say("Step {number}, {name}, was sent, answered {status}", answered)
    : say("Step {number}, {name}, was tried and failed, answered {status}", answered);
}

/** The step to show when none is chosen: that which failed, else the last one begun, else the first. */
export function stepToShow(steps: readonly RunStep[]): RunStep | undefined {
  return steps.find(({ state }) => state === "failed") ?? steps.findLast(({ state }) => state !== "not_started") ??
    steps[0];
}

/** Why a run waits, as people say it: the one reason that the server keeps as a code. */
export function waitText(reason: string): string {
  return reason === "rate_budget" ? say("Clockify's rate limit has no call left for it now") : reason;
}
