/** Parts of a plan that this version does not know: a newer instance made the plan, as in a rolling upgrade. */

import type { Action } from "./action.ts";
import { listsOf, type Plan, type PlanStep } from "./plan.ts";

export interface Known {
  schema: Plan["schema"];
  kinds: ReadonlySet<string>;
  actions: ReadonlyMap<string, Action>;
}

/** What the plan has that is not known, in words; undefined when all of it can be walked. */
export function unknownPart(plan: Plan, known: Known): string | undefined {
  const schema: number = plan.schema;
  return schema === known.schema ? unknownStep(plan.root, known) : `plans of form ${schema}`;
}

function unknownStep(step: PlanStep, known: Known): string | undefined {
  if (!known.kinds.has(step.kind)) return `steps of kind "${step.kind}"`;
  if (step.kind === "action") return known.actions.has(step.action) ? undefined : `the action "${step.action}"`;
  for (const { steps } of listsOf(step)) {
    for (const child of steps) {
      const unknown = unknownStep(child, known);
      if (unknown !== undefined) return unknown;
    }
  }
  return undefined;
}
