/** Values of an answer, each shown whole while there is room for it, else its beginning as {"truncated": true, "text": "..."}. */

import { jsonStart } from "../../engine/shown_value.ts";

export type Show = (value: unknown, maxChars: number) => unknown;

/** `maxChars`: of JSON, of all that one answer shows. */
export function createShow({ maxChars: room }: { maxChars: number }): Show {
  let left = room;
  return (value, maxChars) => {
    const room = Math.max(0, Math.min(maxChars, left));
    const text = jsonStart(value ?? null, room + 1);
    left -= Math.min(text.length, room);
    return text.length <= room ? value : { truncated: true, text: text.slice(0, room) };
  };
}
