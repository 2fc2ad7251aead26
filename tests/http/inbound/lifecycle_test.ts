/** Tests of POST /lifecycle/*: install, reinstall, late and repeated calls, status, settings, uninstall, and who may make them. */

import { assert, assertEquals, assertNotStrictEquals } from "@std/assert";
import type { ProfileKey } from "../../../src/profiles/profile.ts";
import { PROFILES } from "../../../src/profiles/profiles.ts";
import type { TokenInput } from "../../../src/simulator/tokens.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "NEW_TIME_ENTRY";
const ADDON_ID = "64b000000000000000000001";

let world: World;
let otherWorkspaceId: string;

worldOfFile({}, async (made) => {
  world = made;
  otherWorkspaceId = (await world.simulator.workspaces())[1]!.id;
});

/** A token of the Universal Webhook in a workspace that never had it, unless changed. */
function tokenInput(kind: TokenInput["kind"], changes: Partial<TokenInput> = {}): TokenInput {
  const addonKey = "universal-webhook-api";
  return { kind, addonKey, workspaceId: otherWorkspaceId, addonId: ADDON_ID, ...changes };
}

/** A lifecycle call in our own words, with a genuine token unless one is given. */
async function call(
  path: string,
  body: unknown,
  { token, profile = "universal_webhook" }: { token?: string | null; profile?: ProfileKey } = {},
): Promise<Answer> {
  const lifecycle = token === undefined ? await world.simulator.signToken(tokenInput("lifecycle")) : token;
  const headers: Record<string, string> = lifecycle === null ? {} : { "x-addon-lifecycle-token": lifecycle };
  return await ask(`${world.url(profile)}/lifecycle/${path}`, { headers, body });
}

/** A delivery to the Universal Webhook under the token of one of its installations. */
function deliver({ webhooks }: { webhooks: { event: string; authToken: string }[] }): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/webhooks/clockify/${EVENT}`, {
    headers: {
      "clockify-signature": webhooks.find(({ event }) => event === EVENT)!.authToken,
      "clockify-webhook-event-type": EVENT,
    },
    body: { id: crypto.randomUUID(), workspaceId: world.workspaceId },
  });
}

async function stored(workspaceId = world.workspaceId): Promise<Json> {
  const [row] = await world.database.db.sql`
    select addon_id, status, generation, settings, hosts, token_sealed is not null as has_token,
      (select count(*)::int from installation_webhook where installation_id = installation.id) as webhooks
    from installation where addon = 'universal_webhook' and workspace_id = ${workspaceId}`;
  return row && { ...row };
}

Deno.test("installed, left and installed again: each installation has its own tokens, late calls change nothing", async () => {
  const { simulator } = world;
  const first = await world.install("universal_webhook");
  assertEquals([(await stored()).addon_id, (await stored()).status], [first.addonId, "active"]);
  assertEquals((await stored()).webhooks, first.webhooks.length);
  assertEquals((await deliver(first)).status, 200);

  const again = await simulator.sendLifecycle({ addonId: first.addonId, type: "INSTALLED" });
  assertEquals(again.status, 200);
  assertEquals((await stored()).generation, 1, "a repeat is no new installation");

  await simulator.uninstall({ addonId: first.addonId, notify: false });
  const second = await world.install("universal_webhook");
  assertNotStrictEquals(second.addonId, first.addonId);
  assertProblem(await deliver(first), 403, "INSTALLATION_UNKNOWN");
  assertEquals((await deliver(second)).status, 200);

  for (const type of ["DELETED", "INSTALLED", "STATUS_CHANGED", "SETTINGS_UPDATED"] as const) {
    const late = await simulator.sendLifecycle({ addonId: first.addonId, type });
    // The simulator's removed installation says a status that Clockify does not send; that body is refused.
    assertEquals(late.status, type === "STATUS_CHANGED" ? 400 : 200, type);
  }
  const { addon_id, status, has_token } = await stored();
  assertEquals([addon_id, status, has_token], [second.addonId, "active", true]);
  assertEquals((await deliver(second)).status, 200);
});

Deno.test("status and settings follow Clockify", async () => {
  const { simulator } = world;
  const { addon_id: addonId } = await stored();
  await simulator.setStatus({ addonId, status: "INACTIVE" });
  assertEquals((await stored()).status, "inactive");
  await simulator.setStatus({ addonId, status: "ACTIVE" });
  assertEquals((await stored()).status, "active");

  await simulator.updateSettings({
    addonId,
    settings: [{ id: "max_rps", value: 5 }, { id: "enable_flows", value: false }],
  });
  const { settings } = await stored();
  assertEquals([settings.max_rps, settings.enable_flows, settings.run_on_install], [5, false, true]);
  // A call that names one setting leaves the others as they are, until all were read again.
  await simulator.addFault({ kind: "hang", path: "*/addon/workspaces/*/settings", count: null });
  const token = await simulator.signToken(tokenInput("lifecycle", { workspaceId: world.workspaceId, addonId }));
  const one = await call("settings-updated", { settings: [{ id: "max_rps", value: 7 }] }, { token });
  assertEquals(one.body, {
    status: "updated",
    success: true,
    workspaceId: world.workspaceId,
    message: "The settings are stored",
  });
  const after = (await stored()).settings;
  assertEquals([after.max_rps, after.enable_flows], [7, false]);
  await simulator.clearFaults();
  await simulator.updateSettings({ addonId, settings: [{ id: "enable_flows", value: true }] });
  assert(await eventually(async () => (await stored()).settings.max_rps === 5));
});

Deno.test("an uninstall cancels waiting runs, drops the token and refuses webhooks; a replayed INSTALLED does not undo it", async () => {
  const { simulator } = world;
  const { sql } = world.database.db;
  const [installed] = (await simulator.listInstallations()).filter(({ status }) => status === "ACTIVE");
  const flow = {
    name: "Waits",
    trigger_event_types: [EVENT],
    actions: [{
      operation_id: "getTags",
      retry: { max_attempts: 3, initial_delay_ms: 3_600_000, max_delay_ms: 3_600_000 },
    }],
  };
  const headers = await world.viewer("universal_webhook");
  const created = await ask(`${world.url("universal_webhook")}/ui/flows`, { headers, body: flow });
  assertEquals(created.status, 201, JSON.stringify(created.body));
  await simulator.addFault({ kind: "status", status: 500, path: "*/tags", count: null });
  assertEquals((await deliver(installed!)).status, 200);
  await eventually(async () => (await sql`select 1 from run where state = 'waiting'`).length === 1);

  const { addonId } = installed!;
  const { status } = await simulator.uninstall({ addonId });
  assertEquals(status, 200);
  const token = await simulator.signToken(tokenInput("lifecycle", { workspaceId: world.workspaceId, addonId }));
  const again = await call("deleted", {}, { token });
  assertEquals([again.status, again.body], [200, {
    status: "uninstalled",
    success: true,
    workspaceId: world.workspaceId,
    message: "The add-on is uninstalled",
  }]);
  const { status: now, has_token, webhooks } = await stored();
  assertEquals([now, has_token, webhooks], ["uninstalled", false, 0]);
  await eventually(async () => (await sql`select 1 from job`).length === 0);
  const [run] = await sql`select state, error_message from run`;
  assertEquals({ ...run }, { state: "cancelled", error_message: "The add-on was uninstalled" });
  assertProblem(await deliver(installed!), 403, "INSTALLATION_UNKNOWN");
  const login = await ask(`${world.url("universal_webhook")}/ui/flows`, { headers });
  assertProblem(login, 403, "INSTALLATION_UNKNOWN");

  assertEquals((await simulator.sendLifecycle({ addonId: installed!.addonId, type: "INSTALLED" })).status, 200);
  assertEquals((await stored()).status, "uninstalled");

  await world.install("universal_webhook");
  const back = await ask(`${world.url("universal_webhook")}/ui/flows`, {
    headers: await world.viewer("universal_webhook"),
  });
  assertEquals(back.body.flows.map(({ name }: Json) => name), ["Waits"], "a reinstall finds its flows again");
});

Deno.test("only the platform's own lifecycle token of this add-on is obeyed", async () => {
  const { simulator } = world;
  const { addonId } = (await simulator.listInstallations()).find(({ status }) => status === "ACTIVE")!;
  const own = { workspaceId: world.workspaceId, addonId };
  const body = { ...own, status: "INACTIVE" };
  const sign = (kind: TokenInput["kind"], changes: Partial<TokenInput> = {}) =>
    simulator.signToken(tokenInput(kind, { ...own, ...changes }));
  const refuse = async (token: string | null, code: Parameters<typeof assertProblem>[2], status = 401) =>
    assertProblem(await call("status-changed", body, { token }), status, code);

  await refuse(null, "LIFECYCLE_TOKEN_MISSING");
  await refuse("letmein", "LIFECYCLE_TOKEN_INVALID");
  await refuse(await sign("user", { userId: world.memberId, workspaceRole: "OWNER" }), "LIFECYCLE_TOKEN_INVALID");
  const { webhooks } = (await simulator.listInstallations()).find((one) => one.addonId === addonId)!;
  await refuse(webhooks[0]!.authToken, "LIFECYCLE_TOKEN_INVALID");
  await refuse(await sign("lifecycle", { expiresInSeconds: -120 }), "LIFECYCLE_TOKEN_INVALID");
  await refuse(await sign("lifecycle", { addonKey: "another-addon" }), "WEBHOOK_WRONG_ADDON", 403);
  await refuse(await sign("lifecycle", { workspaceId: otherWorkspaceId }), "WEBHOOK_WRONG_WORKSPACE", 403);
  await refuse(await sign("lifecycle", { addonId: ADDON_ID }), "WEBHOOK_WRONG_ADDON", 403);
  assertEquals((await stored()).status, "active");
  // The older header carries the same token under the same checks.
  const url = `${world.url("universal_webhook")}/lifecycle/status-changed`;
  const older = await ask(url, {
    headers: { "clockify-signature": await sign("lifecycle") },
    body: { ...body, status: "ACTIVE" },
  });
  assertEquals(older.status, 200);
});

Deno.test("an INSTALLED call is taken in snake_case, and refused when its parts disagree or lead elsewhere", async () => {
  const { simulator } = world;
  const authToken = (changes: Partial<TokenInput> = {}) =>
    simulator.signToken(tokenInput("installation", { userId: world.ownerId, ...changes }));
  const body = async (changes: Record<string, unknown> = {}) => ({
    addon_id: ADDON_ID,
    workspace_id: otherWorkspaceId,
    auth_token: await authToken(),
    api_url: simulator.apiUrl,
    webhooks: [{ path: `//webhooks/clockify/${EVENT}`, auth_token: await simulator.signToken(tokenInput("webhook")) }],
    ...changes,
  });
  const refuse = async (changes: Record<string, unknown>, status: number, code: Parameters<typeof assertProblem>[2]) =>
    assertProblem(await call("installed", await body(changes)), status, code);

  await refuse({ workspace_id: world.workspaceId }, 403, "WEBHOOK_WRONG_WORKSPACE");
  await refuse({ addon_id: "64b000000000000000000002" }, 403, "WEBHOOK_WRONG_ADDON");
  await refuse({ auth_token: await authToken({ workspaceId: world.workspaceId }) }, 403, "WEBHOOK_WRONG_WORKSPACE");
  await refuse({ auth_token: "eyJub3QiOiJzaWduZWQifQ.e30.AAAA" }, 401, "LIFECYCLE_TOKEN_INVALID");
  const elsewhere = await authToken({ claims: { backendUrl: "https://evil.example/api" } });
  await refuse({ auth_token: elsewhere }, 403, "HOST_NOT_ALLOWED");
  for (const key of ["workspace_id", "auth_token", "api_url"]) {
    await refuse({ [key]: undefined }, 400, "REQUEST_INVALID");
  }
  assertProblem(await call("installed", "{"), 400, "BODY_NOT_JSON");
  assertEquals(await stored(otherWorkspaceId), undefined);

  const taken = await call("installed", await body());
  const answer = {
    status: "installed",
    success: true,
    workspaceId: otherWorkspaceId,
    message: "The add-on is installed",
    bootstrap: "scheduled",
  };
  assertEquals([taken.status, taken.body], [200, answer]);
  // What cannot be called is said where it is seen: in the answer, the audit and the log.
  const unusable = { backendUrl: `${simulator.url}/elsewhere`, reportsUrl: "https://reports.example.com" };
  const limited = await call("installed", await body({ auth_token: await authToken({ claims: unusable }) }));
  const warnings = [
    `Cannot call ${simulator.url}/elsewhere: path /elsewhere is not one of Clockify's`,
    "Cannot call https://reports.example.com: it is not on the list of allowed API domains",
  ];
  assertEquals([limited.status, limited.body], [200, { ...answer, warnings }]);
  const [audited] = await eventually(async () => {
    const rows = await world.database.db.sql`
      select details from audit where action = 'INSTALLED' and details->'warnings' is not null`;
    return rows.length > 0 && rows;
  });
  assertEquals(audited!.details, { warnings });
  await call("installed", await body());
  const { addon_id, webhooks, hosts } = await stored(otherWorkspaceId);
  assertEquals([addon_id, webhooks, hosts.backendUrl], [ADDON_ID, 1, simulator.apiUrl]);
  // A host of another service is held against the list when it is called: that service is off alone.
  const odd = await authToken({ claims: { reportsUrl: "https://evil.example/api" } });
  assertEquals((await call("installed", await body({ auth_token: odd }))).status, 200);
});

Deno.test("a workspace that never had the add-on: each profile answers as its documents say", async () => {
  for (const { key, addonKey, unknownUninstallStatus } of PROFILES) {
    const workspaceId = "64a000000000000000000001";
    const token = await world.simulator.signToken(tokenInput("lifecycle", { addonKey, workspaceId }));
    for (const path of ["deleted", "uninstalled"]) {
      const answer = await call(path, { workspaceId, addonId: ADDON_ID }, { token, profile: key });
      if (unknownUninstallStatus === 404) assertProblem(answer, 404, "NOT_FOUND");
      else {
        const message = "Nothing changed: the installation is over, or was never seen";
        assertEquals([answer.status, answer.body], [200, {
          status: "ignored",
          success: true,
          workspaceId,
          message,
        }]);
      }
    }
    const settings = await call("settings-updated", { workspaceId, settings: [] }, { token, profile: key });
    assertProblem(settings, 404, "NOT_FOUND");
    assertProblem(await call("status-changed", { status: "ACTIVE" }, { token, profile: key }), 404, "NOT_FOUND");
  }
});
