/** Reads lists of steps with all that they hold, each by the shape of its kind. */

import { at, type Fault, isObject, kindOf, unknownName } from "../../engine/faults.ts";
import type { FlowControl, FlowLoop, FlowStep } from "./definition.ts";
import { approvalShape } from "./approval.ts";
import { branchShape, parallelShape } from "./branch.ts";
import { clockifyShape } from "./clockify.ts";
import { emitEventShape, runFlowShape, transformShape, variablesShape } from "./data.ts";
import { HTTP_TYPES, httpShape } from "./http.ts";
import { loopShape } from "./loop.ts";
import type { ShapeDeps, StepShapes } from "./parts.ts";
import { endShape, tryShape } from "./try.ts";
import { waitShape } from "./wait.ts";
import { MAX_CASES, MAX_FAN_OUT, MAX_LEVELS, MAX_STEPS } from "./step_limits.ts";
import {
  type ControlKind,
  defaultId,
  idBelow,
  isAction,
  listsOf,
  mapLists,
  STEP_KINDS,
  stepKind,
  type StepList,
} from "./steps.ts";

/** A step as it was given, and what can be read of it. */
export interface StepShape {
  id: string;
  /** As in `actions[2].cases[0].actions[1]`. */
  place: string;
  raw: Record<string, unknown>;
  /** When its own shape is right, whatever stands below it: its lists are as they were given. */
  own?: FlowStep;
  /** Where that is wrong: the step without what is. */
  mended?: FlowStep;
  /** Of its own. */
  faults: Fault[];
  lists: (Omit<StepList, "steps"> & { steps: StepShape[] })[];
}

const CONTROLS: { [Kind in ControlKind]: StepShapes<Extract<FlowControl, { kind: Kind }>> } = {
  branch: branchShape,
  parallel: parallelShape,
  loop: loopShape,
  wait: waitShape,
  approval: approvalShape,
  try: tryShape,
  end: endShape,
};

/** By type; any other is read as one of Clockify's, whose shape says which there are. */
const ACTIONS: Readonly<Record<string, StepShapes>> = {
  ...Object.fromEntries(HTTP_TYPES.map((type) => [type, httpShape])),
  transform: transformShape,
  variables: variablesShape,
  emit_event: emitEventShape,
  run_flow: runFlowShape,
};

/** Names that actions may have, of any type, for what need not be right yet. */
export const ACTION_KEYS: readonly string[] = [
  ...new Set([clockifyShape, ...Object.values(ACTIONS)].flatMap(({ keys }) => keys)),
];

/** Names that steps of a kind may have. */
export function controlKeys(kind: ControlKind): readonly string[] {
  return CONTROLS[kind].keys;
}

/** Names that what stands in its field `key` may have. */
export function nestedKeys(kind: ControlKind, key: string): readonly string[] {
  return CONTROLS[kind].nested?.[key] ?? [];
}

/** What is read so far, for limits that count over all steps. */
interface Reading {
  deps: ShapeDeps;
  enabled: boolean;
  steps: number;
}

interface Where {
  place: string;
  defaultId: string;
  /** From 1, at the top of the flow. */
  level: number;
  /** Steps that may be in progress together with what is around. */
  atOnce: number;
}

/** The steps of a flow, each read as far as it can be, and what is wrong with all of them together. Never throws. */
export function stepShapes(
  actions: readonly unknown[],
  { deps, enabled }: { deps: ShapeDeps; enabled: boolean },
): { steps: StepShape[]; faults: Fault[] } {
  const reading: Reading = { deps, enabled, steps: 0 };
  const steps = readList(actions, (index) => ({
    place: at("actions", index),
    defaultId: defaultId(index),
    level: 1,
    atOnce: 1,
  }), reading);
  const faults = reading.steps <= MAX_STEPS ? [] : [{
    path: "actions",
    message:
      `hold more than ${MAX_STEPS} steps with all that they hold: make it several flows, of which one runs the others`,
  }];
  return { steps, faults };
}

/** Each step with those below it behind it. */
export function* everyShape(steps: readonly StepShape[]): Generator<StepShape> {
  for (const step of steps) {
    yield step;
    for (const list of step.lists) yield* everyShape(list.steps);
  }
}

/** The step when its shape and that of all below it is right. */
export function stepOf({ own, lists }: StepShape): FlowStep | undefined {
  if (!own) return undefined;
  const below = new Map(lists.map(({ at, steps }) => [at, steps.map(stepOf)]));
  for (const steps of below.values()) if (steps.includes(undefined)) return undefined;
  return mapLists(own, (_, { at }) => below.get(at) ?? []);
}

function readList(list: readonly unknown[], whereOf: (index: number) => Where, reading: Reading): StepShape[] {
  const steps: StepShape[] = [];
  for (const [index, input] of list.entries()) {
    const step = readStep(input, whereOf(index), reading);
    const before = steps.at(-1);
    if (before && endsRun(before)) {
      step.faults.push({
        path: step.place,
        message: `is never reached: the run ends with step "${before.id}" before it`,
      });
    }
    steps.push(step);
    if (reading.steps > MAX_STEPS) break;
  }
  return steps;
}

/** An end, or a branch of which every case ends with one. */
function endsRun({ own, lists }: StepShape): boolean {
  if (!own || isAction(own)) return false;
  if (own.kind === "end") return true;
  return own.kind === "branch" && own.otherwise.length > 0 && lists.every(({ steps }) => {
    const last = steps.at(-1);
    return last !== undefined && endsRun(last);
  });
}

function readStep(input: unknown, where: Where, reading: Reading): StepShape {
  const { place, level } = where;
  const raw = isObject(input) ? input : {};
  const id = typeof raw.id === "string" ? raw.id : where.defaultId;
  const kind = stepKind(input);
  reading.steps++;
  if (kind === undefined) {
    const fault = typeof raw.kind === "string"
      ? unknownName(raw.kind, STEP_KINDS)
      : `must be one of ${STEP_KINDS.join(", ")}, not ${kindOf(raw.kind)}`;
    return { id, place, raw, faults: [{ path: at(place, "kind"), message: fault }], lists: [] };
  }
  if (level > MAX_LEVELS) {
    const message =
      `stands too deep: steps may be nested ${MAX_LEVELS} deep, since all above it are part of its Idempotency-Key`;
    return { id, place, raw, faults: [{ path: place, message }], lists: [] };
  }
  const shape: StepShapes = kind === "action" ? actionShapes(raw) : CONTROLS[kind];
  const { value: own, mended, faults } = shape.read(input, {
    path: place,
    id,
    deps: reading.deps,
    enabled: reading.enabled,
  });
  const atOnce = where.atOnce * widthOf(own);
  if (atOnce > MAX_FAN_OUT && atOnce > where.atOnce) {
    faults.push({
      path: place,
      message:
        `makes ${atOnce} steps at the same time with the steps around it, at most ${MAX_FAN_OUT} are supported: all ` +
        "are calls of one process",
    });
  }
  // A list too many is a fault of its shape, and is not read.
  const lists = listsOf(input).filter(({ number = 0 }) => number <= MAX_CASES).map((list) => ({
    ...list,
    steps: reading.steps > MAX_STEPS ? [] : readList(list.steps, (index) => ({
      place: `${place}.${list.at}[${index}]`,
      defaultId: idBelow(id, list.name, index),
      level: level + 1,
      atOnce,
    }), reading),
  }));
  return { id, place, raw, ...(own && { own }), ...(mended && { mended }), faults, lists };
}

function actionShapes({ type }: Record<string, unknown>): StepShapes {
  return typeof type === "string" && Object.hasOwn(ACTIONS, type) ? ACTIONS[type]! : clockifyShape;
}

function widthOf(step: FlowStep | undefined): number {
  if (!step || !("kind" in step)) return 1;
  if (step.kind === "parallel") return step.branches.length;
  return step.kind === "loop" ? (step as FlowLoop).at_once : 1;
}
