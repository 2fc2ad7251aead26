/** Instants, durations and local times as Clockify writes them (docs/clockify-protocol.md "Times and writes"). */

/** `2026-11-16T09:00:00Z`: UTC, whole seconds. */
export function instant(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19) + "Z";
}

/** ISO-8601 duration such as `PT2H30M`; `PT0S` for nothing. */
export function isoDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds % 3600 / 60), seconds % 60];
  const text = (hours ? `${hours}H` : "") + (minutes ? `${minutes}M` : "") + (rest ? `${rest}S` : "");
  return `PT${text || "0S"}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Local time of an instant in an IANA zone, without offset: `2026-11-16T10:00:00`. */
export function localTime(at: string, timeZone: string): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
    formats.set(timeZone, format);
  }
  return format.format(new Date(at)).replace(" ", "T");
}

/** Seconds the zone is ahead of UTC at that instant. */
export function offsetSeconds(at: string, timeZone: string): number {
  return (Date.parse(localTime(at, timeZone) + "Z") - Date.parse(at)) / 1000;
}
