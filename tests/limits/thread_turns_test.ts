/** Tests of time slices of the thread: one slice in a turn of the event loop, by turns over the workspaces. */

import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers/promises";
import { systemClock } from "../../src/base/clock.ts";
import { createThreadTurns } from "../../src/limits/thread_turns.ts";

/** A clock that only the test moves. */
function handClock() {
  let ms = 0;
  return { now: () => ms, monotonicMs: () => ms, sleep: systemClock.sleep, pass: (more: number) => void (ms += more) };
}

Deno.test("in one turn of the event loop one slice is done, whoever asks; turns go round over the workspaces", async () => {
  const clock = handClock();
  const thread = createThreadTurns(clock);
  const done: string[] = [];
  const work = async (key: string) => {
    const pace = thread.pace(key);
    for (let body = 0; body < 3; body++) {
      await pace();
      done.push(key);
      clock.pass(8);
    }
  };
  const all = Promise.all([work("a"), work("a"), work("a"), work("b")]);
  let turns = 0;
  for (let before = 0; done.length < 12; turns++) {
    await setImmediate();
    assert(done.length - before <= 1, "two slices in one turn");
    before = done.length;
    assert(turns < 1_000_000);
  }
  await all;
  // Each of its three is behind one of the others.
  assert(done.lastIndexOf("b") <= 5, done.join());
});

Deno.test("small bodies share a slice, and the first one is free where that was asked for", async () => {
  const clock = handClock();
  const thread = createThreadTurns(clock);
  const pace = thread.pace("a", { atOnce: true });
  let turns = 0;
  const counting = (async () => {
    for (; turns < 1_000; turns++) await setImmediate();
  })();
  await pace();
  assertEquals(turns, 0);
  clock.pass(8);
  for (let body = 0; body < 100; body++) await pace();
  assert(turns <= 3, `${turns} turns`);
  turns = 1_000;
  await counting;
});
