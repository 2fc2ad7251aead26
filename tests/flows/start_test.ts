/** Tests of src/flows/triggers/start.ts: a run without an event is started once for its key, and is walked, listed and retried like any other. */

import { assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import type { ActionStep } from "../../src/engine/plan.ts";
import { type RunStart, startRun } from "../../src/flows/triggers/start.ts";
import { createFlowStore } from "../../src/flows/store/store.ts";
import { createRunInspector } from "../../src/runs/inspect.ts";
import { createJournal } from "../../src/runs/journal.ts";
import { createRunList } from "../../src/runs/list.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { createStreamReads } from "../../src/stream/read.ts";
import { addInstallation, readJobs } from "../db/rows.ts";
import { done, fakeAction, makeDue, readRun, setUpEngine, step } from "../engine/setup.ts";
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

/** A flow with these steps; what starts it. */
async function addFlow(db: Database, { steps = [step("only")], status }: {
  steps?: ActionStep[];
  status?: "active" | "inactive" | "uninstalled";
} = {}): Promise<{ installationId: number; flow: RunStart["flow"] }> {
  const installationId = await addInstallation(db, { status });
  const plan = JSON.stringify({ schema: 1, root: { kind: "sequence", id: "root", steps } });
  const [row] = await db.sql<{ id: number; plan_id: number }[]>`
    with plan as (
      insert into plan (installation_id, body) values (${installationId}, ${plan}::text::jsonb) returning id
    )
    insert into flow (installation_id, workspace_id, name, enabled, version, definition, plan_id)
    select ${installationId}, 'workspace-1', 'Nightly', true, 3, '{}', id from plan returning id, plan_id`;
  return { installationId, flow: { id: row!.id, version: 3, planId: row!.plan_id } };
}

const start = (db: Database, fields: Omit<RunStart, "kind" | "key" | "input"> & Partial<RunStart>) =>
  db.scoped(
    { installationIds: [fields.installationId] },
    (sql) => startRun(sql, { kind: "schedule", key: "schedule:7/2026-11-28T09:00Z", input: null, ...fields }),
  );

Deno.test("startRun() starts a run with its job once for a key, however many ask at once", () =>
  withDatabase(async (db) => {
    const one = await addFlow(db);
    const asked = await Promise.all([1, 2, 3, 4].map(() => start(db, one)));
    assertEquals(asked.map((run) => run!.isNew).sort(), [false, false, false, true]);
    assertEquals(new Set(asked.map((run) => run!.id)).size, 1);
    assertEquals((await start(db, { ...one, key: "schedule:7/2026-11-28T10:00Z" }))!.isNew, true);
    assertEquals((await start(db, await addFlow(db)))!.isNew, true, "another installation has keys of its own");
    assertEquals((await readJobs(db)).length, 3);
    const [row] = await db.sql<Record<string, unknown>[]>`
      select state, event_id, trigger_kind, start_key, flow_version, depth, parent_run_id from run where id = ${
      asked[0]!.id
    }`;
    assertEquals({ ...row }, {
      state: "pending",
      event_id: null,
      trigger_kind: "schedule",
      start_key: "schedule:7/2026-11-28T09:00Z",
      flow_version: 3,
      depth: 0,
      parent_run_id: null,
    });
  }));

Deno.test("startRun() starts nothing where the add-on is not active, and keeps what a run was started with", () =>
  withDatabase(async (db) => {
    for (const status of ["inactive", "uninstalled"] as const) {
      assertEquals(await start(db, await addFlow(db, { status })), undefined);
    }
    assertEquals(await readJobs(db), []);
    const flow = await addFlow(db);
    const { id: runId } = (await start(db, flow))!;
    await db.sql`delete from job`;
    const parent = { runId, path: "root/call", depth: 1 };
    const deadlineAt = new Date("2026-11-28T10:00:00Z");
    const child = { ...flow, kind: "flow", key: "child:1", parent, deadlineAt, orderKey: "k" } as const;
    await start(db, child);
    const [row] = await db.sql<Record<string, unknown>[]>`
      select parent_run_id, parent_path, depth, deadline_at, job.order_key, job.generation from run, job
      where parent_run_id is not null`;
    assertEquals({ ...row }, {
      parent_run_id: parent.runId,
      parent_path: "root/call",
      depth: 2,
      deadline_at: deadlineAt,
      order_key: "k",
      generation: 1,
    });
    await db.sql`update run set state = 'cancelled' where id = ${runId}`;
    assertEquals(await start(db, { ...child, key: "child:2" }), undefined, "nothing begins for a run that is over");
  }));

Deno.test("a run whose deadline has passed begins nothing more and fails; a person's retry goes on without it", () =>
  withDatabase(async (db) => {
    const { installationId, flow } = await addFlow(db, { steps: [step("first"), step("second")] });
    const deadlineAt = new Date(systemClock.now() + 3_600_000);
    const { id } = (await start(db, { installationId, flow, deadlineAt }))!;
    const action = fakeAction((_, count) =>
      count === 2 ? { outcome: "snooze", delayMs: 60_000, reason: "429" } : done(null)
    );
    const engine = setUpEngine(db, [action]);
    await engine.next();
    await db.sql`update run set deadline_at = now() - interval '1 second'`;
    await makeDue(db);
    await engine.next();
    const failed = await readRun(db, id);
    assertEquals([failed.state, failed.error_code, action.calls.length], ["failed", "RUN_LIMIT_REACHED", 2]);
    assertMatch(failed.error_message!, /^Cannot go on: the run had to be over by 2/);
    assertEquals((await readJobs(db)).map(({ state }) => state), ["discarded"]);

    const { retry } = createRunRetry({
      db,
      wake: () => {},
      onRetried: () => {},
      openInput: (_, one) => Promise.resolve(one),
    });
    await retry(installationId, id);
    await engine.next();
    assertEquals((await readRun(db, id)).state, "completed");
  }));

Deno.test("a run without an event walks with its input, and every reader of runs knows it", () =>
  withDatabase(async (db) => {
    let broken = true;
    const action = fakeAction(({ stepPath }) =>
      broken && stepPath === "root/second"
        ? { outcome: "failed", error: new AppError("UPSTREAM_FAILED", "Cannot call: it answered 500") }
        : done(null)
    );
    const input = { text: "$.webhook.name", same: "$.event.name", delivery: "$.delivery.id" };
    const { installationId, flow } = await addFlow(db, { steps: [step("first", { input }), step("second")] });
    const { id } = (await start(db, { installationId, flow, kind: "api", key: "api:1", input: { name: "ü\u0000" } }))!;
    const run = (await createJournal(db, systemClock).load({ installationId, runId: id }))!;
    assertEquals([run.event, run.delivery, run.eventId], [{ name: "ü\ufffd" }, undefined, null]);

    const engine = setUpEngine(db, [action]);
    await engine.next();
    assertEquals(action.calls[0]!.input, { text: "ü\ufffd", same: "ü\ufffd" });
    assertEquals((await readRun(db, id)).state, "failed");
    const { runs } = await createRunList(db).list(installationId, {}, { limit: 10 });
    assertEquals(runs.map((one) => [one.id, one.trigger, one.eventId, one.eventType, one.state]), [
      [id, "api", null, null, "failed"],
    ]);
    const detail = await createRunInspector(db).inspect(installationId, id);
    assertEquals([detail.event, detail.run.trigger], [null, "api"]);
    const { executions } = await createFlowStore(db).executions(installationId, flow.id, { limit: 10, offset: 0 });
    assertEquals(executions.map(({ runId, eventId }) => [runId, eventId]), [[id, null]]);
    const streamed = await createStreamReads(db).runs(installationId, [id]);
    assertEquals(streamed.runs[0], { id, eventId: null, state: "failed" });

    broken = false;
    const { retry } = createRunRetry({
      db,
      wake: () => {},
      onRetried: () => {},
      openInput: (_, one) => Promise.resolve(one),
    });
    assertEquals((await retry(installationId, id)).fromStep, 2);
    await makeDue(db);
    await engine.next();
    assertEquals((await readRun(db, id)).state, "completed");
    assertEquals(action.calls.filter(({ stepPath }) => stepPath === "root/first").length, 1);
  }));
