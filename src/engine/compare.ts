/** How two JSON values compare: one meaning for conditions and for the functions of templates. */

import { compareDecimals, decimalOf } from "./decimal.ts";
import { durationMs, instantMs } from "../base/iso_time.ts";

/** Deeper values are unlike: data from outside must not exhaust the stack. */
const MAX_DEPTH = 100;
/** Texts that are numbers without loss: `12.50` is, `007`, `1e5` and an id of 20 digits are not. */
const DECIMAL = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/;

/** True for what a flow's author calls absent: null and undefined. */
export function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** The number that `value` is or spells (`"12.5"`) in a form that arithmetic keeps, else undefined. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" && value.length <= 26 && DECIMAL.test(value) ? Number(value) : undefined;
}

/**
 * Less than 0, 0 or more than 0; undefined when the two have no order. Numbers compare with numbers and with texts that
 * spell one, digit by digit. Two texts compare as instants when both are, as ISO durations when both are, else by code
 * unit: "1.10" is not "1.1", and "10" comes before "9". All else has no order.
 */
export function order(a: unknown, b: unknown): number | undefined {
  if (typeof a === "string" && typeof b === "string") return orderTexts(a, b);
  if (typeof a === "number" && typeof b === "number") {
    return Number.isFinite(a) && Number.isFinite(b) ? a - b : undefined;
  }
  if (typeof a !== "number" && typeof b !== "number") return undefined;
  const left = decimalOf(a);
  const right = left && decimalOf(b);
  return right && compareDecimals(left, right);
}

function orderTexts(a: string, b: string): number {
  for (const read of [instantMs, durationMs]) {
    const left = read(a);
    const right = left === undefined ? undefined : read(b);
    if (left !== undefined && right !== undefined) return left - right;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Equality that agrees with `order`; null and undefined are the same, lists and objects are compared by content. */
export function equalValues(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (isMissing(a) || isMissing(b)) return isMissing(a) && isMissing(b);
  if (typeof a !== "object" || typeof b !== "object") return order(a, b) === 0;
  if (depth === MAX_DEPTH || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    Object.hasOwn(b, key) &&
    equalValues((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], depth + 1)
  );
}
