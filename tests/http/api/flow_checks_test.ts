/** What is said of a flow when it is saved: changes of whole objects, results of earlier actions, scopes, and flows that meet. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { builtinCatalogue } from "../../../src/clockify/operations.ts";
import { SCOPES } from "../../../src/clockify/scopes.ts";
import { checkAction } from "../../../src/flows/parse/check_action.ts";
import type { ClockifyFlowAction } from "../../../src/flows/shape/definition.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, type Json } from "../door.ts";

let world: World;
let headers: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000" } }, async (made) => {
  world = made;
  ({ admin: headers } = await world.enter("universal_webhook"));
});

const ui = (path: string, options: Parameters<typeof ask>[1] = {}) =>
  ask(`${world.url("universal_webhook")}/ui${path}`, { headers, ...options });

let count = 0;
/** Saves a flow of its own event each time, unless one is named. */
const save = (actions: Json[], fields: Json = {}) =>
  ui("/flows", {
    body: { name: `Flow ${++count}`, trigger_event_types: ["NEW_TAG"], actions, enabled: false, ...fields },
  });

async function faults(...actions: Json[]): Promise<[string, string][]> {
  const { status, body } = await save(actions);
  assertEquals(status, 422, JSON.stringify(body));
  return body.faults.map(({ path, message }: Json) => [path, message]);
}

async function warnings(...actions: Json[]): Promise<[string, string][]> {
  const { status, body } = await save(actions);
  assertEquals(status, 201, JSON.stringify(body));
  return (body.warnings ?? []).map(({ path, message }: Json) => [path, message]);
}

const update = (fields: Json) => ({ operation_id: "updateTimeEntry", path_params: { id: "$.webhook.id" }, ...fields });

Deno.test("a change names what changes, and nothing that the read gives", async () => {
  assertEquals(await warnings(update({ body: { description: "x" } })), []);
  // A field amid text is none without braces.
  assertEquals(await warnings(update({ body: { description: "LONG $.webhook.description" } })), [[
    "actions[0].body.description",
    "holds $.webhook.description as plain text: write {{ $.webhook.description }} for its value",
  ]]);
  assertEquals(await warnings(update({ body: { description: "LONG {{ $.webhook.description }}" } })), []);
  assertMatch((await faults(update({ body: {} })))[0]![1], /must name what changes of the time entry/);
  assertEquals((await faults(update({})))[0]![0], "actions[0].body");
  assertEquals(await faults(update({ body: { start: null } })), [["actions[0].body.start", "is required"]]);
  assertEquals(await faults(update({ body: { description: "x" }, replace: true })), [
    ["actions[0].body.start", "is required"],
  ]);
  assertMatch(
    (await faults({ operation_id: "createNewTag", body: { name: "x" }, replace: true }))[0]![1],
    /replace a whole/,
  );
  assertMatch((await faults(update({ body: { tagIds: { add: "t" } } })))[0]![1], /\$add/);
  assertEquals(
    (await faults(update({ body: { tagIds: { $add: [""] } } })))[0]![0],
    'actions[0].body.tagIds["$add"]',
  );
  assertMatch((await faults({ operation_id: "findOrCreateTag", body: {} }))[0]![0], /body\.name/);
  const [replaced] = await warnings(update({ body: { start: "$.webhook.timeInterval.start" }, replace: true }));
  assertMatch(replaced![1], /what body leaves out is lost/);
  const [unknown] = await warnings(update({ body: { customFieldValues: [] } }));
  assertMatch(unknown![1], /"customFieldValues" is not known here; known are .*customFields/);
  const holiday = { operation_id: "updateHoliday", path_params: { holidayId: "h" }, body: { name: "x" } };
  assertMatch((await warnings(holiday))[0]![1], /sets color back/);
  const members = { operation_id: "updateMemberships", path_params: { projectId: "p" }, body: { memberships: [] } };
  assertMatch((await warnings(members))[0]![1], /members that the list does not name/);
});

Deno.test("what is saved comes back as it is, and a whole answer can be sent back", async () => {
  const { body } = await save([update({ body: { start: "2026-11-20T09:00:00Z" }, replace: true })]);
  assertEquals(body.actions[0].replace, true);
  assert(body.warnings.length > 0);
  const again = await ui(`/flows/${body.id}`, { method: "PUT", body: { ...body, name: "Renamed" } });
  assertEquals(again.status, 200, JSON.stringify(again.body));
  assertEquals(again.body.warnings, body.warnings);
  const { warnings: _, ...stored } = again.body;
  assertEquals((await ui(`/flows/${body.id}`)).body, stored);
});

Deno.test("a path into a result that cannot be there is a fault, one that may be missing a warning", async () => {
  const list = { id: "tags", operation_id: "getTags" };
  const use = (path: string) => update({ body: { description: path } });
  const at = "actions[1].body.description";
  assertEquals(await faults(list, use("$.action_1_result.id")), [[
    at,
    "$.action_1_result.id is never there: getTags answers with a list; its first is $.action_1_result[0].id",
  ]]);
  assertMatch(
    (await faults(list, use("{{ upper(steps.tags.output.name) }}")))[0]![1],
    /steps\.tags\.output\[0\]\.name/,
  );
  const one = { operation_id: "getTag", path_params: { id: "$.webhook.id" } };
  assertMatch((await faults(one, use("$.action_1_result[0].id")))[0]![1], /answers with one object/);
  const gone = { operation_id: "deleteTimeEntry", path_params: { id: "$.webhook.id" } };
  assertMatch((await faults(gone, use("$.action_1_result.id")))[0]![1], /answers with nothing/);

  assertMatch((await warnings(list, use("$.action_1_result[0].id")))[0]![1], /is missing when getTags finds nothing/);
  assertMatch(
    (await warnings(one, use("$.action_1_result.nmae")))[0]![1],
    /"nmae" is not known here; known are archived, id, name/,
  );
  const fine = [
    "{{ required($.action_1_result[0].id) }}",
    '{{ default($.action_1_result[0].id, "none") }}',
    "{{ join($.action_1_result[*].name) }}",
    "{{ length($.action_1_result) }}",
  ];
  for (const path of fine) assertEquals(await warnings(list, use(path)), [], path);
  assertEquals(
    await warnings({ operation_id: "findOrCreateTag", body: { name: "x" } }, use("$.action_1_result.id")),
    [],
  );
});

Deno.test("a stored flow with what is a fault today can be switched off and renamed, and not switched on", async () => {
  const { body: flow } = await save([{ id: "tags", operation_id: "getTags" }, update({ body: { description: "x" } })]);
  const path = "$.action_1_result.id";
  await world.database.db.sql`
    update flow set enabled = true,
      definition = jsonb_set(jsonb_set(definition, '{actions,1,body,description}', ${`"${path}"`}::text::jsonb), '{enabled}', 'true')
    where id = ${Number(flow.id)}`;
  const change = (body: Json) => ui(`/flows/${flow.id}`, { method: "PUT", body });
  assertEquals((await change({ name: "Renamed" })).status, 422);
  const off = await change({ enabled: false });
  assertEquals(off.status, 200, JSON.stringify(off.body));
  assertEquals(off.body.warnings.map(({ path }: Json) => path), ["actions[1].body.description"]);
  assertEquals((await change({ name: "Renamed" })).status, 200);
  assertEquals((await change({ enabled: true })).status, 422);
});

Deno.test("an operation outside the add-on's scopes is a fault", async () => {
  const catalogue = builtinCatalogue();
  const action = (operation_id: string, fields: Json = {}): ClockifyFlowAction => ({
    ...{ id: "a", type: "clockify", path_params: {}, query_params: {}, on_uncertain: "retry" },
    operation_id,
    ...fields,
  });
  const check = (one: ClockifyFlowAction, ...without: string[]) => {
    const scopes = SCOPES.filter((scope) => !without.includes(scope));
    return checkAction({ catalogue, egressAllow: new Set(), scopes }, one).map(({ path, message }) => [path, message]);
  };
  const rename = action("updateTag", { path_params: { id: "t" }, body: { name: "x" } });
  assertEquals(check(rename), []);
  assertEquals(check(rename, "TAG_WRITE"), [
    ["operation_id", "needs the scope TAG_WRITE, which this add-on does not have: each call would be refused"],
  ]);
  assertMatch(check(rename, "TAG_READ")[0]![1]!, /TAG_READ to read before it writes/);
  assertEquals(check({ ...rename, body: { name: "x" }, replace: true }, "TAG_READ"), []);
  assertMatch(check(action("findOrCreateTag", { body: { name: "x" } }), "TAG_READ")[0]![1]!, /TAG_READ/);
  assertMatch((await faults({ operation_id: "getWorkspacesOfUser" }))[0]![1], /closed to add-ons/);
  const [blocked] = await warnings({ operation_id: "getWebhooks" });
  assertMatch(blocked![1], /reported to refuse add-ons/);
});

Deno.test("two enabled flows that change one object of one event are hinted at", async () => {
  const on = { enabled: true, trigger_event_types: ["TIMER_STOPPED", "NEW_TIME_ENTRY"] };
  const first = await save([update({ body: { billable: true } })], on);
  assertEquals(first.body.warnings, undefined, JSON.stringify(first.body));
  const same = update({ path_params: { id: "{{ webhook.id }}" }, body: { description: "x" } });
  const second = await save([{ operation_id: "getTags" }, same], { ...on, trigger_event_types: ["NEW_TIME_ENTRY"] });
  assertEquals(second.body.warnings.map(({ path }: Json) => path), ["actions[1]"]);
  assert(second.body.warnings[0].message.includes(`flow "${first.body.name}" (${first.body.id})`));
  const others: Json[] = [
    { ...on, enabled: false },
    { ...on, trigger_event_types: ["NEW_TIMER_STARTED"] },
  ];
  for (const fields of others) assertEquals((await save([same], fields)).body.warnings, undefined);
  const elsewhere = await save([update({ path_params: { id: "$.webhook.other" }, body: { description: "x" } })], on);
  assertEquals(elsewhere.body.warnings, undefined);
  for (const { body } of [first, second]) await ui(`/flows/${body.id}`, { method: "DELETE" });
});

Deno.test("the test warns of a filter that gives nothing on the event", async () => {
  const { simulator, workspaceId } = world;
  await simulator.deliver({ workspaceId, event: "TIMER_STOPPED", payload: { id: "e1", name: "here", workspaceId } });
  const [event] = await eventually(async () => {
    const { webhooks } = (await ui("/webhooks?type=TIMER_STOPPED")).body;
    return webhooks.length > 0 && webhooks;
  });
  const read = (name: string) => ({ operation_id: "getTags", query_params: { name } });
  const actions = [read("$.webhook.name"), read("$.webhook.absent"), read("{{ required($.webhook.absent) }}")];
  const definition = { name: "Draft", trigger_event_types: ["TIMER_STOPPED"], actions };
  const { body } = await ui("/flows/test", { body: { definition, event_id: event.id } });
  assertEquals(body.warnings.map(({ path }: Json) => path), ["actions[1].query_params.name"]);
  assertMatch(body.warnings[0].message, /more is found; required\(\)/);
  assertMatch(body.actions[2].problem, /required\(\) has no value/);
});

Deno.test("more look-ups than one read takes are a fault of the step or the condition, and those of an event together a warning", async () => {
  const tags = (count: number, name = "t") =>
    Array.from({ length: count }, (_, n) => `{{ cache.tag("${name}${n}").id }}`);
  const step = (ids: string[], fields: Json = {}) => ({ id: "ids", type: "transform", output: ids, ...fields });
  assertEquals(
    await warnings(step([...tags(50), ...tags(50), '{{ cache.tags.t0.name }} {{ cache.tag("t1").archived }}'])),
    [],
  );
  const many = "looks up 51 entities, at most 50 are supported in one";
  const [[place, message]] = await faults(step(tags(51))) as [[string, string]];
  assertEquals([place, message.slice(0, many.length + 5)], ["actions[0]", `${many} step`]);
  // One read for all parts of a step; the step after it has one of its own.
  const parts = (path: string[], body: string[]) => ({
    type: "http",
    method: "POST",
    url: "https://example.com/{{ cache.tag('url').id }}",
    headers: { "x-ids": path.join() },
    body,
  });
  const inParts = await faults(step(tags(50)), parts(tags(25), tags(25, "u")));
  assert(inParts.some(([path, text]) => path === "actions[1]" && text.startsWith(many)), JSON.stringify(inParts));

  const isOneOf = (ids: string[]) => ({ field: "id", operator: "in", value: ids });
  const refused = await save([step([])], { conditions: { all: [isOneOf(tags(30)), isOneOf(tags(30, "u"))] } });
  assertEquals(refused.body.faults.map(({ path }: Json) => path), ["conditions"]);
  assertMatch(refused.body.faults[0].message, /^looks up 60 entities, at most 50 are supported in one condition/);
  const branch = { kind: "branch", cases: [{ if: { all: [isOneOf(tags(51))] }, actions: [] }] };
  assertEquals((await faults(branch))[0]![0], "actions[0].cases[0].if");

  const listening = (name: string, count: number, fields: Json = {}) =>
    save([step([])], {
      trigger_event_types: ["INVOICE_UPDATED"],
      enabled: true,
      conditions: isOneOf(tags(count, name)),
      ...fields,
    });
  const ids: string[] = [];
  for (
    const [name, count, expected] of [["a", 50], ["b", 50], ["c", 50], ["d", 50], ["d", 20], [
      "e",
      1,
      "conditions",
    ]] as const
  ) {
    const { status, body } = await listening(name, count);
    assertEquals([status, body.warnings?.[0].path], [201, expected], JSON.stringify(body));
    if (expected) {
      assertMatch(body.warnings[0].message, /^may look up more than 200 entities .+ flows of INVOICE_UPDATED/);
    }
    ids.push(body.id);
  }
  const { body: off } = await listening("f", 1, { enabled: false });
  assertEquals(off.warnings, undefined);
  for (const id of [...ids, off.id]) await ui(`/flows/${id}`, { method: "DELETE" });
});

Deno.test("a rule's field that is an expression or a look-up is refused with another way, which works; the event's own field of that name can be asked for", async () => {
  const found = { id: "found", type: "variables", set: { found: "{{ cache.project(webhook.projectId).name }}" } };
  const asks = (field: string) => ({ all: [{ field, operator: "==", value: "North quay" }] });
  for (
    const field of [
      "{{ cache.project(webhook.projectId).name }}",
      "cache.project(webhook.projectId).name",
      "cache.projects['North quay'].name",
      "$.cache.tag.urgent.id",
      "{{ upper(webhook.description) }}",
    ]
  ) {
    const { status, body } = await save([found], { conditions: asks(field) });
    assertEquals([status, body.faults?.map(({ path }: Json) => path)], [422, ["conditions.all[0].field"]], field);
    assertMatch(body.faults[0].message, /^must be a path, .+ and ask for \$\.vars\.found in a branch/);
    const [[path]] = await faults({ kind: "branch", cases: [{ if: asks(field), actions: [] }] }) as [[string, string]];
    assertEquals(path, "actions[0].cases[0].if.all[0].field");
  }
  for (
    const field of ["$.webhook.cache.tags.urgent", "cache", "cache.size", "cached.tags.urgent", "$.cache.hits.total"]
  ) {
    const { status, body } = await save([found], { conditions: asks(field) });
    assertEquals(status, 201, `${field}: ${JSON.stringify(body)}`);
  }
  assertEquals(await warnings(found, { kind: "branch", cases: [{ if: asks("$.vars.found"), actions: [] }] }), []);
});
