/** Text of others on a terminal: what could move its cursor or hide a part of it is shown as an escape. */

import { UNPRINTABLE } from "../base/unprintable.ts";

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** One line of printable text. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped);
}

/** JSON, indented; the same value when it is parsed. On one line where `compact`. */
export function printableJson(value: unknown, { compact = false } = {}): string {
  const text = JSON.stringify(value, null, compact ? undefined : 2);
  return text.replaceAll(UNPRINTABLE, (character) => character === "\n" ? character : escaped(character));
}
