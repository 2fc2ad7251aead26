/** Tests of what a listener says about itself: info, OpenAPI document, page of routes, and the diagnostic routes of DEBUG. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { createAddonApp, mountedRoutes } from "../../../src/app/addon_app.ts";
import { createOperatorApp } from "../../../src/app/operator_app.ts";
import { documentPath, servedRoutes } from "../../../src/http/api/docs.ts";
import { CONTRACTS } from "../../../src/http/api/contracts.ts";
import { PROFILES } from "../../../src/profiles/profiles.ts";
import { OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

let world: World;

worldOfFile({ env: { DEBUG: "true", ADDON_NAME: "Our add-on", ADDON_DESCRIPTION: "What it does." } }, async (made) => {
  world = made;
  await world.install("clockify_addon");
});

function addon(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return ask(world.url("clockify_addon") + path, { headers });
}

Deno.test("every mounted route has a contract, and each contract is mounted somewhere", () => {
  const nameOf = ({ method, path }: { method: string; path: string }) => `${method.toUpperCase()} ${path}`;
  const listed = new Set(CONTRACTS.map(nameOf));
  const paths = new Set<string>(CONTRACTS.map(({ path }) => path));
  const served = new Set<unknown>();
  for (const { app } of world.serving.core.listeners) {
    const { routes } = createAddonApp(app);
    for (const { method, path } of routes) {
      const known = method === "ALL" ? paths.has(documentPath(path)) : listed.has(`${method} ${documentPath(path)}`);
      assert(known, `${method} ${path} has no contract in src/http/api/contracts.ts`);
    }
    for (const one of servedRoutes(routes)) served.add(one);
  }
  for (
    const one of servedRoutes(
      mountedRoutes(createOperatorApp({ ...world.serving.core.operators.deps, addons: new Map() })),
    )
  ) {
    served.add(one);
  }
  assertEquals(CONTRACTS.filter((one) => !served.has(one)), [], "no listener serves these");
  assertEquals(listed.size, CONTRACTS.length, "none twice");
});

Deno.test("each listener says what it is and describes its own routes as OpenAPI 3.1", async () => {
  for (const { key, service, name } of PROFILES) {
    const info = await ask(`${world.url(key)}/`);
    assertEquals(info.status, 200);
    assertEquals([info.body.service, info.body.name], [service, name]);
    for (const link of Object.values<string>(info.body.links)) {
      assertEquals((await ask(world.url(key) + link)).status, 200, link);
    }
    const { status, body } = await ask(`${world.url(key)}/openapi.json`);
    assertEquals(status, 200);
    assertEquals([body.openapi, body.info.title], ["3.1.0", name]);
    assertEquals("/health" in body.paths, key === "clockify_addon");
    assertEquals("/installations" in body.paths, key === "clockify_addon");
    assertDocument(body);
  }
});

/** What OpenAPI demands of paths, parameters and references. */
function assertDocument({ paths, components }: Json) {
  const ids: string[] = [];
  for (const [path, item] of Object.entries<Json>(paths)) {
    for (const [method, operation] of Object.entries<Json>(item)) {
      ids.push(operation.operationId);
      const inPath = (operation.parameters ?? []).filter((one: Json) => one.in === "path").map(({ name }: Json) =>
        name
      );
      assertEquals(inPath, [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name), `${method} ${path}`);
      for (const login of operation.security) {
        for (const scheme of Object.keys(login)) assert(scheme in components.securitySchemes, scheme);
      }
      for (const [status, answer] of Object.entries<Json>(operation.responses)) {
        assert(answer.description, `${method} ${path} ${status}`);
        // /ready and /health say in their own form that they are not.
        if (status !== "default" && (Number(status) < 400 || !answer.content)) continue;
        const { schema } = answer.content["application/problem+json"];
        const name = path.startsWith("/api/v1/") ? "ApiProblem" : "Problem";
        assertEquals(schema.$ref, `#/components/schemas/${name}`, `${method} ${path} ${status}`);
      }
    }
  }
  assertEquals([...new Set(ids)], ids);
  for (const [, name] of JSON.stringify(paths).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert(name! in components.schemas, `schema ${name}`);
  }
}

Deno.test("/docs is a page of its own files alone, with an anchor and two examples for each route", async () => {
  const { status, headers, body } = await addon("/docs");
  assertEquals(status, 200);
  assertMatch(headers.get("content-type")!, /^text\/html/);
  const policy = headers.get("content-security-policy")!;
  assertMatch(policy, /^default-src 'none'; script-src 'self'; style-src 'sha256-/);
  const style = /<style>([\s\S]*)<\/style>/.exec(body)![1]!;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style)));
  assert(policy.includes(`'sha256-${digest.toBase64()}'`));
  // Nothing inline but the style, and nothing of another host: each address in the page begins with # or is below the page's own.
  assertNotMatch(body.replace('<script src="docs/search.js" defer></script>', ""), /<script|\son\w+=|style="/i);
  assertNotMatch(
    body,
    /(?:href|src|action|formaction|srcset|poster|data)="(?!#|docs\/search\.js"|openapi\.json")|url\(|@import/i,
  );
  const { body: document } = await addon("/openapi.json");
  for (const [path, item] of Object.entries<Json>(document.paths)) {
    for (const [method, { operationId }] of Object.entries<Json>(item)) {
      const head = `<h3 id="${operationId}"><a href="#${operationId}">${method.toUpperCase()} ${path}</a></h3>`;
      const section = body.slice(body.indexOf(head)).split("</section>")[0]!;
      assert(section.startsWith(head), head);
      assertMatch(section, /curl.*\$BASE\//);
      assertMatch(section, /await fetch\(BASE \+/);
    }
  }
  const named = [...body.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
  for (const id of named) assert(body.includes(` id="${id}"`), `anchor ${id}`);
});

Deno.test("the operators' listener has /docs too, with the data routes of each add-on below its own path", async () => {
  const base = `http://127.0.0.1:${world.serving.operatorPort}`;
  const { status, body } = await ask(`${base}/openapi.json`);
  assertEquals(status, 200);
  assertDocument(body);
  const { enum: addons } = body.paths["/addons/{addon}/ui/flows/{id}"].get.parameters[0].schema;
  assertEquals(addons, PROFILES.map(({ key }) => key));
  const sources = body.paths["/addons/{addon}/ui/sources"].get;
  assertEquals(sources.parameters[0].schema.enum, ["universal_webhook"], "those that have the route");
  assert("404" in sources.responses);
  assert("/healthz" in body.paths);
  assert(!Object.keys(body.paths).some((path) => path.startsWith("/lifecycle") || path.startsWith("/webhooks")));
  const page = await ask(`${base}/docs`);
  assertEquals(page.status, 200);
  assertMatch(page.body, /GET \/addons\/\{addon\}\/ui\/flows/);
  assertEquals((await ask(`${base}/docs/search.js`)).status, 200);
});

Deno.test("the manifest carries the name and description that the operator chose", async () => {
  const { body } = await addon("/manifest");
  assertEquals([body.name, body.description], ["Our add-on", "What it does."]);
  assertEquals((await ask(`${world.url("api_studio")}/manifest`)).body.name, "Clockify API Studio");
});

Deno.test("the diagnostic routes are for operators, on the add-on alone", async () => {
  const operator = { "x-api-key": OPERATOR_KEY };
  const { body } = await addon("/installations", operator);
  assertEquals([body.total, body.installations[0].workspace_id], [1, world.workspaceId]);
  const events = await addon(`/webhooks?workspace_id=${world.workspaceId}&limit=5`, operator);
  assertEquals([events.status, events.body.webhooks], [200, []]);
  const known = await addon("/openapi-endpoints", operator);
  assert(known.body.total >= 170);
  const owner = await world.viewer("clockify_addon");
  assertProblem(await addon("/installations", owner), 401, "LOGIN_REQUIRED");
  assertProblem(await addon("/webhooks", owner), 403, "ROLE_INSUFFICIENT");
  assertProblem(await addon("/openapi-endpoints"), 401, "LOGIN_REQUIRED");
  assertProblem(await ask(`${world.url("api_studio")}/installations`, { headers: operator }), 404, "ROUTE_UNKNOWN");
});

Deno.test("/openapi.json and /docs are made once, and not sent again to who has them", async () => {
  for (const path of ["/openapi.json", "/docs", "/docs/search.js"]) {
    const first = await fetch(`${world.url("universal_webhook")}${path}`);
    const etag = first.headers.get("etag")!;
    await first.body?.cancel();
    const again = await fetch(`${world.url("universal_webhook")}${path}`, { headers: { "if-none-match": etag } });
    assertEquals([first.status, again.status, await again.text()], [200, 304, ""]);
  }
});
