/** Durations as people write them, read and written: `8 h`, `1 h 30 min`, `8:30`, `480 min`, `PT8H`. Pure; the console reads by it too. */

import { type DurationParts, isoDurationParts } from "../base/iso_time.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Longest first: the order in which they may stand. */
const UNITS: { ms: number; short: string; names: readonly string[] }[] = [
  { ms: 7 * DAY_MS, short: "w", names: ["w", "wk", "wks", "week", "weeks"] },
  { ms: DAY_MS, short: "d", names: ["d", "day", "days"] },
  { ms: HOUR_MS, short: "h", names: ["h", "hr", "hrs", "hour", "hours"] },
  { ms: 60_000, short: "min", names: ["m", "min", "mins", "minute", "minutes"] },
  { ms: 1_000, short: "s", names: ["s", "sec", "secs", "second", "seconds"] },
];
const MAX_TEXT = 60;
/** Beyond it a number of milliseconds is no longer exact. */
const MAX_MS = 9e15;
const CLOCK = /^(\d{1,6}):([0-5]\d)(?::([0-5]\d))?$/;
/** `1,5` is one and a half; `1,500` could be either, so a comma has one or two digits after it. */
const AMOUNT = /(\d{1,9})(?:\.(\d{1,9})|,(\d{1,2})(?!\d))?/y;
const UNIT = /\s*([a-z]+)\.?/y;
const BETWEEN = /\s*(?:,\s|and\b)?\s*/y;

/** How a duration may be written, for the sentence of a fault. */
export const DURATION_FORMS = 'as in "8 h", "1 h 30 min", "8:30", "480 min" or "PT8H"';

/**
 * Milliseconds of the duration that the text spells, undefined when it spells none. A number has no unit: only 0 is read.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const minutes = (text: unknown) => (readDuration(text) ?? NaN) / 60_000;
 * assertEquals(["1 h 30 min", "1:30", "90 min", "1.5 h", "PT1H30M"].map(minutes), [90, 90, 90, 90, 90]);
 * assertEquals(readDuration(90), undefined);
 * ```
 */
export function readDuration(value: unknown): number | undefined {
  const parts = readDurationParts(value);
  return parts && parts.days * DAY_MS + parts.ms;
}

/** As `readDuration`, with whole days and weeks apart. */
export function readDurationParts(value: unknown): DurationParts | undefined {
  if (value === 0 || value === "0") return { days: 0, ms: 0 };
  if (typeof value !== "string" || value.length > MAX_TEXT) return undefined;
  const text = value.trim().toLowerCase();
  const parts = isoDurationParts(text.toUpperCase()) ?? readWords(text);
  return parts && Math.abs(parts.days * DAY_MS + parts.ms) <= MAX_MS ? parts : undefined;
}

function readWords(text: string): DurationParts | undefined {
  const [, sign, rest] = /^([+-]?)\s*(.*)$/s.exec(text)!;
  const parts = readClock(rest!) ?? readUnits(rest!);
  // 0 less: -0 would be another value to a strict comparison.
  return parts && (sign === "-" ? { days: 0 - parts.days, ms: 0 - parts.ms } : parts);
}

/** `8:30` and `8:30:15`. */
function readClock(text: string): DurationParts | undefined {
  const found = CLOCK.exec(text);
  if (!found) return undefined;
  const [, hours, minutes, seconds = "0"] = found;
  return { days: 0, ms: (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1_000 };
}

/** `1 h 30 min`, `1 hour and 30 minutes`, `8h30`: each unit once, the longer before the shorter. */
function readUnits(text: string): DurationParts | undefined {
  const parts = { days: 0, ms: 0 };
  let next = 0;
  let position = 0;
  while (position < text.length) {
    const amount = match(AMOUNT, text, position);
    if (!amount) return undefined;
    position += amount[0].length;
    const unit = match(UNIT, text, position);
    // `8h30`: what follows hours without a unit is minutes, in two digits.
    const isRest = !unit && position === text.length && /h\d\d$/.test(text) && UNITS[next - 1]?.short === "h";
    const index = isRest ? next : UNITS.findIndex(({ names }) => unit && names.includes(unit[1]!));
    if (index < next || index === -1) return undefined;
    next = index + 1;
    position += unit?.[0].length ?? 0;
    const fraction = amount[2] ?? amount[3];
    const { ms, short } = UNITS[index]!;
    if (fraction === undefined && (short === "w" || short === "d")) parts.days += Number(amount[1]) * ms / DAY_MS;
    else parts.ms += Math.round(Number(`${amount[1]}.${fraction ?? 0}`) * ms);
    if (position < text.length) position += match(BETWEEN, text, position)![0].length;
    if (position === text.length && /(?:and|,)\s*$/.test(text)) return undefined;
  }
  return next === 0 ? undefined : parts;
}

/** `8 h`, `1 h 30 min`, `45 s`: what `readDuration` reads as the same again. */
export function durationWords(ms: number): string {
  const rest = Math.abs(ms);
  const hours = Math.floor(rest / HOUR_MS);
  const minutes = Math.floor(rest % HOUR_MS / 60_000);
  const seconds = rest % 60_000 / 1_000;
  const words = [hours > 0 && `${hours} h`, minutes > 0 && `${minutes} min`, seconds > 0 && `${seconds} s`];
  const text = words.filter((word) => word !== false).join(" ");
  return text === "" ? "0 min" : ms < 0 ? `-${text}` : text;
}

/** `PT8H30M`, as Clockify writes it. */
export function isoDuration(ms: number): string {
  const rest = Math.abs(ms);
  const hours = Math.floor(rest / HOUR_MS);
  const minutes = Math.floor(rest % HOUR_MS / 60_000);
  const seconds = rest % 60_000 / 1_000;
  const text = `${hours > 0 ? `${hours}H` : ""}${minutes > 0 ? `${minutes}M` : ""}${seconds > 0 ? `${seconds}S` : ""}`;
  return text === "" ? "PT0S" : `${ms < 0 ? "-" : ""}PT${text}`;
}

/** A duration that was probably meant, as in `8 h` for `8 huors`; undefined when nothing is near. */
export function durationMeant(value: unknown): string | undefined {
  const found = /^\s*(\d{1,9}(?:[.,]\d{1,2})?)\s*([a-z]*)/i.exec(String(value));
  if (!found) return undefined;
  const [, amount, unit] = found;
  const near = unit === "" ? undefined : UNITS.find(({ short }) => short[0] === unit![0]!.toLowerCase());
  return near && `${amount} ${near.short}`;
}

function match(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}
