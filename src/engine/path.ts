/** Paths of expressions, a small grammar of our own: their parser. follow_path.ts evaluates them. */

import { createBoundedCache } from "../base/bounded_cache.ts";
import { AppError } from "../base/errors.ts";
import { cut } from "./faults.ts";

/** One part of a path. */
export type Segment =
  | { kind: "name"; name: string }
  | { kind: "index"; index: number }
  | { kind: "wildcard" }
  | { kind: "descendant"; name: string };

/** A path, read. */
export interface Path {
  /** As it was written. */
  text: string;
  /** All parts, in order. */
  segments: readonly Segment[];
  /** True when it names one place, so that its value is no list of nodes. */
  definite: boolean;
  /** The definite beginning: own property names, or negative indexes counted from the end of a list. */
  head: readonly (string | number)[];
  /** The rest, from the first wildcard on; empty when the path is definite. */
  tail: readonly Segment[];
  /** The tail in one spelling: equal for tails that mean the same. */
  tailText: string;
}

const MAX_LENGTH = 500;
const MAX_SEGMENTS = 32;
const MAX_CACHED = 5_000;

const NAME = /[\p{L}\p{N}_-]+/uy;
const INDEX = /\[(-?(?:0|[1-9]\d{0,8}))\]/y;

const cache = createBoundedCache<string, Path>({ max: MAX_CACHED });

/**
 * The path that `text` spells: `$`, `.name`, `['name']`, `[0]`, `[-1]`, `[*]`, `.*`, and `..name` once. At most 500
 * characters and 32 segments. Throws EXPRESSION_INVALID, `details.position` being the place of the fault from 0.
 */
export function parsePath(text: string): Path {
  const known = cache.get(text);
  if (known) return known;
  if (text.length > MAX_LENGTH) {
    throw invalid(`Cannot read the path: ${text.length} characters, at most ${MAX_LENGTH} are supported`, 0);
  }
  const { path, end } = scanPath(text, 0);
  if (end < text.length) throw unexpected(text, end);
  cache.set(text, path);
  return path;
}

/**
 * The path that begins at `start` and where it ends; what follows is the caller's matter. With `bare` it begins with a
 * name in place of `$.`. Throws EXPRESSION_INVALID.
 */
export function scanPath(text: string, start: number, { bare = false } = {}): { path: Path; end: number } {
  const segments: Segment[] = [];
  let position = start;
  if (bare) {
    const name = match(NAME, text, position);
    if (!name) throw unexpected(text, position);
    segments.push({ kind: "name", name: name[0] });
    position += name[0].length;
  } else {
    if (text[position] !== "$") throw invalid('Cannot read the path: it begins with "$."', position);
    position++;
  }
  while (text[position] === "." || text[position] === "[") {
    const { segment, end } = scanSegment(text, position);
    if (segment.kind === "descendant" && segments.some(({ kind }) => kind === "descendant")) {
      throw invalid('Cannot read the path: ".." is supported once', position);
    }
    segments.push(segment);
    position = end;
    if (segments.length > MAX_SEGMENTS) {
      throw invalid(`Cannot read the path: more than ${MAX_SEGMENTS} segments`, position);
    }
    if (position - start > MAX_LENGTH) {
      throw invalid(`Cannot read the path: more than ${MAX_LENGTH} characters`, position);
    }
  }
  return { path: pathOf(segments, text.slice(start, position)), end: position };
}

/** The path made of these segments; `text` is how it is shown. */
export function pathOf(segments: readonly Segment[], text: string): Path {
  const first = segments.findIndex(({ kind }) => kind === "wildcard" || kind === "descendant");
  const head = first === -1 ? segments : segments.slice(0, first);
  const tail = first === -1 ? [] : segments.slice(first);
  return {
    text,
    segments,
    definite: first === -1,
    head: head.map((segment) =>
      segment.kind === "index"
        ? segment.index < 0 ? segment.index : String(segment.index)
        : (segment as { name: string }).name
    ),
    tail,
    tailText: JSON.stringify(tail),
  };
}

function scanSegment(text: string, position: number): { segment: Segment; end: number } {
  if (text.startsWith("..", position)) {
    const name = match(NAME, text, position + 2);
    if (!name) throw unexpected(text, position + 2);
    return { segment: { kind: "descendant", name: name[0] }, end: position + 2 + name[0].length };
  }
  if (text.startsWith(".*", position)) return { segment: { kind: "wildcard" }, end: position + 2 };
  if (text.startsWith("[*]", position)) return { segment: { kind: "wildcard" }, end: position + 3 };
  if (text[position] === ".") {
    const name = match(NAME, text, position + 1);
    if (!name) throw unexpected(text, position + 1);
    return { segment: { kind: "name", name: name[0] }, end: position + 1 + name[0].length };
  }
  const index = match(INDEX, text, position);
  if (index) return { segment: { kind: "index", index: Number(index[1]) }, end: position + index[0].length };
  const quote = text[position + 1];
  if (quote !== "'" && quote !== '"') throw unexpected(text, position + 1);
  return scanQuoted(text, { position: position + 2, quote });
}

/** `name']` after `['`; a backslash keeps the sign after it as it is. */
function scanQuoted(text: string, { position, quote }: { position: number; quote: string }) {
  let name = "";
  for (let i = position; i < text.length && i - position <= MAX_LENGTH; i++) {
    if (text[i] === quote) {
      if (text[i + 1] !== "]") throw unexpected(text, i + 1);
      return { segment: { kind: "name", name } as Segment, end: i + 2 };
    }
    if (text[i] === "\\" && i + 1 < text.length) i++;
    name += text[i];
  }
  throw invalid(`Cannot read the path: a name in quotes has no end`, position);
}

function match(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

/** EXPRESSION_INVALID: what is wrong where a path ends before its text does. */
export function unexpected(text: string, position: number): AppError {
  const sign = text[position];
  if (sign === undefined) return invalid("Cannot read the path: it ends too early", position);
  if (/[?()^~@]/.test(sign) || text[position - 1] === "[") {
    return invalid(
      `Cannot read the path at "${cut(text.slice(position), 20)}": filters, scripts and slices are not supported; ` +
        "compare list elements by a rule with the quantifier any or every, or by the operators in and contains",
      position,
    );
  }
  return invalid(
    `Cannot read the path at "${
      cut(text.slice(position), 20)
    }": expected a name after a dot; names with other characters ` +
      "need quotes, as in ['first name']",
    position,
  );
}

function invalid(message: string, position: number): AppError {
  return new AppError("EXPRESSION_INVALID", message, { details: { position } });
}
