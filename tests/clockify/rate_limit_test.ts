/** The rate limiter: the bound on every second, priorities, penalties and its memory. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import type { AcquireResult, Priority, RateEvent } from "../../src/clockify/acquire.ts";
import { newCallReserve } from "../../src/clockify/call_reserve.ts";
import { bucketShape } from "../../src/clockify/key_bucket.ts";
import { createRateLimiter, UNLIMITED } from "../../src/clockify/rate_limit.ts";
import { createFakeClock, settle } from "./fake_clock.ts";

const KEY = "addon:workspace";

function setUp(perSecond = 50) {
  const clock = createFakeClock();
  const limiter = createRateLimiter({ clock, defaultPerSecond: perSecond, random: () => 0.5 });
  const take = (priority: Priority = "flow", maxWaitMs = Infinity, signal?: AbortSignal) =>
    limiter.acquire({ key: KEY, priority, maxWaitMs, signal });
  return { clock, limiter, take };
}

Deno.test("bucketShape() splits a rate into a burst and a refill that add up to it", () => {
  assertEquals(bucketShape(50), { burst: 5, ratePerSecond: 45 });
  assertEquals(bucketShape(2), { burst: 1, ratePerSecond: 1 });
  assertEquals(bucketShape(30 / 3600), { burst: 1, ratePerSecond: 30 / 3600 });
});

Deno.test("acquire() never lets more than the rate through in any window of one second", async () => {
  const arrivals = fc.array(
    fc.record({
      afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
      copies: fc.integer({ min: 1, max: 30 }),
      priority: fc.constantFrom<Priority>("interactive", "flow", "bulk"),
      pauseMs: fc.option(fc.integer({ min: 1, max: 1500 }), { freq: 10 }),
    }),
    { minLength: 1, maxLength: 15 },
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 60 }), arrivals, async (rate, groups) => {
      const { clock, limiter, take } = setUp(rate);
      const grants: number[] = [];
      let asked = 0;
      for (const { afterMs, copies, priority, pauseMs } of groups) {
        await clock.advance(afterMs);
        if (pauseMs !== null) limiter.penalise(KEY, clock.now() + pauseMs);
        for (let copy = 0; copy < copies; copy++, asked++) take(priority).then(() => grants.push(clock.now()));
      }
      await clock.advance(700_000);
      assertEquals(grants.length, asked);
      for (let first = 0, last = 0; last < grants.length; last++) {
        while (grants[last]! - grants[first]! > 1000) first++;
        assert(last - first + 1 <= rate, `${last - first + 1} in one second at ${rate}`);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("acquire() keeps up nine tenths of the rate for a full line", async () => {
  const { clock, take } = setUp();
  let granted = 0;
  for (let index = 0; index < 600; index++) take("bulk").then(() => granted++);
  await clock.advance(10_000);
  // A full bucket of 5 and 45 a second; a grant may slip by the clock's millisecond.
  assert(granted >= 450 && granted <= 455, `${granted}`);
});

Deno.test("acquire() serves by priority, then in order of arrival", async () => {
  const { clock, take } = setUp(2);
  await take();
  const served: string[] = [];
  for (const name of ["bulk 1", "flow 1", "interactive 1", "bulk 2", "flow 2", "interactive 2"]) {
    take(name.split(" ")[0] as Priority).then(() => served.push(name));
  }
  await clock.advance(10_000);
  assertEquals(served, ["interactive 1", "interactive 2", "flow 1", "flow 2", "bulk 1", "bulk 2"]);
});

Deno.test("acquire() says at once when the wait would be too long, and how long it would be", async () => {
  const { take } = setUp(2);
  await take();
  assertEquals(await take("flow", 999), { ok: false, retryInMs: 1000 });
});

Deno.test("acquire() sends a waiter away at its deadline when others were let in before it", async () => {
  const { clock, take } = setUp(2);
  await take();
  const results: AcquireResult[] = [];
  take("bulk", 1_500).then((value) => results.push(value));
  take("interactive");
  take("interactive");
  await clock.advance(1_499);
  assertEquals(results.length, 0);
  await clock.advance(1);
  assertEquals(results.map((result) => result.ok), [false]);
});

Deno.test("acquire() lets an aborted waiter leave the line", async () => {
  const { clock, take } = setUp(2);
  await take();
  const abort = new AbortController();
  const leaving = take("interactive", Infinity, abort.signal);
  const granted: AcquireResult[] = [];
  take("flow").then((value) => granted.push(value));
  abort.abort(new Error("shutting down"));
  await assertRejectsLike(leaving, /shutting down/);
  await clock.advance(1_000);
  assertEquals(granted, [{ ok: true, waitedMs: 1_000 }]);
  await assertRejectsLike(take("flow", 0, abort.signal), /shutting down/);
});

Deno.test("penalise() sends away at once who would wait in vain", async () => {
  const { clock, limiter, take } = setUp(2);
  await take();
  const results: AcquireResult[] = [];
  take("flow", 2_000).then((value) => results.push(value));
  limiter.penalise(KEY, clock.now() + 60_000);
  await clock.advance(500);
  assertEquals(results.map((result) => result.ok), [false]);
});

Deno.test("without a budget of its own only Clockify's 429 makes it wait", async () => {
  const { clock, limiter, take } = setUp(UNLIMITED);
  const results = await Promise.all(Array.from({ length: 1_000 }, () => take("bulk", 0)));
  assert(results.every((result) => result.ok));
  limiter.rejected(KEY, { askedMs: 5_000 });
  assertEquals(await take("flow", 0), { ok: false, retryInMs: 5_000 });
  await clock.advance(5_000);
  assertEquals((await take("flow", 0)).ok, true);
});

Deno.test("waits, refusals and pauses are reported", async () => {
  const clock = createFakeClock();
  const events: RateEvent[] = [];
  const limiter = createRateLimiter({ clock, defaultPerSecond: 2, onEvent: (event) => events.push(event) });
  const take = (maxWaitMs: number) => limiter.acquire({ key: KEY, priority: "flow", maxWaitMs });
  await take(0);
  await take(0);
  take(1_000);
  await clock.advance(1_000);
  limiter.rejected(KEY, { askedMs: 3_000 });
  assertEquals(events, [{ kind: "refused", ms: 1_000 }, { kind: "waited", ms: 1_000 }, {
    kind: "paused",
    ms: 3_000,
  }]);
});

Deno.test("penalise() lets nothing out before its end", async () => {
  const { clock, limiter, take } = setUp();
  limiter.penalise(KEY, clock.now() + 5_000);
  limiter.penalise(KEY, clock.now() + 1_000);
  assertEquals(await take("flow", 100), { ok: false, retryInMs: 5_000 });
  let granted = false;
  take().then(() => granted = true);
  await clock.advance(4_999);
  assertEquals(granted, false);
  await clock.advance(1);
  assertEquals(granted, true);
});

Deno.test("rejected() takes Clockify's time, or doubles its own until a call is accepted", () => {
  const { limiter } = setUp();
  assertEquals(limiter.rejected("named", { askedMs: 7_000 }), 7_000);
  assertEquals([1, 2, 3].map(() => limiter.rejected(KEY)), [750, 1_500, 3_000]);
  for (let index = 0; index < 20; index++) limiter.rejected(KEY);
  assertEquals(limiter.rejected(KEY), 450_000);
  limiter.accepted(KEY);
  assertEquals(limiter.rejected(KEY), 450_000, "a pause already set is not shortened");
});

Deno.test("rejected() closes a workspace for an hour at most, and calls that were under way make no pause longer", async () => {
  const { clock, limiter, take } = setUp();
  assertEquals(limiter.rejected("named", { askedMs: 999_999_999_000 }), 3_600_000);
  const sentAtMs = clock.monotonicMs();
  await clock.advance(100);
  const pauses = Array.from({ length: 50 }, () => limiter.rejected(KEY, { sentAtMs }));
  assertEquals([...new Set(pauses)], [750]);
  limiter.accepted(KEY, sentAtMs);
  await clock.advance(750);
  assertEquals((await take()).ok, true);
  assertEquals(limiter.rejected(KEY), 1_500, "the call after the pause was refused too");
});

Deno.test("a wall clock that is set back lengthens neither a pause nor the wait for a token", async () => {
  const { clock, limiter, take } = setUp(2);
  await take();
  limiter.rejected(KEY, { askedMs: 5_000 });
  clock.setBack(600_000);
  assertEquals(await take("flow", 0), { ok: false, retryInMs: 5_000 });
  await clock.advance(5_000);
  assertEquals((await take("flow", 0)).ok, true);
});

Deno.test("setRate() changes the pace of those already waiting", async () => {
  const { clock, limiter, take } = setUp(30 / 3600);
  await take();
  let granted = false;
  take().then(() => granted = true);
  await clock.advance(60_000);
  assertEquals(granted, false);
  limiter.setRate(KEY, 50);
  await clock.advance(100);
  assertEquals(granted, true);
});

Deno.test("keys that rest are dropped, refused ones only after an hour", async () => {
  const { clock, limiter } = setUp();
  for (let index = 0; index < 1_000; index++) {
    await limiter.acquire({ key: `addon:${index}`, priority: "flow", maxWaitMs: 0 });
  }
  limiter.rejected("addon:refused");
  assertEquals(limiter.size(), 1_001);
  await clock.advance(61_000);
  await limiter.acquire({ key: "addon:new", priority: "flow", maxWaitMs: 0 });
  assertEquals(limiter.size(), 2);
  await clock.advance(3_700_000);
  await limiter.acquire({ key: "addon:new", priority: "flow", maxWaitMs: 0 });
  await settle();
  assertEquals(limiter.size(), 1);
});

Deno.test("usage() tells the rate, what the last second used, and who waits", async () => {
  const { clock, limiter, take } = setUp(2);
  const free = { limitPerSecond: 2, limitPerHour: undefined, pausedUntilMs: undefined, pausedBy: undefined };
  const hour = (calls: number) => ({
    usedLastHour: calls,
    callsByMinute: calls === 0 ? [] : [[Math.floor(clock.now() / 60_000), calls] as [number, number]],
  });
  assertEquals(await limiter.usage(KEY), { ...free, usedLastSecond: 0, waiting: 0, ...hour(0) });
  await take();
  const later = take();
  assertEquals(await limiter.usage(KEY), { ...free, usedLastSecond: 1, waiting: 1, ...hour(1) });
  await clock.advance(1_000);
  await later;
  // The fake clock began at a full second: of the second before all is due, and then ever less.
  assertEquals(await limiter.usage(KEY), { ...free, usedLastSecond: 2, waiting: 0, ...hour(2) });
  await clock.advance(900);
  assertEquals((await limiter.usage(KEY)).usedLastSecond, 1);
  await clock.advance(2_000);
  assertEquals((await limiter.usage(KEY)).usedLastSecond, 0);
  assertEquals((await createRateLimiter({ clock, defaultPerSecond: UNLIMITED }).usage(KEY)).limitPerSecond, undefined);
});

Deno.test("steps that are sent away come back one after another at the bucket's rate, each once, whatever their number", async () => {
  const { clock, limiter } = setUp();
  const waited: number[] = [];
  let refusals = 0;
  /** A step as the worker tries it: 200 ms in line at most, then later again. */
  async function step() {
    for (;;) {
      const since = clock.monotonicMs();
      const request = { key: KEY, priority: "flow" as const, maxWaitMs: 200, reserve: newCallReserve() };
      const turn = await limiter.acquire(request);
      waited.push(clock.monotonicMs() - since);
      if (turn.ok) return clock.monotonicMs();
      refusals++;
      await clock.sleep(turn.retryInMs);
    }
  }
  const steps = Array.from({ length: 1_000 }, step);
  await clock.advance(30_000);
  const ends = await Promise.all(steps);
  assert(Math.max(...waited) <= 200, `${Math.max(...waited)} ms in line`);
  // 1,000 at 45 a second take 22 s; none is asked again and again for that long.
  assert(Math.max(...ends) < 25_000, `${Math.max(...ends)} ms`);
  assert(refusals < 2_000, `${refusals} times sent away`);
});

Deno.test("the later calls of a step that has begun stand before those of steps that have not, of one priority", async () => {
  const { clock, limiter } = setUp(2);
  const order: string[] = [];
  const ask = (name: string, priority: Priority, reserve = newCallReserve()) =>
    limiter.acquire({ key: KEY, priority, maxWaitMs: 60_000, reserve }).then(() => order.push(name));
  await ask("first", "flow");
  ask("new 1", "flow");
  ask("new 2", "flow");
  const begun = () => ({ ...newCallReserve(), calls: 1, inAll: 2 });
  ask("begun 1", "flow", begun());
  ask("begun 2", "flow", begun());
  ask("person", "interactive");
  await clock.advance(10_000);
  assertEquals(order, ["first", "person", "begun 1", "begun 2", "new 1", "new 2"]);
});
