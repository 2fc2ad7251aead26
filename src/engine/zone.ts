/** Instants on the calendar of a time zone: its days, weekdays and clock, across changes of summer time. Pure. */

import { createBoundedCache } from "../base/bounded_cache.ts";
import { type DurationParts, instantMs, isPlainDate } from "../base/iso_time.ts";

/** Where no other is known. */
export const UTC = "UTC";
/** Monday first, as ISO 8601 counts them. */
export const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

const WALL = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)$/;
const MAX_KNOWN = 1_000;
const known = createBoundedCache<string, boolean>({ max: MAX_KNOWN });

/** True for a time zone of the IANA database, as in `Europe/Berlin`. */
export function isTimeZone(name: unknown): name is string {
  if (typeof name !== "string" || name.length > 60 || !/^[A-Za-z]/.test(name)) return false;
  let is = known.get(name);
  if (is === undefined) {
    try {
      new Intl.DateTimeFormat("en", { timeZone: name });
      is = true;
    } catch {
      is = false;
    }
    known.set(name, is);
  }
  return is;
}

/** The instant as the zone shows it; a plain date is its first moment there. Undefined when `text` is neither. */
export function zonedTime(text: unknown, timeZone: string): Temporal.ZonedDateTime | undefined {
  const ms = instantMs(text);
  if (ms === undefined) return undefined;
  if (isPlainDate(text)) return Temporal.PlainDate.from(text).toZonedDateTime(timeZone);
  return Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);
}

/**
 * From where to where a text reaches, in milliseconds since the epoch: a plain date is the whole day of the zone (its last
 * millisecond included), an instant is itself. With `wall` a time without a zone (`2026-11-16 09:00`) is that of the zone.
 */
export function spanMs(
  text: unknown,
  timeZone: string,
  { wall = false } = {},
): { from: number; to: number } | undefined {
  if (isPlainDate(text)) {
    const day = Temporal.PlainDate.from(text);
    const from = day.toZonedDateTime(timeZone).epochMilliseconds;
    return { from, to: day.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds - 1 };
  }
  const ms = instantMs(text) ?? (wall ? wallClockMs(text, timeZone) : undefined);
  return ms === undefined ? undefined : { from: ms, to: ms };
}

/** True for a time without a zone, as in `2026-11-16 09:00`. */
export function isWallClock(text: unknown): text is string {
  return wallClockMs(text, UTC) !== undefined;
}

function wallClockMs(text: unknown, timeZone: string): number | undefined {
  const found = typeof text === "string" ? WALL.exec(text) : null;
  // The reader of instants knows which days and hours there are.
  if (!found || instantMs(`${found[1]}T${found[2]}Z`) === undefined) return undefined;
  return Temporal.PlainDateTime.from(`${found[1]}T${found[2]}`).toZonedDateTime(timeZone).epochMilliseconds;
}

/** The instant later by the duration: its days are those of the zone's calendar. Undefined out of range. */
export function addTime(at: Temporal.ZonedDateTime, { days, ms }: DurationParts): number | undefined {
  try {
    return at.add({ days }).epochMilliseconds + ms;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** "Monday". */
export function weekdayOf(at: Temporal.ZonedDateTime): string {
  return WEEKDAYS[at.dayOfWeek - 1]!;
}
