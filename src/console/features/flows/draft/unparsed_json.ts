/** JSON that is still being typed: kept in the draft as text, so that undo covers it and saving can point at it. */

import type { Fault } from "../../../shell/client.ts";
import { at } from "./paths.ts";

const UNREAD = Symbol("unread JSON");

export interface UnreadJson {
  readonly [UNREAD]: string;
}

/** The value that `text` spells, or the text itself, marked as unread. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { [UNREAD]: text } satisfies UnreadJson;
  }
}

export function isUnread(value: unknown): value is UnreadJson {
  return typeof value === "object" && value !== null && UNREAD in value;
}

export function unreadText(value: UnreadJson): string {
  return value[UNREAD];
}

/** A copy in which what is unread is plain text: what the server is asked about. */
export function withTexts(value: unknown): unknown {
  if (isUnread(value)) return unreadText(value);
  if (Array.isArray(value)) return value.map(withTexts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withTexts(part)]));
}

/** One fault for each place below `path` that holds unread JSON. */
export function unreadFaults(value: unknown, path: string): Fault[] {
  if (isUnread(value)) return [{ path, message: "is not valid JSON: a comma, a quote or a bracket is missing" }];
  if (typeof value !== "object" || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, part]) => unreadFaults(part, at(path, key)));
}
