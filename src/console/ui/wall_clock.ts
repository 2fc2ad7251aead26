/** Times as a field of the type "datetime-local" has them, in the viewer's zone, which may be another than the browser's. */

/** "2026-11-21T10:30" in a zone, of RFC 3339 text; "" for what is no time. */
export function toWallClock(instant: string, timeZone: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() + offsetMs(at, timeZone)).toISOString().slice(0, 16);
}

/** The instant of a field's "2026-11-21T10:30" in a zone, as RFC 3339 text; "" for what is no time. */
export function fromWallClock(text: string, timeZone: string): string {
  const asUtc = new Date(`${text}Z`);
  if (Number.isNaN(asUtc.getTime())) return "";
  // The offset depends on the instant, which depends on the offset: the first result is close, the second exact.
  const near = new Date(asUtc.getTime() - offsetMs(asUtc, timeZone));
  return new Date(asUtc.getTime() - offsetMs(near, timeZone)).toISOString();
}

/** Where the day of a moment, or the one so many days later, begins in a zone. */
export function beginOfDay(at: Date, { timeZone, days = 0 }: { timeZone: string; days?: number }): Date {
  const day = new Date(at.getTime() + offsetMs(at, timeZone));
  day.setUTCDate(day.getUTCDate() + days);
  return new Date(fromWallClock(`${day.toISOString().slice(0, 10)}T00:00`, timeZone));
}

/** Offset of a zone from UTC at a moment, in milliseconds. */
function offsetMs(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((each) => each.type === type)!.value);
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return local - Math.floor(at.getTime() / 1000) * 1000;
}
