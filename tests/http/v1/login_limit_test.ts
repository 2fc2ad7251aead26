/** Tests of the limit of failed logins, for a name from an address: whoever guesses keeps no one else out. */

import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import { createAccessTokens } from "../../../src/access/tokens.ts";
import { createVerdicts } from "../../../src/access/verdicts.ts";
import { createBodyAccount } from "../../../src/http/server/body_account.ts";
import type { AppEnv } from "../../../src/http/server/app_env.ts";
import { problemOf } from "../../../src/http/server/problem.ts";
import { mountAuth } from "../../../src/http/v1/auth.ts";
import type { UserRoutesDeps } from "../../../src/http/v1/users.ts";
import { createGuessGuard } from "../../../src/limits/guesses.ts";
import { createFakeClock } from "../../clockify/fake_clock.ts";

function scene({ withSecret = true } = {}) {
  const clock = createFakeClock();
  let checked = 0;
  const app = new Hono<AppEnv>();
  app.onError((error) => problemOf(error, "test").response);
  const bodies = createBodyAccount({ clock, totalBytes: 10_000_000, onRefused: () => {} });
  mountAuth(app, {
    home: () => Promise.resolve({ installationId: 1, generation: 1, workspaceId: "w" }),
    users: {
      loggedIn: (_: number, { name, password }: { name: string; password: string }, admit: () => void) => {
        admit();
        checked++;
        return Promise.resolve(password === "right" ? { name, role: "viewer" } : undefined);
      },
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

Deno.test("without JWT_SECRET no one logs in by a password", async () => {
  assertEquals(await scene({ withSecret: false }).logIn("ada", "right", "10.0.0.7"), 403);
});
