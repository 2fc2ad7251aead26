/** ISO 8601 instants and durations as Clockify writes them, read strictly and without a clock. */

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2}))?$/;
const DURATION =
  /^([+-])?P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/;
const DAY_MS = 86_400_000;

/** A duration by its calendar days, weeks being seven of them, and the exact rest; both of one sign. */
export interface DurationParts {
  /** Whole days of a calendar. */
  days: number;
  /** Milliseconds beside them. */
  ms: number;
}

/**
 * Milliseconds since the epoch of an instant with a zone (`2026-11-16T09:00:00Z`, `...+02:00`) or of a plain date, which
 * begins at midnight UTC. Undefined for anything else: a time without a zone would mean another moment on each machine,
 * and 30 February is no day.
 */
export function instantMs(text: unknown): number | undefined {
  if (typeof text !== "string" || text.length < 10 || text.length > 40) return undefined;
  const found = INSTANT.exec(text);
  if (!found || !isDay(Number(found[1]), Number(found[2]), Number(found[3])) || found[4] === "24") return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** True for a text that is a plain date of the calendar, as in `2026-11-16`. */
export function isPlainDate(text: unknown): text is string {
  return typeof text === "string" && text.length === 10 && instantMs(text) !== undefined;
}

/** Milliseconds of a duration such as `PT1H30M`, `P1DT2H` or `-PT15M`; undefined for anything else, years and months included. */
export function durationMs(text: unknown): number | undefined {
  const parts = isoDurationParts(text);
  return parts && parts.days * DAY_MS + parts.ms;
}

/** As `durationMs`, with the days apart: a day of a calendar has 23 to 25 hours. */
export function isoDurationParts(text: unknown): DurationParts | undefined {
  if (typeof text !== "string" || text.length > 60) return undefined;
  const found = DURATION.exec(text);
  if (!found || text.endsWith("P") || text.endsWith("T")) return undefined;
  const [, sign, weeks, days, hours, minutes, seconds] = found;
  const part = (value: string | undefined) => value === undefined ? 0 : Number(value);
  const direction = sign === "-" ? -1 : 1;
  return {
    days: (part(weeks) * 7 + part(days)) * direction,
    ms: Math.round(((part(hours) * 60 + part(minutes)) * 60 + part(seconds)) * 1000) * direction,
  };
}

/** `2026-11-16T09:00:00Z`, the form Clockify takes; milliseconds only when there are some. Undefined out of range. */
export function isoInstant(ms: number): string | undefined {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().replace(".000Z", "Z") : undefined;
}

/** Whether the month has such a day; Date.parse takes 30 February for 2 March. */
function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31);
}
