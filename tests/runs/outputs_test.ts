/** Tests of outputs that are kept apart from their steps: from which size, who reads them, and what becomes of them. */

import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Journal } from "../../src/engine/journal.ts";
import { KeptOutput, MAX_OUTPUT_BYTES } from "../../src/engine/outputs.ts";
import { OUTPUT_ROW_BYTES } from "../../src/events/stored_size.ts";
import { createQuota } from "../../src/ingest/quota.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { createJournal } from "../../src/runs/journal.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { addRun, done, type EngineSetup, fakeAction, makeDue, readRun, setUpEngine, step } from "../engine/setup.ts";
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

/** An output of so many bytes of JSON. */
const ofBytes = (bytes: number) => "x".repeat(bytes - 2);

/** An engine that takes outputs of the program's size, and what it read of those that are kept. */
function setUp(db: Database, actions: Parameters<typeof setUpEngine>[1], options: EngineSetup = {}) {
  const reads: string[] = [];
  const journal = (real: Journal): Journal => ({
    ...real,
    readOutputs: async (place, ids) => {
      reads.push(...ids);
      return await real.readOutputs(place, ids);
    },
  });
  return { ...setUpEngine(db, actions, { maxOutputBytes: MAX_OUTPUT_BYTES, journal, ...options }), reads };
}

async function outputsOf({ sql }: Database, runId: string) {
  return await sql<{ id: string; bytes: number; length: number }[]>`
    select id, bytes, octet_length(body) as length from output where run_id = ${runId} order by id`;
}

async function refsOf({ sql }: Database, runId: string) {
  const rows = await sql<{ inline: boolean; ref: string | null; bytes: number | null }[]>`
    select output is not null as inline, output_ref as ref, output_bytes as bytes from step where run_id = ${runId} order by path`;
  return rows.map(({ inline, ref, bytes }) => [inline, ref, bytes]);
}

Deno.test("an output stands in its step's row up to 32 kB, by itself up to 16 MB, and above that it fails the step", () =>
  withDatabase(async (db) => {
    const cases: [number, unknown][] = [
      [32_767, [true, null, null]],
      [32_768, [true, null, null]],
      [32_769, [false, "root/only@1", 32_769]],
      [16_777_216, [false, "root/only@1", 16_777_216]],
    ];
    for (const [bytes, expected] of cases) {
      const runId = await addRun(db, { steps: [step("only")] });
      await setUp(db, [fakeAction(() => done(ofBytes(bytes)))]).next();
      assertStrictEquals((await readRun(db, runId)).state, "completed", `${bytes}`);
      assertEquals(await refsOf(db, runId), [expected]);
      const kept = bytes > 32_768 ? [{ id: "root/only@1", bytes, length: bytes }] : [];
      assertEquals([...await outputsOf(db, runId)], kept);
    }
    const runId = await addRun(db, { steps: [step("only")] });
    await setUp(db, [fakeAction(() => done(ofBytes(16_777_217)))]).next();
    const { state, error_code, error_message } = await readRun(db, runId);
    assertEquals([state, error_code], ["failed", "STEP_OUTPUT_TOO_LARGE"]);
    assertStrictEquals(error_message, "Cannot keep the step's output: 16777217 bytes, 16777216 allowed");
    assertEquals([...await outputsOf(db, runId)], []);
  }));

const LARGE = { id: "tag-1", rows: Array.from({ length: 4_000 }, (_, n) => ({ n, name: `row ${n} ü` })) };

Deno.test("a step gets the field of a kept output that it names, in the same walk and in one that goes on after a stop", () =>
  withDatabase(async (db) => {
    const names = {
      first: "$.action_1_result.id",
      byId: "{{ $.steps.large.output.rows[3999].name }}",
      many: "$.action_1_result.rows[*].n",
    };
    const steps = [step("large"), step("names", { input: names }), step("again", { input: "$.steps.large.output.id" })];
    await addRun(db, { steps });
    let stops = true;
    const action = fakeAction(({ stepPath }) => {
      if (stepPath === "root/large") return done(LARGE);
      if (stepPath === "root/again" && stops) throw new AppError("UPSTREAM_FAILED", "Cannot call", { retryable: true });
      return done(null);
    });
    const first = setUp(db, [action]);
    await first.next();
    assertEquals(action.calls[1]!.input, { first: "tag-1", byId: "row 3999 ü", many: LARGE.rows.map(({ n }) => n) });
    assertEquals(first.reads, [], "what a walk made a moment ago is at hand");

    stops = false;
    await makeDue(db);
    const other = setUp(db, [action]);
    await other.next();
    assertEquals(action.calls.map(({ stepPath }) => stepPath).slice(2), ["root/again", "root/again"]);
    assertEquals(action.calls.at(-1)!.input, "tag-1");
    assertEquals(other.reads, ["root/large@1"]);
  }));

Deno.test("a walk that goes on reads no kept output that its steps do not name, however many the run has", () =>
  withDatabase(async (db) => {
    const makes = ["a", "b", "c", "d"].map((id) => step(id));
    const steps = [...makes, step("small"), step("stop"), step("names", { input: "$.action_3_result.id" })];
    const runId = await addRun(db, { steps });
    let stops = true;
    const action = fakeAction(({ stepPath }) => {
      if (/[a-d]$/.test(stepPath)) return done({ ...LARGE, id: stepPath });
      if (stepPath === "root/stop" && stops) throw new AppError("UPSTREAM_FAILED", "Cannot call", { retryable: true });
      return done("small");
    });
    await setUp(db, [action]).next();
    const { installationId } = action.calls[0]!.tenant;
    const loaded = (await createJournal(db, systemClock).load({ installationId, runId }))!;
    assert(JSON.stringify(loaded.steps).length < 5_000);
    assertEquals(loaded.steps.filter(({ output }) => output instanceof KeptOutput).length, 4);

    stops = false;
    await makeDue(db);
    const { next, reads } = setUp(db, [action]);
    await next();
    assertStrictEquals((await readRun(db, runId)).state, "completed");
    assertEquals(action.calls.at(-1)!.input, "root/c");
    assertEquals(reads, ["root/c@1"]);
  }));

Deno.test("paths over all results read all of them, and more than 32 MB fails the step that names them", () =>
  withDatabase(async (db) => {
    const names = "{{ length($.steps.*.output) }}";
    const makes = ["a", "b", "c"].map((id) => step(id));
    for (const [bytes, end] of [[1_000_000, "completed"], [12_000_000, "failed"]] as const) {
      const runId = await addRun(db, { steps: [...makes, step("all", { input: { names } })] });
      const action = fakeAction(({ stepPath }) => done(stepPath === "root/all" ? null : ofBytes(bytes)));
      const { next, reads } = setUp(db, [action]);
      await next();
      const run = await readRun(db, runId);
      assertStrictEquals(run.state, end);
      if (end === "completed") assertEquals(action.calls.at(-1)!.input, { names: 3 });
      else {
        assertStrictEquals(run.error_code, "EXPRESSION_FAILED");
        assertMatch(run.error_message!, /come to 36000000 bytes, 33554432 allowed/);
        assertEquals(reads, []);
      }
    }
  }));

Deno.test("an output is kept with the end of its step or not at all, also by an owner whose claim is over", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: [step("only")] });
    const action = fakeAction(async () => {
      // Another takes the run over meanwhile.
      await makeDue(db);
      await createPostgresQueue(db, systemClock).claim({ limit: 10, owner: "worker-2", leaseMs: 30_000 });
      return done(LARGE);
    });
    const counted: number[] = [];
    const journal = () => createJournal(db, systemClock, { onKept: (_, bytes) => counted.push(bytes) });
    const { next } = setUp(db, [action], { journal });
    await next().then(() => assert(false, "the claim is over"), ({ code }) => assertStrictEquals(code, "LEASE_LOST"));
    assertEquals([[...await outputsOf(db, runId)], await refsOf(db, runId)], [[], [[false, null, null]]]);
    assertEquals(counted, [], "what is not stored counts in no quota");

    await makeDue(db);
    action.run = () => Promise.resolve(done(LARGE));
    await next();
    const bytes = new TextEncoder().encode(JSON.stringify(LARGE)).length;
    assertEquals([...await outputsOf(db, runId)], [{ id: "root/only@2", bytes, length: bytes }]);
    assertEquals(counted, [bytes + OUTPUT_ROW_BYTES]);
  }));

Deno.test("what happens between the record of a kept output and the next step loses none, and sends nothing again", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: [step("large"), step("next", { input: "$.action_1_result.id" })] });
    const action = fakeAction(({ stepPath }) => done(stepPath === "root/large" ? LARGE : null));
    let records = 0;
    const journal = (real: Journal): Journal => ({
      ...real,
      record: async (entry) => {
        // As a process that is killed once the output is recorded.
        if (++records > 2) throw new AppError("LEASE_LOST", "Cannot record");
        await real.record(entry);
      },
    });
    await setUp(db, [action], { journal }).next().catch(() => {});
    assertEquals((await readRun(db, runId)).steps.map(({ path, state }) => [path, state]), [[
      "root/large",
      "completed",
    ]]);
    await makeDue(db);
    await setUp(db, [action]).next();
    assertStrictEquals((await readRun(db, runId)).state, "completed");
    assertEquals(action.calls.map(({ stepPath, input }) => [stepPath, input]), [["root/large", {}], [
      "root/next",
      "tag-1",
    ]]);
  }));

Deno.test("several kept outputs of one statement each come back as they were, with any characters", () =>
  withDatabase(async (db) => {
    const values = ["ü", "\u{1f600}", "x", 'quotes " and \\ backslashes', "\u0000\ud800"].map((text) => ({
      text: text.repeat(40_000),
    }));
    const runIds: string[] = [];
    for (let n = 0; n < values.length; n++) runIds.push(await addRun(db, { steps: [step("only")] }));
    const action = fakeAction(({ runId }) => done(values[runIds.indexOf(runId)]));
    const { advance } = setUp(db, [action]);
    const jobs = await createPostgresQueue(db, systemClock).claim({ limit: 10, owner: "worker-1", leaseMs: 30_000 });
    await Promise.all(jobs.map((job) => advance(job)));
    const journal = createJournal(db, systemClock);
    for (const [index, runId] of runIds.entries()) {
      const { installationId } = action.calls.find((call) => call.runId === runId)!.tenant;
      const place = { installationId, runId };
      const text = (await journal.readOutputs(place, ["root/only@1"])).get("root/only@1")!;
      const expected = values[index]!.text.replaceAll("\u0000", "\ufffd").replaceAll("\ud800", "\ufffd");
      assertStrictEquals(JSON.parse(text).text, expected);
      const { bytes, length } = (await outputsOf(db, runId))[0]!;
      assertEquals(length, bytes);
      const others = { installationId: installationId + 1, runId };
      assertEquals([...(await journal.readOutputs(others, ["root/only@1"])).keys()], [], "of another installation");
    }
  }));

Deno.test("a retry by a person keeps the outputs of finished steps, and an attempt that comes later has one of its own", () =>
  withDatabase(async (db) => {
    const steps = [
      step("large"),
      step("names", {
        input: "$.action_1_result.id",
        retry: { maxAttempts: 1, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 },
      }),
    ];
    const runId = await addRun(db, { steps });
    let broken = true;
    const action = fakeAction(({ stepPath }) => {
      if (stepPath === "root/names" && broken) {
        throw new AppError("UPSTREAM_FAILED", "Cannot call", { retryable: true });
      }
      return done({ ...LARGE, id: stepPath });
    });
    await setUp(db, [action]).next();
    assertStrictEquals((await readRun(db, runId)).state, "failed");
    const { retry } = createRunRetry({
      db,
      wake: () => {},
      onRetried: () => {},
      openInput: (_, input) => Promise.resolve(input),
    });
    const plan = await retry(action.calls[0]!.tenant.installationId, runId);
    assertEquals([plan.kept, plan.fromStep], [1, 2]);
    broken = false;
    await setUp(db, [action]).next();
    assertStrictEquals((await readRun(db, runId)).state, "completed");
    assertEquals(action.calls.map(({ stepPath, input }) => [stepPath, input]), [
      ["root/large", {}],
      ["root/names", "root/large"],
      ["root/names", "root/large"],
    ]);
    assertEquals((await outputsOf(db, runId)).map(({ id }) => id), ["root/large@1", "root/names@2"]);
  }));

Deno.test("kept outputs fill the quota of their workspace, and runs continue all the same", () =>
  withDatabase(async (db) => {
    const log = createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} });
    const quota = createQuota({ db, clock: systemClock, log, limitBytes: 150_000, onReached: () => {} });
    const action = fakeAction(() => done(ofBytes(100_000)));
    const { next } = setUp(db, [action], { journal: () => createJournal(db, systemClock, { onKept: quota.add }) });
    const runId = await addRun(db, { steps: [step("a"), step("b"), step("c")] });
    await next();
    await quota.flush();
    const { installationId } = action.calls[0]!.tenant;
    const [row] = await db.sql<{ bytes: number }[]>`
      select bytes from stored_bytes where installation_id = ${installationId}`;
    assertEquals([(await readRun(db, runId)).state, row!.bytes], ["completed", 3 * (100_000 + OUTPUT_ROW_BYTES)]);
    assertThrows(() => quota.require(installationId), AppError, "the workspace's events and outputs fill its quota");
    await quota.stop();
  }));
