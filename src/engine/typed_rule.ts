/**
 * Rules on fields whose type is known: reads the value as that type wants it, and words the verdict accordingly. Pure.
 */

import { isMissing } from "./compare.ts";
import { kindOf } from "./faults.ts";
import { labelOf } from "./operator_words.ts";
import type { OperatorName, Test } from "./operators.ts";
import { readableType, type TypedValue, type ValueType } from "./value_type.ts";
import { CALENDAR_STEPS } from "./work_budget.ts";

/** A rule as its field's type reads it. */
export interface TypedRule {
  type: ValueType;
  test: Test;
  /** What it compares with, as it was read: "8 h". */
  words(timeZone: string): string;
}

/** By operator: what the sign of a comparison says. */
const SIGNS: Partial<Record<OperatorName, (sign: number) => boolean>> = {
  "==": (sign) => sign === 0,
  "!=": (sign) => sign !== 0,
  ">": (sign) => sign > 0,
  ">=": (sign) => sign >= 0,
  "<": (sign) => sign < 0,
  "<=": (sign) => sign <= 0,
};
/** True of what cannot be compared, as of a missing field. */
const NEGATIVE: readonly OperatorName[] = ["!=", "not_in"];
/** Ask for parts of a text or members of a list: a number has neither. */
const OF_TEXTS: readonly OperatorName[] = [
  "contains",
  "not_contains",
  "starts_with",
  "ends_with",
  "matches",
];

/**
 * The rule in its type's meaning, or the fault of its value; neither where the type changes nothing: for types without
 * a spelling of their own, for operators that do not compare, and beside null, which asks for what is missing.
 */
export function typedRule(
  operator: OperatorName,
  value: unknown,
  type: ValueType | undefined,
): { rule?: TypedRule; fault?: { key: "value" | "operator"; message: string } } {
  const readable = readableType(type);
  if (!readable || !type) return {};
  if (OF_TEXTS.includes(operator) && (type === "number" || type === "money" || type === "boolean")) {
    const is = type === "boolean" ? "true or false" : "a number";
    return { fault: { key: "operator", message: `is for texts and lists: the field is ${is}` } };
  }
  const isList = operator === "in" || operator === "not_in";
  const sign = isList ? SIGNS["=="]! : SIGNS[operator];
  if (!sign || (isList && !Array.isArray(value))) return {};
  if (type === "boolean" && !isList && operator !== "==" && operator !== "!=") {
    return { fault: { key: "operator", message: "compares by size: the field is true or false" } };
  }
  const members: unknown[] = isList ? value as unknown[] : [value];
  const wanted: TypedValue[] = [];
  for (const member of members) {
    if (isMissing(member)) continue;
    const read = readable.read(member);
    if (!read) return { fault: { key: "value", message: readable.fault(member) } };
    wanted.push(read);
  }
  const takesMissing = members.some(isMissing);
  if (wanted.length === 0) return {};
  const negative = NEGATIVE.includes(operator);
  const is = negative && !isList ? SIGNS["=="]! : sign;
  const steps = type === "instant" ? CALENDAR_STEPS : 1;
  const holds: Test = (actual, { timeZone, work }) =>
    isMissing(actual) ? takesMissing : wanted.some((one) => {
      work.spend(steps);
      const found = one.compare(actual, timeZone);
      return found !== undefined && is(found);
    });
  return {
    rule: {
      type,
      test: negative ? (actual, context) => !holds(actual, context) : holds,
      words: (timeZone) => wanted.map((one) => one.words(timeZone)).join(", "),
    },
  };
}

/** Why the rule does not hold: "25 min is not longer than 8 h". */
export function typedReason(
  { type, words }: TypedRule,
  { operator, actual, timeZone }: { operator: OperatorName; actual: unknown; timeZone: string },
): string {
  const found = readableType(type)!.words(actual, timeZone);
  if (found === undefined) return `${kindOf(actual)} is no ${type === "instant" ? "date or time" : type} to compare`;
  const label = labelOf(operator, type);
  const not = NEGATIVE.includes(operator)
    ? label.replace(/ not\b| none\b/, (word) => word === " none" ? " one" : "")
    : label.replace(/^\S+/, "$& not");
  return `${found} ${not} ${words(timeZone)}`;
}
