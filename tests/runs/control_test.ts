/** Tests of src/runs/control.ts: what is cancelled stops and stays so, and what is paused begins no step until it is resumed. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import type { Action, ActionCall, ActionResult } from "../../src/engine/action.ts";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { createRunControl, type RunControl } from "../../src/runs/control.ts";
import { createRunInspector } from "../../src/runs/inspect.ts";
import { addJobs, readJobs } from "../db/rows.ts";
import { within } from "../db/within.ts";
import { addRun, done, type EngineSetup, fakeAction, makeDue, readRun, setUpEngine, step } from "../engine/setup.ts";
import { LEASE_MS, setUpWorker, type WorkerSetup } from "../queue/setup.ts";
import { SERVER_URL, stopSharedDatabase, type TestDatabase, testDatabase } from "../support/database.ts";
import { ownTimeMs } from "../support/own_time.ts";

Deno.test.afterAll(stopSharedDatabase);

/** Within which a cancel reaches the call. */
const LIMIT_MS = 2_000;
const ANA = { kind: "user", name: "user-1" } as const;
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

interface Setup {
  db: Database;
  database: TestDatabase;
  cancel(runId: string): ReturnType<RunControl["cancel"]>;
  pause(runId: string): ReturnType<RunControl["pause"]>;
  resume(runId: string): ReturnType<RunControl["resume"]>;
}

async function withDatabase(body: (setup: Setup) => Promise<void>) {
  const database = await testDatabase();
  try {
    await body({ db: database.db, database, ...controlOver(database.db) });
  } finally {
    await database.stop();
  }
}

/** Over a database as one process has it open. */
function controlOver(db: Database) {
  const { wake, sayWithdrawn } = createPostgresQueue(db, systemClock);
  const { cancel, pause, resume } = createRunControl({ db, wake, sayWithdrawn });
  const of = async (runId: string) => {
    const [row] = await db.sql<{ id: number }[]>`select installation_id as id from run where id = ${runId}`;
    return row?.id ?? 1;
  };
  return {
    cancel: async (runId: string) => await cancel(await of(runId), runId, ANA),
    pause: async (runId: string) => await pause(await of(runId), runId, ANA),
    resume: async (runId: string) => await resume(await of(runId), runId),
  };
}

/** An action whose calls the test answers, unless their signal aborts first. */
function heldAction({ heedsAbort = true } = {}) {
  const begun: (ActionCall & { answer(result: ActionResult): void; aborted: boolean })[] = [];
  let ring = () => {};
  const action: Action = {
    type: "fake",
    effect: "external",
    describe: () => ({ url: "/tags" }),
    run: (call) =>
      new Promise((resolve, reject) => {
        const one = { ...call, answer: resolve, aborted: false };
        call.signal.addEventListener("abort", () => {
          one.aborted = true;
          if (heedsAbort) reject(call.signal.reason);
          ring();
        });
        begun.push(one);
        ring();
      }),
  };
  async function until(holds: () => boolean, what: string) {
    const heard = async () => {
      while (!holds()) await new Promise<void>((resolve) => ring = resolve);
    };
    await within(heard(), what);
  }
  return {
    action,
    begun,
    /** The n-th call, from 1, once it has begun. */
    call: async (count: number) => {
      await until(() => begun.length >= count, `call ${count}`);
      return begun[count - 1]!;
    },
    aborted: (call: { aborted: boolean }) => until(() => call.aborted, "the abort"),
  };
}

/** A worker that serves with the engine, on the time of the system. */
function serve(db: Database, action: Action, options: WorkerSetup & { engine?: EngineSetup } = {}) {
  const { engine } = setUpEngine(db, [action], options.engine);
  const { worker, logs } = setUpWorker(db, { run: engine.advance, clock: systemClock, ...options });
  worker.run();
  return { logs, stop: () => worker.stop(0) };
}

async function eventually(holds: () => Promise<boolean>, what: string) {
  const look = async () => {
    while (!await holds()) await systemClock.sleep(20);
  };
  await within(look(), what);
}

const conflict = (message: RegExp) => ({ code: "CONFLICT", message });

Deno.test("a run that waits in the queue is cancelled at once: it never begins, and says who cancelled it and when", () =>
  withDatabase(async ({ db, cancel }) => {
    const runId = await addRun(db, { steps: [step("only")] });
    assertEquals(await cancel(runId), { state: "cancelled" });
    assertEquals(await readJobs(db), []);
    const [row] = await db.sql<Record<string, unknown>[]>`
      select state, error_code, error_message, cancel_requested_by, finished_at = cancel_requested_at as at_once from run`;
    assertEquals({ ...row }, {
      state: "cancelled",
      error_code: null,
      error_message: "Cancelled by user user-1",
      cancel_requested_by: "user-1",
      at_once: true,
    });
    await assertRejectsLike(cancel(runId), conflict(/^Cannot cancel run "[-0-9a-f]{36}": it is cancelled$/));
    await assertRejectsLike(cancel(crypto.randomUUID()), { code: "NOT_FOUND" });
  }));

Deno.test("a run between two tries is cancelled with its step; what was recorded stays, and no dead letter is left", () =>
  withDatabase(async ({ db, cancel }) => {
    const error = new AppError("UPSTREAM_FAILED", "Cannot call: it answered 500", { retryable: true });
    const action = fakeAction(({ stepPath }) =>
      stepPath === "root/first" ? done("kept") : { outcome: "failed", error, retryAfterMs: HOUR_MS }
    );
    const runId = await addRun(db, { steps: [step("first"), step("second"), step("third")] });
    await db.sql`
      insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, operation_id, body, read_number)
      values (1, 'workspace-1', 'user', 'user-1', 'o', '{"name": "Ana"}', 1)`;
    await setUpEngine(db, [action]).next();
    await cancel(runId);
    const { state, error_message, steps, tries } = await readRun(db, runId);
    assertEquals([state, error_message], ["cancelled", "Cancelled by Ana"]);
    assertEquals(steps.map((one) => [one.path, one.state]), [["root/first", "completed"], [
      "root/second",
      "cancelled",
    ]]);
    assertEquals(tries.map((one) => one.state), ["succeeded", "failed"]);
    assertEquals(await readJobs(db), []);
  }));

Deno.test("a run under way is cancelled within 2 s: its call is aborted and uncertain, and nothing is sent afterwards", () =>
  withDatabase(async ({ db, database, cancel }) => {
    const other = database.url && openPostgres({ url: database.url, poolSize: 2, applicationName: "timewire-tests" });
    // On a server the wish comes from another process.
    const ask = other ? controlOver(other).cancel : cancel;
    const { action, begun, call, aborted } = heldAction();
    const runId = await addRun(db, { steps: [step("first"), step("second")] });
    const worker = serve(db, action);
    try {
      const first = await call(1);
      const tookMs = await ownTimeMs(async () => {
        await ask(runId);
        await aborted(first);
      });
      assert(tookMs < LIMIT_MS, `the call was aborted after ${tookMs} ms`);
      await eventually(() => Promise.resolve(worker.logs.length > 0), "the end of the job");
      const { state, steps, tries } = await readRun(db, runId);
      assertEquals([state, steps.map((one) => one.state), tries.map((one) => one.state)], [
        "cancelled",
        ["cancelled"],
        ["uncertain"],
      ]);
      assertEquals(await readJobs(db), []);
      assertEquals(begun.length, 1);
    } finally {
      await worker.stop();
      if (other) await other.stop();
    }
  }));

Deno.test("an answer that comes after the cancel is not recorded, and the next step is not sent", () =>
  withDatabase(async ({ db, cancel }) => {
    const { action, begun, call } = heldAction({ heedsAbort: false });
    const runId = await addRun(db, { steps: [step("first"), step("second")] });
    const worker = serve(db, action);
    try {
      const first = await call(1);
      await cancel(runId);
      first.answer(done("late"));
      await eventually(() => Promise.resolve(worker.logs.length > 0), "the end of the job");
      const { state, steps, tries } = await readRun(db, runId);
      assertEquals([state, steps[0]!.state, steps[0]!.output], ["cancelled", "cancelled", null]);
      assertEquals([steps.length, tries.map((one) => one.state), begun.length], [1, ["uncertain"], 1]);
    } finally {
      await worker.stop();
    }
  }));

Deno.test("a cancel whose word is lost is found by the renewal of the lease", () =>
  withDatabase(async ({ db, cancel }) => {
    const { action, call, aborted } = heldAction();
    const runId = await addRun(db, { steps: [step("only")] });
    const deaf = { onWithdrawn: () => Promise.resolve({ stop: () => Promise.resolve() }) };
    const worker = serve(db, action, { queue: deaf, leaseMs: 900 });
    try {
      const first = await call(1);
      await cancel(runId);
      await aborted(first);
    } finally {
      await worker.stop();
    }
  }));

Deno.test("runs that wait for a cancelled one go on: at once where it was not under way, else once its call has ended", () =>
  withDatabase(async ({ db, cancel }) => {
    const { action, call } = heldAction();
    const [first, second, third] = [1, 2, 3].map(() => ({ id: "" }));
    for (const run of [first!, second!, third!]) run.id = await addRun(db, { steps: [step("only")] });
    await db.sql`delete from job`;
    for (const { id } of [first!, second!, third!]) {
      await db.sql`
        insert into job (kind, installation_id, payload, order_key)
        values ('run', 1, jsonb_build_object('run_id', ${id}::text), 'k')`;
    }
    await db.sql`update run set installation_id = 1`;
    await db.sql`update plan set installation_id = 1`;
    await db.sql`update event set installation_id = 1`;
    const worker = serve(db, action);
    try {
      assertStrictEquals((await call(1)).runId, first!.id);
      await cancel(second!.id);
      assertEquals((await readJobs(db)).length, 2);
      const sinceMs = performance.now();
      const tookMs = await ownTimeMs(async () => {
        await cancel(first!.id);
        await call(2);
      });
      const next = await call(2);
      assertStrictEquals(next.runId, third!.id);
      assert(performance.now() - sinceMs > 1_500 && tookMs < 6_000, `the next of the key began after ${tookMs} ms`);
      next.answer(done(null));
      await eventually(async () => (await readJobs(db)).length === 0, "the end of all jobs");
    } finally {
      await worker.stop();
    }
  }));

Deno.test("a run under way is paused: its call is awaited and recorded, no further step begins until it is resumed", () =>
  withDatabase(async ({ db, pause, resume }) => {
    for (const effect of ["external", "none"] as const) {
      const { action, begun, call } = heldAction();
      const runId = await addRun(db, { steps: [step("first"), step("second")] });
      const worker = serve(db, { ...action, effect });
      try {
        const first = await call(1);
        assertEquals(await pause(runId), { state: effect === "external" ? "running" : "pending" });
        assertEquals(await pause(runId), { state: effect === "external" ? "running" : "pending" });
        first.answer(done("recorded"));
        await eventually(async () => (await readRun(db, runId)).state === "waiting", "the pause");
        const paused = await readRun(db, runId);
        assertEquals(paused.steps.map((one) => [one.path, one.state, one.output]), [
          ["root/first", "completed", "recorded"],
        ]);
        const [job] = await readJobs(db);
        assert(job!.due_in_ms > YEAR_MS && job!.state === "scheduled" && job!.attempt === 0);
        assertEquals([begun.length, first.aborted, worker.logs], [1, false, []]);
        const { run, waitingReason, nextAttemptAt } = await createRunInspector(db).inspect(
          await ofRun(db, runId),
          runId,
        );
        assertEquals([waitingReason, nextAttemptAt, run.pausedAt !== null], ["paused by user-1", null, true]);
        await pause(runId);

        await resume(runId);
        (await call(2)).answer(done(null));
        await eventually(async () => (await readRun(db, runId)).state === "completed", "the end");
        assertEquals(begun.map(({ stepPath }) => stepPath), ["root/first", "root/second"]);
        await assertRejectsLike(pause(runId), conflict(/it is completed/));
        await assertRejectsLike(resume(runId), conflict(/it is completed/));
      } finally {
        await worker.stop();
      }
    }
  }));

async function ofRun({ sql }: Database, runId: string): Promise<number> {
  const [row] = await sql<{ id: number }[]>`select installation_id as id from run where id = ${runId}`;
  return row!.id;
}

Deno.test("a run that waits keeps its time through a pause, also where the pause comes while a try fails", () =>
  withDatabase(async ({ db, pause, resume }) => {
    const error = new AppError("UPSTREAM_FAILED", "Cannot call: it answered 500", { retryable: true });
    const failed: ActionResult = { outcome: "failed", error, retryAfterMs: HOUR_MS };
    for (const meanwhile of [false, true]) {
      await db.sql`delete from job`;
      const runId: string = await addRun(db, { steps: [step("only")] });
      const action = fakeAction(async () => {
        if (meanwhile) await pause(runId);
        return failed;
      });
      await setUpEngine(db, [action]).next();
      if (!meanwhile) assertEquals(await pause(runId), { state: "waiting" });
      const [held] = await readJobs(db);
      assert(held!.due_in_ms > YEAR_MS);
      assertEquals((await readRun(db, runId)).tries[0]!.state, "failed");
      assertEquals(await resume(runId), { state: "waiting" });
      const [job] = await readJobs(db);
      assert(job!.due_in_ms > HOUR_MS / 2 && job!.due_in_ms <= HOUR_MS, `due in ${job!.due_in_ms} ms`);
      await assertRejectsLike(
        resume(runId),
        conflict(/^Cannot resume run "[-0-9a-f]{36}": it is waiting, not paused$/),
      );
    }
  }));

Deno.test("a run that was not begun is paused and resumed, and a paused one can be cancelled", () =>
  withDatabase(async ({ db, pause, resume, cancel }) => {
    const runId = await addRun(db, { steps: [step("only")] });
    assertEquals(await pause(runId), { state: "waiting" });
    const queue = createPostgresQueue(db, systemClock);
    assertEquals(await queue.claim({ limit: 10, owner: "w", leaseMs: LEASE_MS }), []);
    assert((await queue.nextDueMs())! > YEAR_MS);
    assertEquals(await resume(runId), { state: "pending" });
    const action = fakeAction();
    await setUpEngine(db, [action]).next();
    assertEquals((await readRun(db, runId)).state, "completed");

    const second = await addRun(db, { steps: [step("only")] });
    await pause(second);
    await cancel(second);
    assertEquals([(await readRun(db, second)).state, await readJobs(db)], ["cancelled", []]);
    await assertRejectsLike(resume(second), conflict(/it is cancelled/));
  }));

Deno.test("a paused run whose owner died waits when its lease has ended, and its uncertain call is tried after the resume", () =>
  withDatabase(async ({ db, pause, resume }) => {
    const runId = await addRun(db, { steps: [step("only")] });
    const { action, call } = heldAction();
    const dead = setUpEngine(db, [action]);
    const lost = dead.advance(await dead.claim()).catch((error) => error.code);
    const first = await call(1);
    await pause(runId);
    await makeDue(db);
    const answering = fakeAction();
    const next = setUpEngine(db, [answering]);
    assertEquals(await next.next(), { kind: "settled" });
    assertEquals(answering.calls.length, 0);
    assertEquals((await readRun(db, runId)).state, "waiting");
    first.answer(done("late"));
    assertEquals(await lost, "LEASE_LOST");
    await resume(runId);
    await next.next();
    const { state, tries } = await readRun(db, runId);
    assertEquals([state, tries.map((one) => one.state)], ["completed", ["started", "succeeded"]]);
  }));

Deno.test({
  // The embedded database runs one transaction at a time.
  name: "no call begins after a pause was answered, also where its record waited for the pause",
  ignore: !SERVER_URL,
  fn: () =>
    withDatabase(async ({ db, pause, cancel }) => {
      for (const wish of [pause, cancel]) {
        await db.sql`delete from job`;
        const runId = await addRun(db, { steps: [step("only")] });
        const action = fakeAction();
        const { claim, advance } = setUpEngine(db, [action]);
        const job = await claim();
        const locked = Promise.withResolvers<void>();
        const release = Promise.withResolvers<void>();
        // Whoever locks the run's row last keeps the wish waiting inside its transaction, with the job's lock.
        const holder = db.transaction(async (sql) => {
          await sql`select from run where id = ${runId} for update`;
          locked.resolve();
          await release.promise;
        });
        await locked.promise;
        const asked = wish(runId);
        await systemClock.sleep(200);
        const walked = advance(job).catch((error) => error.code);
        await systemClock.sleep(200);
        release.resolve();
        await Promise.all([holder, asked]);
        await walked;
        assertEquals(action.calls.length, 0);
        assertStrictEquals((await readRun(db, runId)).state, wish === pause ? "waiting" : "cancelled");
      }
    }),
});

Deno.test("other installations' runs, and jobs that are none of a run, are left alone", () =>
  withDatabase(async ({ db, cancel }) => {
    const runId = await addRun(db, { steps: [step("only")] });
    await addJobs(db, { installationId: await ofRun(db, runId), count: 3 });
    const { wake, sayWithdrawn } = createPostgresQueue(db, systemClock);
    const { pause } = createRunControl({ db, wake, sayWithdrawn });
    await assertRejectsLike(pause(await ofRun(db, runId) + 1, runId, ANA), { code: "NOT_FOUND" });
    await cancel(runId);
    assertEquals((await readJobs(db)).map(({ kind }) => kind), ["event", "event", "event"]);
  }));
