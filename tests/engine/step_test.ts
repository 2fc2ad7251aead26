/** Tests of how steps and runs go on: repeats, retries, waits, lost processes, limits, order. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import { systemClock } from "../../src/base/clock.ts";
import { createDispatch } from "../../src/flows/triggers/dispatch.ts";
import { createRunBudget } from "../../src/flows/gates/run_budget.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { addInstallation, readJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addRun, done, fakeAction, makeDue, readRun, setUpEngine, step } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

const fault = (retryable = true, details = {}) =>
  new AppError("UPSTREAM_FAILED", "Cannot call: it answered 500", { retryable, details });

/** Runs `body` on an empty database. */
async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

Deno.test("a finished step is returned, not repeated; its output reaches the later ones", () =>
  withDatabase(async (db) => {
    const action = fakeAction(({ stepPath, attempt }) => {
      if (stepPath === "root/first") return done({ tag: "red" });
      return attempt === 1 ? { outcome: "failed", error: fault(), httpStatus: 500 } : done(null);
    });
    const input = { name: "$.action_1_result.tag", same: "$.steps.first.output.tag", of: "$.webhook.id" };
    const runId = await addRun(db, { steps: [step("first"), step("second", { input })] });
    const { next, facts } = setUpEngine(db, [action]);
    assertEquals(await next(), { kind: "settled", rescheduled: true });
    assertEquals((await readRun(db, runId)).state, "waiting");
    await makeDue(db);
    assertEquals(await next(), { kind: "settled", rescheduled: false });

    const [, tried, again] = action.calls;
    assertEquals(action.calls.map(({ stepPath }) => stepPath), ["root/first", "root/second", "root/second"]);
    assertEquals(again!.input, { name: "red", same: "red", of: "entity-1" });
    assertEquals([tried!.attempt, again!.attempt], [1, 2]);
    assertEquals(again!.idempotencyKey, `${runId}/root/second`);
    assertStrictEquals(tried!.idempotencyKey, again!.idempotencyKey);
    const { state, tries } = await readRun(db, runId);
    assertEquals(state, "completed");
    assertEquals(tries.map((one) => one.state), ["succeeded", "failed", "succeeded"]);
    assertEquals(await readJobs(db), []);
    assertEquals(facts.at(-1), { kind: "run", state: "completed", errorCode: undefined });
  }));

Deno.test("a try whose answer was never recorded is sent again with the same key; the late owner records nothing", () =>
  withDatabase(async (db) => {
    const sent = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const slow = fakeAction(async () => {
      sent.resolve();
      await answer.promise;
      return done("late");
    });
    const runId = await addRun(db, { steps: [step("only")] });
    const stale = setUpEngine(db, [slow]);
    const lost = stale.next();
    await sent.promise;
    await makeDue(db);

    const quick = fakeAction(() => done("in time"));
    const owner = setUpEngine(db, [quick]);
    const job = await owner.claim("worker-2");
    assertEquals([job.attempt, job.rescues, job.fence], [0, 1, 2]);
    await owner.advance(job);
    assertEquals(quick.calls[0]!.attempt, 2);
    assertStrictEquals(quick.calls[0]!.idempotencyKey, slow.calls[0]!.idempotencyKey);

    answer.resolve();
    await assertRejectsLike(lost, { code: "LEASE_LOST" });
    const { state, steps, tries } = await readRun(db, runId);
    assertEquals([state, steps[0]!.output], ["completed", "in time"]);
    assertEquals(tries.map((one) => one.state), ["started", "succeeded"]);
  }));

Deno.test("with on_uncertain stop, a try whose answer was never recorded ends the run", () =>
  withDatabase(async (db) => {
    const sent = Promise.withResolvers<void>();
    const hung = fakeAction(() => {
      sent.resolve();
      return new Promise(() => {});
    });
    const runId = await addRun(db, { steps: [step("only", { onUncertain: "stop" })] });
    void setUpEngine(db, [hung]).next();
    await sent.promise;
    await makeDue(db);

    const action = fakeAction();
    await setUpEngine(db, [action]).next();
    assertEquals(action.calls.length, 0);
    const run = await readRun(db, runId);
    assertEquals([run.state, run.error_code, run.steps[0]!.state], ["failed", "STEP_UNCERTAIN", "failed"]);
    const [job] = await readJobs(db);
    assertEquals([job!.state, job!.reason], ["discarded", run.error_message]);
  }));

Deno.test("with on_uncertain stop, a call that was sent and not answered is not sent again", () =>
  withDatabase(async (db) => {
    const action = fakeAction(() => ({ outcome: "failed", error: fault(true, { sent: true }) }));
    const runId = await addRun(db, { steps: [step("only", { onUncertain: "stop" })] });
    await setUpEngine(db, [action]).next();
    assertEquals([(await readRun(db, runId)).state, action.calls.length], ["failed", 1]);
  }));

Deno.test("an attempt is aborted after the step's limit of one; where that may have taken effect, on_uncertain decides", () =>
  withDatabase(async (db) => {
    const reasons: unknown[] = [];
    const hung = fakeAction(({ signal }, count) =>
      count === 2 ? done("at last") : new Promise((_, reject) => {
        const onAbort = () => {
          reasons.push(signal.reason);
          reject(new Error("whatever an action makes of it"));
        };
        signal.addEventListener("abort", onAbort, { once: true });
      })
    );
    const [again, never] = [
      await addRun(db, { steps: [step("only", { tryTimeLimitMs: 100 })] }),
      await addRun(db, { steps: [step("only", { tryTimeLimitMs: 100, onUncertain: "stop" })] }),
    ];
    const { engine } = setUpEngine(db, [hung]);
    const queue = createPostgresQueue(db, systemClock);
    const walk = async (of: string) => {
      const jobs = await queue.claim({ limit: 10, owner: "worker-1", leaseMs: 30_000 });
      for (const job of jobs.filter(({ payload }) => payload.run_id === of)) {
        await engine.advance(job, { signal: new AbortController().signal, owner: "worker-1", leaseMs: 30_000 });
      }
      await makeDue(db);
    };
    await walk(again);
    const waiting = await readRun(db, again);
    assertEquals([waiting.state, waiting.tries[0]!.state, waiting.tries[0]!.error_code], [
      "waiting",
      "failed",
      "UPSTREAM_TIMEOUT",
    ]);
    await walk(again);
    assertEquals((await readRun(db, again)).steps[0]!.output, "at last");
    await walk(never);
    const stopped = await readRun(db, never);
    assertEquals([stopped.state, stopped.error_code, hung.calls.length], ["failed", "UPSTREAM_TIMEOUT", 3]);
    assert(reasons.every((reason) => reason instanceof AppError && reason.details.sent === true));
  }));

Deno.test("no attempt begins once the time of all attempts is over, a crash and waits included; a person's retry has it whole again", () =>
  withDatabase(async (db) => {
    const action = fakeAction(() => ({ outcome: "failed", error: fault(), httpStatus: 500 }));
    const retry = { maxAttempts: 9, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1, timeLimitMs: 600_000 };
    const runId = await addRun(db, { steps: [step("only", { retry })] });
    const age = () => db.sql`update step set started_at = started_at - interval '10 minutes' where run_id = ${runId}`;
    const { next } = setUpEngine(db, [action]);
    await next();
    await makeDue(db);
    await age();
    await next();
    const run = await readRun(db, runId);
    assertEquals([run.state, run.error_code, action.calls.length, run.steps[0]!.attempts], [
      "failed",
      "UPSTREAM_FAILED",
      1,
      1,
    ]);
    assertEquals(run.error_message, "Cannot call: it answered 500; its attempts may take 600000 ms in all");

    const [{ installation_id }] = await db.sql<
      [{ installation_id: number }]
    >`select installation_id from run where id = ${runId}`;
    const openInput = (_: unknown, input: unknown) => Promise.resolve(input);
    await createRunRetry({ db, wake: () => {}, onRetried: () => {}, openInput }).retry(installation_id, runId);
    await next();
    await makeDue(db);
    await next();
    assertEquals([(await readRun(db, runId)).state, action.calls.length], ["waiting", 3]);
  }));

Deno.test("a snoozed step comes back without using up a try", () =>
  withDatabase(async (db) => {
    const retry = { maxAttempts: 2, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 };
    const action = fakeAction((_, count) => {
      if (count <= 3) return { outcome: "snooze", delayMs: 3_600_000, reason: "the budget is empty" };
      return count === 4 ? { outcome: "failed", error: fault() } : done(null);
    });
    const runId = await addRun(db, { steps: [step("only", { retry })] });
    const { next } = setUpEngine(db, [action]);
    for (let i = 0; i < 3; i++) {
      await next();
      const [job] = await readJobs(db);
      assertEquals([job!.state, job!.attempt, job!.reason], ["scheduled", 0, "the budget is empty"]);
      assert(job!.due_in_ms > 3_000_000);
      await makeDue(db);
    }
    await next();
    await makeDue(db);
    await next();
    const { state, tries } = await readRun(db, runId);
    assertEquals(state, "completed");
    assertEquals(tries.map((one) => [one.number, one.state]), [[1, "failed"], [2, "succeeded"]]);
    assertEquals(action.calls.map(({ attempt }) => attempt), [1, 1, 1, 1, 2]);
    assertEquals([...new Set(action.calls.map((call) => call.idempotencyKey))], [`${runId}/root/only`]);
  }));

Deno.test("Retry-After is a floor of the delay; a refusal is not retried, a fault as often as allowed", () =>
  withDatabase(async (db) => {
    const action = fakeAction(() => ({ outcome: "failed", error: fault(), httpStatus: 503, retryAfterMs: 600_000 }));
    const runId = await addRun(db, { steps: [step("only"), step("never")] });
    const { next, facts } = setUpEngine(db, [action]);
    for (let i = 0; i < 2; i++) {
      await next();
      assertEquals(facts.at(-1)!.retryInMs, 600_000);
      assert((await readJobs(db))[0]!.due_in_ms > 500_000);
      await makeDue(db);
    }
    await next();
    const run = await readRun(db, runId);
    assertEquals([run.state, run.error_code, action.calls.length], ["failed", "UPSTREAM_FAILED", 3]);

    // Of an action without effect outside only the failures are recorded, and they count just the same.
    const inner = { ...action, calls: [], effect: "none" as const };
    action.calls.length = 0;
    const innerRunId = await addRun(db, { steps: [step("only")] });
    for (let i = 0; i < 3; i++) {
      await setUpEngine(db, [inner]).next();
      await makeDue(db);
    }
    assertEquals([(await readRun(db, innerRunId)).state, action.calls.length], ["failed", 3]);

    const refused = fakeAction(() => ({ outcome: "failed", error: fault(false) }));
    await addRun(db, { steps: [step("only")] });
    await setUpEngine(db, [refused]).next();
    assertEquals(refused.calls.length, 1);
  }));

Deno.test("what an action throws, an expression without value and a large output fail the run", () =>
  withDatabase(async (db) => {
    const throwing = fakeAction(() => {
      throw new TypeError("a fault of ours");
    });
    const large = fakeAction(() => done("ü".repeat(600)));
    const cases = [
      { action: throwing, step: step("only"), code: "INTERNAL" },
      { action: throwing, step: step("only", { input: "{{ number('x') }}" }), code: "EXPRESSION_FAILED" },
      { action: large, step: step("only"), code: "STEP_OUTPUT_TOO_LARGE" },
    ];
    for (const { action, step: only, code } of cases) {
      const runId = await addRun(db, { steps: [only, step("never")] });
      await setUpEngine(db, [action], { maxOutputBytes: 1_000 }).next();
      const { state, error_code, steps } = await readRun(db, runId);
      assertEquals([state, error_code, steps.length], ["failed", code, 1]);
    }
  }));

Deno.test("runs of an ordered flow go one after another per entity, also while the first waits", () =>
  withDatabase(async (db) => {
    const installationId = await addInstallation(db);
    const definition = JSON.stringify({ conditions: null });
    const plan = JSON.stringify({ schema: 1, root: { kind: "sequence", id: "root", steps: [step("only")] } });
    await db.sql`
      with plan as (insert into plan (installation_id, body) values (${installationId}, ${plan}::text::jsonb) returning id),
      flow as (
        insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
        select ${installationId}, 'workspace-1', 'ordered', true, ${definition}::text::jsonb, id from plan returning id)
      insert into flow_trigger (installation_id, event_type, flow_id, ordered)
      select ${installationId}, 'NEW_TAG', id, true from flow`;
    const addEvent = (entity: string, body: string) =>
      db.sql`
        with event as (
          insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body)
          values (${installationId}, nextval('event_id_seq'), 'workspace-1', 'NEW_TAG', ${entity}, 'request-1', '{}',
            ${new TextEncoder().encode(JSON.stringify({ id: body }))}) returning id)
        insert into job (kind, installation_id, payload, order_key)
        select 'event', ${installationId}, jsonb_build_object('event_id', id), ${`entity:${entity}`} from event`;
    await addEvent("tag:1", "1a");
    await addEvent("tag:1", "1b");
    const action = fakeAction((_, count) =>
      count === 1 ? { outcome: "failed", error: fault(), retryAfterMs: 600_000 } : done(null)
    );
    const { engine, advance } = setUpEngine(db, [action]);
    const queue = createPostgresQueue(db, systemClock);
    const dispatch = createDispatch({
      findEntities: () => Promise.resolve([]),
      db,
      clock: systemClock,
      flowsEnabled: () => Promise.resolve(true),
      prime: engine.prime,
      wake: () => {},
      budget: createRunBudget({ perMinute: 6_000, clock: systemClock }),
      cancelRun: () => Promise.resolve(),
      onDispatched: () => {},
      onThrottled: () => {},
    });
    const context = { signal: new AbortController().signal, owner: "worker-1", leaseMs: 30_000 };
    const round = async () => {
      const jobs = await queue.claim({ limit: 10, owner: "worker-1", leaseMs: 30_000 });
      for (const job of jobs) await (job.kind === "event" ? dispatch(job, context) : advance(job));
      return jobs.length;
    };
    while (await round() > 0);
    // Only now: among entities there is no order.
    await addEvent("tag:2", "2a");
    while (await round() > 0);
    // The second event of tag:1 was dispatched, but its run waits behind the first one's retry.
    const order = () =>
      db.sql<{ body: Uint8Array; state: string }[]>`
      select body, run.state from run join event on event.id = run.event_id order by event.id`;
    assertEquals((await order()).map(({ state }) => state), ["waiting", "pending", "completed"]);
    await makeDue(db);
    while (await round() > 0);
    assertEquals((await order()).map(({ state }) => state), ["completed", "completed", "completed"]);
    const runIds = action.calls.map(({ runId }) => runId);
    assertEquals(new Set(runIds).size, 3);
    assertEquals(runIds.filter((id) => id === runIds[0]).length, 2);
    assert(runIds.lastIndexOf(runIds[0]!) < runIds.length - 1, "the repeat of the first came before the second");
  }));
