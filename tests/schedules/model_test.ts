/**
 * Property of src/schedules: whatever the expressions, the zones, the times of looks and the places where instances end, each
 * slot of a schedule with policy "all" fires once, over the changes of summer time too.
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import type { Database } from "../../src/db/db.ts";
import { slotName, slotsAfter, type Timing } from "../../src/schedules/timing.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addFlow, instance, readRuns, readSchedule, schedule, slotsOf } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

const FIELD = (from: number, to: number) =>
  fc.oneof(
    fc.constant("*"),
    fc.integer({ min: from, max: to }).map(String),
    fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
  );
const TIMING: fc.Arbitrary<Timing> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      cron: fc.tuple(
        fc.oneof(
          fc.integer({ min: 0, max: 59 }).map(String),
          fc.integer({ min: 7, max: 30 }).map((step) => `*/${step}`),
        ),
        FIELD(0, 3),
      )
        .map(([minute, hour]) => `${minute} ${hour} * * *`),
      zone: fc.constantFrom("Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "UTC"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ everySeconds: fc.integer({ min: 300, max: 4_000 }) }) },
);
const START = fc.constantFrom(
  "2026-03-28T22:00Z",
  "2026-10-24T22:00Z",
  "2026-03-08T05:00Z",
  "2026-11-01T03:00Z",
  "2026-09-06T02:00Z",
  "2026-10-03T13:00Z",
);
const POINTS: readonly CrashPoint[] = ["after_advance", "before_fire_commit", "after_fire"];
/** Time that passes, and where each of the two instances ends, at which of the times that it passes the place. */
const STEP = fc.record({
  seconds: fc.integer({ min: 1, max: 8_000 }),
  ends: fc.tuple(
    ...[0, 1].map(() => fc.option(fc.record({ at: fc.constantFrom(...POINTS), nth: fc.integer({ min: 1, max: 3 }) }))),
  ),
});

async function emptied({ sql }: Database) {
  for (const table of ["job", "run", "schedule", "flow", "plan"]) await sql`delete from ${sql(table)}`;
}

Deno.test("each slot fires once, whatever ends the instances and when they look", async () => {
  const { db, stop } = await testDatabase();
  await fc.assert(
    fc.asyncProperty(
      START,
      fc.array(TIMING, { minLength: 1, maxLength: 3 }),
      fc.array(STEP, { minLength: 1, maxLength: 5 }),
      async (start, timings, steps) => {
        await emptied(db);
        let now = new Date(start);
        const schedules = [];
        for (const timing of timings) {
          const flow = await addFlow(db);
          schedules.push(
            await schedule(db, { ...flow, timing, policy: "all", nextAt: slotsAfter(timing, now, 1)[0]! }),
          );
        }
        for (const { seconds, ends } of steps) {
          now = new Date(now.getTime() + seconds * 1_000);
          await Promise.all(ends.map((end) => {
            let left = end?.nth ?? 0;
            const onPoint = (point: CrashPoint) => {
              // What an instance does not do any more once it has ended: nothing, and its transaction is rolled back.
              if (end && (left <= 0 || (point === end.at && --left === 0))) throw new Error("ended");
            };
            return instance(db, { now: () => now, onPoint }).scheduler.drain();
          }));
        }
        await instance(db, { now: () => now }).scheduler.drain();
        for (const one of schedules) {
          const expected = slotsAfter(one.timing, new Date(start), 400).filter((slot) => slot <= now);
          assertEquals(await slotsOf(db, one), expected.map(slotName), JSON.stringify(one.timing));
          const { next_at } = await readSchedule(db, one);
          assertEquals(new Date(next_at) > now, true);
        }
        assertEquals((await readRuns(db)).every(({ queued }) => queued), true, "each run has its job");
      },
    ),
    { numRuns: 30 },
  );
  await stop();
});
