/** Tests of jobs that lose their process (src/queue/worker.ts): what is counted, when it is enough, and who is spared. */

import { assert, assertEquals } from "@std/assert";
import { createDeadLetters } from "../../src/flows/dead_letter.ts";
import type { Database } from "../../src/db/db.ts";
import type { Job, JobKind } from "../../src/queue/queue.ts";
import { addJobs, readJobs, type StoredJob } from "../db/rows.ts";
import { addRun, makeDue, readRun, step } from "../engine/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { setUpWorker } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

const counts = ({ state, attempt, rescues }: StoredJob) => ({ state, attempt, rescues });

Deno.test("an event and a run that ended the process 11 times become dead letters with the reason; others go on", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: [step("only")] });
    await db.sql`
      insert into job (kind, installation_id, payload)
      select 'event', installation_id, jsonb_build_object('event_id', id) from event`;
    const worked: JobKind[] = [];
    const handler = ({ kind }: Job) => Promise.resolve(void worked.push(kind)).then(() => ({ kind: "done" as const }));
    const { worker, queue } = setUpWorker(db, { event: handler, run: handler, discard: createDeadLetters(db) });
    // As when the process ends before either has an outcome: on the embedded database the next start gives back what was held.
    for (let ended = 0; ended < 11; ended++) {
      assertEquals((await queue.claim({ limit: 10, owner: `process-${ended}`, leaseMs: 30_000 })).length, 2);
      await queue.releaseAll();
    }
    assertEquals((await readJobs(db)).map(counts), Array(2).fill({ state: "available", attempt: 0, rescues: 11 }));
    await addJobs(db);
    for (let round = 0; round < 3; round++) {
      await worker.drain();
      await makeDue(db);
    }
    assertEquals(worked, ["event"], "the job that lost nothing");
    const reason = "Cannot continue the job: the process ended 11 times while it ran";
    assertEquals(
      (await readJobs(db)).map(({ state, reason }) => [state, reason]),
      Array(2).fill(["discarded", reason]),
    );
    const run = await readRun(db, runId);
    assertEquals([run.state, run.error_code, run.error_message], ["failed", "RUN_LIMIT_REACHED", reason]);
    const [event] = await db.sql`select outcome, reason from event`;
    assertEquals({ ...event }, { outcome: "dead", reason });
  }));

Deno.test("ten lost leases are borne, an orderly stop is none, and a claim that comes to its end forgets them", () =>
  withDatabase(async (db) => {
    const { queue } = setUpWorker(db, {});
    const [id] = await addJobs(db, { rescues: 9 });
    for (let restart = 0; restart < 5; restart++) {
      await queue.claim({ limit: 1, owner: "worker-1", leaseMs: 30_000 });
      await queue.release("worker-1");
    }
    // A lease that ends on a server counts as one.
    await queue.claim({ limit: 1, owner: "worker-1", leaseMs: 0 });
    const ends = [
      { kind: "retry", delayMs: 0, reason: "failed" },
      { kind: "snooze", delayMs: 0, reason: "later" },
    ] as const;
    for (const outcome of ends) {
      await db.sql`update job set state = 'executing', rescues = 9, due_at = now()`;
      const seen: Job[] = [];
      const { worker } = setUpWorker(db, { event: (job) => Promise.resolve(void seen.push(job)).then(() => outcome) });
      await worker.drain(1);
      assertEquals(seen.map((job) => [job.id, job.rescues]), [[id, 10]]);
      assertEquals((await readJobs(db))[0]!.rescues, 0, outcome.kind);
    }
  }));

Deno.test("a standing job is never discarded: past its limits it pauses, and a success forgets its failures", () =>
  withDatabase(async (db) => {
    for (const kind of ["coverage", "poll"] as const) {
      await db.sql`delete from job`;
      let worked = 0;
      let broken = true;
      const handler = () => {
        worked++;
        return broken
          ? Promise.reject(new Error("broken"))
          : Promise.resolve({ kind: "snooze" as const, delayMs: 0, reason: "the next round" });
      };
      const { worker, queue } = setUpWorker(db, { handlers: { [kind]: handler } });
      const [id] = await addJobs(db, { kind, payload: {}, attempt: 19 });
      for (const attempt of [20, 21]) {
        await worker.drain(1);
        const [job] = await readJobs(db);
        assertEquals([job!.id, counts(job!)], [id, { state: "retryable", attempt, rescues: 0 }]);
        assert(job!.due_in_ms > 500_000, "the longest pause");
        await makeDue(db);
      }
      broken = false;
      await worker.drain(1);
      assertEquals(counts((await readJobs(db))[0]!), { state: "scheduled", attempt: 0, rescues: 0 });

      // What ends the process each time is tried once a pause, no longer at once.
      await db.sql`update job set state = 'executing', rescues = 10, due_at = now()`;
      worked = 0;
      await worker.drain(1);
      assertEquals(worked, 0);
      const [paused] = await readJobs(db);
      assertEquals(counts(paused!), { state: "retryable", attempt: 1, rescues: 10 });
      assert(paused!.due_in_ms > 500_000);
      await makeDue(db);
      await queue.claim({ limit: 1, owner: "worker-1", leaseMs: 0 });
      await worker.drain(1);
      assertEquals(worked, 0, "it ended the process again");
      await makeDue(db);
      await worker.drain(1);
      assertEquals(worked, 1);
      assertEquals(counts((await readJobs(db))[0]!), { state: "scheduled", attempt: 0, rescues: 0 });
    }

    await db.sql`delete from job`;
    const { worker } = setUpWorker(db, { handlers: { coverage: () => Promise.reject(new Error("broken")) } });
    await addJobs(db, { kind: "coverage", payload: { remove: true }, attempt: 19 });
    await worker.drain(1);
    assertEquals((await readJobs(db))[0]!.state, "discarded", "a removal has an end");
  }));

Deno.test("of jobs that lost their process together one runs at a time, so that the others' count does not rise with its", () =>
  withDatabase(async (db) => {
    const suspects = await addJobs(db, { count: 3, rescues: 3 });
    const [fresh] = await addJobs(db);
    const rounds: number[][] = [];
    const { worker } = setUpWorker(db, {
      concurrency: 10,
      event: ({ id }) => Promise.resolve(void rounds.at(-1)!.push(id)).then(() => ({ kind: "done" })),
    });
    for (let round = 0; round < 3; round++) {
      rounds.push([]);
      await worker.drain(1);
      const left = await readJobs(db);
      assert(left.every(({ state, rescues }) => state !== "executing" && rescues === 3 || rescues === 0));
      await makeDue(db);
    }
    rounds.push([]);
    await worker.drain();
    assertEquals(await readJobs(db), []);
    assertEquals(rounds.flat().sort(), [...suspects, fresh!].sort());

    await addJobs(db, { count: 3, rescues: 3 });
    rounds.push([]);
    assertEquals(await worker.drain(), 1, "the others wait");
    assertEquals((await readJobs(db)).map(counts), Array(2).fill({ state: "scheduled", attempt: 0, rescues: 3 }));
  }));
