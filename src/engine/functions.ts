/** The functions of templates: a closed list of small pure ones, without clock, chance or code. */

import { equalValues, isMissing, numberOf } from "./compare.ts";
import { DATE_FUNCTIONS } from "./date_functions.ts";
import { decimalOf } from "./decimal.ts";
import { isObject, kindOf } from "./faults.ts";
import { ArgumentError, type PureFunction } from "./function.ts";
import { CALENDAR_STEPS } from "./work_budget.ts";

const MANY = 50;

/**
 * The table. "Missing" is absent or null: to text functions it is empty text, to list functions an empty list, to
 * functions of numbers and times an error, as is any other wrong type.
 */
const TABLE: Record<string, PureFunction> = {
  default: {
    min: 2,
    max: MANY,
    doc: "default(a, b, ...): the first that is neither missing nor empty text, else the last",
    lazy: (args) => {
      for (const arg of args.slice(0, -1)) {
        const value = arg();
        if (!isMissing(value) && value !== "") return value;
      }
      return args.at(-1)!();
    },
  },
  if: {
    min: 2,
    max: 3,
    doc: 'if(test, then, else?): then when test is true; missing, false, 0, "" and "false" are not',
    lazy: ([test, then, otherwise]) => isTrue(test!()) ? then!() : otherwise?.(),
  },
  required: {
    min: 1,
    max: 2,
    doc: "required(x, name?): x itself; the step fails when x is missing, empty text or an empty list",
    apply: ([x, name]) => {
      const isEmpty = isMissing(x) || (typeof x === "string" && x.trim() === "") ||
        (Array.isArray(x) && x.length === 0);
      if (isEmpty) {
        throw new ArgumentError(`has no value${isMissing(name) ? "" : ` for ${text(name)}`}: it is missing or empty`);
      }
      return x;
    },
  },
  not: { min: 1, max: 1, doc: "not(x): true when x is not true in the sense of if", apply: ([x]) => !isTrue(x) },
  equals: {
    min: 2,
    max: 2,
    doc: "equals(a, b): as the operator == of conditions",
    apply: ([a, b]) => equalValues(a, b),
  },
  boolean: { min: 1, max: 1, doc: "boolean(x): true or false in the sense of if", apply: ([x]) => isTrue(x) },
  string: { min: 1, max: 1, doc: "string(x): text; lists and objects as JSON", apply: ([x]) => anyText(x) },
  json: { min: 1, max: 1, doc: "json(x): JSON text", apply: ([x]) => JSON.stringify(x ?? null) },
  concat: {
    min: 1,
    max: MANY,
    doc: "concat(a, b, ...): texts one after another",
    apply: (args) => args.map(text).join(""),
  },
  upper: { min: 1, max: 1, doc: "upper(text): in upper case", apply: ([x]) => text(x).toUpperCase() },
  lower: { min: 1, max: 1, doc: "lower(text): in lower case", apply: ([x]) => text(x).toLowerCase() },
  trim: { min: 1, max: 1, doc: "trim(text): without spaces at both ends", apply: ([x]) => text(x).trim() },
  length: {
    min: 1,
    max: 1,
    doc: "length(x): characters of a text, elements of a list",
    apply: ([x]) => isMissing(x) ? 0 : Array.isArray(x) ? x.length : text(x).length,
  },
  join: {
    min: 1,
    max: 2,
    doc: 'join(list, separator = ", "): one text',
    apply: ([items, separator]) => list(items).map(text).join(isMissing(separator) ? ", " : text(separator)),
  },
  split: {
    min: 2,
    max: 2,
    doc: "split(text, separator): a list of texts",
    apply: ([x, separator]) => {
      if (text(separator) === "") throw new ArgumentError("takes a separator that is not empty");
      return text(x) === "" ? [] : text(x).split(text(separator));
    },
  },
  first: { min: 1, max: 1, doc: "first(list): its first element", apply: ([items]) => list(items)[0] },
  last: { min: 1, max: 1, doc: "last(list): its last element", apply: ([items]) => list(items).at(-1) },
  get: {
    min: 2,
    max: 2,
    doc: "get(x, key): the field of an object, or the element of a list counted from 0, from the end when negative",
    apply: ([x, key]) => {
      if (isMissing(x)) return undefined;
      if (Array.isArray(x)) return x.at(number(key));
      if (!isObject(x)) throw new ArgumentError(`takes a list or an object, not ${kindOf(x)}`);
      return Object.hasOwn(x, text(key)) ? x[text(key)] : undefined;
    },
  },
  append: {
    min: 2,
    max: 3,
    doc:
      "append(list, item, unique = false): the list with item, which must be there, at its end; when unique is true only if it is not in it",
    apply: ([items, item, unique]) => {
      const all = list(items);
      if (isMissing(item)) throw new ArgumentError("has nothing to append: the second argument is missing");
      return (isTrue(unique) && all.some((each) => equalValues(each, item))) ? all : [...all, item];
    },
  },
  union: {
    min: 1,
    max: MANY,
    doc: "union(list, list, ...): the elements of all, each once",
    apply: (lists) => unique(lists.flatMap(list)),
  },
  without: {
    min: 2,
    max: 2,
    doc: "without(list, x): the list without x, or without the elements of the list x",
    apply: ([items, x]) => {
      const removed = new Set((Array.isArray(x) ? x : [x]).map(identity));
      return list(items).filter((item) => !removed.has(identity(item)));
    },
  },
  number: { min: 1, max: 1, doc: "number(x): the number that a text spells", apply: ([x]) => number(x) },
  round: {
    min: 1,
    max: 2,
    doc: "round(x, digits = 0): halves away from zero, digits from 0 to 9",
    apply: ([x, digits]) => round(number(x), isMissing(digits) ? 0 : number(digits)),
  },
  add: {
    min: 2,
    max: MANY,
    doc: "add(a, b, ...): the sum",
    apply: (args) => finite(args.map(number).reduce((a, b) => a + b)),
  },
  subtract: { min: 2, max: 2, doc: "subtract(a, b): a less b", apply: ([a, b]) => finite(number(a) - number(b)) },
  multiply: {
    min: 2,
    max: MANY,
    doc: "multiply(a, b, ...): the product",
    apply: (args) => finite(args.map(number).reduce((a, b) => a * b)),
  },
  divide: {
    min: 2,
    max: 2,
    doc: "divide(a, b): a by b",
    apply: ([a, b]) => {
      if (number(b) === 0) throw new ArgumentError("cannot divide by zero");
      return finite(number(a) / number(b));
    },
  },
  ...Object.fromEntries(
    Object.entries(DATE_FUNCTIONS).map(([name, one]) => [name, { ...one, steps: CALENDAR_STEPS }]),
  ),
};

/**
 * By name. In a template each stands in braces, as in `{{ upper($.webhook.description) }}`; here what each gives:
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { resolve } from "./mapping.ts";
 * import { buildScope } from "./scope.ts";
 *
 * const scope = buildScope({ body: { description: " Quay survey ", empty: null, tags: ["a", "b"], rate: "12.5" }, results: [] });
 * const give = (expression: string) => resolve(`{{ ${expression} }}`, scope);
 *
 * // Choices
 * assertEquals(give('default($.webhook.empty, "none")'), "none");
 * assertEquals(give('if(equals($.webhook.rate, 12.5), "senior", "junior")'), "senior");
 * assertEquals(give('required($.webhook.rate, "the rate")'), "12.5");
 * assertEquals(give("not($.webhook.empty)"), true);
 * assertEquals(give("boolean($.webhook.tags)"), true);
 *
 * // Text
 * assertEquals(give("trim($.webhook.description)"), "Quay survey");
 * assertEquals(give("upper(trim($.webhook.description))"), "QUAY SURVEY");
 * assertEquals(give('lower("LONG")'), "long");
 * assertEquals(give('concat("no ", 7)'), "no 7");
 * assertEquals(give("string(7)"), "7");
 * assertEquals(give("json($.webhook.tags)"), '["a","b"]');
 * assertEquals(give('length("quay")'), 4);
 *
 * // Lists
 * assertEquals(give("join($.webhook.tags)"), "a, b");
 * assertEquals(give('split("a;b", ";")'), ["a", "b"]);
 * assertEquals(give("first($.webhook.tags)"), "a");
 * assertEquals(give("last($.webhook.tags)"), "b");
 * assertEquals(give("get($.webhook.tags, -1)"), "b");
 * assertEquals(give('append($.webhook.tags, "b", true)'), ["a", "b"]);
 * assertEquals(give("union($.webhook.tags, $.webhook.tags)"), ["a", "b"]);
 * assertEquals(give('without($.webhook.tags, "a")'), ["b"]);
 *
 * // Numbers
 * assertEquals(give("number($.webhook.rate)"), 12.5);
 * assertEquals(give("round(1.005, 2)"), 1.01);
 * assertEquals(give("add(1, 2, 3)"), 6);
 * assertEquals(give("subtract(3, 1)"), 2);
 * assertEquals(give("multiply(2, 3.5)"), 7);
 * assertEquals(give("divide(7, 2)"), 3.5);
 *
 * // Times: DATE_FUNCTIONS
 * ```
 */
export const FUNCTIONS: ReadonlyMap<string, PureFunction> = new Map(Object.entries(TABLE));

/** Text of any value: what an interpolation writes. Missing is empty, lists and objects are JSON. */
export function anyText(value: unknown): string {
  if (isMissing(value)) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isTrue(value: unknown): boolean {
  return !isMissing(value) && value !== false && value !== 0 && value !== "" && value !== "false";
}

function text(value: unknown): string {
  if (typeof value === "object" && value !== null) throw new ArgumentError(`takes text, not ${kindOf(value)}`);
  return anyText(value);
}

function list(value: unknown): unknown[] {
  if (isMissing(value)) return [];
  if (!Array.isArray(value)) throw new ArgumentError(`takes a list, not ${kindOf(value)}`);
  return value;
}

function number(value: unknown): number {
  const trimmed = typeof value === "string" ? value.trim() : value;
  const found = numberOf(trimmed);
  if (found !== undefined) return found;
  // A text of more digits spells a number that arithmetic would change.
  const what = decimalOf(trimmed) ? "a number of at most 15 digits and 9 decimals" : "a number";
  throw new ArgumentError(`takes ${what}, not ${kindOf(value)}`);
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new ArgumentError("gives a number out of range");
  return value;
}

function round(value: number, digits: number): number {
  if (!Number.isInteger(digits) || digits < 0 || digits > 9) throw new ArgumentError("takes digits from 0 to 9");
  const [mantissa, exponent = "0"] = String(Math.abs(value)).split("e");
  // Shifting the exponent as text keeps 1.005 at two digits 1.01; multiplying by 100 would give 100.49999999999999.
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + digits}`));
  const rounded = Number(`${shifted}e-${digits}`);
  return !Number.isFinite(rounded) ? value : value < 0 ? 0 - rounded : rounded;
}

function unique(items: unknown[]): unknown[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = identity(item);
    return !seen.has(key) && seen.add(key);
  });
}

/** Equal for equal elements of a list: same type and same JSON. */
function identity(value: unknown): string {
  return JSON.stringify(value ?? null);
}
