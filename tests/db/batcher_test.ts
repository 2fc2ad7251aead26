/** Tests of src/db/batcher.ts: what travels together, in which order, and what each caller hears when the database fails. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { systemClock } from "../../src/base/clock.ts";
import { createBatcher } from "../../src/db/batcher.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";

interface Item {
  name: number;
}

interface Flush {
  names: number[];
  resolve(results: string[]): void;
  reject(error: Error): void;
}

/** A flush that the test answers; `next()` gives the flushes in the order they began. */
function heldFlush() {
  const begun: Flush[] = [];
  const waiting: ((flush: Flush) => void)[] = [];
  return {
    begun,
    flush: (items: Item[]) =>
      new Promise<string[]>((resolve, reject) => {
        const flush = { names: items.map(({ name }) => name), resolve, reject };
        begun.push(flush);
        waiting.shift()?.(flush);
      }),
    next: (): Promise<Flush> => new Promise((resolve) => void waiting.push(resolve)),
  };
}

const options = { purpose: "test", clock: systemClock, maxItems: 100, maxInFlight: 1 };
const items = (...names: number[]): Item[] => names.map((name) => ({ name }));
const sqlError = (code: string) => Object.assign(new Error(`failed with ${code}`), { code });

Deno.test("submit() lets items that arrive together share one flush, in their order", async () => {
  const flushes: number[][] = [];
  const batcher = createBatcher<Item, string>({
    ...options,
    flush: (items) => {
      flushes.push(items.map(({ name }) => name));
      return Promise.resolve(items.map(({ name }) => `done ${name}`));
    },
  });
  const answers = await Promise.all(items(1, 2, 3).map(batcher.submit));
  assertEquals(answers, ["done 1", "done 2", "done 3"]);
  assertEquals(flushes, [[1, 2, 3]]);
  assertEquals(batcher.size(), 0);
});

Deno.test("submit() gathers what comes while a flush is under way into the next one", async () => {
  const held = heldFlush();
  const batcher = createBatcher<Item, string>({ ...options, maxItems: 2, flush: held.flush });
  const first = held.next();
  const answers = [batcher.submit({ name: 1 })];
  const flush = await first;
  answers.push(...items(2, 3, 4).map(batcher.submit));
  assertEquals(batcher.size(), 4);
  const second = held.next();
  flush.resolve(["a"]);
  const third = held.next();
  (await second).resolve(["b", "c"]);
  (await third).resolve(["d"]);
  assertEquals(await Promise.all(answers), ["a", "b", "c", "d"]);
  assertEquals(held.begun.map(({ names }) => names), [[1], [2, 3], [4]]);
});

Deno.test("submit() refuses with OVERLOADED what goes beyond maxWaiting, and takes items again later", async () => {
  const held = heldFlush();
  const batcher = createBatcher<Item, string>({ ...options, maxWaiting: 2, flush: held.flush });
  const flush = held.next();
  const answers = items(1, 2).map(batcher.submit);
  await assertRejectsLike(batcher.submit({ name: 3 }), { code: "OVERLOADED", retryable: true });
  (await flush).resolve(["a", "b"]);
  await Promise.all(answers);
  const later = held.next();
  const answer = batcher.submit({ name: 4 });
  (await later).resolve(["d"]);
  assertEquals(await answer, "d");
});

Deno.test("submit() gives up with DATABASE_UNAVAILABLE after maxWaitMs, and a late flush changes nothing", async () => {
  const clock = createFakeClock();
  const held = heldFlush();
  const batcher = createBatcher<Item, string>({ ...options, clock, maxWaitMs: 4_000, flush: held.flush });
  const first = held.next();
  const early = batcher.submit({ name: 1 });
  const flush = await first;
  await clock.advance(2_000);
  const queued = batcher.submit({ name: 2 });
  const outcomes = Promise.allSettled([early, queued]);

  const refused = assertRejectsLike(early, { code: "DATABASE_UNAVAILABLE", retryable: true });
  await clock.advance(2_000);
  await refused;
  assertEquals(batcher.size(), 1, "the later item still has time");
  await clock.advance(2_000);
  const [, second] = await outcomes;
  assertEquals(second.status === "rejected" && second.reason.code, "DATABASE_UNAVAILABLE");

  const next = held.next();
  flush.resolve(["late"]);
  const answer = batcher.submit({ name: 3 });
  (await next).resolve(["c"]);
  assertEquals(await answer, "c");
  assertEquals(held.begun.map(({ names }) => names), [[1], [3]], "a given-up item is not flushed");
});

Deno.test("submit() refuses after maxWaitMs only what did not begin; what did gets its true answer until maxAnswerMs", async () => {
  const clock = createFakeClock();
  const held = heldFlush();
  const limits = { maxItems: 1, maxWaitMs: 1_000, maxAnswerMs: 3_000 };
  const batcher = createBatcher<Item, string>({ ...options, ...limits, clock, flush: held.flush });
  const first = held.next();
  const begun = batcher.submit({ name: 1 });
  const waiting = batcher.submit({ name: 2 });
  const flush = await first;
  const refused = assertRejectsLike(waiting, { code: "DATABASE_UNAVAILABLE", message: /not begun within 1000 ms/ });
  await clock.advance(2_000);
  await refused;
  flush.resolve(["in time"]);
  assertEquals(await begun, "in time");

  const second = held.next();
  const hung = batcher.submit({ name: 3 });
  await second;
  const unknown = assertRejectsLike(hung, { code: "DATABASE_UNAVAILABLE", message: /no answer in 3000 ms/ });
  await clock.advance(3_000);
  await unknown;
  assertEquals(held.begun.map(({ names }) => names), [[1], [3]]);
});

Deno.test("submit() tries no item again that was given up, or that would begin too late", async () => {
  const clock = createFakeClock();
  const held = heldFlush();
  const batcher = createBatcher<Item, string>({
    ...options,
    clock,
    maxWaitMs: 1_000,
    maxAnswerMs: 3_000,
    flush: held.flush,
  });
  const first = held.next();
  const outcomes = Promise.allSettled(items(1, 2).map(batcher.submit));
  const flush = await first;
  await clock.advance(1_500);
  flush.reject(sqlError("22P05"));
  assertEquals((await outcomes).map((one) => one.status === "rejected" && one.reason.code), [
    "DATABASE_UNAVAILABLE",
    "DATABASE_UNAVAILABLE",
  ]);
  assertEquals(held.begun.map(({ names }) => names), [[1, 2]]);
});

Deno.test("submit() counts no time in which the process itself stood still: what waits to be read is read first", async () => {
  const clock = createFakeClock();
  const held = heldFlush();
  let stoodStillMs = 0;
  const slept = { ...clock, monotonicMs: () => clock.monotonicMs() + stoodStillMs };
  const batcher = createBatcher<Item, string>({
    ...options,
    clock: slept,
    maxItems: 1,
    maxWaitMs: 1_000,
    maxAnswerMs: 3_000,
    flush: held.flush,
  });
  const first = held.next();
  const [begun, waiting] = items(1, 2).map(batcher.submit);
  const flush = await first;
  stoodStillMs = 10_000;
  await clock.advance(500);
  const second = held.next();
  flush.resolve(["read"]);
  assertEquals(await begun, "read");
  (await second).resolve(["begun"]);
  assertEquals(await waiting, "begun");
});

Deno.test("submit() fails a poison item alone", async () => {
  const batcher = createBatcher<Item, string>({
    ...options,
    flush: (items) =>
      items.some(({ name }) => name === 2)
        ? Promise.reject(sqlError("22P05"))
        : Promise.resolve(items.map(({ name }) => `done ${name}`)),
  });
  const outcomes = await Promise.allSettled(items(1, 2, 3).map(batcher.submit));
  assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assertEquals((outcomes[1] as PromiseRejectedResult).reason.code, "22P05");
});

Deno.test("submit() fails all items at once when the database is away, without trying each", async () => {
  for (const code of ["57P01", "53100", "08006", "CONNECTION_CLOSED", "ECONNREFUSED"]) {
    let flushes = 0;
    const batcher = createBatcher<Item, string>({
      ...options,
      flush: () => {
        flushes++;
        return Promise.reject(sqlError(code));
      },
    });
    const outcomes = await Promise.allSettled(items(1, 2, 3).map(batcher.submit));
    assert(outcomes.every(({ status }) => status === "rejected"), code);
    assertEquals(flushes, 1, code);
  }
});

Deno.test("submit() answers each item with its own result, whatever the sizes, pauses and poison", async () => {
  const burst = fc.array(fc.record({ poison: fc.boolean(), pause: fc.boolean() }), { maxLength: 30 });
  const limits = fc.record({ maxItems: fc.integer({ min: 1, max: 7 }), maxInFlight: fc.integer({ min: 1, max: 3 }) });
  await fc.assert(
    fc.asyncProperty(burst, limits, async (burst, limits) => {
      let inFlight = 0;
      const batcher = createBatcher<Item, number>({
        ...options,
        ...limits,
        flush: async (items) => {
          assert(items.length <= limits.maxItems);
          assert(++inFlight <= limits.maxInFlight);
          await Promise.resolve();
          inFlight--;
          if (items.some(({ name }) => burst[name]!.poison)) throw new Error("poison");
          return items.map(({ name }) => name);
        },
      });
      const answers: Promise<PromiseSettledResult<number>[]>[] = [];
      for (const [name, { pause }] of burst.entries()) {
        answers.push(Promise.allSettled([batcher.submit({ name })]));
        if (pause) await Promise.all(answers);
      }
      for (const [name, [outcome]] of (await Promise.all(answers)).entries()) {
        if (burst[name]!.poison) assertEquals(outcome!.status, "rejected");
        else assertEquals(outcome, { status: "fulfilled", value: name });
      }
      assertEquals(batcher.size(), 0);
    }),
    { numRuns: 60 },
  );
});
