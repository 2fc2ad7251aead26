/** Tests of src/base/json_text.ts: any value becomes text that jsonb takes, and only what jsonb refuses is changed. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { jsonText } from "../../src/base/json_text.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

/** Strings of any UTF-16 units, rich in what could confuse a search for escapes. */
const unit = fc.oneof(
  fc.constantFrom(
    "\0",
    "\ud800",
    "\udbff",
    "\udc00",
    "\udfff",
    "\\",
    "u",
    "0000",
    "\\u0000",
    "d800",
    '"',
    "\u{1f600}",
    "\x1f",
  ),
  fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
);
const text = fc.array(unit, { maxLength: 12 }).map((units) => units.join(""));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    fc.constantFrom(null, true, 0, -7, 1.5, Number.MAX_SAFE_INTEGER),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(text, tie("any"), { maxKeys: 4 }),
  ),
})).any;

const cleanText = (text: string) => text.replaceAll("\0", "\ufffd").toWellFormed();

/** The value as it may be stored: keys that become equal keep the last one, as in JSON.parse and in jsonb. */
function clean(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [cleanText(key), clean(member)]));
}

Deno.test("jsonText() changes NUL characters and lone surrogates only", () => {
  const check = (value: unknown) => assertEquals(JSON.parse(jsonText(value)), clean(JSON.parse(JSON.stringify(value))));
  fc.assert(fc.property(value, check), { numRuns: 500 });
  assertEquals(jsonText("\\u0000 \\ud800"), '"\\\\u0000 \\\\ud800"', "a backslash in the text itself is no escape");
  assertEquals(jsonText("\\\0"), '"\\\\\\ufffd"');
  assertEquals(jsonText("\u{1f600}\ud83d"), '"\u{1f600}\\ufffd"');
  assertEquals(jsonText(undefined), "null");
});

Deno.test("jsonText() gives text that jsonb takes and gives back", async () => {
  const { db, stop } = await testDatabase();
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 30 }), async (values) => {
      const [row] = await db.sql<{ back: unknown }[]>`select ${jsonText(values)}::text::jsonb as back`;
      assertEquals(row!.back, clean(values));
    }),
    { numRuns: 30 },
  );
  await stop();
});
