/**
 * The condition of a wait for an event: its fields are those of the event that comes, its values those that the run has when the
 * wait begins. They are resolved once, into constants, so that an event is held against them without the run.
 */

import { AppError } from "../base/errors.ts";
import { parseCondition } from "./condition_shape.ts";
import { isObject } from "./faults.ts";
import type { PlanCondition, Template } from "./plan.ts";
import type { ValueType } from "./value_type.ts";

/** As the wait keeps it. */
export interface ResolvedCondition {
  /** As of a flow's trigger (condition_shape.ts), without expressions. */
  rules: unknown;
  /** By the text of the field. */
  types?: Readonly<Record<string, ValueType>>;
}

/** The templates of a condition's values: one object, which is resolved as one template; without any it is empty. */
export function valuesOf({ rules }: PlanCondition): Record<string, Template> {
  const values: Record<string, Template> = {};
  mapRules(rules, (value, at) => values[at] = value);
  return values;
}

/**
 * The condition with its values as they were resolved. Throws EXPRESSION_FAILED for one that is missing, since a rule without a
 * value would fit other events than were meant, and for one that the rule cannot have.
 */
export function withValues({ rules, types }: PlanCondition, values: unknown): ResolvedCondition {
  const resolved = values as Record<string, unknown>;
  const filled = mapRules(rules, (_, at) => {
    if (Object.hasOwn(resolved, at)) return resolved[at];
    throw new AppError("EXPRESSION_FAILED", `Cannot wait for the event: the value of ${at} is missing`);
  });
  const { faults } = parseCondition(filled, "event.conditions", {
    typeOf: ({ text }) => types?.[text],
    isResolved: true,
  });
  if (faults) {
    const [{ path, message } = { path: "event.conditions", message: "cannot be read" }] = faults;
    throw new AppError("EXPRESSION_FAILED", `Cannot wait for the event: ${path} ${message}`);
  }
  return { rules: filled, ...(types && Object.keys(types).length > 0 && { types }) };
}

/** The same rules and groups with other values; `at` is the rule's place, as in `event.conditions.rules[0]`. */
function mapRules(rules: unknown, give: (value: unknown, at: string) => unknown, at = "event.conditions"): unknown {
  if (Array.isArray(rules)) return rules.map((one, index) => mapRules(one, give, `${at}[${index}]`));
  if (!isObject(rules)) return rules;
  if (Object.hasOwn(rules, "field")) {
    return Object.hasOwn(rules, "value") ? { ...rules, value: give(rules.value, at) } : rules;
  }
  return Object.fromEntries(Object.entries(rules).map(([key, part]) => [key, mapRules(part, give, `${at}.${key}`)]));
}
