/** Tests of the overview's routes at the door, over real traffic: session, workspaces, overview, parts, keys and names. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { languageOf, themeOf } from "../../../src/http/api/session.ts";
import { createStopStore } from "../../../src/overview/stops.ts";
import { DATABASE_KIND } from "../../support/database.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const ADDON = "universal_webhook";
const EVENT = "TIMER_STOPPED";
type Headers = Record<string, string>;

let world: World;
let admin: Headers;
let member: Headers;
const operator = { "x-api-key": OPERATOR_KEY };

worldOfFile({}, async (made) => {
  world = made;
  ({ admin, member } = await world.enter(ADDON));
  await eventually(async () => {
    const { body } = await ask(`${world.url(ADDON)}/ui/bootstrap`, { headers: admin });
    return body.status === "COMPLETE";
  });
});

async function get(path: string, headers: Headers = admin): Promise<Json> {
  const { status, body } = await ask(`${world.url(ADDON)}${path}`, { headers });
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

/** As an operator, who names the workspace. */
const asOperator = (path: string) => get(`${path}?workspace_id=${world.workspaceId}`, operator);

Deno.test("the session says who is logged in where, and what they may do", async () => {
  const { simulator, workspaceId, ownerId, memberId } = world;
  const [workspace] = await simulator.workspaces();
  const owner = workspace!.users.find(({ id }) => id === ownerId)!;
  const session = await get("/ui/session");
  assertEquals(session, {
    actor: { kind: "user", id: ownerId, name: owner.name, role: "admin" },
    profile: { key: ADDON, name: session.profile.name, service: "universal-webhook" },
    workspace: { id: workspaceId, name: workspace!.name },
    environment: new URL(simulator.apiUrl).host,
    language: "en",
    theme: "light",
    time_zone: session.time_zone,
    expires_at: session.expires_at,
    frame_origins: session.frame_origins,
    version: session.version,
    features: { custom_webhooks: true, generic_http: false, flows: true },
    can: { write: true, reason: null },
  });
  assertEquals(session.frame_origins, world.serving.core.listeners[0]!.app.session.frameOrigins);
  assert(session.frame_origins.length > 0);
  assert(new Intl.DateTimeFormat("en", { timeZone: session.time_zone }));
  assert(Date.parse(session.expires_at) > Date.parse("2026-01-01"));
  const { actor, can } = await get("/ui/session", member);
  assertEquals([actor.id, actor.role, can.write], [memberId, "member", false]);
  assertMatch(
    can.reason,
    /^Only owners and admins of the workspace may change things; you are signed in as a member$/,
  );
  const seen = await asOperator("/ui/session");
  assertEquals(seen.actor, { kind: "operator", id: "tests", name: "tests", role: "admin" });
  assertEquals([seen.expires_at, seen.time_zone, seen.theme], [null, null, null]);
});

Deno.test("claims of language and theme are read as Clockify spells them, and anything else is not trusted", () => {
  assertEquals(["EN", "pt_BR", "de-CH", undefined, "", "<b>"].map(languageOf), [
    "en",
    "pt-br",
    "de-ch",
    "en",
    "en",
    "en",
  ]);
  assertEquals(["DARK", "dark", "DEFAULT", "LIGHT", "SEPIA", undefined].map(themeOf), [
    "dark",
    "dark",
    "light",
    "light",
    null,
    null,
  ]);
});

Deno.test("an overview of a new workspace waits for its first event, and then tells of events, runs and failures", async () => {
  const { simulator, workspaceId } = world;
  const other = (await simulator.workspaces())[1]!;
  await world.install(ADDON, other.id);
  const codes = ({ alarms }: Json) => alarms.map(({ code }: Json) => code);
  const before = await get("/ui/overview");
  assertEquals(before.receiving, { state: "never", since: before.install.installed_at, last_event_at: null });
  assert(codes(before).includes("NOTHING_RECEIVED"));
  assertEquals([before.period.hours, before.events.by_hour.length, before.runs.by_hour.length], [24, 24, 24]);

  const headers = admin;
  const flow = { name: "Works", trigger_event_types: [EVENT], actions: [{ operation_id: "getTags" }] };
  const fails = {
    ...flow,
    name: "Fails",
    actions: [{ operation_id: "getTag", path_params: { id: "64e0000000000000000000ff" } }],
  };
  const ids: string[] = [];
  for (const body of [flow, fails]) {
    const { status, body: made } = await ask(`${world.url(ADDON)}/ui/flows`, { headers, body });
    assertEquals(status, 201, JSON.stringify(made));
    ids.push(made.id);
  }
  const payload = { id: "one", workspaceId };
  for (const body of [payload, payload, { ...payload, id: "two" }]) {
    await simulator.deliver({ workspaceId, event: EVENT, payload: body });
  }
  await simulator.deliver({ workspaceId: other.id, event: EVENT, payload: { id: "three", workspaceId: other.id } });

  const after = await eventually(async () => {
    // Of two hours, since one may end meanwhile.
    const now = await get("/ui/overview?hours=2", member);
    const { total, duplicates } = now.events;
    return total === 2 && duplicates === 1 && now.runs.completed === 2 && now.runs.failed === 2 && now;
  });
  assertEquals(after.events.previous_total, 0);
  assertEquals(after.events.by_type, [{ event_type: EVENT, count: 2 }]);
  assertEquals([after.runs.total, after.runs.active, after.runs.counted_since], [4, 0, null]);
  const inAll = (state: string) => after.runs.by_hour.reduce((sum: number, hour: Json) => sum + hour[state], 0);
  assertEquals([after.runs.by_hour.length, after.runs.by_hour[0].hour], [2, after.period.from]);
  assertEquals(["completed", "failed", "other"].map(inAll), [2, 2, 0]);
  assertEquals(after.receiving.state, "receiving");
  assertEquals(after.latency.sample, 4);
  assert(after.latency.p50_ms <= after.latency.p95_ms && after.latency.action_p95_ms <= after.latency.p95_ms);
  const [failure] = after.failures;
  assertEquals(
    [after.failures.length, failure.flow_id, failure.flow_name, failure.count],
    [1, ids[1], "Fails", 2],
  );
  assertMatch(failure.run_id, /^[0-9a-f-]{36}$/);
  assertEquals(after.budget.limit_per_second, 50);
  assertEquals(after.budget.waiting, 0);
  assertEquals(after.install.status, "active");
  assertEquals(after.coverage.total, after.coverage.covered + after.coverage.none);
  assertEquals(after.bootstrap.label, "Complete");
  assert(codes(after).includes("RUNS_FAILED") && !codes(after).includes("NOTHING_RECEIVED"));
  assertProblem(await ask(`${world.url(ADDON)}/ui/overview?hours=169`, { headers }), 400, "REQUEST_INVALID");
});

Deno.test("parts say how everything stands; where the database is only to admins", async () => {
  const { parts } = await get("/ui/parts");
  const state = Object.fromEntries(parts.map(({ name, state }: Json) => [name, state]));
  assertEquals(
    [state.Database, state.Migrations, state["Signature check"], state.Worker, state.Redis, state["Clockify token"]],
    ["ok", "ok", "ok", "ok", "off", "ok"],
  );
  const product = DATABASE_KIND === "postgres" ? "PostgreSQL" : "Embedded database";
  const shown = (await get("/ui/parts", member)).parts;
  assertStrictEquals(shown.find(({ name }: Json) => name === "Database").detail, product);
  const { place } = world.database.db;
  assertEquals(parts.find(({ name }: Json) => name === "Database").detail, `${product}, ${place}`);
});

Deno.test("keys are ids, numbers and ages of this installation; operators are named to operators only", async () => {
  const keys = await get("/ui/keys");
  const { installed_at } = (await get("/ui/overview")).install;
  assertEquals(keys, {
    // Its own token; the other workspace has one too.
    encryption: [{ id: "test", first: true, configured: true, values: 1 }],
    installation_token: { received_at: installed_at, key_id: "test" },
    api_key: { configured: false, configured_at: null },
    signing_secret: { configured: false, created_at: null },
    operators: [],
  });
  assertEquals((await asOperator("/ui/keys")).operators, [{ name: "tests", loopback_only: false }]);
  assertProblem(await ask(`${world.url(ADDON)}/ui/keys`, { headers: member }), 403, "ROLE_INSUFFICIENT");
});

Deno.test("operators list the workspaces of the add-on by name, with their last event", async () => {
  const { workspaces } = await get("/ui/workspaces", operator);
  const [first, second] = await world.simulator.workspaces();
  assertEquals(
    new Set(workspaces.map(({ workspace_id }: Json) => workspace_id)),
    new Set([first!.id, second!.id]),
  );
  const ours = workspaces.find(({ workspace_id }: Json) => workspace_id === world.workspaceId);
  assertEquals([ours.name, ours.status], [first!.name, "active"]);
  assert(Date.parse(ours.last_event_at) >= Date.parse(ours.installed_at));
  assertProblem(await ask(`${world.url(ADDON)}/ui/workspaces`, { headers: admin }), 401, "LOGIN_REQUIRED");
  // The same workspaces, as another add-on that nobody has installed.
  const { body } = await ask(`${world.url("api_studio")}/ui/workspaces`, { headers: operator });
  assertEquals(body, { workspaces: [] });
});

Deno.test("members do not find by letters what they may not read: a person's mail address", async () => {
  const { db } = world.database;
  const [row] = await db.sql<{ id: number }[]>`select id from installation where workspace_id = ${world.workspaceId}`;
  await db.sql`
    insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, operation_id, body, read_number) values
      (${row!.id}, ${world.workspaceId}, 'user', 'nameless', 'x', '{"name": "zo.hidden@harbour.example"}', 1),
      (${row!.id}, ${world.workspaceId}, 'tag', 'at-home', 'x', '{"name": "zoo @home"}', 1)`;
  const ids = async (q: string, headers: Headers) =>
    (await get(`/ui/entities/search?limit=1&q=${encodeURIComponent(q)}`, headers)).entities.map(({ id }: Json) => id);
  assertEquals(await ids("zo.h", admin), ["nameless"]);
  assertEquals(await ids("zo.h", member), []);
  assertEquals(await ids("zo", member), ["at-home"], "nor by what is left out of a page");
  assertEquals(await get("/ui/entities/names?ids=nameless", member), {
    names: { nameless: { type: "user", name: "[redacted]" } },
  });
});

Deno.test("members read why runs failed without what a partner quoted, as in the list of runs", async () => {
  const { db } = world.database;
  await db.sql`
    update run set error_message = 'Clockify refused it for zo.hidden@harbour.example' where state = 'failed'`;
  assertMatch((await get("/ui/overview", admin)).failures[0].message, /zo\.hidden/);
  assertEquals((await get("/ui/overview", member)).failures[0].message, "Clockify refused it for [redacted]");
});

Deno.test("names are found by id and by text, within one's own workspace", async () => {
  const { ownerId, simulator } = world;
  const [mine, other] = await simulator.workspaces();
  const stranger = await world.viewer(ADDON, { workspaceId: other!.id, userId: other!.users[0]!.id });
  const owner = mine!.users.find(({ id }) => id === ownerId)!;
  const path = `/ui/entities/names?ids=${ownerId},64e0000000000000000000ff`;
  assertEquals(await get(path, member), { names: { [ownerId]: { type: "user", name: owner.name } } });
  if (!other!.users.some(({ id }) => id === ownerId)) assertEquals(await get(path, stranger), { names: {} });
  const q = encodeURIComponent(owner.name.slice(0, 3).toLowerCase());
  const { entities } = await get(`/ui/entities/search?type=user&q=${q}&limit=50`, member);
  assert(entities.some(({ id, type, name }: Json) => id === ownerId && type === "user" && name === owner.name));
  for (
    const wrong of [
      "names",
      "names?ids=",
      `names?ids=${Array.from({ length: 101 }, (_, index) => index)}`,
      "names?ids=a%00b",
      "search",
      "search?q=%00",
      "search?q=a&type=time_entry",
      "search?q=a&limit=51",
    ]
  ) {
    const answer = await ask(`${world.url(ADDON)}/ui/entities/${wrong}`, { headers: admin });
    assertProblem(answer, 400, "REQUEST_INVALID");
  }
});

Deno.test("anything is found by a part of its name or by its id, and by its own workspace alone", async () => {
  const found = async (q: string, headers = admin) =>
    (await get(`/ui/search?q=${encodeURIComponent(q)}`, headers)).found as Json[];
  const other = (await world.simulator.workspaces())[1]!;
  const [{ id: flowId }] = (await get("/ui/flows")).flows.filter(({ name }: Json) => name === "Works");
  const [run] = (await get(`/ui/runs?flow_id=${flowId}&limit=1`)).runs;
  assertEquals(await found("WORK"), [
    { kind: "flow", id: flowId, type: null, name: "Works", at: null },
    ...(await found("WORK")).filter(({ kind }) => kind !== "flow"),
  ]);
  const [byRun] = await found(run.id);
  assertEquals(byRun, { kind: "run", id: run.id, type: "completed", name: "Works", at: run.created_at });
  const [byEvent] = await found(run.event_id);
  assertEquals([byEvent!.kind, byEvent!.id, byEvent!.type], ["event", run.event_id, EVENT]);
  assertEquals((await found(world.memberId)).map(({ kind, id }) => [kind, id]), [["entity", world.memberId]]);
  assertEquals(await found("hidden@harbour", member), []);
  assertEquals((await found("hidden@harbour")).map(({ id }) => id), ["nameless"]);
  const foreign = await world.viewer(ADDON, { workspaceId: other.id, userId: other.users[0]!.id });
  for (const q of ["Works", run.id, world.memberId]) {
    assertEquals((await found(q, foreign)).filter(({ kind }) => kind !== "event"), [], q);
  }
  assertProblem(await ask(`${world.url(ADDON)}/ui/search?q=%00`, { headers: admin }), 400, "REQUEST_INVALID");
});

Deno.test("what flows did is counted from the journal, by what was written, and what an undo could take back", async () => {
  const { db } = world.database;
  const [row] = await db.sql<{ id: number }[]>`
    select id from installation where addon = ${ADDON} and workspace_id = ${world.workspaceId}`;
  const change = (fields: { verb: string; origin?: string; state?: string; fields?: string; hoursAgo?: number }) => {
    const { verb, origin = "flow", state = "done", fields: changed = "{}", hoursAgo = 1 } = fields;
    return db.sql`
      insert into change (installation_id, created_at, state, operation, operation_key, params, entity_type, origin,
        before_state, fields, undoable)
      values (${
      row!.id
    }, now() - ${hoursAgo}::int * interval '1 hour', ${state}, 'o', ${`${verb} /x`}, '{}', 'time_entry',
        ${origin}, ${verb === "POST" ? "none" : "read"}, ${changed}::text[], true)`;
  };
  for (const fields of ["{tagIds}", "{tagIds}", "{description,tagIds}"]) await change({ verb: "PUT", fields });
  await change({ verb: "POST" });
  await change({ verb: "DELETE", origin: "person" });
  await change({ verb: "PUT", state: "refused" });
  await change({ verb: "PUT", hoursAgo: 30 });
  const today = await get("/ui/done", member);
  assertEquals(today.done, [
    { entity_type: "time_entry", verb: "tagged", count: 2 },
    { entity_type: "time_entry", verb: "changed", count: 1 },
    { entity_type: "time_entry", verb: "created", count: 1 },
  ]);
  assertEquals([today.undoable, today.is_part], [5, false]);
  // A week at most, whatever is named.
  const week = await get("/ui/done?from=2020-01-01");
  assertEquals(week.undoable, 6);
  assert(Date.parse(week.from) > Date.parse(today.from) - 7 * 86_400_000);
});

Deno.test("Clockify's pause is said with its cause, its end and the runs that wait; the event says so too", async () => {
  const { simulator, workspaceId } = world;
  assertEquals(await get("/ui/stops"), { stops: [] });
  simulator.faults.add({ kind: "status", path: "/api/v1/*/tags*", status: 429, retryAfter: "1800" });
  const deliver = (id: string) => simulator.deliver({ workspaceId, event: EVENT, payload: { id, workspaceId } });
  const waits = async () => {
    const { webhooks: [event] } = await get("/ui/webhooks?limit=1");
    return (await get(`/ui/webhooks/${event.id}`)).runs as Json[];
  };
  const isWaiting = ({ waits_for }: Json) => waits_for === "clockify";
  await deliver("refused");
  // The other run of that event may have been quicker than the refusal; those of the next are not sent at all.
  const first = await eventually(async () => {
    const runs = await waits();
    return runs.some(isWaiting) && runs.every((run) => isWaiting(run) || run.finished_at !== null) && runs;
  });
  await deliver("paused");
  const runs = await eventually(async () => {
    const runs = await waits();
    return runs.length === 2 && runs[0]!.run_id !== first[0]!.run_id && runs.every(isWaiting) && runs;
  });
  const waiting = first.filter(isWaiting).length + 2;
  const { stops: [stop] } = await get("/ui/stops", member);
  const { since, until, ...rest } = stop;
  const asked = { cause: "retry_after", asked_seconds: 1_800, runs_waiting: waiting };
  const reason = "Clockify named the time: a call before it would only be refused";
  assertEquals(rest, { kind: "clockify", host: null, breaker_id: null, ...asked, try_now: { allowed: false, reason } });
  assertEquals(Math.round((Date.parse(until) - Date.parse(since)) / 60_000), 30);
  assert(runs.every(({ next_attempt_at }: Json) => Date.parse(next_attempt_at) > Date.parse(since)));
  const standing = async () => (await get("/ui/issues", member)).issues.find(({ kind }: Json) => kind === "stopped");
  const issue = await standing();
  // What is kept and what the process knows may differ by a millisecond.
  assertEquals({ ...issue.stop, until }, stop);
  assertEquals([issue.state, issue.count, issue.first_at], ["open", null, since]);
  const mark = { headers: admin, method: "PUT", body: { state: "resolved" } };
  assertEquals((await ask(`${world.url(ADDON)}/ui/issues/${issue.id}`, mark)).body.state, "resolved");
  // It was stopped before: the same stop is no new one.
  assertEquals((await standing()).state, "resolved");

  // Another process, which makes no calls itself, says the same of what is kept; a host that fails is a stop that may be tried.
  const { db } = world.database;
  const [row] = await db.sql<{ id: number }[]>`
    select id from installation where addon = ${ADDON} and workspace_id = ${workspaceId}`;
  const breaker = { id: 7, host: "shop.example", state: "open" as const, openedAt: new Date(0), probeAt: new Date(1) };
  const kept = await createStopStore({ db })
    .stops(row!.id, { nowMs: Date.parse(since), usage: undefined, breakers: [breaker] });
  assertEquals(kept.map(({ kind, cause, runsWaiting }) => [kind, cause, runsWaiting]), [
    ["clockify", "retry_after", waiting],
    ["host", "failures", 0],
  ]);
  const other = (await simulator.workspaces())[1]!;
  const foreign = await world.viewer(ADDON, { workspaceId: other.id, userId: other.users[0]!.id });
  assertEquals(await get("/ui/stops", foreign), { stops: [] });
});
