/** Tests of few places with fair turns: who waits, who is refused, and who is next. */

import { assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { AppError } from "../../src/base/errors.ts";
import { createPlaces } from "../../src/limits/places.ts";

/** A clock whose sleepers wake when they are let. */
function handClock() {
  const sleepers: (() => void)[] = [];
  return {
    now: () => 0,
    monotonicMs: () => 0,
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        sleepers.push(resolve);
        signal?.addEventListener("abort", () => reject(signal.reason));
      }),
    pass: () => sleepers.splice(0).forEach((wake) => wake()),
  };
}

interface Who {
  key: string;
}

function make({ places: most = 1, ofKey = 10, waiting = 10 } = {}) {
  const clock = handClock();
  const ofSame = (who: Who, others: Iterable<Who>) => [...others].filter(({ key }) => key === who.key).length;
  const made = createPlaces<Who>({
    clock,
    keyOf: ({ key }) => key,
    fits: (who, inside) => [...inside].length < most && ofSame(who, inside) < ofKey,
    mayWait: (_, others) => [...others].length < waiting,
    waitMs: 1_000,
    refusal: (_, { waited }) => new AppError("OVERLOADED", waited ? "waited" : "full"),
  });
  return { clock, places: made };
}

Deno.test("a place is given at once, or when one is left; leaving twice leaves once", async () => {
  const { places } = make();
  const leave = await places.enter({ key: "a" });
  const order: string[] = [];
  const second = places.enter({ key: "a" }).then((leave) => (order.push("second"), leave));
  const third = places.enter({ key: "a" }).then((leave) => (order.push("third"), leave));
  assertEquals(places.waiting(), 2);
  leave();
  leave();
  const leaveSecond = await second;
  assertEquals([order, places.waiting()], [["second"], 1]);
  leaveSecond();
  (await third)();
  (await places.enter({ key: "a" }))();
});

Deno.test("turns go round over the keys: one that comes last and alone waits for one turn", async () => {
  const { places } = make();
  let leave = await places.enter({ key: "a" });
  const order: string[] = [];
  const waiting = ["a", "a", "a", "b"].map((key) =>
    places.enter({ key }).then((next) => {
      order.push(key);
      leave = next;
    })
  );
  for (let turn = 0; turn < 4; turn++) {
    leave();
    while (order.length === turn) await Promise.resolve();
  }
  await Promise.all(waiting);
  assertEquals(order, ["a", "b", "a", "a"]);
});

Deno.test("a key that has its share waits, and another one passes it", async () => {
  const { places } = make({ places: 2, ofKey: 1 });
  const leave = await places.enter({ key: "a" });
  const waits = places.enter({ key: "a" });
  const passes = await places.enter({ key: "b" });
  assertEquals(places.waiting(), 1);
  passes();
  assertEquals(places.waiting(), 1);
  leave();
  (await waits)();
});

Deno.test("who waits too long, or beside too many, is refused, and gets no place later", async () => {
  const { places, clock } = make({ waiting: 1 });
  const leave = await places.enter({ key: "a" });
  const late = assertRejectsLike(places.enter({ key: "a" }), { message: "waited" });
  await assertRejectsLike(places.enter({ key: "b" }), { message: "full" });
  clock.pass();
  await late;
  assertEquals(places.waiting(), 0);
  leave();
  (await places.enter({ key: "a" }))();
});
