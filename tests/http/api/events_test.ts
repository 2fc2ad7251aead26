/** Tests of /ui/webhooks: lists and their filters, one event with its body, who sees what of it, and the bytes as they came. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { processorMs } from "../../support/own_time.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";
/** Any installation that does not exist beside the world's own. */
const STRANGE = 999;

let world: World;
let installationId: number;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({}, async (made) => {
  world = made;
  ({ admin, member, installationId } = await world.enter("universal_webhook"));
});

function webhooks(path = "", headers = admin): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui/webhooks${path}`, { headers });
}

async function ids(query: string): Promise<string[]> {
  const { status, body } = await webhooks(query);
  assertEquals(status, 200, JSON.stringify(body));
  return body.webhooks.map(({ id }: Json) => id);
}

interface Row {
  type?: string;
  receivedAt?: string;
  outcome?: string;
  source?: string;
  body?: string | Uint8Array;
  installation?: number;
}

/** Writes an event straight into the table; gives its id. */
async function add({ type = "NEW_TAG", outcome = "skipped", installation = installationId, ...row }: Row = {}) {
  const { sql } = world.database.db;
  const body = typeof row.body === "string" || !row.body ? new TextEncoder().encode(row.body ?? "{}") : row.body;
  const [made] = await sql<{ id: number }[]>`
    insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body, outcome,
      custom_source, received_at)
    values (nextval('event_id_seq'), ${installation}, ${world.workspaceId}, ${type}, 'body:0', 'r', '{}', ${body},
      ${outcome === "waiting" ? null : outcome}, ${row.source ?? null}, ${row.receivedAt ?? new Date().toISOString()})
    returning id`;
  return String(made!.id);
}

async function empty() {
  await world.database.db.sql`delete from event`;
}

Deno.test("a delivery is found with its headers, its body and the runs it started", async () => {
  const { simulator, workspaceId } = world;
  const flow = await ask(`${world.url("universal_webhook")}/ui/flows`, {
    headers: admin,
    body: { name: "Read", trigger_event_types: [EVENT], actions: [{ operation_id: "getTags" }] },
  });
  const payload = {
    id: "64a687e29ae1f428e7ebe303",
    workspaceId,
    apiToken: "marker-secret",
    note: "by mail to a@b.example",
  };
  await simulator.deliver({ workspaceId, event: EVENT, payload });
  const [listed] = await eventually(async () => {
    const { body } = await webhooks(`?event_type=${EVENT}&outcome=dispatched`);
    return body.webhooks.length === 1 && body.webhooks;
  });
  assertEquals(listed, {
    id: listed.id,
    webhook_id: listed.id,
    event_type: EVENT,
    source: "CLOCKIFY",
    custom_source: null,
    custom_type: null,
    workspace_id: workspaceId,
    received_at: listed.received_at,
    reconciled: false,
    entity: "timeEntry:64a687e29ae1f428e7ebe303",
    status: "processed",
    outcome: "dispatched",
    reason: null,
    payload_size: JSON.stringify(payload).length,
    subject: null,
    runs: listed.runs,
    took_ms: listed.took_ms,
    duplicates: 0,
  });
  assertEquals(listed.runs.total, 1);

  const { status, body } = await webhooks(`/${listed.id}`);
  assertEquals(status, 200);
  assertEquals([body.payload, body.payload_redacted, "raw" in body], [payload, false, false]);
  assertEquals(body.headers["clockify-signature"], "[redacted]");
  assertEquals(body.runs.map(({ flow_id }: Json) => flow_id), [flow.body.id]);
  assertMatch(body.runs[0].status, /^(IN_PROGRESS|COMPLETED)$/);
  const { flow_name, flow_version, replay } = body.runs[0];
  assertEquals([flow_name, flow_version, replay], ["Read", 1, 0]);
  assertEquals(body.verification.result, "verified");

  // As if it had been replayed again and again.
  await world.database.db.sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, state)
    select gen_random_uuid(), installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, number, 'completed'
    from run, generate_series(1, 600) as t(number) where event_id = ${listed.id}`;
  assertEquals((await webhooks(`/${listed.id}`)).body.runs.length, 500, "the newest");

  const seen = (await webhooks(`/${listed.id}`, member)).body;
  assertEquals(seen.payload, { ...payload, apiToken: "[redacted]", note: "[redacted]" });
  assertEquals(seen.payload_redacted, true);
  const asked = (await webhooks(`/${listed.id}?raw=true`, member)).body;
  assertEquals("raw" in asked, false);

  const raw = await webhooks(`/${listed.id}?raw=true`);
  assertStrictEquals(Buffer.from(raw.body.raw, "base64").toString(), JSON.stringify(payload));
  for (const q of [listed.id, "64a687e29ae1f428e7ebe303", "timeEntry:64a687e29ae1f428e7ebe303"]) {
    assertEquals(await ids(`?q=${q}`), [listed.id], q);
  }
  assertEquals(await ids("?q=64a687e29ae1f428e7ebe30"), []);
});

Deno.test("the bytes go to admins as they came, and never as a page", async () => {
  const bytes = new Uint8Array([0xff, 0x00, 0x3c, 0x62]);
  const id = await add({ body: bytes });
  const answer = await fetch(`${world.url("universal_webhook")}/ui/webhooks/${id}/raw`, { headers: admin });
  assertEquals(new Uint8Array(await answer.arrayBuffer()), bytes);
  assertEquals(answer.headers.get("content-type"), "application/octet-stream");
  assertMatch(answer.headers.get("content-disposition")!, /^attachment; /);
  assertEquals(answer.headers.get("x-content-type-options"), "nosniff");
  assertProblem(await webhooks(`/${id}/raw`, member), 403, "ROLE_INSUFFICIENT");

  const shown = (await webhooks(`/${id}`)).body;
  assertEquals([shown.payload, shown.raw], [null, "/wA8Yg=="]);
  const seen = (await webhooks(`/${id}`, member)).body;
  assertEquals([seen.payload, seen.payload_redacted, "raw" in seen], [null, true, false]);
});

Deno.test("a hostile body is shown without harm: deep nesting is cut, __proto__ is a field", async () => {
  const deep = await add({ body: "[".repeat(50_000) + "]".repeat(50_000) });
  for (const viewer of [admin, member]) {
    const { status, body } = await webhooks(`/${deep}`, viewer);
    assertEquals(status, 200);
    assertMatch(JSON.stringify(body.payload), /nested too deep/);
  }
  const odd = await add({ body: '{"__proto__":{"token":"marker-secret"},"\\ud800":"\\u0000"}' });
  assertMatch(JSON.stringify((await webhooks(`/${odd}`)).body), /"__proto__":\{"token":"marker-secret"\}/);
  assertNotMatch(JSON.stringify((await webhooks(`/${odd}`, member)).body), /marker-secret/);
});

Deno.test("filters narrow the list", async () => {
  await empty();
  const old = await add({ receivedAt: "2026-01-01T10:00:00Z" });
  const middle = await add({ type: "NEW_PROJECT", outcome: "dead", receivedAt: "2026-01-02T10:00:00Z" });
  const custom = await add({
    type: "custom:shop",
    source: "shop",
    outcome: "waiting",
    receivedAt: "2026-01-03T10:00:00Z",
  });
  const cases: [string, string[]][] = [
    ["", [custom, middle, old]],
    ["?event_type=NEW_PROJECT", [middle]],
    ["?event_type=NEW_CLIENT", []],
    ["?source=CUSTOM", [custom]],
    ["?source=clockify", [middle, old]],
    ["?outcome=waiting", [custom]],
    ["?outcome=dead&source=CLOCKIFY", [middle]],
    ["?from=2026-01-02T10:00:00Z", [custom, middle]],
    ["?to=2026-01-02T10:00:00Z", [old]],
    ["?from=2026-01-02&to=2026-01-03&event_type=NEW_PROJECT", [middle]],
    ["?from=2027-01-01", []],
    ["?to=2025-01-01", []],
  ];
  for (const [query, expected] of cases) {
    assertEquals(await ids(query), expected, query);
    const { pagination } = (await webhooks(query)).body;
    assertEquals([pagination.total, pagination.total_is_exact], [expected.length, true], query);
  }
  const [first] = (await webhooks("?source=CUSTOM")).body.webhooks;
  assertEquals([first.source, first.custom_source, first.status], ["CUSTOM", "shop", "received"]);
  assertEquals((await webhooks("?outcome=dead")).body.webhooks[0].status, "error");
});

Deno.test("the outcome failed finds events of which a run failed, whatever their other runs did", async () => {
  await empty();
  const { sql } = world.database.db;
  const run = async (event: string, { state, replay = 0 }: { state: string; replay?: number }) => {
    await sql`
      insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, state, error_code)
      values (gen_random_uuid(), ${installationId}, ${world.workspaceId}, 1, 1, 1, ${event}, ${replay}, ${state},
        ${state === "failed" ? "UPSTREAM" : null})`;
  };
  const both = await add({ outcome: "dispatched" });
  await run(both, { state: "completed" });
  await run(both, { state: "failed", replay: 1 });
  await run(await add({ outcome: "dispatched" }), { state: "completed" });
  const replayed = await add({ outcome: "skipped" });
  await run(replayed, { state: "failed", replay: 1 });
  await add({ outcome: "dead" });
  assertEquals(await ids("?outcome=failed"), [replayed, both]);
  assertEquals(await ids("?outcome=failed&event_type=NEW_PROJECT"), []);
  await sql`update run set state = 'completed', error_code = null where event_id = ${both}`;
  assertEquals(await ids("?outcome=failed"), [replayed]);
});

Deno.test("a row says what became of the event: its runs, how long it took, and dropped repeats", async () => {
  await empty();
  const { simulator, workspaceId } = world;
  const payload = { id: "64a687e29ae1f428e7ebe3ff", workspaceId, description: "Once" };
  await simulator.deliver({ workspaceId, event: EVENT, payload, copies: 3 });
  const row = await eventually(async () => {
    const [found] = (await webhooks()).body.webhooks;
    return found?.duplicates === 2 && found.runs.completed === 1 && found;
  });
  assertEquals([row.runs, row.subject], [{ total: 1, active: 0, completed: 1, failed: 0 }, "Once"]);
  assert(row.took_ms >= 0);

  const other = await add();
  assertEquals([await ids("?duplicates=true"), await ids("?duplicates=false")], [[row.id], [other]]);
  assertEquals([await ids("?search=duplicates:true"), await ids("?search=-duplicates:true")], [[row.id], [other]]);
  const times = async (id: string) => {
    const { first_duplicate_at: first, last_duplicate_at: last } = (await webhooks(`/${id}`)).body;
    return { first, last };
  };
  const before = await times(row.id);
  assert(row.received_at <= before.first && before.first <= before.last, JSON.stringify([row.received_at, before]));
  assertEquals(await times(other), { first: null, last: null });
  await simulator.deliver({ workspaceId, event: EVENT, payload });
  const after = await eventually(async () =>
    (await webhooks(`?q=${row.id}`)).body.webhooks[0].duplicates === 3 && await times(row.id)
  );
  assertEquals(after.first, before.first);
  assert(after.last >= before.last);
  // Counted before times were stored: the first is not known, and is not made up.
  await world.database.db.sql`update entity_head set first_repeat_at = null, last_repeat_at = null`;
  await simulator.deliver({ workspaceId, event: EVENT, payload });
  const later = await eventually(async () =>
    (await webhooks(`?q=${row.id}`)).body.webhooks[0].duplicates === 4 && await times(row.id)
  );
  assertEquals(later.first, null);
  assert(later.last >= after.last);
  // Another content is a new event, which has none.
  await simulator.deliver({ workspaceId, event: EVENT, payload: { ...payload, description: "Twice" } });
  await eventually(async () => (await ids("?duplicates=true")).length === 0);
  const [{ id: newest }] = (await webhooks(`?event_type=${EVENT}`)).body.webhooks;
  assertEquals(await times(newest), { first: null, last: null });
});

Deno.test("a field of the payload is looked for as text, for members in what they may read only", async () => {
  await empty();
  const body = (fields: Record<string, unknown>) => JSON.stringify(fields);
  const first = await add({ body: body({ project: { name: "Bridge" }, billable: true, hours: 2.5 }) });
  const second = await add({ body: body({ project: { name: "Bridge" }, tags: [{ name: "a" }, { name: "b" }] }) });
  const secret = await add({ body: body({ apiToken: "hidden", project: { name: "Ropes \u{1f30a}" } }) });
  for (const hostile of ["", "no json", '{"project":{"name":"\\u0000"}}', "[".repeat(50_000) + "]".repeat(50_000)]) {
    await add({ body: hostile });
  }
  await add({ body: new Uint8Array([0xff, 0x00]) });
  // As large as may be shown by fields, with others before and behind it.
  const large = await add({ body: body({ project: { name: "Large" }, text: "x".repeat(1_400_000) }) });
  const last = await add({ body: body({ project: { name: "Large" } }) });
  const look = (field: string, value: string) => `?${new URLSearchParams({ field, value })}`;
  const cases: [field: string, value: string, expected: string[]][] = [
    ["project.name", "Large", [last, large]],
    ["project.name", "Bridge", [second, first]],
    ["project.name", "bridge", []],
    ["billable", "true", [first]],
    ["hours", "2.5", [first]],
    ["tags[*].name", "b", [second]],
    ["$.tags[0].name", "b", []],
    ["$..name", "Bridge", [second, first]],
    ["project.name", "Ropes \u{1f30a}", [secret]],
    ["apiToken", "hidden", [secret]],
    ["project", "[object Object]", []],
    ["__proto__", "null", []],
  ];
  for (const [field, value, expected] of cases) {
    assertEquals(await ids(look(field, value)), expected, `${field} = ${value}`);
  }
  assertEquals((await webhooks(look("apiToken", "hidden"), member)).body.webhooks, []);
  const page = (await webhooks(`${look("project.name", "Bridge")}&limit=1`)).body;
  assertEquals([page.pagination.total, page.pagination.next_cursor], [null, second]);
  assertEquals(await ids(`${look("project.name", "Bridge")}&limit=1&cursor=${second}`), [first]);
  for (const query of ["?field=a", "?value=a", "?field=&value=a", "?field=a..&value=", "?field=a[?(1)]&value=b"]) {
    assertProblem(await webhooks(query), 400, "REQUEST_INVALID");
  }
  assertProblem(await webhooks(`${look("a", "b")}&offset=1`), 400, "REQUEST_INVALID");
});

Deno.test("a search finds words, fields, and filters by name, and what it may not hold; members find what they may read", async () => {
  await empty();
  const body = (fields: Record<string, unknown>) => JSON.stringify(fields);
  const secret = await add({
    receivedAt: "2026-01-01T10:00:00Z",
    body: body({ name: "Apollo", apiToken: "hidden", note: "Ropes", owner: "dana@mail.example" }),
  });
  const first = await add({
    outcome: "dead",
    body: body({ description: "Homepage copy", project: { name: "Apollo" }, hours: 2.5 }),
  });
  const second = await add({
    type: "NEW_PROJECT",
    outcome: "waiting",
    body: body({ name: "copy of the Homepage", tags: [{ name: "APOLLO 13" }] }),
  });
  // Above what is read of a body: found by what its row says.
  const large = await add({
    type: "custom:shop",
    source: "shop",
    body: body({ name: "Apollo", text: "x".repeat(1_600_000) }),
  });
  const look = (search: string) => `?${new URLSearchParams({ search })}`;
  const cases: [search: string, expected: string[]][] = [
    ["apollo", [second, first, secret]],
    ["apollo COPY", [second, first]],
    ['"homepage copy"', [first]],
    ["apollo -copy", [secret]],
    ["apollo -2.5 -hidden", [second]],
    ["new_project", [second]],
    ["shop -nothing", [large]],
    ["source:custom", [large]],
    [`id:${first}`, [first]],
    ["apollo outcome:DEAD", [first]],
    ["apollo -outcome:dead", [second, secret]],
    ["apollo from:2026-02-01 -event_type:NEW_TAG", [second]],
    ["to:2026-02-01", [secret]],
    ["project.name = Apollo outcome:dead", [first]],
    ["$.webhook.tags[*].name = APOLLO 13", [second]],
    ["apollo -project.name = Apollo", [second, secret]],
    ["hidden", [secret]],
    ["ropes dana@mail", [secret]],
  ];
  for (const [search, expected] of cases) assertEquals(await ids(look(search)), expected, search);
  for (const search of ["hidden", "ropes", "dana", "dana@mail.example"]) {
    assertEquals((await webhooks(look(search), member)).body.webhooks, [], search);
    const others = (await webhooks(look(`apollo -${search}`), member)).body.webhooks;
    assertEquals(others.map(({ id }: Json) => id), [second, first, secret], search);
  }
  assertEquals((await webhooks(look("outcome:dead"))).body.pagination.total, 1);
  const page = (await webhooks(`${look("apollo")}&limit=1`)).body;
  assertEquals([page.pagination.total, page.pagination.next_cursor], [null, second]);
  assertEquals(await ids(`${look("apollo")}&limit=2&cursor=${second}`), [first, secret]);

  const faults: [search: string, detail: RegExp][] = [
    ["a outcom:failed", /at character 3: there is no filter "outcom:", only event_type:, source:, .*id:/],
    ["outcome:done", /at character 1: expected one of waiting, .*failed after "outcome:"/],
    ["from:yesterday", /at character 1: expected a time such as/],
    ["x a[?] = c", /at character 3: /],
    ['"a', /at character 1: the quote/],
  ];
  for (const [search, detail] of faults) {
    const refused = await webhooks(look(search));
    assertProblem(refused, 400, "REQUEST_INVALID");
    assertMatch(refused.body.detail, detail);
    assertEquals(refused.body.faults.map(({ path }: Json) => path), ["search"]);
  }
  for (const query of [`${look("a")}&offset=1`, look("a".repeat(501)), "?search=%00"]) {
    assertProblem(await webhooks(query), 400, "REQUEST_INVALID");
  }
});

Deno.test("a view keeps a filter for all of the workspace: each name once, so many, changed by admins", async () => {
  const views = (path = "", init: { method?: string; body?: unknown } = {}, headers = admin) =>
    ask(`${world.url("universal_webhook")}/ui/event-views${path}`, { headers, ...init });
  const filter = { outcome: "failed", source: "CUSTOM", reconciled: false, time: "24h", search: "apollo -copy" };
  const made = await views("", { body: { name: " Failed today ", filter } });
  assertEquals([made.status, made.body.name, made.body.filter], [201, "Failed today", filter]);
  const { id } = made.body;
  const listed = (await views("", {}, member)).body;
  assertEquals([listed.total, listed.views], [1, [made.body]]);

  const put = (name: string, other = id) => views(`/${other}`, { method: "PUT", body: { name, filter } });
  await views("", { body: { name: "Other", filter: { from: "2026-11-21T08:00:00.000Z" } } });
  assertProblem(await views("", { body: { name: "FAILED TODAY", filter } }), 409, "CONFLICT");
  assertProblem(await put("other"), 409, "CONFLICT");
  assertEquals((await put("failed Today")).body.name, "failed Today");
  assertProblem(await put("x", "999999"), 404, "NOT_FOUND");

  const faults: [body: unknown, path: string][] = [
    [{ name: "", filter }, "name"],
    [{ name: "n".repeat(81), filter }, "name"],
    [{ name: "n\u0000", filter }, "name"],
    [{ name: "n", filter: {} }, "filter"],
    [{ name: "n", filter: { outcome: "done" } }, "filter.outcome"],
    [{ name: "n", filter: { limit: 1, outcome: "dead" } }, "filter.limit"],
    [{ name: "n", filter: { search: "outcom:dead" } }, "search"],
    [{ name: "n", filter: { search: "a".repeat(501) } }, "filter.search"],
  ];
  for (const [body, path] of faults) {
    const refused = await views("", { body });
    assertProblem(refused, 400, "REQUEST_INVALID");
    assertEquals(refused.body.faults.map(({ path }: Json) => path), [path], JSON.stringify(body));
  }

  const { sql } = world.database.db;
  await sql`
    insert into event_view (installation_id, name, filter, person)
    select ${installationId}, 'view ' || number, '{"time":"1h"}', 'u' from generate_series(3, 50) as number`;
  assertProblem(await views("", { body: { name: "One more", filter } }), 409, "CONFLICT");
  assertEquals((await put("Full, and renamed")).status, 200);
  await sql`
    insert into event_view (installation_id, name, filter, person) select id, 'Elsewhere', '{"time":"1h"}', 'u'
    from installation where id <> ${installationId} limit 1`;
  assertEquals((await views()).body.total, 50);
  assertEquals((await views(`/${id}`, { method: "DELETE" })).body, { status: "deleted", id });
  assertProblem(await views(`/${id}`, { method: "DELETE" }), 404, "NOT_FOUND");
  assertEquals((await views("", { body: { name: "One more", filter } })).status, 201);
  await sql`delete from event_view`;
});

Deno.test("a field is looked for in so many bodies a request; the cursor says where to go on", async () => {
  await empty();
  const wanted = await add({ body: '{"n":"wanted"}' });
  await world.database.db.sql`
    insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body, outcome)
    select nextval('event_id_seq'), ${installationId}, ${world.workspaceId}, 'NEW_TAG', 'body:0', 'r', '{}', '{"n":1}', 'skipped'
    from generate_series(1, 3000)`;
  const first = (await webhooks("?field=n&value=wanted")).body;
  assertEquals([first.webhooks, first.pagination.has_more], [[], true]);
  assertEquals(await ids(`?field=n&value=wanted&cursor=${first.pagination.next_cursor}`), [wanted]);
});

Deno.test("hostile payloads are told as text, long ones are not read, nothing is an error", async () => {
  await empty();
  const cases: [body: string | Uint8Array, subject: string | null][] = [
    ['{"name":"<img src=x onerror=alert(1)>"}', "<img src=x onerror=alert(1)>"],
    ['{"name":"\\u202Eevil\\u0000\\u0007"}', "\u202Eevil\u0000\u0007"],
    [`{"name":"${"x".repeat(1_000_000)}"}`, null],
    [`{"name":"${"\u{1f30a}".repeat(100)}"}`, `${"\u{1f30a}".repeat(59)}\u2026`],
    ['{"name":{"toString":1},"clientName":["a"]}', null],
    ['{"name":"a@b.example"}', "a@b.example"],
    ["null", null],
    [new Uint8Array([0xff, 0xfe]), null],
  ];
  for (const [body, subject] of cases) {
    const id = await add({ body });
    for (const viewer of [admin, member]) {
      const answer = await webhooks(`?q=${id}`, viewer);
      assertEquals(answer.status, 200);
      const due = viewer === member && subject === "a@b.example" ? null : subject;
      assertStrictEquals(answer.body.webhooks[0].subject, due, String(body).slice(0, 80));
      assertEquals((await webhooks(`/${id}`, viewer)).status, 200);
    }
  }
});

Deno.test("a large body is given by its bytes, not as fields, and redacting no body of letters holds others up", async () => {
  await empty();
  const letters = (count: number) => JSON.stringify({ name: "z".repeat(count) });
  const large = await add({ body: letters(4_900_000) });
  const open = async (id: string, headers: Record<string, string>) => {
    const startedMs = processorMs();
    const { status, body } = await webhooks(`/${id}`, headers);
    assertEquals(status, 200);
    return { body, ms: processorMs() - startedMs };
  };
  for (const headers of [admin, member]) {
    const { body } = await open(large, headers);
    assertEquals([body.payload, body.payload_form, body.raw], [null, "large", undefined]);
    assertMatch(body.payload_problem, /^it has 4\.9 MB, and fields are shown of bodies up to 1\.5 MB/);
  }
  assertStrictEquals((await webhooks(`/${large}/raw`)).body, letters(4_900_000));
  assertStrictEquals(atob((await webhooks(`/${large}?raw=true`)).body.raw), letters(4_900_000));
  const fitting = await add({ body: letters(999_000) });
  assertEquals((await open(fitting, member)).body.payload.name.length, 999_000);
  // The member's is redacted, the admin's is not: each letter of it was tried as the beginning of an address 64 times.
  const times = async (headers: Record<string, string>) =>
    Math.min(...(await Promise.all([1, 2, 3].map(() => open(fitting, headers)))).map(({ ms }) => ms));
  const [whole, redacted] = [await times(admin), await times(member)];
  assert(redacted < 6 * whole + 150, `${redacted} ms redacted, ${whole} ms whole`);
});

Deno.test("secrets by name are hidden as they are sealed when they are sent, also in what was stored before", async () => {
  await empty();
  const fields = {
    secret_key: "s",
    secretKey: "s",
    signing_key: "s",
    passphrase: "s",
    pwd: "s",
    pin: 1234,
    session_id: "s",
    connection_string: "Server=db;Password=s",
  };
  const id = await add({ body: JSON.stringify({ ...fields, spinner: "on", mapping: "m" }) });
  await world.database.db.sql`
    update event set headers = '{"x-functions-key":"marker-key","x-auth":"marker-auth","x-request-id":"r1"}'`;
  const hidden = Object.fromEntries(Object.keys(fields).map((name) => [name, "[redacted]"]));
  assertEquals((await webhooks(`/${id}`, member)).body.payload, { ...hidden, spinner: "on", mapping: "m" });
  for (const headers of [admin, member]) {
    assertEquals((await webhooks(`/${id}`, headers)).body.headers, {
      "x-functions-key": "[redacted]",
      "x-auth": "[redacted]",
      "x-request-id": "r1",
    });
  }
  assertEquals(await ids(`?field=pin&value=1234`), [id]);
  assertEquals((await webhooks("?field=pin&value=1234", member)).body.webhooks, []);
});

Deno.test("pages follow each other by cursor and by offset, while new events arrive", async () => {
  await empty();
  const made: string[] = [];
  for (let i = 0; i < 5; i++) made.unshift(await add());
  const first = (await webhooks("?limit=2")).body;
  assertEquals(first.pagination, {
    total: 5,
    total_is_exact: true,
    limit: 2,
    offset: 0,
    has_more: true,
    next_cursor: made[1],
  });
  await add();
  const second = (await webhooks(`?limit=2&cursor=${first.pagination.next_cursor}`)).body;
  assertEquals(second.webhooks.map(({ id }: Json) => id), made.slice(2, 4));
  assertEquals(second.pagination.total, null);
  const last = (await webhooks(`?limit=2&cursor=${second.pagination.next_cursor}`)).body;
  assertEquals([last.webhooks.length, last.pagination.has_more, last.pagination.next_cursor], [1, false, null]);
  assertEquals(await ids("?limit=2&offset=2"), made.slice(1, 3));
  assertEquals(await ids("?offset=10000"), []);
  for (
    const query of ["limit=0", "limit=101", "offset=10001", "cursor=0", "cursor=x", "cursor=5&offset=1", "source=X"]
      .concat("outcome=done", "from=yesterday", "to=2026-13-01", "q=%00", "event_type=%07")
  ) assertProblem(await webhooks(`?${query}`), 400, "REQUEST_INVALID");
});

Deno.test("a rare type is found although one request looks through a part of the events only", async () => {
  await empty();
  const rare = await add({ type: "RARE_ONE" });
  await world.database.db.sql`
    insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body, outcome)
    select nextval('event_id_seq'), ${installationId}, ${world.workspaceId}, 'NEW_TAG', 'body:0', 'r', '{}', '', 'skipped'
    from generate_series(1, 15000)`;
  const first = (await webhooks("?event_type=RARE_ONE")).body;
  assertEquals(first.webhooks, []);
  const { has_more, total, total_is_exact, next_cursor } = first.pagination;
  assertEquals([has_more, total, total_is_exact], [true, 0, false]);
  const second = (await webhooks(`?event_type=RARE_ONE&cursor=${next_cursor}`)).body;
  assertEquals(second.webhooks.map(({ id }: Json) => id), [rare]);
  assertEquals([second.pagination.has_more, second.pagination.next_cursor], [false, null]);

  const all = (await webhooks()).body.pagination;
  assertEquals([all.total, all.total_is_exact], [10_000, false], "more are not counted");
  await empty();
});

Deno.test("events of other installations are not there", async () => {
  const strange = await add({ installation: STRANGE });
  const own = await add();
  assertEquals(await ids(""), [own]);
  assertEquals(await ids(`?q=${strange}`), []);
  for (const path of [`/${strange}`, `/${strange}/raw`, "/0", "/99999999999999999999"]) {
    assertProblem(await webhooks(path), 404, "NOT_FOUND");
  }
  assertProblem(await webhooks("", {}), 401, "LOGIN_REQUIRED");
  const operator = { "x-api-key": OPERATOR_KEY };
  const named = await webhooks(`/${own}?workspace_id=${world.workspaceId}`, operator);
  assertEquals([named.status, named.body.payload_redacted], [200, false]);
});
