/** Rows as streams tell them: written once for each role, however many read them. */

import type { EventRow } from "../events/rows.ts";
import type { RunRow } from "../runs/list.ts";

export type Role = "admin" | "member";

/** How rows are written for people. */
export interface StreamJson {
  event(row: EventRow, role: Role): unknown;
  /** What may change of an event that was told before. */
  update(row: EventRow): unknown;
  run(row: RunRow, role: Role): unknown;
}

/** The row's JSON as this role may see it; undefined when it is gone meanwhile. */
export type Written = (id: number, role: Role) => string | undefined;

/** Writes a row when it is first asked for. */
export function writtenOnce(rows: ReadonlyMap<number, EventRow>, json: StreamJson): Written {
  const texts = new Map<string, string>();
  return (id, role) => {
    const row = rows.get(id);
    if (!row) return undefined;
    const key = `${role} ${id}`;
    let text = texts.get(key);
    if (text === undefined) texts.set(key, text = JSON.stringify(json.event(row, role)));
    return text;
  };
}
