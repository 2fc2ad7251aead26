/**
 * Warnings that a stored flow is shown with: rules of it that this version reads otherwise than was meant, or not at
 * all.
 */

import { parseCondition } from "../engine/condition_shape.ts";
import type { Fault } from "../engine/faults.ts";
import type { FlowDefinition } from "./definition.ts";
import { conditionOptions } from "./parse_flow.ts";
import { storedDoubts } from "./doubts.ts";

/** More are not listed, as for a flow that is saved. */
const MAX_SHOWN = 200;

/** Warnings of a stored flow; where its condition cannot be parsed the flow is left out, and they say why. */
export function storedWarnings(definition: FlowDefinition): Fault[] {
  const options = { ...conditionOptions(definition), stored: true };
  const { condition, faults } = parseCondition(definition.conditions, "conditions", options);
  const all = condition
    ? storedDoubts(condition)
    : faults.map(({ path, message }) => ({ path, message: `${message}; the flow is left out until this is mended` }));
  return all.slice(0, MAX_SHOWN);
}
