/** The actions of a plan in the order of its walk, each with the path that the journal knows it by. */

import type { ActionStep, PlanStep } from "../engine/plan.ts";
import { stepPath } from "../engine/step_path.ts";

export interface PlannedAction {
  path: string;
  plan: ActionStep;
}

/** Without steps of kinds that this version does not know. `parentPath` is "" for the plan's root. */
export function actionSteps(step: PlanStep, parentPath = ""): PlannedAction[] {
  const path = stepPath({ id: step.id }, parentPath);
  if (step.kind === "action") return [{ path, plan: step }];
  return step.kind === "sequence" ? step.steps.flatMap((child) => actionSteps(child, path)) : [];
}
