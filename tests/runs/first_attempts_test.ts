/** Tests of where attempts stand: the first one of a step in the step's row, and by itself once it fails or is uncertain. */

import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import type { ActionResult } from "../../src/engine/action.ts";
import type { ActionStep } from "../../src/engine/plan.ts";
import { createFlowStore } from "../../src/flows/store/store.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { createRunControl } from "../../src/runs/control.ts";
import { createRunInspector } from "../../src/runs/inspect.ts";
import { createJournal } from "../../src/runs/journal.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { addRun, done, fakeAction, makeDue, setUpEngine, step } from "../engine/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

const failed: ActionResult = {
  outcome: "failed",
  error: new AppError("UPSTREAM_FAILED", "Cannot call: it answered 500", { retryable: true }),
  httpStatus: 500,
};

/** Rows of table attempt. */
async function rowsOf({ sql }: Database, runId: string) {
  const rows = await sql<{ path: string; number: number; state: string; request: unknown; started: boolean }[]>`
    select attempt.path, number, attempt.state, attempt.request, attempt.started_at = step.started_at as started
    from attempt join step using (run_id, path) where run_id = ${runId} order by path, number`;
  return rows.map(({ path, number, state, request, started }) => [path, number, state, request, started]);
}

async function installationOf({ sql }: Database, runId: string): Promise<number> {
  const [row] = await sql<{ installation_id: number }[]>`select installation_id from run where id = ${runId}`;
  return row!.installation_id;
}

/** The attempts as the run's page and the list of a flow's runs show them. */
async function shownOf(db: Database, runId: string) {
  const installationId = await installationOf(db, runId);
  const { steps } = await createRunInspector(db).inspect(installationId, runId);
  const { executions } = await createFlowStore(db).executions(installationId, 1, { limit: 100, offset: 0 });
  const tries = executions.find((one) => one.runId === runId)!.steps.flatMap((one) => one.tries);
  const attempts = steps.flatMap((one) => one.attempts);
  assertEquals(
    tries.map(({ number, state, request, httpStatus }) => [number, state, request, httpStatus]),
    attempts.map(({ number, state, request, httpStatus }) => [number, state, request, httpStatus]),
  );
  return attempts;
}

const request = { input: {} };

Deno.test("a first attempt that succeeds stands in its step's row, and is shown with request, status and times", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: [step("a"), step("b")] });
    const action = fakeAction(async ({ stepPath }) => {
      await systemClock.sleep(20);
      return stepPath === "root/a"
        ? done(null)
        : { outcome: "done", output: null, httpStatus: 201, request: { sent: 1 } };
    });
    await setUpEngine(db, [action]).next();
    assertEquals(await rowsOf(db, runId), []);
    const shown = await shownOf(db, runId);
    assertEquals(shown.map(({ number, state, request, httpStatus }) => [number, state, request, httpStatus]), [
      [1, "succeeded", request, 200],
      [1, "succeeded", { sent: 1 }, 201],
    ]);
    for (const { startedAt, finishedAt } of shown) assert(finishedAt!.getTime() - startedAt.getTime() >= 15);
  }));

Deno.test("a first attempt that fails or is put off gets a row with what it sent and when, and so has each one after it", () =>
  withDatabase(async (db) => {
    const ends: ActionResult[] = [failed, { outcome: "snooze", delayMs: 100, reason: "busy", httpStatus: 429 }];
    for (const end of ends) {
      await db.sql`delete from job`;
      const runId = await addRun(db, { steps: [step("only")] });
      const { next } = setUpEngine(db, [fakeAction((_, count) => count === 1 ? end : done(null))]);
      await next();
      const first = end.outcome === "failed" ? "failed" : "snoozed";
      assertEquals(await rowsOf(db, runId), [["root/only", 1, first, request, true]]);
      assertEquals((await shownOf(db, runId)).map(({ state, httpStatus }) => [state, httpStatus]), [[
        first,
        end.httpStatus!,
      ]]);
      await makeDue(db);
      await next();
      const states = (await rowsOf(db, runId)).map(([, number, state]) => [number, state]);
      // One that was put off gives its number, and its row, to the next.
      assertEquals(states, end.outcome === "failed" ? [[1, "failed"], [2, "succeeded"]] : [[1, "succeeded"]]);
    }
  }));

Deno.test("a first attempt without an answer is uncertain, and gets a row when another begins or the step is refused", () =>
  withDatabase(async (db) => {
    const cases: [ActionStep["onUncertain"], unknown[]][] = [
      ["retry", [[1, "started"], [2, "succeeded"]]],
      ["stop", [[1, "started"]]],
    ];
    for (const [onUncertain, expected] of cases) {
      await db.sql`delete from job`;
      const runId = await addRun(db, { steps: [step("only", { onUncertain })] });
      // As a process that is killed in the middle of its call.
      const { advance, claim } = setUpEngine(db, [fakeAction(() => new Promise(() => {}))]);
      void advance(await claim());
      const installationId = await installationOf(db, runId);
      const load = async () => (await createJournal(db, systemClock).load({ installationId, runId }))!.steps[0];
      while (await load() === undefined) await systemClock.sleep(5);
      const { uncertain, attempts, failures } = (await load())!;
      assertEquals([uncertain, attempts, failures], [true, 1, 0]);
      assertEquals(await rowsOf(db, runId), []);
      assertEquals((await shownOf(db, runId)).map(({ state, finishedAt }) => [state, finishedAt]), [["started", null]]);

      await makeDue(db);
      const action = fakeAction();
      await setUpEngine(db, [action]).next();
      assertEquals(action.calls.map(({ attempt }) => attempt), onUncertain === "retry" ? [2] : []);
      const rows = await rowsOf(db, runId);
      assertEquals(rows.map(([, number, state]) => [number, state]), expected);
      assertEquals(rows[0], ["root/only", 1, "started", request, true]);
      assertEquals((await shownOf(db, runId)).length, rows.length);

      if (onUncertain === "stop") {
        const { retry } = createRunRetry({
          db,
          wake: () => {},
          onRetried: () => {},
          openInput: (_, input) => Promise.resolve(input),
        });
        await retry(installationId, runId);
        await setUpEngine(db, [action]).next();
        assertEquals(action.calls.map(({ attempt }) => attempt), [2]);
        assertEquals((await rowsOf(db, runId)).map(([, number, state]) => [number, state]), [[1, "started"], [
          2,
          "succeeded",
        ]]);
      }
    }
  }));

Deno.test("a first attempt in progress as its run is cancelled gets an uncertain row", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: [step("before"), step("only")] });
    const begun = Promise.withResolvers<void>();
    const action = fakeAction(({ stepPath }) => {
      if (stepPath === "root/before") return done(null);
      begun.resolve();
      return new Promise(() => {});
    });
    const { advance, claim } = setUpEngine(db, [action]);
    void advance(await claim());
    await begun.promise;
    const control = createRunControl({ db, wake: () => {}, sayWithdrawn: () => {} });
    await control.cancel(await installationOf(db, runId), runId, { kind: "user", name: "u1" });
    assertEquals(await rowsOf(db, runId), [["root/only", 1, "uncertain", request, true]]);
    const shown = await shownOf(db, runId);
    assertEquals(shown.map(({ state, finishedAt }) => [state, finishedAt !== null]), [["succeeded", true], [
      "uncertain",
      true,
    ]]);
  }));

Deno.test("records of first and later attempts that share a statement do not touch each other's", () =>
  withDatabase(async (db) => {
    const runIds: string[] = [];
    for (let n = 0; n < 12; n++) runIds.push(await addRun(db, { steps: [step("a"), step("b"), step("c")] }));
    const tried = new Map<string, number>();
    const action = fakeAction(({ runId, stepPath }) => {
      const key = `${runId} ${stepPath}`;
      const number = (tried.get(key) ?? 0) + 1;
      tried.set(key, number);
      // Every third run fails once, at each of its steps in turn.
      const at = runIds.indexOf(runId);
      return at % 3 === 0 && stepPath === `root/${"abc"[at / 3 % 3]}` && number === 1 ? failed : done(at);
    });
    const { advance } = setUpEngine(db, [action]);
    const queue = createPostgresQueue(db, systemClock);
    for (let round = 0; round < 3; round++) {
      await makeDue(db);
      const jobs = await queue.claim({ limit: 100, owner: "worker-1", leaseMs: 30_000 });
      await Promise.all(jobs.map((job) => advance(job)));
    }
    for (const [at, runId] of runIds.entries()) {
      const path = `root/${"abc"[at / 3 % 3]}`;
      const rows = (await rowsOf(db, runId)).map((row) => row.slice(0, 3));
      assertEquals(rows, at % 3 === 0 ? [[path, 1, "failed"], [path, 2, "succeeded"]] : []);
      const shown = await shownOf(db, runId);
      assertEquals(shown.filter(({ state }) => state === "succeeded").length, 3);
      assertEquals(shown.length, at % 3 === 0 ? 4 : 3);
    }
  }));
