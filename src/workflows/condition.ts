/**
 * Conditions of workflows, a grammar of their own:
 *
 *     condition  = and ("or" and)*
 *     and        = not ("and" not)*
 *     not        = "not" not | comparison
 *     comparison = value (("==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in" | "contains") value)?
 *     value      = "(" condition ")" | "len(" condition ")" | reference | literal
 *     reference  = "${" name "}" | name            name as in workflow.input.total, step-1.output.items[0].id, loop.index
 *     literal    = number | 'text' | "text" | true | false | null | "[" (value ("," value)*)? "]"
 *
 * A value that is missing, or that an operator cannot take, makes the whole condition false.
 */

import { equalValues, order } from "../engine/compare.ts";
import { cut } from "../engine/faults.ts";

const COMPARISONS = ["==", "!=", "<=", ">=", "<", ">", "in", "not in", "contains"] as const;
type Comparison = (typeof COMPARISONS)[number];

/** What a condition says, as JSON: it is part of plans. */
export type Test =
  | { or: Test[] }
  | { and: Test[] }
  | { not: Test }
  | { compare: Comparison; left: Test; right: Test }
  | { len: Test }
  | { list: Test[] }
  | { literal: string | number | boolean | null }
  /** Number of a reference, from 0. */
  | { reference: number };

/** `references` as they are written, each once. */
export interface ReadCondition {
  test: Test;
  references: string[];
}

const MAX_DEPTH = 50;
const TOKEN =
  /\s*(?:(\$\{[^{}]*\})|(==|!=|<=|>=|<|>|\(|\)|\[|\]|,)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w-])|([A-Za-z_][\w-]*(?:\.[\w-]+|\[-?\d+\])*))/y;

type Kind = "reference" | "sign" | "text" | "number" | "word";
interface Token {
  kind: Kind;
  text: string;
  at: number;
}

/** Throws an Error whose message says what is wrong, and at which character from 1. */
export function parseTest(text: string): ReadCondition {
  const tokens = tokensOf(text);
  const references: string[] = [];
  let next = 0;
  let depth = 0;

  const peek = () => tokens[next];
  const isNext = (...words: string[]) => {
    const token = peek();
    return token !== undefined && token.kind !== "text" && words.includes(token.text);
  };
  const wrong = (expected: string): never => {
    const token = peek();
    const found = token ? `"${cut(token.text)}" at character ${token.at + 1}` : "the end";
    throw new Error(`expected ${expected}, found ${found}`);
  };
  const take = (...words: string[]): boolean => {
    if (!isNext(...words)) return false;
    next++;
    return true;
  };
  const deeper = (read: () => Test): Test => {
    if (++depth > MAX_DEPTH) throw new Error(`is nested more than ${MAX_DEPTH} deep`);
    const test = read();
    depth--;
    return test;
  };

  function condition(): Test {
    const parts = [and()];
    while (take("or")) parts.push(and());
    return parts.length === 1 ? parts[0]! : { or: parts };
  }
  function and(): Test {
    const parts = [not()];
    while (take("and")) parts.push(not());
    return parts.length === 1 ? parts[0]! : { and: parts };
  }
  function not(): Test {
    return take("not") ? deeper(() => ({ not: not() })) : comparison();
  }
  function comparison(): Test {
    const left = value();
    const compare = operator();
    return compare ? { compare, left, right: value() } : left;
  }
  function operator(): Comparison | undefined {
    if (isNext("not") && tokens[next + 1]?.text === "in") {
      next += 2;
      return "not in";
    }
    const found = COMPARISONS.find((one) => isNext(one));
    if (found) next++;
    return found;
  }
  function value(): Test {
    const token = peek();
    if (!token) return wrong("a value");
    if (take("(")) return deeper(() => closed(condition()));
    if (take("[")) return deeper(list);
    next++;
    if (token.kind === "reference") return named(token.text.slice(2, -1).trim());
    if (token.kind === "text") return { literal: unquoted(token.text) };
    if (token.kind === "number") return { literal: Number(token.text) };
    if (token.kind === "word") {
      if (token.text === "len" && take("(")) return deeper(() => ({ len: closed(condition()) }));
      const literal = LITERALS.get(token.text);
      if (literal !== undefined) return { literal };
      if (!KEYWORDS.has(token.text)) return named(token.text);
    }
    next--;
    return wrong("a value");
  }
  function closed(test: Test): Test {
    return take(")") ? test : wrong('")"');
  }
  function list(): Test {
    const items: Test[] = [];
    if (take("]")) return { list: items };
    do items.push(value()); while (take(","));
    return take("]") ? { list: items } : wrong('"]"');
  }
  function named(reference: string): Test {
    const known = references.indexOf(reference);
    return { reference: known >= 0 ? known : references.push(reference) - 1 };
  }

  const test = condition();
  if (next < tokens.length) wrong("the end, and, or or a comparison");
  return { test, references };
}

const LITERALS = new Map<string, true | false | null>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["null", null],
  ["None", null],
]);
const KEYWORDS = new Set(["and", "or", "not", "in", "contains"]);

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== "") {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    const start = at + text.slice(at).search(/\S/);
    if (!found) throw new Error(`cannot be read at character ${start + 1}: "${cut(text.slice(start))}"`);
    const kinds: Kind[] = ["reference", "sign", "text", "number", "word"];
    const index = found.slice(1).findIndex((part) => part !== undefined);
    tokens.push({ kind: kinds[index]!, text: found[index + 1]!, at: start });
    at = TOKEN.lastIndex;
  }
  return tokens;
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/gs, (_, one: string) => one === "n" ? "\n" : one === "t" ? "\t" : one);
}

/** What stops a condition: it is false then. */
class Missing extends Error {}

/** `values` by the number of their reference; absent where it names nothing. */
export function holdsTest(test: Test, values: readonly unknown[]): boolean {
  try {
    return isTrue(evaluate(test, values));
  } catch (error) {
    if (error instanceof Missing) return false;
    throw error;
  }
}

function evaluate(test: Test, values: readonly unknown[]): unknown {
  if ("or" in test) return test.or.some((one) => isTrue(evaluate(one, values)));
  if ("and" in test) return test.and.every((one) => isTrue(evaluate(one, values)));
  if ("not" in test) return !isTrue(evaluate(test.not, values));
  if ("literal" in test) return test.literal;
  if ("list" in test) return test.list.map((one) => evaluate(one, values));
  if ("len" in test) return lengthOf(evaluate(test.len, values));
  if ("compare" in test) {
    return compare(test.compare, evaluate(test.left, values), evaluate(test.right, values));
  }
  const value = values[test.reference];
  if (value === undefined) throw new Missing();
  return value;
}

function compare(operator: Comparison, left: unknown, right: unknown): boolean {
  switch (operator) {
    case "==":
      return equalValues(left, right);
    case "!=":
      return !equalValues(left, right);
    case "in":
      return isIn(left, right);
    case "not in":
      return !isIn(left, right);
    case "contains":
      return isIn(right, left);
  }
  const places = order(left, right);
  if (places === undefined) throw new Missing();
  return operator === "<" ? places < 0 : operator === "<=" ? places <= 0 : operator === ">" ? places > 0 : places >= 0;
}

/** A member of a list, a part of a text, or a key of an object. */
function isIn(part: unknown, whole: unknown): boolean {
  if (Array.isArray(whole)) return whole.some((one) => equalValues(one, part));
  if (typeof whole === "string" && typeof part === "string") return whole.includes(part);
  if (typeof whole === "object" && whole !== null && typeof part === "string") return Object.hasOwn(whole, part);
  throw new Missing();
}

function lengthOf(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  throw new Missing();
}

/** Empty texts, lists and objects, 0 and null are not true. */
function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
