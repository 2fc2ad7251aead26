/** Control steps of a draft: added, and the lists that they hold: cases, branches, and those that may be left out. Pure. */

import { newGroup, newRule } from "./conditions.ts";
import { type Draft, withKeys } from "./draft.ts";
import { type ControlUse, newControl } from "./new_steps.ts";
import { appended, changedStep, freeId, withSteps } from "./steps.ts";
import { type ControlStep, isControl, type Lane, type LaneJson, type ListName, mapSteps } from "./tree.ts";

/** Ids that say what the step is. */
const IDS: Partial<Record<ControlUse, string>> = {
  branch: "check",
  switch: "choose",
  each: "each",
  while: "repeat",
  wait_until: "wait",
  wait_event: "wait",
  approval: "ask",
  parallel: "together",
};

export function addControl(draft: Draft, use: ControlUse, lane?: string): { draft: Draft; key: string } {
  let step: ControlStep | undefined;
  const minted = withKeys(draft, (mint) => {
    step = newControl(use, { id: freeId(draft, IDS[use] ?? use), key: mint(), mint });
    return {};
  });
  return { draft: appended(minted, [step!], lane), key: step!.key };
}

/** Where a list belongs among those of its step. */
const ORDER: readonly ListName[] = [
  ...["cases", "otherwise", "branches", "actions", "ask", "remind"] as const,
  ...["approved", "rejected", "expired", "on_error", "finally"] as const,
];

/** With another case, branch, or a list that was left out, which has its place among the others. */
export function addLane(draft: Draft, key: string, list: ListName): Draft {
  return withKeys(draft, (mint) => {
    const { steps } = changedStep(draft, key, (step) => {
      if (!isControl(step)) return step;
      const isSwitch = step.control.kind === "branch" && step.control.on !== undefined;
      const added: Lane = {
        key: mint(),
        list,
        ...((list === "cases" || list === "branches") && { own: isSwitch ? { equals: [] } : {} }),
        ...(list === "cases" && !isSwitch &&
          { condition: { node: newGroup(mint, [newRule(mint)]), none: null } }),
        steps: [],
      };
      const lanes = [...step.lanes, added];
      return { ...step, lanes: lanes.toSorted((one, other) => ORDER.indexOf(one.list) - ORDER.indexOf(other.list)) };
    });
    return { steps };
  });
}

/** Without the lane and the steps in it. */
export function removeLane(draft: Draft, lane: string): Draft {
  return withSteps(draft, (steps) =>
    mapSteps(
      steps,
      (step) =>
        isControl(step) && step.lanes.some(({ key }) => key === lane)
          ? { ...step, lanes: step.lanes.filter(({ key }) => key !== lane) }
          : step,
    ));
}

/** What a case or a branch has of its own, with `part` laid over it; a part that is undefined is left out. */
export function setLane(draft: Draft, lane: string, part: Partial<LaneJson>): Draft {
  const change = (one: Lane): Lane => {
    const own = Object.entries({ ...one.own, ...part }).filter(([, value]) => value !== undefined);
    return { ...one, own: Object.fromEntries(own) };
  };
  const steps = mapSteps(
    draft.steps,
    (step) =>
      isControl(step) && step.lanes.some(({ key }) => key === lane)
        ? { ...step, lanes: step.lanes.map((one) => one.key === lane ? change(one) : one) }
        : step,
  );
  return { ...draft, steps };
}
