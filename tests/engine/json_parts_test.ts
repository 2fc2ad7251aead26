/** The JSON text of large values in parts: together what JSON.stringify() gives, with turns for others between them. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { jsonText } from "../../src/base/json_text.ts";
import { endOfPart, jsonParts, PART_CHARS } from "../../src/engine/json_parts.ts";

const large = "z".repeat(PART_CHARS);

Deno.test("the parts of a value are together its JSON text, as the database takes it", async () => {
  const pairs = "\u{1f600}".repeat(PART_CHARS);
  const values: unknown[] = [
    large,
    ` ${pairs}`,
    pairs,
    `${"a".repeat(PART_CHARS - 1)}\ud800${"b".repeat(PART_CHARS)}\udc00\u0000`,
    '\\u0000"\n'.repeat(PART_CHARS),
    {
      a: large,
      "\u0000": undefined,
      b: [undefined, large, () => 1],
      c: { d: { e: { f: { g: { h: [large, large] } } } } },
    },
    [[], {}, null, true, 1.5, [large], { "": { "\ud800": large } }],
    Array.from({ length: 50_000 }, (_, n) => ({ n, name: `row ${n} ü`, at: new Date(n), none: undefined })),
    Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`key ${n}`, n])),
    { toJSON: () => ({ said: large }) },
    JSON.parse(`{"__proto__": ${JSON.stringify(large)}, "toJSON": 1}`),
  ];
  for (const [place, value] of values.entries()) {
    const parts = await jsonParts(value);
    assert(parts.join("") === jsonText(value), `${place}`);
    assert(parts.every((part) => part.length > 0), `${place}`);
  }
  assertEquals(await jsonParts(undefined), []);
  assertEquals(await jsonParts("small"), ['"small"']);
  // Escaped, a text is six times as long at most.
  assert((await jsonParts(values[7])).every(({ length }) => length < 2 * PART_CHARS));
});

Deno.test("any JSON beside large ones is written as JSON.stringify() writes it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.anything({ withDate: true, maxDepth: 4 }), async (value) => {
      // Objects may have a toString of their own that gives no text.
      const name = typeof value === "object" ? "object" : String(value);
      const around = { value, list: [value, large, [value, large]], [name]: large };
      let text: string;
      try {
        text = jsonText(around);
      } catch {
        return;
      }
      assertEquals((await jsonParts(around)).join(""), text);
    }),
    { numRuns: 50 },
  );
});

Deno.test("a text is not taken apart within a character", () => {
  const text = `${"a".repeat(PART_CHARS - 1)}\u{1f600}b`;
  assertEquals(endOfPart(text, 0), PART_CHARS + 1);
  assertEquals(endOfPart(text, 1), PART_CHARS + 1);
  assertEquals(endOfPart("abc", 1), 3);
});

Deno.test("a large value leaves the thread to others while its text is made", async () => {
  const rows = Array.from({ length: 200_000 }, (_, n) => ({ n, name: `row ${n}` }));
  let served = 0;
  const timer = setInterval(() => served++);
  const parts = await jsonParts(rows);
  clearInterval(timer);
  assert(parts.length > 10);
  assert(served > 3, `${served} timers meanwhile`);
});
