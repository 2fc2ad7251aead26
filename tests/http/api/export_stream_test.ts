/** Tests of the body of an export: it is read as it is taken, and one that nobody takes is given up. */

import { assertEquals } from "@std/assert";
import { assertRejectsLike } from "../../support/assert_like.ts";
import type { Clock } from "../../../src/base/clock.ts";
import { streamChunks } from "../../../src/http/api/export_stream.ts";

/** A body of `count` chunks; `stall` lets the time pass in which nothing was taken. */
async function makeBody(count: number) {
  let read = 0;
  let returned = false;
  let overs = 0;
  const sleeps = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => 0,
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        sleeps.add(resolve);
        signal!.addEventListener("abort", () => {
          sleeps.delete(resolve);
          reject(signal!.reason);
        });
      }),
  };
  async function* chunks() {
    try {
      while (read < count) yield `${++read}\n`;
    } finally {
      returned = true;
    }
  }
  const source = chunks();
  const stopping = new AbortController();
  const body = streamChunks(await source.next(), source, {
    clock,
    stopping: stopping.signal,
    onFault: () => "{}",
    onOver: () => overs++,
  });
  return {
    body,
    stop: () => stopping.abort(),
    stall: async () => {
      for (const end of sleeps) end();
      await new Promise((resolve) => setTimeout(resolve, 0));
    },
    facts: () => ({ read, returned, isOver: overs > 0, timers: sleeps.size }),
  };
}

Deno.test("chunks are read as they are taken, and nothing is left behind by a whole file", async () => {
  const { body, facts } = await makeBody(3);
  const reader = body.getReader();
  await reader.read();
  assertEquals(facts(), { read: 1, returned: false, isOver: false, timers: 1 });
  await reader.read();
  await reader.read();
  assertEquals((await reader.read()).done, true);
  assertEquals(facts(), { read: 3, returned: true, isOver: true, timers: 0 });
});

Deno.test("a reader that takes nothing for a minute is cut off, at the beginning and in the middle", async () => {
  for (const taken of [0, 2]) {
    const { body, stall, facts } = await makeBody(5);
    const reader = body.getReader();
    for (let at = 0; at < taken; at++) await reader.read();
    await stall();
    await assertRejectsLike(reader.read(), /Timeout, the reader reads nothing/);
    const { returned, isOver } = facts();
    assertEquals([returned, isOver], [true, true], `after ${taken}`);
  }
});

Deno.test("a stop cuts the file off, and leaves no timer", async () => {
  const { body, stop, facts } = await makeBody(5);
  const reader = body.getReader();
  await reader.read();
  stop();
  await assertRejectsLike(reader.read(), /The program stops/);
  assertEquals(facts(), { read: 1, returned: true, isOver: true, timers: 0 });
});
