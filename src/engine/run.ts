/**
 * Advances one run: walks its plan, returns what is finished, attempts what is not, and closes or reschedules its job.
 */

import type { JobContext } from "../queue/worker.ts";
import type { Job, JobOutcome } from "../queue/queue.ts";
import { backoffMs } from "../base/backoff.ts";
import { AppError, toAppError } from "../base/errors.ts";
import { createDraft, type Draft } from "./draft.ts";
import { type Journal, PAUSED, RunPaused, type RunRecord, type RunState, UNINSTALLED } from "./journal.ts";
import { createKeptOutputs } from "./kept_outputs.ts";
import { unknownPart } from "./known.ts";
import { STEP_KINDS, walkStep } from "./step.ts";
import { closeOfParked } from "./parked.ts";
import { stepPath } from "./step_path.ts";
import { endWaits, type OpenWait, type StepDeps, type StepEnd, type Walk } from "./walk.ts";
import { createWorkBudget, WORK } from "./work_budget.ts";

export interface EngineOptions extends StepDeps {
  journal: Journal;
}

export interface Engine {
  /** The handler of "run" jobs (payload {run_id}). */
  advance(job: Job, context: JobContext): Promise<JobOutcome>;
  /** Hands over a run that was just created, so that advance() need not read it back. */
  prime(run: RunRecord): void;
}

/** Attempts to record what was done, after a record failed. */
const SALVAGE = { maxAttempts: 6, initialDelayMs: 100, maxDelayMs: 2_000, multiplier: 2 };
/** Wait of a run whose plan this version does not know; longer for older ones, so that many of them cost little. */
const UNKNOWN_WAIT = { leastMs: 10_000, mostMs: 300_000, ofAge: 0.25 };

export function createEngine(options: EngineOptions): Engine {
  const { journal, clock, tracing, observer, onPoint } = options;
  const kinds = new Set([...STEP_KINDS, ...options.kinds?.keys() ?? []]);
  const known = { schema: 1, kinds, actions: options.actions } as const;
  const primed = new Map<string, RunRecord>();
  const outputs = createKeptOutputs(journal);

  async function advance(job: Job, context: JobContext): Promise<JobOutcome> {
    const runId = String(job.payload.run_id);
    const run = primed.get(runId) ??
      await journal.load({ installationId: job.installationId, runId, generation: job.generation, wakes: job.wakes });
    primed.delete(runId);
    if (!run) return { kind: "cancel", reason: "the run no longer exists" };
    if (run.state === "completed" || run.state === "failed" || run.state === "cancelled") return { kind: "done" };
    if (run.over) {
      const waits = endWaits({ waits: waitsOf(run) }, rootPath(run));
      await journal.record({ job, runId, run: UNINSTALLED, waits, close: { kind: "done" } });
      return { kind: "settled" };
    }
    if (run.paused) {
      await journal.record({ job, runId, run: { state: "waiting" }, close: PAUSED });
      return { kind: "settled" };
    }
    if (run.deadlineAt && clock.now() >= run.deadlineAt.getTime()) {
      const error = new AppError(
        "RUN_LIMIT_REACHED",
        `Cannot go on: the run had to be over by ${run.deadlineAt.toISOString()}`,
      );
      const draft = createDraft(journal, { job, runId });
      await finish({ run, jobId: job.id, draft, waits: waitsOf(run) }, { kind: "failed", error });
      return { kind: "settled" };
    }
    const unknown = unknownPart(run.plan, known);
    if (unknown !== undefined) {
      return { kind: "snooze", delayMs: unknownWaitMs(run), reason: `waits for an instance that knows ${unknown}` };
    }

    const span = tracing.startSpan("run", {
      parent: job.traceparent ?? undefined,
      attributes: { "timewire.run_id": run.id, "timewire.workspace_id": run.workspaceId },
    });
    const draft = createDraft(journal, { job, runId });
    try {
      const walk: Walk = {
        run,
        jobId: job.id,
        draft,
        results: [],
        outputs,
        history: new Map(run.steps.map((step) => [step.path, step])),
        waits: waitsOf(run),
        signals: [...run.signals ?? []],
        signal: context.signal,
        traceparent: span.traceparent,
        generation: job.generation,
        work: createWorkBudget(WORK.run, "the steps of a run"),
      };
      const end = await walkStep(run.plan.root, "", walk, options);
      if (end.kind === "failed") span.recordError(end.error.code);
      await finish(walk, end);
      return { kind: "settled", rescheduled: end.kind === "parked" };
    } catch (error) {
      if (error instanceof RunPaused) return { kind: "settled" };
      await salvage(draft, context);
      throw error;
    } finally {
      span.end();
    }
  }

  /**
   * What was done stays done, whatever went wrong after it: a fault of the database that passes does not send it again.
   * Refused where the claim is over. Never throws.
   */
  async function salvage(draft: Draft, { signal, leaseMs }: JobContext) {
    const endMs = clock.monotonicMs() + leaseMs / 2;
    for (let tries = 1;; tries++) {
      try {
        return await draft.salvage();
      } catch (error) {
        const delayMs = backoffMs(tries, SALVAGE);
        const over = tries >= SALVAGE.maxAttempts || clock.monotonicMs() + delayMs > endMs;
        if (over || signal.aborted || toAppError(error).code === "LEASE_LOST") return;
        await clock.sleep(delayMs, signal).catch(() => {});
      }
    }
  }

  /** The walk's end and what it has not recorded yet are one record: the last step, the run, and its job. */
  async function finish(walk: Pick<Walk, "run" | "jobId" | "draft" | "waits">, end: StepEnd) {
    const { run, jobId, draft } = walk;
    const point = end.kind === "parked"
      ? end.retry ? "backoff" : "snooze"
      : end.kind === "failed"
      ? "failure"
      : "run_end";
    onPoint?.(`before_${point}`);
    if (end.kind === "parked") {
      draft.add({ run: { state: "waiting" } });
      await draft.commit(closeOfParked(end, { nowMs: clock.now(), deadlineAt: run.deadlineAt }));
    } else {
      const state: RunState = end.kind;
      const error = end.kind === "failed" ? end.error : undefined;
      const errorMessage = end.kind === "cancelled" ? end.reason : error?.message;
      const { parent } = run;
      const waits = endWaits(walk, rootPath(run));
      draft.add({ run: { state, errorCode: error?.code, errorMessage }, parent, waits }, () => {
        const durationMs = clock.now() - run.createdAt.getTime();
        observer.runFinished({ run, jobId, state, durationMs, errorCode: error?.code });
      });
      // A failed run leaves its job behind as a dead letter with the reason.
      await draft.commit(error ? { kind: "discard", reason: error.message } : { kind: "done" });
    }
    onPoint?.(`after_${point}`);
  }

  function unknownWaitMs({ createdAt }: RunRecord): number {
    const { leastMs, mostMs, ofAge } = UNKNOWN_WAIT;
    return Math.min(mostMs, Math.max(leastMs, (clock.now() - createdAt.getTime()) * ofAge));
  }

  return { advance, prime: (run) => void primed.set(run.id, run) };
}

function rootPath({ plan }: RunRecord): string {
  return stepPath({ id: plan.root.id }, "");
}

function waitsOf({ waits }: RunRecord): Map<string, OpenWait> {
  return new Map(waits?.map(({ path, on, until }) => [path, { on: [...on], until }]));
}
