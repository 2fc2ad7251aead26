/** The depth of JSON text: agrees with a parser on any text, and is not fooled by strings. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hasTooManyValues, isDeeperThan, MAX_JSON_VALUES } from "../../src/base/json_depth.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Object.values(value).reduce((most: number, part) => Math.max(most, depthOf(part)), 0);
}

Deno.test("isDeeperThan() agrees with the parsed value, whatever the strings hold", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[[\]{}"\\]{0,12}$/));
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "large" },
      text,
      fc.integer(),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(text, tie("tree"), { maxKeys: 3 }),
    ),
  }));
  fc.assert(fc.property(tree, (value) => {
    const depth = depthOf(value);
    for (const json of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
      assertEquals(isDeeperThan(depth, json), false);
      if (depth > 0) assertEquals(isDeeperThan(depth - 1, json), true);
    }
  }));
});

Deno.test("isDeeperThan() takes text that is no JSON, and a million levels", () => {
  assertEquals(isDeeperThan(3, '"[[[[[[[['), false);
  assertEquals(isDeeperThan(3, "]]]]]][[[["), false);
  assertEquals(isDeeperThan(64, "[".repeat(1_000_000)), true);
  assertEquals(isDeeperThan(64, "[]".repeat(1_000_000)), false);
  assertEquals(isDeeperThan(64, `"${"\\".repeat(1_000_000)}`), false);
});

Deno.test("hasTooManyValues() counts values, not the signs inside of texts", () => {
  const lists = (count: number) => `[${Array(count).fill("[]").join()}]`;
  assertEquals(hasTooManyValues(lists(MAX_JSON_VALUES / 2 - 1)), false, "a list and its comma");
  assertEquals(hasTooManyValues(lists(MAX_JSON_VALUES)), true);
  assertEquals(hasTooManyValues(JSON.stringify({ csv: ",[{".repeat(MAX_JSON_VALUES), quote: '\\",' })), false);
  assertEquals(hasTooManyValues(`[${"1,".repeat(MAX_JSON_VALUES + 1)}1]`), true);
});
