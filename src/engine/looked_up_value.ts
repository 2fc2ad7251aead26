/**
 * Values of rules that look entities up, as in `{{ cache.project("North quay").id }}`: read with the condition, asked for together
 * before it is decided, and put in the place of the value then.
 */

import { AppError } from "../base/errors.ts";
import { lookupType } from "./entity_lookup.ts";
import { at, type Fault } from "./faults.ts";
import {
  type CompiledTemplate,
  parseTemplate,
  resolveTemplate,
  templateLookups,
  templateReferences,
} from "./mapping.ts";
import { type OperatorName, operatorTest, type Test, valueFault, valueShapeOf } from "./operators.ts";
import type { Path } from "./path.ts";
import type { Scope } from "./scope.ts";
import { shownValue } from "./shown_value.ts";
import { typedRule } from "./typed_rule.ts";
import { readableType, type ValueType } from "./value_type.ts";
import type { WorkBudget } from "./work_budget.ts";

/** The value of a rule that is looked up for each decision. */
export interface LookedUpValue {
  template: CompiledTemplate;
  /**
   * The test with what was found, and that as a person reads it. Throws EXPRESSION_FAILED for what is not there, not unique, or
   * nothing that the rule can compare with, and WorkSpent.
   */
  resolve(scope: Scope, work: WorkBudget): { test: Test; read: string };
}

interface Rule {
  /** Where the rule stands, as in `conditions.rules[0]`. */
  path: string;
  operator: OperatorName;
  value: unknown;
  caseInsensitive: boolean;
  type: ValueType | undefined;
}

/**
 * The value where it looks something up, or what is wrong with it; undefined for one that does not: it is compared as it is
 * written, whatever expressions it may look like.
 */
export function lookedUpValue(rule: Rule): { value: LookedUpValue } | { faults: Fault[] } | undefined {
  const { path, operator, value, caseInsensitive, type } = rule;
  if (!mayLookUp(value)) return undefined;
  const place = at(path, "value");
  const { template, faults } = parseTemplate(value, place);
  if (faults) return { faults };
  if (templateLookups(template).length === 0) return undefined;
  const wrong = misfit(rule, template);
  if (wrong !== undefined) return { faults: [{ path: place, message: wrong }] };
  return {
    value: {
      template,
      resolve(scope, work) {
        const found = resolveTemplate(template, scope, work);
        const typed = typedRule(operator, found, type);
        const unfit = valueFault(operator, found, { isResolved: true }) ?? typed.fault?.message;
        if (unfit !== undefined) throw new AppError("EXPRESSION_FAILED", `Cannot evaluate ${place}: it ${unfit}`);
        const test = typed.rule?.test ?? operatorTest(operator, { value: found, caseInsensitive });
        const shown = shownValue(found);
        return { test, read: typeof shown === "string" ? shown : JSON.stringify(shown) };
      },
    },
  };
}

/**
 * What is wrong with a field that is written as an expression, or as a look-up: it would be read as a field of the event that is
 * never there. Undefined for any other.
 */
export function fieldLookupFault(field: string): string | undefined {
  const [, type, after] = LOOKUP_FIELD.exec(field) ?? [];
  const isLookup = type !== undefined && lookupType(type) !== undefined;
  if (!isLookup && !field.includes("{{")) return undefined;
  const step = '{"type": "variables", "set": {"found": "{{ cache.project(webhook.projectId).name }}"}}';
  return "must be a path, as in project.name, and no expression: let a step before set a variable to what is looked up, as in " +
    `${step}, and ask for $.vars.found in a branch${
      isLookup && after !== "(" ? `; a field of the event with this name is $.webhook.cache.${type}` : ""
    }`;
}

/** In braces or without, as a path or a call. */
const LOOKUP_FIELD = /^\s*(?:\{\{\s*)?(?:\$\.)?cache\.([a-z_]+)\s*([.[(])/;

/** The paths in what the rule looks up. */
export function lookedUpPaths({ lookedUp }: { lookedUp?: LookedUpValue }): Path[] {
  return lookedUp ? templateReferences(lookedUp.template).map(({ path }) => path) : [];
}

/** In the form of a look-up, or of a path to one: most values are neither, and are not parsed. */
function mayLookUp(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(mayLookUp);
  return typeof value === "string" && (value.includes("{{") || value.startsWith("$.")) && value.includes("cache");
}

function misfit({ operator, value, type }: Rule, template: CompiledTemplate): string | undefined {
  const shape = valueShapeOf(operator);
  if (shape !== "one" && shape !== "list") return `cannot be looked up: ${operator} compares with a fixed value`;
  if (shape === "list" && !Array.isArray(value)) return valueFault(operator, null);
  const [whole] = templateLookups(template);
  if (whole && isWhole(template) && whole.field === undefined) {
    return "must name a field of what is looked up: id, name or archived";
  }
  const isText = type === "boolean" || !readableType(type);
  return isText
    ? undefined
    : `cannot be looked up: the field is a ${type}, and of an entity known are id, name and archived`;
}

/** It is a look-up, or a list of such. */
function isWhole(template: CompiledTemplate): boolean {
  if (template.kind === "list") return template.items.some(isWhole);
  return template.kind === "value" && template.expression.kind === "lookup" && template.expression.field === undefined;
}
