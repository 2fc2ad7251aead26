/** Events of the engine that others may observe; the composition root turns them into logs and metrics. */

import type { RunRecord, RunState } from "./journal.ts";

export interface EngineObserver {
  stepAttempted(fact: {
    run: RunRecord;
    /** The run's job. */
    jobId: number;
    path: string;
    action: string;
    /** The operation that the step names, where it does. */
    operation?: string;
    attempt: number;
    outcome: "succeeded" | "failed" | "snoozed";
    durationMs: number;
    httpStatus?: number;
    errorCode?: string;
    retryInMs?: number;
  }): void;
  /** No one answered an approval in time. */
  approvalExpired?(fact: { run: RunRecord }): void;
  runFinished(fact: { run: RunRecord; jobId: number; state: RunState; durationMs: number; errorCode?: string }): void;
}
