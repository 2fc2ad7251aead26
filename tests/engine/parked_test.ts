/** Tests of steps that are walked at the same time, and of how those that are parked are one (together.ts, parked.ts). */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { closeOfParked, mergeParked } from "../../src/engine/parked.ts";
import { walkTogether } from "../../src/engine/together.ts";
import type { Parked, StepEnd } from "../../src/engine/walk.ts";
import { HELD_MS } from "../../src/queue/withdraw.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addRun, fakeAction, setUpEngine, step } from "./setup.ts";
import { allOf, planOf, WAITING_KINDS } from "./waiting_kinds.ts";

Deno.test.afterAll(stopSharedDatabase);

const parked = (fields: Partial<Parked>): Parked => ({
  kind: "parked",
  on: [],
  reason: "waits",
  retry: false,
  ...fields,
});
const completed: StepEnd = { kind: "completed", output: null };

Deno.test("mergeParked() gives the earliest time with its reason, each key once, and says whether any attempt failed", () => {
  const go = { type: "event", key: "go" };
  const approve = { type: "approval", key: "root/approve" };
  assertEquals(mergeParked([completed]), undefined);
  const only = parked({ until: 5 });
  assertEquals(mergeParked([completed, only]), only);
  assertEquals(
    mergeParked([
      parked({ on: [go], reason: "waits for go" }),
      parked({ until: 20, on: [approve, go], reason: "later" }),
      completed,
      parked({ until: 10, reason: "sooner", retry: true }),
    ]),
    parked({ until: 10, on: [go, approve], reason: "sooner", retry: true }),
  );
  assertEquals(mergeParked([parked({ on: [go] }), parked({ on: [approve] })])!.until, undefined);
});

Deno.test("closeOfParked() gives the job back at its time or the run's deadline, and without either when something comes", () => {
  const close = (fields: Partial<Parked>, deadlineMs?: number) => {
    const deadlineAt = deadlineMs === undefined ? undefined : new Date(deadlineMs);
    const found = closeOfParked(parked(fields), { nowMs: 1_000, deadlineAt });
    assert(found.kind === "snooze" || found.kind === "retry");
    return [found.kind, found.delayMs];
  };
  assertEquals(close({ until: 1_500, retry: true }), ["retry", 500]);
  assertEquals(close({ until: 400 }), ["snooze", 0]);
  assertEquals(close({}), ["snooze", HELD_MS]);
  assertEquals(close({}, 3_000), ["snooze", 2_000]);
  assertEquals(close({ until: 9_000 }, 3_000), ["snooze", 2_000]);
});

Deno.test("walkTogether() keeps the order and the cap; where one throws, no other begins and those in progress are awaited", async () => {
  let inProgress = 0;
  let most = 0;
  const ends: string[] = [];
  const walk = (name: string, turns: number, error?: Error) => async (): Promise<StepEnd> => {
    most = Math.max(most, ++inProgress);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    inProgress--;
    ends.push(name);
    if (error) throw error;
    return { kind: "completed", output: name };
  };
  const found = await walkTogether([walk("a", 9), walk("b", 1), walk("c", 5), walk("d", 1)], { atOnce: 2 });
  assertEquals(found.map((end) => end.kind === "completed" && end.output), ["a", "b", "c", "d"]);
  assertEquals([most, ends[0]], [2, "b"]);
  ends.length = 0;
  const error = new Error("lost");
  await assertRejects(
    () => walkTogether([walk("a", 9), walk("b", 1, error), walk("c", 1)], { atOnce: 2 }),
    Error,
    "lost",
  );
  assertEquals([ends, inProgress], [["b", "a"], 0]);
  assertEquals(await walkTogether([], { atOnce: 2 }), []);
});

Deno.test("a step that is walked beside others begins only once what came before it is recorded, whoever records it", async () => {
  const { db, stop } = await testDatabase();
  try {
    const outside = fakeAction();
    const inside = { ...fakeAction(), type: "inside", effect: "none" as const };
    await addRun(db, { steps: planOf(allOf("fork", step("a"), step("b", { action: "inside" }))) });
    const { next } = setUpEngine(db, [outside, inside], {
      kinds: WAITING_KINDS,
      journal: (real) => ({
        ...real,
        record: async () => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          throw new Error("the database is away");
        },
      }),
    });
    await assertRejects(next, Error, "the database is away");
    assertEquals([outside.calls.length, inside.calls.length], [0, 0]);
  } finally {
    await stop();
  }
});
