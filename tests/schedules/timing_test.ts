/** Tests of src/schedules/timing.ts: what is a schedule, and when it fires where a time of day is left out or comes twice. */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AppError } from "../../src/base/errors.ts";
import {
  nextFirings,
  requireTiming,
  slotName,
  slotsAfter,
  slotsUntil,
  type Timing,
} from "../../src/schedules/timing.ts";

const NOW = new Date("2026-01-01T00:00Z");

const texts = (slots: Date[]) => slots.map(slotName);

Deno.test("requireTiming() gives the expression in one spelling, and knows names, last days and weekdays by number", () => {
  assertEquals(requireTiming({ cron: "  0  9 * *\tMON-FRI ", zone: "Europe/Berlin" }, NOW), {
    cron: "0 9 * * MON-FRI",
    zone: "Europe/Berlin",
  });
  for (const cron of ["* * * * *", "*/5 0-6 1,15 JAN *", "0 0 L * *", "0 9 * * FRI#2", "0 0 29 2 *"]) {
    assertEquals(requireTiming({ cron, zone: "UTC" }, NOW), { cron, zone: "UTC" });
  }
  assertEquals(requireTiming({ everySeconds: 60 }, NOW), { everySeconds: 60 });
});

Deno.test("requireTiming() says what is wrong, and with which field", () => {
  const faults: [Timing, string, string][] = [
    [
      { cron: "* * * * * *", zone: "UTC" },
      "cron",
      'Cannot schedule "* * * * * *": expected 5 fields (minute hour day month weekday), found 6; seconds have no field, since a schedule fires once a minute at most',
    ],
    [
      { cron: "@daily", zone: "UTC" },
      "cron",
      'Cannot schedule "@daily": expected 5 fields (minute hour day month weekday), found a nickname',
    ],
    [
      { cron: " ", zone: "UTC" },
      "cron",
      'Cannot schedule "": expected 5 fields (minute hour day month weekday), found 0',
    ],
    [{ cron: "61 * * * *", zone: "UTC" }, "cron", 'Cannot schedule "61 * * * *": Invalid value for minute: 61'],
    [{ cron: "0 0 31 2 *", zone: "UTC" }, "cron", 'Cannot schedule "0 0 31 2 *": no date matches it'],
    [
      { cron: "0 9 * * *", zone: "Mars/Base" },
      "zone",
      'Cannot schedule in the time zone "Mars/Base": expected a time zone such as Europe/Berlin or UTC',
    ],
    [
      { everySeconds: 59 },
      "everySeconds",
      "Cannot schedule every 59 seconds: expected a whole number from 60 to 2678400",
    ],
    [
      { everySeconds: 90.5 },
      "everySeconds",
      "Cannot schedule every 90.5 seconds: expected a whole number from 60 to 2678400",
    ],
  ];
  for (const [timing, field, message] of faults) {
    const error = assertThrows(() => requireTiming(timing, NOW), AppError);
    assertEquals([error.code, error.details.field, error.message], ["REQUEST_INVALID", field, message]);
  }
  const long = assertThrows(() => requireTiming({ cron: `${"1,".repeat(60)}1 * * * *`, zone: "UTC" }, NOW), AppError);
  assertEquals(long.message.endsWith("expected at most 100 characters"), true);
});

/** Zone, an instant before the change, an expression, and its next slots. */
const CHANGES: [string, string, string, string[]][] = [
  // 02:00 to 03:00 is left out on 29 March: once, as soon as the clock is past it.
  ["Europe/Berlin", "2026-03-28T12:00Z", "30 2 * * *", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]],
  ["Europe/Berlin", "2026-03-29T00:20Z", "*/30 * * * *", [
    "2026-03-29T00:30Z",
    "2026-03-29T01:00Z",
    "2026-03-29T01:30Z",
  ]],
  ["Europe/Berlin", "2026-03-28T12:00Z", "*/30 2 * * *", ["2026-03-30T00:00Z", "2026-03-30T00:30Z"]],
  // 02:00 to 03:00 comes twice on 25 October: a time of day once, an interval each time.
  ["Europe/Berlin", "2026-10-24T12:00Z", "30 2 * * *", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]],
  ["Europe/Berlin", "2026-10-25T00:20Z", "*/30 * * * *", [
    "2026-10-25T00:30Z",
    "2026-10-25T01:00Z",
    "2026-10-25T01:30Z",
    "2026-10-25T02:00Z",
  ]],
  ["America/New_York", "2026-03-07T12:00Z", "30 2 * * *", ["2026-03-08T07:00Z", "2026-03-09T06:30Z"]],
  ["America/New_York", "2026-10-31T12:00Z", "30 1 * * *", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]],
  ["America/New_York", "2026-11-01T04:30Z", "0 * * * *", [
    "2026-11-01T05:00Z",
    "2026-11-01T06:00Z",
    "2026-11-01T07:00Z",
  ]],
  // Midnight is left out.
  ["America/Santiago", "2026-09-05T12:00Z", "0 0 * * *", ["2026-09-06T04:00Z", "2026-09-07T03:00Z"]],
  // Half an hour is left out.
  ["Australia/Lord_Howe", "2026-10-03T15:00Z", "15 2 * * *", ["2026-10-03T15:30Z", "2026-10-04T15:15Z"]],
];

for (const [zone, from, cron, expected] of CHANGES) {
  Deno.test(`the next slots of "${cron}" in ${zone} after ${from}`, () => {
    assertEquals(texts(slotsAfter({ cron, zone }, new Date(from), expected.length)), expected);
  });
}

Deno.test("nextFirings() begins with the stored slot, and without one with the next from now on", () => {
  const daily = { cron: "0 9 * * *", zone: "UTC" };
  const now = new Date("2026-11-28T10:00Z");
  const five = [
    "2026-11-29T09:00Z",
    "2026-11-30T09:00Z",
    "2026-12-01T09:00Z",
    "2026-12-02T09:00Z",
    "2026-12-03T09:00Z",
  ];
  assertEquals(texts(nextFirings(daily, { now })), five);
  assertEquals(texts(nextFirings(daily, { now, nextAt: new Date(five[0]!) })), five);
  assertEquals(texts(nextFirings({ everySeconds: 90 }, { now, nextAt: new Date("2026-11-28T10:00:15Z"), count: 2 })), [
    "2026-11-28T10:00:15Z",
    "2026-11-28T10:01:45Z",
  ]);
});

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu"];
const numbers = (from: number, to: number) =>
  fc.oneof(
    fc.constant("*"),
    fc.integer({ min: from, max: to }).map(String),
    fc.integer({ min: 2, max: 7 }).map((step) => `*/${step}`),
    fc.uniqueArray(fc.integer({ min: from, max: to }), { minLength: 2, maxLength: 3 })
      .map((some) => some.sort((a, b) => a - b).join()),
  );
/** Expressions, more of them near the hours in which clocks change. */
export const anyCron = fc.tuple(
  numbers(0, 59),
  fc.oneof(numbers(0, 23), numbers(0, 3)),
  fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, { weight: 1, arbitrary: numbers(1, 28) }),
  fc.constant("*"),
  fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, { weight: 1, arbitrary: numbers(0, 6) }),
).map((fields) => fields.join(" "));
const anyInstant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) });
const nearChange = fc.tuple(
  fc.constantFrom(
    "2026-03-29T00:00Z",
    "2026-10-25T00:00Z",
    "2026-03-08T06:00Z",
    "2026-11-01T05:00Z",
    "2026-09-06T03:00Z",
  ),
  fc.integer({ min: -7_200_000, max: 7_200_000 }),
).map(([at, by]) => Date.parse(at) + by);

Deno.test("each slot is later than the one before, is a minute of its own, and no look from within leaves one out", () => {
  fc.assert(
    fc.property(anyCron, fc.constantFrom(...ZONES), fc.oneof(anyInstant, nearChange), (cron, zone, from) => {
      const timing = { cron, zone };
      const slots = slotsAfter(timing, new Date(from), 30);
      for (const [index, slot] of slots.entries()) {
        const before = index === 0 ? from : slots[index - 1]!.getTime();
        assertEquals(
          [slot.getTime() > before, slot.getTime() % 60_000],
          [true, 0],
          `${slotName(slot)} after ${before}`,
        );
        // The next is the same, wherever between the two it is asked for.
        const middle = new Date(before + Math.floor((slot.getTime() - before) / 2));
        assertEquals(texts(slotsAfter(timing, middle, 1)), [slotName(slot)], `from ${middle.toISOString()}`);
      }
    }),
    { numRuns: 150 },
  );
});

Deno.test("the first of March fires for days of the month that February has not", () => {
  for (const cron of ["0 0 1,30 * *", "0 0 */6 * *"]) {
    const slots = texts(slotsAfter({ cron, zone: "UTC" }, new Date("2027-02-26T00:00Z"), 1));
    assertEquals(slots, ["2027-03-01T00:00Z"], cron);
  }
});

Deno.test("slotsUntil() gives the end of what slotsAfter() counts up", () => {
  const timings: fc.Arbitrary<Timing> = fc.oneof(
    fc.record({ cron: anyCron, zone: fc.constantFrom(...ZONES) }),
    fc.record({ everySeconds: fc.integer({ min: 60, max: 7_200 }) }),
  );
  fc.assert(
    fc.property(
      timings,
      fc.oneof(anyInstant, nearChange),
      fc.integer({ min: 0, max: 40 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 12 }),
      (timing, from, passed, within, count) => {
        const [slot, ...later] = slotsAfter(timing, new Date(from), passed + 2);
        const slots = [slot!, ...later];
        const [last, next] = [slots[passed]!, slots[passed + 1]!];
        const now = new Date(last.getTime() + Math.floor((next.getTime() - last.getTime() - 1) * within));
        const expected = slots.slice(Math.max(0, passed + 1 - count), passed + 1);
        assertEquals(texts(slotsUntil(timing, { slot: slot!, now, count })), texts(expected));
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("slotsUntil() gives the stored slot while it is to come, and where the zone has none there any more", () => {
  const slot = new Date("2026-11-28T09:00Z");
  const timing = { cron: "0 8 * * *", zone: "UTC" };
  assertEquals(texts(slotsUntil(timing, { slot, now: new Date("2026-11-28T08:30Z"), count: 3 })), [
    "2026-11-28T09:00Z",
  ]);
  assertEquals(texts(slotsUntil(timing, { slot, now: new Date("2026-11-29T08:00Z"), count: 3 })), [
    "2026-11-28T09:00Z",
    "2026-11-29T08:00Z",
  ]);
});

/** An independent reading of a simple expression: every minute of two days, by the clock of the zone. */
function minutesOf(cron: string, zone: string, from: number): string[] {
  const [minute, hour] = cron.split(" ").map((field) => new Set(field.split(",").map(Number)));
  const found: string[] = [];
  for (let ms = from; ms < from + 2 * 86_400_000; ms += 60_000) {
    const at = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
    if (minute!.has(at.minute) && hour!.has(at.hour)) found.push(slotName(new Date(ms)));
  }
  return found;
}

Deno.test("lists of hours and minutes fire whenever the clock of the zone shows them, and at no other minute", () => {
  for (const zone of ZONES) {
    for (
      const day of [
        "2026-03-28T12:00Z",
        "2026-10-24T12:00Z",
        "2026-03-07T12:00Z",
        "2026-10-31T12:00Z",
        "2026-09-05T12:00Z",
      ]
    ) {
      const cron = "0,20,45 0,1,2,3,4 * * *";
      const from = Date.parse(day);
      const expected = minutesOf(cron, zone, from);
      assertEquals(texts(slotsAfter({ cron, zone }, new Date(from - 1), expected.length)), expected, `${zone} ${day}`);
    }
  }
});
