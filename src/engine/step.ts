/**
 * The step kinds, as a table: how each is executed. A step that is recorded as completed, failed or cancelled is never
 * attempted again, and one that waits for its next attempt not before its time.
 */

import { type Attempt, callAction, prepare, recordStart } from "./attempt.ts";
import { classify } from "./classify.ts";
import { endedBefore } from "./decision.ts";
import type { ActionStep, PlanStep, SequenceStep } from "./plan.ts";
import { refuse, settle } from "./settle.ts";
import { idempotencyKey, stepPath } from "./step_path.ts";
import type { StepDeps, StepEnd, Walk, Walker } from "./walk.ts";

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
  const path = stepPath({ id: step.id }, parentPath);
  const walker = deps.kinds?.get(step.kind) ?? WALKERS[step.kind] as Walker<PlanStep>;
  return walker(step, path, walk, deps);
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

/**
 * One attempt of the action, unless the step has ended before: prepare, record its start, call, classify the answer,
 * settle.
 */
async function walkAction(step: ActionStep, path: string, walk: Walk, deps: StepDeps): Promise<StepEnd> {
  const history = walk.history.get(path);
  const ended = endedBefore(walk, path);
  if (ended) return ended;
  if (history?.dueAt !== undefined && history.dueAt > deps.clock.now()) {
    // The walk came for something else.
    const reason = history.errorMessage ?? "waits for its next attempt";
    return { kind: "parked", until: history.dueAt, on: [], reason, retry: false };
  }
  const attempt: Attempt = {
    step,
    path,
    walk,
    deps,
    number: (history?.attempts ?? 0) + 1,
    idempotencyKey: idempotencyKey(walk.run.id, path, history?.keyPlanId),
    history,
    action: deps.actions.get(step.action)!,
  };
  const prepared = await prepare(attempt);
  if ("refused" in prepared) return refuse(attempt, prepared.refused);
  await recordStart(prepared);
  const called = await callAction(prepared);
  const end = settle(called, classify(called));
  if (called.output) {
    // Its bytes wait for nothing that comes later: what a walk holds of them is bounded.
    await walk.draft.commit();
    walk.outputs.hold(walk.run.id, called.output);
  }
  return end;
}
