/** Tests of which records of the journal travel together (src/runs/journal.ts): large outputs apart, one run's in their order. */

import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import type { Journal } from "../../src/engine/journal.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { Job } from "../../src/queue/queue.ts";
import { createJournal } from "../../src/runs/journal.ts";
import { addRun, readRun, step } from "../engine/setup.ts";
import { within } from "../db/within.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const LARGE = "x".repeat(900_000);

interface Setup {
  db: Database;
  journal: Journal;
  /** Records of each statement so far, those that are held back too. */
  statements: number[];
  /** Installations whose statements are held back, with what lets them go on. */
  held: Map<number, Promise<void>>;
  /** `count` runs, each of an installation of its own, with their claimed jobs. */
  runs(count: number): Promise<{ runId: string; job: Job }[]>;
}

async function withJournal(body: (setup: Setup) => Promise<void>) {
  const { db, stop } = await testDatabase();
  const statements: number[] = [];
  const held: Setup["held"] = new Map();
  const watched: Database = {
    ...db,
    scoped: async (scope, work) => {
      const ids = scope === "all" ? [] : scope.installationIds ?? [];
      statements.push(ids.length);
      await Promise.all(ids.map((id) => held.get(id)));
      return await db.scoped(scope, work);
    },
  };
  try {
    const runs: Setup["runs"] = async (count) => {
      const ids: string[] = [];
      for (let n = 0; n < count; n++) ids.push(await addRun(db, { steps: [step("only")] }));
      const queue = createPostgresQueue(db, systemClock);
      const jobs = await queue.claim({ limit: 100, owner: "worker-1", leaseMs: 30_000 });
      return ids.map((runId) => ({ runId, job: jobs.find(({ payload }) => payload.run_id === runId)! }));
    };
    await body({ db, journal: createJournal(watched, systemClock), statements, held, runs });
  } finally {
    await stop();
  }
}

const completed = (output: unknown, attempts = 1) =>
  [{ path: "root/only", action: "fake", state: "completed", attempts, output }] as const;
/** What has ended is final: a step whose records follow each other is not over. */
const going = (output: unknown, attempts: number) => [{ ...completed(output, attempts)[0], state: "running" }] as const;

Deno.test("a record of 0.9 MB that is under way holds up none of another run", () =>
  withJournal(async ({ db, journal, held, runs }) => {
    const [large, ...small] = await runs(4);
    const gate = Promise.withResolvers<void>();
    held.set(large!.job.installationId, gate.promise);
    let recorded = false;
    const writing = journal.record({ ...large!, steps: completed(LARGE) }).then(() => recorded = true);
    for (const one of small) await within(journal.record({ ...one, steps: completed("small") }), "a small record");
    assert(!recorded);
    gate.resolve();
    await writing;
    assertEquals((await readRun(db, large!.runId)).steps[0]!.output, LARGE);
  }));

Deno.test("after a large statement the next large one leaves as much time as that took, and a small one does not wait", () =>
  withJournal(async ({ journal, held, runs }) => {
    const [first, second, small] = await runs(3);
    // With the other one the statement would be over 2 MB.
    const larger = LARGE + LARGE;
    held.set(first!.job.installationId, systemClock.sleep(200));
    const began = systemClock.monotonicMs();
    const ends: string[] = [];
    const end = (name: string) => () => void ends.push(name);
    const writing = journal.record({ ...first!, steps: completed(larger) }).then(end("first"));
    const waiting = journal.record({ ...second!, steps: completed(larger) }).then(end("second"));
    await writing;
    const gate = Promise.withResolvers<void>();
    held.set(second!.job.installationId, gate.promise);
    await within(journal.record({ ...small!, steps: completed("small") }).then(end("small")), "the small record");
    gate.resolve();
    await waiting;
    assert(systemClock.monotonicMs() - began >= 400);
    assertEquals(ends, ["first", "small", "second"]);
  }));

Deno.test("a statement holds 2 MB at most, and 100 records", () =>
  withJournal(async ({ journal, statements, runs }) => {
    const five = await runs(5);
    await Promise.all(five.map((one) => journal.record({ ...one, steps: completed(LARGE) })));
    assertEquals(statements, [2, 2, 1]);
    statements.length = 0;
    const [one] = five;
    await Promise.all(
      Array.from({ length: 30 }, (_, n) => journal.record({ ...one!, steps: completed("small", n + 1) })),
    );
    assertEquals(statements, Array(30).fill(1), "of one run one record at a time");
  }));

Deno.test("one run's records take effect in the order in which they were handed in, whatever their sizes", () =>
  withJournal(async ({ db, journal, runs }) => {
    const some = await runs(6);
    const ends: string[] = [];
    const records = some.flatMap((one, index) =>
      [1, 2, 3, 4].map((attempts) => {
        const isLarge = (index + attempts) % 3 === 0;
        return journal.record({ ...one, steps: going(isLarge ? LARGE : `output ${attempts}`, attempts) })
          .then(() => ends.push(`${index} ${attempts}`));
      })
    );
    await Promise.all(records);
    for (const [index, { runId }] of some.entries()) {
      assertEquals(ends.filter((end) => end.startsWith(`${index} `)), [1, 2, 3, 4].map((n) => `${index} ${n}`));
      const [last] = (await readRun(db, runId)).steps;
      assertEquals([last!.attempts, last!.output], [4, (index + 4) % 3 === 0 ? LARGE : "output 4"]);
    }
  }));

Deno.test("load() gives each of many runs of one event its body, which is read once", () =>
  withJournal(async ({ db, journal, runs }) => {
    const [first, other] = await runs(2);
    const more = await db.sql<{ id: string }[]>`
      insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state)
      select gen_random_uuid(), installation_id, workspace_id, flow_id + n, flow_version, plan_id, event_id, state
      from run, generate_series(1, 3) as n where run.id = ${first!.runId} returning id`;
    const { installationId } = first!.job;
    const ids = [first!.runId, ...more.map(({ id }) => id)];
    const loaded = await Promise.all([
      journal.load({ installationId: other!.job.installationId, runId: other!.runId }),
      ...ids.map((runId) => journal.load({ installationId, runId })),
    ]);
    assertEquals(loaded.map((run) => run?.id), [other!.runId, ...ids]);
    for (const run of loaded) assertEquals([run!.event, run!.delivery!.type], [{ id: "entity-1" }, "NEW_TAG"]);
    assertEquals(new Set(loaded.map((run) => run!.event)).size, 2, "shared by the runs of one event");
  }));
