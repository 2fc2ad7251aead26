/** Tests of drain() and of how a job ends (src/queue/worker.ts): outcomes, failures, dead letters, work handed on. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { Job } from "../../src/queue/queue.ts";
import { addJobs, readJobs } from "../db/rows.ts";
import { within } from "../db/within.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { LEASE_MS, setUpWorker } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

Deno.test("drain() works off what is due, what handlers add too, and counts it", async () => {
  const { db, stop } = await testDatabase();
  const seen: number[] = [];
  const { worker } = setUpWorker(db, {
    event: async ({ id }) => {
      seen.push(id);
      if (seen.length === 1) await addJobs(db, { count: 2 });
      return { kind: "done" };
    },
  });
  await addJobs(db, { count: 5 });
  await addJobs(db, { dueInMs: 60_000 });
  assertEquals(await worker.drain(), 7);
  assertEquals(new Set(seen).size, 7);
  assertEquals((await readJobs(db)).length, 1);
  assertEquals(await worker.drain(), 0);
  await stop();
});

Deno.test("drain() runs at most `limit` jobs", async () => {
  const { db, stop } = await testDatabase();
  const { worker } = setUpWorker(db, { concurrency: 2 });
  await addJobs(db, { count: 5 });
  assertEquals(await worker.drain(3), 3);
  assertEquals((await readJobs(db)).length, 2);
  await stop();
});

Deno.test("drain() never claims more than the free slots, nor runs more jobs at once", async () => {
  const { db, stop } = await testDatabase();
  let [running, most] = [0, 0];
  const { worker } = setUpWorker(db, {
    concurrency: 3,
    event: async () => {
      most = Math.max(most, ++running);
      await db.sql`select 1`;
      running--;
      return { kind: "done" };
    },
  });
  await addJobs(db, { count: 20 });
  assertEquals(await worker.drain(), 20);
  assertEquals(most, 3);
  await stop();
});

Deno.test("a handler that throws is retried with backoff, its reason on the job and in the log", async () => {
  const { db, stop } = await testDatabase();
  const { worker, logs } = setUpWorker(db, {
    event: () => Promise.reject(new AppError("INTERNAL", "Cannot count to three")),
  });
  await addJobs(db, { attempt: 2 });
  assertEquals(await worker.drain(1), 1);
  const [job] = await readJobs(db);
  assertEquals([job!.state, job!.attempt, job!.reason], ["retryable", 3, "Cannot count to three"]);
  assert(job!.due_in_ms <= 2_000, "the ceiling of the third retry");
  const line = logs.find(({ message }) => message === "job.failed");
  assertEquals([line!.level, line!.job_id, line!.attempt], ["ERROR", job!.id, 2]);
  await stop();
});

Deno.test("a handler that fails its last try leaves a dead letter with the reason", async () => {
  const { db, stop } = await testDatabase();
  const { worker } = setUpWorker(db, {
    event: () => Promise.reject(new Error("broken for good")),
  });
  await addJobs(db, { attempt: 19 });
  assertEquals(await worker.drain(), 1);
  const [job] = await readJobs(db);
  assertEquals([job!.state, job!.reason, job!.finished], ["discarded", "broken for good (20 attempts)", true]);
  assertEquals(await worker.drain(), 0);

  // Where the job stands for something, that is closed with it.
  const given: unknown[] = [];
  const other = setUpWorker(db, {
    event: () => Promise.reject(new Error("broken for good")),
    discard: (job, failure) => Promise.resolve(void given.push([job.id, failure])),
  });
  const [id] = await addJobs(db, { attempt: 19 });
  assertEquals(await other.worker.drain(1), 1);
  assertEquals(given, [[id, { code: "INTERNAL", reason: "broken for good (20 attempts)" }]]);
  await stop();
});

Deno.test("discard() that throws leaves the job under its lease and harms no other job", async () => {
  const { db, stop } = await testDatabase();
  const { worker } = setUpWorker(db, {
    event: ({ attempt }) => attempt === 19 ? Promise.reject(new Error("broken")) : Promise.resolve({ kind: "done" }),
    discard: () => Promise.reject(new AppError("DATABASE_UNAVAILABLE", "Cannot reach the database")),
  });
  const [poison] = await addJobs(db, { attempt: 19 });
  await addJobs(db, { count: 3 });
  assertEquals(await worker.drain(), 4);
  assertEquals((await readJobs(db)).map(({ id, finished }) => [id, finished]), [[poison, false]]);
  await stop();
});

Deno.test("a job whose database went away or whose lease was lost is abandoned, not counted as a failure", async () => {
  const { db, stop } = await testDatabase();
  const faults = [
    new AppError("LEASE_LOST", "Cannot record"),
    Object.assign(new Error("write ECONNRESET"), { code: "ECONNRESET" }),
    new AppError("INTERNAL", "Cannot read", { cause: Object.assign(new Error("shutdown"), { code: "57P01" }) }),
  ];
  const { worker, logs } = setUpWorker(db, {
    event: ({ payload }) => Promise.reject(faults[Number(payload.number) - 1]),
  });
  await addJobs(db, { count: 3 });
  assertEquals(await worker.drain(3), 3);
  const jobs = await readJobs(db);
  assertEquals(jobs.map(({ state, attempt }) => [state, attempt]), Array(3).fill(["executing", 0]));
  assertEquals(logs.map(({ message }) => message), Array(3).fill("job.abandoned"));
  await stop();
});

Deno.test("`settled` with next jobs runs them in the same go, under the same owner", async () => {
  const { db, stop } = await testDatabase();
  const ran: string[] = [];
  const { worker } = setUpWorker(db, {
    event: async (job, { owner, leaseMs }) => {
      assertStrictEquals(leaseMs, LEASE_MS);
      const rows = await db.sql<{ id: number }[]>`
        insert into job (kind, installation_id, payload, state, fence, leased_by, due_at)
        select 'run', 1, '{}', 'executing', 1, ${owner}, now() + interval '30 seconds' from generate_series(1, 2)
        returning id`;
      await db.sql`delete from job where id = ${job.id}`;
      ran.push("event");
      return { kind: "settled", next: rows.map(({ id }): Job => ({ ...job, id, kind: "run", fence: 1 })) };
    },
    run: () => {
      ran.push("run");
      return Promise.resolve({ kind: "done" });
    },
  });
  await addJobs(db);
  assertEquals(await worker.drain(), 1);
  assertEquals(ran, ["event", "run", "run"]);
  assertEquals(await readJobs(db), []);
  await stop();
});

Deno.test("drain() goes on after a settlement that could not be recorded", async () => {
  const { db, stop } = await testDatabase();
  const { worker, logs } = setUpWorker(db, {
    event: async ({ id, payload }) => {
      if (payload.number === 1) await db.sql`update job set fence = fence + 1 where id = ${id}`;
      return { kind: "done" };
    },
  });
  const [lost] = await addJobs(db, { count: 2 });
  assertEquals(await worker.drain(2), 2);
  assertEquals((await readJobs(db)).map(({ id }) => id), [lost]);
  assertStrictEquals(logs.find(({ message }) => message === "job.abandoned")!.job_id, lost);
  await stop();
});

Deno.test("drain() renews the leases of what it runs: a job that outlasts them is not taken by another", async () => {
  const { db, stop } = await testDatabase();
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const renewed = Promise.withResolvers<void>();
  const real = createPostgresQueue(db, systemClock);
  const { worker, clock } = setUpWorker(db, {
    event: async () => {
      started.resolve();
      await finish.promise;
      return { kind: "done" };
    },
    queue: { renew: (jobs, leaseMs) => real.renew(jobs, leaseMs).finally(renewed.resolve) },
  });
  await addJobs(db);
  const drained = worker.drain();
  await started.promise;
  await db.sql`update job set due_at = now() + interval '10 seconds'`;
  try {
    await clock.advance(LEASE_MS / 3);
    await within(renewed.promise, "the heartbeat");
    assert((await readJobs(db))[0]!.due_in_ms > LEASE_MS / 2);
  } finally {
    finish.resolve();
    assertEquals(await drained, 1);
    await stop();
  }
});
