/** Keys of the rows that a flow has beside its steps, and the row that a place lies in. Pure. */

import type { Draft } from "./draft.ts";
import { rowAt } from "./outline.ts";
import { fieldWords } from "./field_words.ts";
import { describePath, isWithin } from "./paths.ts";
import { say } from "../../../words/say.ts";

export const WHEN_ROW = "when";
export const IF_ROW = "if";
const WHEN_PLACES = [
  "trigger_event_types",
  "triggers",
  "ordered",
  "order_key",
  "concurrency",
  "debounce",
  "throttle",
];

/** Key of the row whose form has the field of the place; undefined for the flow as a whole. */
export function rowKeyAt(draft: Draft, place: string): string | undefined {
  if (isWithin(place, "conditions") && place !== "") return IF_ROW;
  if (WHEN_PLACES.some((one) => isWithin(place, one))) return WHEN_ROW;
  return rowAt(draft, place)?.step.key;
}

/** "Step 4, name": a place for people, by the number that the row shows, and as its form labels the field. */
export function placeWords(draft: Draft, path: string): string {
  const row = rowAt(draft, path);
  if (!row) return describePath(path);
  const rest = path.slice(row.place.length).replace(/^\./, "");
  return `${say("Step {number}", { number: row.number })}${rest ? `, ${fieldWords(rest)}` : ""}`;
}
