/** The operators of conditions, as a table: what each is called, what it compares with, and when it is true. */

import { equalValues, isMissing, order } from "./compare.ts";
import { isObject, kindOf } from "./faults.ts";
import { compilePattern } from "./patterns.ts";

/** Decides on one value; never throws. */
export type Test = (actual: unknown) => boolean;

export interface TestOptions {
  value: unknown;
  caseInsensitive: boolean;
}

interface Operator {
  /** For people, as in "project.name is one of". */
  label: string;
  /** What `value` is: nothing, one fixed value, a list of them, or an RE2 pattern. */
  takes: "none" | "one" | "list" | "pattern";
  /** What is wrong with the rule's `value`, or undefined. */
  fault(value: unknown): string | undefined;
  /** May throw EXPRESSION_INVALID for a pattern. */
  test(options: TestOptions): Test;
}

const OPERATORS = {
  "==": { label: "is", takes: "one", fault: anyValue, test: equals },
  "!=": { label: "is not", takes: "one", fault: anyValue, test: (options) => negate(equals(options)) },
  ">": { label: "is more than", takes: "one", ...ordered((sign) => sign > 0) },
  ">=": { label: "is at least", takes: "one", ...ordered((sign) => sign >= 0) },
  "<": { label: "is less than", takes: "one", ...ordered((sign) => sign < 0) },
  "<=": { label: "is at most", takes: "one", ...ordered((sign) => sign <= 0) },
  contains: { label: "contains", takes: "one", fault: anyValue, test: contains },
  not_contains: {
    label: "does not contain",
    takes: "one",
    fault: anyValue,
    test: (options) => negate(contains(options)),
  },
  in: { label: "is one of", takes: "list", fault: listValue, test: isIn },
  not_in: { label: "is none of", takes: "list", fault: listValue, test: (options) => negate(isIn(options)) },
  exists: { label: "is there", takes: "none", fault: switchValue, test: exists },
  not_exists: { label: "is missing", takes: "none", fault: switchValue, test: (options) => negate(exists(options)) },
  matches: { label: "matches the pattern", takes: "pattern", fault: textValue, test: matchesPattern },
  starts_with: {
    label: "begins with",
    takes: "one",
    fault: textValue,
    test: textTest((text, part) => text.startsWith(part)),
  },
  ends_with: {
    label: "ends with",
    takes: "one",
    fault: textValue,
    test: textTest((text, part) => text.endsWith(part)),
  },
} satisfies Record<string, Operator>;

export type OperatorName = keyof typeof OPERATORS;

export const OPERATOR_NAMES = Object.keys(OPERATORS) as OperatorName[];

/** Each operator as people choose it. */
export function operatorWords(): { name: OperatorName; label: string; takes: Operator["takes"] }[] {
  return OPERATOR_NAMES.map((name) => ({ name, label: OPERATORS[name].label, takes: OPERATORS[name].takes }));
}

/** The operator of this spelling ("starts with", "STARTS_WITH" and "starts_with" are one), or undefined. */
export function operatorNamed(spelling: string): OperatorName | undefined {
  const name = spelling.trim().toLowerCase().replaceAll(/[ -]/g, "_");
  return Object.hasOwn(OPERATORS, name) ? name as OperatorName : undefined;
}

/** What is wrong with comparing by this operator with `value`, or undefined. */
export function valueFault(operator: OperatorName, value: unknown): string | undefined {
  // A path here would be compared as text and never match: better said on save.
  if (typeof value === "string" && value.startsWith("$.")) {
    return "must be a fixed value: a path is taken in field only";
  }
  return OPERATORS[operator].fault(value);
}

/** The test of a rule; throws EXPRESSION_INVALID for a bad pattern. */
export function operatorTest(operator: OperatorName, options: TestOptions): Test {
  return OPERATORS[operator].test(options);
}

function equals({ value, caseInsensitive }: TestOptions): Test {
  const expected = fold(value, caseInsensitive);
  return (actual) => equalValues(fold(actual, caseInsensitive), expected);
}

function ordered(decide: (sign: number) => boolean): Pick<Operator, "fault" | "test"> {
  return {
    fault: (value) =>
      typeof value === "number" || typeof value === "string"
        ? undefined
        : `must be a number or text (also an instant or a duration), not ${kindOf(value)}`,
    test: ({ value, caseInsensitive }) => {
      const expected = fold(value, caseInsensitive);
      return (actual) => {
        const sign = order(fold(actual, caseInsensitive), expected);
        return sign !== undefined && decide(sign);
      };
    },
  };
}

function contains({ value, caseInsensitive }: TestOptions): Test {
  const part = fold(value, caseInsensitive);
  return (actual) => {
    if (Array.isArray(actual)) return actual.some((item) => equalValues(fold(item, caseInsensitive), part));
    return typeof actual === "string" && typeof part === "string" &&
      (fold(actual, caseInsensitive) as string).includes(part);
  };
}

function isIn({ value, caseInsensitive }: TestOptions): Test {
  const members = (value as unknown[]).map((member) => fold(member, caseInsensitive));
  return (actual) => {
    const wanted = fold(actual, caseInsensitive);
    return members.some((member) => equalValues(wanted, member));
  };
}

function exists({ value }: TestOptions): Test {
  return value === false ? isMissing : (actual) => !isMissing(actual);
}

function matchesPattern({ value, caseInsensitive }: TestOptions): Test {
  const pattern = compilePattern(value as string, { caseInsensitive });
  return (actual) => typeof actual === "string" && pattern.test(actual);
}

function textTest(decide: (text: string, part: string) => boolean): Operator["test"] {
  return ({ value, caseInsensitive }) => {
    const part = fold(value, caseInsensitive) as string;
    return (actual) => typeof actual === "string" && decide(fold(actual, caseInsensitive) as string, part);
  };
}

function negate(test: Test): Test {
  return (actual) => !test(actual);
}

function fold(value: unknown, caseInsensitive: boolean): unknown {
  return caseInsensitive && typeof value === "string" ? value.toLowerCase() : value;
}

function anyValue(value: unknown): string | undefined {
  return value === undefined ? "is required" : undefined;
}

function textValue(value: unknown): string | undefined {
  return typeof value === "string" ? undefined : `must be text, not ${kindOf(value)}`;
}

function listValue(value: unknown): string | undefined {
  return Array.isArray(value) ? undefined : `must be a list${isObject(value) ? "" : ', as in ["a", "b"]'}`;
}

function switchValue(value: unknown): string | undefined {
  return isMissing(value) || value === "" || typeof value === "boolean"
    ? undefined
    : "must be true, false or absent: it takes nothing to compare with";
}
