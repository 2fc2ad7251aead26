/** Every route that may get a body says who may send it before it reads one: without a login the answer needs none of the body. */

import { assert, assertEquals } from "@std/assert";
import { createAddonApp } from "../../src/app/addon_app.ts";
import { holdBodies } from "../support/held_bodies.ts";
import { eventually, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";

const METHODS = ["POST", "PUT", "PATCH", "DELETE"];
/** Answers to a request that shows nothing: no login, no such source, a page of another site, or no way without a token. */
const REFUSALS = [401, 403, 404];

let world: World;

worldOfFile({ env: { DEBUG: "true" } }, async (made) => {
  world = made;
  for (const profile of ["api_studio", "universal_webhook", "clockify_addon"] as const) await world.install(profile);
});

/** The routes of all listeners that take a body, with a value for each parameter. */
function routes(): { port: number; method: string; path: string }[] {
  const { core, ports, operatorPort } = world.serving;
  return core.listeners.flatMap(({ profile, app }) => {
    const own = createAddonApp(app).routes.flatMap(({ method, path }) =>
      (method === "ALL" ? METHODS : [method]).filter((one) => METHODS.includes(one)).map((one) => ({
        method: one,
        path: path.replaceAll(/:(\w+)(\{[^}]*\})?/g, (_, name) => name === "event" ? "NEW_TAG" : "1"),
      }))
    );
    const port = ports[profile.key]!;
    const data = own.filter(({ path }) => path.startsWith("/ui/"));
    return [
      ...own.map((route) => ({ ...route, port })),
      ...data.map(({ method, path }) => ({ method, path: `/addons/${profile.key}${path}`, port: operatorPort! })),
    ];
  });
}

Deno.test("a request without a login, whose body never ends, has its refusal at once on every route", async () => {
  const all = routes();
  const bodied = all.filter(({ method }) => method !== "DELETE");
  for (
    const path of ["/webhooks/clockify", "/webhooks/time", "/lifecycle/installed", "/webhooks/custom/1", "/ui/flows"]
  ) {
    assert(bodied.some((route) => route.path === path), path);
  }
  assert(bodied.some(({ path, method }) => method === "PUT" && path.startsWith("/addons/")), "operators' listener");
  for (const declared of [5_000, 200_000, undefined]) {
    await Promise.all(all.map(async ({ port, method, path }) => {
      const held = await holdBodies(1, () => ({ port, path, method, declared, sent: 1 }));
      await eventually(() => Promise.resolve(held.answers.size > 0)).catch(() => {
        throw new Error(`${method} ${path} waits for the body`);
      });
      const [status] = held.answers.keys();
      held.release();
      // A route of GET alone says so: 405.
      assert(REFUSALS.includes(status!) || status === 405, `${method} ${path}: ${status}`);
    }));
  }
  const { strangers, senders } = world.serving.core.bodies.held();
  assertEquals([strangers, senders], [0, 0]);
});

Deno.test("JSON that no parser takes is not looked at before the sender is known", async () => {
  const studio = `http://127.0.0.1:${world.serving.ports.clockify_addon}`;
  for (const path of ["/lifecycle/installed", "/lifecycle/deleted", "/webhooks/time", "/webhooks/clockify"]) {
    for (const token of [undefined, "forged", "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJjbG9ja2lmeSJ9.c2ln"]) {
      const headers = { "content-type": "application/json", ...(token && { "clockify-signature": token }) };
      const answer = await fetch(studio + path, { method: "POST", headers, body: "[".repeat(100_000) });
      assertEquals(answer.status, 401, `${path} ${token}: ${await answer.text()}`);
    }
  }
});

Deno.test("a sender that proves itself in its headers is known before its body, one that signs it is not", async () => {
  const { held } = world.serving.core.bodies;
  const port = world.serving.ports.universal_webhook!;
  const login = await world.viewer("universal_webhook");
  const made = async (definition: Record<string, unknown>) => {
    const response = await fetch(`http://127.0.0.1:${port}/ui/sources`, {
      method: "POST",
      headers: { ...login, "content-type": "application/json" },
      body: JSON.stringify(definition),
    });
    const { url, secret } = await response.json();
    assertEquals(response.status, 201);
    return { path: new URL(url).pathname, secret };
  };
  const inHeader = await made({ name: "keyed", scheme: "api_key", options: { header: "x-key" } });
  const inBody = await made({ name: "signed", preset: "github" });
  const begin = (path: string, headers: Record<string, string>) =>
    holdBodies(1, () => ({ port, path, headers, declared: 5_000, sent: 1 }));

  const wrong = await begin(inHeader.path, { "x-key": "wrong" });
  await eventually(() => Promise.resolve(wrong.answers.has(401)));
  const missing = await begin(inBody.path, {});
  await eventually(() => Promise.resolve(missing.answers.has(401)));
  assertEquals(held(), { strangers: 0, senders: 0 });

  const right = await begin(inHeader.path, { "x-key": inHeader.secret });
  await eventually(() => Promise.resolve(held().senders === 5_000));
  const signed = await begin(inBody.path, { "x-hub-signature-256": `sha256=${"0".repeat(64)}` });
  await eventually(() => Promise.resolve(held().strangers === 5_000));
  for (const one of [wrong, missing, right, signed]) one.release();
  await eventually(() => Promise.resolve(held().strangers + held().senders === 0));
});
