/** Tests of /ui/calls: each request that Clockify got stands there, with who made it, for its own workspace alone. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { callJson } from "../../../src/http/api/calls.ts";
import { createUuid7 } from "../../../src/base/uuid7.ts";
import { rowOf } from "../../../src/calls/call_row.ts";
import { lineOf, writeCalls } from "../../../src/calls/write.ts";
import { sentCall } from "../../calls/calls.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

let world: World;
let installationId: number;
let webhooks: Awaited<ReturnType<World["install"]>>["webhooks"];
let admin: Record<string, string>;
let member: Record<string, string>;

const PROFILE = "universal_webhook";
const EVENT = "TIMER_STOPPED";

worldOfFile({}, async (made) => {
  world = made;
  ({ webhooks } = await world.install(PROFILE));
  admin = await world.viewer(PROFILE);
  member = await world.viewer(PROFILE, { userId: world.memberId });
  const [row] = await world.database.db.sql<{ id: number }[]>`select id from installation`;
  installationId = row!.id;
});

async function get(query = "", headers = admin): Promise<Json> {
  const { status, body } = await ask(`${world.url(PROFILE)}/ui/calls${query}`, { headers });
  assertEquals(status, 200, JSON.stringify(body));
  return body as Json;
}

/** All calls, page by page. */
async function all(query = ""): Promise<Json[]> {
  const calls: Json[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { calls: page, pagination } = await get(`?limit=7${query}${cursor && `&cursor=${cursor}`}`);
    calls.push(...page);
    cursor = pagination.next_cursor;
  }
  return calls;
}

/** Writes calls as if they were made now. */
async function write(calls: Parameters<typeof sentCall>[0][]) {
  const uuid7 = createUuid7();
  const atMs = Date.now();
  const lines = calls.map((call) => lineOf(installationId, rowOf(sentCall(call), { id: uuid7(atMs), atMs })));
  await writeCalls(world.database.db, lines);
}

Deno.test("each request that Clockify got stands in the list, of reads, settings, webhooks and flows, and a run's by its id", async () => {
  const headers = { ...admin, "content-type": "application/json" };
  const flow = {
    name: "Two calls",
    trigger_event_types: [EVENT],
    actions: [{ id: "make", operation_id: "createNewTag", body: { name: "{{ concat('marker-', $.webhook.id) }}" } }],
  };
  const made = await ask(`${world.url(PROFILE)}/ui/flows`, { headers, body: flow });
  assertEquals(made.status, 201, JSON.stringify(made.body));
  const token = webhooks.find(({ event }) => event === EVENT)!.authToken;
  const sent = await ask(`${world.url(PROFILE)}/webhooks/clockify/${EVENT}`, {
    headers: { "clockify-signature": token, "clockify-webhook-event-type": EVENT },
    body: { id: "one", workspaceId: world.workspaceId },
  });
  assertEquals(sent.status, 200);
  const [run] = await eventually(async () => {
    const rows = await world.database.db.sql<{ id: string }[]>`select id from run where state = 'completed'`;
    return rows.length === 1 && rows;
  });
  const calls = await eventually(async () => {
    const before = world.simulator.requests.length;
    const seen = await all();
    return seen.length === before && world.simulator.requests.length === before && seen;
  });
  // What stands before it is the host's.
  const name = ({ method, path }: Json) => `${method} ${path.split("?")[0].split(/\/(?:api\/v1|api|v1)\//).at(-1)}`;
  const asked = world.simulator.requests.map(name);
  const recorded = calls.map(name);
  assertEquals(recorded.toSorted(), asked.toSorted(), "one record for each request");
  const origins = new Set(calls.map(({ origin }) => origin));
  for (const origin of ["bootstrap", "settings", "coverage", "flow"]) {
    assert(origins.has(origin), `${origin} of ${[...origins]}`);
  }

  const [own, ...others] = await all(`&run_id=${run!.id}`);
  assertEquals(others, []);
  assertEquals(own, {
    id: own.id,
    at: own.at,
    origin: "flow",
    run_id: run!.id,
    flow_id: (made.body as Json).id,
    flow_version: 1,
    step: "root/make",
    person: null,
    via: null,
    change_id: null,
    operation_id: "createNewTag",
    method: "POST",
    path: `/v1/workspaces/${world.workspaceId}/tags`,
    status: 201,
    outcome: "succeeded",
    error_code: null,
    attempt: 1,
    duration_ms: own.duration_ms,
    request_bytes: '{"name":"marker-one"}'.length,
    answer_bytes: own.answer_bytes,
    clockify_request_id: own.clockify_request_id,
  });
  assert(own.answer_bytes > 50);
  assertEquals(
    await ask(`${world.url(PROFILE)}/ui/calls/${own.id}`, { headers: member }).then(({ body }) => body),
    own,
  );
  // Neither a token nor what was sent and answered.
  const stored = await world.database.db.sql`select to_json(c)::text as row from clockify_call c`;
  assertNotMatch(JSON.stringify(stored), /marker-|eyJ[\w-]+\./);
});

Deno.test("a look-up of a name, and the exchange of a user's token, stand with who made them", async () => {
  const search = `${world.url(PROFILE)}/ui/entities/search?type=tag&q=marker-unknown`;
  assertEquals((await ask(search, { headers: admin })).status, 200);
  const flow = {
    name: "As a user",
    trigger_event_types: ["NEW_TASK"],
    actions: [{ id: "make", operation_id: "createNewTag", as_user: world.ownerId, body: { name: "of a user" } }],
  };
  const headers = { ...admin, "content-type": "application/json" };
  assertEquals((await ask(`${world.url(PROFILE)}/ui/flows`, { headers, body: flow })).status, 201);
  const token = webhooks.find(({ event }) => event === "NEW_TASK")!.authToken;
  await ask(`${world.url(PROFILE)}/webhooks/clockify/NEW_TASK`, {
    headers: { "clockify-signature": token, "clockify-webhook-event-type": "NEW_TASK" },
    body: { id: "two", workspaceId: world.workspaceId },
  });
  const of = async (origin: string) => (await get(`?origin=${origin}`)).calls as Json[];
  const [lookup] = await eventually(async () => (await of("lookup")).length > 0 && await of("lookup"));
  assertEquals([lookup!.operation_id, lookup!.run_id], ["getTags", null]);
  assertMatch(lookup!.path, /[?&]name=…/);
  const [exchange] = await eventually(async () => (await of("token")).length > 0 && await of("token"));
  assertEquals([exchange!.operation_id, exchange!.status], ["exchangeUserToken", 200]);
  const stored = await world.database.db.sql`select to_json(c)::text as row from clockify_call c`;
  assertNotMatch(JSON.stringify(stored), /marker-|eyJ[\w-]+\./);
});

Deno.test("filters and pages are checked, and an id of nothing is 404", async () => {
  const base = `${world.url(PROFILE)}/ui/calls`;
  for (
    const query of ["origin=nobody", "status=99", "run_id=x", "cursor=17", "limit=101", "outcome=bad", "from=yesterday"]
  ) {
    assertProblem(await ask(`${base}?${query}`, { headers: admin }), 400, "REQUEST_INVALID");
  }
  for (const id of ["x", "0192f0c1-2345-7abc-8def-0123456789ab", "%00"]) {
    assertProblem(await ask(`${base}/${id}`, { headers: admin }), 404, "NOT_FOUND");
  }
  const { calls } = await get("?origin=bootstrap&outcome=succeeded&status=200&operation_id=getTags&limit=1");
  assert(calls.every(({ operation_id }: Json) => operation_id === "getTags"));
});

Deno.test("calls of persons name them by id; who an operator is, is for admins", async () => {
  await write([
    { origin: { kind: "person", name: "64a687e29ae1f428e7ebe305", via: "explorer" } },
    { origin: { kind: "undo", name: "operator:ann", changeId: 4 } },
  ]);
  // The program's own reads go on beside.
  const persons = async (headers: Record<string, string>) =>
    await Promise.all(
      ["undo", "person"].map(async (origin) => (await get(`?origin=${origin}&limit=1`, headers)).calls[0].person),
    );
  assertEquals(await persons(admin), ["operator:ann", "64a687e29ae1f428e7ebe305"]);
  assertEquals(await persons(member), ["operator", "64a687e29ae1f428e7ebe305"]);
  assertEquals((await get("?person=64a687e29ae1f428e7ebe305")).calls.length, 1);
});

Deno.test("another workspace's calls are in no list, file or entry", async () => {
  const [, second] = await world.simulator.workspaces();
  await world.install(PROFILE, second!.id);
  const owner = second!.users.find(({ role }) => role === "OWNER")!.id;
  const theirs = await world.viewer(PROFILE, { workspaceId: second!.id, userId: owner });
  const [{ id }] = (await get("?limit=1")).calls;
  const base = `${world.url(PROFILE)}/ui/calls`;
  assertProblem(await ask(`${base}/${id}`, { headers: theirs }), 404, "NOT_FOUND");
  const { body } = await ask(`${base}?limit=100`, { headers: theirs });
  assertNotMatch(JSON.stringify((body as Json).calls), new RegExp(world.workspaceId));
  const file = await (await fetch(`${base}/export`, { headers: theirs })).text();
  assertNotMatch(file, new RegExp(world.workspaceId));
});

Deno.test("the file holds what the list holds, as JSON or CSV, and says where it was cut", async () => {
  const formula = "=cmd|'/c calc'!A0";
  // A status that no other has: the program's own reads go on beside.
  const status = 206;
  const operations = [...Array<string>(1_200).fill("getTags"), formula, 'a "b", c'];
  await write(operations.map((operation) => ({ operation, status })));
  const base = `${world.url(PROFILE)}/ui/calls/export`;
  const open = async (query: string) => {
    const response = await fetch(`${base}${query}`, { headers: member });
    assertEquals(response.status, 200);
    return { text: await response.text(), headers: response.headers };
  };
  const { text, headers } = await open(`?operation_id=getTags&origin=poll&status=${status}&limit=50000`);
  assertMatch(headers.get("content-type")!, /^application\/x-ndjson/);
  assertMatch(headers.get("content-disposition")!, /^attachment; filename="calls-\w+\.ndjson"$/);
  const rows: Json[] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(rows.length, 1_200);
  assertEquals(new Set(rows.map(({ id }) => id)).size, rows.length);
  assertEquals(rows[0], (await get(`?operation_id=getTags&origin=poll&status=${status}&limit=1`)).calls[0]);

  const csv = await open(`?format=csv&status=${status}&limit=2`);
  assertMatch(csv.headers.get("content-type")!, /^text\/csv/);
  const [names, first, second, end] = csv.text.split("\r\n");
  assertEquals(names, Object.keys(callJson(rowOf(sentCall(), { id: "x", atMs: 0 }), "admin")).join());
  assertMatch(first!, /,"a ""b"", c",GET,/);
  assertMatch(second!, /,'=cmd\|'\/c calc'!A0,GET,/);
  const cut = JSON.parse(end!.slice(1, -1).replaceAll('""', '"'));
  assertEquals(cut.truncated, true);
  const rest = await open(`?status=${status}&limit=1&cursor=${cut.next_cursor}`);
  const [next] = rest.text.split("\n");
  assertEquals(JSON.parse(next!).operation_id, "getTags");

  const none = await open("?operation_id=none");
  assertEquals(none.text, "");
  assertEquals((await open("?operation_id=none&format=csv")).text, `${names}\r\n`);
  assertProblem(await ask(`${base}?format=xml`, { headers: member }), 400, "REQUEST_INVALID");
});
