/** What holds runs of a flow back: its durations as they are read, and all of it in few words. Pure. */

import { durationWords, readDuration } from "../../../../engine/duration.ts";
import { spanWords } from "../../../../flows/gates/words.ts";
import type { FlowRest } from "./json.ts";

type Gates = Omit<FlowRest, "order_key">;

/** How a duration of a gate is read, or why it cannot be one; undefined where nothing was typed. */
export function readSpan(value: unknown): { words: string } | { problem: string } | undefined {
  if (value === undefined || value === "") return undefined;
  const ms = readDuration(value);
  if (ms === undefined) {
    const digits = /^\s*[\d.,]+\s*$/.test(String(value)) ? String(value).trim() : undefined;
    return { problem: digits ? `Add the unit: ${digits} s, min or h?` : "Write it as in 30 s, 5 min or 1 h 30 min" };
  }
  if (ms < 1_000 || ms > DAY_MS) return { problem: "It must be from 1 second to 24 hours" };
  return { words: durationWords(ms) };
}

const DAY_MS = 86_400_000;

/** What is set, in few words: for the line of a section that is closed. */
export function gatesSummary({ concurrency, debounce, throttle }: Gates): string {
  return [
    concurrency && `${concurrency.at_once} at once`,
    debounce && `the last of those less than ${spanWords(debounce.wait)} apart`,
    throttle && `${throttle.at_most} in ${spanWords(throttle.per)}`,
  ].filter(Boolean).join(", ");
}
