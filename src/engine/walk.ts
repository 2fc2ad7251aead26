/** One pass over the plan of one run: what its steps share, what they are walked with, and how one ends. */

import type { Clock } from "../base/clock.ts";
import type { OnPoint } from "../base/crash_point.ts";
import type { AppError } from "../base/errors.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { Action } from "./action.ts";
import type { Draft } from "./draft.ts";
import type { FindEntities } from "./entity_lookup.ts";
import type { Frame } from "./frame.ts";
import type {
  AskedApproval,
  CompositeRecord,
  RunRecord,
  SignalRecord,
  StepHistory,
  WaitChanges,
  WaitKey,
} from "./journal.ts";
import type { KeptOutputs } from "./kept_outputs.ts";
import type { EngineObserver } from "./observer.ts";
import type { RunCounts, Turn } from "./run_limits.ts";
import type { Slots } from "./slots.ts";
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
  /** Throws RUN_LIMIT_REACHED where the runs of the installation may not wait for so many more together; absent: they may. */
  waitRoom?(installationId: number, waits: number): Promise<void>;
  /** By the names of the kinds (kinds/table.ts); `action:<type>` for actions of a type with a walker of its own. */
  kinds: ReadonlyMap<string, Walker>;
  /** For templates that look entities up; absent: none is there to be looked up. */
  findEntities?: FindEntities;
}

/** How steps of a kind are walked. */
export type Walker<Step = unknown> = (step: Step, path: string, walk: Walk, deps: StepDeps) => Promise<StepEnd>;

export type StepEnd =
  | { kind: "completed"; output: unknown }
  /** `at`: the path of the step that failed; absent: this one. */
  | { kind: "failed"; error: AppError; at?: string }
  /** Ended by what came before it in the run, or by the plan; `reason` is what people read. */
  | { kind: "cancelled"; reason: string }
  | RunOver
  | Parked;

/** How a step ended; it is walked no more. */
export type Ended = Exclude<StepEnd, Parked | RunOver>;

/** The plan ends the run here: what holds the step goes on with nothing but its `finally`. */
export interface RunOver {
  kind: "over";
  /** Of the step that says so. */
  path: string;
  /** Absent: it is a success. */
  error?: AppError;
  /** Of the run. */
  output?: unknown;
}

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
  /** What its next step can name. */
  frame: Frame;
  outputs: KeptOutputs;
  /** As in StepDeps. */
  findEntities?: FindEntities;
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
  /** What the run has come to so far, in all its walks; of the part that is walked. */
  counts: RunCounts;
  /** What is left of this walk before it rests. */
  turn: Turn;
  /** For the calls of the run. */
  calls: Slots;
  /** Ends of the steps that hold the one which ended the run: recorded with the run's end, and not before. */
  closing: CompositeRecord[];
  /** Asked before each step: why it is not begun, where what holds it is decided without it. */
  halted?(): Ended | undefined;
}

/** As people know a step: by its place from 1 in a flow of actions alone, else by its id. */
export function stepName({ run: { plan } }: Pick<Walk, "run">, path: string): string {
  const { steps } = plan.root;
  const [id] = path.split("/").slice(-1);
  const place = steps.findIndex((one) => one.id === id);
  return place !== -1 && steps.every(({ kind }) => kind === "action") ? String(place + 1) : `"${id}"`;
}

/** The end of all waits of the step and of those below it, for the record of its end; undefined where there are none. */
export function endWaits({ waits }: Pick<Walk, "waits">, path: string): WaitChanges | undefined {
  if (waits.size === 0) return undefined;
  const over = [...waits.keys()].filter((one) => isWithin(one, path));
  for (const one of over) waits.delete(one);
  return over.length > 0 ? { ended: [path] } : undefined;
}
