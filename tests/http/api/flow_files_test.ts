/** Where flows are used, and flows as files, at the door: what names what, what leaves a workspace, and what comes into one. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { Ajv2020 } from "@redocly/ajv/dist/2020.js";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { workspaceExportRoutes } from "../../../src/http/api/workspace_export.ts";
import { assertFits } from "../../support/contract_answers.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const TAG = "64c777ddd3fcab07cfbb210c";
const FLOW = {
  name: "First",
  trigger_event_types: ["TIMER_STOPPED"],
  actions: [{ id: "tags", operation_id: "getTags" }],
};

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", UW_ENABLE_CUSTOM_WEBHOOKS: "true" } }, async (made) => {
  world = made;
  ({ admin, member } = await world.enter("universal_webhook"));
  await eventually(async () => {
    const { body } = await ask(`${world.url("universal_webhook")}/ui/bootstrap`, { headers: admin });
    return body.status === "COMPLETE";
  });
});

function flows(path = "", options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui/flows${path}`, { headers: admin, ...options });
}

async function create(fields: Json = {}): Promise<Json> {
  const { status, body } = await flows("", { body: { ...FLOW, ...fields } });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

const remove = async ({ id }: Json) => assertEquals((await flows(`/${id}`, { method: "DELETE" })).status, 200);

Deno.test("where-used names flows and drafts with their places, and a deleted source its flows", async () => {
  const sources = `${world.url("universal_webhook")}/ui/sources`;
  const source = (await ask(sources, { headers: admin, body: { name: "shop", preset: "github" } })).body;
  const mark = { id: "mark", operation_id: "updateTag", path_params: { id: TAG }, body: { name: "x" } };
  const flow = await create({ name: "Marks", trigger_event_types: ["custom:shop/paid"], actions: [mark] });
  const other = await create();
  const draft = { ...FLOW, trigger_event_types: ["custom:shop"], actions: [mark, { operation_id: 7 }] };
  assertEquals((await flows(`/${other.id}/draft`, { method: "PUT", body: { definition: draft } })).status, 200);
  const used = async (query: string, headers = admin) => await flows(`/where-used?${query}`, { headers });

  for (const headers of [admin, member]) {
    const { status, body } = await used(`entity=${TAG}`, headers);
    assertEquals(status, 200);
    const places = [{ path: "actions[0].path_params.id", words: "names it" }];
    assertEquals(body, {
      kind: "entity",
      value: TAG,
      total: 2,
      uses: [
        { flow_id: flow.id, name: "Marks", enabled: true, is_draft: false, places },
        { flow_id: other.id, name: "First", enabled: true, is_draft: true, places },
      ],
    });
  }
  assertEquals((await used("operation=getTags")).body.uses.map(({ flow_id }: Json) => flow_id), [other.id]);
  assertEquals((await used("source=shop")).body.total, 2);
  assertEquals((await used("source=other")).body.uses, []);
  for (const query of ["", "entity=x", `entity=${TAG}&flow=1`, "flow=0", "source=A%20b"]) {
    assertProblem(await used(query), 400, "REQUEST_INVALID");
  }
  const { body } = await ask(`${sources}/${source.id}`, { method: "DELETE", headers: admin });
  assertEquals(body.warnings, [
    'Flow "Marks" starts on its events',
    'The draft of flow "First" starts on its events',
  ]);
  const unused = (await ask(sources, { headers: admin, body: { name: "shop", preset: "github" } })).body;
  await remove(flow);
  await remove(other);
  const gone = await ask(`${sources}/${unused.id}`, { method: "DELETE", headers: admin });
  assertEquals(gone.body, { status: "deleted", id: unused.id });
  assert(gone.status === 200);
});

const call = (secret: string) => ({
  id: "call",
  type: "http",
  url: "https://example.com/x",
  headers: { Authorization: secret, "X-Shop": "quay" },
});

const exported = async (...made: Json[]) => {
  const { status, body } = await flows("/export", { body: { ids: made.map(({ id }) => id) } });
  assertEquals(status, 200, JSON.stringify(body));
  return body;
};
const imported = (file: Json, more: Json = {}, headers = admin) =>
  flows("/import", { headers, body: { file, ...more } });

Deno.test("names of a file that every object has are names as others are", async () => {
  const filed = (id: string, fields: Json) => ({ id, name: "Odd", trigger_event_types: [], actions: [], ...fields });
  const { status, body: { plan } } = await imported({
    format: "timewire.flows",
    version: 1,
    flows: [
      filed("__proto__", { trigger_event_types: ["custom:constructor"] }),
      filed("constructor", { actions: [{ id: "a", type: "run_flow", flow_id: "valueOf" }] }),
    ],
  });
  assertEquals(status, 200);
  assertEquals(plan.flows.map(({ id }: Json) => id), ["__proto__", "constructor"]);
  assertEquals(plan.sources, [{ name: "constructor", mapped_to: null, is_here: false, flows: ["__proto__"] }]);
  assertEquals(plan.other_flows, [{ id: "valueOf", mapped_to: null, is_here: false, flows: ["constructor"] }]);
});

Deno.test("a file has no secrets, fits its published schema, and comes back as the same flows, switched off", async () => {
  const { simulator, workspaceId } = world;
  const { addonId } = (await simulator.listInstallations()).find((one) => one.addonKey === "universal-webhook-api")!;
  await simulator.updateSettings({ addonId, settings: [{ id: "enable_generic_http_actions", value: true }] });
  const secret = `MARK-${crypto.randomUUID()}`;
  const parent = await eventually(async () => {
    const loop = { kind: "loop", id: "each", over: "$.webhook.tags", actions: [call(secret)] };
    const { status, body } = await flows("", { body: { ...FLOW, name: "Parent", actions: [loop] } });
    return status === 201 && body;
  });
  const child = await create({ name: "Child", conditions: { all: [{ field: "id", operator: "==", value: TAG }] } });
  const run = { id: "run", type: "run_flow", flow_id: Number(child.id), wait: false };
  const put = await flows(`/${parent.id}`, { method: "PUT", body: { actions: [...parent.actions, run] } });
  assertEquals(put.status, 200, JSON.stringify(put.body));

  const file = await exported(parent, child);
  const place = "actions[0].actions[0].headers.Authorization";
  assertEquals([file.format, file.version, file.workspace_id], ["timewire.flows", 1, workspaceId]);
  assertEquals(file.flows.map(({ id, secrets }: Json) => [id, secrets]), [[parent.id, [place]], [child.id, []]]);
  assertNotMatch(JSON.stringify(file), /MARK-|sealed|"enabled"/);
  const one = await flows(`/${child.id}/export`, { headers: member });
  assertEquals(one.body.flows, [file.flows[1]]);
  assertMatch(one.headers.get("content-disposition")!, new RegExp(`flow-${child.id}.json`));

  const schema = (await ask(`${world.url("universal_webhook")}/schemas/flows.json`)).body;
  const compiled = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  const validate = (value: Json): boolean => compiled(value);
  assert(validate(file), JSON.stringify(compiled.errors));
  for (const wrong of [{ ...file, format: "x" }, { ...file, flows: [] }, { ...file, flows: [{ name: "x" }] }]) {
    assert(!validate(wrong));
  }

  const plan = (await imported(file)).body;
  assertEquals([plan.created, plan.plan.ready], [null, false]);
  assertEquals(plan.plan.flows.map(({ name, secrets }: Json) => [name, secrets]), [
    ["Parent", [{ path: place, given: false }]],
    ["Child", []],
  ]);
  assertEquals(plan.plan.flows[0].faults.map(({ path }: Json) => path), [place]);
  const refused = await imported(file, { dry_run: false });
  assertProblem(refused, 422, "FLOW_INVALID");
  assertEquals(refused.body.faults[0].path, `file.flows[0].${place}`);
  const before = (await flows()).body.total;

  const other = `MARK-${crypto.randomUUID()}`;
  const mapping = { secrets: { [`${parent.id} ${place}`]: other } };
  const made = (await imported(file, { dry_run: false, mapping })).body;
  assertEquals(made.plan.ready, true, JSON.stringify(made));
  assertEquals(made.created.map(({ name, from }: Json) => [name, from]), [["Child", child.id], ["Parent", parent.id]]);
  const [newChild, newParent] = await Promise.all(
    made.created.map(async ({ id }: Json) => (await flows(`/${id}`)).body),
  );
  assertEquals([newChild.enabled, newParent.enabled, newParent.version], [false, false, 1]);
  // It runs the one that came with it, not the one that it was made from.
  assertEquals(newParent.actions[1].flow_id, Number(newChild.id));
  assertEquals((await exported(newChild)).flows[0], { ...file.flows[1], id: newChild.id });
  assertNotMatch(JSON.stringify([made, newParent]), /MARK-/);
  assertEquals((await flows()).body.total, before + 2);
  for (const flow of [parent, child, newParent, newChild]) await remove(flow);
});

Deno.test("what is missing here is said with what could take its place, and the mapping puts it there", async () => {
  const { sql } = world.database.db;
  const [tag] = await sql<{ id: string; name: string }[]>`
    select entity_id as id, body->>'name' as name from entity_cache
    where entity_type = 'tag' and deleted_at is null order by entity_id limit 1`;
  const file = {
    format: "timewire.flows",
    version: 1,
    workspace_id: "64a687e29ae1f428e7ebe399",
    flows: [{
      id: "a",
      name: "From elsewhere",
      trigger_event_types: ["custom:shop/paid"],
      actions: [
        {
          id: "mark",
          operation_id: "updateTag",
          path_params: { id: TAG },
          body: { name: "in 64a687e29ae1f428e7ebe399" },
        },
        { id: "gone", operation_id: "noSuchOperation" },
        { id: "run", type: "run_flow", flow_id: 77, wait: false },
      ],
    }],
    names: { [TAG]: { type: "tag", name: tag!.name } },
  };
  const { plan } = (await imported(file)).body;
  assertEquals(plan.ready, false);
  assertEquals(plan.entities, [{
    id: TAG,
    type: "tag",
    name: tag!.name,
    mapped_to: null,
    proposal: { id: tag!.id, name: tag!.name },
    is_here: false,
    flows: ["a"],
  }]);
  assertEquals(plan.sources, [{ name: "shop", mapped_to: null, is_here: false, flows: ["a"] }]);
  assertEquals(plan.operations, [{ operation_id: "noSuchOperation", is_here: false, flows: ["a"] }]);
  assertEquals(plan.other_flows, [{ id: "77", mapped_to: null, is_here: false, flows: ["a"] }]);
  const paths = plan.flows[0].faults.map(({ path }: Json) => path);
  assertEquals(paths, ["actions[1].operation_id", "actions"]);

  const here = await create();
  const [flow] = file.flows as Json[];
  const mended = { ...file, flows: [{ ...flow, actions: [flow.actions[0], flow.actions[2]] }] };
  const mapping = { entities: { [TAG]: tag!.id }, sources: { shop: "store" }, flows: { 77: here.id } };
  const { status, body } = await imported(mended, { dry_run: false, mapping });
  assertEquals(status, 200, JSON.stringify(body));
  const made = (await flows(`/${body.created[0].id}`)).body;
  assertEquals(made.trigger_event_types, ["custom:store/paid"]);
  assertEquals(made.actions[0].path_params.id, tag!.id);
  assertEquals(made.actions[0].body.name, `in ${world.workspaceId}`);
  assertEquals(made.actions[1].flow_id, Number(here.id));
  await remove(made);
  await remove(here);
});

Deno.test("an import is all or nothing, bounded, confirmed as any publication, and for admins", async () => {
  const flow = (fields: Json = {}) => ({ ...FLOW, id: "a", ...fields });
  const file = (...list: Json[]) => ({ format: "timewire.flows", version: 1, flows: list });
  const { total } = (await flows()).body;
  for (
    const wrong of [
      null,
      { ...file(flow()), format: "other" },
      { ...file(flow()), version: 2 },
      file(),
      file(...Array.from({ length: 101 }, (_, n) => flow({ id: String(n) }))),
    ]
  ) assertProblem(await imported(wrong), 400, "REQUEST_INVALID");
  assertProblem(await imported(file(flow({ note: "x".repeat(1_100_000) }))), 413, "BODY_TOO_LARGE");
  const run = (id: number) => ({ id: "run", type: "run_flow", flow_id: id, wait: false });
  for (
    const list of [
      [flow(), flow()],
      [flow(), flow({ id: "b", actions: [] })],
      [flow({ id: "1", actions: [run(2)] }), flow({ id: "2", actions: [run(1)] })],
      [flow({ id: "1", actions: [run(1)] })],
    ]
  ) assertProblem(await imported(file(...list), { dry_run: false }), 422, "FLOW_INVALID");
  assertEquals((await flows()).body.total, total);
  assertProblem(await imported(file(flow()), {}, member), 403, "ROLE_INSUFFICIENT");

  const drop = { id: "drop", operation_id: "deleteTag", path_params: { id: "$.webhook.id" } };
  const list = file(flow(), flow({ id: "b", name: "Drops", actions: [drop] }));
  const asked = await imported(list, { dry_run: false });
  assertProblem(asked, 428, "CONFIRMATION_REQUIRED");
  const { confirm_token, steps } = asked.body.confirmation;
  assertEquals(steps.map(({ operation_id }: Json) => operation_id), ["deleteTag"]);
  const other = file(flow(), flow({ id: "b", name: "Drops", actions: [{ ...drop, path_params: { id: TAG } }] }));
  assertProblem(await imported(other, { dry_run: false, confirm_token }), 403, "CONFIRM_TOKEN_INVALID");
  const made = await imported(list, { dry_run: false, confirm_token });
  assertEquals(made.status, 200, JSON.stringify(made.body));
  assertProblem(await imported(list, { dry_run: false, confirm_token }), 409, "CONFIRM_TOKEN_USED");
  for (const one of made.body.created) await remove(one);
  assertEquals((await flows()).body.total, total);
});

Deno.test("/ui/workspace-export has what people made and set, without secrets, in files that an import takes", async () => {
  const base = world.url("universal_webhook");
  const at = (path: string, options: Parameters<typeof ask>[1] = {}) =>
    ask(`${base}/ui/${path}`, { headers: admin, ...options });
  const secret = `MARK-${crypto.randomUUID()}`;
  const { addonId } = (await world.simulator.listInstallations()).find((one) =>
    one.addonKey === "universal-webhook-api"
  )!;
  await world.simulator.updateSettings({ addonId, settings: [{ id: "enable_generic_http_actions", value: true }] });
  const flow = await eventually(async () => {
    const { status, body } = await flows("", { body: { ...FLOW, name: "Kept", actions: [call(secret)] } });
    return status === 201 && body;
  });
  const draft = { ...FLOW, name: "Later", actions: [call(secret)] };
  assertEquals((await flows(`/${flow.id}/draft`, { method: "PUT", body: { definition: draft } })).status, 200);
  assertEquals(
    (await at("flow-drafts", { body: { definition: { name: "Begun", actions: [call(secret)] } } })).status,
    201,
  );
  const source = await at("sources", { body: { name: "till", scheme: "api_key", secret } });
  assertEquals(source.status, 201, JSON.stringify(source.body));
  const request = { operation_id: "getTags", query_params: { page: 2 } };
  for (const [headers, name] of [[admin, "Mine"], [member, "Theirs"]] as const) {
    const saved = await at("api-explorer/saved", { headers, body: { name, shared: false, request } });
    assertEquals(saved.status, 201, JSON.stringify(saved.body));
  }
  const view = { name: "Failed today", filter: { outcome: "failed", time: "24h" } };
  assertEquals((await at("event-views", { body: view })).status, 201);
  assertEquals((await at("guard", { method: "PUT", body: { by_hand: { business: "deny" } } })).status, 200);
  assertProblem(await at("workspace-export", { headers: member }), 403, "ROLE_INSUFFICIENT");

  const { status, body, headers } = await at("workspace-export");
  assertEquals([status, headers.get("content-type")], [200, "application/json; charset=utf-8"]);
  assertMatch(headers.get("content-disposition")!, new RegExp(`workspace-${world.workspaceId}.json`));
  assertFits(workspaceExportRoutes[0]!.answer.message, body, "workspace-export");
  const text = JSON.stringify(body);
  assertNotMatch(text, /MARK-|sealed|Theirs/);
  assert(!text.includes(new URL(source.body.url).pathname.split("/").at(-1)!), "the address of a source");
  assertEquals(body.flows.find(({ id }: Json) => id === flow.id), {
    id: flow.id,
    name: "Kept",
    enabled: true,
    version: 1,
  });
  assertEquals(body.flow_drafts.find(({ flow_id }: Json) => flow_id === flow.id).definition.name, "Later");
  assert(body.new_flow_drafts.some(({ name }: Json) => name === "Begun"));
  const till = body.sources.find(({ name }: Json) => name === "till");
  assertEquals([till.scheme, till.enabled, till.rate_per_second], ["api_key", true, 20]);
  assertEquals(body.saved_calls.find(({ name }: Json) => name === "Mine"), { name: "Mine", shared: false, request });
  assertEquals(body.event_views, [view]);
  assertEquals(body.guard.by_hand.business, "deny");
  assert(body.settings.some(({ id }: Json) => id === "enable_flows"));
  // As it was sent here it can be made again elsewhere.
  const { preset: _, ...again } = till;
  assertEquals((await at("sources", { body: { ...again, name: "till-2" } })).status, 201);

  const { sql } = world.database.db;
  await sql`
    insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
    select installation_id, workspace_id, 'Many', false, definition, plan_id from flow, generate_series(1, 120)
    where id = ${Number(flow.id)}`;
  try {
    const { flows: all, flow_files } = (await at("workspace-export")).body;
    assertEquals(flow_files.map(({ flows }: Json) => flows.length), [100, all.length - 100]);
    const named = flow_files.flatMap(({ flows }: Json) => flows.map(({ id }: Json) => id));
    assertEquals(named, all.map(({ id }: Json) => id));
    const { status, body: { plan } } = await imported(flow_files[1]);
    assertEquals([status, plan.flows.length], [200, all.length - 100]);
  } finally {
    await sql`delete from flow where name = 'Many'`;
    await remove(flow);
  }
});
