/** Tests of src/entities/bootstrap/differences.ts: which fields a read says are otherwise, and how much of them is kept. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { differenceOf } from "../../../src/entities/bootstrap/differences.ts";

Deno.test("differenceOf() gives the fields that differ, whatever the order inside, without those that one side lacks", () => {
  const before = { name: "a", tags: { x: 1, y: 2 }, note: null, duration: "PT1H", gone: 1 };
  const same = { note: null, tags: { y: 2, x: 1 }, name: "a", duration: "PT2H", added: 1 };
  assertStrictEquals(differenceOf("project", before, same), undefined);
  assertEquals(differenceOf("project", before, { ...same, name: "b", note: "n" }), {
    before: { name: "a", note: null },
    after: { name: "b", note: "n" },
  });
  // Of another type a duration is news.
  assertEquals(differenceOf("task", before, same), { before: { duration: "PT1H" }, after: { duration: "PT2H" } });
});

Deno.test("differenceOf() keeps 30 fields, and of a long value its length", () => {
  const wide = (value: string) => Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f${index}`, value]));
  const difference = differenceOf("tag", wide("a"), wide("x".repeat(2_000)))!;
  assertEquals(Object.keys(difference.after).length, 30);
  assertEquals(new Set(Object.values(difference.after)), new Set(["(2002 characters)"]));
});
