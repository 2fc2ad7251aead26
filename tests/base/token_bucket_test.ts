/** The token bucket: how much it gives in any stretch of time, and how long it says to wait. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  giveBackTokens,
  isFull,
  newBucket,
  refill,
  takeTokens,
  takeUpTo,
  waitForTokens,
} from "../../src/base/token_bucket.ts";

const START = 1_700_000_000_000;

const shapes = fc.record({
  ratePerSecond: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 100_000 }),
});
const calls = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 })),
    count: fc.integer({ min: 1, max: 50 }),
  }),
  { minLength: 1, maxLength: 60 },
);

Deno.test("takeTokens() gives at most the burst and the rate's share in any stretch of time", () => {
  fc.assert(fc.property(shapes, calls, (shape, takes) => {
    const bucket = newBucket(shape, START);
    const granted: { at: number; count: number }[] = [];
    let now = START;
    for (const { afterMs, count } of takes) {
      now += afterMs;
      if (takeTokens(bucket, shape, now, count) === 0) granted.push({ at: now, count });
    }
    for (let first = 0; first < granted.length; first++) {
      let sum = 0;
      for (let last = first; last < granted.length; last++) {
        sum += granted[last]!.count;
        const allowed = shape.burst + shape.ratePerSecond * (granted[last]!.at - granted[first]!.at) / 1000;
        assert(sum <= allowed * (1 + 1e-9), `${sum} of ${allowed}`);
      }
    }
  }));
});

Deno.test("takeTokens() says a wait after which the tokens are there, and not before", () => {
  fc.assert(fc.property(shapes, fc.integer({ min: 1, max: 50 }), (shape, count) => {
    fc.pre(count <= shape.burst);
    const bucket = newBucket(shape, START);
    takeTokens(bucket, shape, START, shape.burst);
    const waitMs = takeTokens(bucket, shape, START, count);
    assert(waitMs >= 1);
    assert(waitMs === 1 || waitForTokens(bucket, shape, START + waitMs - 2, count) > 0, "earlier than it said");
    // One millisecond for what the fraction was rounded to.
    assertEquals(takeTokens(bucket, shape, START + waitMs + 1, count), 0);
  }));
});

Deno.test("waiting longer never makes the wait longer", () => {
  fc.assert(fc.property(shapes, fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 20 }), (shape, steps) => {
    const bucket = newBucket(shape, START);
    takeTokens(bucket, shape, START, shape.burst);
    let now = START;
    let last = Infinity;
    for (const step of steps) {
      now += step;
      const waitMs = waitForTokens(bucket, shape, now);
      assert(waitMs <= last);
      last = waitMs;
    }
  }));
});

Deno.test("a clock set back gives nothing and takes nothing", () => {
  const shape = { ratePerSecond: 10, burst: 5 };
  const bucket = newBucket(shape, START);
  takeTokens(bucket, shape, START, 5);
  assertEquals(takeTokens(bucket, shape, START - 3_600_000), 100);
  assertEquals(takeTokens(bucket, shape, START - 3_600_000 + 100), 0, "time goes on from where it stands");
  assert(takeTokens(bucket, shape, START - 3_600_000 + 100) > 0);
});

Deno.test("a full bucket is told from one in use", () => {
  const shape = { ratePerSecond: 10, burst: 5 };
  const bucket = newBucket(shape, START);
  takeTokens(bucket, shape, START, 2);
  assertEquals(isFull(bucket, shape, START + 199), false);
  assertEquals(isFull(bucket, shape, START + 200), true);
});

Deno.test("takeUpTo() gives whole tokens and no more than are wanted; what is given back never passes the burst", () => {
  const shape = { ratePerSecond: 2, burst: 5 };
  const bucket = newBucket(shape, START);
  assertEquals(takeUpTo(bucket, shape, START, 3), 3);
  assertEquals(takeUpTo(bucket, shape, START + 250, 9), 2, "of 2.5");
  assertEquals(takeUpTo(bucket, shape, START + 400, 1), 0, "of 0.8");
  assertEquals(takeUpTo(bucket, shape, START + 500, 1), 1);
  giveBackTokens(bucket, shape, 2);
  assertEquals(bucket.tokens, 2);
  giveBackTokens(bucket, shape, 9);
  assertEquals(bucket.tokens, 5);
});

Deno.test("a bucket that is given a smaller shape loses what is above its burst", () => {
  const bucket = newBucket({ ratePerSecond: 10, burst: 100 }, START);
  refill(bucket, { ratePerSecond: 1, burst: 10 }, START);
  assertEquals(bucket.tokens, 10);
});
