/** Tests of the headers on every answer, and of methods that no route takes. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertNotStrictEquals,
  assertStrictEquals,
} from "@std/assert";
import { PROFILES } from "../../src/profiles/profiles.ts";
import { OPERATOR_KEY, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";

let world: World;

worldOfFile({ env: { DEBUG: "true" } }, (made) => void (world = made));

/** One request as bytes, since fetch() refuses some methods; gives the whole answer as text. */
async function send(method: string, path: string): Promise<string> {
  const { hostname, port } = new URL(world.url("clockify_addon"));
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const head = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nx-secret: marker\r\nconnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  return await new Response(connection.readable).text();
}

const PUBLIC = ["/", "/manifest", "/ready", "/healthz", "/docs", "/openapi.json"];

Deno.test("no answer may be sniffed, framed, or leak its address; data of a workspace is not kept by caches", async () => {
  for (const { key } of PROFILES) {
    const others = [
      "/nothing",
      "/metrics",
      "/ui/health",
      "/ui/flows",
      "/bootstrap/w/status",
      "/installations",
      "/webhooks",
    ];
    for (const path of [...PUBLIC, ...others]) {
      const answer = await fetch(world.url(key) + path);
      await answer.body?.cancel();
      const { headers } = answer;
      assertEquals(headers.get("x-content-type-options"), "nosniff", path);
      assertEquals(headers.get("referrer-policy"), "no-referrer", path);
      assertEquals(headers.get("cross-origin-resource-policy"), "same-origin", path);
      const policy = headers.get("content-security-policy")!;
      for (const part of ["default-src", "object-src", "base-uri", "frame-ancestors"]) {
        assert(policy.includes(`${part} 'none'`), `${path}: ${policy}`);
      }
      assertStrictEquals(headers.get("cache-control"), PUBLIC.includes(path) ? null : "no-store", path);
      assert(headers.get("x-request-id"), path);
      assertEquals(headers.get("server"), null);
    }
    const delivery = await fetch(`${world.url(key)}/webhooks/clockify`, { method: "POST", body: "{}" });
    await delivery.body?.cancel();
    assertEquals(delivery.headers.get("x-content-type-options"), "nosniff");
    assertEquals(delivery.headers.get("content-security-policy"), null, "no browser reads it");
  }
});

Deno.test("a change that a page of another site asks for is refused, whatever its login; reads and other clients pass", async () => {
  await world.install("clockify_addon");
  const login = await world.viewer("clockify_addon");
  const ask = async (path: string, site: string | undefined, method = "POST") => {
    const headers = { ...login, "content-type": "application/json", ...(site && { "sec-fetch-site": site }) };
    const answer = await fetch(world.url("clockify_addon") + path, { method, headers });
    const { code } = method === "GET" ? { code: undefined } : await answer.json();
    if (!answer.bodyUsed) await answer.body?.cancel();
    return code ?? answer.status;
  };
  const changes = [
    "/ui/runs/00000000-0000-0000-0000-000000000000/retry",
    "/ui/webhooks/1/replay",
    "/ui/bootstrap/trigger",
  ];
  for (const path of changes) {
    for (const site of ["cross-site", "same-site"]) assertEquals(await ask(path, site), "CROSS_SITE", path);
    for (const site of ["same-origin", "none", undefined]) {
      assertNotStrictEquals(await ask(path, site), "CROSS_SITE", path);
    }
  }
  assertEquals(await ask("/ui/runs", "cross-site", "GET"), 200);
});

Deno.test("TRACE, CONNECT and methods nobody knows are 405 with a problem that says nothing back", async () => {
  for (const method of ["TRACE", "FOO", "PROPFIND", "get", "QUERY"]) {
    for (const path of ["/healthz", "//healthz", "/ui/flows", "/nothing", "/webhooks/clockify"]) {
      const answer = await send(method, path);
      assertMatch(answer, /^HTTP\/1\.1 405 /, `${method} ${path}`);
      assertMatch(answer, /content-type: application\/problem\+json/i);
      assertMatch(answer, /^allow: /im);
      assertNotMatch(answer, /marker/);
    }
  }
  assertMatch(await send("CONNECT", "example.com:443"), /^HTTP\/1\.1 405 /);
});

Deno.test("HEAD is answered as GET without a body", async () => {
  const answer = await fetch(`${world.url("clockify_addon")}/ui/flows?workspace_id=w`, {
    method: "HEAD",
    headers: { "x-api-key": OPERATOR_KEY },
  });
  assertEquals(answer.status, 403);
  assertEquals((await fetch(`${world.url("clockify_addon")}/healthz`, { method: "HEAD" })).status, 200);
});

Deno.test("the addresses with data of the diagnostic routes answer an operator with no-store", async () => {
  const answer = await fetch(`${world.url("clockify_addon")}/installations`, {
    headers: { "x-api-key": OPERATOR_KEY },
  });
  await answer.body?.cancel();
  assertEquals([answer.status, answer.headers.get("cache-control")], [200, "no-store"]);
});
