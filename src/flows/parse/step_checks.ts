/** What is wrong with the templates and conditions of one step of a flow, whatever its kind, and what may go wrong with them. */

import type { Condition } from "../../engine/condition.ts";
import { type ConditionOptions, parseCondition } from "../../engine/condition_shape.ts";
import { at, type Fault, isObject } from "../../engine/faults.ts";
import { lookupFault } from "../../engine/lookup_limit.ts";
import { type CompiledTemplate, expressionCount, parseTemplate } from "../../engine/mapping.ts";
import { operatorNamed } from "../../engine/operators.ts";
import { ruleDoubts } from "./doubts.ts";
import { resultFaults, type ResultShape } from "./results.ts";
import type { Seen } from "./seen.ts";
import type { StepShape } from "../shape/step_lists.ts";
import { MAX_CASES } from "../shape/step_limits.ts";
import { type StepKind, stepKind } from "../shape/steps.ts";
import { conditionFaults, type Namable, referenceFaults, rulesOf } from "./validate.ts";

/** Parts that hold templates; `params` is the older spelling of the three before it. */
const TEMPLATE_PARTS: Readonly<Record<StepKind, readonly (readonly string[])[]>> = {
  action: [
    "as_user",
    "path_params",
    "query_params",
    "body",
    "params",
    "url",
    "headers",
    "query",
    "output",
    "set",
    "input",
  ].map((key) => [key]),
  branch: [["on"]],
  parallel: [],
  loop: [["over"]],
  wait: [["for"], ["until"], ["deadline"]],
  approval: [["people"], ["note"], ["deadline"], ["remind", "after"]],
  try: [],
  end: [["message"], ["output"]],
};

/** A condition of a step. */
export interface StepCondition {
  /** From the step, as in `cases[0].if`. */
  at: string;
  input: unknown;
  /** It is held against events that come: `$.webhook` is one of these, and its values are templates, resolved when the wait begins. */
  events?: readonly string[];
  /** Asked before each round of a loop. */
  isRound?: boolean;
}

/** The conditions of a step, unchecked input too, in the order in which they are written. */
export function conditionsOf(step: unknown): StepCondition[] {
  if (!isObject(step)) return [];
  switch (stepKind(step)) {
    case "branch": {
      // More are a fault of their own.
      const cases = Array.isArray(step.cases) ? step.cases.slice(0, MAX_CASES) as unknown[] : [];
      return cases.flatMap((one, index): StepCondition[] =>
        isObject(one) && one.if != null ? [{ at: `cases[${index}].if`, input: one.if }] : []
      );
    }
    case "loop":
      return step.while != null ? [{ at: "while", input: step.while, isRound: true }] : [];
    case "wait": {
      const { event } = step;
      if (!isObject(event) || event.conditions == null) return [];
      const types = Array.isArray(event.event_types) ? event.event_types : [];
      const events = types.filter((type): type is string => typeof type === "string");
      return [{ at: "event.conditions", input: event.conditions, events }];
    }
    default:
      return [];
  }
}

export interface StepChecks {
  seen: Seen;
  /** What the condition of a loop may name. */
  round?: Seen;
  ids: ReadonlySet<string>;
  shapeOf(id: string): ResultShape | undefined;
  optionsOf(condition: StepCondition): ConditionOptions;
  /** What is known today would be a fault of what was saved before: it is said, and does not hold the flow. */
  isKept: boolean;
}

export interface StepFindings {
  faults: Fault[];
  warnings: Fault[];
  expressions: number;
  rules: number;
}

/** All that can be said of the step without those below it. */
export function checkStep({ raw, place }: StepShape, checks: StepChecks): StepFindings {
  const { seen, round = seen, ids, isKept } = checks;
  const found: StepFindings = { faults: [], warnings: [], expressions: 0, rules: 0 };
  const { templates, faults } = templatesOf(raw, place);
  found.faults.push(...faults);
  for (const condition of conditionsOf(raw)) {
    const path = `${place}.${condition.at}`;
    const namable: Namable = { seen: condition.isRound ? round : seen, ids };
    const options = checks.optionsOf(condition);
    const read = condition.events
      ? awaitedFaults(condition.input, { path, options })
      : conditionFaults(condition.input, { path, options, namable });
    found.faults.push(...read.faults);
    if (read.condition) {
      found.warnings.push(...ruleDoubts(read.condition));
      found.rules += rulesOf(read.condition).length;
    }
    if (condition.events) {
      for (const value of valuesIn(condition.input, path)) {
        const parsed = parseTemplate(value.value, value.at);
        if (parsed.faults) found.faults.push(...parsed.faults);
        else templates.push(parsed.template);
      }
    }
  }
  for (const template of templates) {
    found.faults.push(...referenceFaults(template, { seen, ids }));
    const results = resultFaults(template, { seen, shapeOf: checks.shapeOf });
    (isKept ? found.warnings : found.faults).push(...results.faults);
    found.warnings.push(...results.warnings);
    found.expressions += expressionCount(template);
  }
  const tooMany = lookupFault(templates, "step");
  if (tooMany !== undefined) (isKept ? found.warnings : found.faults).push({ path: place, message: tooMany });
  return found;
}

/** Of a condition that is held against events that come: what the run has can stand in its values alone. */
function awaitedFaults(
  input: unknown,
  { path, options }: { path: string; options: ConditionOptions },
): { condition?: Condition; faults: Fault[] } {
  const { condition, faults } = parseCondition(withoutTemplates(input), path, options);
  if (!condition) return { faults };
  const beside = rulesOf(condition).filter(({ path: { segments: [root] } }) =>
    root?.kind === "name" && !EVENT_ROOTS.includes(root.name)
  );
  return {
    condition,
    faults: beside.map(({ at: place, field }) => ({
      path: at(place, "field"),
      message:
        `${field} is never there: the fields are those of the event that comes; what the run has may stand in the value`,
    })),
  };
}

const EVENT_ROOTS = ["webhook", "event", "delivery", "installation"];

/** The condition as a plan may hold it before its values are resolved: a rule whose value is a template only has to name a field. */
export function withoutTemplates(input: unknown): unknown {
  if (Array.isArray(input)) return input.map(withoutTemplates);
  if (!isObject(input)) return input;
  if (isTemplateRule(input)) {
    const { value: _, operator: _operator, ...rule } = input;
    return { ...rule, operator: "exists" };
  }
  return Object.fromEntries(
    Object.entries(input).map(([key, part]) => [key, GROUP_KEYS.includes(key) ? withoutTemplates(part) : part]),
  );
}

const GROUP_KEYS = ["all", "any", "not", "rules"];

function isTemplateRule(rule: Record<string, unknown>): boolean {
  return "field" in rule && "value" in rule && typeof rule.operator === "string" &&
    operatorNamed(rule.operator) !== undefined && parseTemplate(rule.value, "").template?.kind !== "constant";
}

/** The values of the rules of a condition as it is written. */
export function valuesIn(input: unknown, path: string): { value: unknown; at: string }[] {
  if (Array.isArray(input)) return input.flatMap((each, index) => valuesIn(each, at(path, index)));
  if (!isObject(input)) return [];
  if ("field" in input) return "value" in input ? [{ value: input.value, at: at(path, "value") }] : [];
  return GROUP_KEYS.flatMap((key) => Object.hasOwn(input, key) ? valuesIn(input[key], at(path, key)) : []);
}

/** The templates of a step as given, and what is wrong with them. */
function templatesOf(
  raw: Record<string, unknown>,
  place: string,
): { templates: CompiledTemplate[]; faults: Fault[] } {
  const faults: Fault[] = [];
  const templates: CompiledTemplate[] = [];
  const kind = stepKind(raw);
  for (const keys of kind === undefined ? [] : TEMPLATE_PARTS[kind]) {
    const [holder, path] = keys.slice(0, -1).reduce<[unknown, string]>(
      ([one, way], key) => [isObject(one) ? one[key] : undefined, at(way, key)],
      [raw, place],
    );
    const key = keys.at(-1)!;
    if (!isObject(holder) || !Object.hasOwn(holder, key)) continue;
    const parsed = parseTemplate(holder[key], at(path, key));
    if (parsed.faults) faults.push(...parsed.faults);
    else templates.push(parsed.template);
  }
  return { templates, faults };
}
