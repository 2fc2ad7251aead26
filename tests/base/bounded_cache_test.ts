/** Bounded caches: what stays and what gives way, whatever the order of the calls. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { createBoundedCache, createReminders } from "../../src/base/bounded_cache.ts";
import { processorMs } from "../support/own_time.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";

const calls = fc.array(
  fc.record({
    call: fc.constantFrom("set" as const, "set" as const, "set" as const, "delete" as const, "deleteWhere" as const),
    key: fc.integer({ min: 0, max: 12 }),
    value: fc.integer({ min: 0, max: 4 }),
  }),
  { maxLength: 300 },
);

Deno.test("a full cache drops the entry that was set longest ago, as a plain list would", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), calls, (max, steps) => {
      const cache = createBoundedCache<number, number>({ max });
      let model: { key: number; value: number }[] = [];
      for (const { call, key, value } of steps) {
        if (call === "deleteWhere") {
          cache.deleteWhere((one) => one === value);
          model = model.filter((one) => one.value !== value);
          continue;
        }
        model = model.filter((one) => one.key !== key);
        if (call === "delete") cache.delete(key);
        else {
          cache.set(key, value);
          model = [...model, { key, value }].slice(-max);
        }
        assertEquals([...cache.keys()], model.map((one) => one.key));
        assertEquals(cache.size(), model.length);
        for (const one of model) assertStrictEquals(cache.get(one.key), one.value);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a new key in a full cache costs about the same however many are kept", () => {
  const fastestMs = (max: number) => {
    const cache = createBoundedCache<number, true>({ max });
    let key = 0;
    while (key < max) cache.set(key++, true);
    let fastest = Infinity;
    for (let round = 0; round < 3; round++) {
      const startedAt = processorMs();
      for (let index = 0; index < 20_000; index++) cache.set(key++, true);
      fastest = Math.min(fastest, processorMs() - startedAt);
    }
    return fastest;
  };
  fastestMs(100);
  const [few, many] = [fastestMs(100), fastestMs(50_000)];
  // 2 to 3 times; asking a Map for its first key each time, 25 to 55 times.
  assert(many < 12 * few, `${many} ms with 50,000 and ${few} ms with 100`);
});

Deno.test("a reminder holds for its time, by the monotonic clock, and beyond the bound the oldest one goes", async () => {
  const clock = createFakeClock();
  const seen = createReminders<string>({ max: 2, clock });
  assertEquals(seen.has("one"), false);
  seen.add("one", 1_000);
  await clock.advance(999);
  assertEquals(seen.has("one"), true);
  await clock.advance(1);
  assertEquals(seen.has("one"), false);
  seen.add("one", 1_000);
  seen.add("two", 1_000);
  seen.add("one", 1_000);
  seen.add("three", 1_000);
  assertEquals(["one", "two", "three"].map(seen.has), [true, false, true]);
  seen.delete("one");
  assertEquals(seen.has("one"), false);
});
