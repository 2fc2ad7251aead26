/** Tests of steps and runs that wait without failing: a 429, an empty rate budget, an instance that knows more. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { ActionResult } from "../../src/engine/action.ts";
import type { Database } from "../../src/db/db.ts";
import { AppError } from "../../src/base/errors.ts";
import { createRunInspector } from "../../src/runs/inspect.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { readJobs } from "../db/rows.ts";
import { setUpWorker } from "../queue/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addRun, done, fakeAction, makeDue, readRun, setUpEngine, step } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

const HOUR_MS = 3_600_000;
const REASON = "the receiver answered 429: too many requests";
const putOff = (fields: Partial<ActionResult & { outcome: "snooze" }> = {}): ActionResult => ({
  outcome: "snooze",
  reason: REASON,
  httpStatus: 429,
  ...fields,
});

/** Runs `body` on an empty database. */
async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

async function waitedMs({ sql }: Database, runId: string): Promise<number> {
  const [row] = await sql<{ waited_ms: number }[]>`select waited_ms from step where run_id = ${runId}`;
  return row!.waited_ms;
}

async function inspect(db: Database, runId: string) {
  const [row] = await db.sql<{ installation_id: number }[]>`select installation_id from run where id = ${runId}`;
  return await createRunInspector(db).inspect(row!.installation_id, runId);
}

Deno.test("a step that is put off waits with the reason, in one row however often, and then goes on as the first try", () =>
  withDatabase(async (db) => {
    const action = fakeAction((_, count) => count <= 12 ? putOff({ delayMs: HOUR_MS }) : done({ ok: true }));
    const once = { maxAttempts: 1, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 };
    const runId = await addRun(db, { steps: [step("only", { retry: once, onUncertain: "stop" })] });
    const { next, facts } = setUpEngine(db, [action]);
    for (let wait = 1; wait <= 12; wait++) {
      assertEquals(await next(), { kind: "settled", rescheduled: true });
      const [job] = await readJobs(db);
      assertEquals([job!.state, job!.attempt, job!.reason], ["scheduled", 0, REASON]);
      assert(job!.due_in_ms > 0.9 * HOUR_MS && job!.due_in_ms <= HOUR_MS);
      const { state, steps, tries } = await readRun(db, runId);
      assertEquals(state, "waiting");
      assertEquals(steps.map((one) => [one.state, one.attempts]), [["running", 0]]);
      assertEquals(tries.map((one) => [one.number, one.state]), [[1, "snoozed"]]);
      assertEquals(await waitedMs(db, runId), wait * HOUR_MS);
      await makeDue(db);
    }
    const { waitingReason, nextAttemptAt } = await inspect(db, runId);
    assertStrictEquals(waitingReason, REASON);
    assert(nextAttemptAt);
    await next();
    const { state, tries } = await readRun(db, runId);
    assertEquals(state, "completed");
    assertEquals(tries.map((one) => [one.number, one.state]), [[1, "succeeded"]]);
    assertEquals(new Set(action.calls.map((call) => call.idempotencyKey)), new Set([`${runId}/root/only`]));
    assertEquals(facts.map(({ outcome, state }) => outcome ?? state), [
      ...Array(12).fill("snoozed"),
      "succeeded",
      "completed",
    ]);
    const ended = await inspect(db, runId);
    assertEquals([ended.waitingReason, ended.nextAttemptAt], [null, null]);
  }));

Deno.test("a wait of no named time is at least half as long again as all waits before, from 5 s up to 10 minutes", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: [step("only")] });
    const { next } = setUpEngine(db, [fakeAction(() => putOff())]);
    let before = 0;
    for (let wait = 1; wait <= 14; wait++) {
      assertEquals(await next(), { kind: "settled", rescheduled: true });
      const waited = await waitedMs(db, runId);
      const ceilingMs = Math.min(600_000, Math.max(5_000, before));
      assert(waited - before >= ceilingMs / 2 && waited - before <= ceilingMs + 1, `${waited} after ${before}`);
      before = waited;
      await makeDue(db);
    }
    assert(before > 600_000);
  }));

Deno.test("24 hours of waiting are borne in all; the next fails the step with the reason, and a person's retry begins anew", () =>
  withDatabase(async (db) => {
    const action = fakeAction((_, count) => count === 6 ? done(null) : putOff({ delayMs: 5 * HOUR_MS }));
    const runId = await addRun(db, { steps: [step("only")] });
    const { next } = setUpEngine(db, [action]);
    for (let wait = 0; wait < 5; wait++) {
      await next();
      await makeDue(db);
    }
    const run = await readRun(db, runId);
    const reason = `Cannot wait any longer in step 1: ${REASON}, and 24 hours in all are allowed`;
    assertEquals([run.state, run.error_code, run.error_message], ["failed", "UPSTREAM_RATE_LIMITED", reason]);
    assertEquals(run.tries.map((one) => [one.number, one.state, one.error_code]), [
      [1, "failed", "UPSTREAM_RATE_LIMITED"],
    ]);
    assertStrictEquals((await readJobs(db))[0]!.reason, reason);

    const installation = await db.sql<{ id: number }[]>`select installation_id as id from run`;
    await createRunRetry({ db, wake: () => {}, onRetried: () => {}, openInput: (_, input) => Promise.resolve(input) })
      .retry(installation[0]!.id, runId);
    assertEquals(await waitedMs(db, runId), 0);
    await next();
    assertEquals((await readRun(db, runId)).state, "completed");

    // At once, where it is plain that it cannot be: with the code that the action named, and a failure's Retry-After too.
    const cases: [ActionResult, string][] = [
      [putOff({ delayMs: 25 * HOUR_MS }), "UPSTREAM_RATE_LIMITED"],
      [putOff({ delayMs: Infinity, code: "INSTALLATION_UNKNOWN" }), "INSTALLATION_UNKNOWN"],
      [
        {
          outcome: "failed",
          error: new AppError("UPSTREAM_FAILED", "Cannot call: it answered 503", { retryable: true }),
          retryAfterMs: 25 * HOUR_MS,
        },
        "UPSTREAM_FAILED",
      ],
    ];
    for (const [result, code] of cases) {
      await db.sql`delete from job`;
      const id = await addRun(db, { steps: [step("only")] });
      await setUpEngine(db, [fakeAction(() => result)]).next();
      const { state, error_code } = await readRun(db, id);
      assertEquals([state, error_code], ["failed", code]);
    }
  }));

Deno.test("where no time is named the waits grow, from seconds to ten minutes", () =>
  withDatabase(async (db) => {
    await addRun(db, { steps: [step("only")] });
    const { next, facts } = setUpEngine(db, [fakeAction(() => putOff())]);
    const waits: [waitedMs: number, leastMs: number, mostMs: number][] = [
      [0, 2_500, 5_000],
      [60_000, 30_000, 60_000],
      [20 * HOUR_MS, 300_000, 600_000],
    ];
    for (const [waited, least, most] of waits) {
      await db.sql`update step set waited_ms = ${waited}`;
      await next();
      const { retryInMs } = facts.at(-1)!;
      assert(retryInMs! >= least && retryInMs! <= most, `${retryInMs} after ${waited}`);
      await makeDue(db);
    }
  }));

Deno.test("a step that is put off without an effect outside leaves no row of a try", () =>
  withDatabase(async (db) => {
    const inner = { ...fakeAction((_, count) => count === 1 ? putOff() : done(null)), effect: "none" as const };
    const runId = await addRun(db, { steps: [step("only")] });
    const { next } = setUpEngine(db, [inner]);
    await next();
    assertEquals((await readRun(db, runId)).state, "waiting");
    await makeDue(db);
    await next();
    const { state, tries } = await readRun(db, runId);
    assertEquals([state, tries], ["completed", []]);
  }));

Deno.test("a plan with a form, a step or an action of a newer version waits for an instance that knows it, uncounted", () =>
  withDatabase(async (db) => {
    const action = fakeAction();
    const known = setUpEngine(db, [action]);
    const plans: [unknown, string][] = [
      [{ schema: 2, root: { kind: "graph", nodes: [] } }, "plans of form 2"],
      [
        { schema: 1, root: { kind: "sequence", id: "root", steps: [step("first"), { kind: "quorum", id: "fork" }] } },
        'steps of kind "quorum"',
      ],
      [
        {
          schema: 1,
          root: { kind: "sequence", id: "root", steps: [step("first"), step("later", { action: "mail" })] },
        },
        'the action "mail"',
      ],
    ];
    for (const [plan, what] of plans) {
      await db.sql`delete from job`;
      action.calls.length = 0;
      const runId = await addRun(db, { steps: [step("only")] });
      const [mended] = await db.sql<{ body: unknown }[]>`
        select plan.body from plan join run on run.plan_id = plan.id where run.id = ${runId}`;
      await db.sql`
        update plan set body = ${
        JSON.stringify(plan)
      }::text::jsonb from run where run.plan_id = plan.id and run.id = ${runId}`;
      const { worker } = setUpWorker(db, { run: known.engine.advance });
      for (let round = 0; round < 3; round++) {
        await worker.drain(1);
        const [job] = await readJobs(db);
        assertEquals([job!.state, job!.attempt, job!.rescues], ["scheduled", 0, 0]);
        assert(job!.due_in_ms > 5_000);
        await makeDue(db);
      }
      assertEquals([action.calls.length, (await readRun(db, runId)).state], [0, "pending"]);
      assertEquals((await inspect(db, runId)).waitingReason, `waits for an instance that knows ${what}`);
      // To the instance that knows it, it is a run like any other.
      await db.sql`
        update plan set body = ${JSON.stringify(mended!.body)}::text::jsonb from run
        where run.plan_id = plan.id and run.id = ${runId}`;
      await worker.drain(1);
      assertEquals((await readRun(db, runId)).state, "completed");
    }
  }));
