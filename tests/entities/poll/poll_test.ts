/** Tests of polling at the doors: what changed between two reads of a list arrives as events, each once, and nothing else does. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { entityKey } from "../../../src/clockify/events.ts";
import { pollableEvents } from "../../../src/entities/poll/families.ts";
import { EVENTS } from "../../../src/clockify/events.ts";
import { addClients } from "../bootstrap/reading.ts";
import type { Json } from "../../http/door.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";

const UW = "universal_webhook";

interface Stored {
  event_type: string;
  entity_key: string;
  request_id: string;
  headers: Json;
  body: Json;
}

let world: World;

// Five places: time entries take them all, and no change of a client, group or member has a webhook.
worldOfFile({ env: { POLL_MINUTES: "1", MANIFEST_WEBHOOK_LIMIT: "5", UW_BOOTSTRAP_MAX_RPS: "50" } }, async (made) => {
  world = made;
  await addClients(world, 60);
  await world.install(UW);
  await round();
});

function sql() {
  return world.database.db.sql;
}

/** Makes polling due and waits until every list was looked at to its end. */
async function round() {
  await eventually(async () => (await sql()`select 1 from coverage_check`).length === 1);
  // The first read goes before.
  await eventually(
    async () => (await sql()`select 1 from bootstrap_state where status = 'COMPLETE'`).length === 1,
  );
  await sql()`update polled_family set finished_at = 'epoch' where finished_at is not null`;
  await eventually(async () => {
    // Its slot comes, and a job that waits for the first read goes on.
    await sql()`update schedule set next_at = least(next_at, now()) where kind = 'poll'
      and not exists (select 1 from job where kind = 'poll' and finished_at is null)
      and exists (select 1 from polled_family where finished_at = 'epoch')`;
    await sql()`update job set due_at = now() where kind = 'poll' and state = 'scheduled'`;
    const [row] = await sql()<{ families: number; open: number }[]>`
      select count(*)::int as families,
        count(*) filter (where finished_at is null or finished_at = 'epoch')::int as open from polled_family`;
    const [busy] = await sql()`select 1 from job where kind = 'poll' and state = 'executing'`;
    return row!.families > 0 && row!.open === 0 && !busy;
  });
}

/** Polled events since the last call, in the order of their arrival. */
async function arrived(): Promise<Stored[]> {
  const rows = await sql()<(Omit<Stored, "body"> & { body: Uint8Array })[]>`
    delete from event where request_id like 'poll:%' returning event_type, entity_key, request_id, headers, body, id`;
  return rows.map((row) => ({ ...row, body: JSON.parse(new TextDecoder().decode(row.body)) }));
}

function change(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<Json> {
  return world.simulator.change({ workspaceId: world.workspaceId, method, path, body });
}

/** Clockify deletes archived clients only. */
async function deleteClient({ id, name }: Json): Promise<void> {
  await change("PUT", `/clients/${id}`, { name, archived: true });
  await change("DELETE", `/clients/${id}`);
}

Deno.test("the first look only takes note", async () => {
  assertEquals(await arrived(), []);
  const [{ count }] = await sql()`select count(*)::int as count from polled_entity where family = 'client'` as [Json];
  assertEquals(count, 64);
  await round();
  assertEquals(await arrived(), [], "nothing changed");
});

Deno.test("a client that is made, renamed and deleted brings its three events, once each", async () => {
  const { workspaceId } = world;
  const client = await change("POST", "/clients", { name: "Polled" });
  await round();
  const [made, ...others] = await arrived();
  assertEquals([made!.event_type, others.length], ["NEW_CLIENT", 0]);
  assertEquals(made!.body, { ...client, workspaceId });
  assertEquals(made!.headers, { "x-timewire-source": "poll" });
  assertMatch(made!.request_id, /^poll:/);

  await change("PUT", `/clients/${client.id}`, { name: "Polled again" });
  await round();
  const [renamed, ...more] = await arrived();
  assertEquals([renamed!.event_type, renamed!.body.name, more.length], ["CLIENT_UPDATED", "Polled again", 0]);

  await deleteClient({ ...client, name: "Polled again" });
  await round();
  const [gone, ...rest] = await arrived();
  assertEquals([gone!.event_type, gone!.body.name, rest.length], ["CLIENT_DELETED", "Polled again", 0]);
  for (const event of [made!, renamed!, gone!]) {
    assertStrictEquals(event.entity_key, entityKey(event.event_type, event.body));
    assertEquals(event.entity_key, `client:${client.id}`);
  }
  await round();
  assertEquals(await arrived(), []);
});

Deno.test("what moves to an earlier page while the list is read is not taken for deleted", async () => {
  const { simulator, workspaceId } = world;
  const clients = await change("POST", "/clients", { name: "Last of all" }).then(() =>
    simulator.change({ workspaceId, method: "GET", path: "/clients?page-size=1000" })
  ) as Json[];
  await round();
  await arrived();
  // The second page waits until one of the first is gone: what stood first on it now ends the first, which was read.
  const { id } = await simulator.addFault({ kind: "hang", path: "*/clients", skip: 1, count: 1 });
  const polling = round();
  await eventually(() => Promise.resolve(hung(2)));
  await deleteClient(clients[0]);
  await simulator.releaseFaults({ id });
  await polling;
  const events = await arrived();
  assertEquals(
    events.map(({ event_type, entity_key }) => [event_type, entity_key]),
    // Deleted after its page was read: the next round tells.
    [],
  );
  await round();
  const later = await arrived();
  assertEquals(later.map(({ event_type, entity_key }) => [event_type, entity_key]), [
    ["CLIENT_DELETED", `client:${clients[0].id}`],
  ]);
});

/** True while a request for this page has no answer. */
function hung(page: number): boolean {
  return world.simulator.requests.some(({ path, query, status }) =>
    path.endsWith("/clients") && query.includes(`page=${page}`) && status === null
  );
}

Deno.test("groups, tasks, expenses and members are told of in the form of their events", async () => {
  const { simulator, workspaceId, memberId } = world;
  const [project] = await simulator.change({ workspaceId, method: "GET", path: "/projects" }) as Json[];
  const expenses = await simulator.change({ workspaceId, method: "GET", path: "/expenses" }) as Json;
  const [expense] = expenses.expenses.expenses;
  await change("POST", "/user-groups", { name: "Night shift" });
  await change("POST", `/projects/${project.id}/tasks`, { name: "Polled task" });
  await change("DELETE", `/expenses/${expense.id}`);
  await change("PUT", `/users/${memberId}`, { status: "INACTIVE" });
  await round();
  const events = new Map((await arrived()).map((event) => [event.event_type, event]));
  assertEquals([...events.keys()].sort(), [
    "EXPENSE_DELETED",
    "NEW_TASK",
    "USER_DEACTIVATED_ON_WORKSPACE",
    "USER_GROUP_CREATED",
  ]);
  assertEquals(events.get("USER_GROUP_CREATED")!.body.name, "Night shift");
  assertStrictEquals(events.get("NEW_TASK")!.body.projectId, project.id);
  assertEquals(events.get("EXPENSE_DELETED")!.entity_key, `expense:${expense.id}`);
  assertEquals(events.get("USER_DEACTIVATED_ON_WORKSPACE")!.entity_key, `user:${memberId}`);
  await change("PUT", `/users/${memberId}`, { status: "ACTIVE" });
  await round();
  assertEquals((await arrived()).map(({ event_type }) => event_type), ["USER_ACTIVATED_ON_WORKSPACE"]);
});

Deno.test("a list that cannot be read deletes nothing, and is told of by the round after", async () => {
  const { simulator, workspaceId } = world;
  await simulator.addFault({ kind: "status", status: 500, path: "*/tags", count: null });
  const tag = await simulator.change({
    workspaceId,
    method: "POST",
    path: "/tags",
    body: { name: "Polled tag" },
  }) as Json;
  await round();
  assertEquals(await arrived(), []);
  await simulator.clearFaults();
  await round();
  assertEquals((await arrived()).map(({ entity_key }) => entity_key), [`tag:${tag.id}`]);
});

Deno.test("events told before a kill that lost their note are not doubled", async () => {
  const client = await change("POST", "/clients", { name: "Twice told" });
  await round();
  // As if the process had died between ingest's acknowledgement and the note.
  await sql()`delete from polled_entity where family = 'client' and entity_id = ${client.id}`;
  await round();
  assertEquals((await arrived()).map(({ event_type }) => event_type), ["NEW_CLIENT"]);
});

Deno.test("an event type that a webhook brings is not polled, and news of the time before a type is polled is none", async () => {
  await sql()`update coverage set way = 'manifest' where event_type = 'TAG_UPDATED'`;
  const [tag] = await world.simulator.change({
    workspaceId: world.workspaceId,
    method: "GET",
    path: "/tags",
  }) as Json[];
  await change("PUT", `/tags/${tag.id}`, { name: "Renamed while a webhook was there" });
  await round();
  assertEquals(await arrived(), []);
  await change("PUT", `/tags/${tag.id}`, { name: "Renamed before polling took over" });
  await sql()`update coverage set way = 'polling' where event_type = 'TAG_UPDATED'`;
  await round();
  assertEquals(await arrived(), []);
  await change("PUT", `/tags/${tag.id}`, { name: "Renamed after" });
  await round();
  assertEquals((await arrived()).map(({ event_type }) => event_type), ["TAG_UPDATED"]);
});

Deno.test("every event that polling can tell exists and can be keyed", () => {
  for (const type of pollableEvents) assert(EVENTS.get(type)?.entityIdPath, type);
});
