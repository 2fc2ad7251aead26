/** Tests of src/base/json_start.ts: what is read of a text that breaks off anywhere. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readStart } from "../../src/base/json_start.ts";

Deno.test("readStart() gives the value of a whole text, and of any beginning one that the whole begins with", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.nat(), fc.boolean(), (json, cut, spaced) => {
      const value: unknown = JSON.parse(json);
      const text = JSON.stringify(value, null, spaced ? 1 : 0);
      if (typeof value === "object" && value !== null) assertEquals(readStart(text), value);
      assert(begins(readStart(text.slice(0, cut % (text.length + 1))), value), text);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("readStart() leaves out an escape, a name, a number or a word that breaks off", () => {
  const cases: [string, unknown][] = [
    ["", undefined],
    ["12", undefined],
    ['"a\\', "a"],
    ['"a\\u00e', "a"],
    ['"a\\u00e4', "aä"],
    ['"a\\\\', "a\\"],
    ['"a\\\\u12', "a\\u12"],
    ['{"a":"b","c', { a: "b" }],
    ['{"a":"b","c"', { a: "b" }],
    ['{"a":[1,2', { a: [1] }],
    ["[tru", []],
    ['[{"a":{', [{ a: {} }]],
  ];
  for (const [text, expected] of cases) assertEquals(readStart(text), expected, text);
});

/** True where `part` is the value, or a beginning of it. */
function begins(part: unknown, whole: unknown): boolean {
  if (part === undefined) return true;
  if (typeof part === "string") return typeof whole === "string" && whole.startsWith(part);
  if (typeof part !== "object" || part === null) return part === whole;
  if (typeof whole !== "object" || whole === null || Array.isArray(part) !== Array.isArray(whole)) return false;
  return Object.entries(part).every(([key, one]) => begins(one, (whole as Record<string, unknown>)[key]));
}
