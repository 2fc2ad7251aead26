/** Tests of src/ingest/waiting_bytes.ts: how many bytes may wait, and that there is always room for one that holds nothing. */

import { assert, assertEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { AppError } from "../../src/base/errors.ts";
import { createWaitingBytes } from "../../src/ingest/waiting_bytes.ts";

Deno.test("enter() gives one alone half of all, and the next one a share of the rest", () => {
  const waiting = createWaitingBytes(120);
  for (let i = 0; i < 6; i++) waiting.enter(1, 10);
  assertThrowsLike(() => waiting.enter(1, 10), { code: "RATE_LIMITED", retryable: true });
  for (let i = 0; i < 3; i++) waiting.enter(2, 10);
  assertThrowsLike(() => waiting.enter(2, 10), { code: "RATE_LIMITED" });
  waiting.enter(3, 1);
  assertThrowsLike(() => waiting.enter(4, 100), { code: "OVERLOADED", retryable: true });
  for (let i = 0; i < 6; i++) waiting.leave(1, 10);
  waiting.enter(2, 10);
  assertEquals(waiting.bytes(), 41);
});

Deno.test("enter() never lets in more than all, refuses no small one that holds nothing, and ends at nothing", () => {
  const enters = fc.array(fc.record({ of: fc.integer({ min: 1, max: 20 }), bytes: fc.integer({ min: 1, max: 500 }) }));
  fc.assert(fc.property(enters, (enters) => {
    const waiting = createWaitingBytes(1_000);
    const entered = enters.filter(({ of, bytes }) => {
      try {
        waiting.enter(of, bytes);
        return true;
      } catch (error) {
        assert(error instanceof AppError);
        return false;
      }
    });
    assert(waiting.bytes() <= 1_000);
    for (const { of, bytes } of entered) waiting.leave(of, bytes);
    assertEquals(waiting.bytes(), 0);
  }));
});

Deno.test("leastBytes bounds how many small ones wait, and bytes() is still what they have", () => {
  const waiting = createWaitingBytes(120, { leastBytes: 20 });
  for (let i = 0; i < 3; i++) waiting.enter(1, 1);
  assertThrowsLike(() => waiting.enter(1, 1), { code: "OVERLOADED" });
  waiting.enter(2, 1);
  assertEquals(waiting.bytes(), 4);
  for (let i = 0; i < 3; i++) waiting.leave(1, 1);
  waiting.leave(2, 1);
  assertEquals(waiting.bytes(), 0);
});
