/** What follows from the decision of an approval, as the plan of its run says: the list of each decision, and what stands behind the step. */

import { isObject } from "../engine/faults.ts";
import type { ApprovalStep, Plan, PlanStep } from "../engine/plan.ts";
import { parsePath } from "../engine/step_path.ts";

export interface Follows {
  approved: readonly PlanStep[];
  /** Undefined: the run is cancelled. */
  rejected: readonly PlanStep[] | undefined;
  /** Undefined: the run fails. */
  expired: readonly PlanStep[] | undefined;
  /** Behind the step, in the list that it stands in, where the run goes on. */
  then: readonly PlanStep[];
}

/** Undefined where the plan has no such approval: a person's retry gave the run another plan. */
export function followsOf(plan: Plan, path: string): Follows | undefined {
  const id = parsePath(path)?.at(-1)?.id;
  const found = id === undefined ? undefined : findIn(plan.root, id);
  if (!found) return undefined;
  const { approved, rejected, expired } = found.step;
  return { approved, rejected, expired, then: found.then };
}

/** Ids are unique in a plan, so that the lists of all kinds are searched alike. */
function findIn(part: unknown, id: string): { step: ApprovalStep; then: PlanStep[] } | undefined {
  if (Array.isArray(part)) {
    const place = part.findIndex((one) => isObject(one) && one.kind === "approval" && one.id === id);
    if (place !== -1) return { step: part[place] as ApprovalStep, then: part.slice(place + 1) };
  } else if (!isObject(part) || part.kind === "action") return undefined;
  for (const one of Object.values(part)) {
    const found = typeof one === "object" && one !== null ? findIn(one, id) : undefined;
    if (found) return found;
  }
  return undefined;
}
