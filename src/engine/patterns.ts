/** Patterns of users: RE2 syntax by re2js, so that no pattern can hold the thread (reliability.md F5). */

import { RE2JS } from "re2js";
import { AppError } from "../errors.ts";
import { cut } from "./faults.ts";

export interface Pattern {
  /** True when the pattern is found anywhere in `text`; false for a text over 50,000 characters. */
  test(text: string): boolean;
}

const MAX_PATTERN = 500;
/** Longest text that a pattern is tried on, in characters. */
export const MAX_PATTERN_INPUT = 50_000;
/** Most instructions of a compiled pattern. Time grows with instructions times input: 500 by 50,000 took 0.3 s at worst here. */
const MAX_PROGRAM = 500;
const MAX_CACHED = 1_000;

const cache = new Map<string, Pattern>();

/**
 * The compiled pattern, found anywhere unless it has anchors. At most 500 characters; look-around and back-references
 * are not part of RE2. Throws EXPRESSION_INVALID, `details.position` being the place of the fault where it is known.
 */
export function compilePattern(text: string, { caseInsensitive = false } = {}): Pattern {
  const key = `${caseInsensitive ? "i" : "c"}${text}`;
  const known = cache.get(key);
  if (known) return known;
  if (text.length > MAX_PATTERN) {
    throw new AppError(
      "EXPRESSION_INVALID",
      `Cannot read the pattern: ${text.length} characters, at most ${MAX_PATTERN} are taken`,
      { details: { position: 0 } },
    );
  }
  const pattern = compile(text, caseInsensitive ? RE2JS.CASE_INSENSITIVE : 0);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(key, pattern);
  return pattern;
}

function compile(text: string, flags: number): Pattern {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(text, flags);
  } catch (error) {
    const { error: reason, input } = error as { error?: string; input?: string };
    const position = input ? text.indexOf(input) : -1;
    throw new AppError(
      "EXPRESSION_INVALID",
      `Cannot read the pattern "${cut(text)}": ${reason ?? "not RE2 syntax"}${input ? ` at "${cut(input, 20)}"` : ""}`,
      { details: position >= 0 ? { position } : {}, cause: error },
    );
  }
  if (compiled.programSize() > MAX_PROGRAM) {
    throw new AppError(
      "EXPRESSION_INVALID",
      `Cannot take the pattern "${
        cut(text)
      }": its repeats make ${compiled.programSize()} instructions, at most ${MAX_PROGRAM} are taken`,
      { details: { position: 0 } },
    );
  }
  return { test: (input) => input.length <= MAX_PATTERN_INPUT && compiled.test(input) };
}
