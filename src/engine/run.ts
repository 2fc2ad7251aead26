/** Advances one run: walks its plan, returns what is finished, tries what is not, and closes or reschedules its job. */

import { AppError } from "../errors.ts";
import type { JobContext } from "../queue/worker.ts";
import type { Job, JobOutcome } from "../queue/queue.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { Journal, JournalClose, RunRecord, RunState } from "./journal.ts";
import { type StepDeps, type StepEnd, walkStep } from "./step.ts";

/** What others may learn of the engine's work; the composition root turns it into logs and metrics. */
export interface EngineObserver {
  stepAttempted(fact: {
    run: RunRecord;
    path: string;
    action: string;
    attempt: number;
    outcome: "succeeded" | "failed" | "snoozed";
    durationMs: number;
    httpStatus?: number;
    errorCode?: string;
    retryInMs?: number;
  }): void;
  runFinished(fact: { run: RunRecord; state: RunState; durationMs: number; errorCode?: string }): void;
}

export interface EngineOptions extends StepDeps {
  journal: Journal;
  tracing: Tracing;
}

export interface Engine {
  /** The handler of "run" jobs (payload {run_id}). */
  advance(job: Job, context: JobContext): Promise<JobOutcome>;
  /** Hands over a run that was just created, so that advance() need not read it back. */
  prime(run: RunRecord): void;
}

/** Lost leases after which a run is held to end the process each time it is tried. */
const MAX_RESCUES = 10;

export function createEngine(options: EngineOptions): Engine {
  const { journal, clock, tracing, observer } = options;
  const primed = new Map<string, RunRecord>();

  async function advance(job: Job, context: JobContext): Promise<JobOutcome> {
    const runId = String(job.payload.run_id);
    const run = primed.get(runId) ?? await journal.load({ installationId: job.installationId, runId });
    primed.delete(runId);
    if (!run) return { kind: "cancel", reason: "the run no longer exists" };
    if (run.state === "completed" || run.state === "failed" || run.state === "cancelled") return { kind: "done" };

    const span = tracing.startSpan("run", {
      parent: job.traceparent ?? undefined,
      attributes: { "timewire.run_id": run.id, "timewire.workspace_id": run.workspaceId },
    });
    try {
      const end: StepEnd = job.attempt > MAX_RESCUES + countFailures(run)
        ? {
          kind: "failed",
          error: new AppError("RUN_LIMIT_REACHED", `Cannot go on: the process ended ${MAX_RESCUES} times in this run`),
        }
        : await walkStep(run.plan.root, "", {
          run,
          job,
          results: [],
          history: new Map(run.steps.map((step) => [step.path, step])),
          signal: context.signal,
          traceparent: span.traceparent,
        }, options);
      if (end.kind === "failed") span.recordError(end.error.code);
      await finish(job, run, end);
      return { kind: "settled", rescheduled: end.kind === "suspended" };
    } finally {
      span.end();
    }
  }

  async function finish(job: Job, run: RunRecord, end: StepEnd) {
    options.onPoint?.("before_run_end");
    if (end.kind === "suspended") {
      const { delayMs, reason, retry } = end;
      const close: JournalClose = { kind: retry ? "retry" : "snooze", delayMs, reason };
      await journal.record({ job, runId: run.id, run: { state: "waiting" }, close });
      return;
    }
    const state: RunState = end.kind;
    const error = end.kind === "failed" ? end.error : undefined;
    await journal.record({
      job,
      runId: run.id,
      run: { state, errorCode: error?.code, errorMessage: error?.message },
      // A failed run leaves its job behind as a dead letter with the reason.
      close: error ? { kind: "discard", reason: error.message } : { kind: "done" },
    });
    observer.runFinished({
      run,
      state,
      durationMs: clock.now() - run.createdAt.getTime(),
      errorCode: error?.code,
    });
  }

  return { advance, prime: (run) => void primed.set(run.id, run) };
}

function countFailures(run: RunRecord): number {
  return run.steps.reduce((sum, step) => sum + step.failures, 0);
}
