/** What the type of its field makes of a rule: the operators to choose from, and how its value is read. */

import { instantMs } from "../../../../base/iso_time.ts";
import { durationMeant, durationWords, readDuration } from "../../../../engine/duration.ts";
import { moneyWords, readCents } from "../../../../engine/money.ts";
import { isExpression } from "./value_kinds.ts";
import type { FieldWords, OperatorWords, TypedOperator, ValueType, Vocabulary } from "../vocabulary_api.ts";
import { say } from "../../../words/say.ts";

/** Types whose values have a field of their own. */
export const TYPED: readonly ValueType[] = ["duration", "instant", "money", "number", "boolean"];
const weekdays = () => ({
  Monday: say("Monday"),
  Tuesday: say("Tuesday"),
  Wednesday: say("Wednesday"),
  Thursday: say("Thursday"),
  Friday: say("Friday"),
  Saturday: say("Saturday"),
  Sunday: say("Sunday"),
});
/** As a rule stores them. */
export const WEEKDAYS = Object.keys(weekdays());

/** As people read it; undefined for what is none. */
export function weekdayWords(day: unknown): string | undefined {
  const words: Record<string, string> = weekdays();
  return typeof day === "string" && Object.hasOwn(words, day) ? words[day] : undefined;
}

/** What is known of the field that a rule asks, by the events of the flow; undefined where nothing is, or they differ. */
export function fieldOfRule(
  field: unknown,
  { triggers, vocabulary }: { triggers: readonly string[]; vocabulary: Pick<Vocabulary, "events"> },
): FieldWords | undefined {
  if (typeof field !== "string") return undefined;
  const bare = field.replace(/^\$\.(?:(?:webhook|event)\.)?/, "").replaceAll(/\[-?\d+\]|\.\*/g, "[*]");
  const path = `$.webhook.${bare}`;
  const known = vocabulary.events.filter(({ type }) => triggers.includes(type))
    .flatMap(({ fields }) => fields.filter((one) => one.path === path));
  return known.every(({ valueType }) => valueType === known[0]!.valueType) ? known[0] : undefined;
}

/** The operators that make sense of a field of the type, the one in use among them. */
export function operatorsFor(
  type: ValueType | null | undefined,
  { operators, operatorsByType, used }: Pick<Vocabulary, "operators" | "operatorsByType"> & { used: string },
): readonly TypedOperator[] {
  const listed = type ? operatorsByType[type] : undefined;
  if (!listed) return operators;
  if (listed.some(({ name }) => name === used)) return listed;
  return [...listed, ...operators.filter(({ name }) => name === used)];
}

/** What to change of a rule whose field was just chosen: one that is not filled in yet begins as its type is asked mostly. */
export function startOfRule(
  rule: Record<string, unknown>,
  type: ValueType | null | undefined,
  { operatorsByType }: Pick<Vocabulary, "operatorsByType">,
): Record<string, unknown> {
  const [usual] = (type && operatorsByType[type]) || [];
  if (!usual || rule.operator !== "==" || rule.value !== "") return {};
  return { operator: usual.name, ...(type === "boolean" && { value: true }) };
}

/** How the value is read, as in "8 h"; or why it is not. Undefined where the server alone can say. */
export function readAs(type: ValueType, value: unknown): { words: string } | { problem: string } | undefined {
  if (value === "" || value === undefined) return undefined;
  if (type === "duration") {
    const ms = readDuration(value);
    if (ms !== undefined) return { words: durationWords(ms) };
    const meant = durationMeant(value);
    if (/^\s*[\d.,]+\s*$/.test(String(value))) {
      return { problem: say("Add the unit: {number} h or min?", { number: String(value).trim() }) };
    }
    return {
      problem: meant
        ? say("Did you mean {duration}?", { duration: meant })
        : say("Write it as in 8 h, 1 h 30 min or 8:30"),
    };
  }
  if (type === "money") {
    const cents = readCents(value);
    return cents === undefined
      ? { problem: say("Write it as in 80.50, without a currency") }
      : { words: moneyWords(cents) };
  }
  if (type === "instant" && !isExpression(value) && !isInstant(value)) {
    return { problem: say("Write it as in 2026-11-16 or 2026-11-16 09:00") };
  }
  return undefined;
}

/** A day, an instant, or a time without a zone, which is that of the workspace. */
function isInstant(value: unknown): boolean {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)$/.exec(String(value)) ?? [];
  return instantMs(day === undefined ? value : `${day}T${time}Z`) !== undefined;
}

/** An amount as it is stored for what people type: 80 is 80.00, never 80 cents. */
export function amountOf(text: string): string {
  return /^\s*-?\d+\s*$/.test(text) ? `${text.trim()}.00` : text;
}

/** True for an operator that asks for more or less, which texts are seldom meant for. */
export function isOrder({ name }: Pick<OperatorWords, "name">): boolean {
  return name === ">" || name === ">=" || name === "<" || name === "<=";
}
