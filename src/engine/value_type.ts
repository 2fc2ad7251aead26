/** The types of fields that conditions know, and how a value of each is read, compared and put into words. Pure. */

import { isMissing } from "./compare.ts";
import { compareDecimals, decimalOf } from "./decimal.ts";
import { DURATION_FORMS, durationMeant, durationWords, readDuration } from "./duration.ts";
import { cut, kindOf } from "./faults.ts";
import { durationMs, isPlainDate } from "../base/iso_time.ts";
import { moneyWords, readCents } from "./money.ts";
import { isWallClock, spanMs, zonedTime } from "./zone.ts";

/** `money` is a whole number of cents, as Clockify's amounts are. */
export type ValueType = "text" | "id" | "number" | "money" | "boolean" | "duration" | "instant" | "list" | "object";

/** A value of a rule, read as its field's type wants it. */
export interface TypedValue {
  /** How `actual`, which stands in data, compares with it: less than 0, 0, more; undefined where the two have no order. */
  compare(actual: unknown, timeZone: string): number | undefined;
  /** As it was read: "8 h". */
  words(timeZone: string): string;
}

/** How values of a type are read and put into words. */
export interface ReadableType {
  /** What a rule compares with; undefined when it cannot be read. */
  read(value: unknown): TypedValue | undefined;
  /** Why it cannot, and what could be. */
  fault(value: unknown): string;
  /** A value of data in words; undefined for one that is none of the type. */
  words(actual: unknown, timeZone: string): string | undefined;
}

const READABLE: Partial<Record<ValueType, ReadableType>> = {
  duration: {
    read: (value) => {
      const wanted = readDuration(value);
      return wanted === undefined ? undefined : {
        compare: (actual) => {
          const ms = durationMs(actual);
          return ms === undefined ? undefined : ms - wanted;
        },
        words: () => durationWords(wanted),
      };
    },
    fault: (value) => {
      if (isNumeric(value)) {
        return `${quoted(value)} has no unit: write "${value} h", "${value} min" or "${value} s" for a duration`;
      }
      const meant = durationMeant(value);
      const form = meant ? `did you mean "${meant}"?` : `write one ${DURATION_FORMS}`;
      return `${quoted(value)} is no duration: ${form}`;
    },
    words: (actual) => {
      const ms = durationMs(actual);
      return ms === undefined ? undefined : durationWords(ms);
    },
  },
  instant: {
    read: (value) =>
      spanMs(value, "UTC", { wall: true }) && {
        compare: (actual, timeZone) => {
          const here = spanMs(actual, timeZone);
          const there = spanMs(value, timeZone, { wall: true })!;
          if (!here) return undefined;
          // Within the other one, a day's instant and an instant's day are the same to a rule.
          if (here.from >= there.from && here.to <= there.to || there.from >= here.from && there.to <= here.to) {
            return 0;
          }
          return here.from - there.from;
        },
        words: (timeZone) =>
          isPlainDate(value) || isWallClock(value) ? `${value} (${timeZone})` : instantWords(value, timeZone)!,
      },
    fault: (value) =>
      `${quoted(value)} is no date or time: write one as in "2026-11-16", "2026-11-16 09:00" or "2026-11-16T09:00:00Z"`,
    words: instantWords,
  },
  money: {
    read: (value) => {
      const cents = readCents(value);
      return cents === undefined ? undefined : {
        compare: (actual) => compareNumber(actual, cents),
        words: () => moneyWords(cents),
      };
    },
    fault: (value) =>
      `${
        quoted(value)
      } is no amount: write it with its decimals as in "80.50", or in cents as 8050, without a currency`,
    words: (actual) => {
      const cents = readCents(actual);
      return cents === undefined ? undefined : moneyWords(cents);
    },
  },
  number: {
    read: (value) =>
      decimalOf(trimmed(value)) &&
      { compare: (actual) => compareNumber(actual, trimmed(value)), words: () => String(trimmed(value)) },
    fault: (value) => `${quoted(value)} is no number: write one as in 12.5`,
    words: (actual) => decimalOf(actual) && String(actual),
  },
  boolean: {
    read: (value) => {
      const wanted = readFlag(value);
      return wanted === undefined ? undefined : {
        compare: (actual) => typeof actual === "boolean" ? Number(actual) - Number(wanted) : undefined,
        words: () => String(wanted),
      };
    },
    fault: (value) => `${quoted(value)} is neither true nor false`,
    words: (actual) => typeof actual === "boolean" ? String(actual) : undefined,
  },
};

/** How values of the type are read; undefined for a type whose values compare as they are. */
export function readableType(type: ValueType | undefined): ReadableType | undefined {
  return type && READABLE[type];
}

function instantWords(text: unknown, timeZone: string): string | undefined {
  if (isPlainDate(text)) return text;
  const at = zonedTime(text, timeZone);
  return at && `${at.toPlainDate()} ${at.toPlainTime().toString({ smallestUnit: "minute" })} (${timeZone})`;
}

function compareNumber(actual: unknown, wanted: unknown): number | undefined {
  const left = decimalOf(actual);
  return left && compareDecimals(left, decimalOf(wanted)!);
}

function readFlag(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  const text = typeof value === "string" ? value.trim().toLowerCase() : undefined;
  return text === "true" ? true : text === "false" ? false : undefined;
}

function trimmed(value: unknown): unknown {
  return typeof value === "string" ? value.trim() : value;
}

function isNumeric(value: unknown): boolean {
  return !isMissing(decimalOf(trimmed(value)));
}

function quoted(value: unknown): string {
  if (typeof value === "string") return value === "" ? "empty text" : `"${cut(value)}"`;
  return typeof value === "number" ? String(value) : kindOf(value);
}
