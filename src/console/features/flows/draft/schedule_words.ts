/** Times of a schedule: the usual ones by choice, and a cron expression in words where it is one of those. Pure. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** What people choose, with the cron expression that it begins as. */
export const USUAL: readonly (readonly [string, string])[] = [
  ["0 9 * * *", "Every day"],
  ["0 9 * * 1-5", "Every weekday"],
  ["0 9 * * 1", "Every week"],
  ["0 9 1 * *", "Every month"],
  ["0 * * * *", "Every hour"],
];

/** "every weekday at 09:00"; the expression itself where it is none of the usual ones. */
export function cronWords(cron: string): string {
  const [minute = "", hour = "", day = "", month = "", weekday = "", ...rest] = cron.trim().split(/\s+/);
  const isPlain = rest.length === 0 && month === "*" && /^\d{1,2}$/.test(minute);
  if (!isPlain) return cron;
  if (hour === "*" && day === "*" && weekday === "*") return `every hour at minute ${minute}`;
  if (!/^\d{1,2}$/.test(hour)) return cron;
  const at = ` at ${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
  if (day === "*" && weekday === "*") return `every day${at}`;
  if (day === "*" && weekday === "1-5") return `every weekday${at}`;
  if (day === "*" && /^[0-7]$/.test(weekday)) return `every ${DAYS[Number(weekday) % 7]}${at}`;
  if (weekday === "*" && /^\d{1,2}$/.test(day)) return `on day ${day} of the month${at}`;
  return cron;
}

/** The time of day that the expression names, as an input of that type has it; undefined where it names no one time. */
export function timeOf(cron: string): string | undefined {
  const [, minute, hour] = /^\s*(\d{1,2})\s+(\d{1,2})\s/.exec(cron) ?? [];
  return hour === undefined ? undefined : `${hour.padStart(2, "0")}:${minute!.padStart(2, "0")}`;
}

export function withTime(cron: string, time: string): string {
  const [, hour, minute] = /^(\d{2}):(\d{2})/.exec(time) ?? [];
  if (hour === undefined) return cron;
  return cron.trim().replace(/^\S+\s+\S+/, `${Number(minute)} ${Number(hour)}`);
}
