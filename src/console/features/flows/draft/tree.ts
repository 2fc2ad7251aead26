/** The steps of a draft as a tree with lasting keys: each list below a step is a lane; what is read comes back as written. */

import { type ConditionNode, type MintKey, readCondition, writeCondition } from "./conditions.ts";
import {
  type ActionJson,
  type ControlJson,
  isControlJson,
  isObject,
  type StepJson,
  type WholeControl,
} from "./json.ts";
import { at } from "./paths.ts";

export type Step = ActionStep | ControlStep;

export interface ActionStep {
  key: string;
  action: ActionJson;
  /** The intent that the step was added for, by id, and the position among its actions. Not part of the stored flow. */
  intent?: { id: string; action: number };
}

export interface ControlStep {
  key: string;
  /** Without its lists of steps and its condition. */
  control: ControlJson;
  lanes: Lane[];
  /** Of a while-loop, and of a wait for an event. */
  condition?: KeptCondition;
}

/** A list of steps below a step. */
export interface Lane {
  key: string;
  list: ListName;
  /** Of a case or a branch: what it has beside its steps and its condition. */
  own?: LaneJson;
  /** Of a case with `if`. */
  condition?: KeptCondition;
  steps: Step[];
}

export type LaneJson = { name?: string; equals?: unknown[] } & Record<string, unknown>;

export type ListName =
  | "cases"
  | "otherwise"
  | "branches"
  | "actions"
  | "on_error"
  | "finally"
  | "ask"
  | "remind"
  | "approved"
  | "rejected"
  | "expired";

export interface KeptCondition {
  node: ConditionNode | null;
  /** How "no condition" was written: null, {} or not at all. */
  none: unknown;
}

/** Lists that stand as such in the JSON of a kind, in the order that people read them. */
const LISTS: Record<string, readonly ListName[]> = {
  branch: ["otherwise"],
  loop: ["actions"],
  wait: ["expired"],
  approval: ["ask", "remind", "approved", "rejected", "expired"],
  try: ["actions", "on_error", "finally"],
};
/** Lists whose members hold the steps. */
const MEMBERS: Record<string, "cases" | "branches"> = { branch: "cases", parallel: "branches" };

export function isControl(step: Step): step is ControlStep {
  return "control" in step;
}

export function idOf(step: Step): string {
  return isControl(step) ? step.control.id : step.action.id;
}

export function readSteps(written: readonly StepJson[], mint: MintKey): Step[] {
  return written.map((one) => readStep(one, mint));
}

function readStep(written: StepJson, mint: MintKey): Step {
  const key = mint();
  if (!isControlJson(written)) return { key, action: written };
  const { kind } = written;
  const own: Record<string, unknown> = { ...written };
  const lanes: Lane[] = [];
  const lane = (list: ListName, steps: unknown, rest?: Pick<Lane, "own" | "condition">) =>
    lanes.push({ key: mint(), list, ...rest, steps: readSteps(steps as StepJson[], mint) });
  const members = MEMBERS[kind];
  if (members && Array.isArray(own[members])) {
    for (const { actions, ...rest } of own[members] as WholeControl[]) {
      const condition = kind === "branch" && Object.hasOwn(rest, "if") ? keep(rest.if, mint) : undefined;
      if (condition) delete rest.if;
      lane(members, actions ?? [], { own: rest, ...(condition && { condition }) });
    }
    delete own[members];
  }
  for (const list of LISTS[kind] ?? []) {
    const held = own[list];
    if (list === "remind" && isObject(held) && Array.isArray(held.actions)) {
      const { actions, ...remind } = held;
      own.remind = remind;
      lane("remind", actions);
    } else if (Array.isArray(held)) {
      lane(list, held);
      delete own[list];
    }
  }
  let condition: KeptCondition | undefined;
  if (kind === "loop" && Object.hasOwn(own, "while")) {
    condition = keep(own.while, mint);
    delete own.while;
  }
  if (kind === "wait" && isObject(own.event)) {
    const { conditions, ...event } = own.event;
    condition = keep(conditions, mint);
    own.event = event;
  }
  return { key, control: own as unknown as ControlJson, lanes, ...(condition && { condition }) };
}

/** What stands for the condition in JSON; undefined where it is left out. */
export function keep(written: unknown, mint: MintKey): KeptCondition {
  const node = readCondition(written, mint);
  return { node, none: node === null ? written : null };
}

export function writeKept({ node, none }: KeptCondition): unknown {
  return node === null ? none : writeCondition(node);
}

/** As JSON, with what cannot be read yet still in it (unparsed_json.ts). */
export function writeSteps(steps: readonly Step[]): StepJson[] {
  return steps.map(writeStep);
}

function writeStep(step: Step): StepJson {
  if (!isControl(step)) return step.action;
  const { control, lanes, condition } = step;
  const whole: Record<string, unknown> = { ...control };
  for (const { list, own, condition, steps } of lanes) {
    const actions = writeSteps(steps);
    if (list === "cases" || list === "branches") {
      const member = { ...own, ...(condition && { if: writeKept(condition) }), actions };
      whole[list] = [...(whole[list] as unknown[] ?? []), member];
    } else if (list === "remind") whole.remind = { ...whole.remind as object, actions };
    else whole[list] = actions;
  }
  if (condition && control.kind === "loop") whole.while = writeKept(condition);
  if (condition && control.kind === "wait") {
    const conditions = writeKept(condition);
    whole.event = { ...whole.event as object, ...(conditions !== undefined && { conditions }) };
  }
  return whole as WholeControl;
}

/** Path of the lane's list below the path of its step: `cases[1].actions`. */
export function lanePath({ lanes }: ControlStep, lane: Lane): string {
  if (lane.list === "remind") return "remind.actions";
  if (lane.list !== "cases" && lane.list !== "branches") return lane.list;
  return at(memberPath(lanes, lane), "actions");
}

/** Path of a case or a branch: `cases[1]`. */
export function memberPath(lanes: readonly Lane[], lane: Lane): string {
  return at(lane.list, lanes.filter(({ list }) => list === lane.list).indexOf(lane));
}

/** All steps in the order that people read them. */
export function walk(steps: readonly Step[], visit: (step: Step) => void) {
  for (const step of steps) {
    visit(step);
    if (isControl(step)) { for (const lane of step.lanes) walk(lane.steps, visit); }
  }
}

/** The steps of the lane, or those at the top where it is undefined. */
export function listIn(steps: readonly Step[], lane: string | undefined): readonly Step[] {
  if (lane === undefined) return steps;
  let found: readonly Step[] = [];
  walk(steps, (step) => {
    if (isControl(step)) found = step.lanes.find(({ key }) => key === lane)?.steps ?? found;
  });
  return found;
}

/** The actions at the top, in their order: all of them in a flow of the first form. */
export function actionsOf({ steps }: { steps: readonly Step[] }): ActionJson[] {
  return steps.flatMap((step) => isControl(step) ? [] : [step.action]);
}

/** A copy with `change` made of each list, innermost first; lists that it gives back as they are stay the same. */
export function mapLists(
  steps: readonly Step[],
  change: (steps: readonly Step[], lane: string | undefined) => readonly Step[],
  lane?: string,
): Step[] {
  const inner = steps.map((step) => {
    if (!isControl(step)) return step;
    const lanes = step.lanes.map((one) => {
      const changed = mapLists(one.steps, change, one.key);
      return isSameList(changed, one.steps) ? one : { ...one, steps: changed };
    });
    return lanes.every((one, index) => one === step.lanes[index]) ? step : { ...step, lanes };
  });
  return [...change(inner, lane)];
}

/** A copy with `change` made of each step, the inner ones first. */
export function mapSteps(steps: readonly Step[], change: (step: Step) => Step): Step[] {
  return mapLists(steps, (list) => list.map(change));
}

function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((part, index) => part === other[index]);
}
