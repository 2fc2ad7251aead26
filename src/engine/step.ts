/** The step kinds, as a table: how each is walked. What is recorded as completed or failed is final, and never tried again. */

import type { Action, ActionCall, ActionResult } from "./action.ts";
import type { Clock } from "../base/clock.ts";
import type { OnPoint } from "../base/crash_point.ts";
import { AppError, type ErrorCode, toAppError } from "../base/errors.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { Draft } from "./draft.ts";
import type { RunRecord, StepHistory } from "./journal.ts";
import { resolve } from "./mapping.ts";
import type { ActionStep, PlanStep, SequenceStep } from "./plan.ts";
import type { EngineObserver } from "./run.ts";
import { buildScope, installationFacts, type StepResult } from "./scope.ts";
import { errorFields, limitOutput, settleTry, stepNumber } from "./settle.ts";
import { inTurn } from "./turns.ts";
import { WORK, type WorkBudget } from "./work_budget.ts";

export interface StepDeps {
  actions: ReadonlyMap<string, Action>;
  clock: Clock;
  tracing: Tracing;
  observer: EngineObserver;
  /** Most bytes of JSON that a step's output may have. */
  maxOutputBytes: number;
  onPoint?: OnPoint;
}

export type StepEnd =
  | { kind: "completed"; output: unknown }
  | { kind: "failed"; error: AppError }
  /** The run goes on later; `retry` says that a try failed, else the step only waits. */
  | { kind: "parked"; delayMs: number; reason: string; retry: boolean };

/** One pass over the plan of one run. */
export interface Walk {
  run: RunRecord;
  /** Takes what steps have to record; committed before each call, and by the run with the walk's end. */
  draft: Draft;
  /** Outputs of the finished steps, in the order of the plan: what later steps may name. */
  results: StepResult[];
  history: Map<string, StepHistory>;
  signal: AbortSignal;
  traceparent: string;
  /** Of the run's job (action.ts, ActionTenant). */
  generation?: number | null;
  /** For the templates of all its steps. */
  work: WorkBudget;
}

type Walker<Step extends PlanStep> = (step: Step, path: string, walk: Walk, deps: StepDeps) => Promise<StepEnd>;

const WALKERS: { [Kind in PlanStep["kind"]]: Walker<Extract<PlanStep, { kind: Kind }>> } = {
  sequence: walkSequence,
  action: walkAction,
};

/** The kinds that this version can walk. */
export const STEP_KINDS: ReadonlySet<string> = new Set(Object.keys(WALKERS));

/**
 * Walks `step`; `parentPath` is "" for the plan's root. How it ended is in the draft, and not yet recorded. Throws LEASE_LOST
 * when the run has another owner by now.
 */
export function walkStep(step: PlanStep, parentPath: string, walk: Walk, deps: StepDeps): Promise<StepEnd> {
  const path = stepPath(step, parentPath);
  return (WALKERS[step.kind] as Walker<PlanStep>)(step, path, walk, deps);
}

/** What names a step in the journal; `parentPath` is "" for the plan's root. */
export function stepPath(step: PlanStep, parentPath: string): string {
  return parentPath === "" ? step.id : `${parentPath}/${step.id}`;
}

/**
 * What every try of a step carries as its Idempotency-Key, also after a person asked for the run again. Where a later plan
 * made another request of the step (`planId`), that one has a key of its own: receivers refuse a known key with another body.
 */
export function idempotencyKey(runId: string, path: string, planId: number | null = null): string {
  return planId === null ? `${runId}/${path}` : `${runId}/${path}@${planId}`;
}

async function walkSequence(step: SequenceStep, path: string, walk: Walk, deps: StepDeps): Promise<StepEnd> {
  let last: StepEnd = { kind: "completed", output: null };
  for (const child of step.steps) {
    last = await walkStep(child, path, walk, deps);
    if (last.kind !== "completed") return last;
    walk.results.push({ id: child.id, output: last.output });
  }
  return last;
}

async function walkAction(step: ActionStep, path: string, walk: Walk, deps: StepDeps): Promise<StepEnd> {
  const { run, draft } = walk;
  const history = walk.history.get(path);
  if (history?.state === "completed") return { kind: "completed", output: history.output };
  if (history?.state === "failed") return { kind: "failed", error: recordedError(history) };

  const action = deps.actions.get(step.action)!;
  const external = action.effect === "external";
  const attempt = (history?.attempts ?? 0) + 1;
  let call: ActionCall;
  let described: unknown;
  let request: unknown;
  try {
    if (history?.uncertain && step.onUncertain === "stop") throw uncertain(walk);
    call = {
      input: await inTurn(() =>
        resolve(
          step.input,
          buildScope({ ...scopeInput(run), results: walk.results }),
          walk.work.share(WORK.step, "one step"),
        )
      ),
      tenant: { installationId: run.installationId, workspaceId: run.workspaceId, generation: walk.generation },
      runId: run.id,
      stepPath: path,
      attempt,
      idempotencyKey: idempotencyKey(run.id, path, history?.keyPlanId),
      signal: walk.signal,
    };
    if (external) described = action.describe(call);
  } catch (thrown) {
    return refuse(thrown);
  }
  if (described instanceof Promise) {
    // It may read from somewhere: what has ended before does not wait for that.
    described.catch(() => {});
    await draft.commit();
  }
  try {
    request = await described;
  } catch (thrown) {
    return refuse(thrown);
  }

  if (external) {
    draft.add({
      step: { path, action: step.action, state: "running", attempts: attempt },
      attempt: { path, number: attempt, state: "started", request },
      run: run.state === "running" ? undefined : { state: "running" },
    });
    run.state = "running";
  }
  await draft.commit();
  deps.onPoint?.("before_call");
  const span = deps.tracing.startSpan("step", {
    parent: walk.traceparent,
    attributes: { "timewire.step": path, "timewire.attempt": attempt, "timewire.action": step.action },
  });
  const startedMs = deps.clock.monotonicMs();
  const result = limitOutput(await span.within(() => act(action, call)), deps.maxOutputBytes);
  const durationMs = deps.clock.monotonicMs() - startedMs;
  if (result.outcome === "failed") span.recordError(result.error.code);
  span.end();
  deps.onPoint?.("after_call");
  return settleTry({ step, path, walk, deps, attempt, external, history, result, durationMs });

  /** The step has failed before it was tried. */
  function refuse(thrown: unknown): StepEnd {
    const error = toAppError(thrown);
    draft.add({ step: { path, action: step.action, state: "failed", attempts: attempt - 1, ...errorFields(error) } });
    return { kind: "failed", error };
  }
}

/** Runs the action; what it throws is a failed try, unless the lease was lost meanwhile. */
async function act(action: Action, call: ActionCall): Promise<ActionResult> {
  try {
    return await action.run(call);
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    return { outcome: "failed", error: toAppError(error) };
  }
}

function uncertain(walk: Walk): AppError {
  return new AppError(
    "STEP_UNCERTAIN",
    `Cannot tell whether step ${stepNumber(walk)} took effect: its answer was never recorded`,
  );
}

/** The code may be one of another version: it is handed on as it was recorded. */
function recordedError({ errorCode, errorMessage }: StepHistory): AppError {
  return new AppError((errorCode ?? "INTERNAL") as ErrorCode, errorMessage ?? "Unknown failure");
}

function scopeInput({ event, delivery, workspaceId, timeZone }: RunRecord) {
  return { body: event, delivery, installation: installationFacts({ workspaceId, timeZone }) };
}
