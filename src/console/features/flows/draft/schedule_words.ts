/** Times of a schedule: the usual ones by choice, and a cron expression in words. Pure. */

import { timesWords } from "../../../../schedules/words.ts";
import { say } from "../../../words/say.ts";

/** What people choose, with the cron expression that it begins as. */
export const USUAL: readonly (readonly [string, string])[] = [
  ["0 9 * * *", say("Every day")],
  ["0 9 * * 1-5", say("Every weekday")],
  ["0 9 * * 1", say("Every week")],
  ["0 9 1 * *", say("Every month")],
  ["0 * * * *", say("Every hour")],
];

/** "every Monday at 09:00"; the expression itself where it has no words, as while it is typed. */
export function cronWords(cron: string): string {
  return timesWords(cron) ?? cron;
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
