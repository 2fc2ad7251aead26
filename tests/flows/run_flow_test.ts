/** Tests of src/flows/triggers/run_flow.ts and src/actions/emit_event.ts: one run and one event for a step, wherever its process ends. */

import { assertEquals } from "@std/assert";
import { createEmitEventAction } from "../../src/actions/emit_event.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import type { Journal } from "../../src/engine/journal.ts";
import type { Walker } from "../../src/engine/walk.ts";
import { NO_CANCELS } from "../../src/flows/triggers/gated_start.ts";
import { createRunBudget } from "../../src/flows/gates/run_budget.ts";
import { createChildPlaces, MAX_CHILDREN } from "../../src/flows/triggers/child_places.ts";
import { createRunFlow, runFlowAction } from "../../src/flows/triggers/run_flow.ts";
import { createIngest } from "../../src/ingest/ingest.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { addRun, done, fakeAction, readRun, setUpEngine, step } from "../engine/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { unhurriedClock } from "../support/unhurried_clock.ts";
import { addChildFlow } from "./child_flow.ts";

Deno.test.afterAll(stopSharedDatabase);

/** A run with a step that runs another flow, whose one step is an action that is done; that flow and its installation. */
async function addParent(db: Database): Promise<{ runId: string; installationId: number; flowId: number }> {
  const runId = await addRun(db, { steps: [step("call", { action: "run_flow", input: {} })] });
  return { runId, ...await addChildFlow(db, { runId, index: 0, steps: [step("only")] }) };
}

/** An engine whose record number `dies` is lost with all that follows, as when its process ends there. */
function engineOf(db: Database, dies = Infinity) {
  let records = 0;
  const journal = (real: Journal): Journal => ({
    ...real,
    record: (entry) => ++records >= dies ? Promise.reject(new Error("killed")) : real.record(entry),
  });
  const budget = createRunBudget({ perMinute: 60_000, clock: systemClock });
  const kinds = new Map([[
    "action:run_flow",
    createRunFlow({ db, cancels: NO_CANCELS, budget, wake: () => {} }) as Walker,
  ]]);
  return setUpEngine(db, [fakeAction(() => done("made")), runFlowAction], { journal, kinds });
}

/** Works off what is due until nothing is. */
async function workOff(db: Database) {
  const queue = createPostgresQueue(db, systemClock);
  for (let rounds = 0; rounds < 20; rounds++) {
    const [job] = await queue.claim({ limit: 1, owner: "worker-1", leaseMs: 30_000 });
    if (!job) return;
    await engineOf(db).advance(job);
  }
}

Deno.test("a step starts one run and gets its end, whichever record its process ends at", async () => {
  const { db, stop } = await testDatabase();
  for (const dies of [1, 2, 3, Infinity]) {
    const { runId, flowId } = await addParent(db);
    await engineOf(db, dies).next().catch(() => {});
    // The lease of the one that is gone ends.
    await db.sql`update job set state = 'available', due_at = now() where state = 'executing'`;
    await workOff(db);
    const run = await readRun(db, runId);
    assertEquals([run.state, run.steps.map(({ path, attempts }) => [path, attempts])], [
      "completed",
      [["root/call", 1]],
    ], `after record ${dies}`);
    const children = await db.sql<{ id: string; state: string; depth: number; start_key: string }[]>`
      select id, state, depth, start_key from run where flow_id = ${flowId} and trigger_kind = 'flow'`;
    assertEquals(children.map(({ state, depth, start_key }) => [state, depth, start_key]), [
      ["completed", 1, `child:${runId}/root/call`],
    ]);
    assertEquals(run.steps[0]!.output, { run_id: children[0]!.id, state: "completed", output: null });
  }
  await stop();
});

Deno.test("a run and those that it started start at most a thousand runs", async () => {
  const { db, stop } = await testDatabase();
  const { runId } = await addParent(db);
  const [other] = await db.sql<{ id: string }[]>`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, state, trigger_kind, start_key,
      parent_run_id, depth)
    select gen_random_uuid(), installation_id, workspace_id, flow_id, 1, plan_id, 'completed', 'flow', 'child:one', id, 1
    from run where id = ${runId} returning id`;
  await db.sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, state, trigger_kind, start_key,
      parent_run_id, depth)
    select gen_random_uuid(), installation_id, workspace_id, flow_id, 1, plan_id, 'completed', 'flow', 'child:' || n,
      ${other!.id}, 2
    from run, generate_series(2, ${MAX_CHILDREN}::int) n where id = ${runId}`;
  await engineOf(db).next();
  const { state, error_code, error_message } = await readRun(db, runId);
  assertEquals([state, error_code], ["failed", "RUN_LIMIT_REACHED"]);
  assertEquals(error_message?.endsWith("have started 1000 runs"), true, error_message ?? "");
  await stop();
});

Deno.test("of one tree one run starts at a time, exactly a thousand in all, and the table is not counted for each", async () => {
  const { db, stop } = await testDatabase();
  const { runId: root, installationId } = await addParent(db);
  const there = MAX_CHILDREN - 100;
  await db.sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, state, trigger_kind, start_key,
      parent_run_id, depth)
    select gen_random_uuid(), installation_id, workspace_id, flow_id, 1, plan_id, 'completed', 'flow', 'child:' || -n, id, 1
    from run, generate_series(1, ${there}::int) n where id = ${root}`;
  let counts = 0;
  const places = createChildPlaces({
    scoped: (scope, work, options) => (counts++, db.scoped(scope, work, options)),
  });
  assertEquals(await places.familyOf({ installationId, runId: root }), { depth: 0, chain: 0, root });
  let inProgress = 0;
  const start = (key: string) =>
    places.take({ installationId, root, key }, async () => {
      assertEquals(++inProgress, 1);
      const rows = await db.sql`
        insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, state, trigger_kind, start_key,
          parent_run_id, depth)
        select gen_random_uuid(), installation_id, workspace_id, flow_id, 1, plan_id, 'completed', 'flow', ${key}, id, 1
        from run where id = ${root} on conflict do nothing returning id`;
      inProgress--;
      return { isNew: rows.length === 1 };
    });
  const wanted = Array.from({ length: 120 }, (_, index) => start(`child:${index}`));
  const started = (await Promise.all(wanted)).filter((one) => one?.isNew);
  assertEquals(started.length, MAX_CHILDREN - there);
  // As many starts as a sixteenth of what is left; 20 of them were refused, each after a count.
  assertEquals(counts < 75, true, `${counts}`);
  // One that had been started before its process died is found, though no more may start.
  assertEquals(await start("child:7"), { isNew: false });
  await stop();
});

Deno.test("an attempt that is made again makes no second event", async () => {
  const { db, stop } = await testDatabase();
  const runId = await addRun(db, { steps: [] });
  const [run] = await db.sql<{ installation_id: number }[]>`select installation_id from run where id = ${runId}`;
  const ingest = createIngest({ db, clock: unhurriedClock, queueLimit: 100, onWork: () => {} });
  const action = createEmitEventAction({ db, receive: ingest.receive });
  const call = {
    input: { event: "ready", body: { name: "ü\u0000" } },
    tenant: { installationId: run!.installation_id, workspaceId: "workspace-1" },
    runId,
    flow: { id: 1 },
    stepPath: "root/emit",
    attempt: 1,
    idempotencyKey: `${runId}/root/emit`,
    signal: new AbortController().signal,
  };
  const results = [
    await action.run(call),
    await action.run({ ...call, attempt: 2, input: { event: "ready", body: 2 } }),
  ];
  const events = await db.sql<{ id: number; headers: unknown }[]>`
    select id, headers from event where event_type = 'flow:ready'`;
  assertEquals(events.map(({ headers }) => headers), [{ "timewire-chain": "1" }]);
  const output = { event_id: String(events[0]!.id) };
  assertEquals(results.map((result) => result.outcome === "done" && result.output), [output, output]);
  const large = await action.run({ ...call, input: { event: "ready", body: "x".repeat(300_000) } });
  assertEquals(large.outcome === "failed" && large.error.code, "BODY_TOO_LARGE");
  await stop();
});
