/** Tests of /ui/entities/{kind}/{id}/timeline: one entity's events, changes, writes and runs, newest first, page by page. */

import { assert, assertEquals } from "@std/assert";
import { ask, assertProblem, type Json } from "../http/door.ts";
import { eventually, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";

const UW = "universal_webhook";

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;
let installationId: number;

worldOfFile({ env: { POLL_MINUTES: "0", MANIFEST_WEBHOOK_LIMIT: "20", LOG_LEVEL: "WARNING" } }, async (made) => {
  world = made;
  ({ admin, member, installationId } = await world.enter(UW));
  // The first read has the embedded database's one connection for itself now and then, and people get a 503 for it.
  await eventually(async () => {
    const { status, body } = await ask(`${world.url(UW)}/ui/bootstrap`, { headers: admin });
    return status === 200 && !["PENDING", "IN_PROGRESS"].includes(body.status);
  });
});

const timeline = (type: string, id: string, { query = "", headers = admin } = {}) =>
  ask(`${world.url(UW)}/ui/entities/${type}/${id}/timeline?${query}`, { headers });

/** Every item, through pages of two, and the whole page at once. */
async function pages(type: string, id: string): Promise<Json[]> {
  const items: Json[] = [];
  for (let cursor = "";;) {
    const { status, body } = await timeline(type, id, { query: `limit=2${cursor && `&cursor=${cursor}`}` });
    assertEquals(status, 200, JSON.stringify(body));
    items.push(...body.items);
    if (!body.pagination.has_more) return items;
    cursor = body.pagination.next_cursor;
  }
}

Deno.test("a timeline has the events of its entity, its runs and what they wrote, and what a read saw", async () => {
  const { simulator, workspaceId, database: { db } } = world;
  const definition = {
    name: "Note",
    enabled: true,
    trigger_event_types: ["NEW_TAG"],
    actions: [{
      operation_id: "updateTag",
      path_params: { id: "{{webhook.id}}" },
      body: { name: "{{webhook.name}} noted" },
    }],
  };
  const made = await ask(`${world.url(UW)}/ui/flows`, { method: "POST", headers: admin, body: definition });
  assert(made.status < 300, JSON.stringify(made.body));
  const { id } = await simulator.change({
    workspaceId,
    method: "POST",
    path: "/tags",
    body: { name: "First" },
  }) as Json;
  await db.sql`
    insert into entity_change (installation_id, entity_type, entity_id, kind, read_number, before, after, seen_at)
    values (${installationId}, 'tag', ${id}, 'updated', 1, '{"name": "a@b.example", "costRate": 1}',
      '{"name": "noted", "costRate": 2}', now() + interval '1 second')`;
  const ofKind = (items: Json[], kind: string) => items.filter((item) => item.kind === kind);
  // What the flow wrote comes back as an event, at its own time: then both say the same.
  const items = await eventually(async () => {
    const all = await pages("tag", id);
    const isOver = ofKind(all, "write").length === 1 && ofKind(all, "run")[0]?.state === "completed";
    const atOnce = (await timeline("tag", id)).body.items;
    return isOver && JSON.stringify(atOnce) === JSON.stringify(all) && all;
  });
  assertEquals(items.map(({ at }) => at), items.map(({ at }) => at).sort().reverse(), "newest first");
  assertEquals(new Set(items.map(({ kind, id }) => `${kind} ${id}`)).size, items.length, "each once");
  const [write, run] = [ofKind(items, "write")[0], ofKind(items, "run")[0]];
  assertEquals([write.operation_id, write.run_id, write.state], ["updateTag", run.id, "done"]);
  assert(ofKind(items, "event").some(({ id }) => id === run.event_id));
  assertEquals(ofKind(items, "seen")[0].before, { costRate: 1, name: "a@b.example" });

  // Events name their entities otherwise than lists do.
  const start = new Date().toISOString().slice(0, 19) + "Z";
  const entry = { workspaceId, method: "POST", path: "/time-entries", body: { start, end: start } } as const;
  const { id: entryId } = await simulator.change(entry) as Json;
  await eventually(async () => (await timeline("time_entry", entryId)).body.items?.length === 1);

  // Members see no amounts and no addresses; another add-on of the workspace, which has another installation, sees nothing.
  const seen = ofKind((await timeline("tag", id, { headers: member })).body.items, "seen")[0];
  assertEquals([Object.keys(seen.after), JSON.stringify(seen).includes("@")], [["name"], false]);
  await world.install("api_studio");
  const other = await world.viewer("api_studio");
  const path = `${world.url("api_studio")}/ui/entities/tag/${id}/timeline`;
  assertProblem(await ask(path, { headers: other }), 404, "NOT_FOUND");
});

Deno.test("what is unknown, and a cursor that is none, are refused; an entity of which nothing is known but the cache has it", async () => {
  assertProblem(await timeline("tag", "64e0000000000000000000ff"), 404, "NOT_FOUND");
  assertProblem(await timeline("tag%20or%201", "%00"), 404, "NOT_FOUND");
  assertProblem(await timeline("tag", "a", { query: "cursor=bm9uZQ" }), 400, "REQUEST_INVALID");
  assertProblem(await timeline("tag", "a", { query: "limit=101" }), 400, "REQUEST_INVALID");
  const user = `${world.url(UW)}/ui/entities?type=user`;
  const { id } = await eventually(async () => (await ask(user, { headers: admin })).body.entities[0]);
  const { body } = await timeline("user", id);
  assertEquals([body.entity.id, body.items, body.pagination.has_more], [id, [], false]);
});
