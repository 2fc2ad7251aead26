/** Tests of src/db/people.ts: every handle of it shares the same places, and ends what takes too long. */

import { assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createPeopleAccess, type PeopleAccess } from "../../src/db/people.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

/** Calls `work` while a transaction of people has their only place, until it calls `free`. */
async function whileFull(work: (access: PeopleAccess, free: () => void) => Promise<void>): Promise<void> {
  const database = await testDatabase();
  // Half of two connections is one.
  const access = createPeopleAccess({ db: database.db, clock: systemClock, poolSize: 2 });
  const begun = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const first = access.within(60_000).scoped("all", async (sql) => {
    await sql`select 1`;
    begun.resolve();
    await over.promise;
  });
  await begun.promise;
  try {
    await work(access, over.resolve);
  } finally {
    over.resolve();
    await first;
    await database.stop();
  }
}

Deno.test("a handle that another handle gives waits for a place as every other", async () => {
  await whileFull(async (access, free) => {
    const asked = access.within(60_000).within(30_000).scoped("all", (sql) => sql<{ one: number }[]>`select 1 as one`);
    assertEquals(access.waiting(), 1);
    free();
    assertEquals([...await asked], [{ one: 1 }]);
  });
});

Deno.test("the last within() says how long a transaction may take, its wait for a place included", async () => {
  await whileFull(async (access) => {
    const asked = access.within(60_000).within(100).scoped("all", (sql) => sql`select 1`);
    await assertRejectsLike(asked, { code: "DATABASE_UNAVAILABLE", message: /no answer in 300 ms/ });
  });
});
