/** A cron expression in words: "every Monday at 09:00 in Berlin". Pure; the console reads by it too. */

import { WEEKDAYS } from "../engine/zone.ts";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const ORDINALS = ["first", "second", "third", "fourth", "fifth"];
/** So many times of day are named one by one. */
const MAX_TIMES = 4;

interface Part {
  min: number;
  max: number;
  /** Names of its numbers, from `min` on. */
  names?: readonly string[];
}

const MINUTE: Part = { min: 0, max: 59 };
const HOUR: Part = { min: 0, max: 23 };
const DAY: Part = { min: 1, max: 31 };
const MONTH: Part = { min: 1, max: 12, names: MONTHS.map((name) => name.slice(0, 3).toUpperCase()) };
/** Sunday is 0 and 7. */
const WEEKDAY: Part = { min: 0, max: 7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] };

/** What it says, without an article before it; an expression that has no words of its own stands as it is. */
export function cronWords({ cron, zone }: { cron: string; zone: string }): string {
  return `${timesWords(cron) ?? `by "${cron}"`} ${zoneWords(zone)}`;
}

/** The same without the place of the clock; undefined for what has no words, as an expression that is being typed. */
export function timesWords(cron: string): string | undefined {
  const fields = cron.trim().toUpperCase().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const time = timeWords(minute, hour);
  const days = daysWords(day, weekday);
  const months = monthWords(month);
  if (time === undefined || days === undefined || months === undefined) return undefined;
  const when = time.recurs ? [time.text, days] : [days === "" ? "every day" : days, time.text];
  return [...when, months].filter((text) => text !== "").join(" ");
}

function zoneWords(zone: string): string {
  const city = zone.split("/").at(-1)!.replaceAll("_", " ");
  return zone.includes("/") && !zone.startsWith("Etc/") ? `in ${city}` : city;
}

/** `recurs`: it goes on over the day, instead of naming times of it. */
function timeWords(minute: string, hour: string): { text: string; recurs: boolean } | undefined {
  const minutes = valuesOf(minute, MINUTE);
  const hours = valuesOf(hour, HOUR);
  if (!minutes || !hours) return undefined;
  const within = hoursWords(hour, hours);
  if (minute === "*") return { text: `every minute${within}`, recurs: true };
  const step = stepOf(minute, MINUTE);
  if (step !== undefined) return { text: `every ${step} minutes${within}`, recurs: true };
  if (hour === "*" || stepOf(hour, HOUR) !== undefined) {
    const every = hour === "*" ? "every hour" : `every ${stepOf(hour, HOUR)} hours`;
    const at = minutes.length === 1 && minutes[0] === 0 ? "" : ` at minute ${list(minutes.map(String))}`;
    return { text: every + at, recurs: true };
  }
  if (minutes.length * hours.length <= MAX_TIMES) {
    const times = hours.flatMap((one) => minutes.map((each) => `${two(one)}:${two(each)}`));
    return { text: `at ${list(times)}`, recurs: false };
  }
  return { text: `at minute ${list(minutes.map(String))}${within}`, recurs: true };
}

function hoursWords(hour: string, hours: readonly number[]): string {
  if (hour === "*") return "";
  const [first, last] = [hours[0]!, hours.at(-1)!];
  if (hours.length > 1 && last - first === hours.length - 1) return ` from ${two(first)}:00 to ${two(last)}:59`;
  return ` in the hours ${list(hours.map(two))}`;
}

/** "" for every day. */
function daysWords(day: string, weekday: string): string | undefined {
  const ofMonth = day === "*" ? "" : monthDayWords(day);
  const ofWeek = weekday === "*" || weekday === "?" ? "" : weekdayWords(weekday);
  if (ofMonth === undefined || ofWeek === undefined) return undefined;
  return [ofMonth, ofWeek].filter((text) => text !== "").join(" and ");
}

function monthDayWords(day: string): string | undefined {
  const parts = day.split(",").map((part) => {
    if (part === "L") return "last day";
    const nearest = /^(\d{1,2})W$/.exec(part);
    if (nearest) return `weekday nearest to the ${ordinal(Number(nearest[1]))}`;
    return valuesOf(part, DAY)?.map(ordinal);
  });
  if (parts.some((part) => part === undefined)) return undefined;
  return `on the ${list(parts.flat() as string[])} of the month`;
}

function weekdayWords(weekday: string): string | undefined {
  const special = weekday.split(",").map((part) => /^(\d|[A-Z]{3})(?:#([1-5L])|(L))$/.exec(part));
  if (special.every((one) => one !== null)) {
    const days = special.map((one) => {
      const [number] = valuesOf(one[1]!, WEEKDAY) ?? [];
      const which = one[3] || one[2] === "L" ? "last" : ORDINALS[Number(one[2]) - 1]!;
      return number === undefined ? undefined : `${which} ${dayName(number)}`;
    });
    return days.includes(undefined) ? undefined : `on the ${list(days as string[])} of the month`;
  }
  const values = valuesOf(weekday, WEEKDAY);
  if (!values) return undefined;
  // Monday first, as weeks are read.
  const days = [...new Set(values.map((one) => (one + 6) % 7))].sort((a, b) => a - b);
  if (days.length === 7) return "every day";
  const [first, last] = [days[0]!, days.at(-1)!];
  if (days.length > 2 && last - first === days.length - 1) {
    return `every day from ${WEEKDAYS[first]} to ${WEEKDAYS[last]}`;
  }
  return `every ${list(days.map((one) => WEEKDAYS[one]!))}`;
}

/** "" for every month. */
function monthWords(month: string): string | undefined {
  if (month === "*") return "";
  const values = valuesOf(month, MONTH);
  return values && `in ${list(values.map((one) => MONTHS[one - 1]!))}`;
}

function dayName(number: number): string {
  return WEEKDAYS[(number + 6) % 7]!;
}

/** The step of a field that goes evenly over its whole range: 15 where it says each quarter of an hour. */
function stepOf(field: string, { min, max }: Part): number | undefined {
  const found = /^(?:\*|0)\/(\d{1,2})$/.exec(field);
  const step = Number(found?.[1]);
  return found && step > 1 && (max - min + 1) % step === 0 ? step : undefined;
}

/** The numbers of a field, ascending; undefined for one that has others than numbers, names, ranges and steps. */
function valuesOf(field: string, part: Part): number[] | undefined {
  const { min, max } = part;
  const values = new Set<number>();
  for (const item of field.split(",")) {
    const found = /^(\*|[A-Z]{3}|\d{1,2})(?:-([A-Z]{3}|\d{1,2}))?(?:\/(\d{1,2}))?$/.exec(item);
    if (!found) return undefined;
    const [, first, last, by] = found as unknown as [string, string, string | undefined, string | undefined];
    const from = first === "*" ? min : numberOf(first, part);
    const to = last === undefined ? (first === "*" || by !== undefined ? max : from) : numberOf(last, part);
    const step = Number(by ?? 1);
    if (from === undefined || to === undefined || step < 1 || from > to) return undefined;
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function numberOf(text: string, { min, max, names = [] }: Part): number | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : names.indexOf(text) === -1 ? -1 : min + names.indexOf(text);
  return number >= min && number <= max ? number : undefined;
}

function ordinal(number: number): string {
  const tens = number % 100;
  const ending = tens > 10 && tens < 14 ? "th" : ["th", "st", "nd", "rd"][number % 10] ?? "th";
  return `${number}${ending}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
