/** Runs of the version before: in every state they are read as before, go on where they stood, and come back as they were. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import { listMigrations, migrateDown, migrateUp } from "../../src/db/migrate.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { createRunInspector } from "../../src/runs/inspect.ts";
import { createJournal } from "../../src/runs/journal.ts";
import { createRunList } from "../../src/runs/list.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { addInstallation } from "../db/rows.ts";
import { done, fakeAction, makeDue, readRun, setUpEngine, step } from "../engine/setup.ts";
import { blankDatabase, stopSharedDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

/** The newest migration of the version before. */
const BEFORE = 25;

/** A run of three steps in each state, the second of which it stands at; an own one and a replay of each event. */
const STATES = ["pending", "running", "waiting", "completed", "failed", "cancelled"] as const;

async function addRuns(db: Database, installationId: number): Promise<void> {
  const plan = JSON.stringify({
    schema: 1,
    root: { kind: "sequence", id: "root", steps: ["a", "b", "c"].map((id) => step(id, { input: "$.webhook.id" })) },
  });
  await db.sql`
    insert into plan (installation_id, body) values (${installationId}, ${plan}::text::jsonb)`;
  await db.sql`
    insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
    select ${installationId}, 'w', 'Old', true, '{}', id from plan`;
  for (const [index, state] of STATES.entries()) {
    await db.sql`
      insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body, outcome)
      values (${installationId}, ${index + 1}, 'w', 'NEW_TAG', 'tag:1', 'r', '{}',
        ${new TextEncoder().encode(JSON.stringify({ id: state }))}, 'dispatched')`;
    for (const replay of [0, 1]) {
      const [run] = await db.sql<{ id: string }[]>`
        insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, state, error_code)
        select gen_random_uuid(), ${installationId}, 'w', flow.id, 1, flow.plan_id, ${index + 1}, ${replay}, ${state},
          ${state === "failed" ? "UPSTREAM_FAILED" : null} from flow returning id`;
      const { id } = run!;
      const steps: [string, string][] = state === "pending"
        ? []
        : state === "completed"
        ? ["a", "b", "c"].map((one) => [one, "completed"])
        : [["a", "completed"], ["b", state === "failed" ? "failed" : "running"]];
      for (const [path, stepState] of steps) {
        await db.sql`
          insert into step (installation_id, run_id, path, action, state, attempts, output)
          values (${installationId}, ${id}, ${`root/${path}`}, 'fake', ${stepState}, 1, '"was"')`;
        const tried = stepState === "running"
          ? (state === "waiting" ? "failed" : "started")
          : stepState === "failed"
          ? "failed"
          : "succeeded";
        await db.sql`
          insert into attempt (installation_id, run_id, path, number, state)
          values (${installationId}, ${id}, ${`root/${path}`}, 1, ${tried})`;
      }
      if (state === "completed" || state === "cancelled") continue;
      await db.sql`
        insert into job (kind, installation_id, payload, state, fence, leased_by, due_at, finished_at)
        values ('run', ${installationId}, jsonb_build_object('run_id', ${id}::text),
          ${{ pending: "available", running: "executing", waiting: "retryable", failed: "discarded" }[state]},
          1, ${state === "running" ? "old" : null}, now() - interval '1 minute', ${
        state === "failed" ? new Date() : null
      })`;
    }
  }
}

/** Rows without what is of the moment. */
async function contents(db: Database): Promise<unknown> {
  return await Promise.all(["run", "step", "attempt", "job"].map(async (table) => {
    const rows = await db.sql<{ row: unknown }[]>`
      select to_jsonb(one) as row from ${db.sql(table)} one order by to_jsonb(one)::text`;
    return rows.map(({ row }) => row);
  }));
}

Deno.test("runs of the version before, in every state, are read, walked and retried, and a way back leaves them as they were", async () => {
  const database = await blankDatabase();
  const { db } = database;
  const all = await listMigrations();
  await migrateUp(db, { migrations: all.filter(({ number }) => number <= BEFORE) });
  const installationId = await addInstallation(db);
  await addRuns(db, installationId);
  const before = await contents(db);
  await migrateUp(db);
  let taken: number | undefined = Infinity;
  while (taken! > all.find(({ number }) => number > BEFORE)!.number) taken = await migrateDown(db);
  assertEquals(await contents(db), before, "there and back");
  await migrateUp(db);
  const unchecked = await db.sql<{ name: string }[]>`select conname as name from pg_constraint where not convalidated`;
  assertEquals([...unchecked], [], "every constraint has looked at all rows");

  const { runs } = await createRunList(db).list(installationId, {}, { limit: 100 });
  assertEquals(
    runs.map(({ state, replay, trigger, eventId, eventType }) => [state, replay, trigger, eventId, eventType]).sort(),
    STATES.flatMap((state, index) => [
      [state, 0, "event", index + 1, "NEW_TAG"],
      [state, 1, "replay", index + 1, "NEW_TAG"],
    ]).sort(),
  );
  const inspector = createRunInspector(db);
  const journal = createJournal(db, systemClock);
  for (const { id, state } of runs) {
    const { steps } = await inspector.inspect(installationId, id);
    assertEquals(
      steps.map((one) => one.state),
      state === "pending"
        ? Array(3).fill("not_started")
        : state === "completed"
        ? Array(3).fill("completed")
        : ["completed", state === "failed" ? "failed" : "running", "not_started"],
    );
    const loaded = (await journal.load({ installationId, runId: id }))!;
    assertEquals([loaded.state, loaded.event, loaded.delivery!.type], [state, { id: state }, "NEW_TAG"]);
  }

  const { retry } = createRunRetry({
    db,
    wake: () => {},
    onRetried: () => {},
    openInput: (_, one) => Promise.resolve(one),
  });
  for (const { id, state } of runs) if (state === "failed") await retry(installationId, id);
  await makeDue(db);
  const action = fakeAction(() => done("now"));
  const { advance } = setUpEngine(db, [action]);
  const jobs = await createPostgresQueue(db, systemClock).claim({ limit: 100, owner: "worker-1", leaseMs: 30_000 });
  assertEquals(jobs.length, 8);
  for (const job of jobs) await advance(job);
  for (const { id, state } of runs) {
    const now = await readRun(db, id);
    assertStrictEquals(now.state, state === "cancelled" ? state : "completed");
    const sent = action.calls.filter(({ runId }) => runId === id).map(({ stepPath }) => stepPath);
    const finished = state === "completed" || state === "cancelled" ? 3 : state === "pending" ? 0 : 1;
    assertEquals(sent, ["root/a", "root/b", "root/c"].slice(finished), `what was finished is kept: ${state}`);
  }
  // The same event and flow are not started twice, whichever version made the run.
  const again = await db.sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, state)
    select gen_random_uuid(), installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, 'pending' from run
    on conflict (event_id, flow_id, replay) do nothing returning id`;
  assertEquals(again.length, 0, "as the version before says it");
  await database.stop();
});
