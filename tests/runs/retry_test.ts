/** Tests of asking a failed run to go on: what is kept, what begins anew, and who may ask. */

import { assertEquals, assertMatch } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import type { Database } from "../../src/db/db.ts";
import { AppError } from "../../src/base/errors.ts";
import { createDeadLetters } from "../../src/flows/dead_letter.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { readJobs } from "../db/rows.ts";
import { addRun, done, fakeAction, makeDue, readRun, setUpEngine, step } from "../engine/setup.ts";
import { setUpWorker } from "../queue/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const fault = (details = {}) =>
  new AppError("UPSTREAM_FAILED", "Cannot call: it answered 500", { retryable: true, details });
const failing = () => ({ outcome: "failed" as const, error: fault(), httpStatus: 500 });
const once = { maxAttempts: 1, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 };

/** Nothing is sealed here. */
const openInput = (_: unknown, input: unknown) => Promise.resolve(input);

/** Runs `body` on an empty database. */
async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

/** Asks the run to go on; how often it was allowed is counted. */
function setUpRetry(db: Database) {
  let wakes = 0;
  let retried = 0;
  const { retry } = createRunRetry({ db, wake: () => void wakes++, onRetried: () => void retried++, openInput });
  return {
    retry: async (runId: string) => await retry(await installationOf(db, runId), runId),
    counts: () => ({ wakes, retried }),
  };
}

async function installationOf({ sql }: Database, runId: string): Promise<number> {
  const [row] = await sql<{ installation_id: number }[]>`select installation_id from run where id = ${runId}`;
  return row!.installation_id;
}

async function planOf({ sql }: Database, runId: string): Promise<number> {
  const [row] = await sql<{ plan_id: number }[]>`select plan_id from run where id = ${runId}`;
  return row!.plan_id;
}

/** Saves the runs' flow with these steps. */
async function setPlan({ sql }: Database, installationId: number, steps: unknown[]): Promise<void> {
  const plan = JSON.stringify({ schema: 1, root: { kind: "sequence", id: "root", steps } });
  await sql`
    with made as (
      insert into plan (installation_id, body) values (${installationId}, ${plan}::text::jsonb) returning id
    )
    insert into flow (id, installation_id, workspace_id, name, enabled, version, definition, plan_id)
    overriding system value
    select 1, ${installationId}, 'workspace-1', 'Calls', true, 2, '{}', id from made
    on conflict (id) do update set plan_id = excluded.plan_id, version = flow.version + 1`;
}

Deno.test("retry() goes on at the failed step with a fresh round of tries, and repeats no finished one", () =>
  withDatabase(async (db) => {
    let broken = true;
    const action = fakeAction(({ stepPath }) => broken && stepPath === "root/second" ? failing() : done({ ok: true }));
    const retryTwice = { ...once, maxAttempts: 2 };
    const runId = await addRun(db, { steps: [step("first"), step("second", { retry: retryTwice }), step("third")] });
    const { next } = setUpEngine(db, [action]);
    const { retry, counts } = setUpRetry(db);
    await next();
    await makeDue(db);
    await next();
    assertEquals((await readRun(db, runId)).state, "failed");

    await retry(runId);
    const reopened = await readRun(db, runId);
    assertEquals([reopened.state, reopened.error_code], ["pending", null]);
    assertEquals(reopened.steps.map(({ state }) => state), ["completed", "running"]);
    // Two tries again: one that fails is not the last.
    assertEquals(await next(), { kind: "settled", rescheduled: true });
    broken = false;
    await makeDue(db);
    await next();

    const { state, tries } = await readRun(db, runId);
    assertEquals(state, "completed");
    assertEquals(tries.map((one) => [one.path, one.number, one.state]), [
      ["root/first", 1, "succeeded"],
      ["root/second", 1, "failed"],
      ["root/second", 2, "failed"],
      ["root/second", 3, "failed"],
      ["root/second", 4, "succeeded"],
      ["root/third", 1, "succeeded"],
    ]);
    const keys = action.calls.filter(({ stepPath }) => stepPath === "root/second").map((call) => call.idempotencyKey);
    assertEquals([...new Set(keys)], [`${runId}/root/second`]);
    assertEquals(await readJobs(db), [], "the dead letter is gone with the run's end");
    assertEquals(counts(), { wakes: 1, retried: 1 });
  }));

Deno.test("of two who ask at once one is told that the run is pending, and it runs once", () =>
  withDatabase(async (db) => {
    const action = fakeAction((_, count) => count === 1 ? failing() : done(null));
    const runId = await addRun(db, { steps: [step("only", { retry: once })] });
    const { next } = setUpEngine(db, [action]);
    const { retry } = setUpRetry(db);
    await next();
    const ends = await Promise.allSettled([retry(runId), retry(runId), retry(runId)]);
    const refused = ends.flatMap((end) => end.status === "rejected" ? [end.reason as AppError] : []);
    assertEquals(refused.map(({ code }) => code), ["CONFLICT", "CONFLICT"]);
    assertMatch(refused[0]!.message, /the run is pending, only a failed one can be retried/);
    assertEquals((await readJobs(db)).length, 1);
    await next();
    assertEquals(action.calls.length, 2);
    await assertRejectsLike(retry(runId), { code: "CONFLICT", message: /the run is completed/ });
  }));

Deno.test("a step that must not be sent twice unseen is sent again because a person asked", () =>
  withDatabase(async (db) => {
    const action = fakeAction((_, count) =>
      count === 1 ? { outcome: "failed", error: fault({ sent: true }) } : done(null)
    );
    const answered = await addRun(db, { steps: [step("only", { onUncertain: "stop" })] });
    const { next, claim, advance } = setUpEngine(db, [action]);
    const { retry } = setUpRetry(db);
    await next();
    assertEquals((await readRun(db, answered)).error_code, "UPSTREAM_FAILED");
    await retry(answered);
    await next();
    assertEquals((await readRun(db, answered)).state, "completed");

    // The process died after it had sent: the answer was never recorded.
    const died = await addRun(db, { steps: [step("only", { onUncertain: "stop" })] });
    await claim();
    await db.sql`
      insert into step (installation_id, run_id, path, action, state, attempts)
      select installation_id, id, 'root/only', 'fake', 'running', 1 from run where id = ${died}`;
    await db.sql`
      insert into attempt (installation_id, run_id, path, number, state)
      select installation_id, id, 'root/only', 1, 'started' from run where id = ${died}`;
    await makeDue(db);
    await advance(await claim());
    assertEquals((await readRun(db, died)).error_code, "STEP_UNCERTAIN");
    await retry(died);
    await next();
    const { state, tries } = await readRun(db, died);
    assertEquals(state, "completed");
    assertEquals(tries.map((one) => [one.number, one.state]), [[1, "started"], [2, "succeeded"]]);
  }));

Deno.test("a run that ended the process too often may be asked for again, and begins its count anew", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: [step("only")] });
    const { engine, next } = setUpEngine(db, [fakeAction()]);
    await db.sql`update job set rescues = 11`;
    await setUpWorker(db, { run: engine.advance, discard: createDeadLetters(db) }).worker.drain();
    assertEquals((await readRun(db, runId)).error_code, "RUN_LIMIT_REACHED");
    await setUpRetry(db).retry(runId);
    await next();
    assertEquals((await readRun(db, runId)).state, "completed");
  }));

Deno.test("a retried run keeps its order key and waits for the runs of that key", () =>
  withDatabase(async (db) => {
    const action = fakeAction((_, count) => count === 1 ? failing() : done(null));
    const runId = await addRun(db, { steps: [step("only", { retry: once })] });
    await db.sql`update job set order_key = 'flow:1:tag:1'`;
    const { next, claim, advance } = setUpEngine(db, [action]);
    await next();
    const installationId = await installationOf(db, runId);
    const later = await db.sql<{ id: number }[]>`
      insert into job (kind, installation_id, payload, order_key)
      values ('run', ${installationId}, '{"run_id": "00000000-0000-0000-0000-000000000000"}', 'flow:1:tag:1') returning id`;
    await setUpRetry(db).retry(runId);
    const first = await claim();
    assertEquals([first.id, first.ordered], [later[0]!.id, true]);
    await db.sql`delete from job where id = ${first.id}`;
    const second = await claim();
    assertEquals([second.payload.run_id, second.ordered], [runId, true]);
    await advance(second);
    assertEquals((await readRun(db, runId)).state, "completed");
  }));

Deno.test("a worker that was about to discard the job finds that it is no longer its own", () =>
  withDatabase(async (db) => {
    const action = fakeAction();
    const runId = await addRun(db, { steps: [step("only")] });
    const { next, claim, advance } = setUpEngine(db, [action]);
    const late = await claim();
    // As an older version closes a run, before its worker discards the job.
    await db.sql`
      update run set state = 'failed', error_code = 'INTERNAL', error_message = 'gave up', finished_at = now()
      where id = ${runId}`;
    await setUpRetry(db).retry(runId);
    assertEquals((await readJobs(db)).length, 1);
    await assertRejectsLike(advance(late), { code: "LEASE_LOST" });
    assertEquals(action.calls.length, 0);
    await next();
    assertEquals((await readRun(db, runId)).state, "completed");
  }));

Deno.test("retry() refuses a run without its event, of another installation, and one that is not there", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: [step("only", { retry: once })] });
    const { next } = setUpEngine(db, [fakeAction(failing)]);
    await next();
    const { retry } = createRunRetry({ db, wake: () => {}, onRetried: () => {}, openInput });
    const installationId = await installationOf(db, runId);
    await assertRejectsLike(retry(installationId + 1, runId), { code: "NOT_FOUND" });
    await assertRejectsLike(retry(installationId, crypto.randomUUID()), { code: "NOT_FOUND" });
    await db.sql`delete from event`;
    await assertRejectsLike(retry(installationId, runId), {
      code: "CONFLICT",
      message: /event of the run was deleted/,
    });
    assertEquals((await readRun(db, runId)).state, "failed");
  }));

Deno.test("the present version keeps finished steps that say the same once their secrets are opened, and tries the new failed one", () =>
  withDatabase(async (db) => {
    const action = fakeAction(({ stepPath }, count) =>
      stepPath === "root/second" && count === 2 ? failing() : done({ count })
    );
    const sealed = (secret: string) => ({
      url: "https://shop.example/",
      headers: { authorization: { $sealed: secret } },
    });
    const first = step("first", { input: sealed("one") });
    const runId = await addRun(db, { steps: [first, step("second", { retry: once })] });
    const { next } = setUpEngine(db, [action]);
    await next();
    const installationId = await installationOf(db, runId);
    const present = (steps: unknown[]) => setPlan(db, installationId, steps);
    // As the keyring opens them: what was sealed anew by a save is the same secret.
    const opened = (_: unknown, input: unknown) =>
      Promise.resolve(JSON.parse(JSON.stringify(input).replace(/"(?:one|one, sealed anew)"/, '"secret"')));
    const { retry } = createRunRetry({ db, wake: () => {}, onRetried: () => {}, openInput: opened });
    await present([step("first", { input: sealed("other") }), step("second")]);
    await assertRejectsLike(retry(installationId, runId, { version: "present" }), {
      code: "CONFLICT",
      message: /step 1, which finished, is another one in version 2/,
    });
    await present([
      step("first", { input: sealed("one, sealed anew"), retry: once }),
      step("inserted", { input: { got: "$.action_1_result.count" } }),
      step("second", { input: { got: "$.action_2_result.count" } }),
    ]);
    const { version, kept, fromStep } = await retry(installationId, runId, { version: "present" });
    assertEquals({ version, kept, fromStep }, { version: 3, kept: 1, fromStep: 2 });
    await next();
    const run = await readRun(db, runId);
    assertEquals([run.state, run.tries.map(({ path, number, state }) => [path, number, state])], ["completed", [
      ["root/first", 1, "succeeded"],
      ["root/inserted", 1, "succeeded"],
      ["root/second", 1, "failed"],
      ["root/second", 2, "succeeded"],
    ]]);
    assertEquals(action.calls.map(({ stepPath, input, idempotencyKey }) => [stepPath, input, idempotencyKey]), [
      ["root/first", sealed("one"), `${runId}/root/first`],
      ["root/second", {}, `${runId}/root/second`],
      ["root/inserted", { got: 1 }, `${runId}/root/inserted`],
      // Another request than the one that failed: under its key a receiver would refuse it, or take it for known.
      ["root/second", { got: 3 }, `${runId}/root/second@${await planOf(db, runId)}`],
    ]);
  }));

Deno.test("a step keeps its key while it says the same, and gets another one with each plan that changes it", () =>
  withDatabase(async (db) => {
    const action = fakeAction(failing);
    const runId = await addRun(db, { steps: [step("only", { retry: once })] });
    const { next } = setUpEngine(db, [action]);
    await next();
    const installationId = await installationOf(db, runId);
    const { retry } = createRunRetry({ db, wake: () => {}, onRetried: () => {}, openInput });
    const key = `${runId}/root/only`;
    const plans: number[] = [];
    for (
      const [input, version] of [[{}, "same"], [{}, "present"], [{ a: 1 }, "present"], [{ a: 1 }, "same"]] as const
    ) {
      await setPlan(db, installationId, [step("only", { input, retry: once })]);
      await retry(installationId, runId, { version });
      plans.push(await planOf(db, runId));
      // As after a crash: it is read from what is stored.
      await setUpEngine(db, [action]).next();
    }
    await setPlan(db, installationId, [step("only", { input: { a: 1 }, retry: { ...once, multiplier: 2 } })]);
    await retry(installationId, runId, { version: "present" });
    await next();
    await setPlan(db, installationId, [step("only", { retry: once })]);
    await retry(installationId, runId, { version: "present" });
    await next();
    const mended = `${key}@${plans[2]}`;
    const keys = action.calls.map(({ idempotencyKey }) => idempotencyKey);
    assertEquals(keys, [key, key, key, mended, mended, mended, `${key}@${await planOf(db, runId)}`]);
  }));
