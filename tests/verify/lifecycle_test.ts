/** Tests of src/verify/lifecycle.ts: what each call says, and what may not pass for one. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { createSlots } from "../../src/limits/slots.ts";
import type { LifecycleType } from "../../src/verify/lifecycle_body.ts";
import { type InstalledCall, verifyLifecycle } from "../../src/verify/lifecycle.ts";
import { tokenSha256 } from "../../src/verify/token.ts";
import { ADDON_ID, CLAIMS, deps, mint, NOW_MS, NOW_S, refused, stranger, WORKSPACE } from "./mint.ts";

const TOKEN = mint("lifecycle");
const AUTH_TOKEN = mint("installation");
const WEBHOOK_TOKEN = mint("webhook");
const INSTALLED = {
  addonId: ADDON_ID,
  authToken: AUTH_TOKEN,
  workspaceId: WORKSPACE,
  asUser: "installer1",
  apiUrl: "https://api.clockify.me/api",
  addonUserId: "addon-user1",
  webhooks: [{ path: "//webhooks/clockify/NEW_TAG", webhookType: "ADDON", authToken: WEBHOOK_TOKEN }],
  unknown: { nested: true },
};
const ECHO = { addonId: ADDON_ID, workspaceId: WORKSPACE };
const BODIES: Record<LifecycleType, Record<string, unknown>> = {
  INSTALLED,
  DELETED: { ...ECHO, asUser: "installer1" },
  STATUS_CHANGED: { ...ECHO, status: "INACTIVE" },
  SETTINGS_UPDATED: {
    ...ECHO,
    settings: [{ id: "a", name: "A", value: ["x"] }, { id: "b", value: true }, { id: "c" }],
  },
};
const TYPES = Object.keys(BODIES) as LifecycleType[];

const signatures = createSlots({ purpose: "verify", atOnce: 4, maxQueued: 10, clock: deps.clock });

const verify = (
  type: LifecycleType,
  body: unknown = BODIES[type],
  token: string | undefined = TOKEN,
  stored: string[] = [],
) =>
  verifyLifecycle({ token, readBody: () => Promise.resolve(body), type }, {
    ...deps,
    signatures,
    isStoredToken: ({ workspaceId, tokenSha256: hash }) => {
      assertStrictEquals(workspaceId, WORKSPACE);
      return Promise.resolve(stored.some((one) => tokenSha256(one).every((byte, at) => byte === hash[at])));
    },
  });

const without = (body: object, ...names: string[]) =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));

const EXPECTED_INSTALL: InstalledCall = {
  type: "INSTALLED",
  workspaceId: WORKSPACE,
  addonId: ADDON_ID,
  issuedAtMs: NOW_MS,
  authToken: AUTH_TOKEN,
  userId: "owner1",
  asUser: "installer1",
  addonUserId: "addon-user1",
  hosts: { backendUrl: "https://euc1.clockify.me/api", reportsUrl: "https://euc1.clockify.me/report" },
  backendUrlFrom: "claim",
  webhooks: [{ path: "/webhooks/clockify/NEW_TAG", tokenSha256: tokenSha256(WEBHOOK_TOKEN) }],
};

Deno.test("verifyLifecycle() reads an install: hosts from the installation token, hashes instead of webhook tokens", async () => {
  assertEquals(await verify("INSTALLED"), EXPECTED_INSTALL);
});

Deno.test("verifyLifecycle() reads an install in snake_case, asUser and webhooks absent or null", async () => {
  const snake = {
    addon_id: ADDON_ID,
    auth_token: AUTH_TOKEN,
    workspace_id: WORKSPACE,
    api_url: "https://api.clockify.me/api",
    as_user: "installer1",
    addon_user_id: "addon-user1",
    webhooks: [{ path: "https://addon.example/webhooks/clockify/NEW_TAG", auth_token: WEBHOOK_TOKEN }],
  };
  assertEquals(await verify("INSTALLED", snake), EXPECTED_INSTALL);
  const rest = without(EXPECTED_INSTALL, "asUser", "webhooks");
  assertEquals(await verify("INSTALLED", without(INSTALLED, "asUser", "webhooks")), rest);
  assertEquals(await verify("INSTALLED", { ...INSTALLED, asUser: null, webhooks: null }), rest);
  assertEquals<unknown>(await verify("INSTALLED", { ...INSTALLED, asUser: null, webhooks: [] }), {
    ...rest,
    webhooks: [],
  });
});

Deno.test("verifyLifecycle() takes apiUrl of the body only when the token names no backendUrl, and says so", async () => {
  const authToken = mint("installation", { backendUrl: undefined });
  const call = await verify("INSTALLED", { ...INSTALLED, authToken }) as InstalledCall;
  assertEquals(call.backendUrlFrom, "body");
  assertEquals(call.hosts, { ...EXPECTED_INSTALL.hosts, backendUrl: "https://api.clockify.me/api" });
  for (const apiUrl of ["api.clockify.me", "ftp://x/", "https://u:p@x/", "https://x/?q=1", "https://x/#h"]) {
    await refused(() => verify("INSTALLED", { ...INSTALLED, authToken, apiUrl }), { code: "REQUEST_INVALID" });
  }
});

Deno.test("verifyLifecycle() reads the other three calls", async () => {
  const base = { workspaceId: WORKSPACE, addonId: ADDON_ID, issuedAtMs: NOW_MS };
  assertEquals(await verify("DELETED"), { type: "DELETED", ...base, asUser: "installer1" });
  assertEquals(await verify("STATUS_CHANGED"), { type: "STATUS_CHANGED", ...base, status: "INACTIVE" });
  assertEquals(await verify("SETTINGS_UPDATED"), {
    type: "SETTINGS_UPDATED",
    ...base,
    settings: [{ id: "a", name: "A", value: ["x"] }, { id: "b", value: true }, { id: "c", value: null }],
  });
  assertEquals(await verify("DELETED", {}), { type: "DELETED", ...base });
});

Deno.test("verifyLifecycle() takes a token without iat and exp", async () => {
  const call = await verify("DELETED", BODIES.DELETED, mint("lifecycle", { iat: undefined, exp: undefined }));
  assertEquals(call.issuedAtMs, undefined);
});

for (const type of TYPES) {
  Deno.test(`verifyLifecycle() refuses ${type} with a token that is missing, forged or for something else`, async () => {
    const cases = [
      ["", "LIFECYCLE_TOKEN_MISSING", "missing"],
      [`${TOKEN},${TOKEN}`, "LIFECYCLE_TOKEN_INVALID", "repeated"],
      ["abc", "LIFECYCLE_TOKEN_INVALID", "malformed"],
      [mint("lifecycle", {}, { key: stranger.privateKey }), "LIFECYCLE_TOKEN_INVALID", "signature"],
      [mint("lifecycle", { exp: NOW_S - 60 }), "LIFECYCLE_TOKEN_INVALID", "expired"],
      [mint("user"), "LIFECYCLE_TOKEN_INVALID", "kind"],
      [mint("lifecycle", { workspaceRole: "OWNER" }), "LIFECYCLE_TOKEN_INVALID", "kind"],
      [mint("lifecycle", { sub: "other-addon" }), "WEBHOOK_WRONG_ADDON", "wrong_addon"],
    ] as const;
    for (const [token, code, reason] of cases) {
      await refused(() => verify(type, BODIES[type], token), { code, reason, secret: token.slice(-30) || undefined });
    }
    for (const token of [WEBHOOK_TOKEN, AUTH_TOKEN]) {
      await refused(() => verify(type, BODIES[type], token, [WEBHOOK_TOKEN, AUTH_TOKEN]), {
        code: "LIFECYCLE_TOKEN_INVALID",
        reason: "stored_elsewhere",
      });
    }
  });

  Deno.test(`verifyLifecycle() refuses ${type} whose body names another workspace or installation`, async () => {
    const body = BODIES[type];
    await refused(() => verify(type, { ...body, workspaceId: "other" }), { code: "WEBHOOK_WRONG_WORKSPACE" });
    await refused(() => verify(type, { ...without(body, "workspaceId"), workspace_id: "other" }), {
      code: "WEBHOOK_WRONG_WORKSPACE",
    });
    await refused(() => verify(type, { ...body, addonId: "other" }), { code: "WEBHOOK_WRONG_ADDON" });
  });

  Deno.test(`verifyLifecycle() refuses ${type} with a body of the wrong form, naming the field`, async () => {
    for (const body of [null, undefined, "text", [], 7]) {
      const request = { token: TOKEN, type, readBody: () => Promise.resolve(body) };
      const isStoredToken = () => Promise.resolve(false);
      await refused(() => verifyLifecycle(request, { ...deps, signatures, isStoredToken }), {
        code: "REQUEST_INVALID",
      });
    }
    const error = await refused(() => verify(type, { ...BODIES[type], addonId: { secret: "geheim" } }), {
      code: "REQUEST_INVALID",
      secret: "geheim",
    });
    assertEquals((error.details.issues as { path: string }[])[0]?.path, "addonId");
  });
}

Deno.test("verifyLifecycle() refuses an install that lacks what it needs", async () => {
  for (const name of ["workspaceId", "authToken", "apiUrl"]) {
    await refused(() => verify("INSTALLED", without(INSTALLED, name)), { code: "REQUEST_INVALID" });
  }
  await refused(() => verify("INSTALLED", { ...INSTALLED, webhooks: [{ path: "/x" }] }), { code: "REQUEST_INVALID" });
  await refused(() => verify("STATUS_CHANGED", { ...ECHO, status: "PAUSED" }), { code: "REQUEST_INVALID" });
  await refused(() => verify("SETTINGS_UPDATED", { ...ECHO, settings: { a: 1 } }), { code: "REQUEST_INVALID" });
});

Deno.test("verifyLifecycle() accepts as installation token only a genuine one of the same installation", async () => {
  const cases = [
    ["abc", "LIFECYCLE_TOKEN_INVALID", "malformed"],
    [mint("installation", {}, { key: stranger.privateKey }), "LIFECYCLE_TOKEN_INVALID", "signature"],
    [mint("user"), "LIFECYCLE_TOKEN_INVALID", "kind"],
    [WEBHOOK_TOKEN, "LIFECYCLE_TOKEN_INVALID", "kind"],
    [mint("lifecycle", { jti: "another" }), "LIFECYCLE_TOKEN_INVALID", "kind"],
    [mint("installation", { exp: NOW_S - 60 }), "LIFECYCLE_TOKEN_INVALID", "expired"],
    [mint("installation", { sub: "other-addon" }), "WEBHOOK_WRONG_ADDON", "wrong_addon"],
    [mint("installation", { addonId: "other" }), "WEBHOOK_WRONG_ADDON", "other_installation"],
    [mint("installation", { workspaceId: "other" }), "WEBHOOK_WRONG_WORKSPACE", "other_workspace"],
  ] as const;
  for (const [authToken, code, reason] of cases) {
    await refused(() => verify("INSTALLED", { ...INSTALLED, authToken }), {
      code,
      reason,
      secret: authToken.slice(-30),
    });
  }
});

Deno.test("verifyLifecycle() refuses an install signed by a token out of its own body", async () => {
  for (const token of [AUTH_TOKEN, WEBHOOK_TOKEN]) {
    await refused(() => verify("INSTALLED", INSTALLED, token), {
      code: "LIFECYCLE_TOKEN_INVALID",
      reason: "stored_elsewhere",
    });
  }
});

Deno.test("verifyLifecycle() takes a lifecycle token that names hosts and a user", async () => {
  const { backendUrl, user } = CLAIMS.installation;
  await verify("INSTALLED", INSTALLED, mint("lifecycle", { backendUrl, user }));
});
