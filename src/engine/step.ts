/** Steps as they are walked: by the walker of their kind, and in a list one after another. */

import { remember } from "./frame.ts";
import type { PlanStep } from "./plan.ts";
import { stepPath } from "./step_path.ts";
import type { StepDeps, StepEnd, Walk, Walker } from "./walk.ts";

/**
 * Walks `step`; `parentPath` is "" for the plan's root, else the path of the list that holds it. How it ended is in the draft,
 * and not yet recorded. Throws LEASE_LOST when the run has another owner by now, and RUN_LIMIT_REACHED where the run may walk
 * no further step.
 */
export async function walkStep(step: PlanStep, parentPath: string, walk: Walk, deps: StepDeps): Promise<StepEnd> {
  const path = stepPath({ id: step.id }, parentPath);
  if (!walk.history.has(path)) {
    walk.counts.add("steps", 1);
    walk.turn.steps--;
  }
  const end = await walkerOf(step, deps)(step, path, walk, deps);
  return end.kind === "failed" && end.at === undefined ? { ...end, at: path } : end;
}

/** Of its kind, or of its type of action where that has one. */
function walkerOf(step: PlanStep, { kinds }: StepDeps): Walker {
  return (step.kind === "action" ? kinds.get(`action:${step.action}`) : undefined) ?? kinds.get(step.kind)!;
}

/** Walks the steps of the list at `path` one after another; their outputs are remembered in the walk's frame. Ends as the last does that was walked. */
export async function walkList(
  steps: readonly PlanStep[],
  path: string,
  walk: Walk,
  deps: StepDeps,
): Promise<StepEnd> {
  let last: StepEnd = { kind: "completed", output: null };
  for (const child of steps) {
    const halted = walk.halted?.();
    if (halted) return halted;
    last = await walkStep(child, path, walk, deps);
    if (last.kind !== "completed") return last;
    remember(walk.frame, child, last.output);
  }
  return last;
}
