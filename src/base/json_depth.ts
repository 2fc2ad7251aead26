/** How deep JSON text nests and how many values it has, seen before it is parsed: what walks the value may then recurse. */

/**
 * Answers of other systems that nest deeper are treated as text, not as JSON: PostgreSQL, for one, could not store
 * them.
 */
export const MAX_ANSWER_DEPTH = 500;

/** True when objects and arrays stand more than `maxDepth` deep in each other. Says nothing about other faults of the text. */
export function isDeeperThan(maxDepth: number, text: string): boolean {
  // Most bodies have fewer openers than levels are allowed, strings included: two native searches show that.
  return hasMoreThan(maxDepth, text) && deepestLevel(text, maxDepth) > maxDepth;
}

/**
 * Most values of a body that is read as JSON. A value costs some 0.4 us of the thread and 40 bytes, however short it is written:
 * 5 MB of empty lists are 1.7 million. Rows of a table have ten times as many bytes a value.
 */
export const MAX_JSON_VALUES = 400_000;

/** True for more than MAX_JSON_VALUES; says nothing about faults of the text. */
export function hasTooManyValues(text: string): boolean {
  // A value has a sign of its own and a comma.
  return text.length > 2 * MAX_JSON_VALUES && hasMoreThan(MAX_JSON_VALUES, text, [",", "{", "["]) &&
    countValues(text) > MAX_JSON_VALUES;
}

/** Commas and openers outside of strings; stops past MAX_JSON_VALUES. */
function countValues(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length && count <= MAX_JSON_VALUES; at++) {
    switch (text.charCodeAt(at)) {
      case 0x2c: // ,
      case 0x5b: // [
      case 0x7b: // {
        count++;
        break;
      case QUOTE:
        at = endOfString(text, at);
    }
  }
  return count;
}

function hasMoreThan(count: number, text: string, signs = ["{", "["]): boolean {
  let found = 0;
  for (const opener of signs) {
    for (let at = text.indexOf(opener); at !== -1; at = text.indexOf(opener, at + 1)) {
      if (++found > count) return true;
    }
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Levels at the deepest place; stops counting past `enough`. */
function deepestLevel(text: string, enough: number): number {
  let level = 0;
  let deepest = 0;
  for (let at = 0; at < text.length && deepest <= enough; at++) {
    switch (text.charCodeAt(at)) {
      case 0x5b: // [
      case 0x7b: // {
        level++;
        if (level > deepest) deepest = level;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        level--;
        break;
      case QUOTE:
        at = endOfString(text, at);
    }
  }
  return deepest;
}

/** Where the string that begins at `start` has its closing quote, or the end of the text. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}
