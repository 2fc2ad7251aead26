/** What a draft of a flow must be to be kept: made of a flow's own fields. What else is wrong with it is shown, and may stay. */

import { at, type Fault, isObject, kindOf, unknownName } from "../engine/faults.ts";
import { ACTION_KEYS, FLOW_KEYS, MAX_ACTIONS } from "./shape.ts";
import { HTTP_ACTION_KEYS } from "./shape_http.ts";
import { sealedFaults } from "./secrets.ts";

/** A flow as far as somebody got with it: any of its fields, in any state. Whether it is on is no part of it. */
export type DraftDefinition = Record<string, unknown>;

const KEYS = [...new Set([...ACTION_KEYS, ...HTTP_ACTION_KEYS])];
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
  if (!Array.isArray(actions) || actions.length > MAX_ACTIONS) {
    return [...faults, { path: "actions", message: `must be a list of at most ${MAX_ACTIONS} actions` }];
  }
  return [...faults, ...actions.flatMap((action, index) => actionFaults(action, at("actions", index)))];
}

function actionFaults(action: unknown, path: string): Fault[] {
  if (!isObject(action)) return [{ path, message: `an action must be an object, not ${kindOf(action)}` }];
  const wrong = OBJECTS.filter((key) => Object.hasOwn(action, key) && action[key] !== null && !isObject(action[key]));
  return [
    ...unknownKeys(action, { known: KEYS, path }),
    ...wrong.map((key) => ({ path: at(path, key), message: "must be an object of names and values" })),
  ];
}

function unknownKeys(given: Record<string, unknown>, { known, path }: { known: string[]; path: string }): Fault[] {
  return Object.keys(given).filter((key) => !known.includes(key))
    .map((key) => ({ path: at(path, key), message: unknownName(key, known) }));
}
