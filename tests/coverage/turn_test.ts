/** Tests of takeTurn() of src/coverage/store.ts: of the checks of one installation that execute, one goes on. */

import { assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { createCoverageStore } from "../../src/coverage/store.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { addInstallation, addJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

Deno.test("of two checks that begin at once one goes on, and the other one when that is over", async () => {
  const { db, stop } = await testDatabase();
  const queue = createPostgresQueue(db, systemClock);
  const store = createCoverageStore(db);
  const claim = () => queue.claim({ limit: 10, owner: "worker-1", leaseMs: 30_000 });
  const installationId = await addInstallation(db);
  const check = { kind: "coverage", payload: {} } as const;
  await addJobs(db, { ...check, installationId, count: 2 });
  await addJobs(db, { ...check, installationId: await addInstallation(db) });
  const [first, second, elsewhere] = (await claim()).sort((a, b) => a.id - b.id);
  const turns = await Promise.all([first!, second!, elsewhere!].map(store.takeTurn));
  assertEquals([turns[0] !== turns[1], turns[2]], [true, true]);
  const [going, aside] = turns[0] ? [first!, second!] : [second!, first!];

  await queue.settle(aside, { kind: "snooze", delayMs: 0, reason: "one at a time" });
  const [again] = await claim();
  assertEquals([again!.id, await store.takeTurn(again!)], [aside.id, false], "however often it is asked for");
  assertEquals(await store.takeTurn(going), true, "a check whose process ended goes on");
  await queue.settle(going, { kind: "snooze", delayMs: 60_000, reason: "next check" });
  assertEquals(await store.takeTurn(again!), true);
  await stop();
});
