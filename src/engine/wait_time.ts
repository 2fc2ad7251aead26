/** Times of waits as flows give them: how long one lasts, and until when. */

import { AppError } from "../base/errors.ts";
import { DURATION_FORMS, readDurationParts } from "./duration.ts";
import { cut, kindOf } from "./faults.ts";
import { addTime, isTimeZone, spanMs } from "./zone.ts";

/** Days that a step waits at most, also where it names no end: a year and a day. Beyond, nothing of what began the run is as it was. */
export const MAX_WAIT_DAYS = 366;
const MAX_WAIT_MS = MAX_WAIT_DAYS * 86_400_000;

interface Now {
  nowMs: number;
  timeZone: string;
}

/** The instant later by the duration, in milliseconds since 1970; its days are those of the zone. Throws EXPRESSION_FAILED and RUN_LIMIT_REACHED. */
export function instantAfter(what: string, duration: unknown, { nowMs, timeZone }: Now): number {
  const parts = readDurationParts(duration);
  if (!parts || parts.days < 0 || parts.ms < 0) {
    throw new AppError(
      "EXPRESSION_FAILED",
      `Cannot read ${what}: expected a span of time ${DURATION_FORMS}, ${gotten(duration)}`,
    );
  }
  const from = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timeZone);
  return bounded(what, addTime(from, parts) ?? Infinity, nowMs);
}

/** The instant, in milliseconds since 1970; a day is its first moment in the zone, and a time without a zone that of the zone. Throws as instantAfter(). */
export function instantAt(what: string, instant: unknown, { nowMs, timeZone }: Now): number {
  const span = spanMs(instant, timeZone, { wall: true });
  if (!span) {
    const forms = 'as in "2026-11-16T09:00:00Z", "2026-11-16 09:00" or "2026-11-16"';
    throw new AppError(
      "EXPRESSION_FAILED",
      `Cannot read ${what}: expected an instant or a day ${forms}, ${gotten(instant)}`,
    );
  }
  return bounded(what, span.from, nowMs);
}

/** Of a wait without one. */
export function latestEnd(nowMs: number): number {
  return nowMs + MAX_WAIT_MS;
}

/** The zone that a step names, else that of the workspace. Throws EXPRESSION_FAILED. */
export function zoneOf(zone: string | undefined, timeZone: string): string {
  if (zone === undefined) return timeZone;
  if (isTimeZone(zone)) return zone;
  throw new AppError("EXPRESSION_FAILED", `Cannot read zone: "${cut(zone)}" is no time zone, as in "Europe/Berlin"`);
}

function bounded(what: string, untilMs: number, nowMs: number): number {
  // A day of summer time may have 25 hours.
  if (untilMs - nowMs <= MAX_WAIT_MS + 3_600_000) return untilMs;
  throw new AppError("RUN_LIMIT_REACHED", `Cannot wait until ${what}: a step waits ${MAX_WAIT_DAYS} days at most`);
}

function gotten(value: unknown): string {
  return `got ${typeof value === "string" ? JSON.stringify(cut(value)) : kindOf(value)}`;
}
