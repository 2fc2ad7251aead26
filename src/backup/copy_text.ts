/** The text form of PostgreSQL's COPY: a line for each row, fields apart by tabs, \N for null. */

import { Buffer } from "node:buffer";

/** Fields of a row, in the order of its table's columns. */
export type Row = (string | null)[];

/** Gathers rows out of pieces that end anywhere; give() takes a piece and gives the rows that are whole by then. */
export function createRowSplitter(): { give(bytes: Uint8Array): Row[]; isEmpty(): boolean } {
  let held: Uint8Array[] = [];
  return {
    give: (bytes) => {
      const end = bytes.lastIndexOf(LINE_FEED) + 1;
      if (end === 0) {
        if (bytes.byteLength > 0) held.push(bytes);
        return [];
      }
      const whole = held.length === 0 ? bytes.subarray(0, end) : Buffer.concat([...held, bytes.subarray(0, end)]);
      held = end === bytes.byteLength ? [] : [bytes.subarray(end)];
      return DECODER.decode(whole).slice(0, -1).split("\n").map(fieldsOf);
    },
    isEmpty: () => held.length === 0,
  };
}

/** How many lines end in `bytes`. */
export function countRows(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}

const LINE_FEED = 10;
/** A leading U+FEFF is part of a text. */
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function fieldsOf(line: string): Row {
  return line.split("\t").map((field) => field === "\\N" ? null : field.includes("\\") ? unescaped(field) : field);
}

const ESCAPES: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

function unescaped(field: string): string {
  return field.replaceAll(/\\([^])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}
