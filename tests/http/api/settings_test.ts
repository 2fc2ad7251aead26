/** Tests of a workspace's settings at the doors: they are read after install and after a change, shown at /ui/settings, and take effect. */

import { allAttempts } from "../../../src/flows/store/attempts.ts";
import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const ADDON = "clockify_addon";
const EVENT = "TIMER_STOPPED";
const SETTINGS_ROUTE = "*/addon/workspaces/*/settings";

let world: World;
let otherWorkspaceId: string;
let installed: { addonId: string; authToken: string };
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({
  env: {
    UW_ENABLE_FLOWS: "false",
    UW_BOOTSTRAP_MAX_RPS: "9",
    LOG_LEVEL: "INFO",
    EGRESS_ALLOW: "127.0.0.1:9, [::1]:9",
    MAX_JSON_DEPTH: "32",
  },
}, async (made) => {
  world = made;
  otherWorkspaceId = (await world.simulator.workspaces())[1]!.id;
  // Refused at first, as right after an install.
  await world.simulator.addFault({ kind: "status", status: 401, path: SETTINGS_ROUTE, count: 1 });
  installed = await world.install(ADDON);
  admin = await world.viewer(ADDON);
  member = await world.viewer(ADDON, { userId: world.memberId });
});

async function settings(headers = admin): Promise<Json> {
  const { status, body } = await ask(`${world.url(ADDON)}/ui/settings`, { headers });
  assertEquals(status, 200, JSON.stringify(body));
  return { ...body, by: Object.fromEntries(body.settings.map((setting: Json) => [setting.id, setting])) };
}

/** Waits for a read that began after `before`. */
function readAgain(before: string | null): Promise<Json> {
  return eventually(async () => {
    const now = await settings();
    return now.read_at !== null && now.read_at !== before && now;
  });
}

/** A person saves the settings page; resolves when they were read again. */
async function save(values: Record<string, unknown>, addonId = installed.addonId) {
  const before = (await settings()).read_at;
  const outcome = await world.simulator.updateSettings({
    addonId,
    settings: Object.entries(values).map(([id, value]) => ({ id, value: value as string })),
  });
  assertEquals(outcome.status, 200);
  if (addonId === installed.addonId) await readAgain(before);
}

function linesOf(message: string, workspaceId: string, from = 0) {
  return world.logs.slice(from).filter((line) => line.message === message && line.workspace_id === workspaceId);
}

/** Sends an event and waits until it was dispatched. */
async function deliver(workspaceId: string, payload: Record<string, unknown> = {}) {
  const id = crypto.randomUUID();
  await world.simulator.deliver({ workspaceId, event: EVENT, payload: { id, workspaceId, ...payload } });
  await world.simulator.settled();
  await eventually(async () => {
    const rows = await world.database.db.sql<{ outcome: string | null }[]>`
      select outcome from event where workspace_id = ${workspaceId} order by id desc limit 1`;
    return rows[0]?.outcome;
  });
}

async function addFlow(action: Record<string, unknown>): Promise<Json> {
  const { status, body } = await ask(`${world.url(ADDON)}/ui/flows`, {
    headers: admin,
    body: { name: "Flow", trigger_event_types: [EVENT], actions: [action] },
  });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

async function executions(flow: Json, headers = admin): Promise<Json[]> {
  const { body } = await ask(`${world.url(ADDON)}/ui/flows/${flow.id}/executions`, { headers });
  return body.executions;
}

/** Delivers one event and gives the flow's newest execution once it has ended. */
async function runFlow(flow: Json, payload: Record<string, unknown> = {}): Promise<Json> {
  const before = (await executions(flow)).length;
  await deliver(world.workspaceId, payload);
  return await eventually(async () => {
    const [newest, ...older] = await executions(flow);
    return newest && older.length === before && newest.status !== "IN_PROGRESS" && newest;
  });
}

async function removeFlow({ id }: Json) {
  await ask(`${world.url(ADDON)}/ui/flows/${id}`, { method: "DELETE", headers: admin });
}

Deno.test("settings are read after the install, also when Clockify refuses the token at first", async () => {
  const { read_at, last_error, by, workspace_id } = await readAgain(null);
  assertEquals([workspace_id, last_error], [world.workspaceId, null]);
  assertStrictEquals(new Date(read_at).toISOString(), read_at);
  assertEquals(by, {
    developer_mode: { id: "developer_mode", name: "Developer mode", value: false, source: "workspace", variable: null },
    forwarding_url: {
      id: "forwarding_url",
      name: "Forward events to",
      value: null,
      source: "workspace",
      variable: null,
    },
    auto_bootstrap: {
      id: "auto_bootstrap",
      name: "Read the workspace on install",
      value: true,
      source: "workspace",
      variable: "AUTO_BOOTSTRAP_ON_INSTALL",
    },
    include_heavy_endpoints: {
      id: "include_heavy_endpoints",
      name: "Include heavy endpoints",
      value: false,
      source: "workspace",
      variable: "BOOTSTRAP_INCLUDE_HEAVY",
    },
    bootstrap_max_rps: {
      id: "bootstrap_max_rps",
      name: "Requests per second while reading",
      value: 25,
      source: "workspace",
      variable: "BOOTSTRAP_MAX_RPS",
    },
    include_time_entries: {
      id: "include_time_entries",
      name: "Include time entries",
      value: false,
      source: "workspace",
      variable: "BOOTSTRAP_INCLUDE_TIME_ENTRIES",
    },
    time_entry_days_back: {
      id: "time_entry_days_back",
      name: "Days of time entries to read",
      value: 30,
      source: "workspace",
      variable: "BOOTSTRAP_TIME_ENTRY_DAYS",
    },
    logging_level: {
      id: "logging_level",
      name: "Log level",
      value: "INFO",
      source: "workspace",
      variable: "LOG_LEVEL",
    },
  });
  const [line] = linesOf("settings.read", world.workspaceId);
  assertEquals([line!.settings, line!.refused], [Object.keys(by), []]);
});

Deno.test("the manifest offers the environment's values, so that an install does not undo them", async () => {
  await world.install("universal_webhook");
  const url = `${world.url("universal_webhook")}/ui/settings`;
  const headers = await world.viewer("universal_webhook");
  const body = await eventually(async () => {
    const { body } = await ask(url, { headers });
    return body.read_at !== null && body;
  });
  const of = (id: string) => body.settings.find((setting: Json) => setting.id === id);
  assertEquals([of("enable_flows").value, of("enable_flows").source], [false, "workspace"]);
  assertEquals([of("max_rps").value, of("cache_ttl_days").value], [9, 7]);
});

Deno.test("limits and egress are shown with reason and variable; which private targets are allowed, to operators alone", async () => {
  const url = `${world.url("universal_webhook")}/ui/limits?workspace_id=${world.workspaceId}`;
  const headers = await world.viewer("universal_webhook", { userId: world.memberId });
  const { status, body } = await ask(url, { headers });
  assertEquals(status, 200, JSON.stringify(body));
  const depth = body.limits.find(({ variable }: Json) => variable === "MAX_JSON_DEPTH");
  assertEquals([depth.value, depth.default, depth.unit], [32, 64, "levels"]);
  const stored = body.limits.find(({ variable }: Json) => variable === "STORED_MB_PER_WORKSPACE");
  assertEquals([stored.value, stored.default], [10_240, 10_240]);
  const drafts = body.limits.find(({ variable }: Json) => variable === "DRAFTS_MB_PER_WORKSPACE");
  assertEquals([drafts.value, drafts.unit], [16, "MB"]);
  for (const { about, reason } of body.limits) assert(about.length > 10 && reason.length > 10, `${about} ${reason}`);
  const ruleOf = ({ egress }: Json, name: string) => egress.find(({ rule }: Json) => rule === name);
  const others = ruleOf(body, "other_systems");
  assertEquals([others.allowed, others.variable], [false, "UW_ENABLE_GENERIC_HTTP_ACTIONS"]);
  const hidden = ruleOf(body, "private_targets");
  assertEquals([hidden.allowed, hidden.targets, hidden.variable], [true, [], "EGRESS_ALLOW"]);
  const operator = (await ask(url, { headers: { "x-api-key": OPERATOR_KEY } })).body;
  assertEquals(ruleOf(operator, "private_targets").targets, ["127.0.0.1:9", "[::1]:9"]);
  const without = (await ask(`${world.url(ADDON)}/ui/limits`, { headers: admin })).body;
  assertEquals(ruleOf(without, "other_systems").variable, null);
});

Deno.test("what SETTINGS_UPDATED says holds at once, and what is read then decides", async () => {
  const { simulator } = world;
  const before = (await settings()).read_at;
  await simulator.addFault({ kind: "hang", path: SETTINGS_ROUTE });
  await simulator.updateSettings({
    addonId: installed.addonId,
    settings: [{ id: "developer_mode", value: true }, { id: "logging_level", value: "ERROR" }],
  });
  const early = await settings();
  assertEquals([early.by.developer_mode.value, early.read_at], [true, before]);
  const url = `${simulator.apiUrl}/addon/workspaces/${world.workspaceId}/settings`;
  await simulator.clearFaults();
  await readAgain(before);

  const lost = await ask(url, {
    method: "PATCH",
    headers: { "x-addon-token": installed.authToken },
    body: [{ id: "logging_level", value: "INFO" }, { id: "developer_mode", value: false }],
  });
  assertEquals(lost.status, 200);
  const second = (await settings()).read_at;
  // The callback of an older state: the simulator says what it holds, so the old values are sent by hand.
  const { addonKey } = world.serving.core.listeners.find(({ profile }) => profile.key === ADDON)!.app;
  const { addonId } = installed;
  const token = await simulator.signToken({ kind: "lifecycle", addonKey, workspaceId: world.workspaceId, addonId });
  const late = await ask(`${world.url(ADDON)}/lifecycle/settings-updated`, {
    headers: { "x-addon-lifecycle-token": token },
    body: {
      workspaceId: world.workspaceId,
      addonId,
      settings: [
        { id: "developer_mode", name: "Developer mode", value: true },
        { id: "no_longer_there", name: "Old", value: "x" },
      ],
    },
  });
  assertEquals(late.status, 200);
  const { by } = await readAgain(second);
  assertEquals([by.developer_mode.value, by.logging_level.value], [false, "INFO"]);
  const [row] = await world.database.db.sql<{ settings: Json; forwarding_url_sealed: string }[]>`
    select settings, forwarding_url_sealed from installation where addon = ${ADDON} and workspace_id = ${world.workspaceId}`;
  assertEquals(Object.keys(row!.settings).sort(), [
    "auto_bootstrap",
    "bootstrap_max_rps",
    "developer_mode",
    "include_heavy_endpoints",
    "include_time_entries",
    "logging_level",
    "time_entry_days_back",
  ]);
  assertMatch(row!.forwarding_url_sealed, /^v1\.test\./);
});

Deno.test("a wrong value has no effect and is shown with its problem, numbers and booleans may come as text", async () => {
  await save({ developer_mode: "true", logging_level: "LOUD", forwarding_url: "not an address" });
  const { by } = await settings();
  assertEquals([by.developer_mode.value, by.developer_mode.source], [true, "workspace"]);
  assertEquals([by.logging_level.value, by.logging_level.source], ["INFO", "environment"]);
  assertMatch(by.logging_level.problem, /DEBUG, INFO/);
  assertMatch(by.forwarding_url.problem, /https/);
  assertEquals(linesOf("settings.read", world.workspaceId).at(-1)!.refused, ["forwarding_url", "logging_level"]);
  await save({ developer_mode: false, logging_level: "INFO", forwarding_url: "off" });
});

Deno.test("a failed read leaves the values as they are and says why until one succeeds", async () => {
  const { simulator, database } = world;
  await simulator.addFault({ kind: "status", status: 500, path: SETTINGS_ROUTE, count: null });
  await simulator.updateSettings({ addonId: installed.addonId, settings: [{ id: "developer_mode", value: true }] });
  const failed = await eventually(async () => {
    const now = await settings();
    return now.last_error !== null && now;
  });
  assertMatch(failed.last_error, /500/);
  assertEquals(failed.by.developer_mode.value, true);
  await simulator.clearFaults();
  await eventually(async () => {
    await database.db.sql`update job set due_at = now() where kind = 'settings' and state = 'retryable'`;
    return (await settings()).last_error === null;
  });
  await save({ developer_mode: false });
});

Deno.test("any login of the workspace sees the settings; an address in full only admins do", async () => {
  await save({ forwarding_url: "https://hooks.example.com/services/s3cret?key=s3cret" });
  assertEquals((await settings()).by.forwarding_url.value, "https://hooks.example.com/services/s3cret?key=s3cret");
  assertEquals((await settings(member)).by.forwarding_url.value, "https://hooks.example.com");
  assert(!JSON.stringify(world.logs).includes("s3cret"));
  await save({ forwarding_url: "off" });
  const operator = await ask(`${world.url(ADDON)}/ui/settings?workspace_id=${world.workspaceId}`, {
    headers: { "x-api-key": OPERATOR_KEY },
  });
  assertEquals(operator.status, 200);
  assertProblem(await ask(`${world.url(ADDON)}/ui/settings`), 401, "LOGIN_REQUIRED");
});

Deno.test("logging_level holds for the lines about its workspace, and for no other", async () => {
  const other = await world.install(ADDON, otherWorkspaceId);
  const flow = await addFlow({ operation_id: "getTags" });
  const quiet = world.logs.length;
  await runFlow(flow);
  await deliver(otherWorkspaceId);
  for (const workspaceId of [world.workspaceId, otherWorkspaceId]) {
    assertEquals(linesOf("event.received", workspaceId, quiet).length, 0, "LOG_LEVEL is INFO");
  }

  await save({ logging_level: "DEBUG" });
  await eventually(async () => {
    const loud = world.logs.length;
    await runFlow(flow);
    return ["event.received", "step.attempted", "run.finished"].every((message) =>
      linesOf(message, world.workspaceId, loud).length > 0
    );
  });
  const from = world.logs.length;
  await deliver(otherWorkspaceId);
  assertEquals(linesOf("event.received", otherWorkspaceId, from).length, 0);

  await save({ logging_level: "INFO" }, other.addonId);
  assert(linesOf("lifecycle.applied", otherWorkspaceId, from).length > 0);
  await save({ logging_level: "ERROR" }, other.addonId);
  await eventually(async () => {
    const silenced = world.logs.length;
    await save({ logging_level: "ERROR" }, other.addonId);
    return linesOf("lifecycle.applied", otherWorkspaceId, silenced).length === 0;
  });
  await save({ logging_level: "INFO" });
  await removeFlow(flow);
});

Deno.test("developer_mode shows admins the whole outputs of a flow's history", async () => {
  const { simulator, workspaceId } = world;
  for (let i = 0; i < 30; i++) {
    await simulator.change({
      workspaceId,
      method: "POST",
      path: "/tags",
      body: { name: `${i} ${"long ".repeat(30)}` },
    });
  }
  const flow = await addFlow({ operation_id: "getTags" });
  const cut = (await runFlow(flow)).actions[0].result;
  assertEquals([cut.truncated, cut.text.length], [true, 5_000]);
  await save({ developer_mode: true });
  const [shown] = await executions(flow);
  assert(shown.actions[0].result.length > 30);
  const [forMember] = await executions(flow, member);
  assertEquals(forMember.actions[0].result.truncated, true);
  await save({ developer_mode: false });
  assertEquals((await executions(flow))[0].actions[0].result, cut);
  await removeFlow(flow);
});

const CREATE_TAG = { operation_id: "createNewTag", as_user: "$.webhook.userId", body: { name: "{{$.webhook.tag}}" } };

/** Requests that wanted to make a tag, with the claims of the token they came with. */
function tagCalls(): { status: number | null; claims: Json }[] {
  return world.simulator.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/tags"))
    .map(({ status, headers }) => ({ status, claims: JSON.parse(atob(headers["x-addon-token"]!.split(".")[1]!)) }));
}

Deno.test("as_user makes the call with the user's own token and rights", async () => {
  const { simulator, ownerId, memberId } = world;
  const flow = await addFlow(CREATE_TAG);
  assertEquals(flow.actions[0].as_user, "$.webhook.userId");
  simulator.clearRequests();
  for (const tag of ["first", "second"]) {
    const { status, actions } = await runFlow(flow, { userId: ownerId, tag });
    assertEquals([status, actions[0].result.name], ["COMPLETED", tag]);
    assertStrictEquals(actions[0].tries[0].request.as_user, ownerId);
  }
  assertEquals(tagCalls().map(({ claims }) => [claims.user, claims.workspaceRole]), [
    [ownerId, "OWNER"],
    [ownerId, "OWNER"],
  ]);
  assertEquals(simulator.requests.filter(({ path }) => path.includes("/addon/user/")).length, 1, "the token is kept");

  const refused = await runFlow(flow, { userId: memberId, tag: "third" });
  assertEquals([refused.status, refused.error.code], ["FAILED", "UPSTREAM_REJECTED"]);
  assertMatch(refused.error.message, /createNewTag.*403/);
  assertEquals(tagCalls().slice(2).map(({ status, claims }) => [status, claims.user]), [[403, memberId]]);
  await removeFlow(flow);
});

Deno.test("a step whose user Clockify does not give, or who is not named, fails and never acts as the add-on", async () => {
  const { simulator, database } = world;
  const flow = await addFlow(CREATE_TAG);
  simulator.clearRequests();
  const stranger = await runFlow(flow, { userId: "64a687e29ae1f428e7ebe999", tag: "x" });
  assertEquals([stranger.status, stranger.error.code], ["FAILED", "UPSTREAM_REJECTED"]);
  assertMatch(stranger.error.message, /exchangeUserToken/);
  for (const userId of [undefined, null, "", 7, "../x"]) {
    const { status, error } = await runFlow(flow, { userId, tag: "x" });
    assertEquals([status, error.code], ["FAILED", "OPERATION_INPUT_INVALID"], String(userId));
  }
  assertEquals(tagCalls().length, 0);
  const { sql } = database.db;
  const [row] = await sql<{ text: string }[]>`
    select string_agg(request::text, '') as text from ${allAttempts(sql)} attempt`;
  assert(row!.text.length > 0);
  assert(!row!.text.includes("eyJ"));
  assert(!JSON.stringify(world.logs).includes("eyJ"));
  await removeFlow(flow);
});

Deno.test("a flow's as_user is checked when it is saved", async () => {
  const table: [unknown, RegExp][] = [
    ["", /must be a user id/],
    [7, /must be a user id/],
    ["$.steps.nobody.output.id", /names no step/],
    ["{{ nothing(1) }}", /nothing/],
    ["$.action_1_result.id", /not there yet/],
  ];
  for (const [as_user, message] of table) {
    const answer = await ask(`${world.url(ADDON)}/ui/flows`, {
      headers: admin,
      body: { name: "Flow", trigger_event_types: [EVENT], actions: [{ ...CREATE_TAG, as_user }] },
    });
    assertProblem(answer, 422, "FLOW_INVALID");
    const fault = answer.body.faults.find(({ path }: Json) => path === "actions[0].as_user");
    assertMatch(fault.message, message);
  }
});
