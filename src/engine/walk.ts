/** One pass over the plan of one run: what its steps share, what they are walked with, and how one ends. */

import type { Clock } from "../base/clock.ts";
import type { OnPoint } from "../base/crash_point.ts";
import type { AppError } from "../base/errors.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { Action } from "./action.ts";
import type { Draft } from "./draft.ts";
import type { AskedApproval, RunRecord, SignalRecord, StepHistory, WaitChanges, WaitKey } from "./journal.ts";
import type { KeptOutputs } from "./kept_outputs.ts";
import type { EngineObserver } from "./observer.ts";
import type { StepResult } from "./scope.ts";
import { isWithin } from "./step_path.ts";
import type { WorkBudget } from "./work_budget.ts";

export interface StepDeps {
  actions: ReadonlyMap<string, Action>;
  clock: Clock;
  tracing: Tracing;
  observer: EngineObserver;
  /** Most bytes of JSON that a step's output may have, 16 MB at most. */
  maxOutputBytes: number;
  onPoint?: OnPoint;
  /** Address of the page of an approval, for who is asked; absent: it has none. */
  approvalLink?(approval: { installationId: number; id: string }): string | undefined | Promise<string | undefined>;
  /** Kinds beside those of the table in step.ts, by name. */
  kinds?: ReadonlyMap<string, Walker>;
}

/** How steps of a kind are walked. */
export type Walker<Step = unknown> = (step: Step, path: string, walk: Walk, deps: StepDeps) => Promise<StepEnd>;

export type StepEnd =
  | { kind: "completed"; output: unknown }
  | { kind: "failed"; error: AppError }
  /** Ended by what came before it in the run, or by the plan; `reason` is what people read. */
  | { kind: "cancelled"; reason: string }
  | Parked;

/** The run goes on later: at a time, when something comes, or with what is first. */
export interface Parked {
  kind: "parked";
  /** Milliseconds since 1970. Absent: only what comes ends the wait. */
  until?: number;
  /** What may come, as the step's wait is recorded (wait.ts). Empty: the step waits for its time alone. */
  on: readonly WaitKey[];
  reason: string;
  /** An attempt failed in this walk; else the step only waits. */
  retry: boolean;
}

/** A wait of a step that has begun and is not over. */
export interface OpenWait {
  on: WaitKey[];
  /** Milliseconds since 1970; absent: without end. */
  until?: number;
  /** As its begin records it. */
  approval?: AskedApproval;
}

export interface Walk {
  run: RunRecord;
  /** The run's job. */
  jobId: number;
  /** Takes what steps have to record; committed before each call, and by the run with the walk's end. */
  draft: Draft;
  /** Outputs of the finished steps, in the order of the plan: what later steps may name. Large ones as a KeptOutput. */
  results: StepResult[];
  outputs: KeptOutputs;
  history: Map<string, StepHistory>;
  /** What its steps wait for, by their paths (wait.ts). */
  waits: Map<string, OpenWait>;
  /** What came for the run and no step has taken, oldest first. */
  signals: SignalRecord[];
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

/** The end of all waits of the step and of those below it, for the record of its end; undefined where there are none. */
export function endWaits({ waits }: Pick<Walk, "waits">, path: string): WaitChanges | undefined {
  if (waits.size === 0) return undefined;
  const over = [...waits.keys()].filter((one) => isWithin(one, path));
  for (const one of over) waits.delete(one);
  return over.length > 0 ? { ended: [path] } : undefined;
}
