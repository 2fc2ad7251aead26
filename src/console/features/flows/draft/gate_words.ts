/** What holds runs of a flow back: its durations as they are read, and all of it in few words. Pure. */

import { durationWords, readDuration } from "../../../../engine/duration.ts";
import { spanWords } from "../../../../flows/gates/words.ts";
import type { FlowRest } from "./json.ts";
import { say } from "../../../words/say.ts";

type Gates = Omit<FlowRest, "order_key">;

/** How a duration of a gate is read, or why it cannot be one; undefined where nothing was typed. */
export function readSpan(value: unknown): { words: string } | { problem: string } | undefined {
  if (value === undefined || value === "") return undefined;
  const ms = readDuration(value);
  if (ms === undefined) {
    const digits = /^\s*[\d.,]+\s*$/.test(String(value)) ? String(value).trim() : undefined;
    return {
      problem: digits
        ? say("Add the unit: {number} s, min or h?", { number: digits })
        : say("Write it as in 30 s, 5 min or 1 h 30 min"),
    };
  }
  if (ms < 1_000 || ms > DAY_MS) return { problem: say("It must be from 1 second to 24 hours") };
  return { words: durationWords(ms) };
}

const DAY_MS = 86_400_000;

/** What is set, in few words: for the line of a section that is closed. */
export function gatesSummary({ concurrency, debounce, throttle }: Gates): string {
  return [
    concurrency && say("{count} at once", { count: concurrency.at_once }),
    debounce && say("the last of those less than {span} apart", { span: spanWords(debounce.wait) }),
    throttle && say("{count} in {span}", { count: throttle.at_most, span: spanWords(throttle.per) }),
  ].filter(Boolean).join(", ");
}
