/** Every route and method of each listener, asked by ten identities, against a table of expected answers. A route that is not in the table fails. */

import { assertEquals, fail } from "@std/assert";
import { createAddonApp } from "../../src/app/addon_app.ts";
import { honoPath } from "../../src/http/api/contract.ts";
import { CONTRACTS } from "../../src/http/api/contracts.ts";
import type { Who } from "../../src/http/server/login.ts";
import type { ProfileKey } from "../../src/profiles/profile.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";
import { ON_SERVER_ALONE } from "../support/database.ts";
import { OPERATOR_KEY, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";
import { type Answer, ask } from "./door.ts";

const IDENTITIES = [
  "none",
  "expired",
  "wrong algorithm",
  "other workspace's admin",
  "other workspace's member",
  "member",
  "admin",
  "operator",
  "uninstalled",
  "other add-on",
] as const;
type Identity = (typeof IDENTITIES)[number];

/** What each identity is answered; where it may pass, the route's own status. */
type Access = (passed: number) => Record<Identity, number>;

/** Who has no login is refused with 401, who has one of elsewhere with 403. */
const refused = {
  "none": 401,
  "expired": 401,
  "wrong algorithm": 401,
  "other workspace's admin": 403,
  "other workspace's member": 403,
  "uninstalled": 403,
  "other add-on": 403,
} as const;

const read: Access = (passed) => ({ ...refused, member: passed, admin: passed, operator: passed });
const change: Access = (passed) => ({ ...refused, member: 403, admin: passed, operator: passed });
const all = (status: number) => Object.fromEntries(IDENTITIES.map((one) => [one, status])) as Record<Identity, number>;
/** Open to everyone. */
const open: Access = (passed) => all(passed);
/** Signed by Clockify: no login of a person or an operator is taken for it. */
const signed: Access = () => ({ ...all(401), "other add-on": 403 });
/** For operators alone: a user token is no login here. */
const operators: Access = (passed) => ({ ...all(401), operator: passed });

/** The same, for one workspace: a person's login is known and not enough. */
const operatorsOf: Access = (passed) => ({ ...refused, member: 403, admin: 403, operator: passed });

/** Who passes, by what the contract of a route says. */
const ACCESS: Record<Who, Access> = {
  public: open,
  clockify: signed,
  sender: open,
  member: read,
  admin: change,
  operator: operators,
  workspace_operator: operatorsOf,
  // Served by the operators' listener alone, whose logins have a test of their own.
  api_viewer: operators,
  api_editor: operators,
  api_operator: operators,
  api_admin: operators,
};

interface Expected {
  /** Absent: what the route's contract says. */
  access?: Access;
  /** Answer to who may pass; requests carry `{}` and ids that do not exist, so nothing is changed. */
  passed: number;
  profiles?: readonly ProfileKey[];
}
const of = (access: Access, passed = 200, profiles?: readonly ProfileKey[]): Expected => ({ access, passed, profiles });
/** Of a route with a contract, whose `who` says the rest. */
const passes = (passed = 200, profiles?: readonly ProfileKey[]): Expected => ({ passed, profiles });

/** Who passes at each route that has a contract; its name is as in the table. */
const CONTRACTED = new Map(
  CONTRACTS.map((contract) => {
    const path = honoPath({ path: contract.path });
    return [`${contract.method.toUpperCase()} ${path}`, ACCESS[contract.who]];
  }),
);

const WITH_CUSTOM = ["universal_webhook"] as const;
const WITH_CATEGORIES = ["universal_webhook", "clockify_addon"] as const;
const CALLING = ["universal_webhook", "clockify_addon"] as const;
const REFERENCE = ["clockify_addon"] as const;

const TABLE: Record<string, Expected> = {
  "GET /": passes(),
  "GET /manifest": passes(),
  "GET /healthz": passes(),
  "GET /ready": passes(),
  "GET /health": passes(200, REFERENCE),
  "GET /metrics": passes(),
  "GET /openapi.json": passes(),
  "GET /docs": passes(),
  "GET /docs/search.js": passes(),
  "GET /ui/health": passes(),
  "GET /ui": passes(),
  "GET /ui/assets/:file": passes(404),

  "POST /webhooks/clockify": passes(),
  "POST /webhooks/clockify/:event": passes(),
  "POST /lifecycle/installed": passes(),
  "POST /lifecycle/deleted": passes(),
  "POST /lifecycle/uninstalled": passes(),
  "POST /lifecycle/settings-updated": passes(),
  "POST /lifecycle/status-changed": passes(),
  // A source that does not exist is unknown to everyone.
  "ALL /webhooks/custom/:source": passes(404, WITH_CUSTOM),

  "GET /ui/flows": passes(),
  "POST /ui/flows": passes(422),
  "GET /ui/flows/vocabulary": passes(),
  "GET /ui/flows/templates": passes(),
  "POST /ui/flows/templates": passes(400),
  "POST /ui/flows/test": passes(400),
  "GET /ui/flows/where-used": passes(400),
  "POST /ui/flows/export": passes(400),
  "POST /ui/flows/import": passes(400),
  "GET /ui/flows/:id/export": passes(404),
  "GET /schemas/flows.json": passes(),
  "GET /ui/flows/:id": passes(404),
  "PUT /ui/flows/:id": passes(404),
  "DELETE /ui/flows/:id": passes(404),
  "GET /ui/flows/:id/executions": passes(404),
  "GET /ui/flows/:id/versions": passes(404),
  "GET /ui/flows/:id/versions/:version": passes(404),
  "POST /ui/flows/:id/versions/:version/restore": passes(404),
  "GET /ui/flows/:id/compare": passes(404),
  "POST /ui/flows/:id/history-runs": passes(404),
  "GET /ui/flows/:id/history-runs/:run": passes(404),
  "GET /ui/flows/:id/history-runs/:run/matches": passes(404),
  "POST /ui/flows/:id/history-runs/:run/stop": passes(404),
  "GET /ui/flow-drafts": passes(),
  "POST /ui/flow-drafts": passes(400),
  "GET /ui/flow-drafts/:id": passes(404),
  "PUT /ui/flow-drafts/:id": passes(404),
  "DELETE /ui/flow-drafts/:id": passes(404),
  "GET /ui/flows/:id/draft": passes(404),
  "PUT /ui/flows/:id/draft": passes(404),
  "DELETE /ui/flows/:id/draft": passes(404),
  "POST /ui/flows/:id/publish": passes(404),
  "POST /ui/flows/:id/run": passes(404),

  "GET /ui/schedules": passes(),

  "GET /ui/guard": passes(),
  // Changes nothing.
  "PUT /ui/guard": passes(),
  "GET /ui/guard/requests": passes(),
  "GET /ui/guard/requests/:id": passes(404),
  "POST /ui/guard/requests/:id/approve": passes(404),
  "POST /ui/guard/requests/:id/reject": passes(404),

  "GET /ui/runs": passes(),
  "GET /ui/runs/:id": passes(404),
  "GET /ui/runs/:id/nodes": passes(404),
  "GET /ui/runs/:id/items": passes(400),
  "POST /ui/runs/:id/retry": passes(404),
  "POST /ui/runs/:id/again": passes(404),
  "POST /ui/runs/:id/cancel": passes(404),
  "POST /ui/runs/:id/pause": passes(404),
  "POST /ui/runs/:id/resume": passes(404),
  "GET /ui/approvals": passes(),
  "GET /ui/approvals/:id": passes(404),
  "POST /ui/approvals/:id/decide": passes(404),
  "POST /ui/approvals/:id/hand": passes(404),

  "GET /ui/breakers": passes(),
  "POST /ui/breakers/:id/reset": passes(404),
  "GET /ui/dead-letters": passes(),
  "GET /ui/dead-letters/:id": passes(404),
  "GET /ui/issues": passes(),
  "GET /ui/issue-count": passes(),
  "PUT /ui/issues/:id": passes(400),
  "GET /ui/bulk-jobs": passes(),
  "POST /ui/bulk-jobs": passes(422),
  "GET /ui/bulk-jobs/:id": passes(404),
  "POST /ui/bulk-jobs/:id/stop": passes(404),

  "GET /ui/calls": passes(),
  "GET /ui/calls/export": passes(),
  "GET /ui/calls/:id": passes(404),
  "GET /ui/changes": passes(),
  "GET /ui/changes/export": passes(),
  "GET /ui/changes/:id": passes(404),
  "GET /ui/changes/:id/undo": passes(404),
  "POST /ui/changes/:id/undo": passes(404),
  "GET /ui/changes/:id/candidates": passes(404),
  "POST /ui/changes/:id/settle": passes(400),
  "POST /ui/changes/undo": passes(400),
  "GET /ui/undo-jobs/:id": passes(404),
  "POST /ui/undo-jobs/:id/stop": passes(404),

  "GET /ui/webhooks": passes(),
  "GET /ui/webhooks/:id": passes(404),
  "GET /ui/webhooks/:id/raw": passes(404),
  "GET /ui/webhooks/:id/flows": passes(404),
  "POST /ui/webhooks/:id/replay": passes(404),
  "POST /ui/webhooks/replay": passes(400),
  "GET /ui/webhooks/export": passes(),
  "GET /ui/stream": passes(),
  "GET /ui/dashboard": passes(),
  "GET /ui/session": passes(),
  "GET /ui/workspaces": passes(),
  "GET /ui/doctor": passes(),
  "GET /ui/overview": passes(),
  "GET /ui/stops": passes(),
  "GET /ui/done": passes(),
  // Names no text.
  "GET /ui/search": passes(400),
  "GET /ui/addons": passes(),
  "GET /ui/together/webhooks": passes(),
  "GET /ui/together/runs": passes(),
  "GET /ui/together/issues": passes(),
  // Names nothing.
  "GET /ui/together/search": passes(400),
  "GET /ui/parts": passes(),
  "GET /ui/keys": passes(),
  // Name no ids and no text.
  "GET /ui/entities/names": passes(400),
  "GET /ui/entities/search": passes(400),
  "GET /ui/api-explorer/catalogue": passes(),
  "GET /ui/api-explorer/endpoints": passes(),
  "GET /ui/api-explorer/endpoints/:operation_id": passes(404),
  // Name no operation.
  "POST /ui/api-explorer/execute": passes(400),
  "POST /ui/api-explorer/snippet": passes(400),
  "POST /ui/api-explorer/flow-step": passes(400),
  "GET /ui/api-explorer/history": passes(),
  "GET /ui/api-explorer/history/:id": passes(404),
  "GET /ui/event-views": passes(),
  "POST /ui/event-views": passes(400),
  "PUT /ui/event-views/:id": passes(404),
  "DELETE /ui/event-views/:id": passes(404),
  "GET /ui/api-explorer/saved": passes(),
  "POST /ui/api-explorer/saved": passes(400),
  "GET /ui/api-explorer/saved/:id": passes(404),
  "PUT /ui/api-explorer/saved/:id": passes(404),
  "DELETE /ui/api-explorer/saved/:id": passes(404),
  "POST /api-call": passes(400),
  // No path of the catalogue.
  "GET /api-call/:path": passes(404),
  "GET /ui/audit": passes(),
  "GET /ui/settings": passes(),
  "GET /ui/limits": passes(),
  "GET /ui/retention": passes(),
  "GET /ui/uninstall-preview": passes(),
  "GET /ui/workspace-export": passes(),

  "GET /ui/webhooks/coverage": passes(),
  "POST /ui/webhooks/coverage/check": passes(202),
  "POST /ui/webhooks/coverage/reconcile": passes(202),
  "GET /ui/webhooks/api-key": passes(),
  "PUT /ui/webhooks/api-key": passes(400),
  "DELETE /ui/webhooks/api-key": passes(404),

  "GET /ui/sources": passes(200, WITH_CUSTOM),
  "POST /ui/sources": passes(400, WITH_CUSTOM),
  "GET /ui/sources/:id": passes(404, WITH_CUSTOM),
  "PUT /ui/sources/:id": passes(404, WITH_CUSTOM),
  "DELETE /ui/sources/:id": passes(404, WITH_CUSTOM),
  "POST /ui/sources/:id/rotate": passes(404, WITH_CUSTOM),
  "POST /ui/sources/:id/reveal": passes(404, WITH_CUSTOM),
  "GET /ui/senders": passes(200, WITH_CUSTOM),

  "GET /ui/bootstrap": passes(),
  "POST /ui/bootstrap/trigger": passes(),
  "POST /ui/bootstrap/lists/:entity_type/read": passes(404),
  // Names no type.
  "GET /ui/entities": passes(400),
  "GET /ui/entities/types": passes(),
  "GET /ui/entities/:kind/:id/timeline": passes(404),
  "POST /bootstrap/:workspace_id": passes(200, REFERENCE),
  "GET /bootstrap/:workspace_id/status": passes(200, REFERENCE),

  "GET /ui/forwarding": passes(200, CALLING),
  "POST /ui/forwarding/secret": passes(201, CALLING),

  "GET /installations": passes(200, REFERENCE),
  "GET /webhooks": passes(200, REFERENCE),
  "GET /openapi-endpoints": passes(200, REFERENCE),
};

Deno.test("each route has its callers from its contract, or from the table where it has none, and from no second place", () => {
  for (const [route, { access }] of Object.entries(TABLE)) {
    const known = CONTRACTED.has(route) || (route.startsWith("ALL ") && CONTRACTED.has(route.replace("ALL", "POST")));
    assertEquals(access === undefined, known, `${route}: who may call it`);
  }
});

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
const UNINSTALLED_WORKSPACE = "64e000000000000000000001";

let world: World;

worldOfFile({ env: { DEBUG: "true", API_RATE_LIMIT_RPS: "100000" } }, (made) => void (world = made));

/** Headers and query of each identity towards one profile; a user token is shown in every header that takes tokens. */
async function identities(profile: ProfileKey): Promise<Record<Identity, { headers: HeadersOf; query: string }>> {
  const { simulator, workspaceId, ownerId, memberId } = world;
  const { addonKey } = PROFILES.find(({ key }) => key === profile)!;
  const [, other] = await simulator.workspaces();
  const { addonId } = await world.install(profile);
  const otherAddonId = (await world.install(profile, other!.id)).addonId;
  await installAndRemove(profile, addonKey);
  const ours = `workspace_id=${workspaceId}`;
  const token = (changes: Record<string, unknown>) =>
    simulator.signToken({
      kind: "user",
      addonKey,
      workspaceId,
      addonId,
      userId: ownerId,
      workspaceRole: "OWNER",
      ...changes,
    });
  const shown = async (changes: Record<string, unknown>, query = ours) => ({
    headers: showing(await token(changes)),
    query,
  });
  const elsewhere = { workspaceId: other!.id, addonId: otherAddonId };
  return {
    "none": { headers: {}, query: ours },
    "expired": await shown({ expiresInSeconds: -3_600 }),
    "wrong algorithm": { headers: showing(unsigned(await token({}))), query: ours },
    "other workspace's admin": await shown({ ...elsewhere, userId: other!.users[0]!.id }),
    "other workspace's member": await shown({
      ...elsewhere,
      userId: "64e0000000000000000000aa",
      workspaceRole: "MEMBER",
    }),
    "member": await shown({ userId: memberId, workspaceRole: "MEMBER" }),
    "admin": await shown({}),
    "operator": { headers: { "x-api-key": OPERATOR_KEY }, query: ours },
    "uninstalled": await shown({ workspaceId: UNINSTALLED_WORKSPACE, addonId: "64e000000000000000000002" }, ""),
    "other add-on": await shown({ addonKey: "some-other-addon" }),
  };
}
type HeadersOf = Record<string, string>;

function showing(token: string): HeadersOf {
  return {
    "x-addon-token": token,
    "clockify-signature": token,
    "clockify-webhook-event-type": "NEW_TIME_ENTRY",
    "x-addon-lifecycle-token": token,
  };
}

/** The same claims under `alg: none`. */
function unsigned(token: string): string {
  return `${btoa(JSON.stringify({ alg: "none", typ: "JWT" })).replaceAll("=", "")}.${token.split(".")[1]}.AAAA`;
}

async function installAndRemove(profile: ProfileKey, addonKey: string) {
  const names = { addonKey, workspaceId: UNINSTALLED_WORKSPACE, addonId: "64e000000000000000000002" };
  const { addonId, workspaceId } = names;
  const call = async (path: string, body: Record<string, unknown>) => {
    const lifecycle = await world.simulator.signToken({ kind: "lifecycle", ...names });
    const headers = { "x-addon-lifecycle-token": lifecycle };
    const answer = await ask(`${world.url(profile)}/lifecycle/${path}`, {
      headers,
      body: { addonId, workspaceId, ...body },
    });
    assertEquals(answer.status, 200, JSON.stringify(answer.body));
  };
  const authToken = await world.simulator.signToken({ kind: "installation", ...names, userId: "u1" });
  await call("installed", { authToken, apiUrl: world.simulator.apiUrl, webhooks: [] });
  await call("deleted", {});
}

/** The route's path with values for its parameters. */
function pathOf(path: string): string {
  const values: Record<string, string> = {
    event: "NEW_TIME_ENTRY",
    source: "no-such-source",
    workspace_id: world.workspaceId,
    id: "999999",
    operation_id: "noSuchOperation",
    entity_type: "no_such_type",
    kind: "no_such_type",
    version: "1",
    run: "1",
    file: "no-such-file.js",
    path: "no/such/path",
  };
  return path.replaceAll(/:([a-z_]+)/g, (_, name: string) => values[name] ?? fail(`no value for :${name}`));
}

function send(
  profile: ProfileKey,
  method: string,
  path: string,
  { headers, query }: { headers: HeadersOf; query: string },
): Promise<Answer> {
  if (path === "/ui/stream" && method === "GET") return openStream(`${world.url(profile)}${path}?${query}`, headers);
  return ask(`${world.url(profile)}${pathOf(path)}?${query}`, {
    method,
    headers,
    ...(method !== "GET" && { body: "{}" }),
  });
}

/** A stream has no end: what counts is whether it begins. */
async function openStream(url: string, headers: HeadersOf): Promise<Answer> {
  const response = await fetch(url, { headers });
  const { status } = response;
  if (status !== 200) return { status, headers: response.headers, body: await response.json() };
  await response.body!.cancel();
  return { status, headers: response.headers, body: undefined };
}

for (const { key: profile, features } of PROFILES) {
  const here = ({ profiles }: Expected) => profiles === undefined || profiles.includes(profile);
  const expectedHere = () => new Map(Object.entries(TABLE).filter(([, expected]) => here(expected)));
  const routesHere = () => {
    const { app } = world.serving.core.listeners.find((one) => one.profile.key === profile)!;
    const routes = createAddonApp(app).routes.map(({ method, path }) => ({
      method,
      path: path.replace(/\{[^}]*\}/g, ""),
    }));
    // "ALL" beside a method of the same path is middleware.
    const own = new Set(routes.filter(({ method }) => method !== "ALL").map(({ path }) => path));
    return routes.filter(({ method, path }) => method !== "ALL" || !own.has(path));
  };
  const isCategory = (path: string) => /^\/webhooks\/(?!clockify\b|custom\/)[a-z-]+/.test(path);

  Deno.test(`every route of ${profile} is in the table, and the table has no other`, () => {
    const routes = new Set(routesHere().map(({ method, path }) => `${method} ${path}`));
    const categories = [...routes].filter((route) => isCategory(route.split(" ")[1]!));
    assertEquals(categories.length > 0, features.categoryWebhooks && WITH_CATEGORIES.some((one) => one === profile));
    const known = [...routes].filter((route) => !categories.includes(route));
    assertEquals(known.toSorted(), [...expectedHere().keys()].toSorted());
  });

  const name = `${profile} answers ten identities as the table says, on every route and method`;
  // One add-on on both: no statement decides who is let in.
  Deno.test({ name, ignore: ON_SERVER_ALONE && profile !== "universal_webhook" }, async () => {
    const wrong: string[] = [];
    const routes = routesHere();
    const who = await identities(profile);
    for (const path of new Set(routes.map((route) => route.path))) {
      for (const method of METHODS) {
        const expected = isCategory(path) ? of(signed) : TABLE[`${method} ${path}`] ?? TABLE[`ALL ${path}`];
        const contracted = `ALL ${path}` in TABLE ? "POST" : method;
        const access = CONTRACTED.get(`${contracted} ${path}`) ?? expected?.access;
        const mounted = routes.some((route) => route.path === path && [method, "ALL"].includes(route.method));
        for (const identity of IDENTITIES) {
          const due = mounted ? access!(expected!.passed)[identity] : 405;
          const { status, body } = await send(profile, method, path, who[identity]);
          if (status !== due) {
            wrong.push(`${method} ${path} by ${identity}: ${status} ${body?.code ?? ""}, expected ${due}`);
          }
          if (status >= 400 && body?.status !== status) wrong.push(`${method} ${path} by ${identity}: no problem body`);
        }
      }
    }
    assertEquals(wrong, []);
  });
}

Deno.test("an id of another workspace is not found, whatever the route", async () => {
  const { simulator } = world;
  const [, other] = await simulator.workspaces();
  const base = world.url("universal_webhook");
  const owner = await world.viewer("universal_webhook");
  const stranger = await world.viewer("universal_webhook", { workspaceId: other!.id, userId: other!.users[0]!.id });
  const flow = await ask(`${base}/ui/flows`, {
    headers: owner,
    body: {
      name: "Ours",
      trigger_event_types: ["NEW_TIME_ENTRY"],
      actions: [{ operation_id: "getTags" }],
    },
  });
  assertEquals(flow.status, 201, JSON.stringify(flow.body));
  const draft = { method: "PUT", headers: owner, body: { definition: { name: "Ours" } } };
  assertEquals((await ask(`${base}/ui/flows/${flow.body.id}/draft`, draft)).status, 200);
  const begun = await ask(`${base}/ui/flow-drafts`, { headers: owner, body: { definition: { name: "Begun" } } });
  assertEquals(begun.status, 201, JSON.stringify(begun.body));
  const history = await ask(`${base}/ui/flows/${flow.body.id}/history-runs`, {
    headers: owner,
    body: { since: "2020-01-01T00:00:00Z" },
  });
  assertEquals(history.status, 202, JSON.stringify(history.body));
  const source = await ask(`${base}/ui/sources`, { headers: owner, body: { name: "ours", scheme: "api_key" } });
  assertEquals(source.status, 201, JSON.stringify(source.body));
  const { webhooks } = (await simulator.listInstallations()).findLast((one) =>
    one.addonKey === "universal-webhook-api" && one.workspaceId === world.workspaceId
  )!;
  const delivered = await ask(`${base}/webhooks/clockify/NEW_TIME_ENTRY`, {
    headers: {
      "clockify-signature": webhooks.find(({ event }) => event === "NEW_TIME_ENTRY")!.authToken,
      "clockify-webhook-event-type": "NEW_TIME_ENTRY",
    },
    body: { id: "tenancy", workspaceId: world.workspaceId },
  });
  assertEquals(delivered.status, 200, JSON.stringify(delivered.body));

  const ours: [method: string, path: string][] = [
    ["GET", `/ui/flows/${flow.body.id}`],
    ["PUT", `/ui/flows/${flow.body.id}`],
    ["DELETE", `/ui/flows/${flow.body.id}`],
    ["GET", `/ui/flows/${flow.body.id}/executions`],
    ["GET", `/ui/flows/${flow.body.id}/versions`],
    ["GET", `/ui/flows/${flow.body.id}/versions/1`],
    ["POST", `/ui/flows/${flow.body.id}/versions/1/restore`],
    ["GET", `/ui/flows/${flow.body.id}/compare`],
    ["GET", `/ui/flows/${flow.body.id}/export`],
    ["POST", `/ui/flows/${flow.body.id}/history-runs`],
    ["GET", `/ui/flows/${flow.body.id}/history-runs/${history.body.id}`],
    ["GET", `/ui/flows/${flow.body.id}/history-runs/${history.body.id}/matches`],
    ["POST", `/ui/flows/${flow.body.id}/history-runs/${history.body.id}/stop`],
    ["GET", `/ui/flow-drafts/${begun.body.id}`],
    ["PUT", `/ui/flow-drafts/${begun.body.id}`],
    ["DELETE", `/ui/flow-drafts/${begun.body.id}`],
    ["GET", `/ui/flows/${flow.body.id}/draft`],
    ["PUT", `/ui/flows/${flow.body.id}/draft`],
    ["POST", `/ui/flows/${flow.body.id}/publish`],
    ["DELETE", `/ui/flows/${flow.body.id}/draft`],
    ["GET", `/ui/sources/${source.body.id}`],
    ["PUT", `/ui/sources/${source.body.id}`],
    ["POST", `/ui/sources/${source.body.id}/rotate`],
    ["POST", `/ui/sources/${source.body.id}/reveal`],
    ["DELETE", `/ui/sources/${source.body.id}`],
    ["GET", `/ui/webhooks/${delivered.body.webhookId}`],
    ["GET", `/ui/webhooks/${delivered.body.webhookId}/raw`],
    ["GET", `/ui/webhooks/${delivered.body.webhookId}/flows`],
    ["POST", `/ui/webhooks/${delivered.body.webhookId}/replay`],
  ];
  for (const [method, path] of ours) {
    const request = { method, ...(method !== "GET" && { body: "{}" }) };
    const { status } = await ask(`${base}${path}`, { headers: stranger, ...request });
    assertEquals(status, 404, `${method} ${path} by a stranger`);
    if (method === "GET") {
      assertEquals((await ask(`${base}${path}`, { headers: owner })).status, 200, `${method} ${path} by its owner`);
    }
  }
});
