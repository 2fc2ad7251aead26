/** One of several lists of steps: the first whose condition holds, or in a switch the first that names the value. */

import { equalValues } from "../compare.ts";
import { completeComposite, type Composite, decide, endComposite, endedBefore, failureOf } from "../decision.ts";
import { fill, holds } from "../evaluate.ts";
import type { BranchStep } from "../plan.ts";
import { recall } from "../recall.ts";
import { walkList } from "../step.ts";
import { inTurn } from "../turns.ts";
import type { Walk, Walker } from "../walk.ts";

/** JSON. `item` is the number of the list in paths, also where a later version has more cases. */
interface Choice {
  /** Null: none fits. */
  taken: number | null;
  item: number;
  /** As people know the case. */
  name: string | null;
}

/** Its output is {taken, name}. */
export const walkBranch: Walker<BranchStep> = async (step, path, walk, deps) => {
  const composite: Composite = { kind: step.kind, path, walk };
  const over = endedBefore(walk, path);
  if (over) {
    recall(step, path, walk);
    return over;
  }
  let choice: Choice;
  try {
    choice = await decide(composite, () => choose(step, walk));
  } catch (error) {
    return endComposite(composite, { kind: "failed", error: failureOf(error) });
  }
  const { taken, item, name } = choice;
  const steps = taken === null ? step.otherwise : step.cases[taken]?.steps ?? [];
  const end = await walkList(steps, `${path}#${item}`, walk, deps);
  if (end.kind !== "completed") return endComposite(composite, end);
  return completeComposite(composite, { taken, name }, { maxBytes: deps.maxOutputBytes });
};

async function choose({ on, cases }: BranchStep, walk: Walk): Promise<Choice> {
  const value = on === undefined ? undefined : await fill(walk, on);
  for (const [taken, { if: condition, equals, name = null }] of cases.entries()) {
    const fits = condition
      ? await holds(walk, condition)
      : await inTurn(() => (equals ?? []).some((one) => equalValues(one, value)));
    if (fits) return { taken, item: taken, name };
  }
  return { taken: null, item: cases.length, name: null };
}
