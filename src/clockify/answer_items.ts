/** The list that an answer of Clockify is, or holds. */

import type { Operation } from "./operations.ts";

/**
 * The items: of the answer itself, or of the list in it under the name that the path ends with (`/expenses` in
 * `{expenses: {expenses: []}}`), else of its longest. Sums are no items of a report. An answer without a list is one item.
 */
export function itemsOf(data: unknown, { path }: Pick<Operation, "path">): unknown[] {
  if (Array.isArray(data)) return data;
  if (data === null || data === undefined) return [];
  if (!isObject(data)) return [data];
  const last = path.split("/").findLast((part) => !part.startsWith("{"));
  const fields = [data, ...Object.values(data).filter(isObject)].flatMap((one) => Object.entries(one));
  const lists = fields.flatMap(([name, value]) =>
    Array.isArray(value) && name !== "totals" ? [{ name, list: value }] : []
  );
  const named = lists.find(({ name }) => name === last);
  if (named) return named.list;
  return lists.toSorted((a, b) => b.list.length - a.list.length)[0]?.list ?? [data];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
