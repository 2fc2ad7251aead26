/** Versions of flows at the door: what makes one, what their list and their pages say, and the way back to an earlier one by its draft. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertNotStrictEquals } from "@std/assert";
import { KEPT_BYTES, KEPT_VERSIONS, KEPT_WITH_RUNS, MAX_NOTE_CHARS } from "../../../src/flows/store/version_rows.ts";
import { passDelays } from "../../db/rows.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";
const LIST_TAGS = { id: "list_tags", operation_id: "getTags" };
const LIST_PROJECTS = { id: "list_projects", operation_id: "getProjects" };
const FLOW = { name: "First", trigger_event_types: [EVENT], actions: [LIST_TAGS] };
const HOUR_MS = 3_600_000;
const MASK = "[redacted]";

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;
let installationId: number;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000" } }, async (made) => {
  world = made;
  ({ admin, member, installationId } = await world.enter("universal_webhook"));
  // From here on names of users are known, and nothing reads them again.
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

async function save({ id }: Json, fields: Json): Promise<Json> {
  const { status, body } = await flows(`/${id}`, { method: "PUT", body: fields });
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

async function versionsOf({ id }: Json, query = "", headers = admin): Promise<Json> {
  const { status, body } = await flows(`/${id}/versions${query}`, { headers });
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

const read = ({ id }: Json, version: number | string, headers = admin) =>
  flows(`/${id}/versions/${version}`, { headers });

const restore = ({ id }: Json, version: number | string, { body = {}, tag }: { body?: Json; tag?: string } = {}) =>
  flows(`/${id}/versions/${version}/restore`, {
    method: "POST",
    headers: { ...admin, ...(tag !== undefined && { "if-match": tag }) },
    body,
  });

const publish = ({ id }: Json, { body = {}, tag }: { body?: Json; tag?: string } = {}) =>
  flows(`/${id}/publish`, {
    method: "POST",
    headers: { ...admin, ...(tag !== undefined && { "if-match": tag }) },
    body,
  });

async function remove({ id }: Json) {
  assertEquals((await flows(`/${id}`, { method: "DELETE" })).status, 200);
}

async function runOnce({ id }: Json, version: number): Promise<Json> {
  const { simulator, workspaceId } = world;
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId } });
  return await eventually(async () => {
    const { body } = await flows(`/${id}/executions`);
    return body.executions.find((one: Json) => one.flow_version === version && one.status === "COMPLETED");
  });
}

Deno.test("a save makes a version that keeps what was saved, when and by whom; runs name the one they ran", async () => {
  const flow = await create();
  await runOnce(flow, 1);
  const second = await save(flow, { name: "Second", actions: [LIST_PROJECTS] });
  assertEquals(second.version, 2);
  const run = await runOnce(flow, 2);
  const { flow_id, versions, pagination, counted_runs } = await versionsOf(flow);
  assertEquals([flow_id, pagination], [flow.id, { limit: 50, has_more: false, next_cursor: null }]);
  const said = { restored_from: null, author: world.ownerId, note: null, runs: 1, failed: 0, in_progress: 0 };
  assertEquals(counted_runs, { limit: 10_000, is_cut: false });
  assertEquals(
    versions.map(({ author_name: _, created_at, published_at, last_run_at, ...one }: Json) => {
      assertEquals(created_at, published_at);
      assert(last_run_at >= published_at, `${last_run_at} after ${published_at}`);
      assertEquals(new Date(published_at).toISOString(), published_at);
      return one;
    }),
    [
      { version: 2, state: "published", present: true, ...said },
      { version: 1, state: "retired", present: false, ...said },
    ],
  );

  const { body: first } = await read(flow, 1);
  assertEquals(first.definition, {
    name: "First",
    trigger_event_types: [EVENT],
    conditions: null,
    actions: [{ ...LIST_TAGS, type: "clockify", path_params: {}, query_params: {}, on_uncertain: "retry" }],
    ordered: false,
  });
  assertEquals([first.version, first.state, first.present, first.flow_id], [1, "retired", false, flow.id]);
  const { body: present } = await read(flow, 2);
  assertEquals([present.definition.name, present.present], ["Second", true]);

  const { body: shown } = await ask(`${world.url("universal_webhook")}/ui/runs/${run.id}`, { headers: admin });
  assertEquals([shown.flow_version, shown.flow.version], [2, 2]);
  for (const version of [0, 3, "x", "1.0", "01", "9999999999"]) {
    assertProblem(await read(flow, version), 404, "NOT_FOUND");
    assertProblem(await restore(flow, version), 404, "NOT_FOUND");
  }
  await remove(flow);
});

Deno.test("switching a flow on or off makes no version, and moves its entity tag", async () => {
  const flow = await create();
  const put = (body: Json, tag?: string) =>
    flows(`/${flow.id}`, { method: "PUT", headers: { ...admin, ...(tag && { "if-match": tag }) }, body });
  const off = await put({ enabled: false }, '"1"');
  assertEquals([off.status, off.body.enabled, off.body.version, off.headers.get("etag")], [200, false, 1, '"1.1"']);
  assertEquals((await put({ enabled: false })).headers.get("etag"), '"1.1"', "it is off already");
  // Who read it while it was on does not switch it on again unseen, and may change the rest.
  assertProblem(await put({ ...flow, name: "Renamed", enabled: true }, '"1"'), 412, "PRECONDITION_FAILED");
  assertProblem(await put({ enabled: true }, '"1"'), 412, "PRECONDITION_FAILED");
  const stale = await flows(`/${flow.id}`, { method: "DELETE", headers: { ...admin, "if-match": '"1"' } });
  assertProblem(stale, 412, "PRECONDITION_FAILED");
  // The whole flow, of which nothing else differs.
  const { body: read } = await flows(`/${flow.id}`);
  const on = await put({ ...read, enabled: true }, '"1.1"');
  assertEquals([on.status, on.body.enabled, on.body.version, on.headers.get("etag")], [200, true, 1, '"1.2"']);
  assertEquals((await versionsOf(flow)).versions.map(({ version }: Json) => version), [1]);
  await runOnce(flow, 1);
  const renamed = await put({ name: "Renamed" }, '"1"');
  assertEquals([renamed.status, renamed.body.version, renamed.headers.get("etag")], [200, 2, '"2"']);
  const both = await put({ name: "Renamed and off", enabled: false });
  assertEquals([both.body.version, both.body.enabled], [3, false]);
  assertEquals((await versionsOf(flow)).versions.length, 3);
  await remove(flow);
});

Deno.test("a run in progress keeps its plan when another version is published and when an old one is restored", async () => {
  const { simulator, database: { db } } = world;
  const retry = { max_attempts: 3, initial_delay_ms: HOUR_MS, max_delay_ms: HOUR_MS };
  const flow = await create({ actions: [{ ...LIST_TAGS, retry }] });
  await simulator.addFault({ kind: "status", status: 500, path: "*/tags", count: null });
  await simulator.deliver({
    workspaceId: world.workspaceId,
    event: EVENT,
    payload: { id: crypto.randomUUID(), workspaceId: world.workspaceId },
  });
  await eventually(async () => (await db.sql`select 1 from run where state = 'waiting'`).length === 1);
  await save(flow, { actions: [LIST_PROJECTS] });
  await save(flow, { name: "Third" });
  assertEquals((await restore(flow, 2)).status, 200);
  assertEquals((await publish(flow)).status, 200);
  await simulator.clearFaults();
  await passDelays(db);
  const done = await eventually(async () => {
    const { body } = await flows(`/${flow.id}/executions`);
    return body.executions.find((one: Json) => one.status === "COMPLETED");
  });
  assertEquals([done.flow_version, done.actions.map(({ id }: Json) => id)], [1, ["list_tags"]]);
  const next = await runOnce(flow, 4);
  assertEquals(next.actions.map(({ id }: Json) => id), ["list_projects"]);
  await remove(flow);
});

Deno.test("a restored version is the draft, runs nothing, and is the next version once it is published", async () => {
  const flow = await create({ conditions: { all: [{ field: "$.webhook.id", operator: "==", value: "a" }] } });
  const second = await save(flow, { name: "Second", conditions: null, actions: [LIST_PROJECTS] });
  await save(flow, { enabled: false });
  assertProblem(await restore(flow, 2), 409, "CONFLICT");
  const answer = await restore(flow, 1, { body: { note: " The condition was right " } });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
  const { definition, base_version, restored_from, present_version, note, author, faults } = answer.body;
  assertEquals([base_version, restored_from, present_version], [2, 1, 2]);
  assertEquals([note, author, faults], ["The condition was right", world.ownerId, []]);
  assertEquals(definition, (await read(flow, 1)).body.definition);
  const shown = await flows(`/${flow.id}/draft`);
  assertEquals([shown.body, shown.headers.get("etag")], [answer.body, answer.headers.get("etag")]);
  // Nothing is published by it.
  const present = (await flows(`/${flow.id}`)).body;
  assertEquals([present.version, present.name, present.actions], [2, "Second", second.actions]);
  assertEquals((await versionsOf(flow)).versions.length, 2);

  const published = await publish(flow, { tag: '"2.1"' });
  assertEquals([published.status, published.headers.get("etag")], [200, '"3"'], JSON.stringify(published.body));
  const { id, version, enabled, name, actions, conditions } = published.body;
  assertEquals([id, version, enabled, name], [flow.id, 3, false, "First"]);
  assertEquals([actions, conditions], [flow.actions, flow.conditions]);
  const [newest, before, first] = (await versionsOf(flow)).versions;
  assertEquals(
    [newest.version, newest.restored_from, newest.note, newest.present],
    [3, 1, "The condition was right", true],
  );
  assertEquals([before.state, first.state, first.restored_from], ["retired", "retired", null]);
  assertEquals((await read(flow, 3)).body.definition, (await read(flow, 1)).body.definition);
  const plans = await world.database.db.sql<{ plan_id: number }[]>`
    select plan_id from flow_version where flow_id = ${flow.id} order by version`;
  assertNotStrictEquals(plans[2]!.plan_id, plans[0]!.plan_id, "a plan of its own: the old one may be gone");
  for (const body of [{ note: 1 }, { note: "x".repeat(MAX_NOTE_CHARS + 1) }, { replace_draft: 1 }, { other: 1 }, []]) {
    assertProblem(await restore(flow, 1, { body }), 400, "REQUEST_INVALID");
  }
  assertEquals((await restore(flow, 1, { body: { note: "x".repeat(MAX_NOTE_CHARS) } })).status, 200);
  await remove(flow);
});

Deno.test("a draft is replaced by a restore only where that is asked for; changed, it repeats no version", async () => {
  const flow = await create();
  await save(flow, { name: "Second" });
  const put = (body: Json) => flows(`/${flow.id}/draft`, { method: "PUT", body });
  const draft = { ...FLOW, name: "Half done" };
  assertEquals((await put({ definition: draft })).status, 200);
  assertProblem(await restore(flow, 1), 409, "CONFLICT");
  assertProblem(await restore(flow, 1, { tag: '"x"', body: { replace_draft: true } }), 412, "PRECONDITION_FAILED");
  assertEquals((await flows(`/${flow.id}/draft`)).body.definition.name, "Half done");
  const tag = (await flows(`/${flow.id}/draft`)).headers.get("etag")!;
  const { body: restored } = await restore(flow, 1, { tag, body: { replace_draft: true } });
  assertEquals([restored.definition.name, restored.restored_from, restored.note], ["First", 1, null]);
  // What it says stays, and so does what it repeats.
  const noted = await put({ definition: restored.definition, note: "Still as it was" });
  assertEquals([noted.body.restored_from, noted.body.note], [1, "Still as it was"]);
  assertEquals((await put({ definition: draft })).body.restored_from, null);
  assertEquals((await publish(flow)).body.version, 3);
  assertEquals((await versionsOf(flow)).versions[0].restored_from, null);
  await remove(flow);
});

Deno.test("an old version that cannot be published today is a draft with its faults, and nothing else changes", async () => {
  const flow = await create();
  await save(flow, { name: "Second" });
  await world.database.db.sql`
    update flow_version set definition = jsonb_set(definition, '{actions,0,operation_id}', '"wasThereOnce"')
    where flow_id = ${flow.id} and version = 1`;
  const answer = await restore(flow, 1);
  assertEquals(answer.status, 200);
  assertEquals(answer.body.faults.map(({ path }: Json) => path), ["actions[0].operation_id"]);
  assertProblem(await publish(flow), 422, "FLOW_INVALID");
  assertEquals((await versionsOf(flow)).versions.length, 2);
  await remove(flow);
});

Deno.test("of restores at once one makes the draft, and the others are refused", async () => {
  const flow = await create();
  await save(flow, { name: "Second" });
  await save(flow, { name: "Third" });
  const answers = await Promise.all([1, 2, 1, 2].map((version) => restore(flow, version)));
  const [made, ...more] = answers.filter(({ status }) => status === 200);
  assertEquals(more, []);
  for (const answer of answers) if (answer.status !== 200) assertProblem(answer, 409, "CONFLICT");
  assertEquals((await flows(`/${flow.id}/draft`)).body, made!.body);
  await remove(flow);
});

Deno.test("secrets of old versions stay sealed and hidden, come back with a restore, and say so where they cannot be opened", async () => {
  const { simulator, database: { db } } = world;
  const { addonId } = (await simulator.listInstallations()).find((one) => one.addonKey === "universal-webhook-api")!;
  await simulator.updateSettings({ addonId, settings: [{ id: "enable_generic_http_actions", value: true }] });
  const secret = `MARK-${crypto.randomUUID()}`;
  const call = { id: "call", type: "http", url: "https://example.com/x", headers: { Authorization: secret } };
  const flow = await eventually(async () => {
    const { status, body } = await flows("", { body: { ...FLOW, actions: [call] } });
    return status === 201 && body;
  });
  await save(flow, { actions: [LIST_TAGS] });
  for (const headers of [admin, member]) {
    const { body } = await read(flow, 1, headers);
    assertEquals(body.definition.actions[0].headers, { Authorization: MASK });
    assertNotMatch(JSON.stringify([body, await versionsOf(flow, "", headers)]), /MARK-|sealed/);
  }
  const stored = () => db.sql<{ text: string }[]>`select definition::text from flow_version where flow_id = ${flow.id}`;
  assertNotMatch(JSON.stringify(await stored()), /MARK-/);

  const draft = await restore(flow, 1);
  assertEquals([draft.status, draft.body.definition.actions[0].headers], [200, { Authorization: MASK }]);
  assertEquals(draft.body.faults, []);
  assertNotMatch(JSON.stringify([draft.body, await stored()]), /MARK-/);
  const restored = await publish(flow);
  assertEquals([restored.status, restored.body.actions[0].headers], [200, { Authorization: MASK }]);
  const [{ plan }] = [
    ...await db.sql<{ plan: string }[]>`
    select plan.body::text as plan from flow join plan on plan.id = flow.plan_id where flow.id = ${flow.id}`,
  ] as [Json];
  assertMatch(plan, /\$sealed/);
  assertNotMatch(plan, /MARK-|redacted/);

  // As when the key that it was sealed under is gone.
  await db.sql`
    update flow_version set definition =
      regexp_replace(definition::text, 'v1\\.[^."]+\\.', 'v1.gone.', 'g')::jsonb
    where flow_id = ${flow.id} and version = 1`;
  assertEquals((await read(flow, 1)).body.definition.actions[0].headers, { Authorization: MASK });
  const lost = await restore(flow, 1);
  assertEquals(lost.status, 200);
  assertEquals(lost.body.faults.map(({ path }: Json) => path), ["actions[0].headers.Authorization"]);
  assertProblem(await publish(flow), 422, "FLOW_INVALID");
  await remove(flow);
});

Deno.test("members read versions and restore none; operators are named; another workspace finds nothing", async () => {
  const [, other] = await world.simulator.workspaces();
  await world.install("universal_webhook", other!.id);
  const stranger = await world.viewer("universal_webhook", { workspaceId: other!.id, userId: other!.users[0]!.id });
  const query = `?workspace_id=${world.workspaceId}&addon=universal_webhook`;
  const operator = { "x-api-key": OPERATOR_KEY };
  const flow = (await flows(query, { headers: operator, body: FLOW })).body;
  await save(flow, { name: "Second" });
  await world.database.db.sql`
    insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, operation_id, body, read_number)
    values (${installationId}, ${world.workspaceId}, 'user', ${world.ownerId}, 'o', '{}', 1) on conflict do nothing`;
  await world.database.db.sql`
    update entity_cache set body = '{"name": "ada@example.com"}'
    where installation_id = ${installationId} and entity_type = 'user' and entity_id = ${world.ownerId}`;
  const names = async (headers: Record<string, string>) =>
    (await versionsOf(flow, "", headers)).versions.map((one: Json) => [one.author, one.author_name]);
  assertEquals(await names(admin), [[world.ownerId, "ada@example.com"], ["tests", null]]);
  assertEquals(await names(member), [[world.ownerId, MASK], ["tests", null]]);
  assertEquals((await read(flow, 1, member)).status, 200);
  const path = `/${flow.id}/versions/1/restore`;
  assertProblem(await flows(path, { headers: member, body: {} }), 403, "ROLE_INSUFFICIENT");
  for (const [one, options] of [[`/${flow.id}/versions`], [`/${flow.id}/versions/1`], [path, { body: {} }]] as const) {
    assertProblem(await flows(one, { ...options, headers: stranger }), 404, "NOT_FOUND");
  }
  await remove(flow);
});

Deno.test("versions come in pages, and go with their flow", async () => {
  const flow = await create();
  for (let n = 2; n <= 5; n++) await save(flow, { name: `Save ${n}` });
  const numbers = ({ versions }: Json) => versions.map(({ version }: Json) => version);
  const first = await versionsOf(flow, "?limit=2");
  assertEquals([numbers(first), first.pagination], [[5, 4], { limit: 2, has_more: true, next_cursor: "4" }]);
  const next = await versionsOf(flow, "?limit=2&cursor=4");
  assertEquals([numbers(next), next.pagination.next_cursor], [[3, 2], "2"]);
  const last = await versionsOf(flow, "?limit=2&cursor=2");
  assertEquals([numbers(last), last.pagination], [[1], { limit: 2, has_more: false, next_cursor: null }]);
  for (const query of ["?limit=0", "?limit=101", "?cursor=0", "?cursor=x"]) {
    assertProblem(await flows(`/${flow.id}/versions${query}`), 400, "REQUEST_INVALID");
  }
  await remove(flow);
  for (const path of ["/versions", "/versions/1"]) {
    assertProblem(await flows(`/${flow.id}${path}`), 404, "NOT_FOUND");
  }
  assertProblem(await restore(flow, 1), 404, "NOT_FOUND");
  assertEquals([...await world.database.db.sql`select 1 from flow_version where flow_id = ${flow.id}`], []);
});

Deno.test("a save keeps the newest versions, older ones that have runs, and no more bytes than allowed", async () => {
  const { sql } = world.database.db;
  const flow = await create();
  const [{ plan_id }] = [...await sql`select plan_id from flow where id = ${flow.id}`] as [Json];
  await sql`
    insert into flow_version (installation_id, flow_id, version, definition, plan_id, published_at)
    select installation_id, flow_id, n, definition, -n, now() from flow_version, generate_series(2, 1499) n
    where flow_id = ${flow.id} and version = 1`;
  await sql`update flow_version set plan_id = ${plan_id} where flow_id = ${flow.id} and version in (1, 600, 1001)`;
  await sql`update flow set version = 1499 where id = ${flow.id}`;
  await sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state)
    values (gen_random_uuid(), ${installationId}, 'w', ${flow.id}, 1001, ${plan_id}, -9, 'completed')`;
  assertEquals((await save(flow, { name: "Save 1500" })).version, 1_500);
  const kept = await sql<{ version: number }[]>`
    select version from flow_version where flow_id = ${flow.id} order by version`;
  // Version 1 has runs too, and is older than the newest thousand.
  const newest = Array.from({ length: KEPT_VERSIONS }, (_, n) => 1_401 + n);
  assert(1_500 - KEPT_WITH_RUNS > 1);
  assertEquals(kept.map(({ version }) => version), [600, 1_001, ...newest]);
  assertEquals((await read(flow, 1)).status, 404);

  // Random text does not compress: 60 kB each.
  await sql`
    update flow_version set definition = jsonb_set(definition, '{note}', to_jsonb((
      select string_agg(md5(random()::text || n), '') from generate_series(1, 1900) n where version > 0)))
    where flow_id = ${flow.id}`;
  await save(flow, { name: "Save 1501" });
  const [{ bytes, count }] = [
    ...await sql`
    select sum(pg_column_size(definition))::int as bytes, count(*)::int as count
    from flow_version where flow_id = ${flow.id}`,
  ] as [Json];
  assert(bytes <= KEPT_BYTES && bytes > KEPT_BYTES / 2, `${bytes} bytes in ${count} versions`);
  assertEquals((await versionsOf(flow, "?limit=1")).versions[0].version, 1_501);
  await sql`delete from run where flow_id = ${flow.id}`;
  await remove(flow);
});

Deno.test("runs in progress are counted for the version that they keep, also those that are too old to be counted otherwise", async () => {
  const { sql } = world.database.db;
  const flow = await create({ triggers: { api: true }, actions: [{ kind: "wait", id: "pause", for: "1 h" }] });
  const { body: { run_id } } = await flows(`/${flow.id}/run`, { body: { input: {} } });
  const runAt = `${world.url("universal_webhook")}/ui/runs/${run_id}`;
  await eventually(async () => (await ask(runAt, { headers: admin })).body.state === "waiting");
  await save(flow, { actions: [LIST_TAGS], enabled: false });
  const counts = async () => {
    const { enabled, counted_runs, versions } = await versionsOf(flow);
    const rows = versions.map((one: Json) => [one.version, one.runs, one.failed, one.in_progress]);
    return { enabled, isCut: counted_runs.is_cut, rows };
  };
  assertEquals(await counts(), { enabled: false, isCut: false, rows: [[2, 0, 0, 0], [1, 1, 0, 1]] });
  await sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, state, created_at)
    select gen_random_uuid(), installation_id, workspace_id, id, 2, plan_id,
      case when n = 1 then 'failed' when n <= 3 then 'waiting' else 'completed' end, now() + n * interval '1 millisecond'
    from flow, generate_series(1, 10001) n where id = ${flow.id}`;
  assertEquals(await counts(), { enabled: false, isCut: true, rows: [[2, 10_000, 0, 2], [1, 0, 0, 1]] });
  assertEquals((await versionsOf(flow)).versions[1].last_run_at, null);
  assertEquals((await ask(`${runAt}/cancel`, { headers: admin, method: "POST" })).status, 200);
  await sql`delete from run where flow_id = ${flow.id} and id <> ${run_id}`;
  assertEquals((await counts()).rows, [[2, 0, 0, 0], [1, 1, 0, 0]]);
  await remove(flow);
});

Deno.test("what the previous version of the program saved is a version too, before and after the next save", async () => {
  const { sql } = world.database.db;
  const flow = await create();
  // It knows no table of versions.
  await sql`
    update flow set version = 2, definition = jsonb_set(definition, '{name}', '"By the one before"') where id = ${flow.id}`;
  const shown = async () =>
    (await versionsOf(flow)).versions.map(({ version, state, author }: Json) => [version, state, author]);
  assertEquals(await shown(), [[2, "published", null], [1, "retired", world.ownerId]]);
  assertEquals((await read(flow, 2)).body.definition.name, "By the one before");
  await save(flow, { name: "Third" });
  assertEquals(await shown(), [[3, "published", world.ownerId], [2, "retired", null], [1, "retired", world.ownerId]]);
  assertEquals((await read(flow, 2)).body.definition.name, "By the one before");
  assertEquals((await restore(flow, 2)).body.definition.name, "By the one before");
  await remove(flow);
});
