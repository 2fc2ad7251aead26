/** What holds runs of a flow back, each as one sentence: how many at once, how often, in which order. Pure. */

import { durationWords, readDuration } from "../../../../engine/duration.ts";
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

export function concurrencyWords({ at_once, key, when_full }: NonNullable<Gates["concurrency"]>): string {
  const one = at_once === 1;
  const full = {
    queue: "the next ones wait in line, 1,000 at most",
    skip: "the next ones are not started",
    cancel_oldest: "the next one cancels the oldest",
  }[when_full];
  return `At most ${at_once ?? "…"} ${one ? "run is" : "runs are"} in progress at once${perKey(key)}; ${full}. ` +
    "A run that waits for its time or for a person is in progress.";
}

export function debounceWords({ wait, max_wait, key }: NonNullable<Gates["debounce"]>): string {
  const latest = max_wait ? `, at the latest ${spanWords(max_wait)} after the first` : "";
  return `Of events that come less than ${spanWords(wait)} apart${perKey(key)}, the last alone starts a run, ` +
    `${spanWords(wait)} after it${latest}. What people, programs and schedules start begins at once.`;
}

export function throttleWords({ at_most, per, key, when_over }: NonNullable<Gates["throttle"]>): string {
  const over = when_over === "skip" ? "what comes beyond is not started" : "what comes beyond begins as soon as it may";
  return `Within any ${spanWords(per)} at most ${at_most ?? "…"} ${at_most === 1 ? "run begins" : "runs begin"}${
    perKey(key)
  }; ${over}.`;
}

/** What is set, in few words: for the line of a section that is closed. */
export function gatesSummary({ concurrency, debounce, throttle }: Gates): string {
  return [
    concurrency && `${concurrency.at_once} at once`,
    debounce && `the last of those less than ${spanWords(debounce.wait)} apart`,
    throttle && `${throttle.at_most} in ${spanWords(throttle.per)}`,
  ].filter(Boolean).join(", ");
}

function perKey(key: string | undefined): string {
  return key ? `, counted for each value of ${key}` : "";
}

function spanWords(text: string): string {
  const ms = readDuration(text);
  return ms === undefined ? text || "…" : durationWords(ms);
}
