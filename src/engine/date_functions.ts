/** The functions of templates that know times: each reads the calendar of a time zone, the workspace's where none is named. */

import { isMissing } from "./compare.ts";
import { DURATION_FORMS, isoDuration, readDurationParts } from "./duration.ts";
import { kindOf } from "./faults.ts";
import { ArgumentError, type FunctionContext, type PureFunction } from "./function.ts";
import { type DurationParts, isoInstant } from "../base/iso_time.ts";
import { addTime, isTimeZone, weekdayOf, zonedTime } from "./zone.ts";

const DAY_MS = 86_400_000;

/**
 * By name; functions.ts has the others.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { resolve } from "./mapping.ts";
 * import { buildScope } from "./scope.ts";
 *
 * const scope = buildScope({ body: { start: "2026-11-16T22:30:00Z", duration: "PT1H30M" }, results: [] });
 * const give = (expression: string) => resolve(`{{ ${expression} }}`, scope);
 *
 * assertEquals(give('date_add($.webhook.start, "1 h 30 min")'), "2026-11-17T00:00:00Z");
 * assertEquals(give('date_format($.webhook.start, "weekday", "Asia/Tokyo")'), "Tuesday");
 * assertEquals(give('date_format($.webhook.start, "datetime", "Europe/Berlin")'), "2026-11-16 23:30");
 * assertEquals(give('start_of_day($.webhook.start, "Europe/Berlin")'), "2026-11-15T23:00:00Z");
 * assertEquals(give('duration("1:30")'), "PT1H30M");
 * assertEquals(give("duration_hours($.webhook.duration)"), 1.5);
 * ```
 */
export const DATE_FUNCTIONS: Record<string, PureFunction> = {
  date_add: {
    min: 2,
    max: 3,
    doc:
      'date_add(instant, duration, zone?): the instant later by a duration, as in "1 h 30 min", "P7D", "-PT15M"; days are ' +
      "those of the zone's calendar, the workspace's by default",
    checks: [momentFault, durationFault, zoneFault],
    apply: ([moment, duration, zone], context) => {
      const sum = addTime(zoned(moment, zone, context), length(duration));
      return inRange(sum);
    },
  },
  date_format: {
    min: 2,
    max: 3,
    doc:
      "date_format(instant, form, zone?): form is date (2026-11-16), time (09:00), datetime, year, month, day, weekday " +
      "(Monday), in the zone, the workspace's by default; or iso, which is UTC",
    checks: [momentFault, formFault, zoneFault],
    apply: ([moment, form, zone], context) => {
      const wrong = formFault(form);
      if (wrong) throw new ArgumentError(wrong);
      return DATE_FORMS[String(form)]!(zoned(moment, zone, context));
    },
  },
  start_of_day: {
    min: 1,
    max: 2,
    doc: "start_of_day(instant, zone?): the first instant of its day in the zone, the workspace's by default",
    checks: [momentFault, zoneFault],
    apply: ([moment, zone], context) => inRange(zoned(moment, zone, context).startOfDay().epochMilliseconds),
  },
  duration: {
    min: 1,
    max: 1,
    doc: 'duration(text): the ISO duration that a text spells: "1 h 30 min", "1:30" and "90 min" are PT1H30M',
    checks: [durationFault],
    apply: ([text]) => {
      const { days, ms } = length(text);
      return isoDuration(days * DAY_MS + ms);
    },
  },
  duration_hours: {
    min: 1,
    max: 1,
    doc: "duration_hours(duration): PT1H30M is 1.5",
    checks: [durationFault],
    apply: ([duration]) => {
      const { days, ms } = length(duration);
      return (days * DAY_MS + ms) / 3_600_000;
    },
  },
};

const DATE_FORMS: Record<string, (at: Temporal.ZonedDateTime) => string> = {
  iso: (at) => isoInstant(at.epochMilliseconds)!,
  date: (at) => at.toPlainDate().toString(),
  time: (at) => at.toPlainTime().toString().slice(0, 5),
  datetime: (at) => `${at.toPlainDate()} ${at.toPlainTime().toString().slice(0, 5)}`,
  year: (at) => at.toPlainDate().toString().slice(0, -6),
  month: (at) => at.toPlainDate().toString().slice(-5, -3),
  day: (at) => at.toPlainDate().toString().slice(-2),
  weekday: weekdayOf,
};

function zoned(moment: unknown, zone: unknown, { timeZone }: FunctionContext): Temporal.ZonedDateTime {
  const wrong = isMissing(zone) ? undefined : zoneFault(zone);
  if (wrong) throw new ArgumentError(wrong);
  const at = zonedTime(moment, isMissing(zone) ? timeZone : zone as string);
  if (!at) throw new ArgumentError(momentFault(moment)!);
  return at;
}

function length(value: unknown): DurationParts {
  const parts = readDurationParts(value);
  if (!parts) throw new ArgumentError(durationFault(value)!);
  return parts;
}

function inRange(ms: number | undefined): string {
  const text = ms === undefined ? undefined : isoInstant(ms);
  if (text === undefined) throw new ArgumentError("gives an instant out of range");
  return text;
}

function momentFault(value: unknown): string | undefined {
  return zonedTime(value, "UTC") ? undefined : `takes an instant such as 2026-11-16T09:00:00Z, not ${given(value)}`;
}

function durationFault(value: unknown): string | undefined {
  return readDurationParts(value) ? undefined : `takes a duration ${DURATION_FORMS}, not ${given(value)}`;
}

function formFault(value: unknown): string | undefined {
  return typeof value === "string" && Object.hasOwn(DATE_FORMS, value)
    ? undefined
    : `takes one of the forms ${Object.keys(DATE_FORMS).join(", ")}`;
}

function zoneFault(value: unknown): string | undefined {
  return isMissing(value) || isTimeZone(value)
    ? undefined
    : `takes a time zone such as Europe/Berlin, not ${given(value)}`;
}

/** Short texts stand in the sentence as they are: a date that is none shows what is wrong with it. */
function given(value: unknown): string {
  return typeof value === "string" && /^[\w :.,+/-]{1,40}$/.test(value) ? `"${value}"` : kindOf(value);
}
