/** The steps of a flow as a tree: which lists of steps each kind holds, where they stand, and how to go over all of them. */

import { createHash } from "node:crypto";
import { isObject } from "../../engine/faults.ts";
import { STEP_ID } from "../../engine/step_path.ts";
import type { FlowAction, FlowControl, FlowStep } from "./definition.ts";

export type ControlKind = FlowControl["kind"];
export type StepKind = "action" | ControlKind;

/** Keys that lead to each list of steps of a kind, in the order of the walk; "*" is each member of a list. */
const LISTS: Readonly<Record<ControlKind, readonly (readonly string[])[]>> = {
  branch: [["cases", "*", "actions"], ["otherwise"]],
  parallel: [["branches", "*", "actions"]],
  loop: [["actions"]],
  wait: [["expired"]],
  approval: [["ask"], ["remind", "actions"], ["approved"], ["rejected"], ["expired"]],
  try: [["actions"], ["on_error"], ["finally"]],
  end: [],
};

/** In the order in which they are shown. */
export const STEP_KINDS: readonly StepKind[] = ["action", ...Object.keys(LISTS) as ControlKind[]];

/** The numbers of lists in paths of steps (engine/plan.ts), where they are not those of a case, a branch or an item. */
const NUMBERS: Partial<Record<ControlKind, readonly string[]>> = {
  wait: ["expired"],
  approval: ["approved", "rejected", "expired", "ask", "remind"],
  try: ["actions", "on_error", "finally"],
};

/** A list of steps below another step. */
export interface StepList {
  /** From the step, as in `cases[0].actions`. */
  at: string;
  /** In ids of steps that state none: `case_1`. */
  name: string;
  /** In paths of steps, as 2 in `root/size#2/create`; undefined for a loop, where it is that of the item. */
  number: number | undefined;
  steps: readonly unknown[];
}

/** A step with its place in the flow. */
export interface PlacedStep<Step = FlowStep> {
  step: Step;
  /** As in `actions[2].cases[0].actions[1]`. */
  place: string;
  /** Its own, or the one that it gets. */
  id: string;
}

/** The kind of an entry of a list of steps, unchecked input too: undefined for one that is not known. */
export function stepKind(step: unknown): StepKind | undefined {
  if (!isObject(step) || step.kind === undefined || step.kind === "action") return "action";
  const { kind } = step;
  return typeof kind === "string" && Object.hasOwn(LISTS, kind) ? kind as ControlKind : undefined;
}

export function isAction(step: FlowStep): step is FlowAction {
  return !("kind" in step);
}

/** The fields of a kind that are lists of steps themselves. */
export function listKeys(kind: ControlKind): string[] {
  return LISTS[kind].flatMap((keys) => keys.length === 1 ? [...keys] : []);
}

/** The lists of steps that a step holds, unchecked input too; what is no list is left out. */
export function listsOf(step: unknown): StepList[] {
  const kind = stepKind(step);
  if (kind === undefined || kind === "action") return [];
  const lists: StepList[] = [];
  mapLists(step, (steps, list) => {
    lists.push({ ...list, steps });
    return steps;
  });
  return lists;
}

/** The fields of a step that hold steps, whether it has them or not. */
export function stepListKeys(step: unknown): string[] {
  const kind = stepKind(step);
  return kind === undefined || kind === "action" ? [] : [...new Set(LISTS[kind].map(([key]) => key!))];
}

/** A copy of the step with its lists changed. */
export function mapLists<Step>(
  step: Step,
  change: (steps: unknown[], list: Omit<StepList, "steps">) => readonly unknown[],
): Step {
  const kind = stepKind(step);
  if (kind === undefined || kind === "action") return step;
  return LISTS[kind].reduce<unknown>(
    (copy, keys) => mapAt(copy, keys, (steps, at) => change(steps, { at, ...listNames(step, { kind, keys, at }) })),
    step,
  ) as Step;
}

/** Each step with those below it behind it, as they are written. */
export function* everyStep<Step = FlowStep>(actions: readonly Step[]): Generator<PlacedStep<Step>> {
  for (const [index, step] of actions.entries()) {
    yield* stepAndBelow(step, { place: `actions[${index}]`, id: defaultId(index) });
  }
}

/** The actions among them. */
export function* everyAction(actions: readonly FlowStep[]): Generator<PlacedStep<FlowAction>> {
  for (const { step, ...where } of everyStep(actions)) if (isAction(step)) yield { step, ...where };
}

/** The same steps with each action changed; works on unchecked input. */
export function mapActions<Step>(
  actions: readonly Step[],
  change: (action: Step, where: Omit<PlacedStep, "step">) => Step,
): Step[] {
  const map = (step: Step, given: Omit<PlacedStep, "step">): Step => {
    const where = placed(step, given);
    if (stepKind(step) === "action") return change(step, where);
    const { place, id } = where;
    return mapLists(
      step,
      (steps, list) =>
        steps.map((each, index) =>
          map(each as Step, { place: `${place}.${list.at}[${index}]`, id: idBelow(id, list.name, index) })
        ),
    );
  };
  return actions.map((step, index) => map(step, { place: `actions[${index}]`, id: defaultId(index) }));
}

/** As mapActions(), with changes that take time and are made at once. */
export async function mapActionsAsync<Step>(
  actions: readonly Step[],
  change: (action: Step) => Promise<Step>,
): Promise<Step[]> {
  const all: Step[] = [];
  for (const { step } of everyStep(actions)) if (stepKind(step) === "action") all.push(step);
  const changed = await Promise.all(all.map(change));
  let next = 0;
  return mapActions(actions, () => changed[next++]!);
}

/** 2 for `actions[2].cases[0].actions[1]`: where the step stands, or the one at the top that holds it. */
export function topOf(place: string): number {
  return Number(/^actions\[(\d+)\]/.exec(place)![1]);
}

/** Id of the step at `index` of the flow's own list, which states none. */
export function defaultId(index: number): string {
  return `action_${index + 1}`;
}

/** Id of the step at `index` of a list below another, which states none: `size_case_1_2`; of a long one the end is a hash. */
export function idBelow(parentId: string, list: string, index: number): string {
  const id = `${parentId}_${list}_${index + 1}`;
  if (STEP_ID.test(id)) return id;
  return `${parentId.replaceAll(/[^A-Za-z0-9_-]/g, "").slice(0, 47)}_${
    createHash("sha256").update(id).digest("hex").slice(0, 16)
  }`;
}

function* stepAndBelow<Step>(step: Step, given: Omit<PlacedStep, "step">): Generator<PlacedStep<Step>> {
  const { place, id } = placed(step, given);
  yield { step, place, id };
  for (const list of listsOf(step)) {
    for (const [index, each] of list.steps.entries()) {
      yield* stepAndBelow(each as Step, { place: `${place}.${list.at}[${index}]`, id: idBelow(id, list.name, index) });
    }
  }
}

function placed(step: unknown, { place, id }: Omit<PlacedStep, "step">): Omit<PlacedStep, "step"> {
  return { place, id: isObject(step) && typeof step.id === "string" ? step.id : id };
}

function mapAt(
  value: unknown,
  [key, ...rest]: readonly string[],
  change: (steps: unknown[], at: string) => readonly unknown[],
  at = "",
): unknown {
  if (key === undefined) return Array.isArray(value) ? change(value, at) : value;
  if (key === "*") {
    return Array.isArray(value) ? value.map((each, index) => mapAt(each, rest, change, `${at}[${index}]`)) : value;
  }
  if (!isObject(value) || !Object.hasOwn(value, key)) return value;
  return { ...value, [key]: mapAt(value[key], rest, change, at === "" ? key : `${at}.${key}`) };
}

function listNames(
  step: unknown,
  { kind, keys, at }: { kind: ControlKind; keys: readonly string[]; at: string },
): Pick<StepList, "name" | "number"> {
  const [first] = keys as [string];
  const index = Number(/\[(\d+)\]/.exec(at)?.[1]);
  if (kind === "branch") {
    const { cases } = step as { cases?: unknown };
    return first === "cases"
      ? { name: `case_${index + 1}`, number: index }
      : { name: first, number: Array.isArray(cases) ? cases.length : 0 };
  }
  if (kind === "parallel") return { name: `branch_${index + 1}`, number: index };
  const number = NUMBERS[kind]?.indexOf(first);
  return { name: first, number };
}
