/** Tests of the search for missed events at the doors: what Clockify's logs and feeds have and was not received comes once, marked. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ask, assertProblem, type Json } from "../http/door.ts";
import { eventually, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";

const UW = "universal_webhook";
const SEARCH = "/ui/webhooks/coverage/reconcile";

let world: World;
let admin: Record<string, string>;
let installationId: number;

// Time entries have the five places of the manifest; tags have webhooks by the key alone.
worldOfFile({
  env: { POLL_MINUTES: "0", MANIFEST_WEBHOOK_LIMIT: "5", RECONCILE_GRACE_MINUTES: "0", LOG_LEVEL: "WARNING" },
}, async (made) => {
  world = made;
  ({ admin, installationId } = await world.enter(UW));
  const { simulator, workspaceId, ownerId } = world;
  const apiKey = await simulator.apiKey({ workspaceId, userId: ownerId });
  const url = `${world.url(UW)}/ui/webhooks`;
  assertEquals((await ask(`${url}/api-key`, { method: "PUT", headers: admin, body: { api_key: apiKey } })).status, 200);
  await eventually(async () => (await coverage()).summary.user_webhook > 0);
});

const sql = () => world.database.db.sql;
const coverage = async () => (await ask(`${world.url(UW)}/ui/webhooks/coverage`, { headers: admin })).body;

async function events(query: string): Promise<Json[]> {
  const { status, body } = await ask(`${world.url(UW)}/ui/webhooks?${query}`, { headers: admin });
  assertEquals(status, 200, JSON.stringify(body));
  return body.webhooks;
}

/** Has the installation searched, and waits for the end of it. */
async function searchOnce() {
  await sql()`update reconcile_place set checked_at = null`;
  assertEquals((await ask(world.url(UW) + SEARCH, { method: "POST", headers: admin })).status, 202);
  await eventually(async () =>
    (await sql()`select 1 from job where kind = 'reconcile' and finished_at is null`).length === 0
  );
}

/** Searches until every log and feed was looked through past this second. */
async function search() {
  const { now } = (await sql()<{ now: Date }[]>`select now() as now`)[0]!;
  await eventually(async () => {
    await searchOnce();
    const { sources } = (await coverage()).reconciliation;
    return sources.length > 3 && sources.every(({ reached }: Json) => Date.parse(reached) > now.getTime());
  });
}

/** As if they had never come. */
async function lose(entityId: string) {
  await eventually(async () => (await events(`q=${entityId}`)).length > 0);
  await sql()`delete from event where entity_key like ${`%:${entityId}`}`;
  await sql()`delete from entity_head where entity_key like ${`%:${entityId} %`}`;
}

const make = (path: string, body: Json) =>
  world.simulator.change({ workspaceId: world.workspaceId, method: "POST", path, body }) as Promise<Json>;

Deno.test("what was not received is found by the log or the feed, published once and marked, and what was is not", async () => {
  const [received, missed] = [await make("/tags", { name: "Received" }), await make("/tags", { name: "Missed" })];
  const start = new Date().toISOString().slice(0, 19) + "Z";
  const entry = await make("/time-entries", { start, end: start, description: "Missed entry" });
  await eventually(async () => (await events(`q=${received.id}`)).length > 0);
  await lose(missed.id);
  await lose(entry.id);
  await search();

  const found = await events("reconciled=true");
  assertEquals(found.map(({ entity }) => entity).sort(), [`tag:${missed.id}`, `timeEntry:${entry.id}`]);
  assertEquals((await events("reconciled=false")).filter(({ entity }) => entity === `tag:${received.id}`).length, 1);
  const detail = (await ask(`${world.url(UW)}/ui/webhooks/${found[0].id}`, { headers: admin })).body;
  assertEquals([detail.reconciled, detail.verification.result], [true, "reconciled"]);
  const body = (await ask(`${world.url(UW)}/ui/webhooks/${found[1].id}`, { headers: admin })).body.payload;
  assertEquals([body.workspaceId, body.documentType], [world.workspaceId, undefined]);

  const { expected, seen, reconciled, sources } = (await coverage()).reconciliation;
  // The tag is missing in the log and in the feed, the entry in the feed alone.
  assertEquals([reconciled, expected - seen], [3, 3]);
  assertEquals(sources.filter(({ error }: Json) => error !== null), []);
  const metrics: string = (await ask(`${world.url(UW)}/metrics`)).body;
  const sum = [...metrics.matchAll(/^webhook_events_reconciled_total\{.*\} (\d+)$/gm)].reduce(
    (all, [, n]) => all + Number(n),
    0,
  );
  assertEquals(sum, 3);

  // Another search over the same span, as after a restart that lost the place, finds them there.
  await sql()`update reconcile_place set reached = now() - interval '1 hour', checked_at = null`;
  await search();
  assertEquals((await events("reconciled=true")).length, 2);

  // And a delivery that comes after all is a repeat of what was found, whatever its body.
  const [{ token }] = await world.simulator.listUserWebhooks({ workspaceId: world.workspaceId }).then((all: Json[]) =>
    all.filter(({ webhookEvent }) => webhookEvent === "NEW_TAG").map(({ authToken }) => ({ token: authToken }))
  ) as [{ token: string }];
  const late = await ask(`${world.url(UW)}/webhooks/clockify/NEW_TAG`, {
    headers: { "clockify-signature": token, "clockify-webhook-event-type": "NEW_TAG" },
    body: { id: missed.id, name: "Missed", workspaceId: world.workspaceId, late: true },
  });
  assertEquals(late.status, 200);
  assertEquals((await events(`q=${missed.id}`)).length, 1);
});

Deno.test("of two searches at once each event is published once", async () => {
  const tags = [];
  for (let i = 0; i < 6; i++) tags.push(await make("/tags", { name: `Both ${i}` }));
  for (const { id } of tags) await lose(id);
  // The same place, by two jobs of two instances: the second finds that it was moved on, or that the events are there.
  await sql()`
    insert into job (kind, installation_id, payload) select 'reconcile', ${installationId}, jsonb_build_object('now', true, 'n', n)
    from generate_series(1, 3) n`;
  await search();
  for (const { id } of tags) assertEquals((await events(`q=${id}`)).map(({ reconciled }) => reconciled), [true]);
});

Deno.test("an update that the feed has and no event says is found, and one that says nothing new counts as received", async () => {
  const { simulator, workspaceId, ownerId } = world;
  const path = `/user/${ownerId}/time-entries?page-size=2`;
  const entries = await simulator.change({ workspaceId, method: "GET", path }) as Json[];
  for (const { id, timeInterval: { start, end } } of entries) {
    const body = { start, end, description: "News" };
    await simulator.change({ workspaceId, method: "PUT", path: `/time-entries/${id}`, body });
    await eventually(async () => (await events(`q=${id}`)).length === 1);
  }
  const [missed, known] = entries.map(({ id }) => id);
  await lose(missed);
  // As where something else moved since its last event.
  await sql()`update event set received_at = received_at - interval '1 hour' where entity_key = ${`timeEntry:${known}`}`;
  await search();
  const of = async (id: string) =>
    (await events(`q=${id}`)).map(({ event_type, reconciled }) => [event_type, reconciled]);
  assertEquals(await of(missed), [["TIME_ENTRY_UPDATED", true]]);
  assertEquals(await of(known), [["TIME_ENTRY_UPDATED", false]]);
});

Deno.test("what Clockify refuses is said of the log or feed, and the others are looked through; members may not search", async () => {
  await world.simulator.addFault({ kind: "status", status: 403, path: "*/entities/deleted", count: null });
  const named = async () => (await coverage()).reconciliation.sources;
  const failed = await eventually(async () => {
    await searchOnce();
    return (await named()).find(({ error }: Json) => error !== null);
  });
  assertEquals([failed.source, failed.name], ["entity_feed", "deleted"]);
  assertMatch(failed.error, /^Cannot call getDeletedEntityInfo/);
  await world.simulator.clearFaults();
  await search();
  assert((await named()).every(({ error }: Json) => error === null));
  const member = await world.viewer(UW, { userId: world.memberId });
  assertProblem(await ask(world.url(UW) + SEARCH, { method: "POST", headers: member }), 403, "ROLE_INSUFFICIENT");
});
