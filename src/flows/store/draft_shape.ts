/** What a draft of a flow must be to be kept: made of a flow's own fields. What else is wrong with it is shown, and may stay. */

import { at, type Fault, isObject, kindOf, unknownName } from "../../engine/faults.ts";
import { FLOW_KEYS } from "../shape/flow.ts";
import { ACTION_KEYS, controlKeys, nestedKeys } from "../shape/step_lists.ts";
import { MAX_LEVELS, MAX_LIST, MAX_STEPS } from "../shape/step_limits.ts";
import { type ControlKind, listKeys, listsOf, STEP_KINDS, stepKind } from "../shape/steps.ts";
import { sealedFaults } from "../secrets.ts";

/** A flow as far as somebody got with it: any of its fields, in any state. Whether it is on is no part of it. */
export type DraftDefinition = Record<string, unknown>;

/** Parts in which fields are known as secrets by their names: what is no object has none. */
const OBJECTS = ["headers", "query", "path_params", "query_params", "params"];

/**
 * Why the input cannot be kept as a draft: a field that flows do not have could hold a secret in clear, and would be lost when
 * the draft is published.
 */
export function draftFaults(input: DraftDefinition): Fault[] {
  const faults = [...unknownKeys(input, { known: FLOW_KEYS, path: "" }), ...sealedFaults(input, "")];
  const { actions } = input;
  if (actions === undefined || actions === null) return faults;
  if (!Array.isArray(actions) || actions.length > MAX_LIST) {
    return [...faults, { path: "actions", message: `must be a list of at most ${MAX_LIST} actions` }];
  }
  return [...faults, ...listFaults(actions, { path: "actions", level: 1 }, { steps: 0 })];
}

/** `count`: steps that were looked at. */
function listFaults(
  steps: readonly unknown[],
  { path, level }: { path: string; level: number },
  count: { steps: number },
): Fault[] {
  const faults: Fault[] = [];
  for (const [index, step] of steps.entries()) {
    if (++count.steps > MAX_STEPS) return count.steps === MAX_STEPS + 1 ? [...faults, tooMany()] : faults;
    faults.push(...stepFaults(step, { path: at(path, index), level }, count));
  }
  return faults;
}

function stepFaults(
  step: unknown,
  { path, level }: { path: string; level: number },
  count: { steps: number },
): Fault[] {
  if (!isObject(step)) return [{ path, message: `an action must be an object, not ${kindOf(step)}` }];
  if (level > MAX_LEVELS) return [{ path, message: `stands too deep: steps may be nested ${MAX_LEVELS} deep` }];
  const kind = stepKind(step);
  if (kind === undefined) {
    return [{ path: at(path, "kind"), message: unknownName(String(step.kind), STEP_KINDS) }];
  }
  if (kind === "action") return actionFaults(step, path);
  return [
    ...unknownKeys(step, { known: controlKeys(kind), path }),
    ...holderFaults(step, { kind, path }),
    ...listsOf(step).flatMap((list) => listFaults(list.steps, { path: `${path}.${list.at}`, level: level + 1 }, count)),
  ];
}

/** What a control step holds beside its own fields: secrets are looked for in its lists, so each has to be one. */
function holderFaults(step: Record<string, unknown>, { kind, path }: { kind: ControlKind; path: string }): Fault[] {
  const faults: Fault[] = [];
  const list = (value: unknown, place: string) => {
    if (value != null && !Array.isArray(value)) faults.push({ path: place, message: "must be a list of steps" });
  };
  for (const key of listKeys(kind)) if (Object.hasOwn(step, key)) list(step[key], at(path, key));
  for (const key of ["cases", "branches", "remind", "event", "join"]) {
    if (step[key] == null || (key === "join" && typeof step[key] === "string")) continue;
    const isList = key === "cases" || key === "branches";
    if (isList !== Array.isArray(step[key])) {
      faults.push({ path: at(path, key), message: isList ? "must be a list" : "must be an object" });
      continue;
    }
    const holders = isList ? [...(step[key] as unknown[]).entries()] : [[undefined, step[key]] as const];
    for (const [index, holder] of holders) {
      const place = index === undefined ? at(path, key) : at(at(path, key), index);
      if (!isObject(holder)) faults.push({ path: place, message: `must be an object, not ${kindOf(holder)}` });
      else {
        faults.push(...unknownKeys(holder, { known: nestedKeys(kind, key), path: place }));
        list(holder.actions, at(place, "actions"));
      }
    }
  }
  return faults;
}

function tooMany(): Fault {
  return { path: "actions", message: `hold more than ${MAX_STEPS} steps with all that they hold` };
}

function actionFaults(action: Record<string, unknown>, path: string): Fault[] {
  const wrong = OBJECTS.filter((key) => Object.hasOwn(action, key) && action[key] !== null && !isObject(action[key]));
  return [
    ...unknownKeys(action, { known: ACTION_KEYS, path }),
    ...wrong.map((key) => ({ path: at(path, key), message: "must be an object of names and values" })),
  ];
}

function unknownKeys(
  given: Record<string, unknown>,
  { known, path }: { known: readonly string[]; path: string },
): Fault[] {
  return Object.keys(given).filter((key) => !known.includes(key))
    .map((key) => ({ path: at(path, key), message: unknownName(key, known) }));
}
