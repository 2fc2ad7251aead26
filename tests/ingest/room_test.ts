/** Tests of src/ingest/room.ts: how many bytes may wait, and that there is always room for one that holds nothing. */

import { assert, assertEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { AppError } from "../../src/base/errors.ts";
import { createRoom } from "../../src/ingest/room.ts";

Deno.test("enter() gives one alone half of all, and the next one a share of the rest", () => {
  const room = createRoom(120);
  for (let i = 0; i < 6; i++) room.enter(1, 10);
  assertThrowsLike(() => room.enter(1, 10), { code: "RATE_LIMITED", retryable: true });
  for (let i = 0; i < 3; i++) room.enter(2, 10);
  assertThrowsLike(() => room.enter(2, 10), { code: "RATE_LIMITED" });
  room.enter(3, 1);
  assertThrowsLike(() => room.enter(4, 100), { code: "OVERLOADED", retryable: true });
  for (let i = 0; i < 6; i++) room.leave(1, 10);
  room.enter(2, 10);
  assertEquals(room.bytes(), 41);
});

Deno.test("enter() never lets in more than all, refuses no small one that holds nothing, and ends at nothing", () => {
  const enters = fc.array(fc.record({ of: fc.integer({ min: 1, max: 20 }), bytes: fc.integer({ min: 1, max: 500 }) }));
  fc.assert(fc.property(enters, (enters) => {
    const room = createRoom(1_000);
    const entered = enters.filter(({ of, bytes }) => {
      try {
        room.enter(of, bytes);
        return true;
      } catch (error) {
        assert(error instanceof AppError);
        return false;
      }
    });
    assert(room.bytes() <= 1_000);
    for (const { of, bytes } of entered) room.leave(of, bytes);
    assertEquals(room.bytes(), 0);
  }));
});

Deno.test("leastBytes bounds how many small ones wait, and bytes() is still what they have", () => {
  const room = createRoom(120, { leastBytes: 20 });
  for (let i = 0; i < 3; i++) room.enter(1, 1);
  assertThrowsLike(() => room.enter(1, 1), { code: "OVERLOADED" });
  room.enter(2, 1);
  assertEquals(room.bytes(), 4);
  for (let i = 0; i < 3; i++) room.leave(1, 1);
  room.leave(2, 1);
  assertEquals(room.bytes(), 0);
});
