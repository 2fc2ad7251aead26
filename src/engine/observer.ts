/** What others may learn of the engine's work; the composition root turns it into logs and metrics. */

import type { RunRecord, RunState } from "./journal.ts";

export interface EngineObserver {
  stepAttempted(fact: {
    run: RunRecord;
    /** Of the run. */
    jobId: number;
    path: string;
    action: string;
    attempt: number;
    outcome: "succeeded" | "failed" | "snoozed";
    durationMs: number;
    httpStatus?: number;
    errorCode?: string;
    retryInMs?: number;
  }): void;
  runFinished(fact: { run: RunRecord; jobId: number; state: RunState; durationMs: number; errorCode?: string }): void;
}
