/** What a walk has learnt and not recorded yet: it goes into one record with what comes next, the start of a call or the end of the walk. */

import type { Job } from "../queue/queue.ts";
import type { AttemptRecord, Journal, JournalClose, JournalEntry, StepRecord } from "./journal.ts";

export interface Draft {
  /** Until commit(), a path is added in one state only. `onRecorded` is called once it is durable. */
  add(
    part: { step?: StepRecord; attempt?: AttemptRecord; run?: JournalEntry["run"] },
    onRecorded?: () => void,
  ): void;
  /**
   * Records all that was added, and closes the job if asked: one transaction, and none when there is nothing to record.
   * Throws LEASE_LOST when the job has another owner by now; then nothing was recorded.
   */
  commit(close?: JournalClose): Promise<void>;
}

export function createDraft(journal: Journal, { job, runId }: { job: Job; runId: string }): Draft {
  let open = empty();
  return {
    add: ({ step, attempt, run }, onRecorded) => {
      if (step) open.steps.push(step);
      if (attempt) open.attempts.push(attempt);
      if (run) open.run = run;
      if (onRecorded) open.onRecorded.push(onRecorded);
    },
    commit: async (close) => {
      const { onRecorded, ...entry } = open;
      if (!close && !entry.run && entry.steps.length === 0 && entry.attempts.length === 0) return;
      open = empty();
      await journal.record({ job, runId, ...entry, close });
      for (const call of onRecorded) call();
    },
  };
}

interface Open {
  steps: StepRecord[];
  attempts: AttemptRecord[];
  run?: JournalEntry["run"];
  onRecorded: (() => void)[];
}

function empty(): Open {
  return { steps: [], attempts: [], onRecorded: [] };
}
