/** Tests of what is kept of a call: no secret, and no more than its beginning. */

import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { keptStart, keptValue, MAX_KEPT_CHARS } from "../../src/explorer/record.ts";

const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

Deno.test("secret fields and tokens are left out, wherever they stand; all else stays as it is", () => {
  const value = {
    name: "Harbour",
    authToken: "abc",
    note: `see ${JWT}`,
    list: [{ apiKey: "k", on: true }],
    none: null,
  };
  assertEquals(keptValue(value), {
    name: "Harbour",
    authToken: "[redacted]",
    note: "see [redacted]",
    list: [{ apiKey: "[redacted]", on: true }],
    none: null,
  });
  assertEquals(keptValue(undefined), undefined);
  assertEquals(
    keptValue(JSON.parse(`{"__proto__": {"password": "x"}}`)),
    JSON.parse(`{"__proto__": {"password": "[redacted]"}}`),
  );
});

Deno.test("a long value is cut, also within a sign of two halves, and its secrets are left out before", () => {
  const { text, truncated } = keptValue({ password: "secret", long: "😀".repeat(MAX_KEPT_CHARS) }) as {
    text: string;
    truncated: true;
  };
  assert(truncated && text.length <= MAX_KEPT_CHARS && text.isWellFormed());
  assert(text.startsWith('{"password":"[redacted]","long":"😀'));
  const deep = JSON.parse("[".repeat(5_000) + `"${JWT}"` + "]".repeat(5_000));
  assertNotMatch(JSON.stringify(keptValue(deep)), /eyJ/);
});

Deno.test("the beginning of JSON that was never parsed has no secret either, where it is cut in the middle of one too", () => {
  const json = `[{"id":"1","authToken" : "a\\"b","name":"Quay"},{"secret":"${"s".repeat(MAX_KEPT_CHARS)}`;
  const { text } = keptStart(json) as { text: string };
  assertEquals(text, `[{"id":"1","authToken" : "[redacted]","name":"Quay"},{"secret":"[redacted]"`);
  assertNotMatch((keptStart(`{"a":"${JWT}`) as { text: string }).text, /eyJ/);
});
