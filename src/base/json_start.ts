/** The beginning of a JSON text as a value: what is shown of a text that is too long to be read whole. */

import { endOfString } from "./json_depth.ts";

/**
 * The value that a JSON text begins with, of which what is missing is left out: a text ends where it breaks off, a list or an
 * object holds what is whole of it. Undefined where not even the kind of the value is seen.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readStart('{"a":[1,{"b":"one, tw'), { a: [1, { b: "one, tw" }] });
 * assertEquals(readStart('{"a":1,"b":tr'), { a: 1 });
 * ```
 */
export function readStart(text: string): unknown {
  const closers: string[] = [];
  /** Up to where the text is whole, with what closes it there. */
  let whole: string | undefined;
  let isKey = false;
  let at = 0;
  const wholeUpTo = (end: number) => whole = text.slice(0, end) + closers.toReversed().join("");
  while (at < text.length) {
    const sign = text[at]!;
    if (sign === "{" || sign === "[") {
      closers.push(sign === "{" ? "}" : "]");
      isKey = sign === "{";
      wholeUpTo(++at);
    } else if (sign === "}" || sign === "]") {
      closers.pop();
      wholeUpTo(++at);
    } else if (sign === ",") {
      isKey = closers.at(-1) === "}";
      at++;
    } else if (sign === ":") {
      isKey = false;
      at++;
    } else if (sign === '"') {
      const end = endOfString(text, at);
      if (end === text.length) {
        if (!isKey) whole = withoutHalfEscape(text) + `"${closers.toReversed().join("")}`;
        break;
      }
      at = end + 1;
      if (!isKey) wholeUpTo(at);
    } else if (/\s/.test(sign)) at++;
    else {
      // A number may go on behind the end of the text.
      const word = /[^\s,\]}]+/y;
      word.lastIndex = at;
      word.test(text);
      at = word.lastIndex;
      if (at < text.length) wholeUpTo(at);
    }
  }
  return whole === undefined ? undefined : JSON.parse(whole);
}

/** Of an escape that breaks off at the end of the text no part stays. */
function withoutHalfEscape(text: string): string {
  const escape = /(\\+)(u[0-9a-fA-F]{0,3})?$/.exec(text);
  // Every second backslash is itself what was escaped.
  return escape && escape[1]!.length % 2 === 1 ? text.slice(0, escape.index + escape[1]!.length - 1) : text;
}
