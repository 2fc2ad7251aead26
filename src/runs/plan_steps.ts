/** The actions of a plan in the order of its walk, each with the path that the journal knows it by. */

import { type ActionStep, listsOf, type PlanStep, type StepList } from "../engine/plan.ts";
import { parsePath, stepPath } from "../engine/step_path.ts";

export interface PlannedAction {
  /** Of one in a loop: that of its first item. */
  path: string;
  plan: ActionStep;
  /** Kinds of the steps that hold it, the root's first: `#0` of a loop is its first item, and of a branch its first case. */
  within: string;
  /** It is walked once for each item of a loop. */
  repeated?: true;
}

/** All of them, also those of cases that do not come up; without steps of kinds that this version does not know. `parentPath` is "" for the plan's root. */
export function actionSteps(step: PlanStep, parentPath = "", around = ""): PlannedAction[] {
  const path = stepPath({ id: step.id }, parentPath);
  if (step.kind === "action") return [{ path, plan: step, within: around }];
  const within = `${around}/${step.kind}`;
  return listsOf(step).flatMap(({ item, steps, repeated }) => {
    const below = item === undefined ? path : `${path}#${item}`;
    return steps.flatMap((child) => actionSteps(child, below, within)).map((one) =>
      repeated ? { ...one, repeated } : one
    );
  });
}

/** Paths of the ends of a plan, without those in loops: an item that ends the run may be any. */
export function endPaths(step: PlanStep, parentPath = ""): string[] {
  const path = stepPath({ id: step.id }, parentPath);
  if (step.kind === "end") return [path];
  return listsOf(step).filter(({ repeated }) => !repeated).flatMap(({ item, steps }) =>
    steps.flatMap((child) => endPaths(child, item === undefined ? path : `${path}#${item}`))
  );
}

/** The step of any kind at a path of the journal, whichever item of a loop it is in; undefined where the plan has none there. */
export function stepAt(root: PlanStep, path: string): PlanStep | undefined {
  const [first, ...rest] = parsePath(path) ?? [];
  if (first?.id !== root.id) return undefined;
  let step: PlanStep | undefined = root;
  let item = first.item;
  for (const part of rest) {
    const from: number | undefined = item;
    const list: StepList | undefined = listsOf(step).find((one) => one.repeated || one.item === from);
    step = list?.steps.find(({ id }) => id === part.id);
    if (!step) return undefined;
    item = part.item;
  }
  return step;
}
