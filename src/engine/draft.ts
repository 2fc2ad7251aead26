/**
 * Journal entries that are not written yet: they go into one record with what comes next, the start of a call or the
 * end of the run's turn.
 */

import { AppError } from "../base/errors.ts";
import type { Job } from "../queue/queue.ts";
import {
  type AttemptRecord,
  type CompositeRecord,
  type Journal,
  type JournalClose,
  type JournalEntry,
  RunPaused,
  RunWoken,
  type StepRecord,
  type WaitChanges,
} from "./journal.ts";
import { isWithin } from "./step_path.ts";
import type { NewOutput } from "./outputs.ts";
import type { Pace } from "./pace.ts";

export interface Draft {
  /** Until commit(), a path is added in one state only, or as a composite's decision and then its end. `onRecorded` is called once it is durable. */
  add(
    part: Pick<JournalEntry, "run" | "parent" | "waits"> & {
      step?: StepRecord | CompositeRecord;
      attempt?: AttemptRecord;
      output?: NewOutput;
    },
    onRecorded?: () => void,
  ): void;
  /** As commit() where many parts wait for it: what is held of them is bounded. */
  bound(): Promise<void>;
  /**
   * Records this by itself, where no signal came for the run since the claim. False: one did, and it is not recorded. Throws
   * as commit() does.
   */
  addUnlessWoken(part: Pick<JournalEntry, "waits"> & { step: CompositeRecord }): Promise<boolean>;
  /**
   * Records all that was added, and closes the job if asked: one transaction, and none when there is nothing to record.
   * Throws LEASE_LOST when the job has another owner by now; then nothing was recorded.
   */
  commit(close?: JournalClose): Promise<void>;
  /**
   * Records what has ended among that which commit() could not record, or which was never committed: no start of a call, and
   * nothing about the run, whose walk is over. Throws as commit() does, and may be called again.
   */
  salvage(): Promise<void>;
}

export function createDraft(
  journal: Journal,
  { job, runId, pace }: { job: Job; runId: string; pace: Pace },
): Draft {
  let open: Part[] = [];
  /** Steps that are walked together commit at the same time: what one recorded may come before the call of another. */
  const inProgress = new Set<Promise<void>>();

  async function record(parts: Part[], close?: JournalClose) {
    const ofRun = parts.findLast(({ run }) => run);
    await journal.record({
      job,
      runId,
      steps: stepsOf(parts),
      attempts: parts.flatMap(({ attempt }) => attempt ?? []),
      outputs: parts.flatMap(({ output }) => output ?? []),
      run: ofRun?.run,
      parent: ofRun?.parent,
      waits: waitsOf(parts),
      close,
    });
  }

  async function commit(parts: Part[], close?: JournalClose) {
    const earlier = inProgress.size > 0 ? [...inProgress] : undefined;
    if (close || parts.length > 0) await send(parts, close);
    if (earlier) await Promise.all(earlier);
  }

  /** Takes the parts out; they come back where the record failed, unless it was refused for good. */
  async function send(parts: Part[], close?: JournalClose) {
    open = [];
    const recorded = record(parts, close);
    inProgress.add(recorded);
    try {
      await recorded;
    } catch (error) {
      if (!(error instanceof AppError && error.code === "LEASE_LOST")) open = [...parts, ...open];
      // What had ended was recorded.
      if (error instanceof RunPaused) heard(parts);
      throw error;
    } finally {
      inProgress.delete(recorded);
    }
    heard(parts);
    pace.recorded(parts.length);
  }

  function heard(parts: Part[]) {
    for (const { onRecorded } of parts) onRecorded?.();
  }

  return {
    add: (part, onRecorded) => void open.push({ ...part, onRecorded }),
    bound: async () => {
      await pace.rested();
      if (open.length >= pace.mostParts()) await commit(open);
    },
    addUnlessWoken: async ({ step, waits }) => {
      await commit(open);
      try {
        await journal.record({ job, runId, steps: [step], waits: { ...waits, unlessWoken: true } });
      } catch (error) {
        if (error instanceof RunWoken) return false;
        throw error;
      }
      return true;
    },
    commit: async (close) => {
      if (!close) await pace.rested();
      await commit(open, close);
    },
    salvage: () => commit(open.filter(({ run, attempt }) => !run && attempt?.state !== "started")),
  };
}

/** Each path once: the end of a step goes over its decision. */
function stepsOf(parts: readonly Part[]): (StepRecord | CompositeRecord)[] {
  const byPath = new Map<string, StepRecord | CompositeRecord>();
  for (const { step } of parts) if (step) byPath.set(step.path, { ...byPath.get(step.path), ...step });
  return [...byPath.values()];
}

/** A wait that began and is over by now leaves nothing. Undefined: none changed. */
function waitsOf(parts: readonly Part[]): WaitChanges | undefined {
  if (!parts.some(({ waits }) => waits)) return undefined;
  const changes = parts.flatMap(({ waits }) => waits ?? []);
  const ended = changes.flatMap((one) => one.ended ?? []);
  return {
    begun: changes.flatMap((one) => one.begun ?? []).filter(({ path }) => !ended.some((over) => isWithin(path, over))),
    ended,
    cancelled: changes.flatMap((one) => one.cancelled ?? []),
    expired: changes.flatMap((one) => one.expired ?? []),
    reminded: changes.flatMap((one) => one.reminded ?? []),
    taken: changes.flatMap((one) => one.taken ?? []),
  };
}

interface Part extends Pick<JournalEntry, "run" | "parent" | "waits"> {
  step?: StepRecord | CompositeRecord;
  attempt?: AttemptRecord;
  output?: NewOutput;
  onRecorded?: () => void;
}
