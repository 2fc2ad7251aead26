/** Conditions: rules under all, any and not, and how they are decided on a scope. Pure. */

import { AppError } from "../errors.ts";
import { decimalOf } from "./decimal.ts";
import { cut, kindOf } from "./faults.ts";
import type { OperatorName, Test } from "./operators.ts";
import { evaluatePath, type Path } from "./path.ts";
import { MAX_PATTERN_INPUT } from "./patterns.ts";
import { type Scope, timeZoneOf } from "./scope.ts";
import { typedReason, type TypedRule } from "./typed_rule.ts";
import { weekdayOf, zonedTime } from "./zone.ts";

export { type ConditionOptions, parseCondition } from "./condition_shape.ts";

/**
 * A condition ready to decide.
 *
 * | Written | Meaning |
 * |---|---|
 * | `{type: "ALL", rules: [...]}`, `{all: [...]}` | every one of the rules or groups |
 * | `{type: "ANY", rules: [...]}`, `{any: [...]}` | at least one of them |
 * | `{not: ...}` | the rule or group inside does not match |
 * | no condition, or a group without rules | matches |
 *
 * A rule is `{field, operator, value?, quantifier?, case_insensitive?}`. `field` is a path over the scope when it begins
 * with one of its roots (`$.action_1_result.id`), else one into the event's body (`$.project.name` or `project.name`).
 * Missing means absent or null, so "without a project" is `projectId not_exists`; empty text is not missing.
 *
 * | Operator | True when the field ... | Missing field |
 * |---|---|---|
 * | `==` | equals `value`: a number also a text that spells it, two texts as texts unless both are instants or ISO durations, lists and objects by content | only `== null` |
 * | `!=` | does not | true, but for `!= null` |
 * | `>` `>=` `<` `<=` | comes after or before `value` in the same sense; other texts by code unit, other mixes never | false |
 * | `contains` | is a text with `value` in it (of a number its digits), or a list with an equal member | false |
 * | `in` | equals a member of the list `value` | only with null in the list |
 * | `exists` | is not missing; with `value: false` is missing | false |
 * | `matches` | is a text of at most 50,000 characters in which the RE2 pattern is found | false |
 * | `starts_with`, `ends_with` | is a text that does | false |
 * | `weekday_in` | is an instant or a date on one of the weekdays `value` | false |
 * | `not_contains`, `not_in`, `not_exists` | the opposite | the opposite |
 *
 * Where the type of the field is known, `==` to `<=`, `in` and `not_in` read `value` as that type wants it:
 *
 * | Type | `value` |
 * |---|---|
 * | duration | `8 h`, `1 h 30 min`, `8:30`, `480 min`, `PT8H`; a number has no unit and is refused |
 * | instant | an instant; `2026-11-16`, which is the whole day: `==` is within it, `>` after it, `>=` from its beginning on; `2026-11-16 09:00` |
 * | money | `80.50`, or whole cents: `8050` |
 * | number, boolean | also as text: `"12.5"`, `"true"` |
 *
 * Days, times without a zone and weekdays are those of the workspace's time zone, `$.installation.timeZone`; it is UTC
 * where Clockify's is not known. A field that holds nothing of its type (the duration of a running entry is null) is as a
 * missing one.
 *
 * With `quantifier: "any"` or `"every"` the operator is asked of each element of the list that the field gives; both
 * need at least one element. A path with wildcards gives a list, and means any when no quantifier is written.
 */
export type Condition = GroupCondition | NotCondition | RuleCondition;

export interface GroupCondition {
  kind: "all" | "any";
  conditions: Condition[];
}

export interface NotCondition {
  kind: "not";
  condition: Condition;
}

export interface RuleCondition {
  kind: "rule";
  /** Where it stands in the definition, as in `conditions.rules[0]`. */
  at: string;
  field: string;
  operator: OperatorName;
  /** What the definition compares with. */
  value: unknown;
  path: Path;
  quantifier: "any" | "every" | undefined;
  test: Test;
  /** Where the type of the field is known and gives the value its meaning. */
  typed?: TypedRule;
  /** Why the type does not, in a definition that was saved before; `key` is the rule's part that it is about. */
  warning?: { key: "value" | "operator"; message: string };
}

/** What one rule said, for the history and the console. */
export interface RuleVerdict {
  path: string;
  field: string;
  operator: OperatorName;
  /** The rule's value, cut as `actual` is; absent when it has none. */
  expected?: unknown;
  matched: boolean;
  /** The value found, cut to 200 characters of JSON when longer; absent when there was none. Not redacted. */
  actual?: unknown;
  /** The rule's value as the field's type reads it: "8 h". */
  read?: string;
  /** Why it did not match. May hold what was found, in words. */
  reason?: string;
  /** What is doubtful about the rule, whatever it said. */
  warning?: string;
}

const MAX_SHOWN = 200;

/** True when the condition holds. Never throws. */
export function matches(condition: Condition, scope: Scope): boolean {
  if (condition.kind === "rule") return judge(condition, scope).matched;
  if (condition.kind === "not") return !matches(condition.condition, scope);
  const { kind, conditions } = condition;
  if (conditions.length === 0) return true;
  return kind === "all"
    ? conditions.every((each) => matches(each, scope))
    : conditions.some((each) => matches(each, scope));
}

/** As `matches`, with what each rule said: all of them are asked. Never throws. */
export function evaluateCondition(condition: Condition, scope: Scope): { matched: boolean; rules: RuleVerdict[] } {
  if (condition.kind === "rule") {
    const verdict = verdictOf(condition, scope);
    return { matched: verdict.matched, rules: [verdict] };
  }
  if (condition.kind === "not") {
    const inner = evaluateCondition(condition.condition, scope);
    return { matched: !inner.matched, rules: inner.rules };
  }
  const inner = condition.conditions.map((each) => evaluateCondition(each, scope));
  const matched = inner.length === 0 ||
    (condition.kind === "all" ? inner.every((each) => each.matched) : inner.some((each) => each.matched));
  return { matched, rules: inner.flatMap((each) => each.rules) };
}

interface Judgement {
  matched: boolean;
  actual: unknown;
  reason?: string;
}

function judge({ path, quantifier, test }: RuleCondition, scope: Scope): Judgement {
  let actual: unknown;
  try {
    actual = evaluatePath(path, scope);
  } catch (error) {
    // Too much data below a wildcard: the rule does not match, and says so.
    if (!(error instanceof AppError)) throw error;
    return { matched: false, actual: undefined, reason: error.message };
  }
  const timeZone = timeZoneOf(scope);
  const holds = (value: unknown) => test(value, timeZone);
  if (!quantifier) return { matched: holds(actual), actual };
  if (!Array.isArray(actual) || actual.length === 0) {
    return { matched: false, actual, reason: Array.isArray(actual) ? "the list is empty" : "the field is not a list" };
  }
  return { matched: quantifier === "any" ? actual.some(holds) : actual.every(holds), actual };
}

function verdictOf(rule: RuleCondition, scope: Scope): RuleVerdict {
  const { matched, actual, reason } = judge(rule, scope);
  const timeZone = timeZoneOf(scope);
  return {
    path: rule.at,
    field: rule.field,
    operator: rule.operator,
    ...(rule.value === undefined ? {} : { expected: shown(rule.value) }),
    ...(rule.typed && { read: rule.typed.words(timeZone) }),
    matched,
    ...(actual === undefined ? {} : { actual: shown(actual) }),
    ...(matched ? {} : { reason: reason ?? whyNot(rule, actual, timeZone) }),
    ...(rule.warning && { warning: rule.warning.message }),
  };
}

function whyNot({ operator, value, quantifier, typed }: RuleCondition, actual: unknown, timeZone: string): string {
  if (actual === null && typed?.type === "duration") {
    return "the field is missing: an entry has no duration while it is running";
  }
  if (actual === undefined || actual === null) return "the field is missing";
  if (typed && !quantifier) return typedReason(typed, { operator, actual, timeZone });
  if (isSpelledNumber(actual) && isSpelledNumber(value) && !quantifier) {
    return `${operator} does not hold: both are texts and compare as texts; a value without quotes compares as a number`;
  }
  if (operator === "matches" && typeof actual === "string" && actual.length > MAX_PATTERN_INPUT) {
    return `the text is longer than ${MAX_PATTERN_INPUT} characters`;
  }
  const at = operator === "weekday_in" && !quantifier ? zonedTime(actual, timeZone) : undefined;
  if (at) return `it is a ${weekdayOf(at)} (${timeZone})`;
  const subject = quantifier === "any" ? "no element" : quantifier === "every" ? "not every element" : kindOf(actual);
  return `${operator} does not hold for ${subject}`;
}

function isSpelledNumber(value: unknown): boolean {
  return typeof value === "string" && decimalOf(value) !== undefined;
}

function shown(actual: unknown): unknown {
  if (typeof actual === "string") return actual.length <= MAX_SHOWN ? actual : cut(actual, MAX_SHOWN);
  if (typeof actual !== "object" || actual === null) return actual;
  let text: string;
  try {
    text = JSON.stringify(actual);
  } catch {
    return `${kindOf(actual)}, nested too deep to show`;
  }
  return text.length <= MAX_SHOWN ? actual : cut(text, MAX_SHOWN);
}
