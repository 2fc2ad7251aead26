/** Who is taken for the sender behind proxies, and the listener's answers under small limits and with features switched off. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { assertThrowsLike } from "../../support/assert_like.ts";
import fc from "fast-check";
import { clientAddress, parseTrustedProxies } from "../../../src/http/server/proxies.ts";
import type { World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem } from "../door.ts";

const ADDON = "universal_webhook";

let world: World;

worldOfFile({
  env: {
    PROFILES: ADDON,
    TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8",
    API_CALL_MAX_PAYLOAD_BYTES: "1024",
    UW_ENABLE_FLOWS: "false",
    UW_ENABLE_CUSTOM_WEBHOOKS: "false",
  },
}, (made) => void (world = made));

Deno.test("clientAddress() believes trusted proxies alone, from the last hop backwards", () => {
  const trusted = parseTrustedProxies("127.0.0.1, 10.0.0.0/8,2001:db8::/32,::ffff:192.0.2.1");
  const table: [peer: string, forwardedFor: string | null, client: string][] = [
    ["127.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["192.0.2.1", "203.0.113.7", "203.0.113.7"],
    ["127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"],
    ["127.0.0.1", "198.51.100.1,203.0.113.7 , 10.1.2.3,10.0.0.1", "203.0.113.7"],
    ["127.0.0.1", "203.0.113.7:4711", "203.0.113.7"],
    ["2001:db8::9", "[2001:0DB9:0::1]:443", "2001:db9::1"],
    ["127.0.0.1", "10.0.0.9", "10.0.0.9"],
    ["127.0.0.1", "203.0.113.7, unknown", "127.0.0.1"],
    ["127.0.0.1", "203.0.113.7, unknown, 10.0.0.9", "10.0.0.9"],
    ["127.0.0.1", "", "127.0.0.1"],
    ["127.0.0.1", null, "127.0.0.1"],
    ["203.0.113.9", "198.51.100.1", "203.0.113.9"],
    ["", "198.51.100.1", ""],
  ];
  for (const [peer, forwardedFor, client] of table) {
    assertStrictEquals(clientAddress(peer, { forwardedFor, trusted }), client, `${peer} ${forwardedFor}`);
  }
  assertEquals(clientAddress("127.0.0.1", { forwardedFor: "203.0.113.7", trusted: undefined }), "127.0.0.1");
  for (const list of ["proxy", "10.0.0.0/33", "10.0.0.0/", "1.2.3.4/x"]) {
    assertThrowsLike(() => parseTrustedProxies(list), { code: "CONFIG_INVALID" }, list);
  }
});

Deno.test("clientAddress() is not moved by what a stranger writes before the proxy's own entry", () => {
  const trusted = parseTrustedProxies("127.0.0.1");
  fc.assert(fc.property(fc.string(), (written) => {
    const forwardedFor = `${written}, 203.0.113.7`;
    assertEquals(clientAddress("127.0.0.1", { forwardedFor, trusted }), "203.0.113.7");
  }));
});

Deno.test("failed logins count for the sender that a trusted proxy names", async () => {
  const login = (forwardedFor: string) =>
    ask(`${world.url(ADDON)}/ui/flows?workspace_id=${world.workspaceId}`, {
      headers: { "x-api-key": "wrong", "x-forwarded-for": forwardedFor },
    });
  for (let tries = 0; tries < 20; tries++) {
    assertProblem(await login(`198.51.100.${tries}, 203.0.113.7`), 401, "LOGIN_INVALID");
    assertProblem(await login(`2001:db8::${tries}`), 401, "LOGIN_INVALID");
  }
  assertProblem(await login("203.0.113.7"), 429, "RATE_LIMITED");
  assertProblem(await login("2001:db8::ffff"), 429, "RATE_LIMITED");
  assertProblem(await login("203.0.113.8"), 401, "LOGIN_INVALID");
  assertProblem(await login("2001:db8:0:1::1"), 401, "LOGIN_INVALID");
});

Deno.test("a small limit of other requests refuses no install", async () => {
  const { lifecycle } = await world.install(ADDON);
  assertEquals(lifecycle.status, 200);
  const tooLarge = await ask(`${world.url(ADDON)}/ui/flows`, {
    headers: await world.viewer(ADDON),
    body: { name: "x".repeat(2_000) },
  });
  assertProblem(tooLarge, 413, "BODY_TOO_LARGE");
});

Deno.test("flows and sources that are saved while they are switched off come with a warning", async () => {
  const headers = await world.viewer(ADDON);
  const flow = {
    name: "Waits",
    trigger_event_types: ["TIMER_STOPPED"],
    actions: [{ operation_id: "getTags" }],
  };
  const saved = await ask(`${world.url(ADDON)}/ui/flows`, { headers, body: flow });
  const message = "Flows are switched off in the settings: the flow is saved and does not run until they are on";
  const warnings = [{ path: "enabled", message }];
  assertEquals([saved.status, saved.body.warnings], [201, warnings]);
  const url = `${world.url(ADDON)}/ui/flows/${saved.body.id}`;
  const renamed = await ask(url, { method: "PUT", headers, body: { name: "Still waits" } });
  assertEquals([renamed.status, renamed.body.warnings], [200, warnings]);
  const off = await ask(url, { method: "PUT", headers, body: { enabled: false } });
  assertEquals([off.status, off.body.warnings], [200, undefined], "a flow that is off says nothing of it");

  const source = await ask(`${world.url(ADDON)}/ui/sources`, {
    headers,
    body: { name: "shop", scheme: "none", allow_unsigned: true },
  });
  assertEquals([source.status, source.body.warnings], [201, [
    "Custom webhooks are switched off in the settings: the source is saved and refuses deliveries until they are on",
  ]]);
});
