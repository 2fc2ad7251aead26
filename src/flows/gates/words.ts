/** What holds runs of a flow back, each as a sentence: how many at once, how often, after which pause. Pure; the console reads by it too. */

import { durationWords, readDuration } from "../../engine/duration.ts";
import type { FlowConcurrency, FlowDebounce, FlowThrottle } from "../shape/gates_shape.ts";

/** Of a draft any part may lack. */
export function concurrencyWords({ at_once, key, when_full }: Partial<FlowConcurrency>): string {
  const full = {
    queue: "the next ones wait in line, 1,000 at most",
    skip: "the next ones are not started",
    cancel_oldest: "the next one cancels the oldest",
  }[when_full ?? "queue"];
  const runs = at_once === 1 ? "run is" : "runs are";
  return `At most ${at_once ?? "…"} ${runs} in progress at once${perKey(key)}; ${full}`;
}

export function debounceWords({ wait, max_wait, key }: Partial<FlowDebounce>): string {
  const latest = max_wait ? `, at the latest ${spanWords(max_wait)} after the first` : "";
  return `Of events that come less than ${spanWords(wait)} apart${perKey(key)}, the last alone starts a run, ` +
    `${spanWords(wait)} after it${latest}`;
}

export function throttleWords({ at_most, per, key, when_over }: Partial<FlowThrottle>): string {
  const over = when_over === "queue"
    ? "what comes beyond begins as soon as it may"
    : "what comes beyond is not started";
  const runs = at_most === 1 ? "run begins" : "runs begin";
  return `Within any ${spanWords(per)} at most ${at_most ?? "…"} ${runs}${perKey(key)}; ${over}`;
}

export function spanWords(text: unknown): string {
  const ms = readDuration(text);
  return ms === undefined ? typeof text === "string" && text !== "" ? text : "…" : durationWords(ms);
}

function perKey(key: unknown): string {
  return typeof key === "string" && key !== "" ? `, counted for each value of ${key}` : "";
}
