/** Turns of the thread: between pieces of costly work the event loop serves what waits, however many ask at once. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { countSteps, inTurn } from "../../src/engine/turns.ts";
import { createWorkBudget } from "../../src/engine/work_budget.ts";

const PIECE = 150_000;
/** Of one turn, and the piece that was begun in it. */
const MOST = 50_000 + PIECE;

Deno.test("inTurn() holds the thread for one turn's work and a piece, however many ask at once", async () => {
  let sinceServed = 0;
  let most = 0;
  const server = Deno.serve({ port: 0, onListen: () => {} }, () => {
    sinceServed = 0;
    return new Response("served");
  });
  let pieces = 0;
  let served = 0;
  let over = false;
  const ask = async () => {
    while (!over) {
      await (await fetch(`http://127.0.0.1:${server.addr.port}/`)).text();
      served++;
    }
  };
  const asking = ask();
  const worker = async () => {
    while (served < 30) {
      await inTurn(() => {
        createWorkBudget(PIECE, "a test").spend(PIECE);
        pieces++;
        sinceServed += PIECE;
        most = Math.max(most, sinceServed);
      });
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  over = true;
  await asking;
  await server.shutdown();
  assert(served >= 30, "a server in the same thread is heard meanwhile");
  // A request takes a few turns: to be accepted, read and answered.
  assert(most <= 10 * MOST, `${most / PIECE} pieces between two answers of ${pieces} done`);
});

Deno.test("inTurn() keeps nothing waiting while little is done, and fails as the work does", async () => {
  await inTurn(() => {});
  let turned = false;
  const timer = setTimeout(() => void (turned = true));
  for (let i = 0; i < 50; i++) await inTurn(() => createWorkBudget(100, "a test").spend(100));
  assertEquals(turned, false);
  clearTimeout(timer);
  await assertRejectsLike(inTurn(() => createWorkBudget(1, "a test").spend(2)), /more than the 1 steps/);
});

Deno.test("work that fails is followed by a turn before long", async () => {
  const busy: (() => void | Promise<void>)[] = [
    async () => void await inTurn(() => Promise.reject(new Error("later"))).catch(() => {}),
    () => inTurn(() => raise()).catch(() => {}),
  ];
  for (const [place, work] of busy.entries()) {
    // Whatever was done before, a turn begins.
    await inTurn(() => countSteps(100_000));
    await inTurn(() => {});
    let turned = false;
    const timer = setTimeout(() => void (turned = true));
    for (let times = 0; times < 20; times++) await work();
    clearTimeout(timer);
    // What fails later has cost nothing of the thread by then.
    assertEquals(turned, place > 0, `${place}`);
  }
});

function raise(): never {
  throw new Error("at once");
}
