/** Times of a schedule: the usual ones by choice, and a cron expression in words. Pure. */

import { timesWords } from "../../../../schedules/words.ts";
import { say, spoken } from "../../../words/say.ts";
import { WEEKDAYS, weekdayWords } from "./rule_type.ts";

/** What people choose, with the cron expression that it begins as. */
export const USUAL: readonly (readonly [string, string])[] = [
  ["0 9 * * *", say("Every day")],
  ["0 9 * * 1-5", say("Every weekday")],
  ["0 9 * * 1", say("Every week")],
  ["0 9 1 * *", say("Every month")],
  ["0 * * * *", say("Every hour")],
];

/**
 * "every Monday at 09:00"; the expression itself where it has no words, as while it is typed. In other languages what people
 * choose has words of the language, and the rest those of the server, which are English.
 */
export function cronWords(cron: string): string {
  return (spoken() === "en" ? undefined : usualWords(cron)) ?? timesWords(cron) ?? cron;
}

/** Minute, hour, day of the month and weekday of an expression that one of USUAL may become. */
const PLAIN = /^\s*([0-5]?\d)\s+(\*|[01]?\d|2[0-3])\s+(\*|0?[1-9]|[12]\d|3[01])\s+\*\s+(\*|1-5|[0-7])\s*$/;

function usualWords(cron: string): string | undefined {
  const [, minute = "", hour, day, weekday] = PLAIN.exec(cron) ?? [];
  const time = timeOf(cron);
  const ofWeek = weekday !== "*";
  if (hour === undefined || (day !== "*" && ofWeek)) return undefined;
  if (time === undefined) {
    if (day !== "*" || ofWeek) return undefined;
    return Number(minute) === 0 ? say("every hour") : say("every hour at minute {minute}", { minute: Number(minute) });
  }
  if (day !== "*") return say("on day {day} of the month at {time}", { day: Number(day), time });
  if (!ofWeek) return say("every day at {time}", { time });
  if (weekday === "1-5") return say("every day from Monday to Friday at {time}", { time });
  const name = weekdayWords(WEEKDAYS[(Number(weekday) + 6) % 7]);
  return say("every {weekday} at {time}", { weekday: name ?? "", time });
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
