/** The operators of conditions, as a table: what each is called, what it compares with, and when it is true. */

import { equalValues, isMissing, order } from "./compare.ts";
import { isObject, kindOf, unknownName } from "./faults.ts";
import { compilePattern } from "./patterns.ts";
import { CALENDAR_STEPS, type WorkBudget } from "./work_budget.ts";
import { weekdayOf, WEEKDAYS, zonedTime } from "./zone.ts";

/** Decides on one value, and takes from the budget what that is worth beyond the look at it. Days are those of the time zone. Throws WorkSpent. */
export type Test = (actual: unknown, context: TestContext) => boolean;

export interface TestContext {
  timeZone: string;
  work: WorkBudget;
}

export interface TestOptions {
  value: unknown;
  caseInsensitive: boolean;
}

/** What `value` of a rule is: nothing, one fixed value, a list of them, an RE2 pattern, or a list of weekdays. */
export type ValueShape = "none" | "one" | "list" | "pattern" | "weekdays";

interface Operator {
  takes: ValueShape;
  /** What is wrong with the rule's `value`, or undefined. */
  fault(value: unknown): string | undefined;
  /** May throw EXPRESSION_INVALID for a pattern. */
  test(options: TestOptions): Test;
}

const OPERATORS = {
  "==": { takes: "one", fault: anyValue, test: equals },
  "!=": { takes: "one", fault: anyValue, test: (options) => negate(equals(options)) },
  ">": { takes: "one", ...ordered((sign) => sign > 0) },
  ">=": { takes: "one", ...ordered((sign) => sign >= 0) },
  "<": { takes: "one", ...ordered((sign) => sign < 0) },
  "<=": { takes: "one", ...ordered((sign) => sign <= 0) },
  contains: { takes: "one", fault: anyValue, test: contains },
  not_contains: {
    takes: "one",
    fault: anyValue,
    test: (options) => negate(contains(options)),
  },
  in: { takes: "list", fault: listValue, test: isIn },
  not_in: { takes: "list", fault: listValue, test: (options) => negate(isIn(options)) },
  exists: { takes: "none", fault: switchValue, test: exists },
  not_exists: { takes: "none", fault: switchValue, test: (options) => negate(exists(options)) },
  matches: { takes: "pattern", fault: textValue, test: matchesPattern },
  starts_with: {
    takes: "one",
    fault: partValue,
    test: textTest((text, part) => text.startsWith(part)),
  },
  ends_with: {
    takes: "one",
    fault: partValue,
    test: textTest((text, part) => text.endsWith(part)),
  },
  weekday_in: { takes: "weekdays", fault: weekdaysFault, test: isOnWeekday },
} satisfies Record<string, Operator>;

export type OperatorName = keyof typeof OPERATORS;

export const OPERATOR_NAMES = Object.keys(OPERATORS) as OperatorName[];

/** What the operator compares with. */
export function valueShapeOf(operator: OperatorName): ValueShape {
  return OPERATORS[operator].takes;
}

/** The operator of this spelling ("starts with", "STARTS_WITH" and "starts_with" are one), or undefined. */
export function operatorNamed(spelling: string): OperatorName | undefined {
  const name = spelling.trim().toLowerCase().replaceAll(/[ -]/g, "_");
  return Object.hasOwn(OPERATORS, name) ? name as OperatorName : undefined;
}

/** What is wrong with comparing by this operator with `value`, or undefined; `isResolved`: what an expression gave. */
export function valueFault(
  operator: OperatorName,
  value: unknown,
  { isResolved = false } = {},
): string | undefined {
  // A path here would be compared as text and never match: better said on save.
  if (typeof value === "string" && value.startsWith("$.") && !isResolved) {
    return "must be a fixed value: a path is supported in field only";
  }
  return OPERATORS[operator].fault(value);
}

/** The test of a rule; throws EXPRESSION_INVALID for a bad pattern. */
export function operatorTest(operator: OperatorName, options: TestOptions): Test {
  return OPERATORS[operator].test(options);
}

function equals({ value, caseInsensitive }: TestOptions): Test {
  const expected = fold(value, caseInsensitive);
  const size = partsOf(expected);
  return (actual, { work }) => {
    work.spend(comparing(actual, size));
    return equalValues(fold(actual, caseInsensitive), expected);
  };
}

function ordered(decide: (sign: number) => boolean): Pick<Operator, "fault" | "test"> {
  return {
    fault: (value) =>
      typeof value === "number" || typeof value === "string"
        ? undefined
        : `must be a number or text (also an instant or a duration), not ${kindOf(value)}`,
    test: ({ value, caseInsensitive }) => {
      const expected = fold(value, caseInsensitive);
      return (actual, { work }) => {
        work.spend(comparing(actual, 1));
        const sign = order(fold(actual, caseInsensitive), expected);
        return sign !== undefined && decide(sign);
      };
    },
  };
}

function contains({ value, caseInsensitive }: TestOptions): Test {
  const part = fold(value, caseInsensitive);
  const text = textPart(value, caseInsensitive);
  const size = partsOf(part);
  return (actual, { work }) => {
    if (Array.isArray(actual)) {
      return actual.some((item) => {
        work.spend(1 + comparing(item, size));
        return equalValues(fold(item, caseInsensitive), part);
      });
    }
    work.spend(comparing(actual, 1));
    return typeof actual === "string" && text !== undefined &&
      (fold(actual, caseInsensitive) as string).includes(text);
  };
}

function isIn({ value, caseInsensitive }: TestOptions): Test {
  const members = (value as unknown[]).map((member) => fold(member, caseInsensitive));
  const size = partsOf(members);
  return (actual, { work }) => {
    work.spend(comparing(actual, size));
    const wanted = fold(actual, caseInsensitive);
    return members.some((member) => equalValues(wanted, member));
  };
}

function exists({ value }: TestOptions): Test {
  return value === false ? isMissing : (actual) => !isMissing(actual);
}

function matchesPattern({ value, caseInsensitive }: TestOptions): Test {
  const pattern = compilePattern(value as string, { caseInsensitive });
  return (actual, { work }) => typeof actual === "string" && pattern.test(actual, work);
}

function textTest(decide: (text: string, part: string) => boolean): Operator["test"] {
  return ({ value, caseInsensitive }) => {
    const part = textPart(value, caseInsensitive)!;
    return (actual, { work }) => {
      work.spend(comparing(actual, 1));
      return typeof actual === "string" && decide(fold(actual, caseInsensitive) as string, part);
    };
  };
}

function isOnWeekday({ value }: TestOptions): Test {
  const days = weekdaysIn(value);
  return (actual, { timeZone, work }) => {
    work.spend(CALENDAR_STEPS);
    const at = zonedTime(actual, timeZone);
    return at !== undefined && days.includes(weekdayOf(at));
  };
}

/** What a text is asked for: of a number its digits. */
function textPart(value: unknown, caseInsensitive: boolean): string | undefined {
  return typeof value === "number"
    ? String(value)
    : fold(typeof value === "string" ? value : undefined, caseInsensitive);
}

function negate(test: Test): Test {
  return (actual, context) => !test(actual, context);
}

/**
 * Steps that comparing with so many parts takes: of a text its length counts, which is put in lower case or searched at some
 * 64 characters a step; of a list or object no more of its parts than it is compared with.
 */
function comparing(actual: unknown, parts: number): number {
  if (typeof actual === "string") return parts + (actual.length >> 6);
  return parts;
}

/** Values within the value, itself among them. */
function partsOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + partsOf(part), 1);
}

function fold<Value>(value: Value, caseInsensitive: boolean): Value {
  return caseInsensitive && typeof value === "string" ? value.toLowerCase() as Value : value;
}

function anyValue(value: unknown): string | undefined {
  return value === undefined ? "is required" : undefined;
}

function textValue(value: unknown): string | undefined {
  return typeof value === "string" ? undefined : `must be text, not ${kindOf(value)}`;
}

/** A number stands for its digits. */
function partValue(value: unknown): string | undefined {
  return typeof value === "number" ? undefined : textValue(value);
}

function weekdaysFault(value: unknown): string | undefined {
  const given = Array.isArray(value) ? value : [value];
  if (given.length === 0 || given.some((day) => typeof day !== "string")) {
    return 'must be a list of weekdays, as in ["Saturday", "Sunday"]';
  }
  const unknown = given.find((day) => weekdaysIn(day).length === 0);
  return unknown === undefined ? undefined : unknownName(unknown, WEEKDAYS);
}

/** Full names, in any case and also cut to three letters. */
function weekdaysIn(value: unknown): string[] {
  const given = (Array.isArray(value) ? value : [value]).map((day) => String(day).trim().toLowerCase());
  return WEEKDAYS.filter((name) =>
    given.includes(name.toLowerCase()) || given.includes(name.slice(0, 3).toLowerCase())
  );
}

function listValue(value: unknown): string | undefined {
  return Array.isArray(value) ? undefined : `must be a list${isObject(value) ? "" : ', as in ["a", "b"]'}`;
}

function switchValue(value: unknown): string | undefined {
  return isMissing(value) || value === "" || typeof value === "boolean"
    ? undefined
    : "must be true, false or absent: it takes nothing to compare with";
}
