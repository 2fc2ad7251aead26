/** Values as verdicts show them: whole while they are short, else their beginning. */

import { cut } from "./faults.ts";

const MAX_SHOWN = 200;

/** By value: rules of many flows find the same ones, and listing the keys of a large object takes its time. */
const known = new WeakMap<object, unknown>();

/** The value, or the beginning of its text or JSON when that is longer than 200 characters. */
export function shownValue(value: unknown): unknown {
  if (typeof value === "string") {
    return value.length <= MAX_SHOWN ? value : cut(value.slice(0, 10 * MAX_SHOWN), MAX_SHOWN);
  }
  if (typeof value !== "object" || value === null) return value;
  let shown = known.get(value);
  if (shown === undefined) {
    const text = jsonStart(value, MAX_SHOWN + 1);
    known.set(value, shown = text.length <= MAX_SHOWN ? value : cut(text, MAX_SHOWN));
  }
  return shown;
}

/** JSON of the value, of which what stands behind `most` characters may be missing. */
export function jsonStart(value: unknown, most: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, most));
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const isList = Array.isArray(value);
  let text = isList ? "[" : "{";
  for (const key in value) {
    if (text.length > most) break;
    if (!Object.hasOwn(value, key)) continue;
    const part = (value as Record<string, unknown>)[key];
    if (!isList && part === undefined) continue;
    if (text.length > 1) text += ",";
    if (!isList) text += `${JSON.stringify(key.slice(0, most))}:`;
    text += jsonStart(part, most - text.length);
  }
  return text + (isList ? "]" : "}");
}
