/**
 * Checks beyond a flow's shape: that conditions and templates can be parsed, and name only what is there when they are
 * used.
 */

import type { Condition, RuleCondition } from "../../engine/condition.ts";
import { type ConditionOptions, parseCondition } from "../../engine/condition_shape.ts";
import { at, type Fault, unknownName } from "../../engine/faults.ts";
import { type CompiledTemplate, templateReferences } from "../../engine/mapping.ts";
import { lookedUpPaths } from "../../engine/looked_up_value.ts";
import { lookupFault } from "../../engine/lookup_limit.ts";
import type { Path, Segment } from "../../engine/path.ts";
import { actionNumber, DELIVERY_FIELDS } from "../../engine/scope.ts";
import { isSecretHeader } from "../../telemetry/secret_names.ts";
import type { Seen } from "./seen.ts";

/** Of one template. */
const MAX_REFERENCE_FAULTS = 100;

/** What a condition or a template may name. */
export interface Namable {
  seen: Seen;
  /** Ids of all steps of the flow. */
  ids: ReadonlySet<string>;
}

/** A condition where it can be read, and what is wrong with it; `when` says when it is evaluated. */
export function conditionFaults(
  input: unknown,
  { path: place, options, namable, when }: {
    path: string;
    options: ConditionOptions;
    namable: Namable;
    when?: string;
  },
): { condition?: Condition; faults: Fault[] } {
  const { condition, faults: unread } = parseCondition(input, place, options);
  if (!condition) return { faults: unread };
  const faultOf = (path: Path, where: string): Fault[] => {
    const message = rootFault(path, namable);
    return message ? [{ path: where, message: when === undefined ? message : `${message}; ${when}` }] : [];
  };
  const rules = rulesOf(condition);
  const faults = rules.flatMap((rule) => [
    ...faultOf(rule.path, at(rule.at, "field")),
    ...lookedUpPaths(rule).flatMap((path) => faultOf(path, at(rule.at, "value"))),
  ]);
  const looked = rules.flatMap(({ lookedUp }) => lookedUp?.template ?? []);
  const tooMany = options.stored ? undefined : lookupFault(looked, "condition");
  return { condition, faults: tooMany === undefined ? faults : [...faults, { path: place, message: tooMany }] };
}

/** Paths of the template that name what is never there when it is filled. */
export function referenceFaults(template: CompiledTemplate, namable: Namable): Fault[] {
  const faults: Fault[] = [];
  for (const { path, at } of templateReferences(template)) {
    // Each that names no step is compared with the ids of all.
    if (faults.length === MAX_REFERENCE_FAULTS) break;
    const message = rootFault(path, namable);
    if (message) faults.push({ path: at, message });
  }
  return faults;
}

/** The rules of a condition, in the order in which they are written. */
export function rulesOf(condition: Condition): RuleCondition[] {
  if (condition.kind === "rule") return [condition];
  return condition.kind === "not" ? rulesOf(condition.condition) : condition.conditions.flatMap(rulesOf);
}

function rootFault({ segments, text }: Path, { seen, ids }: Namable): string | undefined {
  const [root] = segments;
  if (root?.kind !== "name") return undefined;
  const number = actionNumber(root.name);
  if (number !== undefined) return numberFault(number, { text, seen });
  switch (root.name) {
    case "workflow":
      return `${text} is never there: a flow has no workflow`;
    case "loop":
      return loopFault(segments.slice(1), { text, loops: seen.loops });
    case "error":
      return seen.error
        ? fieldFault(segments, { text, fields: ["code", "message", "step"] })
        : `${text} is never there: only steps in \`on_error\` have it`;
    case "approval":
      return seen.approval
        ? fieldFault(segments, { text, fields: ["link", "id"] })
        : `${text} is never there: only steps in \`ask\` and \`remind\` of an approval have it`;
    case "vars":
      return variableFault(segments, { text, seen });
    case "delivery":
      return deliveryFault(segments, text);
    case "steps":
      return stepFault(segments, { text, seen, ids });
    default:
      return undefined;
  }
}

function numberFault(number: number, { text, seen: { numbered } }: { text: string; seen: Seen }): string | undefined {
  if (!numbered) {
    return `${text} is never there: numbers count in flows of actions alone; name the step, as in $.steps.find_tag.output`;
  }
  return number <= numbered.length ? undefined : `${text} is not there yet: it is the result of action ${number}`;
}

function stepFault(
  [, step, output]: readonly Segment[],
  { text, seen, ids }: { text: string } & Namable,
): string | undefined {
  if (step?.kind !== "name") return undefined;
  if (!ids.has(step.name)) {
    const known = seen.steps.size === 0 ? ids : seen.steps.keys();
    return `${text} names no step: ${unknownName(step.name, [...known])}`;
  }
  if (!seen.steps.has(step.name)) {
    const why = seen.hidden.get(step.name);
    return why === undefined
      ? `${text} is not there yet: step "${step.name}" does not run before this one`
      : `${text} is never there: step "${step.name}" ${why}`;
  }
  if (output?.kind === "name" && output.name !== "output") return `${text} is never there: a step has only output`;
  return undefined;
}

function loopFault(
  [field, ...rest]: readonly Segment[],
  { text, loops }: { text: string; loops: Seen["loops"] },
): string | undefined {
  const [kind, ...around] = loops;
  if (kind === undefined) return `${text} is never there: only steps in a loop have it`;
  if (field?.kind !== "name") return undefined;
  if (field.name === "parent") {
    return around.length === 0
      ? `${text} is never there: no loop is around this one`
      : loopFault(rest, { text, loops: around });
  }
  if (!LOOP_FIELDS.includes(field.name)) return `${text} is never there: ${unknownName(field.name, LOOP_FIELDS)}`;
  return kind === "while" && ["item", "total"].includes(field.name)
    ? `${text} is never there: a loop with \`while\` has no list`
    : undefined;
}

const LOOP_FIELDS = ["item", "index", "total", "is_first", "is_last", "parent"];

function fieldFault(
  [, field]: readonly Segment[],
  { text, fields }: { text: string; fields: readonly string[] },
): string | undefined {
  if (field?.kind !== "name" || fields.includes(field.name)) return undefined;
  return `${text} is never there: ${unknownName(field.name, fields)}`;
}

function variableFault([, name]: readonly Segment[], { text, seen }: { text: string; seen: Seen }): string | undefined {
  if (name?.kind !== "name" || seen.vars.has(name.name)) return undefined;
  if (seen.vars.size === 0) return `${text} is never there: no step before this one sets variables`;
  return `${text} is never there: ${unknownName(name.name, [...seen.vars.keys()])}`;
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
