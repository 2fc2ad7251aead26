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
  type StepRecord,
} from "./journal.ts";

export interface Draft {
  /** Until commit(), a path is added in one state only, or as a composite's decision and then its end. `onRecorded` is called once it is durable. */
  add(
    part: { step?: StepRecord | CompositeRecord; attempt?: AttemptRecord; run?: JournalEntry["run"] },
    onRecorded?: () => void,
  ): void;
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

export function createDraft(journal: Journal, { job, runId }: { job: Job; runId: string }): Draft {
  let open: Part[] = [];

  async function record(parts: Part[], close?: JournalClose) {
    await journal.record({
      job,
      runId,
      steps: stepsOf(parts),
      attempts: parts.flatMap(({ attempt }) => attempt ?? []),
      run: parts.findLast(({ run }) => run)?.run,
      close,
    });
  }

  /** Takes the parts out; they come back where the record failed, unless it was refused for good. */
  async function commit(parts: Part[], close?: JournalClose) {
    open = [];
    if (!close && parts.length === 0) return;
    try {
      await record(parts, close);
    } catch (error) {
      if (!(error instanceof AppError && error.code === "LEASE_LOST")) open = [...parts, ...open];
      // What had ended was recorded.
      if (error instanceof RunPaused) heard(parts);
      throw error;
    }
    heard(parts);
  }

  function heard(parts: Part[]) {
    for (const { onRecorded } of parts) onRecorded?.();
  }

  return {
    add: (part, onRecorded) => void open.push({ ...part, onRecorded }),
    commit: (close) => commit(open, close),
    salvage: () => commit(open.filter(({ run, attempt }) => !run && attempt?.state !== "started")),
  };
}

/** Each path once: the end of a step goes over its decision. */
function stepsOf(parts: readonly Part[]): (StepRecord | CompositeRecord)[] {
  const byPath = new Map<string, StepRecord | CompositeRecord>();
  for (const { step } of parts) if (step) byPath.set(step.path, { ...byPath.get(step.path), ...step });
  return [...byPath.values()];
}

interface Part {
  step?: StepRecord | CompositeRecord;
  attempt?: AttemptRecord;
  run?: JournalEntry["run"];
  onRecorded?: () => void;
}
