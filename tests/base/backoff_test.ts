/** Retry-After: whatever a server writes there, and what is waited for. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { retryAfterMs } from "../../src/base/backoff.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

Deno.test("retryAfterMs() reads seconds, decimals and the three forms of an HTTP date", () => {
  const table: [string | null, number | undefined][] = [
    ["0", 0],
    ["7", 7_000],
    [" 120 ", 120_000],
    ["2.0", 2_000],
    ["1.5", 2_000],
    ["0.001", 1_000],
    ["999999999", 999_999_999_000],
    ["Sun, 01 Mar 2026 12:01:30 GMT", 90_000],
    ["Sunday, 01-Mar-26 12:01:30 GMT", 90_000],
    ["Sun Mar  1 12:01:30 2026", 90_000],
    ["Sun, 01 Mar 2026 11:00:00 GMT", 0],
    [null, undefined],
    ["", undefined],
    ["soon", undefined],
    ["-1", undefined],
    ["1,5", undefined],
    ["1.", undefined],
    ["1e3", undefined],
    ["0x10", undefined],
    ["Infinity", undefined],
    ["2.1.3", undefined],
    ["Sun, 99 Foo 2026 12:01:30 GMT", undefined],
  ];
  for (const [value, expected] of table) assertStrictEquals(retryAfterMs(value, NOW), expected, `${value}`);
});

Deno.test("retryAfterMs() rounds up to whole seconds, and answers anything with a time that can be waited for or nothing", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 10 ** 9 }), fc.stringMatching(/^\d{1,9}$/), (whole, digits) => {
    const seconds = Number(`${whole}.${digits}`);
    const waitMs = retryAfterMs(`${whole}.${digits}`, NOW)!;
    assert(waitMs % 1_000 === 0 && waitMs >= seconds * 1_000 && waitMs < seconds * 1_000 + 1_000);
    assertEquals(retryAfterMs(String(whole), NOW), whole * 1_000);
  }));
  fc.assert(fc.property(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), (seconds) => {
    const date = new Date(NOW + seconds * 1_000).toUTCString();
    assertEquals(retryAfterMs(date, NOW), Math.max(0, seconds) * 1_000);
  }));
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const waitMs = retryAfterMs(text, NOW);
    assert(waitMs === undefined || (Number.isSafeInteger(waitMs) && waitMs >= 0), `${waitMs}`);
  }));
});
