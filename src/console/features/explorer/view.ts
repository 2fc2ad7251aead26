/** What of an answer is shown: by a path or by words, as a tree or as rows of a table. Pure. */

import { isFields } from "./call.ts";
import { say } from "../../words/say.ts";

export type View = { value: unknown; note: string | undefined };

const MAX_ROWS = 200;
const MAX_COLUMNS = 12;

/**
 * The answer's part at a path (`project.name`, `[0].id`; a name on a list stands for that of each of its items), else those
 * items of its list that hold the words.
 */
export function viewOf(data: unknown, filter: string): View {
  const text = filter.trim().replace(/^\$\.?/, "");
  if (text === "") return { value: data, note: undefined };
  const found = /\s/.test(text) ? undefined : at(data, text.match(/[^.[\]]+/g) ?? []);
  if (found !== undefined) return { value: found, note: undefined };
  const list = listOf(data);
  if (!list) return { value: undefined, note: say("Nothing is at {path}", { path: text }) };
  const words = text.toLowerCase();
  const rows = list.filter((one) => JSON.stringify(one).toLowerCase().includes(words));
  return {
    value: rows,
    note: say('{count} of {total} items hold "{text}"', { count: rows.length, total: list.length, text }),
  };
}

function at(value: unknown, path: readonly string[]): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (Array.isArray(value)) {
    if (/^\d+$/.test(first)) return at(value[Number(first)], rest);
    const found = value.map((one) => at(one, path)).filter((one) => one !== undefined);
    return found.length > 0 ? found : undefined;
  }
  return isFields(value) && Object.hasOwn(value, first) ? at(value[first], rest) : undefined;
}

/** The list that an answer is, or the longest that it holds. */
export function listOf(data: unknown): unknown[] | undefined {
  if (Array.isArray(data)) return data;
  if (!isFields(data)) return undefined;
  return Object.values(data).filter((one) => Array.isArray(one)).toSorted((a, b) => b.length - a.length)[0];
}

export interface Table {
  columns: string[];
  rows: Record<string, unknown>[];
  /** Rows that are left out. */
  more: number;
}

/** Undefined for what has no rows. Names come first, then what the most rows have. */
export function tableOf(data: unknown): Table | undefined {
  const list = listOf(data) ?? (isFields(data) ? [data] : undefined);
  if (!list || list.length === 0) return undefined;
  const rows = list.slice(0, MAX_ROWS).map((one) => isFields(one) ? one : { value: one });
  const counts = new Map<string, number>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      // The same in each row.
      if (value !== null && value !== "" && name !== "workspaceId") counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const first = ["name", "description", "email"];
  const isPlain = (name: string) => rows.every((row) => typeof row[name] !== "object" || row[name] === null);
  const rank = (name: string) =>
    first.includes(name) ? first.indexOf(name) : name === "id" ? 99 : isPlain(name) ? 10 : 20;
  const columns = [...counts.keys()].toSorted((a, b) => rank(a) - rank(b) || counts.get(b)! - counts.get(a)!);
  return { columns: columns.slice(0, MAX_COLUMNS), rows, more: list.length - rows.length };
}

export function cellText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value).slice(0, 120) : String(value);
}
