/** The queue in PostgreSQL (src/queue/postgres.ts): the contract suite over the database the tests run on, and its own bounds. */

import { assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { enqueueOnce, insertUnlessOpen } from "../../src/queue/enqueue.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { addJobs, readJobs } from "../db/rows.ts";
import { DATABASE_KIND, stopSharedDatabase, testDatabase } from "../support/database.ts";
import { queueContract } from "./contract.ts";
import type { OpenQueue } from "./contract_world.ts";

Deno.test.afterAll(stopSharedDatabase);

/** Over the embedded database when no server is named: one process alone opens that one, so `other` is the same pool. */
async function open(): Promise<OpenQueue> {
  const { db, url, stop } = await testDatabase();
  const otherDb = url ? openPostgres({ url, poolSize: 4, applicationName: "timewire-tests" }) : db;
  return {
    queue: createPostgresQueue(db, systemClock),
    other: createPostgresQueue(otherDb, systemClock),
    db,
    publish: enqueueOnce,
    add: (fields) => addJobs(db, fields),
    stored: () => readJobs(db),
    giveBack: async (id) => void await db.sql`update job set state = 'available' where id = ${id}`,
    clear: async () => void await db.sql`delete from job`,
    stop: async () => {
      if (otherDb !== db) await otherDb.stop();
      await stop();
    },
  };
}

queueContract({ name: DATABASE_KIND, open });

Deno.test("counts() looks at a bounded number of jobs, however many there are", async () => {
  const { db, queue, stop } = await open();
  await db.sql`
    insert into job (kind, installation_id, state, payload, finished_at)
    select 'event', 1, case when n % 2 = 0 then 'available' else 'discarded' end, '{}',
      case when n % 2 = 1 then now() end
    from generate_series(1, 45000) as n`;
  const counts = (await queue.counts()).sort((a, b) => a.state.localeCompare(b.state));
  assertEquals(counts.map(({ state, count }) => [state, count]), [["available", 20_000], ["discarded", 20_000]]);
  await stop();
});

Deno.test("insertUnlessOpen() adds nothing beside an equal job that waits or is worked on, however late it is due", async () => {
  const { db, queue, stop } = await open();
  const add = async (installationId = 1, kind = "poll") =>
    void await db.sql`
      ${insertUnlessOpen(db.sql, db.sql`(values (${installationId}::bigint, ${kind})) as one(installation_id, kind)`)}`;
  const count = async () => (await readJobs(db)).length;
  await addJobs(db, { kind: "poll", installationId: 1, payload: {}, dueInMs: 60_000 });
  await add();
  assertEquals(await count(), 1);
  await db.sql`update job set due_at = now()`;
  const [job] = await queue.claim({ limit: 1, owner: "worker-1", leaseMs: 60_000 });
  await add();
  assertEquals(await count(), 1);
  await add(2);
  await addJobs(db, { kind: "coverage", installationId: 1, payload: { remove: true } });
  await add(1, "coverage");
  assertEquals(await count(), 4, "another installation, and another payload");
  await queue.settle(job!, { kind: "discard", reason: "given up" });
  await add();
  assertEquals(await count(), 5, "an ended one is none");
  await stop();
});
