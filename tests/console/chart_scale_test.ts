/** Scales of the small charts. */

import { assert, assertEquals } from "@std/assert";
import { barHeight, bucketsOf, hoursPerBar } from "../../src/console/ui/chart_scale.ts";

Deno.test("bucketsOf() puts hours together, the last bar may have fewer", () => {
  const hours = Array.from({ length: 7 }, (_, index) => ({
    hour: new Date(Date.UTC(2026, 10, 21, index)),
    failed: index,
    completed: 1,
  }));
  const buckets = bucketsOf(hours, { names: ["failed", "completed"], size: 3 });
  assertEquals(buckets.map(({ values }) => values), [
    { failed: 3, completed: 3 },
    { failed: 12, completed: 3 },
    { failed: 6, completed: 1 },
  ]);
  assertEquals(buckets[1]!.from.toISOString(), "2026-11-21T03:00:00.000Z");
  assertEquals(buckets[1]!.to.toISOString(), "2026-11-21T06:00:00.000Z");
  assertEquals(buckets[2]!.to.toISOString(), "2026-11-21T07:00:00.000Z");
});

Deno.test("bucketsOf() of nothing is nothing", () => {
  assertEquals(bucketsOf([], { names: ["failed"], size: 3 }), []);
});

Deno.test("hoursPerBar() keeps each period between 24 and 28 bars", () => {
  for (const hours of [24, 72, 168]) {
    const bars = hours / hoursPerBar(hours);
    assert(bars >= 24 && bars <= 28, `${hours} h in ${bars} bars`);
  }
});

Deno.test("barHeight() keeps one of many visible, and draws nothing for none", () => {
  const scale = { max: 10_000, height: 40, least: 2 };
  assertEquals(barHeight(10_000, scale), 40);
  assertEquals(barHeight(5_000, scale), 20);
  assertEquals(barHeight(1, scale), 2);
  assertEquals(barHeight(0, scale), 0);
  assertEquals(barHeight(0, { ...scale, max: 0 }), 0);
});
