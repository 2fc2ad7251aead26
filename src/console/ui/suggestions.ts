/** What a field for expressions offers: paths into data that is known, found by a part of their name. Pure. */

import { say } from "../words/say.ts";

export interface Suggestion {
  /** Path or name of the function. */
  text: string;
  kind: "path" | "function";
  /** Signature of a function, value in the sample event, or where it comes from. */
  detail: string;
}

const MAX_ITEMS = 60;

/** Those that begin with the word first, then those that hold it; the dollar may be left out. */
export function matching(known: readonly Suggestion[], word: string): Suggestion[] {
  const wanted = word.toLowerCase().replace(/^\$\.?/, "");
  const plain = (text: string) => text.toLowerCase().replace(/^\$\./, "");
  const begin = known.filter(({ text }) => plain(text).startsWith(wanted));
  const hold = known.filter(({ text }) => !plain(text).startsWith(wanted) && plain(text).includes(wanted));
  return [...begin, ...hold].slice(0, MAX_ITEMS);
}

export const PLAIN_NAME = /^[\p{L}\p{N}_-]+$/u;
const MAX_PATHS = 400;
const MAX_DEPTH = 7;

/** The paths of what `payload` holds, below `root`; of a list its first element and all of them. */
export function pathsIn(payload: unknown, root = "$.webhook"): Suggestion[] {
  const found: Suggestion[] = [];
  const visit = (value: unknown, path: string, depth: number) => {
    if (found.length >= MAX_PATHS || depth > MAX_DEPTH) return;
    found.push({ text: path, kind: "path", detail: shown(value) });
    if (Array.isArray(value)) {
      if (value.length > 0) visit(value[0], `${path}[0]`, depth + 1);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    for (const [name, part] of Object.entries(value)) {
      // A name with a quote in it has no spelling that is worth offering.
      if (PLAIN_NAME.test(name)) visit(part, `${path}.${name}`, depth + 1);
      else if (!/['"\\]/.test(name)) visit(part, `${path}['${name}']`, depth + 1);
    }
  };
  visit(payload, root, 0);
  return found;
}

/** A value in a few characters. */
export function shown(value: unknown, maxChars = 60): string {
  if (Array.isArray(value) && value.length > 0) return say("list of {count}", { count: value.length });
  if (typeof value === "object" && value !== null && Object.keys(value).length > 0) return say("object");
  const text = JSON.stringify(value) ?? "";
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}…`;
}
