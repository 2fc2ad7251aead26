/** Tests of POST /webhooks/clockify: who is let in, what is kept of a delivery, and what each sender is answered. */

import { assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import type { ErrorCode } from "../../../src/base/errors.ts";
import { newKey } from "../../../src/secrets/encryption.ts";
import type { ProfileKey } from "../../../src/profiles/profile.ts";
import type { TokenInput } from "../../../src/simulator/tokens.ts";
import { startWorld, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { rsaPair, sign } from "../../verify/mint.ts";
import { type Answer, ask, assertProblem } from "../door.ts";

const MAX_BYTES = 4_096;
const EVENT = "NEW_TIME_ENTRY";
const PATH = `/webhooks/clockify/${EVENT}`;
const ENCRYPTION_KEYS = newKey("test");

let world: World;
let tokens: Record<ProfileKey, string>;
let addonId: string;

worldOfFile({ env: { WEBHOOK_MAX_PAYLOAD_BYTES: String(MAX_BYTES), ENCRYPTION_KEYS } }, async (made) => {
  world = made;
  const [universal, studio, addon] = await Promise.all([
    world.install("universal_webhook"),
    world.install("api_studio"),
    world.install("clockify_addon"),
  ]);
  addonId = universal.addonId;
  tokens = {
    universal_webhook: tokenOf(universal, EVENT),
    api_studio: tokenOf(studio, EVENT),
    clockify_addon: tokenOf(addon, EVENT),
  };
});

function tokenOf({ webhooks }: { webhooks: { event: string; authToken: string }[] }, event: string): string {
  return webhooks.find((webhook) => webhook.event === event)!.authToken;
}

interface Sending {
  path?: string;
  token?: string | null;
  /** Header of the event type; null leaves it out. */
  event?: string | null;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A genuine delivery to the Universal Webhook, but for what is given. */
function send({ path = PATH, token = tokens.universal_webhook, event = EVENT, headers, body }: Sending = {}) {
  return ask(world.url("universal_webhook") + path, {
    headers: {
      ...(token !== null && { "clockify-signature": token }),
      ...(event !== null && { "clockify-webhook-event-type": event }),
      ...headers,
    },
    body: body ?? entry(),
  });
}

/** A body of its own for each call. */
function entry(fields: Record<string, unknown> = {}) {
  return { id: crypto.randomUUID(), workspaceId: world.workspaceId, description: "A call", ...fields };
}

async function eventCount(): Promise<number> {
  const [row] = await world.database.db.sql<{ count: number }[]>`select count(*)::int as count from event`;
  return row!.count;
}

Deno.test("a genuine delivery is stored with its raw bytes, and no token in its row", async () => {
  const token = tokens.universal_webhook;
  const body = `{ "workspaceId":"${world.workspaceId}",\n "id" : "raw-1", "text":"\\u0000 \\ud800 ü", "id": "raw-1" }`;
  const headers = {
    authorization: `Bearer ${token}`,
    cookie: "session=1",
    "x-forwarded": `by ${token}`,
    "x-kept": "1",
  };
  const answer = await send({ body, headers });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
  const { webhookId } = answer.body;
  assertEquals(answer.body, { webhookId, eventType: EVENT, workspaceId: world.workspaceId, status: "received" });
  const [row] = await world.database.db.sql<{ body: Uint8Array; headers: Record<string, string> }[]>`
    select body, headers from event where id = ${webhookId}`;
  assertStrictEquals(Buffer.from(row!.body).toString("utf8"), body);
  assertEquals(row!.headers["x-kept"], "1");
  assertStrictEquals(row!.headers["clockify-webhook-event-type"], EVENT);
  assertNotMatch(JSON.stringify(row!.headers), /eyJ|session=1/);
});

Deno.test("senders that are not who they should be get the status of their fault, and nothing is stored", async () => {
  const before = await eventCount();
  const { simulator, workspaceId } = world;
  const own = { kind: "webhook", addonKey: "universal-webhook-api", workspaceId, addonId } as const;
  const forge = (changes: Partial<TokenInput>) => simulator.signToken({ ...own, ...changes });
  const viewer = { userId: world.ownerId, workspaceRole: "OWNER" };
  const other = (await simulator.workspaces())[1]!.id;
  const [head, claims, signature] = tokens.universal_webhook.split(".");
  const [, otherClaims] = tokens.api_studio.split(".");
  const payload = Buffer.from(claims!, "base64url").toString();

  const refuse = async (status: number, code: ErrorCode, senders: Record<string, Sending>) => {
    for (const [name, sending] of Object.entries(senders)) {
      const answer = await send(sending);
      assertEquals(answer.status, status, name);
      assertProblem(answer, status, code);
    }
  };
  await refuse(401, "WEBHOOK_SIGNATURE_MISSING", { "no token": { token: null } });
  await refuse(401, "WEBHOOK_SIGNATURE_INVALID", {
    "no JWT": { token: "letmein" },
    "alg none": { token: `${Buffer.from('{"alg":"none"}').toString("base64url")}.${claims}.AAAA` },
    "two tokens": { token: `${tokens.universal_webhook}, ${tokens.universal_webhook}` },
    "other claims under the signature": { token: `${head}.${otherClaims}.${signature}` },
    "a stranger's key": { token: sign(payload, { key: rsaPair().privateKey }) },
    "genuine, not the stored one": { token: await forge({}) },
    "token of another event's path": { path: "/webhooks/clockify/TIMER_STOPPED", event: "TIMER_STOPPED" },
    "installation token": { token: await forge({ kind: "installation", ...viewer }) },
    "user token": { token: await forge({ kind: "user", ...viewer }) },
    "lifecycle token": { token: await forge({ kind: "lifecycle" }) },
  });
  await refuse(403, "WEBHOOK_WRONG_ADDON", { "another add-on": { token: tokens.api_studio } });
  await refuse(403, "INSTALLATION_UNKNOWN", {
    "a workspace without the add-on": { token: await forge({ workspaceId: other }) },
    "an earlier installation": { token: await forge({ addonId: "64b000000000000000000009" }) },
  });
  await refuse(403, "WEBHOOK_WRONG_EVENT", {
    "header of another event": { event: "TIMER_STOPPED" },
    "no event header": { event: null },
    "bare path without event header": { path: "/webhooks/clockify", event: null },
  });
  await refuse(403, "WEBHOOK_WRONG_WORKSPACE", {
    "header of another workspace": { headers: { "clockify-webhook-workspace-id": other } },
    "body of another workspace": { body: entry({ workspaceId: other }) },
  });
  assertStrictEquals(await eventCount(), before);
});

Deno.test("the bare path takes the event from its header", async () => {
  const { status, body } = await send({
    path: "/webhooks/clockify",
    headers: { "clockify-webhook-workspace-id": world.workspaceId },
  });
  assertEquals([status, body.eventType], [200, EVENT]);
});

Deno.test("bodies that are too large, compressed, or no JSON are refused before anything is stored", async () => {
  const before = await eventCount();
  const large = JSON.stringify(entry({ text: "x".repeat(MAX_BYTES) }));
  const streamed = ReadableStream.from([large.slice(0, 2_000), large.slice(2_000)].map((part) => Buffer.from(part)));
  assertProblem(await send({ body: large }), 413, "BODY_TOO_LARGE");
  assertProblem(await send({ body: streamed }), 413, "BODY_TOO_LARGE");
  assertProblem(await send({ headers: { "content-encoding": "gzip" } }), 415, "CONTENT_ENCODING_UNSUPPORTED");
  for (const body of ["", "{", '{"a":1} x', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])]) {
    assertProblem(await send({ body }), 400, "BODY_NOT_JSON");
  }
  assertStrictEquals(await eventCount(), before);
  const small = ReadableStream.from([Buffer.from(JSON.stringify(entry()))]);
  assertEquals((await send({ body: small })).status, 200, "a chunked body within the limit");
});

Deno.test("100 copies at once are one event, and all but one are told so", async () => {
  const before = await eventCount();
  const body = JSON.stringify(entry());
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => send({ body, headers: { "idempotency-key": crypto.randomUUID() } })),
  );
  assertEquals(new Set(answers.map(({ status }) => status)), new Set([200]));
  assertEquals(answers.filter((answer) => !("duplicate" in answer.body)).length, 1);
  const repeat = answers.find((answer) => answer.body.duplicate)!.body;
  const { webhookId } = repeat;
  assertEquals(repeat, {
    webhookId,
    eventType: EVENT,
    workspaceId: world.workspaceId,
    status: "received",
    duplicate: true,
  });
  assertEquals(new Set(answers.map((answer) => answer.body.webhookId)).size, 1);
  assertEquals(await eventCount(), before + 1);
});

Deno.test("a token seen before costs no public-key operation", async () => {
  const verify = crypto.subtle.verify;
  let operations = 0;
  crypto.subtle.verify = function (this: SubtleCrypto, ...args: Parameters<SubtleCrypto["verify"]>) {
    operations++;
    return verify.apply(crypto.subtle, args);
  } as SubtleCrypto["verify"];
  try {
    const studio = (): Promise<Answer> =>
      ask(world.url("api_studio") + PATH, {
        headers: { "clockify-signature": tokens.api_studio, "clockify-webhook-event-type": EVENT },
        body: entry(),
      });
    assertEquals((await studio()).status, 200);
    assertEquals(operations, 1);
    assertEquals((await studio()).status, 200);
    assertEquals(operations, 1);
  } finally {
    crypto.subtle.verify = verify;
  }
});

Deno.test("an unknown event is 404, another method 405 with Allow", async () => {
  assertProblem(await send({ path: "/webhooks/clockify/NO_SUCH_EVENT" }), 404, "ROUTE_UNKNOWN");
  for (const path of ["/webhooks/clockify", PATH]) {
    const answer = await ask(world.url("universal_webhook") + path);
    assertProblem(answer, 405, "METHOD_NOT_ALLOWED");
    assertEquals(answer.headers.get("allow"), "POST");
  }
});

Deno.test("X-Request-ID is kept when it is well formed, and replaced when it is not", async () => {
  const given = await send({ headers: { "x-request-id": "req-1:a.b_C" } });
  assertEquals(given.headers.get("x-request-id"), "req-1:a.b_C");
  const [row] = await world.database.db.sql`select request_id from event where id = ${given.body.webhookId}`;
  assertEquals(row!.request_id, "req-1:a.b_C");
  const correlated = await send({ headers: { "x-correlation-id": "corr-1" } });
  assertEquals(correlated.headers.get("x-request-id"), "corr-1");
  for (const bad of ["", "two words", "x".repeat(129), '"quoted"', "ü"]) {
    const { headers } = await send({ headers: { "x-request-id": bad } });
    assertMatch(headers.get("x-request-id")!, /^[0-9a-f-]{36}$/, bad);
  }
});

Deno.test("an inactive add-on's deliveries are kept but skipped; an uninstalled one's are refused", async () => {
  const { simulator } = world;
  const installed = (await simulator.listInstallations()).find((one) => one.addonKey === "clockify-python-addon")!;
  const deliver = () =>
    ask(world.url("clockify_addon") + PATH, {
      headers: { "clockify-signature": tokens.clockify_addon, "clockify-webhook-event-type": EVENT },
      body: entry(),
    });
  await simulator.setStatus({ addonId: installed.addonId, status: "INACTIVE" });
  const kept = await deliver();
  assertEquals(kept.status, 200);
  const [row] = await world.database.db.sql`select outcome, reason from event where id = ${kept.body.webhookId}`;
  assertEquals({ ...row }, { outcome: "skipped", reason: "installation_inactive" });
  await simulator.uninstall({ addonId: installed.addonId });
  assertProblem(await deliver(), 403, "INSTALLATION_UNKNOWN");
});

Deno.test("with the signature switch off the workspace comes from the header or the body", async () => {
  const open = await startWorld({
    database: world.database,
    env: { UNIVERSAL_WEBHOOK_REQUIRE_SIGNATURE_VERIFICATION: "false", ENCRYPTION_KEYS },
  });
  try {
    const { workspaceId } = world;
    const post = (path: string, options: { headers?: Record<string, string>; body: unknown }) =>
      ask(open.url("universal_webhook") + path, options);
    const named = { "clockify-webhook-workspace-id": workspaceId };
    const byHeader = await post(PATH, { headers: named, body: { id: "open-1" } });
    assertEquals([byHeader.status, byHeader.body.workspaceId], [200, workspaceId]);
    assertEquals((await post(PATH, { body: { id: "open-2", workspaceId } })).status, 200);
    const both = await post(PATH, { headers: named, body: { id: "open-3", workspaceId: "another" } });
    assertProblem(both, 403, "WEBHOOK_WRONG_WORKSPACE");
    assertProblem(await post(PATH, { body: { id: "open-4" } }), 400, "REQUEST_INVALID");
    assertProblem(await post(PATH, { body: { id: "open-5", workspaceId: "none" } }), 403, "INSTALLATION_UNKNOWN");
    assertProblem(await post("/webhooks/clockify", { body: { workspaceId } }), 403, "WEBHOOK_WRONG_EVENT");
    assertEquals((await ask(`${open.url("universal_webhook")}/ready`)).body.signature_verification, "off");
    const studio = await ask(open.url("api_studio") + PATH, { headers: named, body: { id: "open-6" } });
    assertProblem(studio, 401, "WEBHOOK_SIGNATURE_MISSING");

    const told = async (event: string, body: Record<string, unknown>) => {
      const { status, body: answer } = await post(`/webhooks/clockify/${event}`, { headers: named, body });
      assertEquals(status, 200, JSON.stringify(answer));
      return answer.duplicate ? "repeat" : "new";
    };
    const stopped = { id: "timer-1", description: "stopped" };
    assertEquals(await told("TIMER_STOPPED", stopped), "new");
    assertEquals(await told("TIME_ENTRY_UPDATED", { ...stopped, description: "changed by a flow" }), "new");
    assertEquals(await told("TIMER_STOPPED", stopped), "repeat", "the flow's own change came between");

    // Types without an id of their own: the person that the body names, for ten minutes.
    const rate = (amount: number, userId = "u1") =>
      told("BILLABLE_RATE_UPDATED", { workspaceId, modifiedEntity: { userId, targetId: workspaceId }, amount });
    assertEquals([await rate(10), await rate(20), await rate(10)], ["new", "new", "new"]);
    assertEquals([await rate(5, "u2"), await rate(10), await rate(5, "u2")], ["new", "repeat", "repeat"]);
    const { sql } = world.database.db;
    await sql`update entity_head set received_at = received_at - interval '9 minutes'`;
    assertEquals(await rate(10), "repeat");
    await sql`update entity_head set received_at = received_at - interval '70 seconds'`;
    assertEquals(await rate(10), "new");
    assertEquals(await told("TIMER_STOPPED", stopped), "repeat", "an entry is remembered for a day");
  } finally {
    await open.stop();
  }
});

Deno.test("a delivery to a path with doubled slashes is taken, as Clockify joins base address and path", async () => {
  const answer = await send({ path: `/${PATH.replace("clockify/", "clockify//")}` });
  assertEquals(answer.status, 200, JSON.stringify(answer.body));
});
