/**
 * Checks beyond a flow's shape: that conditions and templates can be parsed, and name only what is there when they are
 * used.
 */

import type { Condition, RuleCondition } from "../engine/condition.ts";
import { type ConditionOptions, parseCondition } from "../engine/condition_shape.ts";
import { at, type Fault, unknownName } from "../engine/faults.ts";
import { type CompiledTemplate, parseTemplate, templateReferences } from "../engine/mapping.ts";
import type { Path, Segment } from "../engine/path.ts";
import { actionNumber, DELIVERY_FIELDS } from "../engine/scope.ts";
import { isSecretHeader } from "../telemetry/secret_names.ts";

/** Parts of an action that hold templates; `params` is the older spelling of the three before it, the last three are of type "http". */
const TEMPLATE_PARTS = ["as_user", "path_params", "query_params", "body", "params", "url", "headers", "query"];

/** The condition of a flow where it can be read, and what is wrong with it: it is evaluated before the first action. */
export function conditionFaults(
  input: unknown,
  options: ConditionOptions,
): { condition?: Condition; faults: Fault[] } {
  const { condition, faults: unread } = parseCondition(input, "conditions", options);
  if (!condition) return { faults: unread };
  const faults = rulesOf(condition).flatMap(({ path, at: place }) => {
    const message = rootFault(path, { index: 0, ids: [] });
    return message
      ? [{ path: at(place, "field"), message: `${message}; conditions are evaluated before the first action` }]
      : [];
  });
  return { condition, faults };
}

/** The templates of an action as given, and what is wrong with them. */
export function templateFaults(
  raw: Record<string, unknown>,
  path: string,
): { templates: CompiledTemplate[]; faults: Fault[] } {
  const faults: Fault[] = [];
  const templates: CompiledTemplate[] = [];
  for (const key of TEMPLATE_PARTS) {
    if (!Object.hasOwn(raw, key)) continue;
    const parsed = parseTemplate(raw[key], at(path, key));
    if (parsed.faults) faults.push(...parsed.faults);
    else templates.push(parsed.template);
  }
  return { templates, faults };
}

/** Paths of the template that name what is not there yet when action `index` of these ids is prepared. */
export function referenceFaults(template: CompiledTemplate, place: { index: number; ids: string[] }): Fault[] {
  return templateReferences(template).flatMap((reference) => {
    const message = rootFault(reference.path, place);
    return message ? [{ path: reference.at, message }] : [];
  });
}

/** The rules of a condition, in the order in which they are written. */
export function rulesOf(condition: Condition): RuleCondition[] {
  if (condition.kind === "rule") return [condition];
  return condition.kind === "not" ? rulesOf(condition.condition) : condition.conditions.flatMap(rulesOf);
}

function rootFault({ segments, text }: Path, { index, ids }: { index: number; ids: string[] }): string | undefined {
  const [root, step, output] = segments;
  if (root?.kind !== "name") return undefined;
  const number = actionNumber(root.name);
  if (number !== undefined) {
    return number <= index ? undefined : `${text} is not there yet: it is the result of action ${number}`;
  }
  if (root.name === "loop" || root.name === "workflow") {
    return `${text} is never there: a flow has no ${root.name}`;
  }
  if (root.name === "delivery") return deliveryFault(segments, text);
  if (root.name !== "steps" || step?.kind !== "name") return undefined;
  const position = ids.indexOf(step.name);
  if (position === -1) {
    return `${text} names no step: ${unknownName(step.name, index === 0 ? ids : ids.slice(0, index))}`;
  }
  if (position >= index) return `${text} is not there yet: step "${step.name}" does not run before this one`;
  if (output?.kind === "name" && output.name !== "output") return `${text} is never there: a step has only output`;
  return undefined;
}

function deliveryFault([, field, header]: readonly Segment[], text: string): string | undefined {
  if (field?.kind !== "name") return undefined;
  if (!(DELIVERY_FIELDS as readonly string[]).includes(field.name)) {
    return `${text} is never there: of $.delivery known are ${DELIVERY_FIELDS.join(", ")}`;
  }
  if (field.name !== "headers" || header?.kind !== "name") return undefined;
  if (header.name !== header.name.toLowerCase()) return `${text} is never there: names of headers are in lower case`;
  return isSecretHeader(header.name) ? `${text} is never there: the header holds a secret` : undefined;
}
