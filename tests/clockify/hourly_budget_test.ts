/** The budget of an hour, against a workspace that has one: learnt from 429 alone, shared fairly, kept, and given up when it does not hold. */

import { assert, assertEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import type { BudgetStore, KeptBudget } from "../../src/clockify/budget_store.ts";
import { parseHourlyLimits } from "../../src/clockify/hourly_limits.ts";
import type { Priority } from "../../src/clockify/acquire.ts";
import { newCallReserve } from "../../src/clockify/call_reserve.ts";
import { createRateLimiter } from "../../src/clockify/rate_limit.ts";
import { createRateLimits } from "../../src/simulator/rate_limit.ts";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";

const KEY = "api_studio:64a687e29ae1f428e7ebe303";
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What is kept, as text: nothing of it is shared by reference. */
function memoryStore() {
  const rows = new Map<string, string>();
  const store: BudgetStore = {
    load: (key) => Promise.resolve(rows.has(key) ? JSON.parse(rows.get(key)!) as KeptBudget : undefined),
    save: (key, budget) => Promise.resolve(void rows.set(key, JSON.stringify(budget))),
  };
  return { rows, store };
}

interface World {
  clock: FakeClock;
  /** Calls that Clockify answered, and those it refused with 429. */
  answered: { at: number; priority: Priority }[];
  refused: number[];
  /** One call as a step or job makes it: it comes back when it is sent away. */
  work(priority: Priority): Promise<void>;
  limiter: ReturnType<typeof createRateLimiter>;
}

/** A workspace of 30 requests an hour, counted by the simulator as Clockify would. */
function setUp(
  { perHour = 30, clock = createFakeClock(), ...options }: {
    perHour?: number | null;
    clock?: FakeClock;
    store?: BudgetStore;
    set?: number;
  } = {},
): World & { clockify: ReturnType<typeof createRateLimits> } {
  const clockify = createRateLimits(50, clock);
  clockify.setHourly(KEY, perHour);
  const limiter = createRateLimiter({ clock, random: () => 0.5, perHour: () => options.set, store: options.store });
  const world: World = {
    clock,
    limiter,
    answered: [],
    refused: [],
    work: async (priority) => {
      for (;;) {
        const turn = await limiter.acquire({ key: KEY, priority, maxWaitMs: 5_000 });
        if (!turn.ok) {
          await clock.sleep(turn.retryInMs);
          continue;
        }
        if (clockify.admit("addon", KEY)) {
          limiter.accepted(KEY);
          world.answered.push({ at: clock.now(), priority });
          return;
        }
        world.refused.push(clock.now());
        await clock.sleep(limiter.rejected(KEY));
      }
    },
  };
  return { ...world, clockify };
}

/** Advances in steps: what is made due in one acts in the next. */
async function pass(clock: FakeClock, ms: number) {
  for (let left = ms; left > 0; left -= MINUTE_MS) await clock.advance(Math.min(left, MINUTE_MS));
}

Deno.test("a limit of the hour is learnt from 429 that goes on, and all that waits is done at its pace", async () => {
  const { clock, limiter, answered, refused, work } = setUp();
  for (let index = 0; index < 100; index++) void work("flow");
  await pass(clock, 10 * MINUTE_MS);
  assertEquals(answered.length, 30);
  assert(refused.length < 20, `${refused.length} refused until it was learnt`);
  const usage = await limiter.usage(KEY);
  assertEquals([usage.limitPerHour, usage.usedLastHour], [30, 30]);
  // A probe may come before the hour is over; what is said is when the next call goes.
  assert(usage.pausedUntilMs! > clock.now() && usage.pausedUntilMs! <= clock.now() + HOUR_MS);
  const before = refused.length;
  await pass(clock, 4 * HOUR_MS);
  assertEquals(answered.length, 100);
  assert(refused.length - before <= 4 * 7, `${refused.length - before} probes in four hours`);
});

Deno.test("reading and polling leave flows their part of the hour, and people go before them", async () => {
  const { clock, limiter, answered, refused, work } = setUp({ set: 30 });
  for (let index = 0; index < 200; index++) void work("bulk");
  await pass(clock, MINUTE_MS);
  assertEquals(answered.length, 18);
  for (let index = 0; index < 20; index++) void work("interactive");
  await pass(clock, MINUTE_MS);
  assertEquals(answered.length, 24);
  const startedAt = clock.now();
  for (let index = 0; index < 6; index++) void work("flow");
  await clock.advance(1_000);
  assertEquals(answered.slice(24).map(({ priority, at }) => [priority, at - startedAt < 1_000]), [
    ...Array.from({ length: 6 }, () => ["flow", true]),
  ]);
  assertEquals(refused.length, 0, "an operator's limit is never exceeded");
  // Flows that keep coming are served hour after hour, however much polling waits.
  for (let index = 0; index < 12 * 3; index++) {
    void work("flow");
    await pass(clock, 5 * MINUTE_MS);
  }
  const flows = answered.filter(({ priority }) => priority === "flow").length;
  assert(flows >= 6 + 3 * 11, `${flows}`);
  assertEquals(refused.length, 0);
  assertEquals((await limiter.usage(KEY)).limitPerHour, 30);
});

Deno.test("runs that wait come back one after another, not all at once and again", async () => {
  const { clock, limiter } = setUp({ set: 10 });
  for (let index = 0; index < 10; index++) {
    await limiter.acquire({ key: KEY, priority: "flow", maxWaitMs: 0 });
    await clock.advance(MINUTE_MS);
  }
  const waits: number[] = [];
  for (let index = 0; index < 12; index++) {
    const turn = await limiter.acquire({ key: KEY, priority: "flow", maxWaitMs: 5_000 });
    assert(!turn.ok);
    waits.push(Math.round(turn.retryInMs / MINUTE_MS));
  }
  // As the calls of the hour leave it; the two that do not fit into the next hour ask again at its end.
  assertEquals(waits.slice(0, 10), Array.from({ length: 10 }, (_, index) => 51 + index));
  assert(waits.slice(10).every((wait) => wait === 60));
});

Deno.test("steps that read before they write end within the hours that their calls need", async () => {
  const { clock, clockify, limiter } = setUp({ set: 30 });
  const written: number[] = [];
  let sent = 0;
  /** True when the call was made. */
  const call = async (reserve: ReturnType<typeof newCallReserve>, calls: number) => {
    Object.assign(reserve, { calls, inAll: 2 });
    const turn = await limiter.acquire({ key: KEY, priority: "flow", maxWaitMs: 5_000, reserve });
    if (!turn.ok) return turn.retryInMs;
    assert(clockify.admit("addon", KEY), "an operator's limit is never exceeded");
    limiter.accepted(KEY);
    sent += 1;
    await clock.sleep(300);
    return undefined;
  };
  const queue = Array.from({ length: 200 }, (_, run) => run);
  /** A snoozed run leaves its place to the next one. */
  async function place() {
    for (let run = queue.shift(); run !== undefined; run = queue.shift()) {
      const reserve = newCallReserve();
      const snoozeMs = await call(reserve, 2) ?? await call(reserve, 1);
      reserve.giveBack();
      const mine = run;
      if (snoozeMs === undefined) written.push(mine);
      else void clock.sleep(snoozeMs).then(() => (queue.push(mine), place()));
    }
  }
  for (let index = 0; index < 64; index++) void place();
  await pass(clock, 15 * HOUR_MS);
  assertEquals(written.toSorted((a, b) => a - b), Array.from({ length: 200 }, (_, run) => run));
  assertEquals(sent, 400, "nothing is read in vain");
});

Deno.test("what a step set aside and did not use is there for others, and more than an hour has is refused", async () => {
  const { limiter } = setUp({ set: 4 });
  const ask = (reserve = newCallReserve()) => limiter.acquire({ key: KEY, priority: "flow", maxWaitMs: 0, reserve });
  const first = Object.assign(newCallReserve(), { calls: 3, inAll: 3 });
  assertEquals((await ask(first)).ok, true);
  const second = Object.assign(newCallReserve(), { calls: 2, inAll: 2 });
  // What is set aside may come back when the step has ended.
  assertEquals(await ask(second), { ok: false, retryInMs: 5_000 });
  assertEquals((await limiter.usage(KEY)).usedLastHour, 3);
  first.giveBack();
  first.giveBack();
  assertEquals((await limiter.usage(KEY)).usedLastHour, 1);
  assertEquals((await ask(second)).ok, true);
  assertEquals(await ask(Object.assign(newCallReserve(), { calls: 5, inAll: 5 })), {
    ok: false,
    retryInMs: 0,
    limitPerHour: 4,
  });
});

Deno.test("a restart knows the limit, what was used and a long pause", async () => {
  const clock = createFakeClock();
  const { rows, store } = memoryStore();
  const first = setUp({ clock, store });
  for (let index = 0; index < 31; index++) void first.work("flow");
  await pass(clock, 3 * MINUTE_MS);
  await first.limiter.settled();
  assertEquals([...rows.keys()], [KEY]);

  const ask = { key: KEY, priority: "flow", maxWaitMs: 5_000 } as const;
  const again = createRateLimiter({ clock, store });
  const turn = await again.acquire(ask);
  assert(!turn.ok && turn.retryInMs > 5_000, JSON.stringify(turn));
  assertEquals([(await again.usage(KEY)).limitPerHour, (await again.usage(KEY)).usedLastHour], [30, 30]);
  assertEquals((await createRateLimiter({ clock, store, hourly: false }).acquire(ask)).ok, true, "switched off");

  again.rejected(KEY, { askedMs: 2 * HOUR_MS });
  await again.settled();
  const third = createRateLimiter({ clock, store });
  assertEquals(await third.acquire({ ...ask, key: KEY }), { ok: false, retryInMs: HOUR_MS });
  assertEquals((await third.usage(KEY)).pausedUntilMs, clock.now() + HOUR_MS);
});

Deno.test("a database that is away holds nothing up, and what is learnt meanwhile is kept later", async () => {
  const clock = createFakeClock();
  const { rows, store } = memoryStore();
  let away = true;
  const unsteady: BudgetStore = {
    load: (key) => away ? Promise.reject(new Error("away")) : store.load(key),
    save: (key, budget) => away ? Promise.reject(new Error("away")) : store.save(key, budget),
  };
  const limiter = createRateLimiter({ clock, store: unsteady });
  const ask = { key: KEY, priority: "flow", maxWaitMs: 0 } as const;
  assertEquals(await limiter.acquire(ask), { ok: true, waitedMs: 0 });
  limiter.rejected(KEY, { askedMs: 600_000 });
  await limiter.settled();
  assertEquals(rows.size, 0);
  away = false;
  await clock.advance(600_000);
  assertEquals((await limiter.acquire(ask)).ok, true);
  await limiter.settled();
  assertEquals(
    JSON.parse(rows.get(KEY)!).limitPerHour,
    30,
    "ten minutes were asked for: a window longer than a second's",
  );
});

Deno.test("a limit that does not hold any more is raised by probes until it is gone", async () => {
  const { clock, clockify, limiter, answered, work } = setUp();
  for (let index = 0; index < 31; index++) void work("flow");
  await pass(clock, 3 * MINUTE_MS);
  assertEquals((await limiter.usage(KEY)).limitPerHour, 30);
  // The workspace gets a plan.
  clockify.setHourly(KEY, null);
  for (let index = 0; index < 2_000; index++) void work("flow");
  await pass(clock, 4 * HOUR_MS);
  assertEquals(answered.length, 2_031);
});

Deno.test("a burst over the second's budget teaches no limit of the hour", async () => {
  const { clock, limiter, work } = setUp({ perHour: null });
  void work("flow");
  await clock.advance(1);
  for (let index = 0; index < 5; index++) {
    limiter.rejected(KEY);
    await pass(clock, 20_000);
    limiter.accepted(KEY);
  }
  assertEquals((await limiter.usage(KEY)).limitPerHour, undefined);
});

Deno.test("parseHourlyLimits() reads a default and workspaces of their own", () => {
  const limits = parseHourlyLimits("30, w1:100 ,w2:3600");
  assertEquals(["w1", "w2", "other"].map(limits.of), [100, 3_600, 30]);
  assertEquals(parseHourlyLimits("w1:5").of("other"), undefined);
  for (const list of ["0", "-1", "w1:", "w1:0", "30,31", "w1:5,w1:6", "a b:3", "1.5", "x"]) {
    assertThrowsLike(() => parseHourlyLimits(list), { code: "CONFIG_INVALID" }, list);
  }
});
