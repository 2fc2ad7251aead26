/** Tests of serveFor() (src/queue/burst.ts): work for a time, for hosts that stop a program without requests. */

import { assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { JobHandler } from "../../src/queue/worker.ts";
import { addJobs, readJobs } from "../db/rows.ts";
import { within } from "../db/within.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { LEASE_MS, setUpWorker, stream } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

/** A worker whose jobs the test ends, and what it asked of the queue. */
async function setUp() {
  const { db, stop } = await testDatabase();
  const real = createPostgresQueue(db, systemClock);
  const started = stream<{ finish(): void }>();
  const renewed = stream<number>();
  const asked = { claims: 0, open: 0 };
  const event: JobHandler = (_, { signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      started.give({ finish: () => resolve({ kind: "done" }) });
    });
  const { worker, clock } = setUpWorker(db, {
    event,
    queue: {
      claim: (options) => {
        asked.claims++;
        asked.open++;
        return real.claim(options).finally(() => asked.open--);
      },
      renew: (jobs, leaseMs) => real.renew(jobs, leaseMs).finally(() => renewed.give(jobs.length)),
    },
  });
  return { db, stop, worker, clock, started, renewed, asked };
}

Deno.test("serveFor() works off what is due, says when nothing is, and leaves the table alone until it is called again", async () => {
  const { db, stop, worker, clock, started, asked } = await setUp();
  await addJobs(db, { count: 6 });
  const quiet = worker.serveFor(60_000);
  for (let next = 1; next <= 6; next++) (await within(started.at(next), `job ${next}`)).finish();
  await within(quiet, "a moment without work");
  assertEquals(await readJobs(db), []);
  const { claims } = asked;
  await addJobs(db);
  await clock.advance(40_000);
  assertEquals(asked.claims, claims);
  const again = worker.serveFor(60_000);
  (await within(started.at(7), "the job that came meanwhile")).finish();
  await within(again, "the next moment without work");
  await within(worker.stop(5_000), "stop()");
  await stop();
});

Deno.test("serveFor() renews leases, claims nothing after its time, and ends with what is in progress", async () => {
  const { db, stop, worker, clock, started, renewed, asked } = await setUp();
  await addJobs(db);
  const ended = worker.serveFor(60_000);
  const { finish } = await within(started.at(1), "the job");
  await clock.advance(LEASE_MS / 3);
  assertEquals(await within(renewed.at(1), "a heartbeat"), 1);
  await clock.advance(60_000);
  while (asked.open > 0) await db.sql`select 1`;
  const [late] = await addJobs(db);
  finish();
  await within(ended, "its end");
  assertEquals((await readJobs(db)).map(({ id, state }) => [id, state]), [[late, "available"]]);
  const next = worker.serveFor(60_000);
  (await within(started.at(2), "the job that came late")).finish();
  await within(next, "a time of its own");
  await within(worker.stop(5_000), "stop()");
  await stop();
});

Deno.test("stop() ends it, and gives back what it had claimed", async () => {
  const { db, stop, worker, clock, started } = await setUp();
  await addJobs(db);
  const ended = worker.serveFor(60_000);
  await within(started.at(1), "the job");
  const stopped = worker.stop(1_000);
  await clock.advance(1_000);
  await within(stopped, "stop()");
  await within(ended, "its end");
  assertEquals((await readJobs(db)).map(({ state, leased_by }) => [state, leased_by]), [["available", null]]);
  await within(worker.serveFor(60_000), "nothing after stop()");
  await stop();
});
