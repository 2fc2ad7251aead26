/** Tests of signed tokens at the doors: each kind in each place, and the hosts of every region that they may name. */

import { assert, assertEquals } from "@std/assert";
import type { TokenKind } from "../../src/simulator/tokens.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { startWorld, type World } from "../support/world.ts";
import { type Answer, ask } from "./door.ts";

const EVENT = "NEW_TIME_ENTRY";
const PROFILE = "universal_webhook";
const ADDON_KEY = "universal-webhook-api";

let world: World;

Deno.test.beforeAll(async () => {
  // Without workers, so that nothing calls the hosts of the regions. The database is the world's own.
  const env = { ROLE: "listen", DATABASE_URL: "postgres://localhost/unused" };
  world = await startWorld({ env, moreDomains: "*.clockify.me" });
});
Deno.test.afterAll(async () => {
  await world.stop();
  await stopSharedDatabase();
});

const KINDS: readonly TokenKind[] = ["installation", "user", "webhook", "lifecycle"];

interface Place {
  name: string;
  /** Kinds that are accepted; all others are refused with 401. */
  accepts: readonly TokenKind[];
  send(token: string): Promise<Answer>;
}

/** Every place that takes a signed token, for one installed workspace. */
function places(addonId: string, stored: Partial<Record<TokenKind, string>>): Place[] {
  const { workspaceId } = world;
  const base = world.url(PROFILE);
  const lifecycle = (path: string, body: Record<string, unknown>, header = "x-addon-lifecycle-token"): Place => ({
    name: `POST /lifecycle/${path} in ${header}`,
    accepts: ["lifecycle"],
    send: (token) =>
      ask(`${base}/lifecycle/${path}`, { headers: { [header]: token }, body: { addonId, workspaceId, ...body } }),
  });
  const installed = {
    authToken: stored.installation,
    apiUrl: world.simulator.apiUrl,
    webhooks: [{ path: `/webhooks/clockify/${EVENT}`, webhookType: "ADDON", authToken: stored.webhook }],
  };
  const webhook = (path: string): Place => ({
    name: `POST ${path}`,
    accepts: ["webhook"],
    send: (token) =>
      ask(`${base}${path}`, {
        headers: { "clockify-signature": token, "clockify-webhook-event-type": EVENT },
        body: { id: crypto.randomUUID(), workspaceId },
      }),
  });
  return [
    lifecycle("installed", installed),
    lifecycle("installed", installed, "clockify-signature"),
    lifecycle("settings-updated", { settings: [] }),
    lifecycle("status-changed", { status: "ACTIVE" }),
    webhook(`/webhooks/clockify/${EVENT}`),
    webhook("/webhooks/clockify"),
    webhook("/webhooks/time/new"),
    {
      name: "GET /ui/flows in X-Addon-Token",
      accepts: ["user"],
      send: (token) => ask(`${base}/ui/flows`, { headers: { "x-addon-token": token } }),
    },
    {
      name: "GET /ui/flows as Bearer",
      accepts: ["user"],
      send: (token) => ask(`${base}/ui/flows`, { headers: { authorization: `Bearer ${token}` } }),
    },
    {
      name: "GET /ui/flows in X-API-Key",
      accepts: [],
      send: (token) => ask(`${base}/ui/flows?workspace_id=${workspaceId}`, { headers: { "x-api-key": token } }),
    },
  ];
}

Deno.test("each of the four token kinds opens its own places and no other", async () => {
  const { addonId, authToken, webhooks } = await world.install(PROFILE);
  const names = { addonKey: ADDON_KEY, workspaceId: world.workspaceId, addonId };
  const tokens: Record<TokenKind, string> = {
    installation: authToken,
    webhook: webhooks.find(({ event }) => event === EVENT)!.authToken,
    user: await world.simulator.signToken({ kind: "user", ...names, userId: world.ownerId, workspaceRole: "OWNER" }),
    lifecycle: await world.simulator.signToken({ kind: "lifecycle", ...names }),
  };
  const wrong: string[] = [];
  for (const { name, accepts, send } of places(addonId, tokens)) {
    for (const kind of KINDS) {
      const { status } = await send(tokens[kind]);
      const expected = accepts.includes(kind) ? 200 : 401;
      if (status !== expected) wrong.push(`${kind} token at ${name}: ${status}, expected ${expected}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("a token that was ever stored, or is of a path that is not ours, ends no installation", async () => {
  const { simulator, database } = world;
  const workspaceId = (await simulator.workspaces())[1]!.id;
  const addonId = "64c00000000000000000aaaa";
  const names = { addonKey: ADDON_KEY, workspaceId, addonId };
  const sign = (kind: TokenKind, jti: string) =>
    simulator.signToken({ kind, ...names, ...(kind === "installation" && { userId: world.ownerId }), claims: { jti } });
  const post = (path: string, token: string, body: Record<string, unknown>) =>
    ask(`${world.url(PROFILE)}/lifecycle/${path}`, {
      headers: { "x-addon-lifecycle-token": token },
      body: { addonId, workspaceId, ...body },
    });
  const tokens: Record<string, string> = {};
  // A repeated INSTALLED brings new tokens, which take the place of the stored ones.
  for (const round of ["first", "second"]) {
    const [installation, webhook, unknown] = await Promise.all([
      sign("installation", `${round} installation`),
      sign("webhook", `${round} webhook`),
      sign("webhook", `${round} of another path`),
    ]);
    Object.assign(tokens, {
      [`${round} installation`]: installation,
      [`${round} webhook`]: webhook,
      [`${round} of another path`]: unknown,
    });
    const webhooks = [[`/webhooks/clockify/${EVENT}`, webhook], ["/webhooks/of/an/older/manifest", unknown]];
    const { status, body } = await post("installed", await sign("lifecycle", `${round} install`), {
      authToken: installation,
      apiUrl: simulator.apiUrl,
      webhooks: webhooks.map(([path, authToken]) => ({ path, webhookType: "ADDON", authToken })),
    });
    assertEquals(status, 200, JSON.stringify(body));
  }
  const statusNow = async () => {
    const [row] = await database.db.sql`select status from installation where addon_id = ${addonId}`;
    return row!.status;
  };
  for (const [name, token] of Object.entries(tokens)) {
    for (const path of ["deleted", "status-changed"]) {
      const { status, body } = await post(path, token, { status: "INACTIVE" });
      assertEquals([status, body.code], [401, "LIFECYCLE_TOKEN_INVALID"], `${name} token at ${path}`);
    }
    assertEquals(await statusNow(), "active", name);
  }
  assertEquals((await post("deleted", await sign("lifecycle", "end"), {})).status, 200);
  assertEquals(await statusNow(), "uninstalled");
});

/** As docs/clockify-protocol.md "Hosts" lists them: default, regions, subdomain, developer. */
const REGIONS = [
  ["https://api.clockify.me/api", "https://reports.api.clockify.me"],
  ["https://euc1.clockify.me/api", "https://euc1.clockify.me/report"],
  ["https://use2.clockify.me/api", "https://use2.clockify.me/report"],
  ["https://euw2.clockify.me/api", "https://euw2.clockify.me/report"],
  ["https://apse2.clockify.me/api", "https://apse2.clockify.me/report"],
  ["https://acme.clockify.me/api", "https://acme.clockify.me/report"],
  ["https://developer.clockify.me/api", "https://developer.clockify.me/report"],
] as const;

const STRANGE_HOSTS = [
  "https://clockify.me.evil.example/api",
  "https://evilclockify.me/api",
  "http://api.clockify.me/api",
  "https://user:pass@api.clockify.me/api",
  "https://api.clockify.me:8443/api",
  "https://127.0.0.1/api",
  "https://[::1]/api",
  "https://169.254.169.254/api",
  "ftp://api.clockify.me/api",
];

async function install(addonId: string, hosts: { backendUrl: string; reportsUrl?: string }): Promise<Answer> {
  const names = { addonKey: ADDON_KEY, workspaceId: `ws-${addonId}`, addonId };
  const claims = { backendUrl: hosts.backendUrl, reportsUrl: hosts.reportsUrl ?? null };
  return await ask(`${world.url(PROFILE)}/lifecycle/installed`, {
    headers: { "x-addon-lifecycle-token": await world.simulator.signToken({ kind: "lifecycle", ...names }) },
    body: {
      addonId,
      workspaceId: names.workspaceId,
      apiUrl: "https://api.clockify.me/api",
      authToken: await world.simulator.signToken({ kind: "installation", ...names, userId: "u1", claims }),
      webhooks: [],
    },
  });
}

Deno.test("a workspace of any region installs, and its calls would go to the hosts its token names", async () => {
  for (const [index, [backendUrl, reportsUrl]] of REGIONS.entries()) {
    const addonId = `64c00000000000000000000${index}`;
    const { status, body } = await install(addonId, { backendUrl, reportsUrl });
    assertEquals(status, 200, JSON.stringify(body));
    const [row] = await world.database.db.sql`select hosts from installation where addon_id = ${addonId}`;
    assertEquals([row!.hosts.backendUrl, row!.hosts.reportsUrl], [backendUrl, reportsUrl]);
  }
});

Deno.test("a token that names a host which is not Clockify's installs nothing", async () => {
  for (const [index, backendUrl] of STRANGE_HOSTS.entries()) {
    const addonId = `64d00000000000000000000${index}`;
    const { status, body } = await install(addonId, { backendUrl });
    assert(status === 403 || status === 400, `${backendUrl}: ${status} ${JSON.stringify(body)}`);
    assertEquals((await world.database.db.sql`select 1 from installation where addon_id = ${addonId}`).length, 0);
  }
});
