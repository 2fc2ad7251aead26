/** Tests of run() and stop() (src/queue/worker.ts): wake-ups, heartbeats, lost leases and an orderly end. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Job } from "../../src/queue/queue.ts";
import type { JobHandler } from "../../src/queue/worker.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { systemClock } from "../../src/base/clock.ts";
import { addJobs, readJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { within } from "../db/within.ts";
import { aborted, LEASE_MS, setUpWorker, stream } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

interface Started {
  job: Job;
  signal: AbortSignal;
  finish(): void;
}

/** A handler whose jobs the test ends, or that end by themselves when their signal aborts. */
function heldJobs() {
  const started = stream<Started>();
  const handler: JobHandler = (job, { signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      started.give({ job, signal, finish: () => resolve({ kind: "done" }) });
    });
  return { started, handler };
}

Deno.test("run() takes what is there, then what wake() announces, until stop()", async () => {
  const { db, stop } = await testDatabase();
  const seen = stream<number>();
  const event: JobHandler = ({ id }) => Promise.resolve(seen.give(id)).then(() => ({ kind: "done" }));
  const { worker, queue } = setUpWorker(db, { event });
  const [first] = await addJobs(db);
  worker.run();
  assertStrictEquals(await within(seen.at(1), "the job that was there"), first);
  const [second] = await addJobs(db);
  queue.wake();
  assertStrictEquals(await within(seen.at(2), "the job after wake()"), second);
  await within(worker.stop(5_000), "stop()");
  await addJobs(db);
  queue.wake();
  assertEquals((await readJobs(db)).map(({ state }) => state), ["available"]);
  await stop();
});

Deno.test("run() looks at the table by itself, since a wake-up may be lost", async () => {
  const { db, stop } = await testDatabase();
  const seen = stream<number>();
  const looked = stream<void>();
  const real = createPostgresQueue(db, systemClock);
  const { worker, clock } = setUpWorker(db, {
    event: ({ id }) => Promise.resolve(seen.give(id)).then(() => ({ kind: "done" })),
    queue: { nextDueMs: () => real.nextDueMs().finally(() => looked.give()) },
  });
  worker.run();
  await looked.at(1);
  await addJobs(db);
  while (seen.values.length === 0) {
    await clock.advance(1_000);
    await db.sql`select 1`;
  }
  await within(worker.stop(5_000), "stop()");
  await stop();
});

Deno.test("run() finds what came before it listened, as soon as it does", async () => {
  const { db, stop } = await testDatabase();
  const seen = stream<number>();
  const looked = stream<void>();
  const real = createPostgresQueue(db, systemClock);
  const listens = Promise.withResolvers<void>();
  const { worker } = setUpWorker(db, {
    event: ({ id }) => Promise.resolve(seen.give(id)).then(() => ({ kind: "done" })),
    queue: {
      onWake: (hint) => listens.promise.then(() => real.onWake(hint)),
      nextDueMs: () => real.nextDueMs().finally(() => looked.give()),
    },
  });
  worker.run();
  await within(looked.at(1), "the first look");
  const [job] = await addJobs(db);
  // The worker's clock stands still: it does not look again by itself.
  listens.resolve();
  assertEquals(await within(seen.at(1), "the job"), job);
  await within(worker.stop(5_000), "stop()");
  await stop();
});

Deno.test("run() claims only for its free slots", async () => {
  const { db, stop } = await testDatabase();
  const real = createPostgresQueue(db, systemClock);
  const held = heldJobs();
  const claims = stream<{ limit: number; running: number }>();
  let running = 0;
  const { worker } = setUpWorker(db, {
    concurrency: 8,
    event: (job, context) => {
      running++;
      return held.handler(job, context).finally(() => running--);
    },
    queue: {
      claim: (options) => {
        claims.give({ limit: options.limit, running });
        return real.claim(options);
      },
    },
  });
  await addJobs(db, { count: 30 });
  worker.run();
  for (let next = 1; next <= 30; next++) (await within(held.started.at(next), `job ${next}`)).finish();
  await within(worker.stop(5_000), "stop()");
  assert(
    claims.values.every(({ limit, running }) => limit > 0 && limit + running <= 8),
    JSON.stringify(claims.values),
  );
  assertEquals(await readJobs(db), []);
  await stop();
});

Deno.test("run() renews the leases of its jobs, and aborts the job whose lease another took", async () => {
  const { db, stop } = await testDatabase();
  const real = createPostgresQueue(db, systemClock);
  const held = heldJobs();
  const renewed = stream<Set<number>>();
  const { worker, clock } = setUpWorker(db, {
    event: held.handler,
    queue: { renew: (jobs, leaseMs) => real.renew(jobs, leaseMs).then((lost) => (renewed.give(lost), lost)) },
  });
  const [lost, kept] = await addJobs(db, { count: 2 });
  worker.run();
  await held.started.at(2);
  await db.sql`update job set due_at = now() + interval '10 seconds' where id = ${kept!}`;
  await db.sql`update job set fence = fence + 1, leased_by = 'worker-2' where id = ${lost!}`;
  await clock.advance(LEASE_MS / 3);
  assertEquals(await within(renewed.at(1), "a heartbeat"), new Set([lost]));
  const [mine, other] = [kept, lost].map((id) => held.started.values.find(({ job }) => job.id === id)!);
  await within(aborted(other!.signal), "the abort of the lost job");
  assertEquals(other!.signal.reason.code, "LEASE_LOST");
  assertEquals(mine!.signal.aborted, false);
  assert((await readJobs(db)).find(({ id }) => id === kept)!.due_in_ms > LEASE_MS / 2, "the lease was prolonged");
  mine!.finish();
  await within(worker.stop(5_000), "stop()");
  assertEquals<unknown>((await readJobs(db)).map(({ id, leased_by }) => [id, leased_by]), [[lost, "worker-2"]]);
  await stop();
});

Deno.test("run() that claims its own job again, after the lease ended, aborts the older try and keeps the newer", async () => {
  const { db, stop } = await testDatabase();
  const real = createPostgresQueue(db, systemClock);
  const held = heldJobs();
  const renewed = stream<number[]>();
  const { worker, clock, queue } = setUpWorker(db, {
    event: held.handler,
    queue: {
      renew: (jobs, leaseMs) => real.renew(jobs, leaseMs).finally(() => renewed.give(jobs.map(({ fence }) => fence))),
    },
  });
  await addJobs(db);
  worker.run();
  const older = await held.started.at(1);
  // As after a database that was away for longer than the lease.
  await db.sql`update job set due_at = now() - interval '1 second'`;
  queue.wake();
  const newer = await within(held.started.at(2), "the second claim");
  assertEquals(newer.job.fence, 2);
  await clock.advance(LEASE_MS / 3);
  try {
    await within(aborted(older.signal), "the abort of the older try");
    await within(renewed.at(1), "the first heartbeat");
    await clock.advance(LEASE_MS / 3);
    assert((await within(renewed.at(2), "the next heartbeat")).includes(2), "the newer try is renewed");
  } finally {
    older.finish();
    newer.finish();
    await within(worker.stop(5_000), "stop()");
    await stop();
  }
});

Deno.test("stop() lets the jobs under way finish within the grace and claims no more", async () => {
  const { db, stop } = await testDatabase();
  const held = heldJobs();
  const { worker } = setUpWorker(db, { concurrency: 1, event: held.handler });
  const [, second] = await addJobs(db, { count: 2 });
  worker.run();
  const { finish } = await held.started.at(1);
  const stopped = worker.stop(5_000);
  finish();
  await within(stopped, "stop()");
  assertEquals(held.started.values.length, 1);
  assertEquals((await readJobs(db)).map(({ id, state }) => [id, state]), [[second, "available"]]);
  await stop();
});

Deno.test("stop() aborts what outlasts the grace and gives its claim back, for another worker to run", async () => {
  const { db, stop } = await testDatabase();
  const held = heldJobs();
  const { worker, clock } = setUpWorker(db, { event: held.handler });
  await addJobs(db, { count: 2 });
  worker.run();
  await held.started.at(2);
  const stopped = worker.stop(5_000);
  await clock.advance(5_000);
  await within(stopped, "stop()");
  assert(held.started.values.every(({ signal }) => signal.reason.code === "LEASE_LOST"));
  const jobs = await readJobs(db);
  assertEquals(jobs.map(({ state, leased_by, attempt }) => [state, leased_by, attempt]), [
    ["available", null, 0],
    ["available", null, 0],
  ]);
  assertEquals(await setUpWorker(db, { owner: "worker-2" }).worker.drain(), 2);
  await stop();
});

Deno.test("stop() does not wait for a handler that never ends, even when every slot is taken", async () => {
  const { db, stop } = await testDatabase();
  const started = stream<void>();
  const event: JobHandler = () => {
    started.give();
    return new Promise(() => {});
  };
  const { worker, clock } = setUpWorker(db, { concurrency: 1, event });
  await addJobs(db);
  worker.run();
  await started.at(1);
  const stopped = worker.stop(5_000);
  await clock.advance(5_000);
  await within(stopped, "stop()");
  assertEquals((await readJobs(db)).map(({ state, leased_by }) => [state, leased_by]), [["available", null]]);
  await stop();
});
