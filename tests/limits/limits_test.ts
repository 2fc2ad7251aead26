/** Budgets in memory: the contract, exact figures, how many keys there may be; and the guard of logins. */

import { assertEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import type { AppError } from "../../src/base/errors.ts";
import { createGuessGuard } from "../../src/limits/guesses.ts";
import { createLimits, requireBudget, requireBytes } from "../../src/limits/limits.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { limitsContract } from "./contract.ts";

limitsContract({
  name: "memory",
  open: () =>
    Promise.resolve({
      instance: () => Promise.resolve(createLimits({ clock: systemClock })),
      stop: () => Promise.resolve(),
    }),
  cannot: {
    "two instances give together what one budget allows, and little less": "each process has budgets of its own",
  },
});

function setUp(ratePerSecond: number, burst?: number) {
  const clock = createFakeClock();
  let refused = 0;
  const budget = createLimits({ clock }).budget({ name: "test", ratePerSecond, burst, onRefused: () => refused++ });
  return { clock, budget, refused: () => refused };
}

Deno.test("take() lets ten seconds' worth through at once, then the rate, for each key by itself", async () => {
  const { clock, budget, refused } = setUp(5);
  for (let index = 0; index < 50; index++) assertEquals(budget.take("one"), 0);
  assertEquals(budget.take("one"), 200);
  assertEquals(budget.take("other"), 0);
  await clock.advance(1_000);
  assertEquals(Array.from({ length: 6 }, () => budget.take("one")), [0, 0, 0, 0, 0, 200]);
  assertEquals(refused(), 2);
});

Deno.test("look() counts what has come since, and says when all is there", async () => {
  const { clock, budget } = setUp(5);
  for (let index = 0; index < 50; index++) budget.take("one");
  assertEquals(budget.look("one"), { burst: 50, fillMs: 10_000, left: 0, fullInMs: 10_000 });
  await clock.advance(2_100);
  assertEquals(budget.look("one"), { burst: 50, fillMs: 10_000, left: 10.5, fullInMs: 7_900 });
  await clock.advance(60_000);
  assertEquals(budget.look("one"), { burst: 50, fillMs: 10_000, left: 50, fullInMs: 0 });
});

Deno.test("requireBudget() refuses with the time after which to try again", () => {
  const { budget } = setUp(2, 1);
  requireBudget(budget, "one");
  assertThrowsLike(() => requireBudget(budget, "one"), (error: AppError) => {
    assertEquals([error.code, error.details.retryInMs, error.retryable], ["RATE_LIMITED", 500, true]);
    return true;
  });
});

Deno.test("requireBytes() takes as many tokens as there are bytes; the largest body always finds a burst for it", async () => {
  const clock = createFakeClock();
  const budget = createLimits({ clock }).budget({ name: "test", ratePerSecond: 100, burst: 300, largest: 1_000 });
  requireBytes(budget, "one", 1_000);
  assertThrowsLike(() => requireBytes(budget, "one", 500), { code: "RATE_LIMITED", details: { retryInMs: 5_000 } });
  requireBytes(budget, "other", 999);
  await clock.advance(5_000);
  requireBytes(budget, "one", 500);
  assertThrowsLike(() => requireBytes(budget, "one", 1), { code: "RATE_LIMITED", details: { retryInMs: 10 } });
});

Deno.test("keys whose bucket is full are forgotten, and there is a highest number of keys", async () => {
  const { clock, budget } = setUp(1, 10);
  for (let index = 0; index < 1_000; index++) budget.take(`key ${index}`);
  budget.take("drained", 10);
  await clock.advance(60_000);
  budget.take("drained", 10);
  budget.take("new");
  assertEquals(budget.size(), 2, "the one in use and the new one");
  for (let index = 0; index < 60_000; index++) budget.take(`flood ${index}`);
  assertEquals(budget.size(), 50_000);
});

Deno.test("an address that fails too often is refused for a while, a proxy's much later", async () => {
  const clock = createFakeClock();
  let refused = 0;
  const guard = createGuessGuard({ clock, refusal: "too many logins failed", onRefused: () => refused++ });
  const failuresUntilRefused = (address: string) => {
    for (let count = 0; count < 2_000; count++) {
      try {
        guard.admit(address);
      } catch (error) {
        assertEquals((error as AppError).code, "RATE_LIMITED");
        return count;
      }
      guard.failed(address);
    }
    return Infinity;
  };
  assertEquals(failuresUntilRefused("203.0.113.7"), 20);
  assertEquals(failuresUntilRefused("2001:db8::1"), 20);
  for (const near of ["127.0.0.1", "::1", "::ffff:10.1.2.3", "192.168.1.9", "fd00::1"]) {
    assertEquals(failuresUntilRefused(near), 1_000, near);
  }
  assertEquals(refused, 7);
  // All addresses of one network are one person's; the next network is another's.
  assertThrowsLike(() => guard.admit("2001:db8::ffff:1"), { code: "RATE_LIMITED" });
  guard.admit("2001:db8:0:1::1");
  guard.admit("203.0.113.8");
  await clock.advance(3_000);
  guard.admit("203.0.113.7");
});
