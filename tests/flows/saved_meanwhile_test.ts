/** Tests of src/flows/triggers/dispatch.ts and flow_cache.ts: flows that are saved or unreadable while their events are dispatched. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import type { FlowDefinition } from "../../src/flows/shape/definition.ts";
import { createDispatch, type DispatchOptions } from "../../src/flows/triggers/dispatch.ts";
import { createRunBudget } from "../../src/flows/gates/run_budget.ts";
import { createExplain } from "../../src/flows/triggers/explain.ts";
import { createFlowCache } from "../../src/flows/triggers/flow_cache.ts";
import { loadEvents } from "../../src/flows/triggers/pending_event.ts";
import { createFlowStore, type Flow } from "../../src/flows/store/store.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { createThreadTurns } from "../../src/limits/thread_turns.ts";
import { createReplay } from "../../src/replay/replay.ts";
import { addInstallation } from "../db/rows.ts";
import { ask, type Json } from "../http/door.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { eventually, startWorld } from "../support/world.ts";

Deno.test.afterAll(stopSharedDatabase);

const EVENT = "NEW_TAG";
const CONTEXT = { signal: new AbortController().signal, owner: "worker-1", leaseMs: 30_000 };

function definition(fields: Partial<FlowDefinition> = {}): FlowDefinition {
  return {
    name: "Flow",
    enabled: true,
    trigger_event_types: [EVENT],
    conditions: null,
    actions: [],
    ordered: false,
    ...fields,
  };
}

/** An installation with flows, and one event that waits for them. */
async function world(definitions: FlowDefinition[]) {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const store = createFlowStore(db);
  const flows: Flow[] = [];
  for (const each of definitions) {
    flows.push(await store.create({ installationId, workspaceId: "w" }, () => Promise.resolve(each)));
  }
  const [event] = await db.sql<{ id: number }[]>`
    with event as (
      insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body)
      values (${installationId}, nextval('event_id_seq'), 'w', ${EVENT}, 'tag:1', 'r', '{}',
        ${new TextEncoder().encode('{"id":"t1"}')})
      returning id
    ), job as (
      insert into job (kind, installation_id, payload)
      select 'event', ${installationId}, jsonb_build_object('event_id', id) from event
    )
    select id from event`;
  const save = (flow: Flow, fields: Partial<FlowDefinition>) =>
    store.update(installationId, flow.id, {
      definition: { ...flow.definition, ...fields },
      expectedVersion: flow.version,
    });
  return { db, stop, installationId, eventId: event!.id, store, flows, save };
}

/** Dispatches the one event; `between` happens after its flows were listed and before they are read. */
async function dispatchOnce(
  db: Database,
  { between = () => Promise.resolve(), ...options }: { between?: () => Promise<unknown> } & Partial<DispatchOptions> =
    {},
) {
  const nothing = () => {};
  const dispatch = createDispatch({
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
    ...options,
  });
  const [job] = await createPostgresQueue(db, systemClock).claim({ limit: 1, owner: CONTEXT.owner, leaseMs: 30_000 });
  const outcome = await dispatch(job!, CONTEXT);
  assertEquals(outcome.kind, "settled");
  const runs = await db.sql<{ flow_id: number; flow_version: number; plan_id: number }[]>`
    select flow_id, flow_version, plan_id from run order by flow_id`;
  const [event] = await db.sql<{ outcome: string; reason: string | null }[]>`select outcome, reason from event`;
  return { runs: runs.map((run) => ({ ...run })), event: { ...event! } };
}

Deno.test("a flow that is saved between an event's look at the flows and their reading runs once, in its newer version", async () => {
  for (const saves of [1, 2]) {
    const { db, stop, flows, save } = await world([definition(), definition({ name: "Another" })]);
    const [flow, other] = flows;
    const { runs, event } = await dispatchOnce(db, {
      between: async () => {
        let saved = flow!;
        for (let n = 0; n < saves; n++) saved = await save(saved, { name: `Saved ${n}` });
      },
    });
    const plans = await db.sql<{ id: number; plan_id: number }[]>`select id, plan_id from flow order by id`;
    assertEquals(runs, [
      { flow_id: flow!.id, flow_version: 1 + saves, plan_id: plans[0]!.plan_id },
      { flow_id: other!.id, flow_version: 1, plan_id: plans[1]!.plan_id },
    ]);
    assertEquals(event, { outcome: "dispatched", reason: null });
    await stop();
  }
});

Deno.test("the newer version decides by its own condition, order and trigger; a flow that no longer listens does not run", async () => {
  const cases: { fields: Partial<FlowDefinition> | "removed"; due: Json; runs: number }[] = [
    {
      fields: { conditions: { type: "ALL", rules: [{ field: "id", operator: "==", value: "other" }] } },
      due: { outcome: "skipped", reason: "no_match" },
      runs: 0,
    },
    {
      fields: { trigger_event_types: [EVENT, "TAG_UPDATED"], ordered: true },
      due: { outcome: "dispatched", reason: null },
      runs: 1,
    },
    { fields: { trigger_event_types: ["TAG_UPDATED"] }, due: { outcome: "skipped", reason: "no_flow" }, runs: 0 },
    { fields: { enabled: false }, due: { outcome: "skipped", reason: "no_flow" }, runs: 0 },
    { fields: "removed", due: { outcome: "skipped", reason: "no_flow" }, runs: 0 },
  ];
  for (const { fields, due, runs: count } of cases) {
    const { db, stop, installationId, store, flows: [flow], save } = await world([definition()]);
    const { runs, event } = await dispatchOnce(db, {
      between: () => fields === "removed" ? store.remove(installationId, flow!.id) : save(flow!, fields),
    });
    assertEquals([event, runs.length], [due, count], JSON.stringify(fields));
    if (count === 1) {
      const [job] = await db.sql<{ order_key: string }[]>`select order_key from job where kind = 'run'`;
      assertEquals(job!.order_key, `flow:${flow!.id}:tag:1`);
    }
    await stop();
  }
});

Deno.test("a flow is not left out when the cache makes room for the others of its event", async () => {
  const { db, stop, installationId, eventId } = await world([1, 2, 3].map((n) => definition({ name: `Flow ${n}` })));
  const cache = createFlowCache(db, { maxCached: 1 });
  for (let round = 0; round < 2; round++) {
    const [event] = await loadEvents(db, [{ installationId, eventId }]);
    const loaded = await cache.load(installationId, event!);
    assertEquals(loaded.map(({ name }) => name), ["Flow 1", "Flow 2", "Flow 3"]);
  }
  await stop();
});

Deno.test("the flows of 20 workspaces, 3 events of each at once, are read in few transactions and compiled once; each event has its own", async () => {
  const { db, stop } = await testDatabase();
  const places: { installationId: number; eventId: number }[] = [];
  for (let n = 0; n < 20; n++) {
    const installationId = await addInstallation(db, { workspaceId: "w" + n });
    const made = definition({ name: `Flow of ${n}` });
    await createFlowStore(db).create({ installationId, workspaceId: "w" + n }, () => Promise.resolve(made));
    for (let i = 0; i < 3; i++) {
      const [event] = await db.sql<{ id: number }[]>`
        insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body)
        values (${installationId}, nextval('event_id_seq'), 'w', ${EVENT}, 'tag:1', 'r', '{}', '{}'::bytea) returning id`;
      places.push({ installationId, eventId: event!.id });
    }
  }
  const events = await loadEvents(db, places);
  let transactions = 0;
  const counted: Pick<typeof db, "scoped"> = {
    scoped: (...given) => {
      transactions++;
      return db.scoped(...given);
    },
  };
  const cache = createFlowCache(counted);
  const loaded = await Promise.all(places.map(({ installationId }, at) => cache.load(installationId, events[at]!)));
  assertEquals(
    loaded.map((flows) => flows.map(({ name }) => name)),
    places.map((_, at) => [`Flow of ${Math.floor(at / 3)}`]),
  );
  assertEquals(new Set(loaded.flat()).size, 20, "compiled once");
  assert(transactions <= 2, `${transactions} transactions`);

  // Another workspace's flow, though its id is asked for, is not its own.
  const [own, other] = [places[0]!, places[3]!];
  const [event, foreign] = [events[0]!, events[3]!];
  const fresh = createFlowCache(db);
  const [none, one] = await Promise.all([
    fresh.load(own.installationId, { ...event, flows: foreign.flows }),
    fresh.load(other.installationId, foreign),
  ]);
  assertEquals([none.length, one.length], [0, 1]);
  await stop();
});

Deno.test("a flow that this version cannot read is left out by name, and the event's other flows run", async () => {
  const unknown = { type: "ALL", rules: [{ field: "id", operator: "sounds_like", value: "x" }] };
  const { db, stop, installationId, eventId, flows } = await world([
    definition({ name: "Of tomorrow", conditions: unknown }),
    definition({ name: "Torn", conditions: { type: "ALL", rules: 7 } }),
    definition({ name: "Plain" }),
  ]);
  const [ofTomorrow, torn, plain] = flows;
  const unreadable: Json[] = [];
  const outcomes: string[] = [];
  const { runs, event } = await dispatchOnce(db, {
    onLeftOut: ({ flow: { problem, why: _, ...flow }, ...fact }) => {
      assertMatch(problem, /^Cannot read the stored flow: conditions/);
      unreadable.push({ ...fact, flow });
    },
    onDispatched: ({ outcome }) => outcomes.push(outcome),
  });
  assertEquals(runs.map(({ flow_id }) => flow_id), [plain!.id]);
  assertEquals(event, { outcome: "dispatched", reason: 'flow_unreadable: "Of tomorrow", "Torn"' });
  const fact = { installationId, workspaceId: "w", eventId };
  assertEquals(unreadable, [
    { ...fact, flow: { id: ofTomorrow!.id, name: "Of tomorrow", version: 1 } },
    { ...fact, flow: { id: torn!.id, name: "Torn", version: 1 } },
  ]);
  assertEquals(outcomes, ["dispatched"]);

  const verdicts = (await createExplain({
    db,
    flows: createFlowStore(db),
    thread: createThreadTurns(systemClock),
    findEntities: () => Promise.resolve([]),
  }).explain(
    installationId,
    eventId,
    {
      redacted: false,
    },
  ))!;
  assertEquals(verdicts.map(({ matched }) => matched), [null, null, true]);
  assertMatch(verdicts[0]!.problem!, /sounds_like/);
  assertEquals(verdicts[2]!.problem, null);
  await stop();
});

Deno.test("an event whose only flow cannot be read is skipped for that reason, never as no match", async () => {
  const { db, stop, installationId, eventId, flows: [flow] } = await world([definition({ name: "Torn" })]);
  await db.sql`update flow set definition = '"torn"' where id = ${flow!.id}`;
  await db.sql`update flow set definition = '{"conditions": {"type": "SOME"}}' where id = ${flow!.id}`;
  const outcomes: string[] = [];
  const { runs, event } = await dispatchOnce(db, { onDispatched: ({ outcome }) => outcomes.push(outcome) });
  assertEquals([runs, event], [[], { outcome: "skipped", reason: 'flow_unreadable: "Torn"' }]);
  assertEquals(outcomes, ["flow_unreadable"], "a word of a closed list, for the metric");
  const replay = createReplay({
    findEntities: () => Promise.resolve([]),
    db,
    flowsEnabled: () => Promise.resolve(true),
    thread: createThreadTurns(systemClock),
    wake: () => {},
    onRetried: () => {},
    openInput: (_, input) => Promise.resolve(input),
  });
  assertEquals(await replay.plan(installationId, { eventIds: [eventId], flows: "all" }), {
    events: 0,
    retried: 0,
    runs: 0,
    flows: [],
    skipped: [{ id: eventId, reason: "flow_unreadable" }],
    jobs: [],
    failed: [],
  });
  await stop();
});

Deno.test("a flow that is saved all the time runs exactly once for every event", async () => {
  const LEAST_EVENTS = 300;
  const LEAST_SAVES = 5;
  const LIVE = "TIMER_STOPPED";
  const world = await startWorld({
    env: { MAX_RUNS_PER_MINUTE: "60000", WEBHOOK_RATE_LIMIT_RPS: "1000", API_RATE_LIMIT_RPS: "1000" },
  });
  try {
    const { webhooks } = await world.install("universal_webhook");
    const headers = await world.viewer("universal_webhook");
    const base = world.url("universal_webhook");
    const body = { name: "Saved", trigger_event_types: [LIVE], actions: [{ operation_id: "getTags" }] };
    const flow = (await ask(`${base}/ui/flows`, { headers, body })).body;

    let sending = true;
    let saves = 0;
    const save = async () => {
      while (sending) {
        const changed = { name: `Saved ${++saves}`, ordered: saves % 2 === 1 };
        const types = saves % 3 === 0 ? [LIVE] : [LIVE, "TAG_UPDATED"];
        const patch = { ...changed, trigger_event_types: types };
        const answer = await ask(`${base}/ui/flows/${flow.id}`, { method: "PUT", headers, body: patch });
        // A database on a busy machine may be late: nothing was saved, and the next save comes at once.
        if (answer.status === 503) continue;
        assertEquals(answer.status, 200, JSON.stringify(answer.body));
      }
    };
    const signed = {
      "clockify-signature": webhooks.find(({ event }) => event === LIVE)!.authToken,
      "clockify-webhook-event-type": LIVE,
    };
    const send = async () => {
      const event = { id: crypto.randomUUID(), workspaceId: world.workspaceId };
      assertEquals((await ask(`${base}/webhooks/clockify/${LIVE}`, { headers: signed, body: event })).status, 200);
    };
    const { sql } = world.database.db;
    let events = 0;
    const sendAll = async () => {
      // Until there were saves enough: a busy machine makes few of them beside the events.
      for (; events < LEAST_EVENTS || saves < LEAST_SAVES; events += 10) {
        await Promise.all(Array.from({ length: 10 }, send));
      }
      await eventually(async () => (await sql`select 1 from event where outcome is null`).length === 0);
    };
    await Promise.all([save(), sendAll().finally(() => sending = false)]);
    const outcomes = await sql<{ outcome: string; reason: string | null; runs: number; count: number }[]>`
      select outcome, reason, runs, count(*)::int as count
      from (select event.id, outcome, reason, count(run.id)::int as runs from event left join run on run.event_id = event.id
            group by event.id, outcome, reason) each_event
      group by outcome, reason, runs`;
    assertEquals(outcomes.map((row) => ({ ...row })), [
      { outcome: "dispatched", reason: null, runs: 1, count: events },
    ]);
  } finally {
    await world.stop();
  }
});
