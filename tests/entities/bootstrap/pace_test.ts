/** Tests of src/entities/bootstrap/pace.ts: at most the rate in any second, nearly all of it, and the budget is asked last. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../../support/assert_like.ts";
import { createPaces } from "../../../src/entities/bootstrap/pace.ts";
import { createFakeClock } from "../../clockify/fake_clock.ts";

for (const perSecond of [1, 10, 25, 50]) {
  Deno.test(`a pace of ${perSecond} keeps it in every second, and 95 % of it in all`, async () => {
    const clock = createFakeClock();
    const pace = createPaces(clock)("installation", perSecond);
    const sentAt: number[] = [];
    const take = () => {
      sentAt.push(clock.now());
      return Promise.resolve({ ok: true });
    };
    const count = perSecond * 4 + 1;
    const all = Promise.all(Array.from({ length: count }, () => pace(take)));
    const startedAt = clock.now();
    await clock.advance(5_000);
    await all;
    for (const from of sentAt) {
      assert(sentAt.filter((at) => at >= from && at - from <= 1_000).length <= perSecond);
    }
    assert((count - 1) / (sentAt.at(-1)! - startedAt) * 1_000 >= perSecond * 0.95);
  });
}

Deno.test("a turn that the budget refuses does not count, and one that gives up lets the next go", async () => {
  const clock = createFakeClock();
  const pace = createPaces(clock)("installation", 1);
  assertEquals(await pace(() => Promise.resolve({ ok: false })), { ok: false });
  assertEquals(await pace(() => Promise.resolve({ ok: true })), { ok: true }, "at once");
  const end = new AbortController();
  const given = pace(() => Promise.resolve({ ok: true }), end.signal);
  const next = pace(() => Promise.resolve({ ok: true }));
  await clock.advance(100);
  end.abort(new Error("stop"));
  await assertRejectsLike(given, /stop/);
  await clock.advance(1_050);
  assertEquals(await next, { ok: true });
});

Deno.test("installations do not wait for each other", async () => {
  const clock = createFakeClock();
  const paceOf = createPaces(clock);
  const take = () => Promise.resolve({ ok: true });
  await Promise.all(["a", "b", "c"].map((key) => paceOf(key, 1)(take)));
});
