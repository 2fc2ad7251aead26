/** JSON that is still being typed: kept in the draft as text, so that undo covers it and saving can point at it. */

import type { Fault } from "../shell/client.ts";
import { at } from "./json_path.ts";
import { say } from "../words/say.ts";

const UNPARSED = Symbol("unparsed JSON");

export interface UnparsedJson {
  readonly [UNPARSED]: string;
}

/** The value that `text` spells, or the text itself, marked as unparsed. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { [UNPARSED]: text } satisfies UnparsedJson;
  }
}

export function isUnparsed(value: unknown): value is UnparsedJson {
  return typeof value === "object" && value !== null && UNPARSED in value;
}

export function unparsedText(value: UnparsedJson): string {
  return value[UNPARSED];
}

/** A copy in which unparsed JSON is plain text: what the server is asked about. */
export function withTexts(value: unknown): unknown {
  if (isUnparsed(value)) return unparsedText(value);
  if (Array.isArray(value)) return value.map(withTexts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withTexts(part)]));
}

/** One fault for each place below `path` that holds unparsed JSON. */
export function unparsedFaults(value: unknown, path: string): Fault[] {
  if (isUnparsed(value)) return [{ path, message: say("is not valid JSON: a comma, a quote or a bracket is missing") }];
  if (typeof value !== "object" || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, part]) => unparsedFaults(part, at(path, key)));
}
