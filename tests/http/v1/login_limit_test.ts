/** Tests of the limit of failed logins, for a name from an address: whoever guesses keeps no one else out. */

import { Buffer } from "node:buffer";
import { scryptSync } from "node:crypto";
import { assertEquals, assertRejects } from "@std/assert";
import { Hono } from "hono";
import { createPasswords, type PasswordLogin } from "../../../src/access/passwords.ts";
import { createAccessTokens } from "../../../src/access/tokens.ts";
import { createVerdicts } from "../../../src/access/verdicts.ts";
import { AppError } from "../../../src/base/errors.ts";
import { createBodyAccount } from "../../../src/http/server/body_account.ts";
import type { AppEnv } from "../../../src/http/server/app_env.ts";
import { problemOf } from "../../../src/http/server/problem.ts";
import { mountAuth } from "../../../src/http/v1/auth.ts";
import type { UserRoutesDeps } from "../../../src/http/v1/users.ts";
import { createGuessGuard } from "../../../src/limits/guesses.ts";
import { createFakeClock } from "../../clockify/fake_clock.ts";

const SALT = Buffer.alloc(16);

function scene({ withSecret = true } = {}) {
  const clock = createFakeClock();
  let checked = 0;
  const known = new Set<string>();
  const app = new Hono<AppEnv>();
  app.onError((error) => problemOf(error, "test").response);
  const bodies = createBodyAccount({ clock, totalBytes: 10_000_000, onRefused: () => {} });
  mountAuth(app, {
    home: () => Promise.resolve({ installationId: 1, generation: 1, workspaceId: "w" }),
    users: {
      loggedIn: (_: number, { name, password, network, admit }: PasswordLogin & { password: string }) => {
        admit();
        checked++;
        if (password !== "right") return Promise.resolve(undefined);
        known.add(`${network} ${name}`);
        return Promise.resolve({ name, role: "viewer" });
      },
      knows: ({ name, network }: PasswordLogin) => known.has(`${network} ${name}`),
    },
    tokens: withSecret ? createAccessTokens({ secret: "s".repeat(32), minutes: 1, clock }) : undefined,
    verdicts: createVerdicts(clock),
    logins: createGuessGuard({ clock, refusal: "too many", onRefused: () => {} }),
    body: { maxBytes: 1_000, maxDepth: 5 },
    clock,
  } as unknown as UserRoutesDeps);
  const logIn = async (username: string, password: string, remoteAddress: string) => {
    const request = new Request("http://x/api/v1/auth/token", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username, password }),
    });
    const hold = bodies.open(remoteAddress);
    const { status } = await app.fetch(request, { requestId: "test", remoteAddress, hold } as AppEnv["Bindings"]);
    hold.end();
    return status;
  };
  return { clock, logIn, checked: () => checked };
}

Deno.test("20 failures of a name from an address end its logins from there, and no others, for some time", async () => {
  const { clock, logIn, checked } = scene();
  const near = "10.0.0.7";
  for (let count = 0; count < 20; count++) assertEquals(await logIn("ada", "wrong", near), 401);
  assertEquals([await logIn("ada", "wrong", near), await logIn("ada", "right", near), checked()], [429, 429, 20]);
  assertEquals([await logIn("ada", "right", "10.0.0.8"), await logIn("bob", "right", near)], [200, 200]);
  await clock.advance(3_000);
  assertEquals(await logIn("ada", "right", near), 200);
});

Deno.test("20 failures of a stranger's address end its logins, whatever names it tries", async () => {
  const { logIn } = scene();
  for (let count = 0; count < 20; count++) assertEquals(await logIn(`name ${count}`, "wrong", "203.0.113.9"), 401);
  assertEquals(await logIn("another", "right", "203.0.113.9"), 429);
  assertEquals(await logIn("another", "right", "203.0.113.10"), 200);
});

Deno.test("failures of its address keep no one out that logged in from there before", async () => {
  const { logIn } = scene();
  const shared = "203.0.113.9";
  assertEquals(await logIn("ada", "right", shared), 200);
  for (let count = 0; count < 20; count++) assertEquals(await logIn(`name ${count}`, "wrong", shared), 401);
  assertEquals([await logIn("ada", "right", shared), await logIn("bob", "right", shared)], [200, 429]);
  for (let count = 0; count < 20; count++) assertEquals(await logIn("ada", "wrong", shared), 401);
  assertEquals(await logIn("ada", "right", shared), 429, "her own failures count");
});

Deno.test("without JWT_SECRET no one logs in by a password", async () => {
  assertEquals(await scene({ withSecret: false }).logIn("ada", "right", "10.0.0.7"), 403);
});

Deno.test("guesses of one network, and of many, keep no one out that logged in before; one network keeps no other out", async () => {
  const passwords = createPasswords({ clock: createFakeClock() });
  // Of the least cost: how long one check takes is not what is looked at.
  const stored = `scrypt$2$8$1$${SALT.toString("base64url")}$${
    scryptSync("right", SALT, 32, { N: 2, r: 8, p: 1 }).toString("base64url")
  }`;
  const check = (network: string, name: string, password: string) =>
    passwords.matches(password, stored, { network, name, admit: () => {} });
  const refusals: string[] = [];
  const guesses = (networks: string[]) =>
    networks.map((network) => check(network, "ada", "wrong").catch(({ code }) => void refusals.push(code)));

  // One is in progress, 10 of the network wait.
  const ofOne = guesses(Array(40).fill("203.0.113.9"));
  assertEquals(await check("198.51.100.1", "ada", "right"), true);
  await Promise.all(ofOne);
  assertEquals(refusals, Array(29).fill("OVERLOADED"));

  const ofMany = guesses(Array.from({ length: 40 }, (_, at) => `203.0.113.${at}`));
  // Both before any of the guesses has ended.
  const known = check("198.51.100.1", "ada", "right");
  await assertRejects(() => check("198.51.100.2", "bob", "right"), AppError, "as many as may wait");
  assertEquals(await known, true);
  await Promise.all(ofMany);
  assertEquals(refusals.length, 29 + 19);
});
