/** The time filter of the runs: spans that move with the clock, and a chosen one, written in the viewer's zone. */

/** `hours` of the spans that move; the address keeps the value. */
export const TIME_CHOICES = [
  { value: "", label: "Any time" },
  { value: "1h", label: "Last hour", hours: 1 },
  { value: "24h", label: "Last 24 hours", hours: 24 },
  { value: "7d", label: "Last 7 days", hours: 168 },
  { value: "30d", label: "Last 30 days", hours: 720 },
  { value: "custom", label: "Chosen times" },
];

/** Where a moving span begins now, as RFC 3339 text; undefined for any other choice. */
export function beginOfSpan(choice: string, nowMs: number): string | undefined {
  const hours = TIME_CHOICES.find(({ value }) => value === choice)?.hours;
  return hours === undefined ? undefined : new Date(nowMs - hours * 3_600_000).toISOString();
}

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
  // The offset of the moment itself is due, which is known only roughly before: the second look is exact.
  const near = new Date(asUtc.getTime() - offsetMs(asUtc, timeZone));
  return new Date(asUtc.getTime() - offsetMs(near, timeZone)).toISOString();
}

/** What a zone's clocks are ahead of UTC at a moment. */
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
