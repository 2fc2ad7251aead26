/** Ids whose order is that of their times. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createUuid7, lowestUuid7 } from "../../src/base/uuid7.ts";

const MS = 1_780_000_000_123;

Deno.test("uuid7() is a UUID of version 7 of its time, and unique", () => {
  const uuid7 = createUuid7();
  const ids = Array.from({ length: 5_000 }, () => uuid7(MS));
  assertEquals(new Set(ids).size, ids.length);
  for (const id of ids) assertMatch(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assertEquals(parseInt(ids[0]!.slice(0, 13).replace("-", ""), 16), MS);
});

Deno.test("uuid7() keeps the order of times, and of what is asked for within a millisecond", () => {
  const uuid7 = createUuid7();
  const ids = [MS, MS, MS, MS + 1, MS + 1, MS + 70_000].map(uuid7);
  assertEquals(ids.toSorted(), ids);
});

Deno.test("lowestUuid7() parts the ids of a time from those before it", () => {
  const uuid7 = createUuid7();
  const bound = lowestUuid7(MS);
  assert(uuid7(MS - 1) < bound && uuid7(MS) >= bound);
  assertEquals(lowestUuid7(-5), "00000000-0000-7000-8000-000000000000");
});
