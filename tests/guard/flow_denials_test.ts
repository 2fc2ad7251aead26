/** What steps ask before each call: in memory, one query for all every few seconds. */

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { createFlowDenials, MAX_AGE_MS, readDenials } from "../../src/guard/flow_denials.ts";
import type { Grade } from "../../src/guard/grades.ts";
import { createPolicyStore } from "../../src/guard/policy.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

function scene() {
  const clock = createFakeClock();
  let reads = 0;
  let answer: () => Promise<Map<number, Set<Grade>>> = () =>
    Promise.resolve(new Map([[1, new Set<Grade>(["business"])]]));
  const denials = createFlowDenials({
    clock,
    read: () => {
      reads += 1;
      return answer();
    },
  });
  return { clock, denials, reads: () => reads, answers: (next: typeof answer) => void (answer = next) };
}

Deno.test("isDenied() reads once for all who ask at once, and answers at once after that", async () => {
  const { denials, reads, clock } = scene();
  const asked = await Promise.all(Array.from({ length: 50 }, (_, index) => denials.isDenied(index, "business")));
  assertEquals(asked.flatMap((is, index) => is ? [index] : []), [1]);
  assertStrictEquals(denials.isDenied(1, "business"), true);
  assertStrictEquals(denials.isDenied(1, "routine"), false);
  assertStrictEquals(denials.isDenied(7, "business"), false);
  assertEquals(reads(), 1);
  await clock.advance(MAX_AGE_MS);
  assertEquals(await denials.isDenied(1, "business"), true);
  assertEquals(reads(), 2);
});

Deno.test("isDenied() keeps what was known while the database is away, and fails where nothing was", async () => {
  const { denials, answers, clock } = scene();
  const away = () => Promise.reject(new Error("away"));
  answers(away);
  await assertRejects(() => Promise.resolve(denials.isDenied(1, "business")), Error, "away");
  answers(() => Promise.resolve(new Map([[1, new Set<Grade>(["read"])]])));
  assertEquals(await denials.isDenied(1, "read"), true);
  answers(away);
  await clock.advance(MAX_AGE_MS);
  assertEquals(await denials.isDenied(1, "read"), true);
});

Deno.test("forget() has the next step read again", async () => {
  const { denials, answers, reads } = scene();
  await denials.isDenied(1, "business");
  answers(() => Promise.resolve(new Map()));
  denials.forget();
  assertEquals(await denials.isDenied(1, "business"), false);
  assertEquals(reads(), 2);
});

Deno.test("readDenials() gives the installations that deny flows something, and their grades alone", async () => {
  const { db, stop } = await testDatabase();
  try {
    const policies = createPolicyStore(db);
    const [one, two, three] = [await addInstallation(db), await addInstallation(db), await addInstallation(db)];
    await policies.change(one, { change: { flows: { destructive: "deny", business: "preview" } }, by: "a" });
    await policies.change(two, { change: { by_hand: { destructive: "deny" } }, by: "a" });
    await policies.change(three, { change: { flows: { destructive: "deny" } }, by: "a" });
    await policies.change(three, { change: { flows: { destructive: null } }, by: "a" });
    assertEquals(await readDenials(db)(), new Map([[one, new Set<Grade>(["destructive"])]]));
  } finally {
    await stop();
  }
});
