/** Tests of the grouped receivers POST /webhooks/{category}: every path with every event of it, and where the event's name comes from. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { CATEGORY_EVENTS } from "../../../src/clockify/categories.ts";
import { tokenSha256 } from "../../../src/verify/token.ts";
import type { World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem } from "../door.ts";

let world: World;
/** A token of Clockify per event, as INSTALLED would have brought it with a manifest of every event. */
const tokens = new Map<string, string>();

worldOfFile({}, async (made) => {
  world = made;
  const { addonId } = await world.install("clockify_addon");
  await world.install("api_studio");
  const { workspaceId, database: { db }, simulator } = world;
  const names = { addonKey: "clockify-python-addon", workspaceId, addonId };
  await db.sql`
    delete from installation_webhook where installation_id = (select id from installation where addon = 'clockify_addon')`;
  for (const [index, event] of [...new Set(Object.values(CATEGORY_EVENTS).flat())].entries()) {
    const token = await simulator.signToken({ kind: "webhook", ...names, claims: { jti: index } });
    tokens.set(event, token);
    await db.sql`
      insert into installation_webhook (installation_id, workspace_id, path, event_type, token_sha256)
      select id, workspace_id, ${`/webhooks/clockify/${event}`}, ${event}, ${tokenSha256(token)}
      from installation where addon = 'clockify_addon'`;
  }
});

interface Sending {
  /** Whose token signs; null for none. */
  signed: string | null;
  /** Header of the event type. */
  event?: string;
  body?: Record<string, unknown>;
  base?: string;
}

function send(category: string, { signed, event, body, base = world.url("clockify_addon") }: Sending) {
  return ask(`${base}/webhooks/${category}`, {
    headers: {
      ...(signed !== null && { "clockify-signature": tokens.get(signed)! }),
      ...(event !== undefined && { "clockify-webhook-event-type": event }),
    },
    body: { id: crypto.randomUUID(), workspaceId: world.workspaceId, ...body },
  });
}

const warnings = () => world.logs.filter(({ message }) => message === "event.unlisted");

Deno.test("every path takes every event of it, answers like the bare path, and warns of none", async () => {
  for (const [category, events] of Object.entries(CATEGORY_EVENTS)) {
    for (const event of events) {
      const answer = await send(category, { signed: event, event });
      assertEquals(answer.status, 200, `${category} ${event}: ${JSON.stringify(answer.body)}`);
      const { webhookId, ...rest } = answer.body;
      assertEquals(rest, { eventType: event, workspaceId: world.workspaceId, status: "received" });
      const [row] = await world.database.db.sql`select event_type from event where id = ${webhookId}`;
      assertStrictEquals(row!.event_type, event);
    }
  }
  assertEquals(warnings(), []);
});

Deno.test("without the header the event is the body's, else the only one of the category", async () => {
  const sent = async (category: string, sending: Sending) => (await send(category, sending)).body.eventType;
  assertEquals(await sent("time", { signed: "TIMER_STOPPED", body: { eventType: "TIMER_STOPPED" } }), "TIMER_STOPPED");
  assertEquals(await sent("generic", { signed: "NEW_TAG", body: { event_type: "NEW_TAG" } }), "NEW_TAG");
  assertEquals(await sent("balance", { signed: "BALANCE_UPDATED" }), "BALANCE_UPDATED");
  assertProblem(await send("time", { signed: "TIMER_STOPPED" }), 403, "WEBHOOK_WRONG_EVENT");
  assertProblem(await send("custom", { signed: "TIMER_STOPPED" }), 403, "WEBHOOK_WRONG_EVENT");
});

Deno.test("an event that the category does not list is taken, and told in the log", async () => {
  const before = warnings().length;
  const answer = await send("time/new", { signed: "NEW_TAG", event: "NEW_TAG" });
  assertEquals(answer.status, 200);
  assertEquals((await send("custom", { signed: "NEW_TAG", event: "NEW_TAG" })).status, 200);
  const [first] = warnings().slice(before);
  assertEquals([first?.category, first?.event_type, first?.level], ["time/new", "NEW_TAG", "WARNING"]);
  assertEquals(warnings().length, before + 2);
});

Deno.test("the token must be the one of the event, wherever its name stands", async () => {
  for (const event of [undefined, "BALANCE_UPDATED"]) {
    assertProblem(await send("balance", { signed: "NEW_TAG", event }), 401, "WEBHOOK_SIGNATURE_INVALID");
    assertProblem(await send("balance", { signed: null, event }), 401, "WEBHOOK_SIGNATURE_MISSING");
  }
  const named = { signed: "TIMER_STOPPED", body: { eventType: "NEW_TIMER_STARTED" } };
  assertProblem(await send("time", named), 401, "WEBHOOK_SIGNATURE_INVALID");
  const foreign = await send("time", {
    signed: "TIMER_STOPPED",
    event: "TIMER_STOPPED",
    body: { workspaceId: "other" },
  });
  assertProblem(foreign, 403, "WEBHOOK_WRONG_WORKSPACE");
});

Deno.test("a path that is no category is unknown, GET is refused, and API Studio has none of them", async () => {
  assertProblem(await send("no-such-category", { signed: "NEW_TAG", event: "NEW_TAG" }), 404, "ROUTE_UNKNOWN");
  const read = await ask(`${world.url("clockify_addon")}/webhooks/time/new`);
  assertProblem(read, 405, "METHOD_NOT_ALLOWED");
  for (const category of Object.keys(CATEGORY_EVENTS)) {
    const answer = await send(category, { signed: "NEW_TAG", event: "NEW_TAG", base: world.url("api_studio") });
    assertProblem(answer, 404, "ROUTE_UNKNOWN");
  }
});

Deno.test("without the header the token must be one of Clockify's own, which is seen before the body", async () => {
  for (const token of ["a".repeat(32), "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJjbG9ja2lmeSJ9.c2ln"]) {
    const answer = await ask(`${world.url("clockify_addon")}/webhooks/balance`, {
      headers: { "clockify-signature": token },
      body: "no JSON",
    });
    assertProblem(answer, 401, "WEBHOOK_SIGNATURE_INVALID");
  }
  const genuine = { "clockify-signature": tokens.get("BALANCE_UPDATED")! };
  const answer = await ask(`${world.url("clockify_addon")}/webhooks/balance`, { headers: genuine, body: "no JSON" });
  assertProblem(answer, 400, "BODY_NOT_JSON");
});
