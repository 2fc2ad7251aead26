/** Tests of src/signals/signal.ts and of walks that are parked: what comes for a run reaches the step that waits, whenever it comes. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import type { Journal } from "../../src/engine/journal.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { createRunInspector } from "../../src/runs/inspect.ts";
import { findWaits, MAX_SIGNAL_BYTES, MAX_SIGNALS, signalRun } from "../../src/signals/signal.ts";
import { migrateDown, migrateUp } from "../../src/db/migrate.ts";
import { readJobs } from "../db/rows.ts";
import { addRun, done, type EngineSetup, fakeAction, makeDue, readRun, setUpEngine, step } from "../engine/setup.ts";
import { allOf, anyOf, eventually, planOf, sleepFor, TYPE, waitFor } from "../engine/waiting_kinds.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { ownTimeMs } from "../support/own_time.ts";
import { answer, engineOver, installationOf, outputs, rowsOf, send, serve, withDatabase, within } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

const HOUR_MS = 3_600_000;

const stateIs = (db: Database, runId: string, state: string) =>
  eventually(async () => (await readRun(db, runId)).state === state, `run ${state}`);

Deno.test("a run that waits holds no slot, and goes on with what a signal brings, once", () =>
  withDatabase(async (db) => {
    const action = fakeAction(({ input }) => done(input));
    const runId = await addRun(db, {
      steps: planOf(waitFor("go"), step("after", { input: { got: "$.steps.go.output" } })),
    });
    const { queue, stop } = serve(db, [action], { concurrency: 1 });
    try {
      await stateIs(db, runId, "waiting");
      const [job] = await readJobs(db);
      assertEquals([job!.state, job!.leased_by, job!.reason], ["scheduled", null, "waits for go"]);
      assert(job!.due_in_ms > HOUR_MS * 24 * 365, "no time is named");
      assertEquals(await rowsOf(db), { waits: ["root/go"], signals: [] });
      const { nextAttemptAt, waitingReason } = await createRunInspector(db).inspect(
        await installationOf(db, runId),
        runId,
      );
      assertEquals([nextAttemptAt, waitingReason], [null, "waits for go"]);
      // The only slot is free.
      const other = await addRun(db, { steps: [step("only")] });
      queue.wake();
      await stateIs(db, other, "completed");
      const tookMs = await ownTimeMs(async () => {
        // No wake-up: the signal itself makes the job due, and the next look at the table finds it.
        await send(db, runId, "go", { by: "Ana" });
        await stateIs(db, runId, "completed");
      });
      assert(tookMs < 3_000, "within one poll, and a busy machine's time");
      assertEquals(action.calls.at(-1)!.input, { got: { by: "Ana" } });
      assertEquals(await rowsOf(db), { waits: [], signals: [] });
      assertEquals(action.calls.length, 2);
    } finally {
      await stop();
    }
  }));

Deno.test("a signal that comes before the run has begun, or before its step, is kept until the step takes it", () =>
  withDatabase(async (db) => {
    const early = await addRun(db, { steps: planOf(waitFor("go")) });
    await send(db, early, "go", 1);
    await engineOver(db).next();
    assertEquals((await readRun(db, early)).state, "completed");
    assertEquals(await outputs(db, early), { "root/go": 1 });

    const runId = await addRun(db, {
      steps: planOf(waitFor("one"), waitFor("two"), waitFor("two_again", { key: "two" })),
    });
    const { next } = engineOver(db);
    await next();
    for (const value of [2, 3]) await send(db, runId, "two", value);
    await next();
    assertEquals((await readRun(db, runId)).state, "waiting");
    assertEquals(await rowsOf(db), { waits: ["root/one"], signals: ["two", "two"] });
    await send(db, runId, "one", 1);
    await next();
    assertEquals((await readRun(db, runId)).state, "completed");
    assertEquals(await outputs(db, runId), { "root/one": 1, "root/two": 2, "root/two_again": 3 });
    assertEquals(await rowsOf(db), { waits: [], signals: [] });
  }));

Deno.test("a signal between the claim and the close makes the job due again at once: no wake-up is lost", () =>
  withDatabase(async (db) => {
    const moments: { name: string; engine(send: () => Promise<void>): EngineSetup }[] = [
      {
        name: "before the run is read",
        engine: (send) => ({
          journal: (real) => ({ ...real, load: async (place) => (await send(), await real.load(place)) }),
        }),
      },
      {
        name: "after the run is read",
        engine: (send) => ({
          journal: (real) => ({
            ...real,
            load: async (place) => {
              const run = await real.load(place);
              await send();
              return run;
            },
          }),
        }),
      },
      {
        name: "before the walk's end is recorded",
        engine: (send) => ({
          journal: (real) => ({ ...real, record: async (entry) => (await send(), await real.record(entry)) }),
        }),
      },
    ];
    for (const { name, engine } of moments) {
      await db.sql`delete from job`;
      const runId = await addRun(db, { steps: planOf(waitFor("go")) });
      let left = 1;
      const { next } = engineOver(
        db,
        [],
        engine(async () => {
          if (left-- > 0) await send(db, runId, "go", name);
        }),
      );
      await next();
      const [job] = await readJobs(db);
      if (job) {
        assert(job.due_in_ms <= 0, name);
        await next();
      }
      assertEquals(await outputs(db, runId), { "root/go": name });
    }
  }));

Deno.test("a step's own time holds though its run is woken: backoff, put-off and sleep are not cut short", () =>
  withDatabase(async (db) => {
    const error = new AppError("UPSTREAM_FAILED", "Cannot call: it answered 500", { retryable: true });
    const action = fakeAction(({ stepPath, attempt }) =>
      attempt > 1 || !stepPath.endsWith("fails") ? done(stepPath) : { outcome: "failed", error, retryAfterMs: HOUR_MS }
    );
    const put = {
      ...fakeAction((_, count) => count > 1 ? done("put") : { outcome: "snooze", delayMs: 2 * HOUR_MS, reason: "429" }),
      type: "put",
    };
    const runId = await addRun(db, {
      steps: planOf(
        allOf(
          "fork",
          step("fails"),
          step("put_off", { action: "put" }),
          sleepFor("sleeps", 3 * HOUR_MS),
          waitFor("go"),
          waitFor("last"),
        ),
        step("after"),
      ),
    });
    const { next } = engineOver(db, [action, put]);
    await next();
    let [job] = await readJobs(db);
    assertEquals([job!.state, job!.reason], ["retryable", error.message]);
    assert(job!.due_in_ms > 0.9 * HOUR_MS && job!.due_in_ms <= HOUR_MS, "the earliest of them");
    assertEquals(await rowsOf(db), { waits: ["root/fork/go", "root/fork/last"], signals: [] });

    await send(db, runId, "go");
    await next();
    assertEquals([action.calls.length, put.calls.length], [1, 1], "nothing is attempted before its time");
    [job] = await readJobs(db);
    assertEquals([job!.state, job!.attempt], ["scheduled", 1], "a walk without an attempt is no failure");
    assert(job!.due_in_ms > 0.9 * HOUR_MS && job!.due_in_ms <= HOUR_MS);
    assertEquals(await rowsOf(db), { waits: ["root/fork/last"], signals: [] });

    await db.sql`update step set due_at = now() where path = 'root/fork/fails'`;
    await db.sql`update job set due_at = now()`;
    await next();
    assertEquals([action.calls.length, put.calls.length], [2, 1]);
    [job] = await readJobs(db);
    assert(job!.due_in_ms > 1.9 * HOUR_MS && job!.due_in_ms <= 2 * HOUR_MS, "the next of them");
    await db.sql`update step set due_at = now() where path = 'root/fork/put_off'`;
    await db.sql`update step set decision = '{"until": 0}' where path = 'root/fork/sleeps'`;
    await db.sql`update job set due_at = now()`;
    await next();
    assert((await readJobs(db))[0]!.due_in_ms > HOUR_MS * 24 * 365, "only a key is left");
    await send(db, runId, "last");
    await next();
    const { state, steps } = await readRun(db, runId);
    assertEquals(state, "completed");
    assertEquals(steps.find(({ path }) => path === "root/fork")!.output, [
      "root/fork/fails",
      "put",
      null,
      "go",
      "last",
    ]);
    const [due] = await db.sql`select count(*)::int as count from step where due_at is not null`;
    assertEquals(due!.count, 0);
  }));

Deno.test("a wait ends with its time; what came in time wins, also where the walk that ends it is in progress", () =>
  withDatabase(async (db) => {
    const late = await addRun(db, { steps: planOf(waitFor("go", { withinMs: 0 })) });
    await engineOver(db).next();
    assertEquals(await outputs(db, late), { "root/go": "too late" });
    assertEquals(await rowsOf(db), { waits: [], signals: [] });

    const runId = await addRun(db, { steps: planOf(waitFor("go", { withinMs: 300 })) });
    await engineOver(db).next();
    const [job] = await readJobs(db);
    assert(job!.due_in_ms <= 300);
    await systemClock.sleep(310);
    const racing = (real: Journal): Journal => ({
      ...real,
      record: async (entry) => {
        // As a transaction that began in time and was committed only now.
        if (entry.waits?.unlessWoken) {
          await db.sql`update wait set expires_at = now() + interval '1 minute'`;
          await answer(db, runId, "root/go", "go", "in time");
        }
        await real.record(entry);
      },
    });
    const { next } = engineOver(db, [], { journal: racing });
    assertEquals(await next(), { kind: "settled", rescheduled: true });
    assertEquals((await readRun(db, runId)).state, "waiting");
    await next();
    assertEquals(await outputs(db, runId), { "root/go": "in time" });
    assertEquals(await rowsOf(db), { waits: [], signals: [] });
  }));

Deno.test("what no step waits for is answered so: an unknown run, a run or a wait that is over, a second answer", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, {
      steps: planOf(waitFor("one", { withinMs: HOUR_MS }), waitFor("two"), waitFor("three")),
    });
    const { next } = engineOver(db);
    await assertRejectsLike(answer(db, runId, "root/one", "one"), { code: "NOT_FOUND" });
    await next();
    await assertRejectsLike(answer(db, runId, "root/one", "other"), { code: "CONFLICT" });
    await assertRejectsLike(answer(db, runId, "root/two", "two"), { code: "NOT_FOUND" });
    await answer(db, runId, "root/one", "one", "first");
    await assertRejectsLike(answer(db, runId, "root/one", "one", "second"), {
      code: "CONFLICT",
      message: `Cannot answer step "root/one" of run "${runId}": it was answered before`,
    });
    await next();
    assertEquals((await outputs(db, runId))["root/one"], "first");
    await assertRejectsLike(answer(db, runId, "root/one", "one"), { code: "CONFLICT", message: /it is over$/ });
    await db.sql`update wait set expires_at = now() where path = 'root/two'`;
    await assertRejectsLike(answer(db, runId, "root/two", "two"), { code: "CONFLICT", message: /its time is over$/ });
    await send(db, runId, "two");
    await send(db, runId, "three");
    await next();
    assertEquals((await readRun(db, runId)).state, "completed");
    for (const bring of [() => send(db, runId, "two"), () => answer(db, runId, "root/two", "two")]) {
      await assertRejectsLike(bring, { code: "CONFLICT", message: `Cannot signal run "${runId}": it is completed` });
    }
    const unknown = crypto.randomUUID();
    const installationId = await installationOf(db, runId);
    const bring = { installationId, runId: unknown, type: TYPE, key: "two", value: null };
    await assertRejectsLike(db.scoped({ installationIds: [installationId] }, (sql) => signalRun(sql, bring)), {
      code: "NOT_FOUND",
    });
    // Of another installation's run nothing is known.
    const other = await addRun(db, { steps: planOf(waitFor("one")) });
    await assertRejectsLike(
      db.scoped({ installationIds: [installationId] }, (sql) => signalRun(sql, { ...bring, runId: other })),
      { code: "NOT_FOUND" },
    );
  }));

Deno.test("what is kept of a run is bounded: the bytes of a signal, and how many no step has taken", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: planOf(waitFor("go")) });
    await assertRejectsLike(send(db, runId, "go", "x".repeat(MAX_SIGNAL_BYTES)), { code: "BODY_TOO_LARGE" });
    for (let count = 0; count < MAX_SIGNALS; count++) await send(db, runId, `other ${count}`);
    await assertRejectsLike(send(db, runId, "go"), { code: "RUN_LIMIT_REACHED" });
    await db.sql`delete from signal`;
    for (let count = 0; count < 15; count++) await send(db, runId, "big", "x".repeat(MAX_SIGNAL_BYTES - 2));
    await assertRejectsLike(send(db, runId, "big", "x".repeat(MAX_SIGNAL_BYTES - 2)), { code: "RUN_LIMIT_REACHED" });
    await send(db, runId, "go", { text: "small\u0000" });
    await engineOver(db).next();
    assertEquals(await outputs(db, runId), { "root/go": { text: "small\ufffd" } });
  }));

Deno.test("findWaits() finds the open waits for a thing by its type and key, with their conditions, in one installation", () =>
  withDatabase(async (db) => {
    const condition = { field: "$.project" };
    const first = await addRun(db, {
      steps: planOf(allOf("fork", waitFor("a", { key: "E", condition }), waitFor("b", { key: "E" }))),
    });
    await engineOver(db).next();
    await addRun(db, { steps: planOf(waitFor("c", { key: "E" })) });
    await engineOver(db).next();
    const find = (limit = 10) =>
      within(db, first, (sql, installationId) => findWaits(sql, { installationId, type: TYPE, key: "E", limit }));
    assertEquals(await find(), [
      { runId: first, path: "root/fork/a", condition },
      { runId: first, path: "root/fork/b", condition: null },
    ]);
    assertEquals((await find(1)).length, 1);
    await answer(db, first, "root/fork/b", "E", "for b");
    assertEquals((await find()).map(({ path }) => path), ["root/fork/a"]);
    await engineOver(db).next();
    assertEquals((await outputs(db, first))["root/fork/b"], "for b", "no other step takes it");
    await db.sql`update wait set expires_at = now()`;
    assertEquals(await find(), []);
  }));

Deno.test("a run may wait for a thousand things at once, and fails at the next", () =>
  withDatabase(async (db) => {
    const many = Array.from({ length: 1_001 }, (_, at) => waitFor(`k${at}`));
    const runId = await addRun(db, { steps: planOf(allOf("fork", ...many)) });
    await engineOver(db).next();
    const { state, error_code, steps } = await readRun(db, runId);
    assertEquals([state, error_code], ["failed", "RUN_LIMIT_REACHED"]);
    assertEquals(steps.filter((one) => one.state === "failed").map(({ path }) => path), [
      "root/fork",
      "root/fork/k1000",
    ]);
    assertEquals(await rowsOf(db), { waits: [], signals: [] });
  }));

Deno.test("once a join is decided the rest is cancelled, with its waits and at any depth, and stays so", () =>
  withDatabase(async (db) => {
    const putOff = fakeAction(() => ({ outcome: "snooze", delayMs: HOUR_MS, reason: "429" }));
    const runId = await addRun(db, {
      steps: planOf(
        anyOf("race", waitFor("go"), allOf("deep", waitFor("never"), sleepFor("sleeps", HOUR_MS)), step("slow")),
        waitFor("after"),
      ),
    });
    const { next } = engineOver(db, [putOff]);
    await next();
    assertEquals((await rowsOf(db)).waits, ["root/race/deep/never", "root/race/go"]);
    await send(db, runId, "go");
    await next();
    const { steps, tries } = await readRun(db, runId);
    assertEquals(steps.map((one) => [one.path, one.state, one.attempts]), [
      ["root/after", "running", 0],
      ["root/race", "completed", 0],
      ["root/race/deep/never", "cancelled", 0],
      ["root/race/deep/sleeps", "cancelled", 0],
      ["root/race/go", "completed", 0],
      ["root/race/slow", "cancelled", 0],
    ]);
    assertEquals(tries.map(({ path, state }) => [path, state]), [["root/race/slow", "snoozed"]]);
    assertEquals(await rowsOf(db), { waits: ["root/after"], signals: [] });
    await assertRejectsLike(answer(db, runId, "root/race/deep/never", "never"), { code: "CONFLICT" });
    await send(db, runId, "after");
    await next();
    const { state, steps: ended } = await readRun(db, runId);
    assertEquals([state, ended.find(({ path }) => path === "root/race")!.output], ["completed", "go"]);
    assertEquals(putOff.calls.length, 1);
  }));

Deno.test("a way back to the version before makes a run that waits for a signal alone one that it comes to", () =>
  withDatabase(async (db) => {
    await addRun(db, { steps: planOf(waitFor("go")) });
    await engineOver(db).next();
    await addRun(db, { steps: planOf(sleepFor("sleeps", HOUR_MS)) });
    await engineOver(db).next();
    let taken: number | undefined;
    while (taken !== 30) taken = await migrateDown(db);
    const [signal, sleeping] = await readJobs(db);
    assert(signal!.due_in_ms <= 0 && sleeping!.due_in_ms > 0.9 * HOUR_MS);
    await migrateUp(db);
    await db.sql`delete from job where id = ${sleeping!.id}`;
    await engineOver(db).next();
    assertEquals((await rowsOf(db)).waits, ["root/go"], "it waits again");
  }));

Deno.test("an instance that does not know a kind leaves the parked run to one that does, uncounted, and no signal is lost", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: planOf(waitFor("go")) });
    await engineOver(db).next();
    await send(db, runId, "go");
    const unknowing = setUpEngine(db, [fakeAction()]);
    const job = await unknowing.claim();
    const outcome = await unknowing.advance(job);
    assert(outcome.kind === "snooze" && /knows steps of kind "await"$/.test(outcome.reason));
    const queue = createPostgresQueue(db, systemClock);
    await queue.settle(job, outcome);
    const [left] = await readJobs(db);
    assertEquals([left!.state, left!.attempt, left!.rescues], ["scheduled", 0, 0]);
    await makeDue(db);
    await engineOver(db).next();
    assertEquals(await outputs(db, runId), { "root/go": "go" });
  }));
