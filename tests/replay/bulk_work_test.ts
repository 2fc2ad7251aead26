/** The work of bulk jobs: how much one turn holds, that no death of a process and no second instance sends anything twice. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { createRunBudget } from "../../src/flows/gates/run_budget.ts";
import type { Database } from "../../src/db/db.ts";
import type { Job } from "../../src/queue/queue.ts";
import { createBulkJobs, MAX_BULK_RUNS } from "../../src/replay/bulk_jobs.ts";
import { createBulkWork } from "../../src/replay/bulk_work.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const CONTEXT = { signal: new AbortController().signal, owner: "worker-1", leaseMs: 30_000 };
const steps = ["a", "b"].map((id) => ({ kind: "action", id, action: "fake", input: {}, onUncertain: "retry" }));
const PLAN = JSON.stringify({ schema: 1, root: { kind: "sequence", id: "root", steps } });

async function withScene(body: (scene: Scene) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    const installationId = await addInstallation(db);
    const [flow] = await db.sql<{ id: number }[]>`
      with plan as (insert into plan (installation_id, body) values (${installationId}, ${PLAN}::text::jsonb) returning id)
      insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
      select ${installationId}, 'w', 'Calls', true, '{}', id from plan returning id`;
    await body({ db, installationId, flowId: flow!.id });
  } finally {
    await stop();
  }
}

interface Scene {
  db: Database;
  installationId: number;
  flowId: number;
}

/** Runs that failed one after another, each with its dead letter. */
async function addFailed({ db, installationId, flowId }: Scene, count: number): Promise<void> {
  await db.sql`
    with made as (
      insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, state, error_code, trigger_kind, start_key,
        input, finished_at)
      select gen_random_uuid(), ${installationId}, 'w', ${flowId}, 1, flow.plan_id, 'failed', 'UPSTREAM_FAILED', 'api',
        'api:' || number, '{}', now() - interval '1 hour' + number * interval '1 millisecond'
      from flow cross join generate_series(1, ${count}::int) number where flow.id = ${flowId}
      returning id, finished_at
    ),
    step as (
      insert into step (installation_id, run_id, path, action, state, attempts)
      select ${installationId}, made.id, path, 'fake', state, 1
      from made cross join (values ('root/a', 'completed'), ('root/b', 'failed')) as one(path, state)
    )
    insert into job (kind, installation_id, payload, state, finished_at, reason)
    select 'run', ${installationId}, jsonb_build_object('run_id', id), 'discarded', finished_at, 'it failed' from made`;
}

function setUp(
  { db, installationId }: Scene,
  of: Pick<Database, "scoped"> = db,
  { perMinute = 100_000, clock = systemClock }: { perMinute?: number; clock?: Clock } = {},
) {
  const sent: number[] = [];
  const work = createBulkWork({
    db: of,
    flowsEnabled: () => Promise.resolve(true),
    budget: createRunBudget({ perMinute, clock }),
    wake: () => {},
    onSent: (fact) => void sent.push(fact.sent),
    openInput: (_, input) => Promise.resolve(input),
  });
  const jobs = createBulkJobs({ db, wake: () => {} });
  const turn = (id: number) => work({ installationId, payload: { bulk_job_id: id } } as unknown as Job, CONTEXT);
  const start = async (ratePerMinute: number, flowId: number) =>
    (await jobs.start(installationId, { filter: { flowId }, version: "same", ratePerMinute, person: "u" })).id;
  return { jobs, turn, sent, start };
}

/** How many open jobs each run has, and the states of runs. */
async function counts({ db }: Scene) {
  const [row] = await db.sql<{ open: number; twice: number; pending: number; kept: number }[]>`
    select (select count(*)::int from job where kind = 'run' and finished_at is null) as open,
      (select count(*)::int from (select 1 from bulk_item group by run_id having count(*) > 1) again) as twice,
      (select count(*)::int from run where state = 'pending') as pending,
      (select count(*)::int from step where path = 'root/a' and state = 'completed') as kept`;
  return { ...row! };
}

Deno.test("a turn sends what a second of the rate is, 100 at most, and gives its slot back until the next is due", () =>
  withScene(async (scene) => {
    await addFailed(scene, 130);
    const { turn, start, sent, jobs } = setUp(scene);
    const fast = await start(6_000, scene.flowId);
    assertEquals(await turn(fast), { kind: "snooze", delayMs: 1_000, reason: "keeps to its rate" });
    assertEquals((await counts(scene)).open, 100);
    // The workspace's other work goes first.
    await scene.db.sql`
      insert into job (kind, installation_id, payload) select 'event', ${scene.installationId}, jsonb_build_object('event_id', number)
      from generate_series(1, 401) number`;
    assertEquals(await turn(fast), {
      kind: "snooze",
      delayMs: 5_000,
      reason: "other work of the workspace goes first",
    });
    await scene.db.sql`delete from job where kind = 'event'`;
    assertEquals(await turn(fast), { kind: "snooze", delayMs: 300, reason: "keeps to its rate" });
    assertEquals(await turn(fast), { kind: "done" });
    assertEquals(sent, [100, 30]);
    const done = (await jobs.find(scene.installationId, fast))!;
    assertEquals([done.state, done.matched, done.done, done.succeeded], ["finished", 130, 130, 0]);
    assertEquals(await counts(scene), { open: 130, twice: 0, pending: 130, kept: 130 });
    await scene.db.sql`update run set state = 'completed' where state = 'pending'`;
    assertEquals((await jobs.find(scene.installationId, fast))!.succeeded, 130);
  }));

Deno.test("slow rates send one at a time; oldest first, and what failed after the job began is not part of it", () =>
  withScene(async (scene) => {
    await addFailed(scene, 3);
    const { turn, start } = setUp(scene);
    const id = await start(90, scene.flowId);
    const outcome = await turn(id) as { delayMs: number };
    assertEquals(Math.round(outcome.delayMs), 667);
    const [first] = await scene.db.sql<{ oldest: boolean }[]>`
      select run.finished_at is null and start_key = 'api:1' as oldest from run join bulk_item on bulk_item.run_id = run.id`;
    assert(first!.oldest);
    await scene.db.sql`update run set start_key = 'old:' || start_key`;
    await addFailed(scene, 2);
    await scene.db
      .sql`update job set finished_at = now() + interval '1 minute' where kind = 'run' and state = 'discarded'
      and run_id in (select id from run where start_key like 'api:%')`;
    while ((await turn(id)).kind !== "done");
    assertEquals(await counts(scene), { open: 3, twice: 0, pending: 3, kept: 5 });
  }));

Deno.test("a process that dies before its commit has sent nothing, and two that have the job at once send each once", () =>
  withScene(async (scene) => {
    await addFailed(scene, 40);
    let dies = true;
    // All is done, and the commit never comes.
    const dying: Pick<Database, "scoped"> = {
      scoped: (scope, work, ...more) =>
        scene.db.scoped(scope, async (sql) => {
          const made = await work(sql);
          const [row] = await sql<{ items: number }[]>`select count(*)::int as items from bulk_item`;
          if (dies && row!.items > 0) throw new Error("killed");
          return made;
        }, ...more),
    };
    const { turn, start } = setUp(scene, dying);
    const id = await start(600, scene.flowId);
    await assertRejectsLike(turn(id), { message: "killed" });
    assertEquals(await counts(scene), { open: 0, twice: 0, pending: 0, kept: 40 });
    dies = false;
    const other = setUp(scene);
    for (let i = 0; i < 3; i++) await Promise.all([turn(id), other.turn(id)]);
    assertEquals(await counts(scene), { open: 40, twice: 0, pending: 40, kept: 40 });
  }));

Deno.test("a job is bounded, one at a time; one whose work is gone keeps out no other, and an uninstalled add-on's ends", () =>
  withScene(async (scene) => {
    const { turn, start, jobs } = setUp(scene);
    await assertRejectsLike(start(600, scene.flowId), { code: "REQUEST_INVALID" });
    await addFailed(scene, 2);
    const id = await start(600, scene.flowId);
    await assertRejectsLike(start(600, scene.flowId), { code: "CONFLICT" });
    await scene.db.sql`delete from job where kind = 'bulk'`;
    const next = await start(600, scene.flowId);
    assertEquals((await jobs.find(scene.installationId, id))!.state, "stopped");
    await scene.db.sql`update installation set status = 'uninstalled'`;
    assertEquals(await turn(next), { kind: "done" });
    assertEquals((await jobs.find(scene.installationId, next))!.state, "stopped");
    assertEquals((await counts(scene)).open, 0);
    assertEquals(MAX_BULK_RUNS, 100_000);
  }));

/** Says in the flow what holds its runs back. */
async function setGates({ db, flowId }: Scene, gates: object): Promise<void> {
  await db.sql`update flow set definition = ${JSON.stringify(gates)}::text::jsonb where id = ${flowId}`;
}

Deno.test("a job goes through the flow's concurrency: each run into a line, and it waits where none has room", () =>
  withScene(async (scene) => {
    const { db, flowId } = scene;
    await addFailed(scene, 1_100);
    await setGates(scene, { concurrency: { at_once: 3, when_full: "queue" } });
    const { turn, start, jobs } = setUp(scene);
    const id = await start(6_000, flowId);
    await turn(id);
    const lines = await db.sql<{ line: string; runs: number }[]>`
      select order_key as line, count(*)::int as runs from job where kind = 'run' and finished_at is null
      group by order_key order by order_key`;
    assertEquals(
      lines.map(({ line, runs }) => [line, runs]),
      [0, 1, 2].map((line) => [
        `gate:${flowId}:${line}:`,
        line === 0 ? 34 : 33,
      ]),
    );
    // In place of the runs that would be walked meanwhile.
    const endSome = () => db.sql`delete from job where kind = 'run' and finished_at is null`;

    // Where the flow starts none beyond its concurrency, the job waits for a place, and goes on behind what it sent.
    await endSome();
    await setGates(scene, { concurrency: { at_once: 2, when_full: "skip" } });
    const held = await turn(id);
    assertEquals(held, {
      kind: "snooze",
      delayMs: 5_000,
      reason: 'of flow "Calls" as many of its runs are in progress as its concurrency allows',
    });
    assertEquals((await jobs.find(scene.installationId, id))!.done, 102);
    assertEquals(await turn(id), held);
    assertEquals((await jobs.find(scene.installationId, id))!.done, 102);
    await endSome();
    await turn(id);
    const { done, skipped } = (await jobs.find(scene.installationId, id))!;
    assertEquals([done, skipped, (await counts(scene)).twice], [104, 0, 0]);

    await endSome();
    await setGates(scene, { throttle: { at_most: 10, per: "1 h", when_over: "queue" } });
    await turn(id);
    const [late] = await db.sql<{ now: number; later: number }[]>`
      select count(*) filter (where due_at < now() + interval '1 minute')::int as now,
        count(*) filter (where due_at > now() + interval '59 minutes')::int as later
      from job where kind = 'run' and finished_at is null`;
    assertEquals({ ...late! }, { now: 10, later: 90 });
  }));

Deno.test("a job starts no more runs than the installation may, whatever its rate", () =>
  withScene(async (scene) => {
    await addFailed(scene, 60);
    const clock = createFakeClock();
    const { turn, start, sent } = setUp(scene, scene.db, { perMinute: 60, clock });
    const id = await start(6_000, scene.flowId);
    await turn(id);
    assertEquals(sent, [10], "ten seconds' worth at once");
    const waits = await turn(id) as { delayMs: number; reason: string };
    assertEquals([sent, Math.round(waits.delayMs), waits.reason], [
      [10],
      10_000,
      "the installation makes more than 60 runs a minute",
    ]);
    clock.advance(10_000);
    await turn(id);
    assertEquals(sent, [10, 10]);
  }));
