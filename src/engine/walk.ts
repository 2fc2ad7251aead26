/** One pass over the plan of one run: what its steps share, what they are walked with, and how one ends. */

import type { Clock } from "../base/clock.ts";
import type { OnPoint } from "../base/crash_point.ts";
import type { AppError } from "../base/errors.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { Action } from "./action.ts";
import type { Draft } from "./draft.ts";
import type { RunRecord, StepHistory } from "./journal.ts";
import type { EngineObserver } from "./observer.ts";
import type { StepResult } from "./scope.ts";
import type { WorkBudget } from "./work_budget.ts";

export interface StepDeps {
  actions: ReadonlyMap<string, Action>;
  clock: Clock;
  tracing: Tracing;
  observer: EngineObserver;
  /** Most bytes of JSON that a step's output may have. */
  maxOutputBytes: number;
  onPoint?: OnPoint;
  /** Kinds beside those of the table in step.ts, by name. */
  kinds?: ReadonlyMap<string, Walker>;
}

/** How steps of a kind are walked. */
export type Walker<Step = unknown> = (step: Step, path: string, walk: Walk, deps: StepDeps) => Promise<StepEnd>;

export type StepEnd =
  | { kind: "completed"; output: unknown }
  | { kind: "failed"; error: AppError }
  /** The run continues later; `retry` says that an attempt failed, else the step only waits. */
  | { kind: "parked"; delayMs: number; reason: string; retry: boolean };

export interface Walk {
  run: RunRecord;
  /** The run's job. */
  jobId: number;
  /** Takes what steps have to record; committed before each call, and by the run with the walk's end. */
  draft: Draft;
  /** Outputs of the finished steps, in the order of the plan: what later steps may name. */
  results: StepResult[];
  history: Map<string, StepHistory>;
  signal: AbortSignal;
  traceparent: string;
  /** Generation of the run's job (action.ts, ActionTenant). */
  generation?: number | null;
  /** For the templates of all its steps. */
  work: WorkBudget;
}

/** From 1, of the step that is walked now: people know a step by its place. */
export function stepNumber({ results }: Pick<Walk, "results">): number {
  return results.length + 1;
}
