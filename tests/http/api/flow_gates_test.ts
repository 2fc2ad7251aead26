/** Tests of concurrency, throttle, debounce and order at the doors: how many runs there are at once, which start, and what is said of the others. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../../src/base/clock.ts";
import { NO_CANCELS } from "../../../src/flows/triggers/gated_start.ts";
import { createOnDemand } from "../../../src/flows/triggers/on_demand.ts";
import { createRunBudget } from "../../../src/flows/gates/run_budget.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const UW = "universal_webhook";
const EVENT = "TIMER_STOPPED";

let world: World;
let admin: Record<string, string>;
let installationId: number;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", MAX_RUNS_PER_MINUTE: "60000" } }, async (made) => {
  world = made;
  ({ admin, installationId } = await world.enter(UW));
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url(UW)}/ui${path}`, { headers: admin, ...options });
}

const PAUSE = { kind: "wait", id: "pause", for: "1 h" };

function save(fields: Json): Promise<Answer> {
  const actions = [PAUSE];
  return ui("/flows", {
    body: { name: `Gate ${crypto.randomUUID()}`, trigger_event_types: [EVENT], actions, ...fields },
  });
}

async function create(fields: Json): Promise<Json> {
  const { status, body } = await save(fields);
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

/** Delivers an event and gives its row once its flows were asked. */
async function deliver(fields: Json = {}): Promise<Json> {
  const { workspaceId, simulator } = world;
  const id = crypto.randomUUID();
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id, workspaceId, ...fields } });
  return await eventually(async () => {
    const [row] = (await ui(`/webhooks?q=${id}`)).body.webhooks;
    const failed = world.logs.find(({ level }) => level === "ERROR");
    assertEquals(failed, undefined);
    return row && row.outcome !== "waiting" && row;
  });
}

const runsOf = async ({ id }: Json): Promise<Json[]> => (await ui(`/runs?flow_id=${id}&limit=100`)).body.runs;
const count = (runs: Json[], state: string) => runs.filter((run) => run.state === state).length;

async function remove({ id }: Json) {
  await ui(`/flows/${id}`, { method: "PUT", body: { enabled: false } });
  for (const run of await runsOf({ id })) await ui(`/runs/${run.id}/cancel`, { method: "POST" });
  assertEquals((await ui(`/flows/${id}`, { method: "DELETE" })).status, 200);
}

Deno.test("so many runs of a key are in progress at once; the others wait, and go on when one ends", async () => {
  const flow = await create({ concurrency: { at_once: 2, key: "$.webhook.userId" } });
  assertEquals(flow.concurrency, { at_once: 2, key: "$.webhook.userId", when_full: "queue" });
  for (let n = 0; n < 4; n++) await deliver({ userId: "ann" });
  await deliver({ userId: "bob" });
  const runs = await eventually(async () => {
    const all = await runsOf(flow);
    return count(all, "waiting") === 3 && all;
  });
  assertEquals([runs.length, count(runs, "pending")], [5, 2]);
  const [first] = runs.filter(({ state }) => state === "waiting").slice(-1);
  assertEquals((await ui(`/runs/${first.id}/cancel`, { method: "POST" })).status, 200);
  await eventually(async () => {
    const all = await runsOf(flow);
    return count(all, "waiting") === 3 && count(all, "pending") === 1 && count(all, "cancelled") === 1;
  });
  await remove(flow);
});

Deno.test("with skip what comes beyond is not started, and its event says why; with cancel_oldest the oldest gives way", async () => {
  const skipping = await create({ concurrency: { at_once: 1, when_full: "skip" }, triggers: { api: true } });
  assertEquals((await deliver()).outcome, "dispatched");
  const skipped = await deliver();
  assertEquals([skipped.outcome, skipped.reason], ["skipped", `concurrency_full: "${skipping.name}"`]);
  const refused = await ui(`/flows/${skipping.id}/run`, { body: {} });
  assertProblem(refused, 409, "CONFLICT");
  assertMatch(refused.body.detail, /as its concurrency allows$/);
  assertEquals((await runsOf(skipping)).length, 1);
  await remove(skipping);

  const giving = await create({ concurrency: { at_once: 1, when_full: "cancel_oldest" } });
  await deliver();
  await eventually(async () => count(await runsOf(giving), "waiting") === 1);
  await deliver();
  await eventually(async () => {
    const all = await runsOf(giving);
    return count(all, "cancelled") === 1 && count(all, "waiting") === 1 && all[0].state === "waiting";
  });
  // A run that a worker has when it is cancelled keeps its place for 2 s: it is not the oldest any more.
  await world.database.db.sql`
    update job set state = 'executing', leased_by = 'other', due_at = now() + interval '1 hour', fence = fence + 1
    where finished_at is null and run_id in (select id from run where flow_id = ${
    Number(giving.id)
  } and state = 'waiting')`;
  for (let n = 0; n < 2; n++) await deliver();
  assertEquals(count(await runsOf(giving), "cancelled"), 3);
  await remove(giving);
});

Deno.test("so many runs begin within a time; beyond they are skipped, or begin as soon as they may", async () => {
  const flow = await create({ throttle: { at_most: 2, per: "1 h", key: "$.webhook.userId" }, triggers: { api: true } });
  const outcomes = [];
  for (const userId of ["ann", "ann", "bob", "ann"]) outcomes.push((await deliver({ userId })).outcome);
  assertEquals(outcomes, ["dispatched", "dispatched", "dispatched", "skipped"]);
  assertEquals((await runsOf(flow)).length, 3);
  const input = { userId: "ann" };
  assertMatch((await ui(`/flows/${flow.id}/run`, { body: { input } })).body.detail, /as its throttle allows$/);
  assertEquals((await ui(`/flows/${flow.id}/run`, { body: { input: { userId: "cy" } } })).status, 202);
  await remove(flow);

  const queueing = await create({ throttle: { at_most: 1, per: "1 h", when_over: "queue" } });
  for (let n = 0; n < 3; n++) assertEquals((await deliver()).outcome, "dispatched");
  const { sql } = world.database.db;
  const due = await sql<{ hours: number }[]>`
    select round(extract(epoch from due_at - now()) / 3600)::int as hours from job
    where finished_at is null and run_id in (select id from run where flow_id = ${
    Number(queueing.id)
  } and state = 'pending')
    order by due_at`;
  assertEquals(due.map(({ hours }) => hours), [1, 2]);
  await remove(queueing);
});

Deno.test("what a throttle counts: runs that start, each key by itself up to 10,000, and a debounce does not shorten its delay", async () => {
  const { sql } = world.database.db;
  const full = await create({
    throttle: { at_most: 2, per: "1 h" },
    concurrency: { at_once: 1, when_full: "skip" },
  });
  for (const outcome of ["dispatched", "skipped", "skipped"]) assertEquals((await deliver()).outcome, outcome);
  const [run] = await runsOf(full);
  await ui(`/runs/${run.id}/cancel`, { method: "POST" });
  assertEquals((await deliver()).reason, null);
  await remove(full);

  const keyed = await create({ throttle: { at_most: 1, per: "1 h", key: "$.webhook.userId" } });
  await sql`
    insert into flow_gate (installation_id, flow_id, kind, key, times, expires_at)
    select ${installationId}, ${
    Number(keyed.id)
  }::bigint, 'throttle', 'user' || n, array[now()], now() + interval '1 hour'
    from generate_series(1, 10000) n`;
  const outcomes = [];
  for (const userId of ["user7", "zoe", "yan", "zoe"]) outcomes.push((await deliver({ userId })).outcome);
  assertEquals(outcomes, ["skipped", "dispatched", "skipped", "skipped"]);
  await remove(keyed);

  const both = await create({
    throttle: { at_most: 1, per: "1 h", when_over: "queue" },
    debounce: { wait: "1 s" },
    actions: [{ operation_id: "getTags" }],
  });
  await deliver();
  await eventually(async () => count(await runsOf(both), "completed") === 1);
  for (let n = 0; n < 2; n++) await deliver();
  const [row] = await sql<{ minutes: number }[]>`
    select round(extract(epoch from due_at - now()) / 60)::int as minutes from job
    where finished_at is null and run_id in (select id from run where flow_id = ${Number(both.id)})`;
  assert(row!.minutes > 50 && row!.minutes <= 60, `${row!.minutes}`);
  await remove(both);
});

Deno.test("of events that come one soon after another the last alone starts a run; the others say so", async () => {
  const key = "$.webhook.userId";
  const flow = await create({
    debounce: { key, wait: "1 h", max_wait: "2 h" },
    actions: [{ operation_id: "getTags" }],
  });
  const [first, second] = [await deliver({ userId: "ann" }), await deliver({ userId: "ann" })];
  await deliver({ userId: "bob" });
  const last = await deliver({ userId: "ann" });
  const runs = await runsOf(flow);
  assertEquals([runs.length, count(runs, "pending")], [2, 2]);
  assert(runs.some(({ event_id }) => event_id === last.id));
  for (const { id } of [first, second]) {
    const { outcome, reason } = (await ui(`/webhooks/${id}`)).body;
    assertEquals([outcome, reason], ["skipped", `debounced: "${flow.name}"`]);
  }
  assertEquals(last.outcome, "dispatched");
  // Its time comes: the run begins, and the next event starts another.
  const { sql } = world.database.db;
  await sql`update job set due_at = now() where finished_at is null and run_id = (
    select id from run where flow_id = ${Number(flow.id)} and event_id = ${Number(last.id)})`;
  await eventually(async () => count(await runsOf(flow), "completed") === 1);
  await deliver({ userId: "ann" });
  assertEquals((await runsOf(flow)).length, 3);
  await remove(flow);
});

/** Delivers so many events at the same moment and gives their rows, once all their flows were asked. */
async function deliverAtOnce(howMany: number, fields: Json = {}): Promise<Json[]> {
  return await Promise.all(Array.from({ length: howMany }, () => deliver(fields)));
}

Deno.test("the run that a debounce has wait knows the rounds that led to its last event", async () => {
  const flow = await create({ trigger_event_types: [EVENT, "flow:changed"], debounce: { wait: "1 h" } });
  const emitting = await create({
    trigger_event_types: [],
    triggers: { api: true },
    actions: [{ type: "emit_event", event: "changed" }],
  });
  const chain = async () => {
    const [run] = await world.database.db.sql<{ chain: number }[]>`
      select chain from run where flow_id = ${Number(flow.id)}`;
    return run!.chain;
  };
  await deliver();
  assertEquals(await chain(), 0);
  await ui(`/flows/${emitting.id}/run`, { body: { input: {} } });
  await eventually(async () => await chain() === 1);
  await deliver();
  assertEquals([await chain(), (await runsOf(flow)).length], [0, 1]);
  for (const one of [flow, emitting]) await remove(one);
});

Deno.test("events that come at the same moment find the runs of one another", async () => {
  const many = 20;
  const wait = { debounce: { wait: "1 h", key: "$.webhook.userId" } };
  const debounced = await create(wait);
  const skipping = await create({ concurrency: { at_once: 2, when_full: "skip" } });
  const giving = await create({ concurrency: { at_once: 1, when_full: "cancel_oldest" } });
  const queueing = await create({ concurrency: { at_once: 4 } });
  const events = await deliverAtOnce(many, { userId: "ann" });
  await deliverAtOnce(1, { userId: "bob" });
  const held = (why: string, { name }: Json) =>
    events.filter(({ reason }) => reason?.includes(`${why}: ${JSON.stringify(name)}`)).length;
  assertEquals([(await runsOf(debounced)).length, (await runsOf(skipping)).length], [2, 2]);
  assertEquals(held("concurrency_full", skipping), many - 2);
  await eventually(async () => {
    const runs = await runsOf(giving);
    return runs.length === many + 1 && count(runs, "cancelled") === many && count(runs, "waiting") === 1;
  });
  await eventually(async () => count(await runsOf(queueing), "waiting") === 4);
  for (const flow of [debounced, skipping, giving, queueing]) await remove(flow);
});

Deno.test("a step that would wait for a run which waits for its own fails with the reason", async () => {
  const way = { trigger_event_types: [], triggers: { api: true }, concurrency: { at_once: 1 } };
  const runs = (flow_id: string, wait: boolean) => [{ id: "call", type: "run_flow", flow_id: Number(flow_id), wait }];
  const outer = await create(way);
  const inner = await create({ ...way, concurrency: null, actions: runs(outer.id, true) });
  const run = async (wait: boolean) => {
    assertEquals(
      (await ui(`/flows/${outer.id}`, { method: "PUT", body: { actions: runs(inner.id, wait) } })).status,
      200,
    );
    const { body } = await ui(`/flows/${outer.id}/run`, { body: { input: {} } });
    return await eventually(async () => {
      const { body: { state, error } } = await ui(`/runs/${body.run_id}`);
      return state !== "pending" && state !== "running" && state !== "waiting" && { state, error };
    });
  };
  const { state, error } = await run(true);
  assertEquals([state, error.code], ["failed", "CONFLICT"]);
  assertMatch(error.message, /would wait for the end of this one, which waits for it: concurrency or order lets one/);
  assertEquals((await runsOf(outer)).length, 1);
  // What no one waits for ends, and those behind it in its line go on.
  await ui(`/flows/${inner.id}`, { method: "PUT", body: { actions: runs(outer.id, false) } });
  assertEquals((await run(true)).state, "completed");
  await ui(`/flows/${inner.id}`, { method: "PUT", body: { enabled: false } });
  for (const flow of [outer, inner]) await remove(flow);
});

/** Two flows, of each a run that holds its line; with the next event each runs the other flow and waits. Those they start end at once. */
async function beginCircle(
  leftCall: (call: Json) => Json = (call) => call,
): Promise<{ flows: Json[]; all(): Promise<Json[]> }> {
  const flow = { trigger_event_types: [], triggers: { api: true }, concurrency: { at_once: 1 } };
  const actions = (flow_id: string, wrap = (call: Json): Json => call) => [{
    kind: "branch",
    id: "first",
    cases: [{
      if: { field: "first", operator: "exists" },
      actions: [
        { kind: "wait", id: "start", event: { event_types: [EVENT] }, deadline: "1 h" },
        wrap({ id: "call", type: "run_flow", flow_id: Number(flow_id), wait: true }),
      ],
    }],
  }];
  const left = await create(flow);
  const right = await create({ ...flow, actions: actions(left.id) });
  const given = { actions: actions(right.id, leftCall) };
  assertEquals((await ui(`/flows/${left.id}`, { method: "PUT", body: given })).status, 200);
  for (const { id } of [left, right]) {
    assertEquals((await ui(`/flows/${id}/run`, { body: { input: { first: true } } })).status, 202);
  }
  const all = async () => [...await runsOf(left), ...await runsOf(right)];
  await eventually(async () => count(await all(), "waiting") === 2);
  await deliver();
  return { flows: [left, right], all };
}

const isOver = ({ state }: Json) => !["pending", "running", "waiting"].includes(state);

Deno.test("of two runs that each hold a line and wait for the other's one ends, with the reason, also where both start at once", async () => {
  const { flows, all } = await beginCircle();
  const ended = await eventually(async () => {
    const runs = await all();
    return runs.length > 2 && runs.every(isOver) && runs;
  });
  const failed = ended.filter(({ state }) => state === "failed");
  assertEquals([failed.length, count(ended, "completed")], [1, 2], JSON.stringify(ended));
  const { body: { error } } = await ui(`/runs/${failed[0]!.id}`);
  assertEquals(error.code, "CONFLICT");
  assertMatch(error.message, /would wait for the end of this one, which waits for it: concurrency or order lets one/);
  for (const one of flows) await remove(one);
});

Deno.test("a run that another of its branches lets go on is not ended for what one branch waits for", async () => {
  const { flows, all } = await beginCircle((call) => ({
    kind: "parallel",
    id: "either",
    join: "any",
    branches: [
      { actions: [call] },
      { actions: [{ kind: "wait", id: "other", event: { event_types: [EVENT] }, deadline: "1 h" }] },
    ],
  }));
  // Their states are those of before until a walk ends; what each branch waits for tells that it has. An event that comes before is missed.
  const [left] = flows;
  await eventually(async () => {
    const [row] = await world.database.db.sql<{ waits: number }[]>`
      select count(*)::int as waits from wait join run on run.id = wait.run_id
      where run.flow_id = ${Number(left!.id)} and wait.path like '%/other'`;
    return row!.waits > 0 && count(await all(), "pending") === 2;
  });
  await deliver();
  const ended = await eventually(async () => {
    const runs = await all();
    return runs.every(isOver) && runs;
  });
  // The run that the decided branch had started is cancelled, unless its turn came first.
  const completed = count(ended, "completed");
  assertEquals([completed >= 3, completed + count(ended, "cancelled")], [true, 4], JSON.stringify(ended));
  for (const one of flows) await remove(one);
});

Deno.test("two instances count as one", async () => {
  const flow = await create({ concurrency: { at_once: 3, when_full: "skip" }, triggers: { api: true } });
  const throttled = await create({ throttle: { at_most: 5, per: "1 h" }, triggers: { api: true } });
  const instances = [1, 2].map(() =>
    createOnDemand({
      db: world.database.db,
      cancels: NO_CANCELS,
      budget: createRunBudget({ perMinute: 60_000, clock: systemClock }),
      flowsEnabled: () => Promise.resolve(true),
      wake: () => {},
    })
  );
  const installation = { id: installationId, addon: UW };
  const asked = Array.from(
    { length: 20 },
    (_, n) =>
      [flow, throttled].map(({ id }) =>
        instances[n % 2]!.start(installation, { flowId: Number(id), via: "api", input: {} }).catch(({ code }) => code)
      ),
  );
  const answers = await Promise.all(asked.flat());
  assertEquals(answers.filter((one) => one === "CONFLICT").length, 32);
  assertEquals([(await runsOf(flow)).length, (await runsOf(throttled)).length], [3, 5]);
  await remove(flow);
  await remove(throttled);
  const { body: metrics } = await ask(`${world.url(UW)}/metrics`);
  assertMatch(metrics, /^runs_held_back_total\{service="universal-webhook",why="throttled"\} [1-9]/m);
});

Deno.test("what a flow says of it is checked when it is saved", async () => {
  const refused = await save({
    order_key: "$.webhook.userId",
    concurrency: { at_once: 0, when_full: "drop", keys: "x" },
    debounce: { wait: "soon" },
    throttle: { at_most: 5, per: "2 days", key: "{{ nope( }}" },
  });
  assertProblem(refused, 422, "FLOW_INVALID");
  assertEquals(refused.body.faults.map(({ path }: Json) => path), [
    "concurrency.at_once",
    "concurrency.when_full",
    "concurrency.keys",
    "debounce.wait",
    "throttle.key",
    "throttle.per",
    "order_key",
  ]);
  const both = await save({ ordered: true, concurrency: { at_once: 2 } });
  assertEquals(both.body.faults.map(({ path }: Json) => path), ["concurrency"]);
  const ordered = await create({ ordered: true, order_key: "$.webhook.userId" });
  await deliver({ userId: "ann" });
  await deliver({ userId: "ann" });
  const [key] = await world.database.db.sql<{ order_key: string }[]>`
    select distinct job.order_key from job join run on run.id::text = job.payload->>'run_id'
    where job.kind = 'run' and run.flow_id = ${Number(ordered.id)}`;
  assertEquals(key!.order_key, `flow:${ordered.id}:ann`);
  await remove(ordered);
});
