/** ISO 8601 instants and durations as Clockify writes them (protocol.md 6.3), read strictly and without a clock. */

const INSTANT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2}))?$/;
const DURATION =
  /^([+-])?P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/;

/**
 * Milliseconds since the epoch of an instant with a zone (`2026-11-16T09:00:00Z`, `...+02:00`) or of a plain date, which
 * begins at midnight UTC. Undefined for anything else: a time without a zone would mean another moment on each machine.
 */
export function instantMs(text: unknown): number | undefined {
  if (typeof text !== "string" || text.length < 10 || text.length > 40 || !INSTANT.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Milliseconds of a duration such as `PT1H30M`, `P1DT2H` or `-PT15M`; undefined for anything else, years and months included. */
export function durationMs(text: unknown): number | undefined {
  if (typeof text !== "string" || text.length > 60) return undefined;
  const found = DURATION.exec(text);
  if (!found || text.endsWith("P") || text.endsWith("T")) return undefined;
  const [, sign, weeks, days, hours, minutes, seconds] = found;
  const part = (value: string | undefined) => value === undefined ? 0 : Number(value);
  const total = (((part(weeks) * 7 + part(days)) * 24 + part(hours)) * 60 + part(minutes)) * 60 + part(seconds);
  return Math.round(total * 1000) * (sign === "-" ? -1 : 1);
}

/** `2026-11-16T09:00:00Z`, the form Clockify takes; milliseconds only when there are some. Undefined out of range. */
export function isoInstant(ms: number): string | undefined {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().replace(".000Z", "Z") : undefined;
}
