/** Positions of the bars of a run, from its trigger to its end: one bar per attempt, and one per wait. */

import { say } from "../../words/say.ts";
import type { RunAttempt, RunDetail, RunStep } from "./api.ts";

/** As much of a run as its waterfall shows. */
export type DrawnRun = Pick<
  RunDetail,
  | "state"
  | "pausedAt"
  | "replay"
  | "eventId"
  | "eventType"
  | "event"
  | "createdAt"
  | "startedAt"
  | "finishedAt"
  | "steps"
>;

export type BarKind = "received" | "queue" | "succeeded" | "failed" | "uncertain" | "running" | "waiting";

export interface Bar {
  kind: BarKind;
  /** Per cent of the whole. */
  left: number;
  width: number;
  /** Milliseconds after the run's beginning. */
  startMs: number;
  ms: number;
  /** "Attempt 2 failed with 502" */
  text: string;
}

export interface WaterfallRow {
  key: string;
  label: string;
  /** The step that is chosen by this row. */
  step?: RunStep;
  bars: Bar[];
  /** Null: it has not begun, or is but a moment. */
  ms: number | null;
}

export interface Waterfall {
  totalMs: number;
  ticks: { left: number; ms: number }[];
  rows: WaterfallRow[];
}

/** `nowMs`: the end of bars that have not ended. */
export function layOut(run: DrawnRun, nowMs: number): Waterfall {
  const begin = beginOf(run);
  const end = Math.max(endOf(run, nowMs), begin + 1);
  const totalMs = end - begin;
  const bar = (kind: BarKind, span: { from: number; to: number }, text: string): Bar => {
    const from = clamp(span.from, begin, end);
    const ms = clamp(span.to, from, end) - from;
    return {
      kind,
      left: (from - begin) / totalMs * 100,
      width: ms / totalMs * 100,
      startMs: from - begin,
      ms,
      text,
    };
  };
  const started = run.startedAt?.getTime() ?? end;
  const received = bar("received", { from: begin, to: begin }, beganText(run));
  const queued = bar("queue", { from: begin, to: started }, say("Waiting in the queue"));
  return {
    totalMs,
    ticks: ticksOf(totalMs).map((ms) => ({ left: ms / totalMs * 100, ms })),
    rows: [
      { key: "trigger", label: run.replay > 0 ? say("Replay") : say("Trigger"), bars: [received], ms: null },
      { key: "queue", label: say("Queue"), bars: [queued], ms: queued.ms },
      ...run.steps.map((step): WaterfallRow => {
        const bars = stepBars(run, step, end).map(({ kind, text, ...span }) => bar(kind, span, text));
        const last = bars.at(-1);
        const ms = last ? last.startMs + last.ms - bars[0]!.startMs : null;
        return { key: step.path, label: step.name, step, bars, ms };
      }),
    ],
  };
}

function beganText({ replay, eventId }: DrawnRun): string {
  return replay > 0 ? say("Replay requested") : eventId === null ? say("Started") : say("Event received");
}

/** A replay begins when it was requested: its event may be days old. */
function beginOf({ replay, event, createdAt }: DrawnRun): number {
  const created = createdAt.getTime();
  return replay > 0 || event === null ? created : Math.min(created, event.receivedAt.getTime());
}

function endOf({ finishedAt, steps }: DrawnRun, nowMs: number): number {
  if (!finishedAt) return nowMs;
  const ends = steps.flatMap(({ attempts }) => attempts.map((attempt) => attempt.finishedAt?.getTime() ?? 0));
  return Math.max(finishedAt.getTime(), ...ends);
}

interface Span {
  kind: BarKind;
  from: number;
  to: number;
  text: string;
}

function stepBars(run: DrawnRun, step: RunStep, end: number): Span[] {
  const spans: Span[] = [];
  let waitingSince: number | undefined;
  let waitingFor = say("Waiting for the next attempt");
  for (const attempt of step.attempts) {
    const from = attempt.startedAt.getTime();
    if (waitingSince !== undefined && from > waitingSince) {
      spans.push({ kind: "waiting", from: waitingSince, to: from, text: waitingFor });
    }
    const to = attempt.finishedAt?.getTime() ?? end;
    spans.push({ kind: kindOf(attempt), from, to, text: attemptText(attempt) });
    waitingSince = to;
    waitingFor = attempt.state === "snoozed" ? say("Waiting for the rate limit") : say("Waiting for the next attempt");
  }
  if (step.attempts.length === 0 && step.startedAt) {
    const kind = STEP_BARS[step.state];
    return [{
      kind,
      from: step.startedAt.getTime(),
      to: step.finishedAt?.getTime() ?? end,
      text: STATE_TEXTS[step.state],
    }];
  }
  // The run is not over and no attempt is in progress: it waits.
  if (waitingSince !== undefined && step.state === "running" && !run.finishedAt && step.attempts.at(-1)!.finishedAt) {
    spans.push({ kind: "waiting", from: waitingSince, to: end, text: waitingFor });
  }
  return spans;
}

const STATE_TEXTS: Record<RunStep["state"], string> = {
  not_started: say("not started"),
  running: say("running"),
  completed: say("completed"),
  failed: say("failed"),
  cancelled: say("cancelled"),
};

const STEP_BARS: Record<RunStep["state"], BarKind> = {
  not_started: "waiting",
  running: "running",
  completed: "succeeded",
  failed: "failed",
  cancelled: "uncertain",
};

function kindOf({ state }: RunAttempt): BarKind {
  return state === "snoozed" ? "waiting" : state === "started" ? "running" : state;
}

/** "Attempt 2 failed with 502" */
function attemptText({ number, state, httpStatus }: RunAttempt): string {
  if (state === "uncertain") return say("Attempt {number} was in progress when the run was cancelled", { number });
  if (state === "started") return say("Attempt {number} is in progress", { number });
  if (httpStatus === null) {
    if (state === "snoozed") return say("Attempt {number} waited: the rate limit was reached", { number });
    return state === "failed"
      ? say("Attempt {number} failed", { number })
      : say("Attempt {number} succeeded", { number });
  }
  const answered = { number, status: httpStatus };
  if (state === "snoozed") return say("Attempt {number} waited: answered with {status}", answered);
  return state === "failed"
    ? say("Attempt {number} failed with {status}", answered)
    : say("Attempt {number} succeeded with {status}", answered);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TICK_STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 30, 60, 180].map((n) => n * DAY),
];

/** At most five round times, the first 0. */
export function ticksOf(totalMs: number): number[] {
  const step = TICK_STEPS.find((each) => totalMs / each < 5) ?? totalMs / 4;
  return Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, index) => index * step);
}

/** A round time: "0", "200 ms", "15 s", "2 min", "6 h", "3 d" */
export function tickText(ms: number): string {
  if (ms === 0) return "0";
  for (const [length, unit] of [[DAY, "d"], [HOUR, "h"], [MINUTE, "min"], [SECOND, "s"]] as const) {
    if (ms >= length) return `${Math.round(ms / length * 10) / 10} ${unit}`;
  }
  return `${Math.round(ms)} ms`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
