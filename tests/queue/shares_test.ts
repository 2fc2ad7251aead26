/** Tests of src/queue/shares.ts: how many slots an installation gets, beside none, beside others, and as a newcomer. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BACKGROUND, createShares, DELIVERIES, holderOf } from "../../src/queue/shares.ts";

Deno.test("takeUpTo() gives half of the slots to one alone, a third each to two, and the one slot there is", () => {
  for (const [total, alone] of [[128, 64], [64, 32], [9, 5], [2, 1], [1, 1]] as const) {
    assertEquals(createShares(total).takeUpTo(1, 1_000), alone, `${total} slots`);
  }
  const shares = createShares(120);
  for (let n = 0; n < 120; n++) for (const installation of [1, 2]) shares.takeUpTo(installation, 1);
  assertEquals([...shares.held().values()], [40, 40]);
  assertEquals(shares.free(), 40);
  assert(shares.isUsedUp());
});

Deno.test("the last free slot goes to an installation that holds none, whatever the others do", () => {
  const moves = fc.array(
    fc.record({
      of: fc.integer({ min: 1, max: 8 }),
      wanted: fc.integer({ min: 1, max: 200 }),
      left: fc.integer({ min: 0, max: 20 }),
    }),
    { minLength: 1, maxLength: 80 },
  );
  fc.assert(fc.property(fc.integer({ min: 9, max: 130 }), moves, (total, moves) => {
    const shares = createShares(total);
    for (const { of, wanted, left } of moves) {
      const before = shares.held().get(of) ?? 0;
      const taken = shares.takeUpTo(of, wanted);
      assert(taken <= wanted);
      assert(taken === 0 || before + taken <= shares.free() + 1, "no more than stay free, but for the last");
      assert(shares.free() >= 1 || taken === 0 || (before === 0 && taken === 1), "the last is for one that holds none");
      assert(before + taken <= Math.ceil(total / 2));
      const leaving = Math.min(left, shares.held().get(of) ?? 0);
      if (leaving > 0) shares.leave(of, leaving);
      const held = [...shares.held().values()].reduce((sum, count) => sum + count, 0);
      assertEquals(held + shares.free(), total);
    }
  }));
});

Deno.test("floods that come one after another leave half of the rest each, and a slot for one more as their jobs end", () => {
  const floods = fc.integer({ min: 1, max: 20 });
  fc.assert(fc.property(fc.integer({ min: 21, max: 200 }), floods, (total, floods) => {
    const shares = createShares(total);
    for (let of = 1; of <= floods; of++) {
      const free = shares.free();
      assertEquals(shares.takeUpTo(of, 1_000), Math.ceil(free / 2));
    }
    // A job of each ends, and each takes what it may.
    for (let round = 0; round < total; round++) {
      for (let of = 1; of <= floods; of++) {
        if ((shares.held().get(of) ?? 0) > 0) shares.leave(of, 1);
        shares.takeUpTo(of, 1_000);
      }
    }
    const held = [...shares.held().values()];
    assertEquals(held.length, floods);
    assert(Math.max(...held) - Math.min(...held) <= 1, `${held} of ${total}`);
    assert(shares.free() >= 1);
    assertEquals(shares.takeUpTo(floods + 1, 1), 1);
  }));
});

Deno.test("holderOf() is the installation of an event or a run, one for deliveries, and one for all other work", () => {
  const kinds = ["event", "run", "settings", "coverage", "poll", "bootstrap", "cleanup"] as const;
  assertEquals(kinds.map((kind) => holderOf({ kind, installationId: 7 })), [7, 7, ...Array(5).fill(BACKGROUND)]);
  assertEquals(holderOf({ kind: "webhook", installationId: 7 }), DELIVERIES);
});

Deno.test("isUsedUp() says whether an installation may have work that waits for a slot of its own", () => {
  const shares = createShares(4);
  assert(!shares.isUsedUp(), "nothing is held");
  shares.take(1);
  assert(!shares.isUsedUp(), "1 of 4");
  shares.take(1);
  assert(shares.isUsedUp(), "2 of 4, and 2 are free");
  shares.leave(1, 1);
  assert(!shares.isUsedUp());
  for (const installation of [2, 3, 4]) shares.take(installation);
  assertEquals(shares.free(), 0);
  assert(shares.isUsedUp(), "no slot is free");
});
