/** Text of others on a terminal: what could move its cursor or hide a part of it is shown as an escape. */

/** Controls of C0 and C1, and the marks that turn the direction of text around (U+202A to U+202E, U+2066 to U+2069). */
// deno-lint-ignore no-control-regex -- they are what is looked for
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

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
