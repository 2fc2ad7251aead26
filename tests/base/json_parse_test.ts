/** Tests of parseJson(): what JSON.parse() gives, with the digits of long whole numbers kept. */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseJson } from "../../src/base/json_parse.ts";

/** The same by the parser's own way of showing the source: slow, and without any rule about where a number begins. */
function reference(text: string): unknown {
  const revive = (_: string, value: unknown, { source }: { source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source!) ? source : value;
  return (JSON.parse as (text: string, revive: unknown) => unknown)(text, revive);
}

Deno.test("parseJson() keeps the digits of whole numbers beyond 2^53, and every other value as it is", () => {
  const text = `{"id": 9007199254740993, "below": [-9007199254740993,9007199254740991, 12345678901234567890],
    "text": "9007199254740993", "decimal": 12345678901234567.5, "power": 1e300, "__proto__": {"own": 98765432109876543210},
    "in \\"text\\": 9007199254740993": "a, 9007199254740993 \\\\", "last":9007199254740993}`;
  assertEquals(parseJson(text), reference(text));
  const { id, below } = parseJson(text) as { id: unknown; below: unknown };
  assertEquals([id, below], ["9007199254740993", ["-9007199254740993", 9007199254740991, "12345678901234567890"]]);
  assertEquals(parseJson("12345678901234567890"), "12345678901234567890");
});

Deno.test("parseJson() takes for JSON what JSON.parse() takes", () => {
  const tokens = fc.constantFrom(
    ...["{", "}", "[", "]", ",", ":", " ", "\n", '"', "\\", "-", "0", ".5", "e1", '"a"', "9007199254740993", "true"],
  );
  const long = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
  const texts = fc.oneof(
    fc.array(tokens, { maxLength: 12 }).map((parts) => parts.join("")),
    fc.json(),
    fc.array(long).map((numbers) => `{"a": [${numbers.join(", ")}], "b": "${numbers.join(",")}"}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      let expected: unknown;
      try {
        expected = reference(text);
      } catch {
        assertThrows(() => parseJson(text), SyntaxError, undefined, text);
        return;
      }
      assertEquals(parseJson(text), expected, text);
    }),
    { numRuns: 2_000 },
  );
});
