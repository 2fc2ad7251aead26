/** What steps ask before each call: in memory, one query for all every few seconds. */

import { assertEquals, assertRejects } from "@std/assert";
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

Deno.test("of() reads once for all who ask at once, and answers at once after that", async () => {
  const { denials, reads, clock } = scene();
  const asked = await Promise.all(Array.from({ length: 50 }, (_, index) => denials.of(index)));
  assertEquals(asked.flatMap((grades, index) => grades.size > 0 ? [[index, ...grades]] : []), [[1, "business"]]);
  const business = new Set<Grade>(["business"]);
  assertEquals(denials.of(1), business);
  assertEquals(denials.of(7), new Set<Grade>());
  assertEquals(reads(), 1);
  await clock.advance(MAX_AGE_MS);
  assertEquals(await denials.of(1), business);
  assertEquals(reads(), 2);
});

Deno.test("of() keeps what was known while the database is away, and fails where nothing was", async () => {
  const { denials, answers, clock } = scene();
  const away = () => Promise.reject(new Error("away"));
  answers(away);
  await assertRejects(() => Promise.resolve(denials.of(1)), Error, "away");
  answers(() => Promise.resolve(new Map([[1, new Set<Grade>(["read"])]])));
  assertEquals(await denials.of(1), new Set<Grade>(["read"]));
  answers(away);
  await clock.advance(MAX_AGE_MS);
  assertEquals(await denials.of(1), new Set<Grade>(["read"]));
});

Deno.test("forget() has the next step read again", async () => {
  const { denials, answers, reads } = scene();
  await denials.of(1);
  answers(() => Promise.resolve(new Map()));
  denials.forget();
  assertEquals(await denials.of(1), new Set<Grade>());
  assertEquals(reads(), 2);
});

Deno.test("readDenials() gives the installations that deny flows something, and their grades alone", async () => {
  const { db, stop } = await testDatabase();
  try {
    const { change } = createPolicyStore(db);
    const leaving = () => Promise.resolve();
    const [one, two, three] = [await addInstallation(db), await addInstallation(db), await addInstallation(db)];
    await change(one, { change: { flows: { destructive: "deny", business: "preview" } }, by: "a", leaving });
    await change(two, { change: { by_hand: { destructive: "deny" } }, by: "a", leaving });
    await change(three, { change: { flows: { destructive: "deny" } }, by: "a", leaving });
    await change(three, { change: { flows: { destructive: null } }, by: "a", leaving });
    assertEquals(await readDenials(db)(), new Map([[one, new Set<Grade>(["destructive"])]]));
  } finally {
    await stop();
  }
});
