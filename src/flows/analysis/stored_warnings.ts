/**
 * Warnings that a stored flow is shown with: rules of it that this version reads otherwise than was meant, or not at
 * all, waits until an instant that is past, and that it goes round.
 */

import { type ConditionOptions, parseCondition } from "../../engine/condition_shape.ts";
import type { Fault } from "../../engine/faults.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import { conditionOptions } from "../parse/parse_flow.ts";
import { storedDoubts, waitDoubts } from "../parse/doubts.ts";
import { fieldTypes } from "../parse/field_types.ts";
import { loopWarning, type StoppedLoop } from "../gates/loops.ts";
import { conditionsOf, withoutTemplates } from "../parse/step_checks.ts";
import { everyStep, type PlacedStep } from "../shape/steps.ts";

/** More are not listed, as for a flow that is saved. */
const MAX_SHOWN = 200;

/**
 * Warnings of a stored flow; where its condition cannot be parsed the flow is left out, and they say why. `loop`: what the loop
 * guard stopped of it.
 */
export function storedWarnings(
  definition: FlowDefinition,
  { loop, now }: { loop?: StoppedLoop; now: number },
): Fault[] {
  const options = { ...conditionOptions(definition), stored: true };
  const { condition, faults } = parseCondition(definition.conditions, "conditions", options);
  const all = condition
    ? storedDoubts(condition)
    : faults.map(({ path, message }) => ({ path, message: `${message}; the flow is left out until this is mended` }));
  const looping = loop ? [{ path: "conditions", message: loopWarning(loop) }] : [];
  const steps = [...everyStep(definition.actions)];
  const waits = steps.flatMap(({ step, place }) => waitDoubts({ raw: { ...step }, place }, now));
  return [...looping, ...all, ...steps.flatMap((step) => stepWarnings(step, options)), ...waits].slice(0, MAX_SHOWN);
}

function stepWarnings({ step, place }: PlacedStep, { typeOf }: ConditionOptions): Fault[] {
  return conditionsOf(step).flatMap(({ at, input, events }) => {
    const options = { typeOf: events ? fieldTypes(events) : typeOf, stored: true };
    const { condition, faults } = parseCondition(events ? withoutTemplates(input) : input, `${place}.${at}`, options);
    return condition
      ? storedDoubts(condition)
      : faults.map(({ path, message }) => ({ path, message: `${message}; the step fails until this is mended` }));
  });
}
