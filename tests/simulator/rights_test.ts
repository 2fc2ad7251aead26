/** What tests can make the new routes refuse: scopes, plans, limits, and faults with bodies of their own. */

import { assertEquals, assertMatch } from "@std/assert";
import { withScene } from "./setup.ts";

const ALL = ["INVOICE_READ", "INVOICE_WRITE", "REPORTS_READ", "SCHEDULING_READ", "TIME_OFF_READ", "APPROVAL_READ"];

Deno.test("a scope that is withheld is refused with 401 as captured or 403 as documented, until it is given back", () =>
  withScene({}, async ({ simulator, installed, api }) => {
    const { addonId } = installed;
    const seen = async () => {
      const { status, json } = await api("GET", "/tags");
      return [status, json.message?.includes("TAG_READ")];
    };
    assertEquals((await api("GET", "/tags")).status, 200);
    await simulator.withholdScopes({ addonId, scopes: ["TAG_READ"] });
    assertEquals(await seen(), [401, true]);
    await simulator.withholdScopes({ addonId, scopes: ["TAG_READ"], status: 403 });
    assertEquals(await seen(), [403, true]);
    assertEquals((await api("GET", "/clients")).status, 200);
    await simulator.withholdScopes({ addonId, scopes: [] });
    assertEquals((await api("GET", "/tags")).status, 200);
  }));

Deno.test("each new family needs its scope", () =>
  withScene({}, async ({ api }) => {
    const paths = {
      INVOICE_READ: "/invoices",
      SCHEDULING_READ: "/scheduling/assignments/all?start=2026-11-01T00:00:00Z&end=2026-11-02T00:00:00Z",
      TIME_OFF_READ: "/time-off/policies",
      APPROVAL_READ: "/approval-requests",
    };
    for (const [scope, path] of Object.entries(paths)) {
      const { status, json } = await api("GET", path);
      assertEquals(status, 401, path);
      assertMatch(json.message, new RegExp(scope));
    }
  }));

Deno.test("what the plan does not have is refused with 403 where a test wants it, also to a person", () =>
  withScene({}, async ({ simulator, workspaceId, ownerId, api, addon, installed }) => {
    await simulator.uninstall({ addonId: installed.addonId, notify: false });
    addon.manifest.scopes = [...addon.manifest.scopes as string[], ...ALL];
    const { authToken } = await simulator.install({ manifestUrl: addon.manifestUrl, workspaceId });
    const token = { "X-Addon-Token": authToken };
    const key = { "X-Api-Key": await simulator.apiKey({ workspaceId, userId: ownerId }) };
    const status = async (path: string, headers: Record<string, string>) => {
      const answer = await api("GET", path, undefined, headers);
      return [answer.status, answer.json?.code];
    };
    await simulator.setPlan({ workspaceId, plan: "FREE" });
    assertEquals(await status("/invoices", token), [200, undefined]);
    await simulator.setPlan({ workspaceId, plan: "FREE", refuses: true });
    assertEquals(await status("/invoices", token), [403, 4033]);
    assertEquals(await status("/expenses", key), [403, 4033]);
    assertEquals(await status("/tags", token), [200, undefined]);
    await simulator.setPlan({ workspaceId, plan: "STANDARD", refuses: true });
    assertEquals(await status("/invoices", token), [200, undefined]);
    assertEquals(await status("/expenses", key), [403, 4033]);
  }));

Deno.test("faults and limits strike new routes too, with the body that the test gives", () =>
  withScene({ ratePerSecond: 3 }, async ({ simulator, workspaceId, ownerId, memberId, api, installed }) => {
    const key = { "X-Api-Key": await simulator.apiKey({ workspaceId, userId: ownerId }) };
    await simulator.addFault({
      kind: "status",
      path: "*/invoices*",
      status: 403,
      message: "Feature is off",
      code: null,
    });
    const refused = await api("GET", "/invoices", undefined, key);
    assertEquals([refused.status, refused.json], [403, { message: "Feature is off" }]);
    assertEquals((await api("GET", "/invoices", undefined, key)).status, 200);

    const viewer = {
      "X-Addon-Token": await simulator.userToken({ workspaceId, userId: memberId, addonKey: "fake-addon" }),
    };
    const denied = await api("POST", "/clients", { name: "Mine" }, viewer);
    assertEquals([denied.status, denied.json], [403, { message: "Access Denied", code: 501 }]);
    const token = { "X-Addon-Token": installed.authToken };
    const statuses = [];
    for (let count = 0; count < 4; count++) statuses.push((await api("GET", "/tags", undefined, token)).status);
    assertEquals(statuses.filter((status) => status === 429).length >= 1, true);
  }));
