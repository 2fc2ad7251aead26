/** Tests of /ui/flows: the shapes of its answers, what is checked on save, whose data a login sees, and the history of runs. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { passDelays } from "../../db/rows.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";
const LIST_TAGS = { id: "list_tags", operation_id: "getTags" };
const FLOW = { name: "Read the tags", trigger_event_types: [EVENT], actions: [LIST_TAGS] };
const HOUR_MS = 3_600_000;

let world: World;
let otherWorkspaceId: string;
let admin: Record<string, string>;

worldOfFile({}, async (made) => {
  world = made;
  otherWorkspaceId = (await world.simulator.workspaces())[1]!.id;
  ({ admin } = await world.enter("universal_webhook"));
});

function flows(path = "", options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui/flows${path}`, { headers: admin, ...options });
}

async function create(fields: Record<string, unknown> = {}): Promise<Json> {
  const { status, body } = await flows("", { body: { ...FLOW, ...fields } });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

async function remove({ id }: Json) {
  assertEquals((await flows(`/${id}`, { method: "DELETE" })).status, 200);
}

/** Sends `count` different events and waits until the flow has as many runs in `status`. */
async function runFlow({ id }: Json, { count = 1, status = "COMPLETED" } = {}): Promise<Json> {
  const { simulator, workspaceId } = world;
  for (let i = 0; i < count; i++) {
    await simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId } });
  }
  return await eventually(async () => {
    const { body } = await flows(`/${id}/executions`);
    return body.executions.filter((one: Json) => one.status === status).length === count && body;
  });
}

Deno.test("a flow is made, listed, read, changed in part and deleted", async () => {
  const answer = await flows("", { body: FLOW });
  assertEquals(answer.status, 201);
  const flow = answer.body;
  assertEquals(answer.headers.get("location"), `/ui/flows/${flow.id}`);
  const { id, created_at, updated_at } = flow;
  const action = { ...LIST_TAGS, type: "clockify", path_params: {}, query_params: {}, on_uncertain: "retry" };
  const full = {
    ...FLOW,
    id,
    enabled: true,
    conditions: null,
    ordered: false,
    actions: [action],
    version: 1,
    created_at,
    updated_at,
  };
  assertEquals(flow, full);
  assertStrictEquals(new Date(created_at).toISOString(), created_at);

  const list = await flows(`?workspace_id=${world.workspaceId}`);
  assertEquals(list.body, {
    workspace_id: world.workspaceId,
    total: 1,
    enabled: 1,
    summary: "1 flow, 1 enabled",
    flows: [{ ...full, stats: { runs_24h: 0, failed_24h: 0, last_run: null, recent: [] } }],
  });
  assertEquals((await flows(`/${id}`)).body, full);

  const changed = await flows(`/${id}`, { method: "PUT", body: { enabled: false, name: "Off" } });
  assertEquals(changed.body, {
    ...full,
    enabled: false,
    name: "Off",
    version: 2,
    updated_at: changed.body.updated_at,
  });
  const whole = await flows(`/${id}`, { method: "PUT", body: changed.body });
  assertEquals(whole.status, 200, "an answer sent back is a change too");

  const gone = await flows(`/${id}`, { method: "DELETE" });
  assertEquals(gone.body, { status: "deleted", id });
  for (const path of [`/${id}`, `/${id}/executions`, "/0", "/x", "/9999999999999999"]) {
    assertProblem(await flows(path), 404, "NOT_FOUND");
  }
  assertProblem(await flows(`/${id}`, { method: "DELETE" }), 404, "NOT_FOUND");
});

Deno.test("everything wrong with a flow is said at once, each fault with its path", async () => {
  const body = {
    name: "",
    surprise: true,
    trigger_event_types: ["NO_SUCH_EVENT"],
    conditions: { type: "ALL", rules: [{ field: "$.webhook.id", operator: "sounds like", value: 1 }] },
    actions: [
      { operation_id: "noSuchOperation" },
      { operation_id: "getTags", query_params: { name: "$.action_2_result" } },
      { operation_id: "updateTimeEntry", retry: { max_attempts: 99 } },
    ],
  };
  const answer = await flows("", { body });
  assertProblem(answer, 422, "FLOW_INVALID");
  const paths: string[] = answer.body.faults.map(({ path, message }: Json) => {
    assert(message.length > 0);
    return path;
  });
  for (
    const path of [
      "name",
      "surprise",
      "trigger_event_types[0]",
      "conditions.rules[0].operator",
      "actions[0].operation_id",
      "actions[1].query_params.name",
      "actions[2].retry.max_attempts",
    ]
  ) assert(paths.includes(path), `${path} in ${paths.join(", ")}`);
  for (const body of [[], "text", null, 1]) {
    assertProblem(await flows("", { body: JSON.stringify(body) }), 422, "FLOW_INVALID");
  }

  const flow = await create();
  assertProblem(await flows(`/${flow.id}`, { method: "PUT", body: { actions: [] } }), 422, "FLOW_INVALID");
  assertEquals((await flows(`/${flow.id}`)).body, flow, "a refused change changes nothing");
  await remove(flow);
});

Deno.test("a body that is no JSON, or does not say that it is, is refused", async () => {
  assertProblem(await flows("", { body: "{" }), 400, "BODY_NOT_JSON");
  for (const type of ["text/plain", "application/x-www-form-urlencoded", ""]) {
    const answer = await flows("", { headers: { ...admin, "content-type": type }, body: JSON.stringify(FLOW) });
    assertProblem(answer, 415, "CONTENT_TYPE_UNSUPPORTED");
  }
  const large = await flows("", { body: JSON.stringify({ ...FLOW, name: "x".repeat(1_100_000) }) });
  assertProblem(large, 413, "BODY_TOO_LARGE");
});

Deno.test("a login sees its own workspace and add-on, and nothing else", async () => {
  const { simulator, workspaceId } = world;
  const flow = await create({ name: "A secret of the first workspace" });
  const [, other] = await simulator.workspaces();
  await world.install("universal_webhook", otherWorkspaceId);
  await world.install("api_studio");
  const owner = other!.users.find(({ role }) => role === "OWNER")!.id;
  const strange = await world.viewer("universal_webhook", { workspaceId: otherWorkspaceId, userId: owner });

  assertEquals((await flows("", { headers: strange })).body.total, 0);
  for (const path of [`/${flow.id}`, `/${flow.id}/executions`]) {
    assertProblem(await flows(path, { headers: strange }), 404, "NOT_FOUND");
  }
  assertProblem(await flows(`/${flow.id}`, { method: "DELETE", headers: strange }), 404, "NOT_FOUND");
  assertProblem(
    await flows(`/${flow.id}`, { method: "PUT", headers: strange, body: { name: "Mine" } }),
    404,
    "NOT_FOUND",
  );
  assertProblem(await flows(`?workspace_id=${workspaceId}`, { headers: strange }), 403, "ROLE_INSUFFICIENT");

  const studio = await world.viewer("api_studio");
  assertProblem(await flows("", { headers: studio }), 403, "LOGIN_WRONG_ADDON");
  const ownStudio = await ask(`${world.url("api_studio")}/ui/flows/${flow.id}`, { headers: studio });
  assertProblem(ownStudio, 404, "NOT_FOUND");

  const { addonId } = (await simulator.listInstallations()).find((one) => one.workspaceId === otherWorkspaceId)!;
  await simulator.uninstall({ addonId });
  assertProblem(await flows("", { headers: strange }), 403, "INSTALLATION_UNKNOWN");
  assertProblem(await flows("", { headers: {} }), 401, "LOGIN_REQUIRED");
  const bearer = { authorization: `Bearer ${admin["x-addon-token"]}` };
  assertEquals((await flows("", { headers: bearer })).body.total, 1);
  await remove(flow);
});

Deno.test("an operator names the workspace, and each use is logged without the key", async () => {
  const headers = { "x-api-key": OPERATOR_KEY };
  assertProblem(await flows("", { headers }), 400, "REQUEST_INVALID");
  assertProblem(await flows("", { headers: { "x-api-key": `${OPERATOR_KEY}x` } }), 401, "LOGIN_INVALID");
  assertProblem(await flows("?workspace_id=unknown", { headers }), 403, "INSTALLATION_UNKNOWN");
  const query = `?workspace_id=${world.workspaceId}`;
  assertProblem(await flows(`${query}&addon=unheard_of`, { headers }), 400, "REQUEST_INVALID");
  // Another add-on of the workspace is changed at its own listener alone; what is read of it here: together_test.ts.
  assertProblem(
    await flows(`${query}&addon=api_studio`, { headers, body: FLOW }),
    403,
    "ROLE_INSUFFICIENT",
  );
  const created = await flows(`${query}&addon=universal_webhook`, { headers, body: FLOW });
  assertEquals(created.status, 201);
  await remove(created.body);
  const used = world.logs.filter(({ message }) => message === "operator.used");
  assert(used.some(({ operator, method }) => operator === "tests" && method === "POST"));
  assert(!JSON.stringify(world.logs).includes(OPERATOR_KEY));
});

Deno.test("executions come newest first, in pages", async () => {
  const flow = await create();
  const { executions } = await runFlow(flow, { count: 3 });
  const page = async (query: string) => (await flows(`/${flow.id}/executions${query}`)).body;
  const first = await page("?limit=2");
  assertEquals(first.pagination, { total: 3, limit: 2, offset: 0, has_more: true });
  const rest = await page("?limit=2&offset=2");
  assertEquals(rest.pagination, { total: 3, limit: 2, offset: 2, has_more: false });
  assertEquals([...first.executions, ...rest.executions], executions);
  const created = executions.map((one: Json) => one.created_at);
  assertEquals(created, created.toSorted().reverse());
  const past = await page("?offset=3");
  assertEquals([past.executions, past.pagination.total], [[], 3]);
  for (const query of ["?limit=0", "?limit=101", "?limit=x", "?limit=1.5", "?offset=-1", "?limit="]) {
    assertProblem(await flows(`/${flow.id}/executions${query}`), 400, "REQUEST_INVALID");
  }
  await remove(flow);
});

Deno.test("of 10,050 runs of a flow 10,000 are counted, and has_more says whether a page follows", async () => {
  const flow = await create();
  const { sql } = world.database.db;
  await sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state, created_at)
    select gen_random_uuid(), installation_id, workspace_id, id, version, plan_id, -n, 'completed', now() - n * interval '1 second'
    from flow, generate_series(1, 10050) as n where id = ${flow.id}`;
  const page = async (query: string) => (await flows(`/${flow.id}/executions${query}`)).body;
  const first = await page("?limit=100");
  assertEquals(first.pagination, { total: 10_000, limit: 100, offset: 0, has_more: true });
  const beyond = await page("?limit=50&offset=9990");
  assertEquals([beyond.executions.length, beyond.pagination.has_more], [50, true]);
  const last = await page("?limit=50&offset=10000");
  assertEquals([last.executions.length, last.pagination.has_more], [50, false]);
  const { body: dashboard } = await ask(`${world.url("universal_webhook")}/ui/dashboard`, {
    headers: await world.viewer("universal_webhook"),
  });
  assertEquals(dashboard.recent_activity.executions_24h, 10_000);
  assertMatch(dashboard.recent_activity.summary, / and 10,000 executions or more in 24 hours$/);
  await sql`delete from run where flow_id = ${flow.id}`;
  await remove(flow);
});

Deno.test("members see what a step got without mail addresses, admins see all", async () => {
  const flow = await create({ actions: [{ id: "list_users", operation_id: "getUsersOfWorkspace" }] });
  const seen = await runFlow(flow);
  const member = await world.viewer("universal_webhook", { userId: world.memberId });
  const hidden = (await flows(`/${flow.id}/executions`, { headers: member })).body;
  const users = (page: Json) => page.executions[0].actions[0].result;
  assertMatch(JSON.stringify(users(seen)), /@/);
  assertNotMatch(JSON.stringify(hidden), /@/);
  assertMatch(JSON.stringify(users(hidden)), /\[redacted\]/);
  await remove(flow);
});

Deno.test("of two changes at once none is lost unseen", async () => {
  const flow = await create();
  const names = ["One", "Two"];
  const answers = await Promise.all(names.map((name) => flows(`/${flow.id}`, { method: "PUT", body: { name } })));
  const taken = answers.filter(({ status }) => status === 200);
  for (const answer of answers) if (answer.status !== 200) assertProblem(answer, 409, "CONFLICT");
  assert(taken.length >= 1);
  const stored = (await flows(`/${flow.id}`)).body;
  assertEquals(stored.version, 1 + taken.length);
  assertEquals(stored, taken.find(({ body }) => body.version === stored.version)!.body);
  await remove(flow);
});

Deno.test("a run keeps the plan it began with, although its flow was changed while it waited", async () => {
  const { simulator } = world;
  const retry = { max_attempts: 3, initial_delay_ms: HOUR_MS, max_delay_ms: HOUR_MS };
  const flow = await create({ actions: [{ ...LIST_TAGS, retry }] });
  await simulator.addFault({ kind: "status", status: 500, path: "*/tags", count: null });
  await runFlow(flow, { status: "IN_PROGRESS" });
  await eventually(async () => (await world.database.db.sql`select 1 from run where state = 'waiting'`).length === 1);

  const changed = await flows(`/${flow.id}`, {
    method: "PUT",
    body: { actions: [{ id: "list_projects", operation_id: "getProjects" }] },
  });
  assertEquals(changed.status, 200, JSON.stringify(changed.body));
  await simulator.clearFaults();
  await passDelays(world.database.db);
  const [done] = (await eventually(async () => {
    const { body } = await flows(`/${flow.id}/executions`);
    return body.executions[0].status === "COMPLETED" && body;
  })).executions;
  assertEquals([done.flow_version, done.actions.map(({ id }: Json) => id)], [1, ["list_tags"]]);

  const { workspaceId } = world;
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id: "after the change", workspaceId } });
  const next = await eventually(async () => {
    const { body } = await flows(`/${flow.id}/executions`);
    return body.executions.find((one: Json) => one.flow_version === 2 && one.status === "COMPLETED");
  });
  assertEquals(next.actions.map(({ id }: Json) => id), ["list_projects"]);
});

Deno.test("PUT and DELETE with If-Match change the version it was read at and no other", async () => {
  const { body: made, headers } = await flows("", { body: { ...FLOW, name: "Guarded" } });
  assertEquals(headers.get("etag"), '"1"');
  const put = (tag: string, name: string) =>
    flows(`/${made.id}`, { method: "PUT", headers: { ...admin, "if-match": tag }, body: { name } });
  const first = await put('"1"', "First");
  assertEquals([first.status, first.headers.get("etag"), first.body.name], [200, '"2"', "First"]);
  assertProblem(await put('"1"', "Second"), 412, "PRECONDITION_FAILED");
  assertEquals((await flows(`/${made.id}`)).body.name, "First");
  assertEquals((await put('W/"9", "2"', "Third")).status, 200);
  assertEquals((await put("*", "Fourth")).status, 200);
  const drop = (tag: string) => flows(`/${made.id}`, { method: "DELETE", headers: { ...admin, "if-match": tag } });
  assertProblem(await drop('"3"'), 412, "PRECONDITION_FAILED");
  assertEquals((await flows(`/${made.id}`)).body.name, "Fourth");
  assertEquals((await drop('"4"')).status, 200);
  assertProblem(await drop('"4"'), 404, "NOT_FOUND");
});
