/** Tests of the journal: what is recorded together, what is read back, and whose records are refused. */

import { assertAlmostEquals, assertEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import type { Journal, JournalClose, StepHistory } from "../../src/engine/journal.ts";
import { createJournal } from "../../src/runs/journal.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { Job } from "../../src/queue/queue.ts";
import { readJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addRun, makeDue, readRun, step } from "../engine/setup.ts";

Deno.test.afterAll(stopSharedDatabase);

interface Setup {
  db: Database;
  journal: Journal;
  claim(owner?: string): Promise<Job[]>;
}

async function withJournal(body: (setup: Setup) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    const queue = createPostgresQueue(db, systemClock);
    const claim = (owner = "worker-1") => queue.claim({ limit: 100, owner, leaseMs: 30_000 });
    await body({ db, journal: createJournal(db, systemClock), claim });
  } finally {
    await stop();
  }
}

const completed = (output: unknown, path = "root/only") =>
  ({ path, action: "fake", state: "completed", attempts: 1, output }) as const;

/** The run as a worker loads it: by the installation of its job. */
async function readBack({ sql }: Database, journal: Journal, runId: string) {
  const [row] = await sql<{ installation_id: number }[]>`select installation_id from run where id = ${runId}`;
  return await journal.load({ installationId: row!.installation_id, runId });
}

Deno.test("record() writes step, try and run together, and load() reads them back", () =>
  withJournal(async ({ db, journal, claim }) => {
    const event = { id: "entity-1", tags: ["ü"] };
    const runId = await addRun(db, { steps: [step("only")], event });
    const [job] = await claim();
    await journal.record({
      job: job!,
      runId,
      run: { state: "running" },
      steps: [{ path: "root/only", action: "fake", state: "running", attempts: 1 }],
      attempts: [{ path: "root/only", number: 1, state: "started", request: { url: "/tags" } }],
    });
    const before = (await readBack(db, journal, runId))!;
    assertEquals([before.state, before.event, before.delivery!.type], ["running", event, "NEW_TAG"]);
    assertEquals(before.plan.root.steps, [step("only")]);
    const history = {
      path: "root/only",
      errorCode: null,
      errorMessage: null,
      attempts: 1,
      waitedMs: 0,
      failures: 0,
      keyPlanId: null,
    };
    const [{ beganAt, ...begun }, ...more] = before.steps as [StepHistory];
    assertEquals([begun, ...more], [{ ...history, state: "running", output: null, uncertain: true }]);
    assertAlmostEquals(beganAt!, systemClock.now(), 5_000);

    await journal.record({
      job: job!,
      runId,
      steps: [completed({ id: "tag-1" })],
      attempts: [{ path: "root/only", number: 1, state: "succeeded", httpStatus: 201 }],
    });
    const after = (await readBack(db, journal, runId))!;
    assertEquals(after.steps, [{ ...history, state: "completed", output: { id: "tag-1" }, uncertain: false }]);
    assertEquals(
      (await readRun(db, runId)).tries[0]!.request,
      { url: "/tags" },
      "the answer keeps the picture of the request",
    );
    await journal.record({
      job: job!,
      runId,
      steps: [completed({ id: "tag-1" })],
      attempts: [{ path: "root/only", number: 1, state: "succeeded", httpStatus: 200, request: { changed: ["name"] } }],
    });
    assertEquals((await readRun(db, runId)).tries[0]!.request, { changed: ["name"] }, "or takes a truer one");
  }));

Deno.test("record() refuses an owner whose claim is over, and nothing of its record counts", () =>
  withJournal(async ({ db, journal, claim }) => {
    const runId = await addRun(db, { steps: [step("only")] });
    const [stale] = await claim();
    await makeDue(db);
    const [job] = await claim("worker-2");
    const close: JournalClose = { kind: "done" };
    await assertRejectsLike(
      journal.record({
        job: stale!,
        runId,
        run: { state: "completed" },
        steps: [completed("late")],
        attempts: [{ path: "root/only", number: 1, state: "succeeded" }],
        close,
      }),
      { code: "LEASE_LOST" },
    );
    const { state, steps, tries } = await readRun(db, runId);
    assertEquals([state, steps, tries], ["pending", [], []]);
    assertEquals((await readJobs(db)).length, 1);
    await journal.record({ job: job!, runId, run: { state: "completed" }, steps: [completed("in time")], close });
    assertEquals(await readJobs(db), []);
    await assertRejectsLike(journal.record({ job: job!, runId, run: { state: "failed" } }), { code: "LEASE_LOST" });
    assertEquals((await readRun(db, runId)).state, "completed");
  }));

Deno.test("a refused record harms none that share its statement, not even one of the same job", () =>
  withJournal(async ({ db, journal, claim }) => {
    const runIds = await Promise.all([1, 2, 3].map(() => addRun(db, { steps: [step("only")] })));
    const stale = await claim();
    await makeDue(db);
    const fresh = await claim("worker-1");
    const recordFor = (jobs: Job[], path: string) =>
      jobs.map((job) => journal.record({ job, runId: String(job.payload.run_id), steps: [completed(null, path)] }));
    const ends = await Promise.allSettled([...recordFor(stale, "root/late"), ...recordFor(fresh, "root/in_time")]);
    assertEquals(
      ends.map((end) => end.status === "fulfilled" ? "recorded" : end.reason.code),
      ["LEASE_LOST", "LEASE_LOST", "LEASE_LOST", "recorded", "recorded", "recorded"],
    );
    for (const runId of runIds) {
      assertEquals((await readRun(db, runId)).steps.map(({ path }) => path), ["root/in_time"]);
    }
  }));

Deno.test("a close says what becomes of the job, in the same transaction as the run's state", () =>
  withJournal(async ({ db, journal, claim }) => {
    const closes: [JournalClose, { state: string; attempt: number; finished: boolean } | undefined][] = [
      [{ kind: "done" }, undefined],
      [{ kind: "retry", delayMs: 60_000, reason: "later" }, { state: "retryable", attempt: 1, finished: false }],
      [{ kind: "snooze", delayMs: 60_000, reason: "later" }, { state: "scheduled", attempt: 0, finished: false }],
      [{ kind: "discard", reason: "later" }, { state: "discarded", attempt: 0, finished: true }],
    ];
    for (const [close, expected] of closes) {
      await db.sql`delete from job`;
      const runId = await addRun(db, { steps: [step("only")] });
      const [job] = await claim();
      await journal.record({ job: job!, runId, run: { state: "waiting" }, close });
      const [row] = await readJobs(db);
      const { state, attempt, finished } = row ?? {};
      assertEquals(row && { state, attempt, finished }, expected, close.kind);
      if (row) assertEquals([row.reason, row.leased_by], ["later", null]);
      assertEquals((await readRun(db, runId)).state, "waiting");
    }
  }));

Deno.test("NUL characters and lone surrogates can be recorded wherever text comes from outside", () =>
  withJournal(async ({ db, journal, claim }) => {
    const odd = "a\u0000b\ud800c \\u0000 \u{1f600}";
    const kept = "a\ufffdb\ufffdc \\u0000 \u{1f600}";
    const runId = await addRun(db, { steps: [step("only")], event: { text: odd } });
    const [job] = await claim();
    await journal.record({
      job: job!,
      runId,
      steps: [{ ...completed({ [odd]: [odd] }), errorMessage: odd }],
      attempts: [{ path: "root/only", number: 1, state: "failed", request: { body: odd }, errorMessage: odd }],
      run: { state: "failed", errorCode: "UPSTREAM_FAILED", errorMessage: odd },
      close: { kind: "discard", reason: odd },
    });
    const { error_message, steps, tries } = await readRun(db, runId);
    assertStrictEquals(error_message, kept);
    assertEquals(steps[0]!.output, { [kept]: [kept] });
    assertEquals(tries[0]!.request, { body: kept });
    assertStrictEquals((await readJobs(db))[0]!.reason, kept);
    assertEquals(
      (await readBack(db, journal, runId))!.event,
      { text: odd },
      "the event's own bytes are as they came",
    );
  }));

Deno.test("outputs of every JSON kind come back as they were; nothing and null are one", () =>
  withJournal(async ({ db, journal, claim }) => {
    const outputs = [0, false, "", [], {}, "text", [null], { a: { b: [1.5, "ü"] } }, null, undefined];
    const runId = await addRun(db, { steps: [step("only")] });
    const [job] = await claim();
    for (const [index, output] of outputs.entries()) {
      await journal.record({ job: job!, runId, steps: [completed(output, `root/s${index}`)] });
    }
    const read = (await readBack(db, journal, runId))!.steps.toSorted((a, b) => a.path < b.path ? -1 : 1);
    assertEquals(read.map(({ output }) => output), [...outputs.slice(0, -1), null]);
  }));

Deno.test("load() knows no run that is not there", () =>
  withJournal(async ({ journal }) => {
    assertEquals(await journal.load({ installationId: 1, runId: crypto.randomUUID() }), undefined);
  }));
