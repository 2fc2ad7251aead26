/** Serializes rows for streams: once for each role, however many readers get them. */

import type { EventRow } from "../events/rows.ts";
import type { RunRow } from "../runs/list.ts";

export type Role = "admin" | "member";

/** The JSON of rows, as people may see it. */
export interface StreamJson {
  event(row: EventRow, role: Role): unknown;
  /** What may change of an event that was sent before. */
  update(row: EventRow): unknown;
  run(row: RunRow, role: Role): unknown;
}

/** The row's JSON as this role may see it; undefined when it is gone meanwhile. */
export type SerializeEvent = (id: number, role: Role) => string | undefined;

/** Serializes a row when it is first asked for, and keeps the text. */
export function serializeOnce(rows: ReadonlyMap<number, EventRow>, json: StreamJson): SerializeEvent {
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
