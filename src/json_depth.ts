/** How deep JSON text nests, told before it is parsed: what walks the value may then recurse. */

/** Answers of other systems nested deeper are not taken for JSON: PostgreSQL, for one, could not store them. */
export const MAX_ANSWER_DEPTH = 500;

/** True when objects and arrays stand more than `maxDepth` deep in each other. Says nothing about other faults of the text. */
export function isDeeperThan(maxDepth: number, text: string): boolean {
  // Most bodies have fewer openers than levels are allowed, strings included: two native searches tell so.
  return hasMoreThan(maxDepth, text) && deepestLevel(text, maxDepth) > maxDepth;
}

function hasMoreThan(count: number, text: string): boolean {
  let found = 0;
  for (const opener of ["{", "["]) {
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
