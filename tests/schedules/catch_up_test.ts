/** Tests of src/schedules/catch_up.ts: which slots fire, when nothing fired for a while. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { IN_TIME_MS, MAX_CAUGHT_UP, planFiring, POLICIES, type Policy } from "../../src/schedules/catch_up.ts";
import { slotName, slotsAfter, type Timing } from "../../src/schedules/timing.ts";

const HOURLY: Timing = { cron: "0 * * * *", zone: "UTC" };

function plan(policy: Policy, { timing = HOURLY, nextAt, now, limit = 1_000 }: {
  timing?: Timing;
  nextAt: string;
  now: string;
  limit?: number;
}) {
  const firing = planFiring({ timing, policy, nextAt: new Date(nextAt), now: new Date(now) }, { limit });
  return { ...firing, slots: firing.slots.map(slotName), nextAt: firing.nextAt && slotName(firing.nextAt) };
}

Deno.test("a slot that is in time fires alone, whatever the policy", () => {
  for (const policy of POLICIES) {
    for (const timing of [HOURLY, { everySeconds: 3_600 }]) {
      assertEquals(plan(policy, { timing, nextAt: "2026-11-28T09:00Z", now: "2026-11-28T09:00:03Z" }), {
        slots: ["2026-11-28T09:00Z"],
        nextAt: "2026-11-28T10:00Z",
        isCut: false,
        missed: 0,
      });
    }
  }
});

Deno.test("of slots that were missed: none, the last, or all of them", () => {
  const missed = { nextAt: "2026-11-28T09:00Z", now: "2026-11-28T11:30Z" };
  const nextAt = "2026-11-28T12:00Z";
  assertEquals(plan("skip", missed), { slots: [], nextAt, isCut: false, missed: 3 });
  assertEquals(plan("one", missed), { slots: ["2026-11-28T11:00Z"], nextAt, isCut: false, missed: 2 });
  const all = ["2026-11-28T09:00Z", "2026-11-28T10:00Z", "2026-11-28T11:00Z"];
  assertEquals(plan("all", missed), { slots: all, nextAt, isCut: false, missed: 0 });
  assertEquals(plan("all", { ...missed, limit: 2 }), {
    slots: all.slice(0, 2),
    nextAt: all[2],
    isCut: false,
    missed: 0,
  });
  const inTime = new Date(Date.parse("2026-11-28T11:00Z") + IN_TIME_MS).toISOString();
  assertEquals(plan("skip", { ...missed, now: inTime }).slots, ["2026-11-28T11:00Z"], "the last one is in time");
});

Deno.test("all makes up for so many slots, the newest, and says that there were more", () => {
  const minutely: Timing = { cron: "* * * * *", zone: "UTC" };
  const at = (minutes: number) => new Date(Date.UTC(2026, 10, 28, 0, minutes)).toISOString();
  const nextAt = at(0);
  const whole = plan("all", { timing: minutely, nextAt, now: at(MAX_CAUGHT_UP - 1) });
  assertEquals([whole.slots.length, whole.isCut], [MAX_CAUGHT_UP, false]);
  for (const timing of [minutely, { everySeconds: 60 }]) {
    const cut = plan("all", { timing, nextAt, now: at(20_000) });
    assertEquals([cut.slots.length, cut.isCut, cut.missed], [MAX_CAUGHT_UP, true, 1_000]);
    assertEquals(plan("all", { timing, nextAt, now: at(MAX_CAUGHT_UP + 4) }).missed, 5);
    assertEquals(
      [cut.slots[0], cut.slots.at(-1), cut.nextAt],
      [20_001 - MAX_CAUGHT_UP, 20_000, 20_001].map((minutes) => slotName(new Date(at(minutes)))),
    );
  }
});

Deno.test("the last slot of all is followed by none", () => {
  // Not a date that requireTiming() lets pass; a zone's rules may change behind it.
  const timing: Timing = { cron: "0 0 31 2 *", zone: "UTC" };
  for (const policy of POLICIES) {
    assertEquals(plan(policy, { timing, nextAt: "2026-11-28T09:00Z", now: "2026-11-28T09:00Z" }), {
      slots: ["2026-11-28T09:00Z"],
      nextAt: undefined,
      isCut: false,
      missed: 0,
    });
  }
});

Deno.test("looks at any times fire each slot once by all, at most once by the others, and never one to come", () => {
  const timings = fc.constantFrom<Timing>(
    { cron: "*/7 * * * *", zone: "Europe/Berlin" },
    { cron: "30 2 * * *", zone: "America/New_York" },
    { everySeconds: 333 },
  );
  fc.assert(
    fc.property(
      timings,
      fc.constantFrom(...POLICIES),
      fc.array(fc.integer({ min: 1, max: 6_000 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      (timing, policy, steps, limit) => {
        let now = new Date("2026-10-24T23:00Z");
        let nextAt: Date | undefined = slotsAfter(timing, now, 1)[0]!;
        const expected = slotsAfter(timing, now, 150).map(slotName);
        const fired: string[] = [];
        for (const step of steps) {
          now = new Date(now.getTime() + step * 1_000);
          while (nextAt && nextAt <= now) {
            const firing = planFiring({ timing, policy, nextAt, now }, { limit });
            assertEquals(firing.isCut, false);
            assertEquals(firing.slots.some((slot) => slot > now), false);
            fired.push(...firing.slots.map(slotName));
            nextAt = firing.nextAt;
          }
        }
        const past = expected.filter((slot) => new Date(slot) <= now);
        if (policy === "all") assertEquals(fired, past);
        else assertEquals(fired, past.filter((slot) => fired.includes(slot)));
        if (policy === "one" && past.length > 0) assertEquals(fired.at(-1), past.at(-1));
      },
    ),
    { numRuns: 100 },
  );
});
