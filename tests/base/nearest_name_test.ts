/** The nearest name: distances as their definition says, and the first of the nearest. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { editDistance, nearestName } from "../../src/base/nearest_name.ts";

/** The definition itself, without a table. */
function distance(a: string, b: string): number {
  if (a === "" || b === "") return Math.max(a.length, b.length);
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return distance(restA, restB);
  return 1 + Math.min(distance(restA, b), distance(a, restB), distance(restA, restB));
}

Deno.test("editDistance() is the least number of letters put in, taken out or exchanged", () => {
  assertEquals(editDistance("kitten", "sitting"), 3);
  assertEquals(editDistance("", "abc"), 3);
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
  fc.assert(fc.property(word, word, (a, b) => assertStrictEquals(editDistance(a, b), distance(a, b))));
});

Deno.test("nearestName() gives the first of the nearest, by the spelling that counts", () => {
  assertEquals(nearestName("LOG_LEVLE", ["PORT", "LOG_LEVEL", "LOG_LEVELS"]), { name: "LOG_LEVEL", edits: 2 });
  assertEquals(nearestName("ax", ["ab", "ac"]), { name: "ab", edits: 1 });
  assertEquals(nearestName("Path-Params", ["path_params"], (text) => text.toLowerCase().replaceAll(/\W|_/g, "")), {
    name: "path_params",
    edits: 0,
  });
  assertEquals(nearestName("a", []), undefined);
});
