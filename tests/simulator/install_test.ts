/** Installing, reinstalling, uninstalling, settings, and the four token kinds. */

import { assert, assertEquals, assertMatch, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { decodeProtectedHeader, importSPKI, jwtVerify } from "jose";
import { startFakeAddon } from "./fake_addon.ts";
import { call, withScene } from "./setup.ts";

Deno.test("install() posts INSTALLED with doubled slashes and one token per webhook", () =>
  withScene({}, ({ simulator, addon, installed, workspaceId, ownerId }) => {
    assertEquals(installed.lifecycle.status, 200);
    const [request] = addon.to("/lifecycle/installed");
    const body = JSON.parse(request!.body);
    assertMatch(body.addonId, /^[0-9a-f]{24}$/);
    assertStrictEquals(body.workspaceId, workspaceId);
    assertStrictEquals(body.asUser, ownerId);
    assertStrictEquals(body.apiUrl, simulator.apiUrl);
    assertMatch(body.addonUserId, /^[0-9a-f]{24}$/);
    assertEquals(body.settings, undefined);
    assertEquals(body.webhooks[0].path, "//webhooks/clockify/NEW_TIMER_STARTED");
    assert(body.webhooks.every((webhook: { webhookType: string }) => webhook.webhookType === "ADDON"));
    assertEquals(new Set(body.webhooks.map((webhook: { authToken: string }) => webhook.authToken)).size, 5);
    return Promise.resolve();
  }));

Deno.test("tokens verify with publicKeyPem and carry the claims of their kind", () =>
  withScene({}, async ({ simulator, addon, installed, workspaceId, ownerId, memberId }) => {
    const key = await importSPKI(simulator.publicKeyPem, "RS256");
    const claims = async (token: string) => (await jwtVerify(token, key)).payload;
    const names = { iss: "clockify", sub: "fake-addon", type: "addon", workspaceId, addonId: installed.addonId };

    assertEquals(decodeProtectedHeader(installed.authToken), { alg: "RS256" });
    const installation = await claims(installed.authToken);
    assertEquals({ ...installation, ...names }, installation);
    assertStrictEquals(installation.user, ownerId);
    assertStrictEquals(installation.backendUrl, simulator.apiUrl);
    assertEquals(installation.workspaceRole, undefined);
    assert(installation.exp! - installation.iat! > 99 * 365 * 24 * 3600);

    const user = await claims(await simulator.userToken({ workspaceId, userId: memberId, addonKey: "fake-addon" }));
    assertEquals([user.user, user.workspaceRole, user.language, user.theme], [memberId, "MEMBER", "EN", "DEFAULT"]);
    assertEquals(user.exp! - user.iat!, 30 * 60);

    const webhook = await claims(installed.webhooks[0]!.authToken);
    assertEquals({ ...webhook, ...names }, webhook);
    assertEquals([webhook.user, webhook.backendUrl, webhook.exp], [undefined, undefined, undefined]);

    const lifecycle = await claims(addon.to("/lifecycle/installed")[0]!.headers.get("x-addon-lifecycle-token")!);
    assertEquals({ ...lifecycle, ...names }, lifecycle);
    assertEquals([lifecycle.user, lifecycle.workspaceRole], [undefined, undefined]);
  }));

Deno.test("a reinstall gets a new addonId, keeps the add-on's user and kills the old token", () =>
  withScene({}, async ({ simulator, addon, installed, workspaceId, api }) => {
    await assertRejectsLike(
      simulator.install({ manifestUrl: addon.manifestUrl, workspaceId }),
      /installed there already/,
    );
    assertEquals((await api("GET", "/clients")).status, 200);
    await simulator.uninstall({ addonId: installed.addonId, notify: false });
    const again = await simulator.install({ manifestUrl: addon.manifestUrl, workspaceId });
    assertNotStrictEquals(again.addonId, installed.addonId);
    assertStrictEquals(again.addonUserId, installed.addonUserId);
    assertEquals((await api("GET", "/clients")).json, { message: "Token is not valid", code: 4017 });
    // The DELETED of the first installation arrives after the INSTALLED of the second.
    await simulator.sendLifecycle({ addonId: installed.addonId, type: "DELETED" });
    assertStrictEquals(JSON.parse(addon.to("/lifecycle/deleted")[0]!.body).addonId, installed.addonId);
  }));

Deno.test("setStatus() and updateSettings() call back with the documented bodies", () =>
  withScene({}, async ({ simulator, addon, installed, workspaceId, ownerId, api }) => {
    const { addonId } = installed;
    await simulator.setStatus({ addonId, status: "INACTIVE" });
    assertEquals(JSON.parse(addon.to("/lifecycle/status-changed")[0]!.body), {
      addonId,
      workspaceId,
      status: "INACTIVE",
    });
    assertEquals((await api("GET", "/clients")).status, 401);
    await simulator.setStatus({ addonId, status: "ACTIVE" });
    await simulator.updateSettings({ addonId, settings: [{ id: "active", value: false }] });
    assertEquals(JSON.parse(addon.to("/lifecycle/settings-updated")[0]!.body).settings, [
      { id: "active", name: "Active", value: false },
      { id: "reviewer", name: "Reviewer", value: ownerId },
    ]);
  }));

Deno.test("the add-on API reads and writes settings and exchanges the installation token", () =>
  withScene({}, async ({ simulator, installed, workspaceId, memberId }) => {
    const headers = { "X-Addon-Token": installed.authToken };
    const settings = `${simulator.apiUrl}/addon/workspaces/${workspaceId}/settings`;
    assertEquals((await call(settings, "GET", undefined, headers)).json.tabs[0].settings[0].value, true);
    const changed = await call(settings, "PATCH", [{ id: "active", value: false }], headers);
    assertEquals(changed.json.tabs[0].settings[0].value, false);
    assertEquals((await call(settings, "PATCH", [{ id: "none", value: 1 }], headers)).json.code, 501);

    const exchanged = await call(`${simulator.apiUrl}/addon/user/${memberId}/token`, "POST", undefined, headers);
    const user = { "X-Addon-Token": exchanged.text };
    const who = await call(`${simulator.apiUrl}/addon/workspaces/${workspaceId}/user`, "GET", undefined, user);
    assertStrictEquals(who.json.id, memberId);
    assertEquals((await call(settings, "GET", undefined, user)).json.code, 4017);
  }));

const refused: [string, Record<string, unknown>, RegExp][] = [
  [
    "an event of a newer schema",
    { schemaVersion: "1.3", webhooks: [{ event: "TAG_DELETED", path: "/w" }] },
    /TAG_DELETED/,
  ],
  ["an invented event", { webhooks: [{ event: "TIME_ENTRY_CREATED", path: "/w" }] }, /TIME_ENTRY_CREATED/],
  ["a schema that does not exist", { schemaVersion: "1.7" }, /1\.7/],
  ["an unknown field", { $schema: "x" }, /\$schema/],
  ["an empty list", { components: [] }, /components/],
  ["an unknown scope", { scopes: ["WORKSPACE_SETTINGS_READ"] }, /scopes/],
  ["a path without its slash", { lifecycle: [{ type: "INSTALLED", path: "installed" }] }, /lifecycle/],
  ["a missing plan", { minimalSubscriptionPlan: undefined }, /minimalSubscriptionPlan/],
];
for (const [what, changes, sentence] of refused) {
  Deno.test(`install() refuses a manifest with ${what}`, () =>
    withScene({}, async ({ simulator, workspaceId }) => {
      const other = startFakeAddon({ key: "other-addon", ...changes });
      try {
        await assertRejectsLike(simulator.install({ manifestUrl: other.manifestUrl, workspaceId }), sentence);
        assertEquals(other.calls.length, 0);
      } finally {
        await other.stop();
      }
    }));
}
