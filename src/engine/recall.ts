/**
 * What the steps below a finished one gave, from the run's history: the steps behind it can name them, and none is walked
 * again, also where the plan of a later version has more of them.
 */

import { createFrame, type Frame, remember } from "./frame.ts";
import { listsOf, type PlanStep } from "./plan.ts";
import { stepPath } from "./step_path.ts";
import type { Walk } from "./walk.ts";

/** Remembers in the frame what the steps below the step at `path` gave. Of a loop that is nothing: its items are by themselves. */
export function recall(step: PlanStep, path: string, { history, frame }: Pick<Walk, "history" | "frame">): void {
  for (const { item, steps, repeated } of listsOf(step)) {
    if (repeated) continue;
    const list = item === undefined ? path : `${path}#${item}`;
    if (step.kind !== "parallel") recallList(steps, list, { history, frame });
    // The branches alone that count, and of those what they gave: variables are theirs.
    else if (history.get(list)?.state === "completed") {
      recallList(steps, list, { history, frame: { ...createFrame(frame), results: frame.results } });
    }
  }
}

/** Of the steps of the list at `path`. */
export function recallList(
  steps: readonly PlanStep[],
  path: string,
  walk: Pick<Walk, "history"> & { frame: Frame },
): void {
  for (const step of steps) {
    const at = stepPath({ id: step.id }, path);
    const known = walk.history.get(at);
    // Of one that failed and was dealt with, too: but for branches, which count with their join alone.
    if (known && (known.state === "completed" || step.kind !== "parallel")) recall(step, at, walk);
    if (known?.state === "completed") remember(walk.frame, step, known.output);
  }
}
