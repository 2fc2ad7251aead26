/** Tests of src/limits/slots.ts: turns in order, a queue with a bound, and a wait with an end. */

import { assertEquals } from "@std/assert";
import { createSlots } from "../../src/limits/slots.ts";
import { createFakeClock, settle } from "../clockify/fake_clock.ts";

function setUp() {
  const clock = createFakeClock();
  const places = createSlots({ purpose: "test", atOnce: 2, maxQueued: 3, clock });
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const enter = (name: string) =>
    places.run(() => {
      log.push(`${name} begins`);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    }).then(() => log.push(`${name} ends`), ({ code }) => log.push(`${name} ${code}`));
  return { clock, log, enter, end: (name: string) => ends.get(name)!(), taken: () => log.splice(0) };
}

Deno.test("run() does so many at once, the others in order, and refuses what finds the queue full", async () => {
  const { enter, end, taken } = setUp();
  for (const name of ["a", "b", "c", "d", "e", "f"]) void enter(name);
  await settle();
  assertEquals(taken(), ["a begins", "b begins", "f OVERLOADED"]);
  end("b");
  await settle();
  assertEquals(taken().sort(), ["b ends", "c begins"]);
  void enter("g");
  end("a");
  end("c");
  await settle();
  assertEquals(taken().sort(), ["a ends", "c ends", "d begins", "e begins"]);
});

Deno.test("run() refuses what has waited for 2 s, and leaves the later ones their time", async () => {
  const { clock, enter, end, taken } = setUp();
  for (const name of ["a", "b", "c"]) void enter(name);
  await clock.advance(1_000);
  void enter("d");
  await clock.advance(999);
  assertEquals(taken(), ["a begins", "b begins"]);
  await clock.advance(1);
  assertEquals(taken(), ["c OVERLOADED"]);
  end("a");
  await settle();
  assertEquals(taken().sort(), ["a ends", "d begins"]);
  await clock.advance(10_000);
  assertEquals(taken(), []);
});

Deno.test("run() gives the place on when its work fails", async () => {
  const { clock } = setUp();
  const places = createSlots({ purpose: "test", atOnce: 1, maxQueued: 9, clock });
  const results = await Promise.allSettled([
    places.run(() => Promise.reject(new Error("no"))),
    places.run(() => Promise.resolve("yes")),
  ]);
  assertEquals(results.map(({ status }) => status), ["rejected", "fulfilled"]);
});
