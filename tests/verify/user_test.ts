/** Tests of src/verify/user.ts: the viewer's identity and role, and how long it is kept. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createKeySource } from "../../src/verify/keys.ts";
import { createUserVerifier, verifyUser } from "../../src/verify/user.ts";
import {
  ADDON_ID,
  ADDON_KEY,
  CLAIMS,
  deps,
  mint,
  NOW_S,
  platform,
  refused,
  stranger,
  testClock,
  WORKSPACE,
} from "./mint.ts";

Deno.test("verifyUser() gives the viewer", async () => {
  assertEquals(await verifyUser(mint("user"), deps), {
    workspaceId: WORKSPACE,
    addonId: ADDON_ID,
    userId: "viewer1",
    role: "admin",
    roleClaim: "OWNER",
    hosts: { backendUrl: CLAIMS.user.backendUrl, reportsUrl: CLAIMS.user.reportsUrl },
    expiresAtMs: (NOW_S + 1800) * 1000,
    language: "EN",
    theme: "DEFAULT",
  });
  const bare = await verifyUser(mint("user", { language: undefined, theme: undefined }), deps);
  assert(!("language" in bare) && !("theme" in bare));
});

Deno.test("verifyUser() takes OWNER, ADMIN and WORKSPACE_ADMIN for admins, every other role for a member", async () => {
  const roles = {
    admin: ["OWNER", "owner", "Admin", "WORKSPACE_ADMIN"],
    member: ["TEAM_MANAGER", "PROJECT_MANAGER", "?", "OWNERS"],
  };
  for (const [role, claims] of Object.entries(roles)) {
    for (const workspaceRole of claims) {
      assertStrictEquals((await verifyUser(mint("user", { workspaceRole }), deps)).role, role, workspaceRole);
    }
  }
});

Deno.test("verifyUser() refuses every other token as a bad login", async () => {
  await refused(() => verifyUser(undefined, deps), { code: "LOGIN_REQUIRED", reason: "missing" });
  const cases = [
    [mint("installation"), "kind"],
    [mint("lifecycle"), "kind"],
    [mint("webhook"), "kind"],
    [mint("user", { exp: undefined }), "exp_missing"],
    [mint("user", { exp: NOW_S - 60 }), "expired"],
    [mint("user", {}, { key: stranger.privateKey }), "signature"],
  ] as const;
  for (const [token, reason] of cases) {
    await refused(() => verifyUser(token, deps), { code: "LOGIN_INVALID", reason, secret: token.slice(-30) });
  }
  await refused(() => verifyUser(mint("user", { sub: "other-addon" }), deps), {
    code: "LOGIN_WRONG_ADDON",
    reason: "wrong_addon",
  });
});

Deno.test("createUserVerifier() keeps a viewer for 60 s and never beyond the token's end", async () => {
  const clock = testClock();
  const keys = await createKeySource({ pem: platform.pem, clock });
  const verifier = createUserVerifier({ keys, clock });
  const request = { token: mint("user", { exp: NOW_S + 30 }), addonKey: ADDON_KEY };
  const first = verifier.verify(request);
  assert(first instanceof Promise);
  const user = await first;
  assertStrictEquals(verifier.verify(request), user);
  clock.nowMs += 60_000;
  assert(verifier.verify(request) instanceof Promise);
  clock.nowMs += 30_000;
  await refused(() => verifier.verify(request), { code: "LOGIN_INVALID", reason: "expired" });
});

Deno.test("createUserVerifier() keeps viewers of one add-on apart from another's", async () => {
  const verifier = createUserVerifier(deps);
  const token = mint("user");
  await verifier.verify({ token, addonKey: ADDON_KEY });
  await refused(() => verifier.verify({ token, addonKey: "other-addon" }), {
    code: "LOGIN_WRONG_ADDON",
    reason: "wrong_addon",
  });
});
