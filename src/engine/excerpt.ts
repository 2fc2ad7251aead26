/** Where in an expression a fault is: the text around the character and, below it, a caret. */

const MAX_BEFORE = 40;
const MAX_AFTER = 30;
/** An expression is shorter than this on both sides of a fault; what is looked through is not a whole text of megabytes. */
const MAX_READ = 3_000;
const QUOTED = /(["'])(?:\\.|(?!\1)[^\\])*(?:\1|$)/gs;

/**
 * Two lines: the text, cut to some 70 characters, and a caret below the character at `position`, with its column from 1.
 * The text begins with the braces around the fault at the earliest: what is written before them is no part of it. With
 * `hideTexts` texts in quotes are left out, as in what is recorded of a step.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(excerptAt("$.webhook..name..id", 15), "$.webhook..name..id\n               ^ column 16");
 * assertEquals(excerptAt("key-71 {{ uper(webhook.id) }}", 10), "{{ uper(webhook.id) }}\n   ^ column 11");
 * ```
 */
export function excerptAt(written: string, position: number, { hideTexts = false } = {}): string {
  const place = Math.min(position, written.length);
  const whole = written.slice(Math.max(0, place - MAX_READ), place);
  const opening = whole.lastIndexOf("{{");
  const before = opening === -1 ? whole : whole.slice(opening);
  const rest = written.slice(place, place + MAX_READ);
  const closing = opening === -1 ? -1 : rest.indexOf("}}");
  const after = closing === -1 ? rest : rest.slice(0, closing + 2);
  const said = (text: string) => oneLine(hideTexts ? text.replaceAll(QUOTED, "$1…$1") : text);
  const head = tail(said(before), MAX_BEFORE);
  const pad = " ".repeat([...head].length);
  return `${head}${start(said(after), MAX_AFTER)}\n${pad}^ column ${place + 1}`;
}

/** Each space and control character is one space, so that the caret stays below its character. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\s\x00-\x1f\x7f]/g, " ");
}

function start(text: string, max: number): string {
  const signs = [...text.slice(0, 2 * max + 2)];
  return signs.length <= max ? text : `${signs.slice(0, max).join("")}…`;
}

function tail(text: string, max: number): string {
  const signs = [...text.slice(-2 * max - 2)];
  return signs.length <= max ? text : `…${signs.slice(-max).join("")}`;
}
