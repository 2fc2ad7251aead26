/** What all Limits do (src/limits/limits.ts), whether budgets are in memory or shared by way of Redis. By the real clock. */

import { assert, assertEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type Budget, type BudgetSpec, type Limits, requireBudget, requireBytes } from "../../src/limits/limits.ts";
import { type Adapter, contractTests } from "../support/contract.ts";

export interface LimitsScene {
  /** Limits of one process; those of all share what the adapter shares. */
  instance(): Promise<Limits>;
  stop(): Promise<void>;
}

export interface LimitsAdapter extends Adapter {
  open(): Promise<LimitsScene>;
}

/** What is held ready of a shared budget may be given before it is drawn: a tenth of the burst. */
const PORTION = 0.1;

export function limitsContract(adapter: LimitsAdapter): void {
  const { test, done } = contractTests(adapter);

  /** `instances` processes with one budget each, all of the same name. */
  const budgetTest = (
    name: string,
    { instances = 1, ...spec }: Omit<BudgetSpec, "name" | "onRefused"> & { instances?: number },
    work: (budgets: Budget[], refused: () => number) => Promise<void> | void,
  ) =>
    test(name, async () => {
      const scene = await adapter.open();
      let refused = 0;
      const limits = await Promise.all(Array.from({ length: instances }, () => scene.instance()));
      try {
        const onRefused = () => void refused++;
        await work(limits.map((one) => one.budget({ name: "test", ...spec, onRefused })), () => refused);
      } finally {
        for (const one of limits) await one.stop();
        await scene.stop();
      }
    });

  /** Asks for one token each millisecond; gives how many each budget gave, and what the rate and the burst allow. */
  async function askFor(ms: number, budgets: Budget[], { rate, burst }: { rate: number; burst: number }) {
    const granted = budgets.map(() => 0);
    const startedAt = systemClock.monotonicMs();
    let elapsedMs = 0;
    while (elapsedMs < ms) {
      budgets.forEach((budget, index) => {
        if (budget.take("workspace") === 0) granted[index]!++;
      });
      await systemClock.sleep(1);
      elapsedMs = systemClock.monotonicMs() - startedAt;
    }
    return { granted, allowed: burst + rate * elapsedMs / 1000 };
  }

  const steady = { ratePerSecond: 50, burst: 50 };
  budgetTest("a budget gives its burst and then its rate, and little less", steady, async (budgets) => {
    const { granted: [granted = 0], allowed } = await askFor(1_500, budgets, { rate: 50, burst: 50 });
    const said = `${granted} of ${allowed}`;
    assert(granted <= allowed + 50 * PORTION, said);
    assert(granted >= allowed * 0.5, said);
  });

  budgetTest(
    "two instances give together what one budget allows, and little less",
    { ...steady, instances: 2 },
    async (budgets) => {
      const { granted, allowed } = await askFor(2_000, budgets, { rate: 50, burst: 50 });
      const [first, second] = granted as [number, number];
      const said = `${first} + ${second} of ${allowed}`;
      assert(first + second <= allowed + 2 * 50 * PORTION, said);
      assert(first + second >= allowed * 0.5, said);
      assert(Math.min(first, second) > 10, `both get their share: ${said}`);
    },
  );

  /** Takes until it is refused, with time in between for what is drawn in the background; gives the wait that it was given. */
  async function drain(budget: Budget, key: string): Promise<number> {
    for (let quiet = 0, waitMs = 0;;) {
      const answer = budget.take(key);
      if (answer === 0) quiet = 0;
      else {
        waitMs = answer;
        // Nothing came for a while: it is empty, not being drawn.
        if (++quiet === 20) return waitMs;
        await systemClock.sleep(10);
      }
    }
  }

  budgetTest("keys have budgets of their own", { ratePerSecond: 0.1, burst: 20 }, async ([budget]) => {
    await drain(budget!, "one");
    assertEquals(budget!.take("other"), 0);
    assertEquals(budget!.size() >= 2, true);
  });

  budgetTest(
    "a refusal is counted, and says after how long there is a token",
    { ratePerSecond: 2, burst: 4 },
    async ([budget], refused) => {
      const waitMs = await drain(budget!, "one");
      assert(waitMs > 0 && waitMs <= 600, `${waitMs} ms, 2 a second`);
      assert(refused() >= 20, `${refused()} refused`);
      await systemClock.sleep(waitMs);
      // A shared budget is asked each 100 ms, and answers over the network.
      const startedAt = systemClock.monotonicMs();
      while (budget!.take("one") > 0) {
        assert(systemClock.monotonicMs() - startedAt < 1_000, "there is one after the wait");
        await systemClock.sleep(10);
      }
    },
  );

  budgetTest(
    "look() takes nothing, and what it says is left is given",
    { ratePerSecond: 0.1, burst: 50 },
    async ([budget]) => {
      const whole = budget!.look("one");
      assertEquals([whole.burst, whole.fillMs], [50, 500_000]);
      assertEquals([budget!.look("one").left, budget!.size()], [whole.left, 0], "no key is added");
      for (let round = 0; round < 20; round++) {
        const left = Math.floor(budget!.look("one").left);
        for (let n = 0; n < Math.min(left, 3); n++) {
          assertEquals(budget!.take("one"), 0, `${n} of ${left} in round ${round}`);
        }
        await systemClock.sleep(5);
      }
      await drain(budget!, "one");
      assertEquals(Math.floor(budget!.look("one").left), 0);
      assert(budget!.look("other").left >= 5);
    },
  );

  const bytes = { ratePerSecond: 100, burst: 300, largest: 1_000 };
  budgetTest("the largest call finds a burst for it, and what lacks more waits longer", bytes, ([budget]) => {
    assertEquals(budget!.take("one", 1_000), 0);
    const [little, much] = [budget!.take("one", 10), budget!.take("one", 1_000)];
    assert(little > 0 && much > 5_000 && much <= 10_000 && much > little, `${little} and ${much} ms`);
  });

  budgetTest("what is refused says so to the sender", { ratePerSecond: 0.1, burst: 10 }, async ([budget]) => {
    await drain(budget!, "one");
    for (const ask of [() => requireBudget(budget!, "one"), () => requireBytes(budget!, "one", 5)]) {
      assertThrowsLike(ask, (error: { code: string; retryable: boolean; details: { retryInMs: number } }) => {
        assertEquals(error.code, "RATE_LIMITED");
        assertEquals(error.retryable, true);
        assert(error.details.retryInMs > 0);
        return true;
      });
    }
  });

  test("stop() ends while budgets are being drawn, and take() answers afterwards", async () => {
    const scene = await adapter.open();
    const limits = await scene.instance();
    const budget = limits.budget({ name: "test", ratePerSecond: 0.01, burst: 10 });
    for (let count = 0; count < 20; count++) budget.take("one");
    await limits.stop();
    assert(budget.take("one") >= 0);
    await scene.stop();
  });

  done();
}
