/** The kinds of steps, as a table: how each is walked. A new kind has its line here, and its form in plan.ts. */

import type { PlanStep } from "../plan.ts";
import type { Walker } from "../walk.ts";
import { walkAction } from "./action.ts";
import { walkBranch } from "./branch.ts";
import { walkEnd } from "./end.ts";
import { walkLoop } from "./loop.ts";
import { walkParallel } from "./parallel.ts";
import { walkSequence } from "./sequence.ts";
import { walkTry } from "./try.ts";
import { walkApproval } from "../approval_step.ts";
import { walkWait } from "../wait_step.ts";

const WALKERS: { [Kind in PlanStep["kind"]]?: Walker<Extract<PlanStep, { kind: Kind }>> } = {
  sequence: walkSequence,
  action: walkAction,
  branch: walkBranch,
  parallel: walkParallel,
  loop: walkLoop,
  try: walkTry,
  end: walkEnd,
  wait: walkWait,
  approval: walkApproval,
};

/** The kinds that this version can walk, and some more. */
export function walkersWith(more: Iterable<[string, Walker]> = []): ReadonlyMap<string, Walker> {
  return new Map([...Object.entries(WALKERS) as [string, Walker][], ...more]);
}
