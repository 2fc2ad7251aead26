/** Tests of reading a workspace at the doors: the mirror is exact, settings and faults are heeded. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { systemClock } from "../../../src/base/clock.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../../http/door.ts";
import { addClients, asked, OPERATOR, readingOf } from "./reading.ts";

const UW = "universal_webhook";
/** A list of several pages is looked at a second time. */
const CONFIRM = "/clients?page=1&page-size=200";
const SETTINGS_ROUTE = "*/addon/workspaces/*/settings";

let world: World;
let addonId: string;
let reading: ReturnType<typeof readingOf>;

// The first look of polling, some time after the install, asks for the same lists.
worldOfFile({
  env: { POLL_MINUTES: "0", BOOTSTRAP_MAX_RETRIES: "1", UW_BOOTSTRAP_MAX_RPS: "50", LOG_LEVEL: "INFO" },
}, (made) => {
  world = made;
  reading = readingOf(world, UW);
});

async function lists(read: Json): Promise<Record<string, Json>> {
  return Object.fromEntries((await read).lists.map((list: Json) => [list.entity_type, list]));
}

Deno.test("an install mirrors the workspace: 0 missing, 0 doubled, by pages of 50", async () => {
  await addClients(world, 120 - (await reading.source("/clients")).length);
  // Refused at first, as a fresh token may be.
  await world.simulator.addFault({ kind: "status", status: 401, path: "*/clients", count: 1 });
  ({ addonId } = await world.install(UW));
  const read = await reading.ended();
  assertEquals(read.status, "COMPLETE", JSON.stringify(read));
  assertEquals([read.last_error, read.status_label, read.progress], [null, "Complete", read.total]);
  const { balance, client, project, task } = await lists(read);
  assertEquals(client, {
    operation_id: "getClients",
    entity_type: "client",
    status: "complete",
    pages: 4,
    expected_pages: null,
    parts: 1,
    parts_done: 1,
    entities: 120,
    error: null,
  });
  assertEquals(task.entities, 15, "below each project");
  assertEquals([task.parts, task.parts_done], [project.entities, project.entities]);
  assert(balance.entities > 0, "below each policy");
  for (const [type, path] of [["client", "/clients"], ["project", "/projects"], ["tag", "/tags"], ["user", "/users"]]) {
    await reading.assertMirror(type!, path!);
  }
  const pages = asked(world).filter((path) => path.startsWith("/clients?"));
  assertEquals(
    pages,
    [...[1, 1, 2, 3].map((page) => `/clients?page=${page}&page-size=50`), CONFIRM],
    "one was refused",
  );
  const line = world.logs.find(({ message }) => message === "bootstrap.finished")!;
  assertEquals([line.outcome, line.lists, line.faulty], ["complete", read.total, 0]);
  const { types } = await reading.get("/ui/entities/types");
  assert(types.some(({ type, count }: Json) => type === "client" && count === 120));
  assertEquals((await reading.get("/ui/dashboard")).entity_counts.by_type.client, 120);
});

Deno.test("a read again replaces what changed and drops what is gone", async () => {
  const { workspaceId, simulator } = world;
  const [first, second] = await reading.source("/clients");
  const archived = { name: first.name, archived: true };
  await simulator.change({ workspaceId, method: "PUT", path: `/clients/${first.id}`, body: archived });
  await simulator.change({ workspaceId, method: "DELETE", path: `/clients/${first.id}` });
  await simulator.change({ workspaceId, method: "PUT", path: `/clients/${second.id}`, body: { name: "Renamed" } });
  assertEquals((await reading.again()).status, "COMPLETE");
  await reading.assertMirror("client", "/clients");
});

Deno.test("a read notes what it sees otherwise than it was, field by field, and nothing where nothing differs", async () => {
  const { workspaceId, simulator, database: { db } } = world;
  const tag = await simulator.change({ workspaceId, method: "POST", path: "/tags", body: { name: "Noted" } }) as Json;
  await reading.again();
  // Its event may have said so already.
  await db.sql`delete from entity_change where entity_type = 'tag'`;
  await reading.again();
  assertEquals((await db.sql`select 1 from entity_change where entity_type = 'tag'`).length, 0);
  await db
    .sql`update entity_cache set body = jsonb_set(body::jsonb, '{name}', '"Before"')::json where entity_id = ${tag.id}`;
  await reading.again();
  await db.sql`update entity_cache set entity_id = 'gone', learnt_at = null where entity_id = ${tag.id}`;
  await reading.again();
  const seen = await db.sql<{ entity_id: string; kind: string; before: Json; after: Json }[]>`
    select entity_id, kind, before, after from entity_change where entity_type = 'tag' order by id`;
  assertEquals(seen.map(({ entity_id, ...row }) => ({ ...row, known: entity_id === tag.id })), [
    { kind: "updated", before: { name: "Before" }, after: { name: "Noted" }, known: true },
    { kind: "created", before: null, after: { name: "Noted" }, known: true },
    { kind: "deleted", before: { name: "Noted" }, after: null, known: false },
  ]);
});

Deno.test("a list that ignores paging ends, also with exactly 50 items", async () => {
  const { workspaceId, simulator } = world;
  const datePeriod = { startDate: "2026-12-24", endDate: "2026-12-24" };
  for (let count = (await reading.source("/holidays")).length; count < 50; count++) {
    const body = { name: `Day ${count}`, datePeriod };
    await simulator.change({ workspaceId, method: "POST", path: "/holidays", body });
  }
  await simulator.clearRequests();
  const { holiday } = await lists(reading.again());
  assertEquals([holiday.status, holiday.pages, holiday.entities], ["complete", 1, 50]);
  assertEquals(asked(world).filter((path) => path.startsWith("/holidays")).length, 1);
});

Deno.test("include_heavy_endpoints adds the envelope lists and reports", async () => {
  const heavy = ["expense", "expense_category", "invoice", "invoice_payment", "shared_report"];
  const each = ["assignment", "project_custom_field", "user_manager"];
  const before = await lists(reading.again());
  for (const type of [...heavy, ...each]) assertEquals(before[type], undefined);
  await reading.save(addonId, { include_heavy_endpoints: true });
  const read = await reading.again();
  assertEquals(read.last_error, null);
  const now = await lists(read);
  assertEquals(heavy.map((type) => now[type].entities), [8, 2, 120, 0, 1]);
  assertEquals(each.map((type) => now[type].status), ["complete", "complete", "complete"]);
  assertEquals(now.invoice_payment.parts, 120);
  for (const { id, body } of await reading.entities("project_custom_field")) {
    assert(id.endsWith(`:${body.id}`) && id.length > body.id.length + 1, "one of each project");
  }
  const [expense] = await reading.entities("expense");
  assertEquals(expense.operation_id, "getExpenses");
  assertStrictEquals(expense.body.workspaceId, world.workspaceId);
  await reading.save(addonId, { include_heavy_endpoints: false });
});

Deno.test("include_time_entries reads those of each user, within time_entry_days_back", async () => {
  const { simulator, ownerId, workspaceId } = world;
  await simulator.clearRequests();
  const before = await lists(reading.again());
  assertEquals([before.time_entry, before.running_time_entry], [undefined, undefined]);
  assert(!asked(world).some((path) => path.includes("time-entries")), "none of them, running or not");
  const make = (daysAgo: number) => {
    const start = new Date(systemClock.now() - daysAgo * 86_400_000).toISOString().slice(0, 19) + "Z";
    const body = { start, end: start, description: `${daysAgo} days ago` };
    return simulator.change({ workspaceId, method: "POST", path: `/user/${ownerId}/time-entries`, body });
  };
  await make(2);
  await make(20);
  // What Clockify says of the window is held against our query: its windowed lists miss what is younger than 45 s.
  for (const days of [7, 30]) {
    await reading.save(addonId, { include_time_entries: true, time_entry_days_back: days });
    await simulator.clearRequests();
    const read = await reading.again();
    assertEquals(read.last_error, null);
    const [path] = asked(world).filter((path) => path.startsWith(`/user/${ownerId}/time-entries`));
    const query = new URLSearchParams(path!.split("?")[1]);
    for (const name of ["start", "end"]) assertMatch(query.get(name)!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const start = Date.parse(query.get("start")!);
    assert(Math.abs(systemClock.now() - days * 86_400_000 - start) < 60_000, query.get("start")!);
    assert(Date.parse(query.get("end")!) > systemClock.now());
    assertEquals((await lists(read)).time_entry.status, "complete");
  }
  await reading.save(addonId, { include_time_entries: false, time_entry_days_back: 30 });
});

Deno.test("max_rps paces the whole read", async () => {
  await reading.save(addonId, { max_rps: 10 });
  await world.simulator.clearRequests();
  await reading.again();
  const times = world.simulator.requests.map(({ at }) => at);
  assert(times.length > 20, `${times.length} requests`);
  // In any second of their leaving there are 10 at most (rate_limit_test.ts); on their way they bunch together.
  const tookMs = times.at(-1)! - times[0]!;
  assert(tookMs >= (times.length - 10) * 100, `${times.length} requests in ${tookMs} ms`);
  await reading.save(addonId, { max_rps: 50 });
});

Deno.test("after a 429 nothing leaves before Retry-After, and the read goes on at its page", async () => {
  const { simulator } = world;
  await simulator.clearRequests();
  const fault = { kind: "status", status: 429, retryAfter: "2", path: "*/clients", skip: 1, count: 1 } as const;
  await simulator.addFault(fault);
  assertEquals((await reading.again()).last_error, null);
  await reading.assertMirror("client", "/clients");
  const refused = simulator.requests.findIndex(({ status }) => status === 429);
  // What was on its way already may still arrive; the rest of the read would take longer than that.
  const after = simulator.requests.slice(refused + 1).map(({ at }) => at - simulator.requests[refused]!.at)
    .filter((ms) => ms > 1_000);
  assert(Math.min(...after) >= 1_950, `${Math.min(...after)} ms after the refusal`);
  const pages = asked(world).filter((path) => path.startsWith("/clients?"));
  assertEquals(pages, [...[1, 2, 2, 3].map((page) => `/clients?page=${page}&page-size=50`), CONFIRM]);
});

Deno.test("a list that cannot be read is told of, and the others are whole", async () => {
  const cached = (await reading.entities("tag")).length;
  await world.simulator.addFault({ kind: "status", status: 500, path: "*/tags", count: null });
  const read = await reading.again();
  await world.simulator.clearFaults();
  assertEquals([read.status, read.status_label], ["COMPLETE", "Complete with errors"]);
  assertMatch(read.last_error, /^Not read completely: getTags: Cannot call getTags: Clockify answered 500/);
  const { tag, client } = await lists(read);
  assertEquals([tag.status, client.status], ["failed", "complete"]);
  assertEquals((await reading.entities("tag")).length, cached, "what was known of it stays");
  const metrics = (await ask(`${world.url(UW)}/metrics`)).body;
  assertMatch(metrics, /^bootstrap_errors\{service="universal-webhook"\} 1$/m);
  assertMatch(
    metrics,
    /^clockify_bootstrap_jobs_total\{service="universal-webhook",outcome="complete_with_errors"\} 1$/m,
  );
  assertMatch(metrics, /^bootstrap_completed\{service="universal-webhook"\} [1-9]/m);
});

Deno.test("one list is read again: what failed of it, or all of it, and no list that the read does not have", async () => {
  const { workspaceId, simulator, database: { db: { sql } } } = world;
  const jobEnded = () =>
    eventually(async () =>
      (await sql`select 1 from job where kind = 'bootstrap' and finished_at is null`).length === 0
    );
  const again = (type: string, headers: Record<string, string> = {}) =>
    ask(`${world.url(UW)}/ui/bootstrap/lists/${type}/read?workspace_id=${workspaceId}`, {
      method: "POST",
      headers: { ...OPERATOR, ...headers },
    });
  const over = await simulator.change({
    workspaceId,
    method: "POST",
    path: "/projects",
    body: { name: "Over" },
  }) as Json;
  await simulator.addFault({ kind: "status", status: 500, path: "*/tasks", skip: 2, count: null });
  const broken = await reading.again();
  assertMatch(broken.last_error, /^Not read completely: getTasks: /);
  const { task } = await lists(broken);
  assert(task.status === "failed" && task.entities < 15);
  await simulator.clearFaults();
  await simulator.clearRequests();

  const key = { "idempotency-key": crypto.randomUUID() };
  for (const _ of [1, 2]) assertEquals((await again("task", key)).body.message, "The list will be read again");
  await jobEnded();
  const mended = await reading.ended();
  assertEquals([mended.status, mended.last_error], ["COMPLETE", null]);
  assertEquals((await lists(mended)).task.entities, 15);
  const paths = asked(world).map((path) => path.split("?")[0]!);
  assertEquals(paths.length, task.parts - 2, "below the projects that failed, once");
  assert(paths.every((path) => path.endsWith("/tasks")));

  // One that is gone goes.
  const archived = { name: "Over", archived: true };
  await simulator.change({ workspaceId, method: "PUT", path: `/projects/${over.id}`, body: archived });
  await simulator.change({ workspaceId, method: "DELETE", path: `/projects/${over.id}` });
  await sql`update entity_cache set learnt_at = null, deleted_at = null where entity_id = ${over.id}`;
  assertEquals((await again("project")).status, 200);
  await jobEnded();
  await reading.assertMirror("project", "/projects");
  assertProblem(await again("nothing"), 404, "NOT_FOUND");
});

Deno.test("members see entities without mail addresses, admins and operators see all", async () => {
  const users = async (headers: Record<string, string>) =>
    (await ask(`${world.url(UW)}/ui/entities?type=user&workspace_id=${world.workspaceId}`, { headers })).body.entities;
  const admin = await users(await world.viewer(UW));
  assert(admin.every(({ body }: Json) => body.email.includes("@")));
  assertEquals(await users({ "x-api-key": OPERATOR_KEY }), admin);
  const member = await users(await world.viewer(UW, { userId: world.memberId }));
  assertEquals(member.map(({ id }: Json) => id), admin.map(({ id }: Json) => id));
  assert(member.every(({ body }: Json) => body.name && body.email === "[redacted]"));
  assertNotMatch(JSON.stringify(member), /@/);
});

Deno.test("members see no entity of the types that Clockify shows to admins alone", async () => {
  const { workspaceId, memberId } = world;
  const headers = await world.viewer(UW, { userId: memberId });
  const base = `${world.url(UW)}/ui/entities`;
  assertProblem(await ask(`${base}?type=balance`, { headers }), 403, "ROLE_INSUFFICIENT");
  const [{ id }] = (await ask(`${base}?type=balance&workspace_id=${workspaceId}`, { headers: OPERATOR })).body.entities;
  const path = `${base}/balance/${id}/timeline`;
  assertProblem(await ask(path, { headers }), 404, "NOT_FOUND");
  assertEquals((await ask(`${path}?workspace_id=${workspaceId}`, { headers: OPERATOR })).body.entity.id, id);
});

Deno.test("only admins ask for a read; a second request finds the first", async () => {
  const member = await world.viewer(UW, { userId: world.memberId });
  const trigger = `${world.url(UW)}/ui/bootstrap/trigger`;
  assertProblem(await ask(trigger, { method: "POST", headers: member }), 403, "ROLE_INSUFFICIENT");
  assertEquals((await ask(`${world.url(UW)}/ui/bootstrap`, { headers: member })).status, 200);
  await world.simulator.addFault({ kind: "hang", path: "*/clients" });
  const admin = await world.viewer(UW);
  const first = await ask(trigger, { method: "POST", headers: admin });
  assertEquals(first.body, { status: "triggered", message: "The workspace will be read again" });
  const second = await ask(trigger, { method: "POST", headers: admin });
  assertEquals(second.status, 200);
  assertMatch(second.body.message, /already running/);
  await eventually(async () => (await reading.get("/ui/bootstrap")).status === "IN_PROGRESS");
  await world.simulator.releaseFaults();
  assertEquals((await reading.ended()).status, "COMPLETE");
  assertProblem(await ask(`${world.url(UW)}/ui/entities`, { headers: admin }), 400, "REQUEST_INVALID");
});

for (const [profile, setting] of [[UW, "run_on_install"], ["clockify_addon", "auto_bootstrap"]] as const) {
  Deno.test(`${setting} off: nothing is read at the install, until someone asks`, async () => {
    const { simulator } = world;
    const workspaceId = (await simulator.workspaces())[1]!.id;
    const other = readingOf(world, profile, workspaceId);
    // The settings are only known some time after the install: here, once the person has switched it off.
    await simulator.addFault({ kind: "status", status: 500, path: SETTINGS_ROUTE, count: null });
    const installed = await world.install(profile, workspaceId);
    const settings = [{ id: setting, value: false }];
    assertEquals((await simulator.updateSettings({ addonId: installed.addonId, settings })).status, 200);
    await simulator.clearRequests();
    await simulator.clearFaults();
    const read = await eventually(async () => {
      const read = await other.get("/ui/bootstrap");
      return read.status === "DISABLED" && read;
    });
    assertEquals(read.status_label, "Disabled");
    assert(!simulator.requests.some(({ path }) => path.endsWith("/clients")));
    assertEquals((await other.again()).status, "COMPLETE");
    await other.assertMirror("client", "/clients");
  });
}

Deno.test("the add-on's older routes answer in their own shape", async () => {
  const workspaceId = (await world.simulator.workspaces())[1]!.id;
  const url = (path: string, id = workspaceId) => `${world.url("clockify_addon")}/bootstrap/${path}?workspace_id=${id}`;
  const started = await ask(url(workspaceId), { method: "POST", headers: OPERATOR });
  assertEquals(started.status, 200);
  assertEquals(started.body.status, "started");
  const status = await eventually(async () => {
    const { body } = await ask(url(`${workspaceId}/status`), { headers: OPERATOR });
    return body.status === "COMPLETE" && body.completed_at && body;
  });
  assertStrictEquals(status.id, started.body.job_id);
  assertStrictEquals(status.completed_endpoints, status.total_endpoints);
  assertEquals([status.failed_endpoints, status.errors, status.results.client], [0, [], 2]);
  assertProblem(await ask(url("other"), { method: "POST", headers: OPERATOR }), 403, "ROLE_INSUFFICIENT");
  await world.install("clockify_addon", world.workspaceId);
  assertProblem(await ask(`${world.url(UW)}/bootstrap/${workspaceId}`, { method: "POST" }), 404, "ROUTE_UNKNOWN");
});
