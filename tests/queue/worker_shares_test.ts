/** Tests of how the worker's slots are shared (src/queue/worker.ts): between installations, and by jobs that are handed over. */

import { assert, assertEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Job } from "../../src/queue/queue.ts";
import type { JobHandler } from "../../src/queue/worker.ts";
import { addJobs, readJobs } from "../db/rows.ts";
import { within } from "../db/within.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { setUpWorker, stream } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

interface Started {
  job: Job;
  finish(): void;
}

/** A handler whose jobs go on until the test ends them, or the worker. */
function heldJobs() {
  const started = stream<Started>();
  let running = 0;
  let most = 0;
  const handler: JobHandler = (job, { signal }) => {
    most = Math.max(most, ++running);
    return new Promise<{ kind: "done" }>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      started.give({ job, finish: () => resolve({ kind: "done" }) });
    }).finally(() => running--);
  };
  return { started, handler, most: () => most };
}

Deno.test("slow jobs of one installation hold half of the slots: others' jobs start beside them at once", async () => {
  const { db, stop } = await testDatabase();
  const held = heldJobs();
  const { worker, queue, clock } = setUpWorker(db, { concurrency: 8, event: held.handler });
  await addJobs(db, { installationId: 1, count: 150 });
  worker.run();
  await within(held.started.at(4), "the flood's share");
  for (const [index, installationId] of [2, 3, 4].entries()) {
    await addJobs(db, { installationId });
    queue.wake();
    assertEquals((await withClock(held.started.at(5 + index), clock)).job.installationId, installationId);
  }
  assertEquals(held.started.values.length, 7);
  const executing = (await readJobs(db)).filter(({ state }) => state === "executing");
  assertEquals(executing.length, 7, "no more are claimed than are worked on");
  await end(worker, held);
  await stop();
});

Deno.test("the flood goes on with each slot of its own that ends, and never holds more than its share", async () => {
  const { db, stop } = await testDatabase();
  const held = heldJobs();
  const { worker, clock } = setUpWorker(db, { concurrency: 8, event: held.handler });
  await addJobs(db, { installationId: 1, count: 40 });
  worker.run();
  for (let next = 1; next <= 40; next++) {
    (await withClock(held.started.at(next), clock)).finish();
  }
  assertEquals(held.most(), 4);
  await within(worker.stop(5_000), "stop()");
  assertEquals(await readJobs(db), []);
  await stop();
});

Deno.test("background work of many installations together leaves slots for events", async () => {
  const { db, stop } = await testDatabase();
  const held = heldJobs();
  const { worker, queue, clock } = setUpWorker(db, {
    concurrency: 8,
    event: held.handler,
    handlers: { bootstrap: held.handler, coverage: held.handler },
  });
  for (let installationId = 1; installationId <= 20; installationId++) {
    await addJobs(db, { installationId, kind: installationId % 2 === 0 ? "bootstrap" : "coverage" });
  }
  worker.run();
  await within(held.started.at(4), "half of the slots");
  await addJobs(db, { installationId: 1, count: 2 });
  queue.wake();
  const events = [await withClock(held.started.at(5), clock), await withClock(held.started.at(6), clock)];
  assertEquals(events.map(({ job }) => job.kind), ["event", "event"]);
  assertEquals(held.started.values.length, 6);
  await end(worker, held);
  await stop();
});

Deno.test("slow receivers of webhooks hold slots of their own: other background work starts beside them at once", async () => {
  const { db, stop } = await testDatabase();
  const held = heldJobs();
  const { worker, queue, clock } = setUpWorker(db, {
    concurrency: 8,
    event: held.handler,
    handlers: { webhook: held.handler, bootstrap: held.handler, coverage: held.handler },
  });
  for (let receiver = 1; receiver <= 10; receiver++) await addJobs(db, { installationId: 1, kind: "webhook" });
  worker.run();
  await within(held.started.at(4), "half of the slots");
  for (const kind of ["bootstrap", "coverage"] as const) await addJobs(db, { installationId: 2, kind });
  queue.wake();
  const others = [await withClock(held.started.at(5), clock), await withClock(held.started.at(6), clock)];
  assertEquals(others.map(({ job }) => job.kind).sort(), ["bootstrap", "coverage"]);
  await addJobs(db, { installationId: 1 });
  queue.wake();
  assertEquals((await withClock(held.started.at(7), clock)).job.kind, "event");
  await end(worker, held);
  await stop();
});

Deno.test("hints of installations that have their share cost one look in 10 ms, however many come", async () => {
  const { db, stop } = await testDatabase();
  const held = heldJobs();
  const real = createPostgresQueue(db, systemClock);
  const claims = stream<number>();
  const { worker, clock, queue } = setUpWorker(db, {
    concurrency: 4,
    event: held.handler,
    queue: {
      claim: (options) => {
        claims.give(options.limit);
        return real.claim(options);
      },
    },
  });
  await addJobs(db, { installationId: 1, count: 10 });
  const heard = stream<void>();
  const listening = await queue.onWake(() => heard.give());
  worker.run();
  await within(held.started.at(2), "the share");
  assertEquals(claims.values, [4]);
  for (let round = 1; round <= 20; round++) {
    queue.wake();
    await within(heard.at(round), "a hint");
  }
  assertEquals(claims.values, [4], "time stands still");
  await clock.advance(10);
  await within(claims.at(2), "the look that the hints asked for");
  assertEquals(claims.values, [4, 2]);
  await listening.stop();
  await end(worker, held);
  await stop();
});

Deno.test("of jobs that a handler creates only so many are handed over as there are slots; the others go through the table", async () => {
  const { db, stop } = await testDatabase();
  const held = heldJobs();
  const granted: number[] = [];
  const { worker, clock } = setUpWorker(db, {
    concurrency: 8,
    event: async (job, { owner, takeSlots }) => {
      const slots = takeSlots!(30);
      granted.push(slots);
      const next = await createRuns(db, { job, owner, count: 30, claimed: slots });
      return { kind: "settled", next };
    },
    run: held.handler,
  });
  await addJobs(db, { installationId: 1 });
  worker.run();
  await within(held.started.at(4), "those that were handed over");
  assertEquals(granted, [4]);
  const jobs = await readJobs(db);
  assertEquals(jobs.filter(({ state }) => state === "executing").length, 4);
  assertEquals(jobs.filter(({ state, leased_by }) => state === "available" && leased_by === null).length, 26);
  // The worker claims them as slots end.
  for (let next = 1; next <= 30; next++) (await withClock(held.started.at(next), clock)).finish();
  assertEquals(held.most(), 4);
  await within(worker.stop(5_000), "stop()");
  assertEquals(await readJobs(db), []);
  await stop();
});

Deno.test("slots that a handler took and did not use are free again when it ends", async () => {
  const { db, stop } = await testDatabase();
  const held = heldJobs();
  const { worker } = setUpWorker(db, {
    concurrency: 8,
    event: (_job, { takeSlots }) => {
      takeSlots!(3);
      return Promise.resolve({ kind: "done" });
    },
    run: held.handler,
  });
  await addJobs(db, { installationId: 1, count: 5 });
  assertEquals(await worker.drain(), 5);
  await addJobs(db, { installationId: 1, kind: "run", count: 20 });
  worker.run();
  await within(held.started.at(4), "a whole share");
  await end(worker, held);
  await stop();
});

/** `count` run jobs in place of the handler's own, the first `claimed` of them under its claim. */
async function createRuns(
  { sql }: Database,
  { job, owner, count, claimed }: { job: Job; owner: string; count: number; claimed: number },
): Promise<Job[]> {
  const rows = await sql<{ id: number; state: string }[]>`
    insert into job (kind, installation_id, payload, state, fence, leased_by, due_at)
    select 'run', ${job.installationId}, '{}', case when n <= ${claimed} then 'executing' else 'available' end,
      (n <= ${claimed})::int, case when n <= ${claimed} then ${owner} end,
      now() + (n <= ${claimed})::int * interval '30 seconds'
    from generate_series(1, ${count}::int) as n returning id, state`;
  await sql`delete from job where id = ${job.id}`;
  return rows.filter(({ state }) => state === "executing").map(({ id }) => ({ ...job, id, kind: "run", fence: 1 }));
}

/** Moves the worker's clock on while it waits for slots to gather. */
async function withClock<T>(value: Promise<T>, clock: { advance(ms: number): Promise<void> }): Promise<T> {
  let come = false;
  const mark = value.finally(() => come = true);
  while (!come) {
    await clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return await within(mark, "the next job");
}

async function end(worker: { stop(graceMs: number): Promise<void> }, held: ReturnType<typeof heldJobs>) {
  const stopped = worker.stop(5_000);
  for (const { finish } of held.started.values) finish();
  await within(stopped, "stop()");
  assert(held.most() <= 8);
}
