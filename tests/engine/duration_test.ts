/** Durations as people write them: what is read, what is refused, and what comes back the same. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { durationMeant, durationWords, isoDuration, readDuration } from "../../src/engine/duration.ts";
import { durationMs } from "../../src/base/iso_time.ts";

const H = 3_600_000;

Deno.test("readDuration() reads the natural writings of eight hours as the same", () => {
  const eight = [
    ..."8 h|8h|8:00|08:00|8:00:00|480 min|480min|480 m|PT8H|pt8h|PT480M|8 hours|8 HOURS|8 hrs.|8.0 h|8,0 h".split("|"),
    ..." 8\u00a0h |28800 s|7 h 60 min|7 hours and 60 minutes|7 hours, 60 min|+8 h".split("|"),
  ];
  for (const text of eight) assertEquals(readDuration(text), 8 * H, text);
});

Deno.test("readDuration() reads other writings, signs and fractions", () => {
  const cases: [unknown, number][] = [
    ["1 h 30 min", 1.5 * H],
    ["1h30m", 1.5 * H],
    ["1h30", 1.5 * H],
    ["1,5 h", 1.5 * H],
    ["90 seconds", 90_000],
    ["1 day 2 h", 26 * H],
    ["2 weeks", 14 * 24 * H],
    ["1.5 s", 1_500],
    ["-15 min", -900_000],
    ["-0:15", -900_000],
    ["P1DT2H", 26 * H],
    ["0", 0],
    [0, 0],
  ];
  for (const [value, ms] of cases) assertStrictEquals(readDuration(value), ms, String(value));
});

Deno.test("readDuration() refuses what has no unit, no order or no sense", () => {
  const refused: unknown[] = [
    ..."|8|8.5|eight hours|8 huors|h|PT|P|P1M|1Y|8:60|8:5|1:2:3:4|1,500 min|30 min 1 h|1 h 2 h|8 h and|8 h,|--8 h|8 h x"
      .split("|"),
    ...[8, 1.5, true, null, undefined, ["8 h"], {}, "9".repeat(70) + " h", "999999999 weeks"],
  ];
  for (const value of refused) assertEquals(readDuration(value), undefined, String(value));
  assertEquals(durationMeant("8 huors"), "8 h");
  assertEquals(durationMeant("20 minuts"), "20 min");
  assertEquals(durationMeant("soon"), undefined);
});

Deno.test("a duration put into words or into ISO is read as the same again", () => {
  fc.assert(fc.property(fc.integer({ min: -1e14, max: 1e14 }), (ms) => {
    assertStrictEquals(readDuration(durationWords(ms)), ms);
    assertStrictEquals(readDuration(isoDuration(ms)), ms);
    assertStrictEquals(durationMs(isoDuration(ms)), ms);
  }));
  assertEquals([durationWords(25 * 60_000), durationWords(8.5 * H), durationWords(0)], [
    "25 min",
    "8 h 30 min",
    "0 min",
  ]);
});

Deno.test("readDuration() of ISO texts agrees with Temporal", () => {
  const part = fc.option(fc.nat(5_000), { nil: undefined });
  const parts = fc.record({ days: part, hours: part, minutes: part, seconds: part });
  fc.assert(fc.property(parts, fc.boolean(), (given, negative) => {
    const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    if (Object.keys(known).length === 0) return;
    const oracle = negative ? Temporal.Duration.from(known).negated() : Temporal.Duration.from(known);
    assertStrictEquals(readDuration(oracle.toString()), oracle.total("milliseconds"));
  }));
});

Deno.test("readDuration() gives a number or nothing for any text, soon", () => {
  const signs = fc.stringMatching(/^[0-9hmsdw:.,PT +-]{0,60}$/);
  fc.assert(fc.property(fc.oneof(fc.string(), signs), (text) => {
    const ms = readDuration(text);
    assert(ms === undefined || Number.isSafeInteger(ms), text);
  }));
});
