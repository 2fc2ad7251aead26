/** Tests of what is recorded together: how a step ended, how the run goes on, and what becomes of its job. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import type { ActionResult } from "../../src/engine/action.ts";
import type { Database } from "../../src/db/db.ts";
import type { JournalEntry } from "../../src/engine/journal.ts";
import { AppError } from "../../src/base/errors.ts";
import { readJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addRun, done, type EngineSetup, fakeAction, makeDue, readRun, setUpEngine, step } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

/** Runs `body` on an empty database. */
async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

const once = { maxAttempts: 1, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 };
const fault = (retryable: boolean) => new AppError("UPSTREAM_FAILED", "Cannot call: it answered 500", { retryable });

/** What was recorded, as words: one line a record. */
function watch(lines: string[]): EngineSetup {
  const words = ({ steps = [], run, close }: JournalEntry) =>
    [
      ...steps.map(({ path, state }) => `${path.replace("root/", "")} ${state}`),
      ...(run ? [`run ${run.state}`] : []),
      ...(close ? [`job ${close.kind}`] : []),
    ].join(", ");
  return {
    journal: (real) => ({
      ...real,
      record: async (entry) => {
        await real.record(entry);
        lines.push(words(entry));
      },
    }),
  };
}

Deno.test("each walk takes one record before a call and one at its end, whatever the end is", () =>
  withDatabase(async (db) => {
    const cases: [ActionResult, string][] = [
      [done(null), "second completed, run completed, job done"],
      [{ outcome: "failed", error: fault(false) }, "second failed, run failed, job discard"],
      [{ outcome: "failed", error: fault(true), retryAfterMs: 600_000 }, "second running, run waiting, job retry"],
      [{ outcome: "snooze", delayMs: 600_000, reason: "busy" }, "second running, run waiting, job snooze"],
    ];
    for (const [result, last] of cases) {
      await db.sql`delete from job`;
      await addRun(db, { steps: [step("first"), step("second")] });
      const lines: string[] = [];
      const action = fakeAction(({ stepPath }) => stepPath === "root/first" ? done(null) : result);
      await setUpEngine(db, [action], watch(lines)).next();
      assertEquals(lines, ["first running, run running", "first completed, second running", last]);
      for (const job of await readJobs(db)) assert(job.finished || job.due_in_ms > 500_000);
    }
    // A step that cannot even be tried.
    await db.sql`delete from job`;
    await addRun(db, { steps: [step("first"), step("second", { input: "{{ number('x') }}" })] });
    const lines: string[] = [];
    await setUpEngine(db, [fakeAction()], watch(lines)).next();
    assertEquals(lines, ["first running, run running", "first completed, second failed, run failed, job discard"]);
  }));

Deno.test("steps without an effect outside are recorded one by one, the last with the run's end", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: ["a", "b", "c"].map((id) => step(id)) });
    const lines: string[] = [];
    const action = { ...fakeAction(({ stepPath }) => done(stepPath)), effect: "none" as const };
    await setUpEngine(db, [action], watch(lines)).next();
    assertEquals(lines, ["a completed", "b completed", "c completed, run completed, job done"]);
    const { steps } = await readRun(db, runId);
    assertEquals(
      steps.map(({ path, output }) => [path, output]),
      ["a", "b", "c"].map((id) => [`root/${id}`, `root/${id}`]),
    );
  }));

Deno.test("a step that is recorded as failed ends the run with its error and is not sent again", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: [step("only", { retry: once, onUncertain: "stop" }), step("never")] });
    const { claim } = setUpEngine(db, []);
    await claim();
    // As a version left it that recorded the step's failure and the run's end apart, and died between them.
    await db.sql`
      insert into step (installation_id, run_id, path, action, state, attempts, error_code, error_message, finished_at)
      select installation_id, id, 'root/only', 'fake', 'failed', 1, 'UPSTREAM_REJECTED', 'Cannot call: it answered 400', now()
      from run`;
    await db.sql`
      insert into attempt (installation_id, run_id, path, number, state, error_code)
      select installation_id, id, 'root/only', 1, 'failed', 'UPSTREAM_REJECTED' from run`;
    await makeDue(db);
    const action = fakeAction();
    await setUpEngine(db, [action]).next();
    assertEquals(action.calls.length, 0);
    const { state, error_code, error_message, tries } = await readRun(db, runId);
    assertEquals([state, error_code, error_message], [
      "failed",
      "UPSTREAM_REJECTED",
      "Cannot call: it answered 400",
    ]);
    assertEquals(tries.length, 1);
    assertEquals((await readJobs(db))[0]!.state, "discarded");
  }));

Deno.test("what was done is recorded also when something of ours breaks before the walk's end is", () =>
  withDatabase(async (db) => {
    const results: [ActionResult, string, string][] = [
      [done(null), "before_run_end", "completed"],
      [{ outcome: "failed", error: fault(false) }, "before_failure", "failed"],
    ];
    for (const [result, place, state] of results) {
      await db.sql`delete from job`;
      const runId = await addRun(db, { steps: [step("only")] });
      const action = fakeAction(() => result);
      const broken = setUpEngine(db, [action], {
        onPoint: (point) => {
          if (point === place) throw new Error("a fault of ours");
        },
      });
      await assertRejectsLike(broken.next(), { message: "a fault of ours" });
      await makeDue(db);
      await setUpEngine(db, [action]).next();
      const run = await readRun(db, runId);
      assertEquals([run.state, run.steps[0]!.state, action.calls.length], [state, state, 1]);
    }
  }));

Deno.test("what was done is recorded and not sent again when records fail for a while", () =>
  withDatabase(async (db) => {
    for (const faults of [1, 3]) {
      for (const last of [false, true]) {
        await db.sql`delete from job`;
        const runId = await addRun(db, { steps: last ? [step("first")] : [step("first"), step("second")] });
        const action = fakeAction(({ stepPath }) => done(stepPath));
        let left = faults;
        const faulty = setUpEngine(db, [action], {
          journal: (real) => ({
            ...real,
            record: async (entry) => {
              if (entry.steps!.some(({ state }) => state === "completed") && left-- > 0) {
                throw new Error("connection lost");
              }
              await real.record(entry);
            },
          }),
        });
        await assertRejectsLike(faulty.next(), { message: "connection lost" });
        const { state, steps } = await readRun(db, runId);
        const first = { path: "root/first", state: "completed", attempts: 1, output: "root/first", error_code: null };
        assertEquals({ state, steps }, { state: "running", steps: [first] }, "no start of a call that never began");
        assertEquals(faulty.facts.map(({ kind }) => kind), ["step"]);
        await makeDue(db);
        await faulty.next();
        assertEquals((await readRun(db, runId)).state, "completed");
        assertEquals(
          action.calls.map(({ stepPath, attempt }) => [stepPath, attempt]),
          [["root/first", 1], ...(last ? [] : [["root/second", 1]])],
        );
        assertEquals(await readJobs(db), []);
      }
    }
  }));

Deno.test("a step that has ended is recorded before the next one's request is read from somewhere", () =>
  withDatabase(async (db) => {
    const lines: string[] = [];
    const runId = await addRun(db, { steps: [step("first"), step("second")] });
    const recorded = Promise.withResolvers<void>();
    const action = {
      ...fakeAction(),
      describe: async ({ stepPath }: { stepPath: string }) => {
        if (stepPath === "root/second") await recorded.promise;
        return { stepPath };
      },
    };
    const { journal } = watch(lines);
    await setUpEngine(db, [action], {
      journal: (real) => {
        const watched = journal!(real);
        return {
          ...watched,
          record: async (entry) => {
            await watched.record(entry);
            if (entry.steps!.some(({ state }) => state === "completed")) recorded.resolve();
          },
        };
      },
    }).next();
    assertEquals(lines, [
      "first running, run running",
      "first completed",
      "second running",
      "second completed, run completed, job done",
    ]);
    assertEquals((await readRun(db, runId)).tries.map(({ request }) => request), [
      { stepPath: "root/first" },
      { stepPath: "root/second" },
    ]);
  }));
