/**
 * Port of the journal of runs: what the engine records about a run it owns, and reads back of one. It is handed in: the
 * engine knows no table (runs/journal.ts has them).
 */

import { AppError } from "../base/errors.ts";
import type { NewOutput } from "./outputs.ts";
import type { Job, JobOutcome } from "../queue/queue.ts";
import type { Plan } from "./plan.ts";
import type { DeliveryFacts } from "./scope.ts";

/** Where a run is. Waiting: between two attempts, put off or paused. The last three are its end. */
export type RunState = "pending" | "running" | "waiting" | "completed" | "failed" | "cancelled";

/** What an action step has come to. */
export interface StepRecord {
  /** Of the step in its run (step_path.ts). */
  path: string;
  /** Its entry in the list of actions. */
  action: string;
  /** Running: begun, and not at its end. */
  state: "running" | "completed" | "failed" | "cancelled";
  /** Attempts so far; one that was put off does not count. */
  attempts: number;
  /** When it is attempted again, in milliseconds since 1970; absent: when the run is walked next. */
  dueAt?: number;
  /** Milliseconds that the step was put off in all; absent: as before. */
  waitedMs?: number;
  /** JSON that later steps may name, or the KeptOutput in its place; of a completed one. */
  output?: unknown;
  /** Code of an AppError; of a failed one, and of one that will be retried. */
  errorCode?: string;
  /** The sentence beside the code. */
  errorMessage?: string;
}

/**
 * A step that holds others, and decided something for all walks of its run: which branch is taken, which list a loop goes
 * over. Its state is recorded as any other's; one that decides nothing needs no record.
 */
export interface CompositeRecord extends Pick<StepRecord, "path" | "state" | "output" | "errorCode" | "errorMessage"> {
  /** Of the step in the plan; never "action". */
  kind: string;
  /** Undefined for the plan's root. */
  parentPath?: string;
  /** JSON; absent: as recorded before. */
  decision?: unknown;
  /** Of a loop, and of what it holds; absent: as recorded before. */
  progress?: Progress;
}

/** What is counted of a run, or of a part of it. */
export interface Counted {
  /** Steps that were walked. */
  steps: number;
  /** Attempts of actions. */
  tries: number;
  /** Bytes of JSON. */
  outputBytes: number;
}

/** How far a loop has come, or what was counted in an item or branch of a step that is over. */
export interface Progress extends Counted {
  /** Items before this one have begun. */
  begun?: number;
  /** Of those, the ones that are not over. */
  open?: readonly number[];
  /** Of those, how many have failed. */
  failed?: number;
  /** Of a while-loop: what its rounds have set so far. */
  vars?: Readonly<Record<string, unknown>>;
}

/** One of the things that may end a wait; who brings it finds the wait by them. */
export interface WaitKey {
  /** What sort of thing: an event, an answer of a person, the end of another run. */
  type: string;
  /** Which of its sort. */
  key: string;
  /** JSON; what comes is held against it by who brings it. */
  condition?: unknown;
}

/** What a step waits for from now on. */
export interface WaitRecord {
  /** Of the step. */
  path: string;
  /** Each type and key once. */
  on: readonly WaitKey[];
  /** When the wait is over without them, in milliseconds since 1970; absent: never. */
  until?: number;
  /** Who is asked, where people end the wait. */
  approval?: AskedApproval;
}

/** What people are asked. */
export interface AskedApproval {
  /** UUID. */
  id: string;
  /** Ids of Clockify users. */
  people: readonly string[];
  /** Roles in the workspace, beside them. */
  roles: readonly string[];
  /** What they read. */
  note: string;
}

/** How the waits of a run change, and what ends of its steps with them. */
export interface WaitChanges {
  /** Waits that began. */
  begun?: readonly WaitRecord[];
  /** Paths: their waits and those below them are over. */
  ended?: readonly string[];
  /** What is open of the steps at these paths and below them is cancelled, with the reason. */
  cancelled?: readonly { path: string; reason: string }[];
  /** Paths: people were asked there, and no answer came in time. */
  expired?: readonly string[];
  /** Paths: people who are asked there are reminded now. */
  reminded?: readonly string[];
  /** Ids of the signals that steps took. */
  taken?: readonly number[];
  /** The entry is recorded only where no signal came for the run since the claim. */
  unlessWoken?: boolean;
}

/** What came for a run (signals/signal.ts). */
export interface SignalRecord {
  /** In the order of their coming. */
  id: number;
  /** Of the step whose wait it answers; null: of the first that waits for it. */
  path: string | null;
  /** As in WaitKey. */
  type: string;
  /** As in WaitKey. */
  key: string;
  /** JSON that it brought. */
  value: unknown;
}

/** One attempt of a step. */
export interface AttemptRecord {
  /** Of its step. */
  path: string;
  /** From 1. */
  number: number;
  /** Nothing was recorded of the step before. */
  first?: boolean;
  /** snoozed: put off, by an empty rate budget or a 429; the next attempt takes its number, and its row. */
  state: "started" | "succeeded" | "failed" | "snoozed";
  /** Redacted picture of what is sent; given when the attempt starts, and again when only the attempt could know it. */
  request?: unknown;
  /** Of the answer, where one came. */
  httpStatus?: number;
  /** Code of an AppError, where the attempt failed. */
  errorCode?: string;
  /** The sentence beside the code. */
  errorMessage?: string;
}

/** What becomes of the run's job: it is over, comes back later, or is a dead letter. */
export type JournalClose = Extract<JobOutcome, { kind: "done" | "retry" | "snooze" | "discard" }>;

/** What is recorded together, in one transaction, about one run: all of it, or nothing. */
export interface JournalEntry {
  /** Of the run, as it was claimed: the record counts while that claim holds. */
  job: Job;
  /** UUID. */
  runId: string;
  /** Each path once. What is recorded as completed or failed stays so, whatever is recorded of it afterwards. */
  steps?: readonly (StepRecord | CompositeRecord)[];
  /** Each path and number once. */
  attempts?: readonly AttemptRecord[];
  /** Those that steps of this or a later entry have as a KeptOutput. */
  outputs?: readonly NewOutput[];
  /** What the run has come to; absent: as before. */
  run?: { state: RunState; errorCode?: string; errorMessage?: string };
  /** How the waits of its steps change; absent: not at all. */
  waits?: WaitChanges;
  /** The step of another run that may wait for the end of this one: it hears of the end. */
  parent?: ParentStep;
  /** Closes or reschedules the run's job in the same transaction. */
  close?: JournalClose;
}

/** The step that started a run. */
export interface ParentStep {
  /** UUID of its run. */
  runId: string;
  /** Of the step. */
  path: string;
}

/** What a finished or interrupted step left behind. */
export interface StepHistory {
  /** Of the step in its run (step_path.ts). */
  path: string;
  /** Running: begun, and not at its end. */
  state: StepRecord["state"];
  /** JSON, or a KeptOutput; null where it has none. */
  output: unknown;
  /** Code of an AppError, of the last failure. */
  errorCode: string | null;
  /** The sentence beside the code. */
  errorMessage: string | null;
  /** Attempts made, the uncertain ones included; not those that were put off. */
  attempts: number;
  /** Milliseconds that it was put off in all, since a person last asked for the run again. */
  waitedMs: number;
  /** When it may be attempted again, where that is yet to come: milliseconds since 1970 by the clock of this process. */
  dueAt?: number;
  /**
   * When the first attempt began, in milliseconds since 1970 by the clock of this process: the first since a person last
   * asked for the run again. Absent of a step that is over, or has not been attempted since.
   */
  beganAt?: number;
  /** Attempts that ended in a recorded failure, since a person last asked for the run again (runs/retry.ts). */
  failures: number;
  /**
   * True when the last attempt was started and its answer never recorded; a person who retries the run accepts that it
   * may take effect twice.
   */
  uncertain: boolean;
  /** Plan that made another request of the step than it failed with: part of its Idempotency-Key (runs/retry.ts). */
  keyPlanId: number | null;
  /** What the step decided once, in an object; absent: nothing so far. */
  decided?: { decision: unknown };
  /** Of a loop, and of what it holds. */
  progress?: Progress;
}

/** A run as the engine walks it: its plan, what started it, and what its steps left behind. */
export interface RunRecord {
  /** UUID. */
  id: string;
  /** Whose run it is. */
  installationId: number;
  /** Clockify's id of the installation's workspace. */
  workspaceId: string;
  /** Time zone of the person who installed the add-on, as Clockify has it; null where that is not known. */
  timeZone: string | null;
  /** The flow whose version it runs. */
  flowId: number;
  /** Of the flow; absent where that is not known. */
  flowVersion?: number;
  /** Null: no event started it. */
  eventId: number | null;
  /** As it was read. */
  state: RunState;
  /** When it was asked for. */
  createdAt: Date;
  /** That it began with, whatever became of its flow. */
  plan: Plan;
  /** Its input, or the body of the event that started it, as flows see it. */
  event: unknown;
  /** The facts beside the event; absent where there is none. */
  delivery?: DeliveryFacts;
  /** Those that began, in no order. */
  steps: StepHistory[];
  /** What its open steps wait for, an entry for each path; absent: nothing. */
  waits?: readonly WaitRecord[];
  /** What came for it and no step has taken, oldest first; absent: nothing. */
  signals?: readonly SignalRecord[];
  /** The step that started it; absent: no run did. */
  parent?: ParentStep;
  /** The add-on was uninstalled since the run was asked for: nothing of it may begin. */
  over?: boolean;
  /** A person paused it: nothing of it may begin for now. */
  paused?: boolean;
  /** Nothing of it begins from then on: it fails. */
  deadlineAt?: Date;
}

/** Where a run is found. */
export interface RunPlace {
  /** Whose run it is: of another installation it is not found. */
  installationId: number;
  /** UUID. */
  runId: string;
  /** Generation of the run's job. */
  generation?: number | null;
  /** Signals that had come at the claim. */
  wakes?: number;
}

/** How an item of a loop ended. */
export interface ItemRecord extends Pick<StepHistory, "path" | "state" | "output" | "errorCode" | "errorMessage"> {}

/** Records of runs, and how they are read back. */
export interface Journal {
  /**
   * Throws LEASE_LOST when the job has another owner by now, or was withdrawn; then nothing was recorded. Throws it too when
   * a call is about to begin and the add-on was uninstalled; then what came before the call is recorded, and the run is
   * cancelled. Throws RunPaused where a person paused the run, unless the entry closes the job: what had ended is recorded,
   * no call begins, and the job waits until the run is resumed. Throws RunWoken where a signal came that the entry does not
   * suffer; then nothing was recorded. A job that comes back later may be claimed at once where a signal came since its claim.
   */
  record(entry: JournalEntry): Promise<void>;
  /** The run with its plan, event and history, or undefined when it no longer exists. */
  load(run: RunPlace): Promise<RunRecord | undefined>;
  /** How the items of a loop ended, in the order of `paths`; undefined for one without a record of its end. */
  readItems(run: RunPlace, paths: readonly string[]): Promise<(ItemRecord | undefined)[]>;
  /** JSON texts of kept outputs, by id; one that is not there is left out. */
  readOutputs(run: RunPlace, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** How the job of a run is closed that is paused; while it is, the delay does not count. */
export const PAUSED: JournalClose = { kind: "snooze", delayMs: 0, reason: "the run is paused" };

/** The run was paused, and its job given back: the walk ends, and nothing of it is lost. */
export class RunPaused extends AppError {
  /** `runId` is named in the sentence. */
  constructor(runId: string) {
    super("LEASE_LOST", `Cannot go on with run "${runId}": it was paused`);
  }
}

/** A signal came for the run since its job was claimed. */
export class RunWoken extends AppError {
  /** `runId` is named in the sentence. */
  constructor(runId: string) {
    super("LEASE_LOST", `Cannot record for run "${runId}": a signal came meanwhile`);
  }
}

/** How a run ends whose add-on was uninstalled. */
export const UNINSTALLED = { state: "cancelled", errorMessage: "The add-on was uninstalled" } as const;
