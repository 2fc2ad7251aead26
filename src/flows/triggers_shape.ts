/** The shape of `triggers`: what starts a flow beside events. */

import { at, type Fault, isObject, kindOf, unknownName } from "../engine/faults.ts";
import { type FlowInput, parseInputs } from "./inputs.ts";

/** What starts a flow beside events; a part that is absent starts nothing. */
export interface FlowTriggers {
  /** A person by hand, with a form of these inputs. */
  manual?: { inputs: FlowInput[] };
  /** A program, by POST /ui/flows/{id}/run; what it gives is checked against the declared inputs, where there are some. */
  api?: true;
}

const KEYS = ["manual", "api"];

/** The triggers, undefined where there are none; or all that is wrong with them. */
export function triggersShape(given: unknown, path = "triggers"): { triggers?: FlowTriggers; faults: Fault[] } {
  if (given === undefined || given === null) return { faults: [] };
  if (!isObject(given)) {
    return { faults: [{ path, message: `must be an object, as in {"api": true}, not ${kindOf(given)}` }] };
  }
  const faults: Fault[] = unknownKeys(given, path, KEYS);
  const triggers: FlowTriggers = {};
  const manual = manualShape(given.manual, at(path, "manual"));
  faults.push(...manual.faults);
  if (manual.value) triggers.manual = manual.value;
  if (given.api === true) triggers.api = true;
  else if (given.api !== undefined && given.api !== null && given.api !== false) {
    faults.push({ path: at(path, "api"), message: "must be true or false" });
  }
  return { ...(Object.keys(triggers).length > 0 && { triggers }), faults };
}

function manualShape(given: unknown, path: string): { value?: FlowTriggers["manual"]; faults: Fault[] } {
  if (given === undefined || given === null || given === false) return { faults: [] };
  if (!isObject(given)) {
    return { faults: [{ path, message: `must be an object, as in {"inputs": []}, not ${kindOf(given)}` }] };
  }
  const { inputs, faults } = parseInputs(given.inputs, at(path, "inputs"));
  return { value: { inputs }, faults: [...unknownKeys(given, path, ["inputs"]), ...faults] };
}

export function unknownKeys(given: Record<string, unknown>, path: string, known: readonly string[]): Fault[] {
  return Object.keys(given).filter((key) => !known.includes(key))
    .map((key) => ({ path: at(path, key), message: unknownName(key, known) }));
}
