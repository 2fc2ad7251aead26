/** Tests of the INSTALLED that nothing vouches for: taken from this machine while signatures are not required, and nothing gained by it later. */

import { assert, assertEquals } from "@std/assert";
import { assertThrowsLike } from "../../support/assert_like.ts";
import { newKey } from "../../../src/secrets/encryption.ts";
import { requireLocal } from "../../../src/verify/unsigned_install.ts";
import { stopSharedDatabase, type TestDatabase, testDatabase } from "../../support/database.ts";
import { configOf, eventually, OPERATOR_KEY, startWorld, type World } from "../../support/world.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "NEW_TIME_ENTRY";
const OFF = { API_STUDIO_REQUIRE_SIGNATURE_VERIFICATION: "false" };
const INSTALL = {
  addonId: "test-addon",
  authToken: "test-token",
  workspaceId: "test-workspace",
  apiUrl: "https://api.clockify.me/api",
};
const OPERATOR = { "x-api-key": OPERATOR_KEY };

let database: TestDatabase;
let world: World;

function start(env: Record<string, string> = OFF): Promise<World> {
  return startWorld({ database, moreDomains: "*.clockify.me", env: { ENCRYPTION_KEYS, ...env } });
}
const ENCRYPTION_KEYS = newKey("test");

Deno.test.beforeAll(async () => {
  database = await testDatabase();
  world = await start();
});
Deno.test.afterAll(async () => {
  await world.stop();
  await database.stop();
  await stopSharedDatabase();
});

function studio(path: string, options?: Parameters<typeof ask>[1]): Promise<Answer> {
  return ask(`${world.url("api_studio")}${path}`, options);
}

const install = (changes: Json = {}, headers?: Record<string, string>) =>
  studio("/lifecycle/installed", { headers, body: { ...INSTALL, ...changes } });

function deliver(workspaceId: string, id: string): Promise<Answer> {
  const headers = { "clockify-webhook-event-type": EVENT, "clockify-webhook-workspace-id": workspaceId };
  return studio("/webhooks/clockify", { headers, body: { id, workspaceId } });
}

async function rows(workspaceId: string): Promise<Json[]> {
  const found = await database.db.sql`
    select id, addon, addon_id, status, generation, verified, token_sealed is not null as has_token from installation
    where workspace_id in (${workspaceId}, 'unverified:' || id)
    order by id`;
  return found.map((row) => ({ ...row }));
}

Deno.test("the smoke test after a deploy: health, metrics, manifest, an install and an event that nobody signed", async () => {
  const { body: health } = await studio("/healthz");
  assertEquals(health, { status: "ok", service: "api-studio", database: "ok" });
  assertEquals((await studio("/metrics")).status, 200);
  assertEquals((await studio("/manifest")).body.key, "clockify-api-studio");
  const due = {
    status: "installed",
    success: true,
    workspaceId: "test-workspace",
    message: "The add-on is installed",
    bootstrap: "disabled",
  };
  for (let n = 0; n < 2; n++) {
    const { status, body } = await install();
    assertEquals([status, body], [200, due]);
  }
  const event = await deliver("test-workspace", "e1");
  const { webhookId, ...received } = event.body;
  assertEquals([event.status, received], [200, {
    eventType: EVENT,
    workspaceId: "test-workspace",
    status: "received",
  }]);
  const [{ id, ...row }, ...more] = await rows("test-workspace");
  assertEquals([row, more], [{
    addon: "api_studio",
    addon_id: "test-addon",
    status: "active",
    generation: 1,
    verified: false,
    has_token: true,
  }, []]);
  const jobs = await database.db.sql`select kind from job where installation_id = ${id}`;
  assertEquals([...jobs], [], "a made-up token is used for nothing of our own accord");
  const shown = await studio(`/ui/webhooks/${webhookId}?workspace_id=test-workspace`, { headers: OPERATOR });
  assertEquals(shown.body.verification.result, "unverified");
  assertEquals((await studio("/ready")).body.signature_verification, "off");
  const { alarms } = (await studio("/ui/overview?workspace_id=test-workspace", { headers: OPERATOR })).body;
  assert(alarms.some(({ code }: Json) => code === "SIGNATURE_CHECK_OFF"), "the console says so");
});

Deno.test("without a token only an install is taken, where signatures are off, from this machine itself, to a host that is allowed", async () => {
  const workspaceId = "refused-workspace";
  const refuse = async (answer: Promise<Answer>, status: number, code: Parameters<typeof assertProblem>[2]) =>
    assertProblem(await answer, status, code);
  for (const name of ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host", "CF-Connecting-IP"]) {
    await refuse(install({ workspaceId }, { [name]: "127.0.0.1" }), 401, "LIFECYCLE_TOKEN_MISSING");
  }
  for (const [name, value] of [["origin", "https://evil.example"], ["sec-fetch-site", "cross-site"]] as const) {
    await refuse(install({ workspaceId }, { [name]: value }), 401, "LIFECYCLE_TOKEN_MISSING");
  }
  const forged = { "x-addon-lifecycle-token": "a.b.c" };
  await refuse(install({ workspaceId }, forged), 401, "LIFECYCLE_TOKEN_INVALID");
  for (const path of ["deleted", "settings-updated", "status-changed"]) {
    await refuse(studio(`/lifecycle/${path}`, { body: { workspaceId } }), 401, "LIFECYCLE_TOKEN_MISSING");
  }
  const elsewhere = `${world.url("universal_webhook")}/lifecycle/installed`;
  await refuse(ask(elsewhere, { body: { ...INSTALL, workspaceId } }), 401, "LIFECYCLE_TOKEN_MISSING");
  await refuse(install({ workspaceId, apiUrl: "https://evil.example/api" }), 403, "HOST_NOT_ALLOWED");
  await refuse(install({ workspaceId, apiUrl: "http://169.254.169.254/" }), 403, "HOST_NOT_ALLOWED");
  for (const name of ["addonId", "authToken", "apiUrl"]) {
    await refuse(install({ workspaceId, [name]: undefined }), 400, "REQUEST_INVALID");
  }
  const named = await database.db.sql`select 1 from installation where workspace_id = ${workspaceId}`;
  assertEquals(named.length, 0);

  const local = {
    headers: new Headers({ host: "localhost:8080" }),
    remoteAddress: "::1",
    reach: { hasProxies: false },
  };
  for (const remoteAddress of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) requireLocal({ ...local, remoteAddress });
  for (const host of ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "127.8.0.1", "[::1]", "[::1]:8080"]) {
    requireLocal({ ...local, headers: new Headers({ host }) });
  }
  for (const publicUrl of ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080"]) {
    requireLocal({ ...local, reach: { hasProxies: false, publicUrl } });
  }
  const refused = (changes: Partial<typeof local>) =>
    assertThrowsLike(() => requireLocal({ ...local, ...changes }), { code: "LIFECYCLE_TOKEN_MISSING" });
  for (const remoteAddress of ["10.0.0.1", "192.168.0.1", "203.0.113.7", "::ffff:10.0.0.1", "fe80::1", ""]) {
    refused({ remoteAddress });
  }
  // What a proxy that adds no header leaves as it came.
  for (
    const host of [
      "addon.example",
      "addon.example:443",
      "localhost.example",
      "127.0.0.1.example",
      "a@localhost",
      "[::2]",
    ]
  ) {
    refused({ headers: new Headers({ host }) });
  }
  refused({ headers: new Headers() });
});

Deno.test("a signed install takes the place of an unsigned one, whose data and work do not become the workspace's", async () => {
  const { simulator, workspaceId } = world;
  const { db } = database;
  assertEquals((await install({ workspaceId, apiUrl: simulator.apiUrl })).status, 200);
  const [fake] = await rows(workspaceId);
  const flows = `/ui/flows?workspace_id=${workspaceId}`;
  const flow = {
    name: "Of the unsigned one",
    trigger_event_types: [EVENT],
    actions: [{ operation_id: "getTags", retry: { max_attempts: 3, initial_delay_ms: 1, max_delay_ms: 3_600_000 } }],
  };
  assertEquals((await studio(flows, { headers: OPERATOR, body: flow })).status, 201);
  await simulator.addFault({ kind: "status", status: 500, path: "*/tags", count: null });
  await simulator.addFault({ kind: "hang", path: "*/tags", count: 1 });
  assertEquals((await deliver(workspaceId, "e2")).status, 200);
  await eventually(async () => (await db.sql`select 1 from run where installation_id = ${fake.id}`).length === 1);

  const { addonId } = await world.install("api_studio");
  await eventually(async () => (await db.sql`select 1 from job where installation_id = ${fake.id}`).length === 0);
  const [ended, made, ...more] = await rows(workspaceId);
  assertEquals(ended, { ...fake, status: "uninstalled", generation: 2, has_token: false });
  const { id, ...row } = made;
  assertEquals([row, more], [{ ...row, addon_id: addonId, status: "active", verified: true, has_token: true }, []]);
  const runs = await db.sql`select installation_id, state from run`;
  assertEquals(runs.map((run) => ({ ...run })), [{ installation_id: fake.id, state: "cancelled" }]);
  const own = await world.viewer("api_studio");
  assertEquals((await studio("/ui/flows", { headers: own })).body.flows, []);
  assertEquals((await studio("/ui/webhooks", { headers: own })).body.webhooks, []);
  await simulator.clearFaults();
  await eventually(async () =>
    (await db.sql`select 1 from bootstrap_state where installation_id = ${id} and status = 'COMPLETE'`).length === 1
  );

  // From here on only signed calls count: while it is installed, beside another add-on, and after it was uninstalled.
  assertProblem(await install({ workspaceId }), 401, "LIFECYCLE_TOKEN_MISSING");
  await simulator.uninstall({ addonId });
  assertProblem(await install({ workspaceId }), 401, "LIFECYCLE_TOKEN_MISSING");
  const other = (await simulator.workspaces())[1]!.id;
  await world.install("universal_webhook", other);
  assertProblem(await install({ workspaceId: other }), 401, "LIFECYCLE_TOKEN_MISSING");
  assertEquals((await rows(workspaceId)).map(({ status }) => status), ["uninstalled", "uninstalled"]);
});

Deno.test("a process that a proxy stands in front of, by its settings or by the Host, takes no unsigned install", async () => {
  const workspaceId = "proxied-workspace";
  const raw = async (host: string) => {
    const { hostname, port } = new URL(world.url("api_studio"));
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const body = JSON.stringify({ ...INSTALL, workspaceId });
    const head = [
      "POST /lifecycle/installed HTTP/1.1",
      `Host: ${host}`,
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      "Connection: close",
    ];
    await connection.write(new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n${body}`));
    return (await new Response(connection.readable).text()).split(" ")[1];
  };
  assertEquals(await raw("addon.example"), "401");
  for (
    const more of [
      { TRUSTED_PROXIES: "10.0.0.0/8" },
      { PUBLIC_BASE_URL: "https://addon.example" },
      { API_STUDIO_BASE_URL: "https://addon.example/studio" },
    ] as Record<string, string>[]
  ) {
    await world.stop();
    world = await start({ ...OFF, ...more });
    assertProblem(await install({ workspaceId }), 401, "LIFECYCLE_TOKEN_MISSING");
  }
  const made = () => database.db.sql`select 1 from installation where workspace_id = ${workspaceId}`;
  assertEquals((await made()).length, 0);
  await world.stop();
  world = await start({ ...OFF, PUBLIC_BASE_URL: "http://localhost:8080" });
  assertEquals(await raw("localhost:8080"), "200");
  assertEquals((await made()).length, 1);
  await database.db.sql`update installation set status = 'uninstalled' where workspace_id = ${workspaceId}`;
});

Deno.test("an unsigned installation ends also where its add-on is not served; one that may be unsigned here stays", async () => {
  const { db } = database;
  const statuses = async () =>
    Object.fromEntries(
      (await db.sql`select addon, status from installation where workspace_id = 'left-over'`)
        .map(({ addon, status }) => [addon, status]),
    );
  for (const addon of ["api_studio", "universal_webhook", "clockify_addon"]) {
    await db.sql`
      insert into installation (addon, workspace_id, addon_id, status, hosts, verified)
      values (${addon}, 'left-over', ${addon}, 'active', '{"backendUrl": "https://api.clockify.me/api"}', false)`;
  }
  await world.stop();
  world = await start({ ...OFF, PROFILES: "api_studio,clockify_addon" });
  const kept = { api_studio: "active", universal_webhook: "uninstalled", clockify_addon: "uninstalled" };
  assertEquals(await statuses(), kept);
  await db.sql`update installation set status = 'uninstalled' where workspace_id = 'left-over'`;
});

Deno.test("once signatures are required again an unsigned installation is over, and its work too", async () => {
  const workspaceId = "test-workspace";
  const { db } = database;
  const [before] = await db.sql<{ id: number }[]>`select id from installation where workspace_id = ${workspaceId}`;
  await db.sql`
    insert into job (kind, installation_id, generation, payload, due_at)
    values ('run', ${before!.id}, 1, jsonb_build_object('run_id', gen_random_uuid()), now() + interval '1 hour')`;
  await world.stop();
  world = await start({});
  assertProblem(await deliver(workspaceId, "e3"), 401, "WEBHOOK_SIGNATURE_MISSING");
  assertProblem(await install(), 401, "LIFECYCLE_TOKEN_MISSING");
  const asked = await studio(`/ui/webhooks?workspace_id=${workspaceId}`, { headers: OPERATOR });
  assertProblem(asked, 403, "INSTALLATION_UNKNOWN");
  const [row] = await db.sql`
    select status, generation, token_sealed, token_sha256 from installation where id = ${before!.id}`;
  assertEquals({ ...row }, { status: "uninstalled", generation: 2, token_sealed: null, token_sha256: null });
  await eventually(async () => (await db.sql`select 1 from job where installation_id = ${before!.id}`).length === 0);
  const said = world.logs.filter(({ message }) => message === "installation.unverified_ended");
  assertEquals(said.map(({ workspace_id }) => workspace_id), [workspaceId]);

  await world.stop();
  world = await start();
  assertEquals((await install()).status, 200, "the smoke test runs again");
  assertEquals((await deliver(workspaceId, "e4")).status, 200);
});

Deno.test("each switch stands for its own add-on, and warns", () => {
  for (
    const [name, key] of [
      ["API_STUDIO_REQUIRE_SIGNATURE_VERIFICATION", "api_studio"],
      ["UNIVERSAL_WEBHOOK_REQUIRE_SIGNATURE_VERIFICATION", "universal_webhook"],
      ["REQUIRE_SIGNATURE_VERIFICATION", "clockify_addon"],
    ] as const
  ) {
    const off = configOf({ [name]: "false" }).profiles.filter(({ requireSignature }) => !requireSignature);
    assertEquals(off.map((profile) => profile.key), [key]);
  }
});
