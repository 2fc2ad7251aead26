/** A definition as the text that people read and change, its steps in the order in which they run. Pure. */

import type { Fault } from "../../../shell/client.ts";
import { valueAt } from "../../../ui/json_path.ts";
import { withTexts } from "../../../ui/unparsed_json.ts";
import { orderOf } from "../outline.ts";
import { type Definition, isFields, stepsOf } from "./fields.ts";

/** The database keeps the steps in an order of its own. */
export function inOrder(definition: Definition): Definition {
  if (!isFields(definition.steps)) return definition;
  const steps = stepsOf(definition);
  return { ...definition, steps: Object.fromEntries(orderOf(definition).map((id) => [id, steps[id]])) };
}

export function definitionText(definition: Definition): string {
  return JSON.stringify(withTexts(inOrder(definition)), null, 2);
}

/** The faults of a save that the definition still has, as far as can be seen: those whose field was not changed since. */
export function faultsLeft(faults: readonly Fault[], then: Definition, now: Definition): Fault[] {
  if (then === now) return [...faults];
  const text = (of: Definition, path: string) => JSON.stringify(valueAt(of, path));
  // Where a step stands as a whole is a matter of all of them.
  return faults.filter(({ path }) =>
    !/^(start_step|steps(\.[\w-]+)?)?$/.test(path) && text(then, path) === text(now, path)
  );
}

/** Of a fault's path: "steps.check.condition" is of the step check. */
export function stepOfPath(path: string): string | undefined {
  return /^steps\.([\w-]+)/.exec(path)?.[1];
}
