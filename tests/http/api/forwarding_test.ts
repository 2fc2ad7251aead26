/** The setting forwarding_url at the doors: events go to that address, signed; "off" ends it; nobody sees or changes its flow. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { installationSecretContext } from "../../../src/secrets/contexts.ts";
import { createKeyring, newKey } from "../../../src/secrets/encryption.ts";
import { passDelays } from "../../db/rows.ts";
import { stopSharedDatabase } from "../../support/database.ts";
import { type Sink, type SinkRequest, startSink } from "../../support/sink.ts";
import { eventually, startWorld, type World } from "../../support/world.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const ADDON = "clockify_addon";
const EVENT = "TIMER_STOPPED";
const KEY = newKey("test");

let world: World;
let sink: Sink;
let admin: Record<string, string>;
let addonId: string;

Deno.test.beforeAll(async () => {
  sink = startSink();
  const env = { EGRESS_ALLOW: `127.0.0.1:${sink.port}`, WEBHOOK_REQUEST_BACKOFF_BASE: "0.01", ENCRYPTION_KEYS: KEY };
  world = await startWorld({ env });
  ({ addonId } = await world.install(ADDON));
  admin = await world.viewer(ADDON);
});
Deno.test.afterAll(async () => {
  await world.stop();
  await sink.stop();
  await stopSharedDatabase();
});

async function forwarding(): Promise<Json> {
  const { status, body } = await ask(`${world.url(ADDON)}/ui/forwarding`, { headers: admin });
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

/** Saves the setting, and waits until the flow behind it stands so. */
async function forwardTo(value: string) {
  await world.simulator.updateSettings({ addonId, settings: [{ id: "forwarding_url", value }] });
  const url = value === "off" ? null : value;
  await eventually(async () => {
    const [flow] = await world.database.db.sql`select enabled from flow where builtin = 'forwarding'`;
    return flow?.enabled === (url !== null) && (await forwarding()).url === url;
  });
}

/** Sends an event and gives its id once it was dispatched. */
async function deliver(fields: Record<string, unknown> = {}): Promise<string> {
  const { simulator, workspaceId } = world;
  const id = crypto.randomUUID();
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id, workspaceId, ...fields } });
  const [event] = await eventually(async () => {
    const rows = await world.database.db.sql`
      select id from event where entity_key like ${`%${id}%`} and outcome is not null`;
    return rows.length > 0 && rows;
  });
  return String(event!.id);
}

function received(eventId: string): Promise<SinkRequest> {
  return eventually(() => Promise.resolve(sink.requests.find(({ body }) => JSON.parse(body).event_id === eventId)));
}

function signatures({ headers, body }: SinkRequest, secrets: string[]): string {
  return secrets.map((secret) => {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  }).join(" ");
}

/** The newest one, opened as only the program can. */
async function signingSecret(): Promise<string> {
  const [row] = await world.database.db.sql`
    select installation_id, sealed from installation_secret where name = 'signing'`;
  const sealed = await (await createKeyring(KEY)).open(
    row!.sealed,
    installationSecretContext(row!.installation_id, "signing"),
  );
  return JSON.parse(sealed).secret;
}

async function makeSecret(): Promise<Json> {
  const answer = await ask(`${world.url(ADDON)}/ui/forwarding/secret`, { method: "POST", headers: admin });
  assertEquals(answer.status, 201);
  assertEquals(answer.headers.get("cache-control"), "no-store");
  return answer.body;
}

Deno.test("forwarding is off by default and shown to admins only", async () => {
  const { workspace_id: workspaceId, ...state } = await forwarding();
  assertStrictEquals(workspaceId, world.workspaceId);
  assertEquals(state, {
    enabled: false,
    url: null,
    secret_configured: false,
    secret_created_at: null,
    results: [],
  });
  const member = await world.viewer(ADDON, { userId: world.memberId });
  for (const [method, path] of [["GET", ""], ["POST", "/secret"]] as const) {
    const answer = await ask(`${world.url(ADDON)}/ui/forwarding${path}`, { method, headers: member });
    assertProblem(answer, 403, "ROLE_INSUFFICIENT");
  }
});

Deno.test("the next event reaches the address with its facts and its body", async () => {
  await forwardTo(`${sink.url}/inbox?a=1`);
  const eventId = await deliver({ description: "Grüße", nested: { list: [1, null] } });
  const request = await received(eventId);
  assertEquals([request.method, request.path], ["POST", "/inbox?a=1"]);
  // Nobody made a secret: the setting did, so that the first delivery is signed.
  const made = await signingSecret();
  assertStrictEquals(request.headers["webhook-signature"], signatures(request, [made]));
  const state = await forwarding();
  assertEquals([state.secret_configured, JSON.stringify(state).includes(made)], [true, false]);
  const { payload, received_at, ...facts } = JSON.parse(request.body);
  assertEquals(facts, { event_id: eventId, event_type: EVENT, workspace_id: world.workspaceId });
  assertStrictEquals(new Date(received_at).toISOString(), received_at);
  assertEquals([payload.description, payload.nested], ["Grüße", { list: [1, null] }]);
  const [result] = await eventually(async () => {
    const { results } = await forwarding();
    return results[0]?.state === "completed" && results;
  });
  assertEquals(
    [result.event_id, result.event_type, result.http_status, result.attempts, result.error, result.skipped],
    [eventId, EVENT, 200, 1, null, null],
  );
});

Deno.test("a secret that a person makes is shown once, and signs beside the one before for a day", async () => {
  const unseen = await signingSecret();
  const first = await makeSecret();
  assertMatch(first.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert(Date.parse(first.previous_valid_until) > Date.now());
  const signed = await received(await deliver());
  assertStrictEquals(signed.headers["webhook-signature"], signatures(signed, [first.secret, unseen]));
  const second = await makeSecret();
  assert(Date.parse(second.previous_valid_until) > Date.now());
  const both = await received(await deliver());
  assertStrictEquals(both.headers["webhook-signature"], signatures(both, [second.secret, first.secret]));
  const state = await forwarding();
  assert(state.secret_configured && !JSON.stringify(state).includes("whsec_"));
  const [row] = await world.database.db.sql`select sealed from installation_secret where name = 'signing'`;
  assertMatch(row!.sealed, /^v1\.test\./);
  assertNotMatch(JSON.stringify(world.logs), /whsec_/);
});

Deno.test("forwarding that was set up before there was a secret is signed from its next delivery on", async () => {
  await world.database.db.sql`delete from installation_secret where name = 'signing'`;
  const request = await received(await deliver());
  assertStrictEquals(request.headers["webhook-signature"], signatures(request, [await signingSecret()]));
});

Deno.test("an event is sent again under the same id until it is taken", async () => {
  let fails = 2;
  sink.answer = () => new Response(null, { status: fails-- > 0 ? 503 : 204 });
  const eventId = await deliver();
  const tries = await eventually(() => {
    const found = sink.requests.filter(({ body }) => JSON.parse(body).event_id === eventId);
    return Promise.resolve(found.length === 3 && found);
  });
  assertEquals(new Set(tries.map(({ headers }) => headers["webhook-id"])).size, 1);
});

Deno.test("its flow is in no list and no one can read, change or delete it", async () => {
  const flows = `${world.url(ADDON)}/ui/flows`;
  const { body } = await ask(flows, { headers: admin });
  assertEquals([body.total, body.flows], [0, []]);
  const [flow] = await world.database.db.sql`select id from flow where builtin = 'forwarding'`;
  for (const [method, path] of [["GET", ""], ["PUT", ""], ["DELETE", ""], ["GET", "/executions"]] as const) {
    const options = { method, headers: admin, ...(method === "PUT" && { body: { enabled: false } }) };
    assertProblem(await ask(`${flows}/${flow!.id}${path}`, options), 404, "NOT_FOUND");
  }
  const forged = { name: "x", trigger_event_types: [EVENT], actions: [{ type: "forward", url: sink.url }] };
  assertProblem(await ask(flows, { headers: admin, body: forged }), 422, "FLOW_INVALID");
});

Deno.test("a private address is refused, and the reason is shown", async () => {
  await forwardTo("http://127.0.0.1:8080/inbox");
  const eventId = await deliver();
  const [result] = await eventually(async () => {
    const { results } = await forwarding();
    return results[0]?.event_id === eventId && results[0].state === "failed" && results;
  });
  assertEquals(result.error.code, "HOST_NOT_ALLOWED");
  assertMatch(result.error.message, /not public/);
});

Deno.test('"off" ends it, also for what waits: that is skipped; another address takes over', async () => {
  await forwardTo(`${sink.url}/second`);
  sink.answer = () => new Response(null, { status: 503, headers: { "retry-after": "3600" } });
  const waiting = await deliver();
  await received(waiting);
  await eventually(async () => (await forwarding()).results[0].state === "waiting");
  await forwardTo("off");
  sink.requests.length = 0;
  await passDelays(world.database.db, "run");
  const [result] = await eventually(async () => {
    const { results } = await forwarding();
    return results[0].state === "completed" && results;
  });
  assertEquals(
    [result.event_id, result.skipped, result.http_status, result.error],
    [waiting, "forwarding is off", null, null],
  );
  await deliver();
  assertEquals(sink.requests.length, 0);
  sink.answer = () => Response.json({});
  await forwardTo(`${sink.url}/third`);
  assertEquals((await received(await deliver())).path, "/third");
});

Deno.test("after a reinstall nothing goes to the address of the installation before, also until the new settings are read", async () => {
  await forwardTo(`${sink.url}/former`);
  await received(await deliver());
  sink.requests.length = 0;
  const { simulator, workspaceId } = world;
  await simulator.uninstall({ addonId });
  await simulator.addFault({ kind: "status", status: 500, path: "*/settings", count: null });
  ({ addonId } = await world.install(ADDON));
  admin = await world.viewer(ADDON);
  const [row] = await world.database.db.sql`
    select settings, forwarding_url_sealed, settings_read_at from installation where workspace_id = ${workspaceId}`;
  assertEquals({ ...row }, { settings: {}, forwarding_url_sealed: null, settings_read_at: null });
  const id = await deliver();
  await eventually(async () => {
    const runs = await world.database.db.sql`select state from run where event_id = ${id}`;
    return runs.every(({ state }) => state === "completed");
  });
  assertEquals([sink.requests.length, (await forwarding()).url], [0, null]);
  await simulator.clearFaults();
  await forwardTo(`${sink.url}/present`);
  assertEquals((await received(await deliver())).path, "/present");
});
