/** Budgets that several instances share by way of a real Redis, and what they do when it is away. */

import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { newCallReserve } from "../../src/clockify/call_reserve.ts";
import { createRateLimiter } from "../../src/clockify/rate_limit.ts";
import { createLimits } from "../../src/limits/limits.ts";
import { openRedis, type Redis } from "../../src/limits/redis.ts";
import { createSharedBuckets } from "../../src/limits/shared_bucket.ts";
import { REDIS_MISSING, type RedisServer, startRedis } from "../support/redis_server.ts";
import { eventually } from "../support/world.ts";
import { limitsContract } from "./contract.ts";

const clock = systemClock;

interface Scene {
  server: RedisServer;
  /** A connection, as each instance has its own. */
  connect(): Promise<Redis>;
  /** What connections said of themselves, in order. */
  said: string[];
}

function testOnRedis(name: string, work: (scene: Scene) => Promise<void>) {
  const ignore = REDIS_MISSING !== undefined;
  Deno.test({ name: ignore ? `${name} (ignored: ${REDIS_MISSING})` : name, ignore, fn: () => withScene(work) });
}

async function withScene(work: (scene: Scene) => Promise<void>) {
  const server = await startRedis();
  const said: string[] = [];
  const opened: Redis[] = [];
  const connect = async () => {
    const redis = await openRedis({
      url: server.url,
      clock,
      onStatus: (status, reason) => said.push(reason === undefined ? status : `${status} ${reason}`),
    });
    opened.push(redis);
    await eventually(() => Promise.resolve(redis.status() === "ready"));
    return redis;
  };
  try {
    await work({ server, connect, said });
  } finally {
    for (const redis of opened) await redis.stop();
    await server.stop();
  }
}

limitsContract({
  name: "redis",
  missing: REDIS_MISSING,
  open: async () => {
    const server = await startRedis();
    const opened: Redis[] = [];
    return {
      instance: async () => {
        const redis = await openRedis({ url: server.url, clock, onStatus: () => {} });
        opened.push(redis);
        await eventually(() => Promise.resolve(redis.status() === "ready"));
        return createLimits({ clock, shared: createSharedBuckets(redis) });
      },
      stop: async () => {
        for (const redis of opened) await redis.stop();
        await server.stop();
      },
    };
  },
});

testOnRedis(
  "a shared bucket gives what it holds, in parts where it must, and nothing during a pause",
  async (scene) => {
    const buckets = createSharedBuckets(await scene.connect());
    const shape = { ratePerSecond: 0.001, burst: 5 };
    const granted = async (key: string, want: number) => (await buckets.take(key, shape, want))!.granted;
    assertEquals([await granted("a", 3), await granted("a", 3), await granted("a", 3)], [3, 2, 0]);
    assertEquals(await granted("b", 1), 1, "another key");
    await buckets.pause("b", 60_000);
    await buckets.pause("b", 10);
    const paused = (await buckets.take("b", shape, 1))!;
    assertEquals(paused.granted, 0);
    assert(paused.pausedMs > 50_000 && paused.pausedMs <= 60_000, `${paused.pausedMs}`);
  },
);

testOnRedis("keys carry the documented prefix and an end", async (scene) => {
  const redis = await scene.connect();
  await createSharedBuckets(redis).take("a", { ratePerSecond: 50, burst: 5 }, 1);
  const [key, ttl] = await redis.run(
    "local key = redis.call('KEYS', '*')[1] return {key, redis.call('TTL', key)}",
    [],
    [],
  ) as [string, number];
  assertEquals(key, "clockify:addon:ratelimit:a");
  assert(ttl > 110 && ttl <= 120, `${ttl}`);
});

testOnRedis(
  "two instances share a budget of bytes, of which one call may take more than a tenth of the burst",
  async (scene) => {
    const [ratePerSecond, largest] = [1_000, 5_000];
    const instances = await Promise.all([1, 2].map(async () => {
      const limits = createLimits({ clock, shared: createSharedBuckets(await scene.connect()) });
      return { limits, budget: limits.budget({ name: "bytes", ratePerSecond, burst: 20_000, largest }), granted: 0 };
    }));
    const startedAt = clock.now();
    let waitMs = 0;
    // Until both have given what they have: each holds back a portion at most.
    while (instances.reduce((sum, { granted }) => sum + granted, 0) < 20_000) {
      for (const instance of instances) {
        const answer = instance.budget.take("workspace", largest);
        if (answer === 0) instance.granted += largest;
        else waitMs = Math.max(waitMs, answer);
      }
      await clock.sleep(5);
      assert(clock.now() - startedAt < 15_000);
    }
    const allowed = 20_000 + ratePerSecond * (clock.now() - startedAt) / 1000 + 2 * largest;
    for (const { limits } of instances) await limits.stop();
    const [first, second] = instances.map(({ granted }) => granted) as [number, number];
    assert(first + second <= allowed, `${first} + ${second} of ${allowed}`);
    assert(Math.min(first, second) >= largest, `both get their share: ${first} + ${second}`);
    assert(waitMs <= largest, `what lacks 5,000 of 1,000 a second comes back in 5 s: ${waitMs}`);
  },
);

testOnRedis("two instances together keep the rate towards Clockify in every second", async (scene) => {
  const rate = 10;
  const grants: number[] = [];
  const end = new AbortController();
  const instances = await Promise.all(
    [1, 2].map(async () =>
      createRateLimiter({ clock, defaultPerSecond: rate, shared: createSharedBuckets(await scene.connect()) })
    ),
  );
  const waiting = instances.flatMap((limiter) =>
    Array.from(
      { length: 40 },
      () =>
        limiter.acquire({ key: "addon:workspace", priority: "bulk", maxWaitMs: 60_000, signal: end.signal })
          .then(() => grants.push(clock.now()), () => {}),
    )
  );
  await eventually(() => Promise.resolve(grants.length >= 30));
  end.abort();
  await Promise.all(waiting);
  for (let first = 0, last = 0; last < grants.length; last++) {
    while (grants[last]! - grants[first]! > 1_000) first++;
    assert(last - first + 1 <= rate, `${last - first + 1} in one second at ${rate}`);
  }
});

testOnRedis("a pause after Clockify's 429 holds for all instances", async (scene) => {
  const [one, other] = await Promise.all(
    [1, 2].map(async () => createRateLimiter({ clock, shared: createSharedBuckets(await scene.connect()) })),
  );
  const ask = () => other!.acquire({ key: "addon:workspace", priority: "flow", maxWaitMs: 1_000 });
  assertEquals((await ask()).ok, true);
  one!.rejected("addon:workspace", { askedMs: 3_600_000 });
  const refused = await eventually(async () => {
    const answer = await ask();
    return !answer.ok && answer;
  });
  assert(refused.retryInMs > 3_500_000, `${refused.retryInMs}`);
  // Known by now without asking.
  assertEquals((await ask()).ok, false);
});

testOnRedis("two instances share the hour of a workspace, and each priority's part of it", async (scene) => {
  const limiters = await Promise.all(
    [1, 2].map(async () =>
      createRateLimiter({ clock, perHour: () => 10, shared: createSharedBuckets(await scene.connect()) })
    ),
  );
  const granted = { bulk: 0, flow: 0 };
  for (const priority of ["bulk", "flow"] as const) {
    for (let turn = 0; turn < 10; turn++) {
      for (const limiter of limiters) {
        const answer = await limiter.acquire({ key: "addon:workspace", priority, maxWaitMs: 5_000 });
        if (answer.ok) granted[priority]++;
        else assert(answer.retryInMs > 60_000, `${answer.retryInMs}`);
      }
    }
  }
  assertEquals(granted, { bulk: 6, flow: 4 });
});

testOnRedis(
  "what a step sets aside of the shared hour no other instance takes, and what it gives back all may",
  async (scene) => {
    const [one, other] = await Promise.all(
      [1, 2].map(async () =>
        createRateLimiter({ clock, perHour: () => 4, shared: createSharedBuckets(await scene.connect()) })
      ),
    );
    const needs = (calls: number) => Object.assign(newCallReserve(), { calls, inAll: calls });
    const ask = (limiter: typeof one, reserve: ReturnType<typeof needs>) =>
      limiter!.acquire({ key: "addon:workspace", priority: "flow", maxWaitMs: 5_000, reserve });
    const step = needs(3);
    assertEquals((await ask(one, step)).ok, true);
    assertEquals((await ask(other, needs(2))).ok, false);
    assertEquals((await ask(one, Object.assign(step, { calls: 2 }))).ok, true);
    step.giveBack();
    // Two of four were made: another two fit, and no third.
    assertEquals(
      [(await ask(other, needs(1))).ok, (await ask(other, needs(1))).ok, (await ask(one, needs(1))).ok],
      [true, true, false],
    );
  },
);

testOnRedis("a Redis that is killed leaves each instance to its memory until it is back", async (scene) => {
  const redis = await scene.connect();
  let fallbacks = 0;
  const shared = createSharedBuckets(redis);
  const limits = createLimits({ clock, shared, onFallback: () => fallbacks++ });
  const budget = limits.budget({ name: "test", ratePerSecond: 100 });
  const limiter = createRateLimiter({ clock, shared });
  const call = () => limiter.acquire({ key: "addon:workspace", priority: "flow", maxWaitMs: 5_000 });
  assertEquals([redis.status(), budget.take("workspace"), (await call()).ok], ["ready", 0, true]);

  await scene.server.stop();
  // In the middle: asked while the connection is lost.
  assertEquals((await call()).ok, true);
  await eventually(() => Promise.resolve(redis.status() === "away"));
  assertEquals(budget.take("workspace"), 0);
  assertEquals((await call()).ok, true);
  assert(fallbacks > 0);

  const again = await startRedis({ port: scene.server.port });
  await eventually(() => Promise.resolve(redis.status() === "ready"));
  const before = fallbacks;
  assertEquals([budget.take("workspace"), (await call()).ok, fallbacks], [0, true, before]);
  assertEquals(scene.said.map((line) => line.split(" ")[0]), ["ready", "away", "ready"]);
  await limits.stop();
  await again.stop();
});

testOnRedis("a Redis that hangs is given up on, and taken again when it goes on", async (scene) => {
  const redis = await scene.connect();
  scene.server.kill("SIGSTOP");
  assertEquals(await redis.run("return 1", [], []), undefined);
  await eventually(() => Promise.resolve(redis.status() === "away"));
  assertEquals(await redis.run("return 1", [], []), undefined, "at once");
  scene.server.kill("SIGCONT");
  await eventually(() => Promise.resolve(redis.status() === "ready"));
  assertEquals(await redis.run("return 1", [], []), 1);
  assertEquals(scene.said, ["ready", "away TIMEOUT", "ready"]);
});

testOnRedis("a wrong password and an empty port are reported by code, without the address", async (scene) => {
  const locked = await startRedis({ password: "right-password" });
  const urls = [locked.url.replace("right", "wrong"), locked.url, "redis://:secret@127.0.0.1:1/0"];
  const states: string[] = [];
  for (const url of urls) {
    const redis = await openRedis({ url, clock, onStatus: (...said) => scene.said.push(said.join(" ").trim()) });
    await eventually(() => Promise.resolve(redis.status() !== "connecting"));
    states.push(redis.status());
    await redis.stop();
  }
  assertEquals(states, ["away", "ready", "away"]);
  assertEquals(scene.said, ["away WRONGPASS", "ready", "away ECONNREFUSED"]);
  await locked.stop();
});
