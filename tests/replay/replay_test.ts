/** Tests of src/replay/replay.ts: numbers that nobody shares, order kept, and one set of runs however often a job is tried. */

import { assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import { createDispatch } from "../../src/flows/triggers/dispatch.ts";
import { createRunBudget } from "../../src/flows/gates/run_budget.ts";
import type { Job } from "../../src/queue/queue.ts";
import { createThreadTurns } from "../../src/limits/thread_turns.ts";
import { createReplay } from "../../src/replay/replay.ts";
import { addInstallation, addListener } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

const EVENT = "NEW_TAG";

async function withDatabase(work: (db: Database, installationId: number) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await work(db, await addInstallation(db));
  } finally {
    await stop();
  }
}
Deno.test.afterAll(stopSharedDatabase);

const flowsEnabled = () => Promise.resolve(true);

function replayOf(db: Database) {
  return createReplay({
    findEntities: () => Promise.resolve([]),
    db,
    flowsEnabled,
    thread: createThreadTurns(systemClock),
    wake: () => {},
    onRetried: () => {},
    openInput: (_, input) => Promise.resolve(input),
  });
}

/** A handler of event jobs as one instance has it. */
function dispatchOf(db: Database) {
  const nothing = () => {};
  return createDispatch({
    findEntities: () => Promise.resolve([]),
    db,
    clock: systemClock,
    prime: nothing,
    flowsEnabled,
    budget: createRunBudget({ perMinute: 60_000, clock: systemClock }),
    cancelRun: () => Promise.resolve(),
    wake: nothing,
    onDispatched: nothing,
    onThrottled: nothing,
  });
}

async function addEvents(
  { sql }: Database,
  { installationId, count = 1, entity = "tag:1", outcome = "skipped" }: {
    installationId: number;
    count?: number;
    entity?: string;
    outcome?: string | null;
  },
): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body, outcome, reason)
    select nextval('event_id_seq'), ${installationId}, 'w', ${EVENT}, ${entity}, 'r', '{}', '{}', ${outcome}, 'no_flow'
    from generate_series(1, ${count}) returning id`;
  return rows.map(({ id }) => id);
}

/** Takes the waiting event jobs under a claim of its own. */
async function claim({ sql }: Database): Promise<Job[]> {
  const rows = await sql<{ id: number; installation_id: number; payload: Job["payload"]; fence: number }[]>`
    update job set state = 'executing', fence = fence + 1, leased_by = 'test' where kind = 'event' and finished_at is null
    returning id, installation_id, payload, fence`;
  return rows.toSorted((a, b) => a.id - b.id).map((row) => ({
    ...row,
    kind: "event",
    installationId: row.installation_id,
    attempt: 0,
    traceparent: null,
    ordered: false,
  }));
}

const context = { signal: new AbortController().signal, owner: "test", leaseMs: 30_000 };

async function runs({ sql }: Database): Promise<number[]> {
  const rows = await sql<{ replay: number }[]>`select replay from run order by replay`;
  return rows.map(({ replay }) => replay);
}

Deno.test("a replay's job that is tried twice, or is there twice, makes one set of runs", async () => {
  await withDatabase(async (db, installationId) => {
    const [id] = await addEvents(db, { installationId });
    await addListener(db, { installationId, eventType: EVENT });
    const replay = replayOf(db);
    const plan = await replay.plan(installationId, { eventIds: [id!], flows: "all" });
    assertEquals([plan.jobs, plan.runs, plan.failed, plan.skipped], [[{ eventId: id, orderKey: null }], 1, [], []]);
    assertEquals((await replay.start(installationId, plan, {})).number, 1);

    const [lost] = await claim(db);
    const [job] = await claim(db);
    const dispatches = [dispatchOf(db), dispatchOf(db)];
    await assertRejectsLike(dispatches[0]!(lost!, context), { code: "LEASE_LOST" });
    assertEquals(await runs(db), [], "who lost the claim records nothing");
    assertEquals((await dispatches[1]!(job!, context)).kind, "settled");
    await assertRejectsLike(dispatches[1]!(job!, context), { code: "LEASE_LOST" });

    await db.sql`insert into job (kind, installation_id, payload) select 'event', ${installationId},
      jsonb_build_object('event_id', ${id!}::bigint, 'replay', 1)`;
    const [copy] = await claim(db);
    await dispatches[0]!(copy!, context);
    assertEquals(await runs(db), [1]);
    const [event] = await db.sql<{ outcome: string; reason: null }[]>`select outcome, reason from event`;
    assertEquals({ ...event }, { outcome: "dispatched", reason: null });
  });
});

Deno.test("replays of one event that are worked on together are told apart", async () => {
  await withDatabase(async (db, installationId) => {
    const [id] = await addEvents(db, { installationId });
    await addListener(db, { installationId, eventType: EVENT });
    const [one, other] = [replayOf(db), replayOf(db)];
    const plan = await one.plan(installationId, { eventIds: [id!], flows: "all" });
    const numbers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? one : other).start(installationId, plan, {})),
    ).then((all) => all.map(({ number }) => number!));
    assertEquals(numbers.toSorted((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const dispatches = [dispatchOf(db), dispatchOf(db)];
    const jobs = await claim(db);
    await Promise.all(jobs.map((job, n) => dispatches[n % 2]!(job, context)));
    assertEquals(await runs(db), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

Deno.test("events of one entity keep their order where a flow asks for it; one whose flows were not asked yet is left out", async () => {
  await withDatabase(async (db, installationId) => {
    const ids = await addEvents(db, { installationId, count: 60 });
    const [waiting] = await addEvents(db, { installationId, outcome: null });
    await addListener(db, { installationId, eventType: EVENT, ordered: true });
    const replay = replayOf(db);
    const plan = await replay.plan(installationId, { eventIds: [...ids, waiting!].toReversed(), flows: "all" });
    assertEquals([plan.runs, plan.skipped], [60, [{ id: waiting, reason: "waiting" }]]);
    await replay.start(installationId, plan, {});
    const jobs = await db.sql<{ id: number; event_id: number; order_key: string }[]>`
      select id, (payload->>'event_id')::int as event_id, order_key from job where kind = 'event' order by id`;
    assertEquals(jobs.map(({ event_id }) => event_id), ids);
    assertEquals(new Set(jobs.map(({ order_key }) => order_key)), new Set(["entity:tag:1"]));
  });
});

Deno.test("an installation that is switched off before the job's turn makes no run, and the event stays as it was", async () => {
  await withDatabase(async (db, installationId) => {
    const [id] = await addEvents(db, { installationId });
    await addListener(db, { installationId, eventType: EVENT });
    const replay = replayOf(db);
    await replay.start(installationId, await replay.plan(installationId, { eventIds: [id!], flows: "all" }), {});
    await db.sql`update installation set status = 'inactive'`;
    const [job] = await claim(db);
    await dispatchOf(db)(job!, context);
    assertEquals(await runs(db), []);
    const [event] = await db.sql<{ outcome: string; reason: string }[]>`select outcome, reason from event`;
    assertEquals({ ...event }, { outcome: "skipped", reason: "no_flow" });
    const now = await replay.plan(installationId, { eventIds: [id!], flows: "all" });
    assertEquals<unknown>(now.skipped, [{ id, reason: "installation_inactive" }]);
  });
});
