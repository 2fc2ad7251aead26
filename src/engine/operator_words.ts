/** Labels of the operators, by the type of the field: `>` is "is longer than" for a duration. */

import { OPERATOR_NAMES, type OperatorName, type ValueShape, valueShapeOf } from "./operators.ts";
import type { ValueType } from "./value_type.ts";

type Labels = readonly (readonly [OperatorName, string])[];

/** Where the type is not known: every operator. */
const ANY: Labels = [
  ["==", "is"],
  ["!=", "is not"],
  [">", "is more than"],
  [">=", "is at least"],
  ["<", "is less than"],
  ["<=", "is at most"],
  ["contains", "contains"],
  ["not_contains", "does not contain"],
  ["in", "is one of"],
  ["not_in", "is none of"],
  ["exists", "is there"],
  ["not_exists", "is missing"],
  ["matches", "matches the pattern"],
  ["starts_with", "begins with"],
  ["ends_with", "ends with"],
  ["weekday_in", "falls on"],
];
const PRESENCE: Labels = [["exists", "is there"], ["not_exists", "is missing"]];
const MEMBER: Labels = [["==", "is"], ["!=", "is not"], ["in", "is one of"], ["not_in", "is none of"]];
const AMOUNT: Labels = [
  ["==", "is"],
  ["!=", "is not"],
  [">", "is more than"],
  [">=", "is at least"],
  ["<", "is less than"],
  ["<=", "is at most"],
];
const PART: Labels = [["contains", "contains"], ["not_contains", "does not contain"]];

const BY_TYPE: Record<ValueType, Labels> = {
  text: [
    ...MEMBER,
    ...PART,
    ["starts_with", "begins with"],
    ["ends_with", "ends with"],
    ["matches", "matches the pattern"],
    ...PRESENCE,
  ],
  id: [...MEMBER, ...PRESENCE],
  number: [...AMOUNT, ["in", "is one of"], ["not_in", "is none of"], ...PRESENCE],
  money: [...AMOUNT, ...PRESENCE],
  boolean: [["==", "is"], ...PRESENCE],
  duration: [
    [">", "is longer than"],
    [">=", "is at least"],
    ["<", "is shorter than"],
    ["<=", "is at most"],
    ["==", "is exactly"],
    ["!=", "is not"],
    ...PRESENCE,
  ],
  instant: [
    ["<", "is before"],
    ["<=", "is at or before"],
    [">", "is after"],
    [">=", "is at or after"],
    ["==", "is on"],
    ["!=", "is not on"],
    ["weekday_in", "falls on"],
    ...PRESENCE,
  ],
  list: [...PART, ...PRESENCE],
  object: PRESENCE,
};

/** The operator as people read it, of a field of the type. */
export function labelOf(operator: OperatorName, type?: ValueType): string {
  const named = (labels: Labels) => labels.find(([name]) => name === operator)?.[1];
  return (type && named(BY_TYPE[type])) ?? named(ANY)!;
}

/** Each operator as people choose it. */
export function operatorWords(): { name: OperatorName; label: string; takes: ValueShape }[] {
  return OPERATOR_NAMES.map((name) => ({ name, label: labelOf(name), takes: valueShapeOf(name) }));
}

/** The operators that a field of each type is asked by, the usual one first, with what they are called there. */
export function operatorsByType(): Record<ValueType, { name: OperatorName; label: string }[]> {
  const listed = Object.entries(BY_TYPE).map(([type, labels]) => [
    type,
    labels.map(([name, label]) => ({ name, label })),
  ]);
  return Object.fromEntries(listed);
}
