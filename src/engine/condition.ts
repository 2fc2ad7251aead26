/** Conditions: rules under all, any and not, and how they are evaluated on a scope. Pure. */

import { AppError } from "../base/errors.ts";
import { decimalOf } from "./decimal.ts";
import { cut, kindOf } from "./faults.ts";
import type { OperatorName, Test } from "./operators.ts";
import { evaluatePath } from "./follow_path.ts";
import type { Path } from "./path.ts";
import { MAX_PATTERN_INPUT } from "./patterns.ts";
import { shownValue } from "./shown_value.ts";
import { type Scope, timeZoneOf } from "./scope.ts";
import { typedReason, type TypedRule } from "./typed_rule.ts";
import { hasEntities } from "./entity_lookup.ts";
import type { LookedUpValue } from "./looked_up_value.ts";
import { createWorkBudget, WORK, type WorkBudget, WorkSpent } from "./work_budget.ts";
import { weekdayOf, zonedTime } from "./zone.ts";

/**
 * A condition ready to be evaluated.
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
 * A value may look entities up, as in `{{ cache.project("North quay").id }}`: what it names is read before the condition is
 * decided (looked_up_value.ts), and only where the rules before it leave that open. One that is not known, or not unique,
 * leaves the condition undecided.
 *
 * With `quantifier: "any"` or `"every"` the operator is asked of each element of the list that the field gives; both
 * need at least one element. A path with wildcards gives a list, and means any when no quantifier is written.
 *
 * Deciding takes steps of work (work_budget.ts), of which a flow has so many an event.
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
  /** Where the value is looked up: in place of `test`. */
  lookedUp?: LookedUpValue;
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

/** A rule looks something up, and nothing was looked up yet. */
export class EntitiesNeeded extends AppError {
  constructor(place: string) {
    super("EXPRESSION_FAILED", `Cannot evaluate ${place}: what it looks up was not read`);
  }
}

/**
 * True when the condition holds. Throws WorkSpent, naming the rule, when evaluating it takes more than the budget has:
 * then it neither holds nor does it not, whatever stands around the rule. Throws EntitiesNeeded where it comes to a rule that
 * looks something up and the scope has no answers, and EXPRESSION_FAILED for a look-up that fails.
 */
export function matches(condition: Condition, scope: Scope, work: WorkBudget = flowBudget()): boolean {
  if (condition.kind === "rule") return judge(condition, scope, work).matched;
  if (condition.kind === "not") return !matches(condition.condition, scope, work);
  const { kind, conditions } = condition;
  if (conditions.length === 0) return true;
  return kind === "all"
    ? conditions.every((each) => matches(each, scope, work))
    : conditions.some((each) => matches(each, scope, work));
}

export interface Evaluation {
  /** Null where `matches` would throw. */
  matched: boolean | null;
  /** Why it is null. */
  problem: string | null;
  rules: RuleVerdict[];
}

/**
 * As `matches`, with the verdict of each rule: all of them are evaluated. What they found is read from `shown`, where
 * that is another scope than the one that is evaluated. Never throws.
 */
export function evaluateCondition(
  condition: Condition,
  scope: Scope,
  { work = flowBudget(), shown = scope }: { work?: WorkBudget; shown?: Scope } = {},
): Evaluation {
  if (condition.kind === "rule") return verdictOf(condition, scope, { work, shown });
  if (condition.kind === "not") {
    const inner = evaluateCondition(condition.condition, scope, { work, shown });
    return { ...inner, matched: inner.matched === null ? null : !inner.matched };
  }
  const inner = condition.conditions.map((each) => evaluateCondition(each, scope, { work, shown }));
  // Evaluated in order; the first that is null or decides the group ends the evaluation.
  const decisive = inner.find(({ matched }) => matched === null || matched === (condition.kind === "any"));
  return {
    matched: decisive ? decisive.matched : condition.kind === "all" || inner.length === 0,
    problem: decisive?.problem ?? null,
    rules: inner.flatMap(({ rules }) => rules),
  };
}

function flowBudget(): WorkBudget {
  return createWorkBudget(WORK.flow, "a flow");
}

interface Judgement {
  matched: boolean;
  actual: unknown;
  reason?: string;
  /** What was looked up, as a person reads it. */
  read?: string;
}

/** Throws WorkSpent, and of a look-up EntitiesNeeded and EXPRESSION_FAILED. */
function judge(rule: RuleCondition, scope: Scope, work: WorkBudget): Judgement {
  try {
    const { lookedUp } = rule;
    if (!lookedUp) return decide(rule, { test: rule.test, scope, work });
    if (!hasEntities(scope)) throw new EntitiesNeeded(rule.at);
    const { test, read } = lookedUp.resolve(scope, work);
    return { ...decide(rule, { test, scope, work }), read };
  } catch (error) {
    throw error instanceof WorkSpent ? error.at(`Cannot evaluate ${rule.at} ("${cut(rule.field)}")`) : error;
  }
}

function decide(
  { path, quantifier }: RuleCondition,
  { test, scope, work }: { test: Test; scope: Scope; work: WorkBudget },
): Judgement {
  let actual: unknown;
  try {
    actual = evaluatePath(path, scope, work);
  } catch (error) {
    // Too many values below a wildcard: the rule does not match, and says so.
    if (!(error instanceof AppError) || error instanceof WorkSpent) throw error;
    return { matched: false, actual: undefined, reason: error.message };
  }
  const context = { timeZone: timeZoneOf(scope), work };
  const holds = (value: unknown) => {
    work.spend(1);
    return test(value, context);
  };
  if (!quantifier) return { matched: holds(actual), actual };
  if (!Array.isArray(actual) || actual.length === 0) {
    return { matched: false, actual, reason: Array.isArray(actual) ? "the list is empty" : "the field is not a list" };
  }
  return { matched: quantifier === "any" ? actual.some(holds) : actual.every(holds), actual };
}

function verdictOf(
  rule: RuleCondition,
  scope: Scope,
  { work, shown }: { work: WorkBudget; shown: Scope },
): Evaluation {
  let judgement: Judgement | undefined;
  let problem: string | null = null;
  try {
    judgement = judge(rule, scope, work);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    problem = error.message;
  }
  const { matched, actual, reason, read } = judgement ?? { matched: false, actual: undefined, reason: problem! };
  const timeZone = timeZoneOf(scope);
  const found = shownValue(actual);
  const seen = shown === scope || !judgement ? found : shownValue(look(rule.path, shown, work));
  // The reason may hold what was found in words.
  const isSame = seen === found || JSON.stringify(seen) === JSON.stringify(found);
  const why = () => isSame ? reason ?? whyNot(rule, actual, timeZone) : `${rule.operator} does not hold`;
  const verdict: RuleVerdict = {
    path: rule.at,
    field: rule.field,
    operator: rule.operator,
    ...(rule.value === undefined ? {} : { expected: shownValue(rule.value) }),
    ...(rule.typed ? { read: rule.typed.words(timeZone) } : read === undefined ? {} : { read }),
    matched,
    ...(seen === undefined ? {} : { actual: seen }),
    ...(matched ? {} : { reason: why() }),
    ...(rule.warning && { warning: rule.warning.message }),
  };
  return { matched: judgement ? matched : null, problem, rules: [verdict] };
}

/** What stands at the path; undefined also where that is too much. */
function look(path: Path, scope: Scope, work: WorkBudget): unknown {
  try {
    return evaluatePath(path, scope, work);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return undefined;
  }
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
