/**
 * The grammar of a search box, as people know it of mail and of code hosts. A text is a list of terms, and all must hold:
 *
 *     word            occurs
 *     "two words"     occur in this order; within quotes \" is a quote, \\ a backslash
 *     -term           does not hold
 *     name:value      a filter; the value is one word or quoted
 *     path = value    a field of the body has this value, which ends before the next term that is no word, or is quoted
 *
 * Pure: it knows no names of filters and no paths.
 */

export type SearchTerm =
  & {
    /** True where it must not hold. */
    not: boolean;
    /** Where it begins in the text, from 1. */
    at: number;
  }
  & (
    | { kind: "words"; text: string }
    | { kind: "filter"; name: string; value: string }
    | { kind: "field"; path: string; value: string }
  );

export interface SearchFault {
  /** Where in the text, from 1. */
  at: number;
  message: string;
}

/** Each is looked for in each body that one search looks into. */
export const MAX_SEARCH_TERMS = 12;
export const MAX_SEARCH_CHARS = 500;

// No two parts of these begin alike, so that none is tried in more than one way.
const SPACE = /\s*/y;
const FILTER = /([A-Za-z_]+):/y;
const FIELD = /((?:[\p{L}\p{N}_$.*-]|\[(?:'[^']*'|[^\]'\s"]*)\])+)\s*={1,2}/uy;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
const WORD = /\S+/y;

/** The terms of a text, at most MAX_SEARCH_TERMS; or the first fault in it. Never throws. */
export function readSearchText(text: string): { terms: SearchTerm[] } | { fault: SearchFault } {
  const reader = { text, place: 0 };
  const terms: SearchTerm[] = [];
  try {
    for (take(reader, SPACE); reader.place < text.length; take(reader, SPACE)) {
      if (terms.length === MAX_SEARCH_TERMS) {
        throw new Fault(reader.place, `there are more than ${MAX_SEARCH_TERMS} terms`);
      }
      terms.push(readTerm(reader));
    }
    return { terms };
  } catch (fault) {
    if (fault instanceof Fault) return { fault: { at: fault.place + 1, message: fault.message } };
    throw fault;
  }
}

interface Reader {
  readonly text: string;
  place: number;
}

class Fault extends Error {
  constructor(readonly place: number, message: string) {
    super(message);
  }
}

function readTerm(reader: Reader): SearchTerm {
  const begin = reader.place;
  const not = reader.text[begin] === "-";
  if (not) reader.place++;
  if (isAtEnd(reader)) throw new Fault(begin, 'expected a term right after "-"; quote it to look for it');
  const term = { not, at: begin + 1 };
  const quoted = readQuoted(reader);
  if (quoted !== undefined) {
    if (quoted.trim() === "") throw new Fault(begin, "there are no words between the quotes");
    return { ...term, kind: "words", text: quoted };
  }
  const name = take(reader, FILTER);
  if (name !== undefined) {
    if (isAtEnd(reader)) throw new Fault(begin, `expected a value right after "${name}:"`);
    return { ...term, kind: "filter", name, value: readQuoted(reader) ?? take(reader, WORD)! };
  }
  const path = take(reader, FIELD);
  return path === undefined
    ? { ...term, kind: "words", text: take(reader, WORD)! }
    : { ...term, kind: "field", path, value: readValue(reader, begin) };
}

/** What stands behind "=". */
function readValue(reader: Reader, begin: number): string {
  take(reader, SPACE);
  if (reader.place === reader.text.length) throw new Fault(begin, 'expected a value after "="');
  const quoted = readQuoted(reader);
  if (quoted !== undefined) return quoted;
  const from = reader.place;
  let to: number;
  do {
    take(reader, WORD);
    to = reader.place;
    take(reader, SPACE);
  } while (isPlainWord(reader));
  reader.place = to;
  return reader.text.slice(from, to);
}

/** Whether what follows belongs to the words before it. */
function isPlainWord({ text, place }: Reader): boolean {
  return place < text.length && !/^(?:"|-\S)/.test(text.slice(place, place + 2)) &&
    [FILTER, FIELD].every((form) => take({ text, place }, form) === undefined);
}

/** Undefined where no quote begins. */
function readQuoted(reader: Reader): string | undefined {
  if (reader.text[reader.place] !== '"') return undefined;
  const quoted = take(reader, QUOTED);
  if (quoted === undefined) throw new Fault(reader.place, "the quote that begins here does not end");
  return quoted.replace(/\\(["\\])/g, "$1");
}

function isAtEnd({ text, place }: Reader): boolean {
  return place === text.length || /\s/.test(text[place]!);
}

/** Moves behind what stands at the place: its first group, or all of it. Undefined where it is something else. */
function take(reader: Reader, form: RegExp): string | undefined {
  form.lastIndex = reader.place;
  const found = form.exec(reader.text);
  if (found) reader.place = form.lastIndex;
  return found?.[1] ?? found?.[0];
}
