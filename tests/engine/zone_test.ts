/** Instants and days on the calendar of a time zone, against Temporal and Intl as they stand in the runtime. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { instantMs, isoInstant } from "../../src/base/iso_time.ts";
import { addTime, isTimeZone, spanMs, weekdayOf, zonedTime } from "../../src/engine/zone.ts";

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "Asia/Kolkata",
  "Asia/Beirut",
  "Australia/Lord_Howe",
  "Pacific/Auckland",
  "Pacific/Apia",
];
const zone = fc.constantFrom(...ZONES);
const moment = fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2049, 0, 1) });

Deno.test("instantMs() refuses days that no calendar has", () => {
  const refused = "2026-02-30|2026-02-29|1900-02-29|2026-04-31|2026-00-10|2026-13-01|2026-01-00|2026-01-32".split("|");
  for (const day of refused) {
    assertEquals(instantMs(day), undefined, day);
    assertEquals(instantMs(`${day}T09:00:00Z`), undefined, day);
    assertEquals(spanMs(`${day} 09:00`, "UTC", { wall: true }), undefined, day);
  }
  for (const text of ["2026-11-16T24:00:00Z", "2026-11-16T09:60Z", "2026-11-16T09:00:00", "16.11.2026"]) {
    assertEquals(instantMs(text), undefined, text);
  }
  for (const day of ["2024-02-29", "2000-02-29", "2026-12-31"]) {
    assertEquals(isoInstant(instantMs(day)!), `${day}T00:00:00Z`);
  }
});

Deno.test("instantMs() takes a date exactly where Temporal does", () => {
  const two = fc.integer({ min: 0, max: 40 }).map((n) => String(n).padStart(2, "0"));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9999 }), two, two, (year, month, day) => {
      const text = `${String(year).padStart(4, "0")}-${month}-${day}`;
      let oracle: number | undefined;
      try {
        oracle = Temporal.PlainDate.from(text, { overflow: "reject" }).toZonedDateTime("UTC").epochMilliseconds;
      } catch {
        oracle = undefined;
      }
      assertStrictEquals(instantMs(text), oracle, text);
    }),
    { numRuns: 500 },
  );
});

Deno.test("isoInstant() is read as the same moment, and any offset is", () => {
  fc.assert(fc.property(moment, fc.integer({ min: -14 * 60, max: 14 * 60 }), (ms, offset) => {
    assertStrictEquals(instantMs(isoInstant(ms)), ms);
    const sign = offset < 0 ? "-" : "+";
    const two = (n: number) => String(n).padStart(2, "0");
    const size = Math.abs(offset);
    const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
    assertStrictEquals(instantMs(`${local}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`), ms);
  }));
});

Deno.test("weekdays and dates are those that Intl shows in the zone", () => {
  const formats = new Map(ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat("en-CA", { timeZone, weekday: "long", year: "numeric", month: "2-digit", day: "2-digit" }),
  ]));
  fc.assert(fc.property(moment, zone, (ms, timeZone) => {
    const parts = Object.fromEntries(formats.get(timeZone)!.formatToParts(ms).map(({ type, value }) => [type, value]));
    const at = zonedTime(isoInstant(ms), timeZone)!;
    assertStrictEquals(weekdayOf(at), parts.weekday);
    assertEquals(String(at.toPlainDate()), `${parts.year}-${parts.month}-${parts.day}`);
  }));
});

Deno.test("each moment is in exactly the day that its zone shows, and days follow without a gap", () => {
  fc.assert(fc.property(moment, zone, (ms, timeZone) => {
    const day = zonedTime(isoInstant(ms), timeZone)!.toPlainDate();
    const { from, to } = spanMs(String(day), timeZone)!;
    assert(from <= ms && ms <= to);
    assertEquals(spanMs(String(day.add({ days: 1 })), timeZone)!.from, to + 1);
  }));
});

Deno.test("days have 23 to 25 hours where summer time begins and ends", () => {
  const hours = (day: string, timeZone: string) => {
    const { from, to } = spanMs(day, timeZone)!;
    return (to + 1 - from) / 3_600_000;
  };
  assertEquals(hours("2026-03-29", "Europe/Berlin"), 23);
  assertEquals(hours("2026-10-25", "Europe/Berlin"), 25);
  assertEquals(hours("2026-10-04", "Australia/Lord_Howe"), 23.5);
  assertEquals(hours("2026-11-01", "America/New_York"), 25);
  assertEquals(hours("2026-11-01", "Asia/Kolkata"), 24);
});

Deno.test("a day added keeps the wall clock, and taken away again gives the same moment", () => {
  fc.assert(fc.property(moment, zone, fc.integer({ min: -400, max: 400 }), (ms, timeZone, days) => {
    const at = zonedTime(isoInstant(ms), timeZone)!;
    const sum = addTime(at, { days, ms: 0 })!;
    assertStrictEquals(sum, at.add({ days }).epochMilliseconds);
    const later = zonedTime(isoInstant(sum), timeZone)!;
    // A wall clock that the later day skips or has twice comes back as its neighbour.
    if (!later.toPlainTime().equals(at.toPlainTime())) return;
    const back = zonedTime(isoInstant(addTime(later, { days: -days, ms: 0 })!), timeZone)!;
    assertEquals(String(back.toPlainDateTime()), String(at.toPlainDateTime()));
  }));
});

Deno.test("isTimeZone() takes names of zones only", () => {
  for (const name of [...ZONES, "Europe/Kyiv", "Etc/GMT+3"]) assert(isTimeZone(name), name);
  for (const name of ["", "Europe/Berln", "+02:00", "Mars/Olympus", null, undefined, 1, "x".repeat(100)]) {
    assert(!isTimeZone(name), String(name));
  }
});
