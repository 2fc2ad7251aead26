/**
 * Advances one run: walks its plan, returns what is finished, attempts what is not, and closes or reschedules its job.
 */

import type { JobContext } from "../queue/worker.ts";
import type { Job, JobOutcome } from "../queue/queue.ts";
import { backoffMs } from "../base/backoff.ts";
import { AppError, toAppError } from "../base/errors.ts";
import { createDraft, type Draft } from "./draft.ts";
import { createFrame } from "./frame.ts";
import {
  type Journal,
  PAUSED,
  RunPaused,
  type RunRecord,
  type RunState,
  type StepHistory,
  UNINSTALLED,
  type WaitChanges,
} from "./journal.ts";
import { createKeptOutputs } from "./kept_outputs.ts";
import { walkersWith } from "./kinds/table.ts";
import { unknownPart } from "./known.ts";
import { KeptOutput } from "./outputs.ts";
import { OWN_ACTIONS } from "./own_actions.ts";
import { createPace } from "./pace.ts";
import { closeOfParked } from "./parked.ts";
import { deadlineOf, RUN_LIMITS, RunCounts, STEPS_PER_WALK } from "./run_limits.ts";
import { createSlots } from "./slots.ts";
import { walkStep } from "./step.ts";
import { stepPath } from "./step_path.ts";
import { endWaits, type OpenWait, type StepDeps, type StepEnd, type Walk } from "./walk.ts";
import { createWorkBudget, WORK } from "./work_budget.ts";

export interface EngineOptions extends Omit<StepDeps, "kinds"> {
  journal: Journal;
  /** Beside those of kinds/table.ts. */
  kinds?: StepDeps["kinds"];
  /** Whether another installation has work, beside which long walks leave time to it; absent: none has. */
  hasOthers?(installationId: number): boolean;
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
  const kinds = walkersWith(options.kinds);
  const actions = new Map([...OWN_ACTIONS.map((one) => [one.type, one] as const), ...options.actions]);
  const deps: StepDeps = { ...options, kinds, actions };
  const known = { schema: 1, kinds: new Set(kinds.keys()), actions } as const;
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
    const deadlineAt = deadlineOf(run);
    if (clock.now() >= deadlineAt.getTime()) {
      const error = new AppError(
        "RUN_LIMIT_REACHED",
        `Cannot go on: the run had to be over by ${deadlineAt.toISOString()}`,
      );
      const draft = draftOf(job, runId);
      await finish({ run, jobId: job.id, draft, waits: waitsOf(run), closing: [] }, { kind: "failed", error });
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
    const draft = draftOf(job, runId);
    try {
      const walk: Walk = {
        run,
        jobId: job.id,
        draft,
        frame: createFrame(),
        outputs,
        findEntities: options.findEntities,
        history: new Map(run.steps.map((step) => [step.path, step])),
        waits: waitsOf(run),
        signals: [...run.signals ?? []],
        signal: context.signal,
        traceparent: span.traceparent,
        generation: job.generation,
        work: createWorkBudget(WORK.run, "the steps of a run"),
        counts: countsOf(run.steps),
        turn: { steps: STEPS_PER_WALK, work: WORK.run },
        calls: createSlots(RUN_LIMITS.callsAtOnce),
        closing: [],
      };
      const end = await walkStep(run.plan.root, "", walk, deps).catch(atLimit);
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

  function draftOf(job: Job, runId: string): Draft {
    const hasOthers = () => options.hasOthers?.(job.installationId) ?? false;
    return createDraft(journal, { job, runId, pace: createPace({ clock, hasOthers }) });
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
  async function finish(walk: Pick<Walk, "run" | "jobId" | "draft" | "waits" | "closing">, end: StepEnd) {
    const { run, jobId, draft } = walk;
    const error = end.kind === "failed" || end.kind === "over" ? end.error : undefined;
    const point = end.kind === "parked" ? end.retry ? "backoff" : "snooze" : error ? "failure" : "run_end";
    onPoint?.(`before_${point}`);
    if (end.kind === "parked") {
      draft.add({ run: { state: "waiting" } });
      // One that waits for no time is not shown to go on at its last.
      const deadlineAt = end.until === undefined ? run.deadlineAt : deadlineOf(run);
      await draft.commit(closeOfParked(end, { nowMs: clock.now(), deadlineAt }));
    } else {
      const state: RunState = error ? "failed" : end.kind === "cancelled" ? end.kind : "completed";
      const errorMessage = end.kind === "cancelled" ? end.reason : error?.message;
      const { parent } = run;
      const waits = closeSteps(walk, end);
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

/** A limit of the run ends it, wherever it stands; anything else is thrown on. */
function atLimit(error: unknown): StepEnd {
  if (error instanceof AppError && error.code === "RUN_LIMIT_REACHED") return { kind: "failed", error };
  throw error;
}

/** Ends what the run leaves open: the steps that hold the one which ended it, its waits, and what is open elsewhere. */
function closeSteps(
  { run, draft, waits, closing }: Pick<Walk, "run" | "draft" | "waits" | "closing">,
  end: StepEnd,
): WaitChanges | undefined {
  const root = rootPath(run);
  const ended = endWaits({ waits }, root);
  if (end.kind === "over") {
    for (const step of closing) draft.add({ step });
    if (end.output !== undefined) {
      draft.add({ step: { kind: "sequence", path: root, state: "completed", output: end.output } });
    }
  }
  if (run.plan.root.steps.every(({ kind }) => kind === "action")) return ended;
  const reason = end.kind === "failed" || (end.kind === "over" && end.error) ? "the run failed" : "the run ended";
  return end.kind === "completed" ? ended : { ...ended, cancelled: [{ path: root, reason }] };
}

/** What the steps have come to that are read of the run: those of finished items are counted in their loops. */
function countsOf(steps: readonly StepHistory[]): RunCounts {
  const counts = new RunCounts();
  for (const { attempts, output, progress } of steps) {
    counts.restore({ steps: 1, tries: attempts, outputBytes: output instanceof KeptOutput ? output.bytes : 0 });
    if (progress) counts.restore(progress);
  }
  return counts;
}

function rootPath({ plan }: RunRecord): string {
  return stepPath({ id: plan.root.id }, "");
}

function waitsOf({ waits }: RunRecord): Map<string, OpenWait> {
  return new Map(waits?.map(({ path, on, until }) => [path, { on: [...on], until }]));
}
