/** Long walks beside others: they record little at a time, and leave half of the time. */

import { assert, assertEquals } from "@std/assert";
import type { Clock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import type { Journal } from "../../src/engine/journal.ts";
import { createPace } from "../../src/engine/pace.ts";
import type { PlanStep } from "../../src/engine/plan.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addRun, readRun, setUpEngine } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

function setUp() {
  let nowMs = 0;
  let others = true;
  const sleeps: { ms: number; end(): void }[] = [];
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms) => new Promise((end) => void sleeps.push({ ms, end })),
  };
  return {
    pace: createPace({ clock, hasOthers: () => others }),
    sleeps,
    pass: (ms: number) => void (nowMs += ms),
    leave: (are: boolean) => void (others = are),
  };
}

Deno.test("a walk rests for as long as it worked once it is long, while there are others", async () => {
  const { pace, sleeps, pass, leave } = setUp();
  pass(30);
  pace.recorded(199);
  await pace.rested();
  assertEquals([pace.mostParts(), sleeps.length], [100, 0], "a short one is as quick as alone");
  pass(10);
  pace.recorded(1);
  assertEquals([pace.mostParts(), sleeps.map(({ ms }) => ms)], [32, [10]]);
  const rested = Promise.all([pace.rested(), pace.rested()]);
  pace.recorded(50);
  assertEquals(sleeps.length, 1, "what was on its way does not rest again");
  pass(10);
  sleeps[0]!.end();
  await rested;
  pass(7_000);
  pace.recorded(1);
  assertEquals(sleeps[1]!.ms, 100, "no rest is longer");
  sleeps[1]!.end();
  await pace.rested();
  leave(false);
  pass(40);
  pace.recorded(32);
  assertEquals([pace.mostParts(), sleeps.length], [100, 2], "alone it has all");
  leave(true);
  pass(5);
  pace.recorded(32);
  assertEquals(sleeps[2]!.ms, 5, "and what it did alone is not made good");
});

Deno.test("a loop over 300 items records few steps at a time beside others, and comes to the same end", async () => {
  const { db, stop } = await testDatabase();
  try {
    const alone = await recordsOf(db, false);
    const beside = await recordsOf(db, true);
    const most = (counts: number[]) => Math.max(...counts);
    assert(most(alone) > 90, `${most(alone)} steps at once`);
    assert(most(beside.slice(-5)) < 50, `${most(beside.slice(-5))} steps at once`);
    const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
    assert(sum(beside) >= 600, "none is lost");
  } finally {
    await stop();
  }
});

/** How many steps each record of the run had. */
async function recordsOf(db: Database, others: boolean): Promise<number[]> {
  const counts: number[] = [];
  const journal = (real: Journal): Journal => ({
    ...real,
    record: async (entry) => {
      counts.push(entry.steps?.length ?? 0);
      await real.record(entry);
    },
  });
  const each: PlanStep = {
    kind: "loop",
    id: "each",
    over: Array.from({ length: 300 }, (_, n) => n),
    maxItems: 1_000,
    atOnce: 1,
    onError: "stop",
    steps: [{
      kind: "action",
      id: "make",
      action: "transform",
      input: 1,
      retry: { maxAttempts: 1, initialDelayMs: 1, maxDelayMs: 1, multiplier: 1 },
      onUncertain: "retry",
    }],
  };
  const runId = await addRun(db, { steps: [each] });
  await setUpEngine(db, [], { journal, hasOthers: () => others }).next();
  assertEquals((await readRun(db, runId)).state, "completed");
  return counts;
}
