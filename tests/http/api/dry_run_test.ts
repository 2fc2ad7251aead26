/** Tests of POST /ui/flows/test: what a draft would do is told as it would be done, faults beside it, and nothing is sent. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { NEEDS_PROJECT_FLOW } from "../../../src/simulator/demo_flow.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";
const START = "2026-11-20T09:00:00Z";

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({
  env: { API_RATE_LIMIT_RPS: "100000", UW_ENABLE_GENERIC_HTTP_ACTIONS: "true", POLL_MINUTES: "0" },
}, async (made) => {
  world = made;
  await world.install("universal_webhook");
  // Its own reads would be counted as those of the dry run.
  const seen = () => world.simulator.requests.length;
  admin = await world.viewer("universal_webhook");
  member = await world.viewer("universal_webhook", { userId: world.memberId });
  await eventually(async () => (await ui("/bootstrap")).body.status === "COMPLETE" && seen() > 0);
});

/** Calls that a flow of these tests could make; Timewire's own reads of webhooks and settings are none of them. */
function calls(): number {
  return world.simulator.requests.filter(({ path }) => /\/(tags|clients|time-entries)\b/.test(path)).length;
}

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

async function dryRun(definition: unknown, { id }: Json, reads = "assumed"): Promise<Json> {
  const { status, body } = await ui("/flows/test", { body: { definition, event_id: id, reads } });
  assertEquals(status, 200, JSON.stringify(body));
  assertEquals(body.sent, 0);
  return body;
}

/** Delivers an event and gives its row once its flows were asked. */
async function deliver(fields: Json = {}): Promise<Json> {
  const { workspaceId, simulator } = world;
  const id = crypto.randomUUID();
  const timeInterval = { start: START, end: "2026-11-20T09:30:00Z" };
  const payload = { id, workspaceId, timeInterval, billable: true, tagIds: ["t1"], ...fields };
  await simulator.deliver({ workspaceId, event: EVENT, payload });
  return await eventually(async () => {
    const [row] = (await ui(`/webhooks?q=${id}`)).body.webhooks;
    return row && row.outcome !== "waiting" && { ...row, entityId: id };
  });
}

const draft = (...actions: Json[]) => ({ name: "Draft", trigger_event_types: [EVENT], actions });
const LAST = "$.action_1_result.id";

Deno.test("the demo's flow on a stored event: each request as it would be made, and none is made", async () => {
  const event = await deliver({ projectId: null });
  const asked = calls();
  const body = await dryRun(NEEDS_PROJECT_FLOW, event);
  assertEquals(body.event, { id: event.id, event_type: EVENT, received_at: event.received_at });
  assertEquals([body.faults, body.triggered, body.matched], [[], true, true]);
  assertEquals(body.rules, [{
    path: "conditions.rules[0]",
    field: "$.webhook.projectId",
    operator: "exists",
    expected: false,
    matched: true,
    actual: null,
    reason: null,
  }]);
  const base = `/v1/workspaces/${world.workspaceId}`;
  const [find, set] = body.actions;
  assertEquals(find, {
    id: "find_tag",
    index: 0,
    type: "clockify",
    would_run: true,
    request: {
      method: "POST",
      url: `${base}/tags`,
      query: {},
      headers: {},
      body: { name: "needs-project" },
      reads: "getTags",
    },
    problem: null,
    waits_for: [],
    sample_from: null,
    change: {
      mode: "find",
      noun: "tag",
      reads: "getTags",
      before: null,
      after: null,
      changed: [],
      loses: [],
      summary: 'Looks for the tag of exactly this name, "needs-project", and makes it when there is none.',
    },
    read: { state: "assumed", operation: "getTags", problem: null },
    values: [],
  });
  assertEquals(set.request, {
    method: "PUT",
    url: `${base}/time-entries/${event.entityId}`,
    query: {},
    headers: {},
    body: { tagIds: { $add: LAST } },
    reads: "getTimeEntry",
  });
  const before = { start: START, end: "2026-11-20T09:30:00Z", billable: true, tagIds: ["t1"] };
  assertEquals(set.change, {
    mode: "merge",
    noun: "time entry",
    reads: "getTimeEntry",
    before,
    after: { ...before, tagIds: ["t1", LAST] },
    changed: [{ field: "tagIds", before: ["t1"], after: ["t1", LAST] }],
    loses: [],
    summary: "Changes tagIds of the time entry; everything else stays.",
  });
  const at = 'actions[1].body.tagIds["$add"]';
  assertEquals(set.waits_for, [{ at, expression: LAST, needs: "action_1_result" }]);
  assertEquals(set.values.find((one: Json) => one.at === "actions[1].path_params.id"), {
    at: "actions[1].path_params.id",
    template: "$.webhook.id",
    value: event.entityId,
  });
  assertEquals(set.values.find((one: Json) => one.at === at), { at, template: LAST });
  assertEquals([set.would_run, set.problem, set.sample_from], [true, null, null]);
  assertEquals(set.read, { state: "assumed", operation: "getTimeEntry", problem: null });
  assertEquals(body.reads_made, 0);

  const other = await dryRun(NEEDS_PROJECT_FLOW, await deliver({ projectId: "p1" }));
  assertEquals([other.triggered, other.matched], [true, false]);
  assertEquals(other.actions.map(({ would_run }: Json) => would_run), [false, false]);
  const elsewhere = await dryRun({ ...NEEDS_PROJECT_FLOW, trigger_event_types: ["NEW_TAG"] }, event);
  assertEquals([elsewhere.triggered, elsewhere.matched, elsewhere.actions[0].would_run], [false, true, false]);
  assertStrictEquals(calls(), asked);
  const { sql } = world.database.db;
  assertEquals([...await sql`select id from run`], []);
});

Deno.test("a change says what it changes, and a replace what it loses", async () => {
  const event = await deliver({ description: "Call", projectId: "p1" });
  const id = "$.webhook.id";
  const update = (fields: Json) => ({ operation_id: "updateTimeEntry", path_params: { id }, ...fields });
  const body = await dryRun(
    draft(
      update({ body: { description: "Call" } }),
      update({ body: { projectId: "p2" } }),
      update({ path_params: { id: "e9" }, body: { billable: false } }),
      update({ body: { start: START }, replace: true }),
      update({ path_params: { id: "e9" }, body: { start: START, end: START }, replace: true }),
      { operation_id: "updateMemberships", path_params: { projectId: "p1" }, body: { memberships: [] } },
      { operation_id: "getTags" },
    ),
    event,
  );
  assertEquals(body.faults, []);
  const [same, moved, other, replaced, unknown, members, read] = body.actions.map(({ change }: Json) => change);
  assertEquals([same.changed, same.after], [[], same.before]);
  assertEquals(same.summary, "Changes nothing: the time entry is so already, and nothing is written.");
  assertEquals(moved.changed, [{ field: "projectId", before: "p1", after: "p2" }]);
  assertEquals([other.before, other.changed], [null, [{ field: "billable", before: null, after: false }]]);
  assertMatch(other.summary, /^The time entry is read when the step runs; only billable changes/);
  assertEquals(replaced.loses, [
    { field: "end", before: "2026-11-20T09:30:00Z" },
    { field: "billable", before: true },
    { field: "description", before: "Call" },
    { field: "projectId", before: "p1" },
    { field: "tagIds", before: ["t1"] },
  ]);
  assertEquals(
    replaced.summary,
    "Replaces the whole time entry: end (the timer would run again), billable, description, projectId and tagIds would be lost.",
  );
  assertEquals([unknown.before, unknown.reads], [null, null]);
  assertMatch(unknown.summary, /customFields and type would be lost where set\.$/);
  assertMatch(members.summary, /members that the list does not name/);
  assertEquals(read, null);
});

Deno.test("results of earlier steps come from the stored flow's last run, where the step is the same", async () => {
  const stored = await ui("/flows", {
    body: {
      ...draft(
        { id: "tags", operation_id: "getTags" },
        { id: "again", operation_id: "getTag", path_params: { id: "$.action_1_result[0].id" } },
      ),
      enabled: true,
    },
  });
  assertEquals(stored.status, 201, JSON.stringify(stored.body));
  const event = await deliver();
  const run = await eventually(async () => {
    const [run] = (await ui(`/webhooks/${event.id}`)).body.runs;
    return run?.status === "COMPLETED" && run;
  });
  const [tag] = (await ui(`/flows/${stored.body.id}/executions`)).body.executions[0].actions[0].result;
  const asked = calls();
  const shown = await dryRun(stored.body, event);
  assertEquals([shown.faults, shown.actions[0].sample_from, shown.actions[1].sample_from], [[], null, run.run_id]);
  assertEquals(shown.actions[1].request.url, `/v1/workspaces/${world.workspaceId}/tags/${tag.id}`);
  assertEquals(shown.actions[1].waits_for, []);

  const changed = { ...stored.body, actions: [{ id: "tags", operation_id: "getClients" }, stored.body.actions[1]] };
  const waiting = (await dryRun(changed, event)).actions[1];
  assertEquals([waiting.sample_from, waiting.waits_for[0].needs], [null, "action_1_result"]);
  assertEquals(waiting.request.url, `/v1/workspaces/${world.workspaceId}/tags/$.action_1_result[0].id`);
  assertStrictEquals(calls(), asked);
  await ui(`/flows/${stored.body.id}`, { method: "DELETE" });
});

Deno.test("a draft with faults is tried as far as it can be read", async () => {
  const event = await deliver();
  const body = await dryRun({
    ...draft(
      { operation_id: "noSuchOperation" },
      { operation_id: "getTag", path_params: { id: "{{ upper( }}" } },
      { operation_id: "getTag", path_params: { id: "{{ divide(1, 0) }}" } },
      { operation_id: "getTags", query_params: { name: "{{ upper($.webhook.id) }}" } },
      { surprise: true },
    ),
    conditions: {
      type: "ALL",
      rules: [{ field: "billable", operator: "==", value: true }, { field: "id", operator: "sounds like", value: 1 }],
    },
  }, event);
  const paths = body.faults.map(({ path }: Json) => path);
  for (
    const path of ["conditions.rules[1].operator", "actions[0].operation_id", "actions[1].path_params.id"]
      .concat("actions[4].surprise")
  ) assert(paths.includes(path), `${path} in ${paths}`);
  assertEquals([body.triggered, body.matched], [true, null]);
  assertEquals(body.rules.map(({ path, matched }: Json) => [path, matched]), [["conditions.rules[0]", true]]);
  const [unknown, unreadable, failing, fine, shapeless] = body.actions;
  assertMatch(unknown.problem, /noSuchOperation/);
  assertMatch(unreadable.problem, /path_params\.id/);
  assertMatch(failing.problem, /divide by zero/);
  assertMatch(failing.values[0].problem, /divide by zero/);
  assertStrictEquals(fine.request.query.name, event.entityId.toUpperCase());
  assertEquals([shapeless.request, shapeless.would_run], [null, false]);
});

Deno.test("secrets of http actions stay hidden, those that are stored too", async () => {
  const event = await deliver({ token: "marker-from-event" });
  const action = {
    type: "http",
    url: "https://hooks.example.com/{{$.webhook.id}}?token={{$.webhook.token}}",
    headers: {
      authorization: "Bearer marker-secret",
      "x-api-key": "{{$.webhook.token}}",
      "x-plain": "{{$.webhook.id}}",
    },
    body: { who: "$.webhook.id", password: "marker-secret" },
  };
  const fresh = await dryRun(draft(action), event);
  assertEquals(fresh.faults, []);
  const stored = await ui("/flows", { body: { ...draft(action), enabled: false } });
  assertEquals(stored.status, 201, JSON.stringify(stored.body));
  const kept = await dryRun(stored.body, event);
  assertEquals(kept.faults, [], "what is stored need not be given again");
  for (const { actions: [tried] } of [fresh, kept]) {
    assertNotMatch(JSON.stringify(tried), /marker/);
    assertEquals(tried.problem, null);
    assert(tried.request.url.startsWith(`https://hooks.example.com/${event.entityId}?token=`), tried.request.url);
    assertStrictEquals(tried.request.headers["x-plain"], event.entityId);
    assertEquals(tried.request.body, { who: event.entityId, password: "[redacted]" });
  }
  const { id: _, ...stranger } = stored.body;
  const masked = await dryRun(stranger, event);
  assert(masked.faults.some(({ path }: Json) => path === "actions[0].headers.authorization"));

  // What the draft of the flow has, and its published version has not.
  const id = stored.body.id;
  const inDraft = { ...action, headers: { ...action.headers, cookie: "marker-secret" } };
  const saved = await ui(`/flows/${id}/draft`, { method: "PUT", body: { definition: draft(inDraft) } });
  assertEquals([saved.status, saved.body.faults], [200, []], JSON.stringify(saved.body));
  const drafted = await dryRun({ id, ...saved.body.definition }, event);
  assertEquals([drafted.faults, drafted.actions[0].request.headers.cookie], [[], "[redacted]"]);
  assertNotMatch(JSON.stringify(drafted), /marker/);
  const published = await dryRun({ ...saved.body.definition, id: undefined }, event);
  assert(published.faults.some(({ path }: Json) => path === "actions[0].headers.cookie"));
  await ui(`/flows/${stored.body.id}`, { method: "DELETE" });
});

Deno.test("a large value is cut, and a trial cannot give without end", async () => {
  const event = await deliver({ long: "x".repeat(200_000) });
  const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`f${index}`, "$.webhook.long"]));
  const started = await ui("/flows/test", {
    body: { definition: draft(...Array(50).fill({ operation_id: "createTag", body: many })), event_id: event.id },
  });
  assertEquals(started.status, 200);
  assert(JSON.stringify(started.body).length < 10_000_000);
  assertMatch(started.body.actions[0].problem, /over 5000000 characters/);
  assertMatch(started.body.actions[49].problem, /over 20000000 characters/);
  const [value] = started.body.actions[0].values;
  assertEquals([value.value.truncated, value.value.text.length], [true, 5_000]);
});

Deno.test("any JSON as a draft is tried or refused, and never fails", async () => {
  const event = await deliver();
  const text = fc.oneof(
    fc.constantFrom(
      "$.webhook.id",
      "{{ length($.webhook) }}",
      "$.action_1_result.id",
      "{{ $.steps }}",
      "{{",
      "$.",
      "__proto__",
    ),
    fc.string({ maxLength: 12 }),
  );
  const { any } = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.constantFrom(null, true, 0, -1.5, 1e300),
      fc.array(tie("any"), { maxLength: 4 }),
      fc.dictionary(text, tie("any"), { maxKeys: 4 }),
    ),
  }));
  const action = fc.record({
    id: fc.oneof(text, any),
    type: fc.constantFrom("clockify", "http", "GENERIC_HTTP", 1),
    operation_id: fc.oneof(fc.constantFrom("getTags", "updateTimeEntry", "create", "GET /x"), any),
    url: text,
    method: fc.constantFrom("GET", "POST", "X"),
    as_user: text,
    path_params: fc.oneof(any, fc.dictionary(fc.constantFrom("id", "workspaceId"), any)),
    query_params: any,
    headers: fc.oneof(any, fc.dictionary(fc.constantFrom("authorization", "x"), text)),
    query: any,
    body: any,
    retry: any,
  }, { requiredKeys: [] });
  const definition = fc.oneof(
    any,
    fc.record({
      id: text,
      name: fc.oneof(text, any),
      trigger_event_types: fc.oneof(any, fc.constant([EVENT])),
      trigger_source: fc.constantFrom("CUSTOM", "CLOCKIFY", 1),
      conditions: fc.oneof(any, fc.record({ type: text, rules: fc.array(any) }), fc.record({ not: any, all: any })),
      actions: fc.oneof(any, fc.array(fc.oneof(action, any), { maxLength: 4 })),
    }, { requiredKeys: [] }),
  );
  const property = fc.asyncProperty(definition, async (draft) => {
    const { status, body } = await ui("/flows/test", { body: { definition: draft, event_id: event.id } });
    assert([200, 400, 422].includes(status), `${status} ${JSON.stringify(body)}`);
    if (status === 200) assert(Array.isArray(body.faults) && Array.isArray(body.actions));
  });
  await fc.assert(property, { numRuns: 300 });
});

Deno.test("a sample of an event is tried as the event would be, one of an input as the run would find it, and neither is stored", async () => {
  const trySample = async (definition: Json, sample: Json): Promise<Json> => {
    const { status, body } = await ui("/flows/test", { body: { definition, sample, reads: "assumed" } });
    assertEquals(status, 200, JSON.stringify(body));
    return body;
  };
  const event = await deliver({ projectId: null });
  const { body: { payload } } = await ui(`/webhooks/${event.id}`);
  const { event: _, ...stored } = await dryRun(NEEDS_PROJECT_FLOW, event);
  const { event: tried, ...sampled } = await trySample(NEEDS_PROJECT_FLOW, { event_type: EVENT, body: payload });
  assertEquals(sampled, stored);
  assertEquals([tried.id, tried.event_type], [null, EVENT]);
  const other = await trySample(NEEDS_PROJECT_FLOW, { event_type: "NEW_TAG", body: payload });
  assertEquals([other.triggered, other.actions.some(({ would_run }: Json) => would_run)], [false, false]);

  const find = {
    id: "find",
    operation_id: "findOrCreateTag",
    body: { name: "{{ webhook.tag }} {{ webhook.amount }}" },
  };
  const ofOrder = { field: "$.delivery.custom_type", operator: "==", value: "order" };
  const shop = { name: "Shop", trigger_event_types: ["custom:shop/order"], conditions: ofOrder, actions: [find] };
  const marker = crypto.randomUUID();
  const order = await trySample(shop, { event_type: "custom:shop/order", body: { tag: marker, amount: 7 } });
  assertEquals([order.triggered, order.matched, order.event.event_type], [true, true, "custom:shop"]);
  assertEquals(order.actions[0].request.body, { name: `${marker} 7` });
  assertEquals((await ui(`/webhooks?q=${marker}`)).body.webhooks, []);

  const inputs = [{ name: "tag", type: "text", default: "urgent" }, { name: "amount", type: "money" }];
  const asked = { ...shop, trigger_event_types: [], triggers: { manual: { inputs }, api: true } };
  const run = await trySample(asked, { body: { amount: "80.50" } });
  assertEquals([run.event.event_type, run.faults, run.triggered, run.matched, run.rules], [null, [], true, true, []]);
  assertEquals([run.actions[0].would_run, run.actions[0].request.body], [true, { name: "urgent 8050" }]);
  const wrong = await trySample(asked, { body: { amount: "much", tagg: "x" } });
  assertEquals(wrong.faults.map(({ path }: Json) => path), ["sample.body.tagg", "sample.body.amount"]);
  const slot = { scheduled_at: "2026-11-30T08:00:00.000Z", slot: "2026-11-30T08:00Z", zone: "UTC" };
  const weekly = { ...asked, triggers: { ...asked.triggers, schedules: [{ cron: "0 8 * * MON" }] } };
  assertEquals((await trySample(weekly, { body: slot })).faults, []);

  const definition = draft({ operation_id: "getTags" });
  for (
    const rest of [{}, { event_id: event.id, sample: { body: {} } }, { sample: { event_type: "", body: {} } }, {
      sample: [],
    }]
  ) {
    assertProblem(await ui("/flows/test", { body: { definition, ...rest } }), 400, "REQUEST_INVALID");
  }
});

Deno.test("members may not, and an event that is not there is not found", async () => {
  const event = await deliver();
  const body = { definition: draft({ operation_id: "getTags" }), event_id: event.id };
  assertProblem(await ui("/flows/test", { headers: member, body }), 403, "ROLE_INSUFFICIENT");
  assertProblem(await ui("/flows/test", { body: { ...body, event_id: "999999" } }), 404, "NOT_FOUND");
  for (const bad of [{}, [], { ...body, event_id: 1 }, { ...body, surprise: 1 }, { ...body, reads: "all" }]) {
    assertProblem(await ui("/flows/test", { body: bad }), 400, "REQUEST_INVALID");
  }
  assertProblem(await ui("/flows/test"), 405, "METHOD_NOT_ALLOWED");
});
