/** The time filter of the runs: spans that move with the clock, or chosen times. */

import { say } from "../../words/say.ts";

/** `hours` of the spans that move; the address keeps the value. */
export const TIME_CHOICES = [
  { value: "", label: say("Any time") },
  { value: "1h", label: say("Last hour"), hours: 1 },
  { value: "24h", label: say("Last 24 hours"), hours: 24 },
  { value: "7d", label: say("Last 7 days"), hours: 168 },
  { value: "30d", label: say("Last 30 days"), hours: 720 },
  { value: "custom", label: say("From … to …") },
];

/** Where a moving span begins now, as RFC 3339 text; undefined for any other choice. */
export function beginOfSpan(choice: string, nowMs: number): string | undefined {
  const hours = TIME_CHOICES.find(({ value }) => value === choice)?.hours;
  return hours === undefined ? undefined : new Date(nowMs - hours * 3_600_000).toISOString();
}
