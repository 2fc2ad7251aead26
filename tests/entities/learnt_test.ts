/** Tests of names at the doors: made a minute ago and found, learnt by events, asked for once, and read again in time. */

import { assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { ask, type Json } from "../http/door.ts";
import { eventually, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";

const STUDIO = "api_studio";
let world: World;
let admin: Record<string, string>;

worldOfFile({
  env: { MANIFEST_WEBHOOK_LIMIT: "20", POLL_MINUTES: "0", API_STUDIO_BOOTSTRAP_MAX_RPS: "50" },
}, async (made) => {
  world = made;
  ({ admin } = await world.enter(STUDIO));
  await readTo(1);
});

function sql() {
  return world.database.db.sql;
}

/** Waits until the workspace was read so many times. */
function readTo(number: number) {
  return eventually(
    async () =>
      (await sql()`select 1 from bootstrap_state where status = 'COMPLETE' and read_number = ${number}`).length === 1,
  );
}

async function get(path: string, headers = admin): Promise<Json> {
  const { status, body } = await ask(`${world.url(STUDIO)}${path}`, { headers });
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

const named = async (id: string, more = "") => (await get(`/ui/entities/names?ids=${id}${more}`)).names[id];
const search = async (q: string, type = "tag"): Promise<Json[]> =>
  (await get(`/ui/entities/search?type=${type}&q=${encodeURIComponent(q)}`)).entities;
const listed = async (id: string): Promise<Json> =>
  (await get("/ui/entities?type=tag&limit=200")).entities.find((entity: Json) => entity.id === id);

function change(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<Json> {
  return world.simulator.change({ workspaceId: world.workspaceId, method, path, body });
}

/** Requests for the list of tags or one of them, since the last call. */
async function askedForTags(): Promise<string[]> {
  const asked = world.simulator.requests.filter(({ path }) => /\/tags(\/|$)/.test(path)).map(({ query }) => query);
  await world.simulator.clearRequests();
  return asked;
}

Deno.test("an event teaches a name at once: made, renamed, archived, deleted", async () => {
  await askedForTags();
  const tag = await change("POST", "/tags", { name: "Learnt by an event" });
  const learnt = await eventually(() => listed(tag.id));
  assertEquals([learnt.operation_id, learnt.body], ["NEW_TAG", tag]);
  await change("PUT", `/tags/${tag.id}`, { name: "Renamed by an event", archived: true });
  await eventually(async () => (await listed(tag.id)).body.name === "Renamed by an event");
  assertEquals(await search("renamed by an event"), [
    { id: tag.id, type: "tag", name: "Renamed by an event", archived: true },
  ]);
  await change("DELETE", `/tags/${tag.id}`);
  await eventually(async () => !(await listed(tag.id)));
  assertEquals(await askedForTags(), [], "nothing was asked of Clockify");
  assertEquals(await named(tag.id), { type: "tag", name: "Renamed by an event", archived: true, deleted: true });
  assertEquals(await search("renamed by an event"), []);
});

Deno.test("what a flow makes teaches with its answer", async () => {
  const body = {
    name: "A client for each tag",
    enabled: true,
    trigger_event_types: ["NEW_TAG"],
    actions: [{ operation_id: "createClient", body: { name: "Client of $.webhook.name" } }],
  };
  const created = await ask(`${world.url(STUDIO)}/ui/flows`, { headers: admin, body });
  assertEquals(created.status, 201, JSON.stringify(created.body));
  await change("POST", "/tags", { name: "Trigger" });
  const client = await eventually(async () => {
    const { entities } = await get("/ui/entities?type=client&limit=200");
    return entities.find((entity: Json) => entity.operation_id === "createClient");
  });
  assertMatch(client.body.name, /^Client of /);
  assertEquals(
    (await ask(`${world.url(STUDIO)}/ui/flows/${created.body.id}`, { headers: admin, method: "DELETE" })).status,
    200,
  );
});

Deno.test("a name that no event taught is asked for once and found; one that is not there is asked for once", async () => {
  const tag = await change("POST", "/tags", { name: "Made a minute ago" });
  await eventually(() => listed(tag.id));
  await sql()`delete from entity_cache where entity_id = ${tag.id}`;
  await askedForTags();
  assertEquals(await search("made a min"), [{ id: tag.id, type: "tag", name: "Made a minute ago" }]);
  assertEquals(await askedForTags(), ["name=made+a+min&page=1&page-size=50"]);
  await search("made a minute");
  await search("Made a minute ago");
  assertEquals(await askedForTags(), [], "the answer to a part holds for the whole");
  for (const _ of [1, 2]) assertEquals(await search("surely not there"), []);
  assertEquals((await askedForTags()).length, 1);
});

Deno.test("an unknown id is asked for once, of the type that the page names", async () => {
  const tag = await change("POST", "/tags", { name: "Known by its id" });
  await eventually(() => listed(tag.id));
  await sql()`delete from entity_cache where entity_id = ${tag.id}`;
  await askedForTags();
  assertEquals(await named(tag.id, "&type=tag&cached=true"), undefined);
  assertEquals(await askedForTags(), [], "a page that names many ids asks the cache alone");
  assertEquals(await named(tag.id, "&type=tag"), { type: "tag", name: "Known by its id" });
  assertEquals((await askedForTags()).length, 1);
  const unknown = "64e0000000000000000000ff";
  for (const _ of [1, 2]) assertEquals(await named(unknown, "&type=tag"), undefined);
  assertEquals((await askedForTags()).length, 1);
});

Deno.test("the lists are read again before the cache gets old, by the job that recurs", async () => {
  const idle = () =>
    eventually(async () =>
      (await sql()`
        select 1 from schedule where kind = 'poll' and next_at > now()
          and not exists (select 1 from job where kind = 'poll' and finished_at is null)`).length === 1
    );
  /** Its slot comes, and is worked off. */
  const polls = async () => {
    await idle();
    await sql()`update schedule set next_at = now() where kind = 'poll'`;
    await idle();
  };
  await polls();
  assertEquals((await sql()`select 1 from job where kind = 'bootstrap'`).length, 0, "not before");
  // Half of CACHE_TTL_DAYS, which are 7.
  await sql()`update bootstrap_state set finished_at = now() - interval '84 hours'`;
  await polls();
  await readTo(2);
});

Deno.test("the first visit of an admin after the data ran out reads the workspace, a member's does not", async () => {
  const member = await world.viewer(STUDIO, { userId: world.memberId });
  await sql()`delete from entity_cache`;
  await get("/ui/session", member);
  assertEquals((await sql()`select 1 from job where kind = 'bootstrap'`).length, 0);
  await get("/ui/session");
  await readTo(3);
  assertStrictEquals((await get("/ui/session")).workspace.name, (await world.simulator.workspaces())[0]!.name);
});
