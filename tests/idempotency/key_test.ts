/** Idempotency keys as headers bring them, and what stands for a key and a request in the table. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { AppError } from "../../src/base/errors.ts";
import { keySha256, MAX_KEY_CHARS, parseKey, requestSha256 } from "../../src/idempotency/key.ts";

const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const key = fc.string({ unit: visible, minLength: 1, maxLength: MAX_KEY_CHARS });
const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;

function isRefused(header: string): boolean {
  try {
    parseKey(header);
    return false;
  } catch (error) {
    assert(error instanceof AppError && error.code === "IDEMPOTENCY_KEY_INVALID");
    if (header.length > 4) assert(!error.message.includes(header), "the sentence does not repeat it");
    return true;
  }
}

Deno.test("parseKey() reads the same key with and without quotes", () => {
  fc.assert(fc.property(key, (text) => {
    assertStrictEquals(parseKey(quoted(text)), text);
    if (!text.startsWith('"')) assertStrictEquals(parseKey(text), text);
  }));
});

Deno.test("parseKey() gives nothing but 1 to 255 visible ASCII characters, whatever it is given", () => {
  const any = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    key.map((text) => `"${text}`),
    key.map((text) => `${text}"`),
  );
  fc.assert(fc.property(any, (header) => isRefused(header) || /^[\x21-\x7e]{1,255}$/.test(parseKey(header))));
});

Deno.test("parseKey() refuses what is empty, too long, of other characters, or badly quoted", () => {
  const refused = [
    "",
    '""',
    " ",
    "a b",
    "a\tb",
    "schlüssel",
    "\x7f",
    '"',
    '"a',
    '"a"b',
    '"a";p=1',
    '"a\\b"',
    '"a b"',
    "a, b",
  ];
  for (const header of [...refused, "k".repeat(256), quoted("k".repeat(256))]) assert(isRefused(header), header);
  for (const header of ["k", "k".repeat(255), quoted("k".repeat(255)), 'a"b']) assert(!isRefused(header), header);
});

const OWNER = { installationId: 1, generation: 1, caller: "user a" };
const REQUEST = { method: "POST", path: "/ui/flows", query: undefined, body: new TextEncoder().encode("{}") };

Deno.test("keySha256() tells keys, callers and installations one after another apart", () => {
  const all = [
    keySha256(OWNER, "k"),
    keySha256(OWNER, "K"),
    keySha256({ ...OWNER, caller: "operator a" }, "k"),
    keySha256({ ...OWNER, generation: 2 }, "k"),
  ];
  assertEquals(new Set(all).size, all.length);
  assert(all.every((one) => /^[0-9a-f]{64}$/.test(one)));
  assertStrictEquals(keySha256(OWNER, "k"), all[0]);
});

Deno.test("requestSha256() is the same for equal requests alone", () => {
  const request = fc.record({
    method: fc.constantFrom("POST", "PUT"),
    path: fc.constantFrom("/a", "/a/b", "/b"),
    query: fc.option(fc.dictionary(fc.constantFrom("q", "r"), fc.constantFrom("1", "2")), { nil: undefined }),
    body: fc.constantFrom("", "{}", "{ }", '{"a":1}').map((text) => new TextEncoder().encode(text)),
  });
  const shown = (one: typeof REQUEST | Record<string, unknown>) =>
    JSON.stringify([one.method, one.path, one.query ?? null, [...one.body as Uint8Array]]);
  fc.assert(fc.property(request, request, (one, other) => {
    assertEquals(requestSha256(one) === requestSha256(other), shown(one) === shown(other));
  }));
});
