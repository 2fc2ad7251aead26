/** What a name may not hold, and a terminal is not shown as it is. */

/** Controls of C0 and C1, and the marks that turn the direction of text around (U+202A to U+202E, U+2066 to U+2069). */
// deno-lint-ignore no-control-regex -- they are what is looked for
export const UNPRINTABLE: RegExp = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** True for text of one line that is read as it is written. */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) < 0;
}

/** What is wrong with a name that is not. */
export const NOT_PRINTABLE = "must have no control characters";
