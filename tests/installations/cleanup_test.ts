/** Tests of src/installations/cleanup.ts and what an uninstall does to work under way: it ends, and a reinstall does not revive it. */

import { assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import type { Database } from "../../src/db/db.ts";
import { createDispatch } from "../../src/flows/triggers/dispatch.ts";
import { createRunBudget } from "../../src/flows/gates/run_budget.ts";
import { createCleanup } from "../../src/installations/cleanup.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { Job } from "../../src/queue/queue.ts";
import { addListener } from "../db/rows.ts";
import { done, fakeAction, readRun, setUpEngine, step } from "../engine/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { deleted, installed, openLifecycle } from "./calls.ts";
import { addWork, readWork } from "./work.ts";

Deno.test.afterAll(stopSharedDatabase);

const CONTEXT = { signal: new AbortController().signal, owner: "worker-1", leaseMs: 30_000 };
const CANCELLED = { state: "cancelled", error_message: "The add-on was uninstalled" };
const KEPT = { state: "completed", error_message: null };
const DISPATCHED = { outcome: "dispatched", reason: null };
const OVER = {
  runs: [CANCELLED, CANCELLED, CANCELLED, KEPT],
  events: [DISPATCHED, DISPATCHED, DISPATCHED, DISPATCHED, { outcome: "skipped", reason: "uninstalled" }],
  jobs: ["run discarded"],
};

/** An installation, and the parts of one worker. */
async function world() {
  const { db, stop } = await testDatabase();
  const room = openLifecycle(db);
  await room.apply(installed());
  const { id } = await room.read();
  const queue = createPostgresQueue(db, systemClock);
  const claim = async (kind: Job["kind"]) => {
    await db.sql`update job set due_at = now() + (kind <> ${kind})::int * interval '1 day' where finished_at is null`;
    return await queue.claim({ limit: 10, owner: CONTEXT.owner, leaseMs: CONTEXT.leaseMs });
  };
  const cleanUp = async (batch?: number) => {
    const points: CrashPoint[] = [];
    const handler = createCleanup({ db, batch, onPoint: (point) => points.push(point) });
    const [job] = await claim("cleanup");
    assertEquals(await handler(job!, CONTEXT), { kind: "done" });
    await db.sql`delete from job where id = ${job!.id}`;
    return points;
  };
  return { db, stop, id, ...room, claim, cleanUp };
}

function dispatchOf(db: Database, between: () => Promise<unknown> = () => Promise.resolve()) {
  const nothing = () => {};
  return createDispatch({
    findEntities: () => Promise.resolve([]),
    db,
    clock: systemClock,
    prime: nothing,
    flowsEnabled: async () => {
      await between();
      return true;
    },
    budget: createRunBudget({ perMinute: 60_000, clock: systemClock }),
    cancelRun: () => Promise.resolve(),
    wake: nothing,
    onDispatched: nothing,
    onThrottled: nothing,
  });
}

Deno.test("the clean-up cancels runs, skips events and removes jobs in batches, and leaves other installations alone", async () => {
  const { db, stop, id, apply, store, cleanUp } = await world();
  await apply(installed({ workspaceId: "other-workspace" }));
  const other = (await store.find("clockify_addon", "other-workspace"))!;
  for (const installationId of [id, other.id]) await addWork(db, { installationId, generation: 1 });
  const untouched = await readWork(db, other.id);
  await apply(deleted());
  assertEquals(await cleanUp(2), ["in_cleanup", "in_cleanup", "in_cleanup"], "four open jobs, two at a time");
  assertEquals(await readWork(db, id), OVER);
  assertEquals(await readWork(db, other.id), untouched);
  const left = await db.sql<{ kind: string; payload: unknown }[]>`
    select kind, payload from job where installation_id = ${id} and finished_at is null`;
  assertEquals(left.map((job) => ({ ...job })), [{ kind: "coverage", payload: { remove: true } }]);
  await stop();
});

Deno.test("a clean-up that ends between two batches goes on where it was", async () => {
  const { db, stop, id, apply, claim, cleanUp } = await world();
  await addWork(db, { installationId: id, generation: 1 });
  await apply(deleted());
  const [job] = await claim("cleanup");
  const dying = createCleanup({
    db,
    batch: 2,
    onPoint: () => {
      throw new Error("killed");
    },
  });
  await assertRejectsLike(async () => await dying(job!, CONTEXT), { message: "killed" });
  const half = (await readWork(db, id)).jobs.filter((kind) => !kind.startsWith("settings"));
  assertEquals(half.length, OVER.jobs.length + 2, "two of four open jobs are left");
  await cleanUp(2);
  assertEquals(await readWork(db, id), OVER);
  await stop();
});

Deno.test("the clean-up ends work whose generation an earlier version did not note, while the add-on is away", async () => {
  const { db, stop, id, apply, cleanUp } = await world();
  await addWork(db, { installationId: id, generation: null });
  await apply(deleted());
  await cleanUp();
  assertEquals(await readWork(db, id), OVER);
  await stop();
});

Deno.test("a reinstall before the clean-up: only the old installation's work ends", async () => {
  const { db, stop, id, apply, read, cleanUp } = await world();
  await addWork(db, { installationId: id, generation: 1 });
  await apply(deleted());
  await apply(installed({ addonId: "addon-2" }));
  const { generation } = await read();
  await addWork(db, { installationId: id, generation });
  const background = () =>
    db.sql`
    select kind from job where installation_id = ${id} and kind in ('bootstrap', 'coverage', 'poll', 'settings')`;
  const before = (await background()).length;
  await cleanUp();
  const { runs, events, jobs } = await readWork(db, id);
  const count = (rows: { state?: string; outcome?: string | null }[], what: string | null) =>
    rows.filter(({ state, outcome }) => (state ?? outcome) === what).length;
  assertEquals(["cancelled", "pending", "running", "waiting"].map((state) => count(runs, state)), [3, 1, 1, 1]);
  assertEquals([count(events, null), count(events, "skipped")], [1, 1]);
  assertEquals(jobs.filter((job) => job.startsWith("run")).length, 3 + 2, "those of the new one, and dead letters");
  assertEquals((await background()).length, before, "what the reinstall asked for");
  await stop();
});

Deno.test("work of an ended installation that the clean-up did not reach ends by itself, also after a reinstall", async () => {
  for (const reinstall of [false, true]) {
    const { db, stop, id, apply, claim } = await world();
    await addWork(db, { installationId: id, generation: 1 });
    await addListener(db, { installationId: id, eventType: "NEW_TAG" });
    await apply(deleted());
    if (reinstall) await apply(installed({ addonId: "addon-2" }));
    const action = fakeAction();
    const { advance } = setUpEngine(db, [action]);
    for (const job of await claim("run")) assertEquals(await advance(job), { kind: "settled" });
    for (const job of await claim("event")) {
      assertEquals(await dispatchOf(db)(job, CONTEXT), { kind: "settled", next: [] });
    }
    assertEquals(action.calls, []);
    const { runs, events, jobs } = await readWork(db, id);
    assertEquals({ runs, events }, { runs: OVER.runs, events: OVER.events });
    assertEquals(jobs.filter((job) => !job.startsWith("settings")), OVER.jobs);
    await stop();
  }
});

Deno.test("a reinstall whose DELETED was lost, and one after work was asked for meanwhile, end that work", async () => {
  for (const [lost, swept] of [[true, false], [true, true], [false, false], [false, true]]) {
    const { db, stop, id, apply, read, claim, cleanUp } = await world();
    if (!lost) {
      await apply(deleted());
      await cleanUp();
    }
    const { generation } = await read();
    await addWork(db, { installationId: id, generation });
    await addListener(db, { installationId: id, eventType: "NEW_TAG" });
    await apply(installed({ addonId: "addon-2" }));
    if (swept) await cleanUp();
    const action = fakeAction();
    const { advance } = setUpEngine(db, [action]);
    for (const job of await claim("run")) assertEquals(await advance(job), { kind: "settled" });
    for (const job of await claim("event")) {
      assertEquals(await dispatchOf(db)(job, CONTEXT), { kind: "settled", next: [] });
    }
    const { runs, events, jobs } = await readWork(db, id);
    assertEquals({ runs, events }, { runs: OVER.runs, events: OVER.events });
    assertEquals(jobs.filter((job) => !job.startsWith("settings")), OVER.jobs);
    // Saying it again ends nothing of the new installation.
    await addWork(db, { installationId: id, generation: (await read()).generation });
    await apply(installed({ addonId: "addon-2" }));
    const [row] = await db.sql`select generation, ended_generation from installation where id = ${id}`;
    assertEquals({ ...row }, { generation: generation + 1, ended_generation: generation });
    await stop();
  }
});

Deno.test("an uninstall between an event's decision and its record: no run is made", async () => {
  const { db, stop, id, apply, claim, cleanUp } = await world();
  await addWork(db, { installationId: id, generation: 1 });
  await addListener(db, { installationId: id, eventType: "NEW_TAG" });
  const before = (await db.sql`select 1 from run`).length;
  const [job] = await claim("event");
  await assertRejectsLike(dispatchOf(db, () => apply(deleted()))(job!, CONTEXT), { code: "LEASE_LOST" });
  assertEquals((await db.sql`select 1 from run`).length, before);
  await cleanUp();
  assertEquals(await readWork(db, id), OVER);
  await stop();
});

Deno.test("an uninstall during a step: its answer is recorded, and no further call begins, not even after a reinstall", async () => {
  for (const reinstall of [false, true]) {
    const { db, stop, id, apply, claim } = await world();
    const action = fakeAction(async (_, count) => {
      if (count === 1) await apply(deleted());
      if (count === 1 && reinstall) await apply(installed({ addonId: "addon-2" }));
      return done(count);
    });
    const plan = { schema: 1, root: { kind: "sequence", id: "root", steps: [step("first"), step("second")] } };
    await addWork(db, { installationId: id, generation: 1 });
    await db.sql`update plan set body = ${JSON.stringify(plan)}::text::jsonb`;
    await db.sql`
      delete from job where kind = 'run' and payload->>'run_id' not in (select id::text from run where state = 'pending')`;
    const { advance } = setUpEngine(db, [action]);
    const [job] = await claim("run");
    await assertRejectsLike(advance(job!), { code: "LEASE_LOST" });
    assertEquals(action.calls.length, 1);
    const { state, error_message, steps, tries } = await readRun(db, String(job!.payload.run_id));
    assertEquals({ state, error_message }, CANCELLED, "at once, without the clean-up");
    assertEquals(steps.map(({ path, state, output }) => [path, state, output]), [["root/first", "completed", 1]]);
    assertEquals(tries.map(({ state }) => state), ["succeeded"]);
    await stop();
  }
});

Deno.test("a lifecycle call that meets a deadlock is applied again", async () => {
  const { db, stop } = await testDatabase();
  let begun = 0;
  const scoped: Database["scoped"] = async (scope, work) => {
    const result = await db.scoped(scope, async (sql) => {
      const done = await work(sql);
      if (++begun === 1) throw Object.assign(new Error("deadlock detected"), { code: "40P01" });
      return done;
    });
    return result;
  };
  const { apply } = openLifecycle({ ...db, scoped });
  assertEquals((await apply(installed())).outcome, "applied");
  assertEquals(begun, 2);
  await stop();
});
