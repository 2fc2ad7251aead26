/** Tests of /ui/webhooks/export: what the file holds for whom, how it is cut, and what a fault in the middle leaves. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertRejects } from "@std/assert";
import { exportedEvent } from "../../../src/http/api/events.ts";
import { assertFits } from "../../support/contract_answers.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ownTimeMs } from "../../support/own_time.ts";
import { ask, assertProblem, type Json } from "../door.ts";

let world: World;
let installationId: number;
let admin: Record<string, string>;
let member: Record<string, string>;

worldOfFile({}, async (made) => {
  world = made;
  ({ admin, member, installationId } = await world.enter("universal_webhook"));
});

async function fill(count: number, { type = "NEW_TAG", body = '{"name":"x","apiToken":"marker-secret"}' } = {}) {
  const { sql } = world.database.db;
  const rows = await sql<{ id: number }[]>`
    insert into event (id, installation_id, workspace_id, event_type, entity_key, request_id, headers, body, outcome)
    select nextval('event_id_seq'), ${installationId}, ${world.workspaceId}, ${type}, 'body:0', 'r', '{"a":"b"}',
      ${new TextEncoder().encode(body)}, 'skipped' from generate_series(1, ${count})
    returning id`;
  return rows.map(({ id }) => String(id)).reverse();
}

function open(query = "", headers = admin): Promise<Response> {
  return fetch(`${world.url("universal_webhook")}/ui/webhooks/export${query}`, { headers });
}

/** The same, once there is room: what readers before took is given back a moment after they left. */
function opened(headers = admin): Promise<Response> {
  return eventually(async () => {
    const response = await open("", headers);
    if (response.status === 200) return response;
    await response.body!.cancel();
    return undefined;
  });
}

async function lines(query = "", headers = admin): Promise<Json[]> {
  const response = await open(query, headers);
  const text = await response.text();
  assertEquals(response.status, 200, text);
  const rows: Json[] = text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  for (const row of rows.filter(({ id }) => id !== undefined)) assertFits(exportedEvent, row, "a line of the file");
  return rows;
}

async function empty() {
  await world.database.db.sql`delete from event`;
}

Deno.test("each event is a line as the list has it, with headers and payload; members get them redacted", async () => {
  await empty();
  const ids = await fill(450);
  const response = await open();
  assertMatch(response.headers.get("content-type")!, /^application\/x-ndjson/);
  assertMatch(response.headers.get("content-disposition")!, /^attachment; filename="events-\w+\.ndjson"$/);
  const text = await response.text();
  assert(text.endsWith("\n"));
  const rows = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(rows.map(({ id }) => id), ids);
  const [first] = rows;
  assertEquals([first.payload, first.headers, first.subject], [
    { name: "x", apiToken: "marker-secret" },
    { a: "b" },
    "x",
  ]);
  const seen = await lines("?limit=2", member);
  assertEquals(seen[0].payload, { name: "x", apiToken: "[redacted]" });
  assertNotMatch(JSON.stringify(seen), /marker-secret/);
});

Deno.test("a file that was cut says so in its last line, and goes on from there", async () => {
  await empty();
  const ids = await fill(5);
  const first = await lines("?limit=3");
  assertEquals(first.map(({ id }) => id), [...ids.slice(0, 3), undefined]);
  assertEquals(first.at(-1), { truncated: true, next_cursor: ids[2] });
  assertEquals((await lines(`?limit=3&cursor=${ids[2]}`)).map(({ id }) => id), ids.slice(3));
  assertEquals(await lines("?event_type=NEW_CLIENT"), []);
  await fill(1, { type: "NEW_CLIENT", body: '{"name":"y"}' });
  assertEquals((await lines("?event_type=NEW_CLIENT")).length, 1);
  assertEquals((await lines("?field=name&value=y")).length, 1);
  for (const query of ["?limit=0", "?limit=50001", "?cursor=x", "?outcome=x", "?field=a"]) {
    assertProblem(
      await ask(`${world.url("universal_webhook")}/ui/webhooks/export${query}`, { headers: admin }),
      400,
      "REQUEST_INVALID",
    );
  }
});

Deno.test("bodies that are no JSON, or large, go whole, by their bytes; members get neither", async () => {
  await empty();
  const body = `{"name":"${"x".repeat(3_000_000)}"}`;
  await fill(2, { body });
  await fill(1, { body: "\u0000no json" });
  const [odd, ...large] = await lines();
  assertEquals([odd.payload, odd.raw], [null, btoa("\u0000no json")]);
  assertEquals(large.map(({ payload, payload_form, raw }) => [payload, payload_form, atob(raw)]), [
    [null, "large", body],
    [null, "large", body],
  ]);
  const shown = await lines("", member);
  assertEquals(shown.map(({ payload, raw }) => [payload, raw]), Array(3).fill([null, undefined]));
});

Deno.test("a fault in the middle ends the file with a line that names it", async () => {
  await empty();
  await fill(3, { body: `{"name":"${"x".repeat(3_000_000)}"}` });
  const { sql } = world.database.db;
  const response = await open();
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  assertMatch(value!, /^\{"id"/);
  await sql`alter table event rename to event_away`;
  try {
    let text = value!;
    for (let read = await reader.read(); !read.done; read = await reader.read()) text += read.value;
    const last = text.trimEnd().split("\n").at(-1)!;
    assertEquals(JSON.parse(last), { error: "INTERNAL" });
  } finally {
    await sql`alter table event_away rename to event`;
  }
});

Deno.test("an uninstall ends a file that is under way, which says so in its last line", async () => {
  await empty();
  // More than a page, and more than connections take beforehand.
  await fill(250, { body: `{"name":"${"x".repeat(100_000)}"}` });
  const { sql } = world.database.db;
  const response = await open();
  await sql`update installation set generation = generation + 1`;
  try {
    const written = (await response.text()).trimEnd().split("\n");
    assertEquals(written.length, 201);
    assertEquals(JSON.parse(written.at(-1)!), {
      error: "INSTALLATION_UNKNOWN",
      detail: "Cannot continue the file: the add-on was uninstalled meanwhile",
    });
  } finally {
    await sql`update installation set generation = generation - 1`;
  }
});

Deno.test("four exports of a workspace at once, whoever asks; a reader that leaves makes room", async () => {
  await empty();
  await fill(20, { body: `{"name":"${"x".repeat(2_000_000)}"}` });
  const held = await Promise.all([opened(), opened(), opened(member), opened()]);
  const refused = await ask(`${world.url("universal_webhook")}/ui/webhooks/export`, { headers: member });
  assertProblem(refused, 429, "RATE_LIMITED");
  assertEquals(refused.headers.get("retry-after"), "5");
  await held[0]!.body!.cancel();
  for (const { body } of [...held.slice(1), await opened()]) await body!.cancel();
});

Deno.test("two of the exports are kept for admins: members have two at once", async () => {
  await empty();
  await fill(20, { body: `{"name":"${"x".repeat(2_000_000)}"}` });
  const held = await Promise.all([opened(member), opened(member)]);
  assertProblem(
    await ask(`${world.url("universal_webhook")}/ui/webhooks/export`, { headers: member }),
    429,
    "RATE_LIMITED",
  );
  const own = await Promise.all([opened(), opened()]);
  for (const { body } of [...held, ...own]) await body!.cancel();
});

Deno.test("a reader that leaves ends the reading, and a stop does not wait for one that takes nothing", async () => {
  await empty();
  await fill(20, { body: `{"name":"${"x".repeat(2_000_000)}"}` });
  const left = await opened();
  await left.body!.cancel();
  const stuck = await opened();
  const tookMs = await ownTimeMs(() => world.serving.stop());
  assert(tookMs < 2_500, "well below the grace of requests under way");
  await assertRejects(() => stuck.text());
});
