/** The guard at the door: its policy, requests for a second person, and flows that are confirmed when they are published. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertNotStrictEquals,
  assertStrictEquals,
} from "@std/assert";
import { start } from "../../../src/app/start.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { newKey } from "../../../src/secrets/encryption.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { textsHolding } from "../../support/text_columns.ts";
import { configOf, eventually, OPERATOR_KEY, type World, worldEnv } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const UW = "universal_webhook";
const EVENT = "TIMER_STOPPED";
const LIST_TAGS = { id: "list", operation_id: "getTags" };
const MARK_TAG = { id: "mark", operation_id: "createNewTag", body: { name: "MARK-tag" } };
const DELETE_TAG = { id: "drop", operation_id: "deleteTag", path_params: { id: "$.webhook.tagId" } };
const ENV = { API_RATE_LIMIT_RPS: "100000", ENCRYPTION_KEYS: newKey("guard") };

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;
let other: Record<string, string>;
const operator = { "x-api-key": OPERATOR_KEY };

worldOfFile({ env: ENV }, async (made) => {
  world = made;
  ({ admin, member } = await world.enter(UW));
  const { workspaceId } = world;
  const [, elsewhere] = await world.simulator.workspaces();
  await world.install(UW, elsewhere!.id);
  other = await world.viewer(UW, { workspaceId: elsewhere!.id, userId: elsewhere!.users[0]!.id });
  assertNotStrictEquals(elsewhere!.id, workspaceId);
});

function at(path: string, options: Parameters<typeof ask>[1] = {}, base = world.url(UW)): Promise<Answer> {
  const { headers = admin } = options;
  const query = "x-api-key" in headers ? `${path.includes("?") ? "&" : "?"}workspace_id=${world.workspaceId}` : "";
  return ask(`${base}${path}${query}`, { ...options, headers });
}

const put = (path: string, body: Json, headers = admin) => at(path, { method: "PUT", body, headers });
const post = (path: string, body: Json = {}, headers = admin) => at(path, { method: "POST", body, headers });

async function setPolicy(change: Json): Promise<Json> {
  const { status, body } = await put("/ui/guard", change);
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

const DEFAULTS = { read: null, routine: null, business: null, destructive: null };
const ALL_DEFAULTS = { by_hand: DEFAULTS, flows: DEFAULTS };

/** With a second person, where one is needed. */
async function resetPolicy() {
  const answer = await put("/ui/guard", ALL_DEFAULTS);
  if (answer.status === 200) return;
  const { request_id: id } = asked(answer, "APPROVAL_REQUIRED");
  assertEquals((await post(`/ui/guard/requests/${id}/approve`, {}, operator)).status, 200);
  const { confirm_token } = asked(await put("/ui/guard", ALL_DEFAULTS));
  await setPolicy({ ...ALL_DEFAULTS, confirm_token });
}

const flowOf = (actions: Json[], fields: Json = {}) => ({
  name: "Guarded",
  trigger_event_types: [EVENT],
  actions,
  ...fields,
});

async function create(actions: Json[], fields: Json = {}): Promise<Json> {
  const { status, body } = await post("/ui/flows", flowOf(actions, fields));
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

/** The `confirmation` of a 428. */
function asked(answer: Answer, code: "CONFIRMATION_REQUIRED" | "APPROVAL_REQUIRED" = "CONFIRMATION_REQUIRED"): Json {
  assertProblem(answer, 428, code);
  return answer.body.confirmation;
}

const flowsNamed = async (name: string) =>
  (await at("/ui/flows")).body.flows.filter((flow: Json) => flow.name === name).length;

async function metric(name: string, labels: string): Promise<number> {
  const { body } = await ask(`${world.url(UW)}/metrics`);
  const line = String(body).split("\n").find((one) => one.startsWith(`${name}{service="universal-webhook",${labels}}`));
  assert(line, `${name}{${labels}}`);
  return Number(line.split(" ").at(-1));
}

Deno.test("everyone of the workspace reads the policy; its words, its operations, and what is a default", async () => {
  const { body, headers } = await at("/ui/guard", { headers: member });
  assertEquals([body.version, body.updated_by, headers.get("etag")], [0, null, '"0"']);
  assertEquals(body.writes_by_hand, { allowed: true, reason: null });
  assertEquals(body.grades.map(({ grade, by_hand, flows }: Json) => [grade, by_hand.outcome, flows.outcome]), [
    ["read", "allow", "allow"],
    ["routine", "preview", "allow"],
    ["business", "preview", "allow"],
    ["destructive", "preview", "preview"],
  ]);
  for (const { about, operations, by_hand, flows } of body.grades) {
    assert(about.length > 20 && operations > 20);
    assert(by_hand.is_default && flows.is_default);
  }
});

Deno.test("admins change the policy at a version; members, other workspaces and what does not fit do not", async () => {
  const changed = await put("/ui/guard", { by_hand: { business: "second_person" } }, { ...admin, "if-match": '"0"' });
  assertEquals([changed.status, changed.headers.get("etag"), changed.body.version], [200, '"1"', 1]);
  assertEquals(changed.body.updated_by, world.ownerId);
  const { by_hand, flows } = changed.body.grades[2];
  assertEquals([by_hand, flows.is_default], [{ outcome: "second_person", is_default: false }, true]);
  assertProblem(await put("/ui/guard", {}, { ...admin, "if-match": '"0"' }), 412, "PRECONDITION_FAILED");
  assertProblem(await put("/ui/guard", { by_hand: { read: "deny" } }, member), 403, "ROLE_INSUFFICIENT");
  for (
    const wrong of [
      { by_hand: { business: "maybe" } },
      { by_hand: { huge: "allow" } },
      { by_hand: ["allow"] },
      { policy: {} },
      [],
      { flows: { read: 1 } },
    ]
  ) assertProblem(await put("/ui/guard", wrong), 400, "REQUEST_INVALID");
  assertEquals((await at("/ui/guard", { headers: other })).body.version, 0, "another workspace has its own");
  const both = await Promise.all(
    [admin, operator].map((who) => put("/ui/guard", { by_hand: { routine: "allow" } }, { ...who, "if-match": '"1"' })),
  );
  assertEquals(both.map(({ status }) => status).sort(), [200, 412], "of two at once one is made");
  const { body: { entries } } = await at("/ui/audit?action=PUT%20/ui/guard");
  assert(entries.some(({ actor, outcome }: Json) => actor === world.ownerId && outcome === "done"));
  await resetPolicy();
});

Deno.test("ordinary writes are published as ever; a delete is shown first, and its token publishes it once", async () => {
  await create([LIST_TAGS, MARK_TAG], { name: "Ordinary" });
  const body = flowOf([LIST_TAGS, DELETE_TAG], { name: "Drops" });
  const confirmation = asked(await post("/ui/flows", body));
  assertEquals([confirmation.kind, confirmation.grade], ["preview", "destructive"]);
  assertEquals(
    confirmation.steps.map(({ path, id, operation_id, grade, reason, outcome }: Json) => [
      path,
      id,
      operation_id,
      grade,
      reason,
      outcome,
    ]),
    [["actions[1]", "drop", "deleteTag", "destructive", "It deletes", "preview"]],
  );
  assertEquals(await flowsNamed("Drops"), 0);
  const token = confirmation.confirm_token;

  const confirmed = { ...body, confirm_token: token };
  const refused = (answer: Answer, code: string, status: number) => {
    assertProblem(answer, status, code as "CONFIRM_TOKEN_USED");
    assertNotMatch(JSON.stringify(answer.body), new RegExp(token));
  };
  refused(await post("/ui/flows", { ...confirmed, name: "Drops other" }), "CONFIRM_TOKEN_INVALID", 403);
  refused(await post("/ui/flows", confirmed, operator), "CONFIRM_TOKEN_INVALID", 403);
  refused(await post("/ui/flows", confirmed, other), "CONFIRM_TOKEN_INVALID", 403);
  refused(await post("/ui/flows", { ...body, confirm_token: "x" }), "CONFIRM_TOKEN_INVALID", 403);
  assertProblem(await post("/ui/flows", { ...body, confirm_token: 7 }), 400, "REQUEST_INVALID");
  assertEquals(await flowsNamed("Drops"), 0, "nothing was saved by any of them");

  const both = await Promise.all([post("/ui/flows", confirmed), post("/ui/flows", confirmed)]);
  assertEquals(both.map(({ status }) => status).sort(), [201, 409]);
  refused(await post("/ui/flows", confirmed), "CONFIRM_TOKEN_USED", 409);
  assertEquals(await flowsNamed("Drops"), 1);
  assertEquals(await metric("confirm_tokens_refused_total", 'reason="confirm_token_used"'), 2);
  assertEquals(await metric("guard_decisions_total", 'grade="destructive",outcome="confirmed"'), 1);
});

Deno.test("a token past its minutes is refused as expired", async () => {
  const body = flowOf([DELETE_TAG], { name: "Late" });
  const { confirm_token } = asked(await post("/ui/flows", body));
  await world.database.db.sql`update confirm_token set expires_at = now() where used_at is null`;
  assertProblem(await post("/ui/flows", { ...body, confirm_token }), 410, "CONFIRM_TOKEN_EXPIRED");
  assertEquals(await flowsNamed("Late"), 0);
});

Deno.test("what was published is confirmed: only steps that are new or call something else are asked for", async () => {
  const body = flowOf([DELETE_TAG], { name: "Known" });
  const { confirm_token } = asked(await post("/ui/flows", body));
  const { body: flow } = await post("/ui/flows", { ...body, confirm_token });
  const path = `/ui/flows/${flow.id}`;
  const save = async (fields: Json) => await put(path, fields);
  assertEquals((await save({ name: "Renamed" })).status, 200);
  assertEquals((await save({ enabled: false })).status, 200);
  assertEquals(
    (await save({ actions: [LIST_TAGS, { ...DELETE_TAG, id: "moved", on_uncertain: "stop" }] })).status,
    200,
  );
  const twice = asked(await save({ actions: [DELETE_TAG, { ...DELETE_TAG, id: "again" }] }));
  assertEquals(twice.steps.map((step: Json) => step.path), ["actions[1]"]);
  const another = { ...DELETE_TAG, path_params: { id: "64c777ddd3fcab07cfbb210c" } };
  assertEquals(asked(await save({ actions: [another] })).steps.length, 1);
  // A draft is no publication; its publication is.
  assertEquals((await put(`${path}/draft`, { definition: flowOf([another]) })).status, 200);
  const draft = asked(await post(`${path}/publish`));
  const published = await post(`${path}/publish`, { confirm_token: draft.confirm_token });
  assertEquals([published.status, published.body.actions[0].path_params.id], [200, another.path_params.id]);
  // And so is the way back.
  assertEquals((await post(`${path}/versions/1/restore`)).status, 200, "a draft is no publication");
  const back = asked(await post(`${path}/publish`));
  assertEquals((await post(`${path}/publish`, { confirm_token: back.confirm_token })).status, 200);
  await at(path, { method: "DELETE" });
});

Deno.test("a refused publication does not use its token up, nor does it stand for an Idempotency-Key", async () => {
  const flow = await create([LIST_TAGS], { name: "Races" });
  const path = `/ui/flows/${flow.id}`;
  const { confirm_token } = asked(await put(path, { actions: [DELETE_TAG] }));
  const tagged = { ...admin, "if-match": '"1"' };
  assertEquals((await put(path, { name: "Raced" })).status, 200);
  const late = await put(path, { actions: [DELETE_TAG], confirm_token }, tagged);
  assertProblem(late, 412, "PRECONDITION_FAILED");
  // What was shown had another name.
  assertProblem(await put(path, { actions: [DELETE_TAG], confirm_token }), 403, "CONFIRM_TOKEN_INVALID");
  assertEquals((await put(path, { name: "Races", actions: [DELETE_TAG], confirm_token })).status, 200);

  const key = { ...admin, "idempotency-key": crypto.randomUUID() };
  const body = flowOf([DELETE_TAG], { name: "Keyed" });
  const first = asked(await post("/ui/flows", body, key));
  const confirmed = { ...body, confirm_token: first.confirm_token };
  const made = await post("/ui/flows", confirmed, key);
  const again = await post("/ui/flows", confirmed, key);
  assertEquals([made.status, again.status, again.body.id], [201, 201, made.body.id]);
  assertEquals(await flowsNamed("Keyed"), 1);
});

Deno.test("a grade that is denied is a fault of its step; steps of before stay with a warning", async () => {
  const flow = await create([MARK_TAG], { name: "Marks" });
  await setPolicy({ flows: { routine: "deny" } });
  const refused = await post("/ui/flows", flowOf([LIST_TAGS, MARK_TAG]));
  assertProblem(refused, 422, "FLOW_INVALID");
  assertEquals(refused.body.faults.map(({ path }: Json) => path), ["actions[1].operation_id"]);
  assertMatch(refused.body.faults[0].message, /routine .*POST .*\/tags.* PUT \/ui\/guard/);
  const renamed = await put(`/ui/flows/${flow.id}`, { name: "Marks still" });
  assertEquals(renamed.status, 200);
  assert(renamed.body.warnings.some(({ path }: Json) => path === "actions[0].operation_id"));
  await resetPolicy();
});

Deno.test("a denied grade fails the step with where it is changed, at once here; other steps and flows run on", async () => {
  await resetPolicy();
  // Those of other tests would run too.
  for (const { id } of (await at("/ui/flows")).body.flows) await at(`/ui/flows/${id}`, { method: "DELETE" });
  const flow = await create([LIST_TAGS, { ...MARK_TAG, body: { name: `MARK-${crypto.randomUUID()}` } }], {
    name: "Runs",
  });
  const run = async () => {
    const { simulator, workspaceId } = world;
    const newest = async () => (await at(`/ui/flows/${flow.id}/executions?limit=1`)).body.executions[0];
    const before = (await newest())?.id;
    await simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId } });
    return await eventually(async () => {
      const one = await newest();
      return one && one.id !== before && /COMPLETED|FAILED/.test(one.status) && one;
    });
  };
  assertEquals((await run()).status, "COMPLETED");
  await setPolicy({ flows: { routine: "deny" } });
  const denied = await metric("guard_decisions_total", 'grade="routine",outcome="deny"');
  const failed = await run();
  assertEquals([failed.status, failed.actions.map((step: Json) => step.status)], ["FAILED", ["COMPLETED", "FAILED"]]);
  const { code, message } = failed.actions[1].error;
  assertStrictEquals(code, "CLOCKIFY_WRITE_DENIED");
  assertMatch(message, /denies ordinary writes of flows; .* PUT \/ui\/guard/);
  assertEquals(failed.actions[1].attempts, 1, "for good");
  assertStrictEquals(await metric("guard_decisions_total", 'grade="routine",outcome="deny"'), denied + 1);
  await resetPolicy();
  await at(`/ui/flows/${flow.id}`, { method: "DELETE" });
});

Deno.test("a second person approves a flow; who asked cannot, members see their own, other workspaces nothing", async () => {
  await setPolicy({ flows: { destructive: "second_person" } });
  const approvals = () => metric("guard_decisions_total", 'grade="destructive",outcome="approved"');
  const approvedBefore = await approvals();
  const secret = `MARK-secret-${crypto.randomUUID()}`;
  const body = flowOf([{ ...DELETE_TAG, path_params: { id: secret } }], { name: "Approved" });
  const waiting = asked(await post("/ui/flows", body), "APPROVAL_REQUIRED");
  assertEquals([waiting.kind, waiting.confirm_token, waiting.steps.length], ["second_person", undefined, 1]);
  const { request_id: id } = waiting;
  assertStrictEquals(asked(await post("/ui/flows", body), "APPROVAL_REQUIRED").request_id, id);
  assertEquals(await textsHolding(world.database.db, [secret]), [], "it waits encrypted");

  const path = `/ui/guard/requests/${id}`;
  const { body: shown } = await at(path, { headers: operator });
  assertEquals([shown.state, shown.kind, shown.person, shown.is_mine], ["waiting", "flow", world.ownerId, false]);
  assertEquals(shown.shown.definition.actions[0].path_params.id, secret, "shown whole");
  assertProblem(await at(path, { headers: member }), 404, "NOT_FOUND");
  assertProblem(await at(path, { headers: other }), 404, "NOT_FOUND");
  assertEquals((await at("/ui/guard/requests", { headers: member })).body.requests, []);
  const list = (await at("/ui/guard/requests?state=waiting&limit=1")).body;
  assertEquals([list.requests[0].id, list.requests[0].is_mine, list.requests[0].shown], [id, true, undefined]);
  for (const verb of ["approve", "reject"]) {
    const own = await post(`${path}/${verb}`);
    assertProblem(own, 403, "ROLE_INSUFFICIENT");
    assertMatch(own.body.detail, /you asked for it; another person has to$/);
    assertProblem(await post(`${path}/${verb}`, {}, member), 403, "ROLE_INSUFFICIENT");
    assertProblem(await post(`${path}/${verb}`, {}, other), 404, "NOT_FOUND");
    assertProblem(await post(`${path}/${verb}`, { note: 1 }, operator), 400, "REQUEST_INVALID");
  }

  const both = await Promise.all([
    post(`${path}/approve`, { note: "as agreed" }, operator),
    post(`${path}/approve`, {}, operator),
  ]);
  assertEquals(both.map(({ status }) => status).sort(), [200, 409]);
  assertEquals(both.find(({ status }) => status === 200)!.body.decided_by, "operator:tests");
  assertEquals(await flowsNamed("Approved"), 0, "an approval sends nothing by itself");
  asked(await post("/ui/flows", body, operator), "APPROVAL_REQUIRED");
  const { confirm_token } = asked(await post("/ui/flows", body));
  const made = await post("/ui/flows", { ...body, confirm_token });
  assertEquals(made.status, 201);
  assertEquals((await at(path)).body.state, "used");
  asked(await post("/ui/flows", body), "APPROVAL_REQUIRED");
  const { body: { entries } } = await at("/ui/audit?action=POST%20/ui/guard/requests/:id/approve");
  assert(entries.some(({ actor, target, outcome }: Json) => actor === "tests" && target === id && outcome === "done"));
  assertStrictEquals(await approvals(), approvedBefore + 1);

  const { request_id: next } = asked(await post("/ui/flows", { ...body, name: "Rejected" }), "APPROVAL_REQUIRED");
  const rejected = await post(`/ui/guard/requests/${next}/reject`, { note: "no" }, operator);
  assertEquals([rejected.status, rejected.body.state, rejected.body.note], [200, "rejected", "no"]);
  assertProblem(await post(`/ui/guard/requests/${next}/approve`, {}, operator), 409, "CONFLICT");
  for (const wrong of ["0", "x", "99999999999999999999"]) {
    assertProblem(await at(`/ui/guard/requests/${wrong}`), 404, "NOT_FOUND");
  }
  await resetPolicy();
});

Deno.test("what needs a second person cannot be lifted by one, not over deny either", async () => {
  await setPolicy({ flows: { destructive: "second_person" } });
  for (const outcome of ["allow", "deny", null]) {
    const { left } = asked(await put("/ui/guard", { flows: { destructive: outcome } }), "APPROVAL_REQUIRED");
    assertEquals(left, [{ way: "flows", grade: "destructive", to: outcome ?? "preview" }]);
  }
  const lift = { flows: { destructive: "allow" } };
  const { request_id: id } = asked(await put("/ui/guard", lift), "APPROVAL_REQUIRED");
  const { body } = await at(`/ui/guard/requests/${id}`);
  assertEquals([body.kind, body.shown.change], ["policy", lift]);
  assertProblem(await post(`/ui/guard/requests/${id}/approve`), 403, "ROLE_INSUFFICIENT");
  assertEquals((await post(`/ui/guard/requests/${id}/approve`, {}, operator)).status, 200);
  const { confirm_token } = asked(await put("/ui/guard", lift));
  assertProblem(await put("/ui/guard", { flows: DEFAULTS, confirm_token }), 403, "CONFIRM_TOKEN_INVALID");
  assertProblem(await put("/ui/guard", { ...lift, confirm_token }, operator), 403, "CONFIRM_TOKEN_INVALID");
  assertEquals((await at("/ui/guard")).body.grades[3].flows.outcome, "second_person");
  await setPolicy({ ...lift, confirm_token });
  assertEquals((await at("/ui/guard")).body.grades[3].flows.outcome, "allow");
  await resetPolicy();
});

Deno.test("a token and an approval outlive a restart, and another instance knows them", async () => {
  const log = createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} });
  const config = configOf({ ...worldEnv(world.simulator), ...ENV });
  const parts = { config, clock: systemClock, log, database: world.database.db };
  const body = flowOf([DELETE_TAG], { name: "Elsewhere" });
  const { confirm_token } = asked(await post("/ui/flows", body));
  const another = await start(parts);
  const base = `http://127.0.0.1:${another.ports[UW]}`;
  try {
    const made = await at("/ui/flows", { method: "POST", body: { ...body, confirm_token } }, base);
    assertEquals(made.status, 201, JSON.stringify(made.body));
    assertProblem(await post("/ui/flows", { ...body, confirm_token }), 409, "CONFIRM_TOKEN_USED");
    await setPolicy({ flows: { destructive: "deny" } });
    assertProblem(await at("/ui/flows", { method: "POST", body }, base), 422, "FLOW_INVALID");
  } finally {
    await another.stop();
    await resetPolicy();
  }
});

Deno.test("API Studio keeps people from writing by hand until its setting allows it", async () => {
  const { addonId } = await world.install("api_studio");
  const headers = await world.viewer("api_studio");
  const base = world.url("api_studio");
  const look = async () => (await at("/ui/guard", { headers }, base)).body.writes_by_hand;
  assertEquals((await look()).allowed, false);
  assertMatch((await look()).reason, /setting "Allow writes by hand" is off/);
  await world.simulator.updateSettings({ addonId, settings: [{ id: "allow_write_calls", value: true }] });
  await eventually(async () => (await look()).allowed);
  assertEquals(await look(), { allowed: true, reason: null });
});
