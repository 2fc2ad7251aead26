/** Spans, instants and time zones of steps that wait: what is fixed is checked when the flow is saved. */

import { literalValue } from "../../actions/http_secrets.ts";
import { DURATION_FORMS, durationMeant, durationWords, readDuration } from "../../engine/duration.ts";
import { at, cut, type Fault, unknownName } from "../../engine/faults.ts";
import { isTimeZone, spanMs, UTC } from "../../engine/zone.ts";
import { MAX_WAIT_MS, MIN_WAIT_MS } from "./step_limits.ts";

/** What is wrong with a span of time as it is written; what a template gives is known when the step begins. */
export function durationFaults(written: unknown, path: string): Fault[] {
  const fixed = literalValue(written);
  if (fixed === undefined) return [];
  const ms = readDuration(fixed);
  if (ms === undefined) {
    const meant = durationMeant(fixed);
    const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
    return [{ path, message: `must be a span of time ${DURATION_FORMS}${hint}` }];
  }
  if (ms >= MIN_WAIT_MS && ms <= MAX_WAIT_MS) return [];
  return [{ path, message: `must be from 1 s to 366 days, not ${durationWords(ms)}` }];
}

/** Milliseconds of a fixed span; undefined for a template, and for what is none. */
export function fixedMs(written: unknown): number | undefined {
  return readDuration(literalValue(written));
}

/** What is wrong with an instant as it is written. */
export function instantFaults(written: unknown, path: string): Fault[] {
  const fixed = literalValue(written);
  if (fixed === undefined || spanMs(fixed, UTC, { wall: true })) return [];
  return [{
    path,
    message: 'must be an instant or a day, as in "2026-11-16T09:00:00Z", "2026-11-16 09:00" or "2026-11-16", or an ' +
      "expression of one",
  }];
}

/** What is wrong with the name of a time zone. */
export function zoneFaults(zone: string, path: string): Fault[] {
  const first = zone.slice(0, 1).toUpperCase();
  if (isTimeZone(zone)) return [];
  // Of some 400 names those of the same letter: each is compared letter by letter.
  const known = Intl.supportedValuesOf("timeZone").filter((name) => name.startsWith(first));
  const near = unknownName(zone, known);
  return [{
    path: at(path, "zone"),
    message: near.includes("mean") ? near : `"${cut(zone)}" is no time zone, as in "Europe/Berlin"`,
  }];
}
