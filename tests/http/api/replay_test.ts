/** Tests of POST /ui/webhooks/replay and /ui/webhooks/{id}/replay: who may, what is left out and why, and one set of runs per replay. */

import { assertEquals, assertMatch } from "@std/assert";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", MAX_RUNS_PER_MINUTE: "60000" } }, async (made) => {
  world = made;
  ({ admin, member } = await world.enter("universal_webhook"));
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

function replay(body: Json, headers = admin): Promise<Answer> {
  return ui("/webhooks/replay", { headers, body });
}

async function create(fields: Json = {}): Promise<Json> {
  const body = { name: "Read", trigger_event_types: [EVENT], actions: [{ operation_id: "getTags" }], ...fields };
  const answer = await ui("/flows", { body });
  assertEquals(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

async function remove(...flows: Json[]) {
  for (const { id } of flows) assertEquals((await ui(`/flows/${id}`, { method: "DELETE" })).status, 200);
}

/** Delivers one event and waits until its flows were asked; gives its row. */
async function deliver(fields: Json = {}): Promise<Json> {
  const { workspaceId, simulator } = world;
  const id = crypto.randomUUID();
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id, workspaceId, ...fields } });
  return await eventually(async () => {
    const [row] = (await ui(`/webhooks?q=${id}`)).body.webhooks;
    return row && row.outcome !== "waiting" && row;
  });
}

async function runsOf({ id }: Json): Promise<Json[]> {
  return (await ui(`/webhooks/${id}`)).body.runs;
}

async function completed(event: Json, count: number): Promise<Json[]> {
  return await eventually(async () => {
    const runs = await runsOf(event);
    return runs.length === count && runs.every(({ status }) => status === "COMPLETED") && runs;
  });
}

Deno.test("an event stored before its flow is replayed: the flow runs once, with an Idempotency-Key of its own", async () => {
  const event = await deliver();
  assertEquals([event.outcome, event.reason], ["skipped", "no_flow"]);
  const before = await replay({ ids: [event.id], flows: "all" });
  assertEquals(before.body, {
    dry_run: false,
    message: "0 runs are retried, 0 new runs",
    events: 0,
    retried: 0,
    runs: 0,
    flows: [],
    skipped: [{ id: event.id, reason: "no_flow" }],
    notes: [],
  });

  const body = { start: "2026-11-20T09:00:00Z", end: "2026-11-20T09:30:00Z", description: "$.webhook.id" };
  const flow = await create({ actions: [{ operation_id: "createTimeEntry", body }] });
  const dry = await replay({ ids: [event.id], flows: "all", dry_run: true });
  const once = { flow_id: flow.id, name: flow.name, retried: 0, from_steps: [], runs: 1, repeated: 0 };
  const counts = { events: 1, retried: 0, runs: 1, flows: [once], skipped: [], notes: [] };
  assertEquals(dry.body, { dry_run: true, message: "0 runs will be retried, 1 new run", ...counts });
  assertEquals(await runsOf(event), []);

  const first = await replay({ ids: [event.id], flows: "all" });
  assertEquals(first.status, 200, JSON.stringify(first.body));
  const { replay: number } = first.body;
  assertEquals(first.body, {
    dry_run: false,
    message: "0 runs are retried, 1 new run",
    ...counts,
    replay: number,
  });
  await completed(event, 1);
  const { outcome, reason } = (await ui(`/webhooks/${event.id}`)).body;
  assertEquals([outcome, reason], ["dispatched", null]);

  const again = await ui(`/webhooks/${event.id}/replay`, { body: { flows: [flow.id] } });
  assertEquals(again.body.replay, number + 1);
  assertEquals([again.body.runs, again.body.flows], [1, [{ ...once, repeated: 1 }]]);
  assertEquals(again.body.notes, [
    `Flow "${flow.name}" ran before for 1 of these events: it starts again at step 1, and what it did is done twice`,
  ]);
  const runs = await completed(event, 2);
  assertEquals(runs.map(({ flow_id }) => flow_id), [flow.id, flow.id]);
  const sent = world.simulator.requests.filter(({ method, path }) =>
    method === "POST" && path.endsWith("/time-entries")
  );
  assertEquals(new Set(sent.map(({ headers }) => headers["idempotency-key"])).size, 2);
  const { body: metrics } = await ask(`${world.url("universal_webhook")}/metrics`);
  assertMatch(metrics, /^events_replayed_total\{service="universal-webhook"\} 2$/m);
  await remove(flow);
});

Deno.test("twenty replays of one event at once are twenty sets of runs", async () => {
  const flows = [await create(), await create({ name: "Read too" })];
  const event = await deliver();
  await completed(event, 2);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => replay({ ids: [event.id, event.id], flows: "all" })),
  );
  for (const { status, body } of answers) assertEquals([status, body.events, body.runs], [200, 1, 2]);
  assertEquals(new Set(answers.map(({ body }) => body.replay)).size, 20);
  await completed(event, 42);
  const { sql } = world.database.db;
  const sets = await sql<{ replay: number; count: number }[]>`
    select replay, count(*)::int as count from run where event_id = ${
    Number(event.id)
  } group by replay order by replay`;
  assertEquals(sets.map(({ count }) => count), Array(21).fill(2));
  await remove(...flows);
});

Deno.test("flow_id has one flow run alone; an event that no flow wants stays as it was", async () => {
  const [one, other] = [await create(), await create({ name: "Other" })];
  const picky = await create({
    name: "Picky",
    conditions: { type: "ALL", rules: [{ field: "billable", operator: "==", value: true }] },
  });
  const event = await deliver({ billable: false });
  await completed(event, 2);
  const narrow = await replay({ ids: [event.id], flow_id: other.id });
  assertEquals([narrow.body.events, narrow.body.runs], [1, 1]);
  const runs = await completed(event, 3);
  assertEquals(runs.map(({ flow_id }) => flow_id), [one.id, other.id, other.id]);

  const unmatched = await replay({ ids: [event.id], flow_id: picky.id });
  assertEquals(unmatched.body.skipped, [{ id: event.id, reason: "no_match" }]);
  assertProblem(await replay({ ids: [event.id], flow_id: "999999" }), 404, "NOT_FOUND");
  await remove(one, other, picky);
  const later = await deliver();
  assertEquals((await replay({ ids: [later.id], flows: "all" })).body.skipped, [{
    id: later.id,
    reason: "no_flow",
  }]);
  const shown = (await ui(`/webhooks/${later.id}`)).body;
  assertEquals([shown.outcome, shown.reason], ["skipped", "no_flow"]);
});

Deno.test("ids of other workspaces and of no event are left out, with the reason", async () => {
  const flow = await create();
  const event = await deliver();
  const [, other] = await world.simulator.workspaces();
  await world.install("universal_webhook", other!.id);
  const strange = await world.viewer("universal_webhook", { workspaceId: other!.id, userId: other!.users[0]!.id });
  const { body } = await replay({ ids: [event.id, "999999"] }, strange);
  assertEquals([body.events, body.skipped], [0, [
    { id: event.id, reason: "not_found" },
    { id: "999999", reason: "not_found" },
  ]]);
  const mixed = await replay({ ids: ["999999", event.id], flows: "all", dry_run: true });
  assertEquals([mixed.body.events, mixed.body.skipped], [1, [{ id: "999999", reason: "not_found" }]]);
  const one = `/webhooks/${event.id}/replay`;
  assertProblem(await ui(one, { headers: strange, body: {} }), 404, "NOT_FOUND");
  assertProblem(await ui("/webhooks/999999/replay", { body: {} }), 404, "NOT_FOUND");
  await remove(flow);
});

Deno.test("where flows are off or the add-on is switched off, the answer says so and nothing runs", async () => {
  const flow = await create();
  const event = await deliver();
  await completed(event, 1);
  const { sql } = world.database.db;
  const installation = (await world.simulator.listInstallations()).find((one) =>
    one.workspaceId === world.workspaceId
  )!;
  const setFlows = async (value: boolean) => {
    await world.simulator.updateSettings({ addonId: installation.addonId, settings: [{ id: "enable_flows", value }] });
    await eventually(async () =>
      (await ui("/settings")).body.settings.some((one: Json) => one.id === "enable_flows" && one.value === value)
    );
  };
  await setFlows(false);
  assertEquals((await replay({ ids: [event.id], flows: "all" })).body.skipped, [{
    id: event.id,
    reason: "flows_off",
  }]);
  await setFlows(true);
  await sql`update installation set status = 'inactive' where workspace_id = ${world.workspaceId}`;
  const inactive = await replay({ ids: [event.id], flows: "all" });
  assertEquals(inactive.body.skipped, [{ id: event.id, reason: "installation_inactive" }]);
  await sql`update installation set status = 'active' where workspace_id = ${world.workspaceId}`;
  assertEquals((await runsOf(event)).length, 1);
  await remove(flow);
});

Deno.test("members may not, and a request that does not say what is refused", async () => {
  const event = await deliver();
  assertProblem(await replay({ ids: [event.id] }, member), 403, "ROLE_INSUFFICIENT");
  assertProblem(await replay({ ids: [event.id], dry_run: true }, member), 403, "ROLE_INSUFFICIENT");
  assertProblem(
    await ui(`/webhooks/${event.id}/replay`, { headers: member, body: {} }),
    403,
    "ROLE_INSUFFICIENT",
  );
  const tooMany = Array.from({ length: 501 }, (_, index) => String(index + 1));
  for (
    const body of [{}, [], { ids: [] }, { ids: "1" }, { ids: [1] }, { ids: ["x"] }, { ids: ["0"] }, { ids: tooMany }]
      .concat([{ ids: ["1"], dry_run: "yes" } as Json, { ids: ["1"], flow_id: 1 }, { ids: ["1"], surprise: 1 }])
      .concat([
        { ids: ["1"], flows: [] },
        { ids: ["1"], flows: "none" },
        { ids: ["1"], flows: ["x"] },
        { ids: ["1"], flows: Array.from({ length: 21 }, (_, index) => String(index + 1)) },
        { ids: ["1"], flows: "all", flow_id: "1" },
        { ids: ["1"], flows: "all", version: "same" },
        { ids: ["1"], version: "old" },
      ] as Json[])
  ) assertProblem(await replay(body), 400, "REQUEST_INVALID");
});
