/** Tests of health, metrics, manifest and of the answers to requests that no route takes, on all three listeners. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { manifestSchema } from "../../../src/clockify/manifest_schema.ts";
import { newKey } from "../../../src/secrets/encryption.ts";
import type { ProfileKey } from "../../../src/profiles/profile.ts";
import { PROFILES } from "../../../src/profiles/profiles.ts";
import { OPERATOR_KEY, startWorld, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem } from "../door.ts";

const ENV = { ENCRYPTION_KEYS: newKey("test") };
let world: World;

worldOfFile({
  env: { ...ENV, API_STUDIO_BASE_URL: "https://studio.example/base", MANIFEST_WEBHOOK_LIMIT: "20" },
}, (made) => void (world = made));

function get(profile: ProfileKey, path: string, method = "GET"): Promise<Answer> {
  return ask(world.url(profile) + path, { method });
}

Deno.test("each listener tells its health, and whether it may get traffic", async () => {
  for (const { key, service } of PROFILES) {
    const health = await get(key, "/healthz");
    assertEquals([health.status, health.body], [200, { status: "ok", service, database: "ok" }]);
    const ready = await get(key, "/ready");
    const { timestamp, ...body } = ready.body;
    assertStrictEquals(new Date(timestamp).toISOString(), timestamp);
    assertEquals([ready.status, body], [200, {
      ready: true,
      service,
      checks: { database: "ok", migrations: "ok", keys: "ok", redis: null },
      redis: "off",
      signature_verification: "on",
    }]);
    const ui = await get(key, "/ui/health");
    assertEquals([ui.status, ui.body], [200, { status: "ok" }]);
  }
});

Deno.test("/health is the reference add-on's alone", async () => {
  const { status, body } = await get("clockify_addon", "/health");
  assertEquals(status, 200);
  assertEquals(Object.keys(body), ["status", "version", "timestamp"]);
  assertEquals(body.status, "healthy");
  assertStrictEquals(new Date(body.timestamp).toISOString(), body.timestamp);
  for (const profile of ["api_studio", "universal_webhook"] as const) {
    assertProblem(await get(profile, "/health"), 404, "ROUTE_UNKNOWN");
  }
});

Deno.test("/metrics is Prometheus text under the documented names", async () => {
  for (const { key, service } of PROFILES) {
    await get(key, "/healthz");
    const { status, headers, body } = await get(key, "/metrics");
    assertEquals(status, 200);
    assertEquals(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for (const name of ["addon_uptime_seconds", "addon_healthcheck_database_status", "api_requests_total"]) {
      assertMatch(body, new RegExp(`^# TYPE ${name} (?:counter|gauge)$`, "m"));
    }
    assertMatch(body, new RegExp(`^addon_healthcheck_database_status\\{service="${service}"\\} 1$`, "m"));
    const own = `service="${service}",method="GET",status="200",endpoint="/healthz"`;
    assertMatch(body, new RegExp(`^api_requests_total\\{${own}\\} [1-9]`, "m"));
    assertMatch(
      body,
      new RegExp(`^api_request_duration_seconds_bucket\\{service="${service}",route="healthz",le="`, "m"),
    );
    assertMatch(body, /^\w*latency\w*\{/m);
    assertEquals(new Set([...body.matchAll(/service="([^"]*)"/g)].map(([, name]) => name)), new Set([service]));
  }
});

Deno.test("/metrics names no place, and 200 who ask at once share one answer", async () => {
  const { db } = world.database;
  let queries = 0;
  const scoped: typeof db.scoped = (...args) => {
    queries++;
    return db.scoped(...args);
  };
  const env = { ...ENV, METRICS_TOKEN: "scrape-me-0123456789", ROLE: "listen", DATABASE_URL: "postgres://localhost/x" };
  const closed = await startWorld({
    env,
    database: { ...world.database, db: { ...db, scoped } },
    // Longer than a busy machine takes for all of them.
    metricsKeptMs: 60_000,
  });
  try {
    const url = `${closed.url("api_studio")}/metrics`;
    const bearer = { authorization: "Bearer scrape-me-0123456789" };
    const before = queries;
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(url, { headers: bearer })));
    assertEquals(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size, 1);
    // Each gauge of the database is read once for all of them.
    assert(queries - before < 20, `${queries - before} queries`);
    const { status, body } = answers[0]!;
    assertEquals(status, 200);
    assertMatch(body, /^ingest_waiting(?:\{\})? 0$/m);
    // The place may be "memory", as descriptions and the name of a number say too.
    const numbers = body.replaceAll(/^# HELP .*$|^.*process_resident_memory_bytes.*$/gm, "");
    assert(!numbers.includes(db.place) && !/database=|\/(?:tmp|data|work)\b|127\.0\.0\.1/.test(body));

    for (const headers of [{}, { authorization: "Basic c2NyYXBlOm1l" }, { "x-api-key": OPERATOR_KEY }]) {
      const refused = await ask(url, { headers: headers as Record<string, string> });
      assertProblem(refused, 401, "LOGIN_REQUIRED");
      assertEquals(refused.headers.get("www-authenticate"), 'Bearer realm="metrics"');
    }
    const wrong = await ask(url, { headers: { authorization: "Bearer scrape-me-0123456780" } });
    assertProblem(wrong, 401, "LOGIN_INVALID");
    assertEquals(wrong.headers.get("www-authenticate"), 'Bearer realm="metrics"');
    const operators = `http://127.0.0.1:${closed.serving.operatorPort}/metrics`;
    assertProblem(await ask(operators), 401, "LOGIN_REQUIRED");
    assertEquals((await ask(operators, { headers: bearer })).status, 200);
    assertEquals((await ask(`${closed.url("api_studio")}/healthz`)).status, 200);
  } finally {
    await closed.stop();
  }
});

Deno.test("labels come from closed lists, whatever strangers ask for", async () => {
  for (const path of ["/wp-admin/x", "/webhooks/clockify/STRANGE_ONE", "/%7Bodd%7D"]) await get("api_studio", path);
  await ask(`${world.url("api_studio")}/healthz`, { method: "PROPFIND" });
  const { body } = await get("api_studio", "/metrics");
  assertNotMatch(body, /wp-admin|STRANGE_ONE|odd|PROPFIND/);
  assertMatch(body, /method="other",status="405",endpoint="\/healthz"/);
  assertMatch(body, /method="GET",status="404",endpoint="other"/);
});

Deno.test("each listener's manifest keeps Clockify's rules, one path per event", async () => {
  for (const { key, addonKey, scopes } of PROFILES) {
    const { status, body } = await get(key, "/manifest");
    assertEquals(status, 200);
    const parsed = manifestSchema.safeParse(body);
    assert(parsed.success, `${key}: ${JSON.stringify(parsed.error?.issues)}`);
    assertEquals(body, parsed.data, "no field beyond the rules");
    assertEquals(body.schemaVersion, "1.5");
    assertStrictEquals(body.key, addonKey);
    assertEquals(body.scopes, scopes);
    const { webhooks } = parsed.data;
    assert(webhooks!.length > 10 && webhooks!.length <= 20);
    for (const { event, path } of webhooks!) assertEquals(path, `/webhooks/clockify/${event}`);
  }
  assertEquals((await get("api_studio", "/manifest")).body.baseUrl, "https://studio.example/base");
  const own = (await get("universal_webhook", "/manifest")).body.baseUrl;
  assertEquals(own, `http://localhost:${world.serving.ports.universal_webhook}`);
});

Deno.test("an unknown route is 404, a wrong method 405 with Allow", async () => {
  for (const path of ["/nothing", "/ui/flows/1/nothing", "/webhooks", "/lifecycle", "/_sim/stats", "/healthz/x"]) {
    assertProblem(await get("universal_webhook", path), 404, "ROUTE_UNKNOWN");
  }
  const wrong: [string, string, string][] = [
    ["POST", "/healthz", "GET"],
    ["DELETE", "/manifest", "GET"],
    ["PUT", "/metrics", "GET"],
    ["GET", "/lifecycle/installed", "POST"],
    ["PATCH", "/ui/flows", "GET, POST"],
    ["POST", "/ui/flows/1", "GET, PUT, DELETE"],
    ["DELETE", "/ui/flows/1/executions", "GET"],
  ];
  for (const [method, path, allow] of wrong) {
    const answer = await get("universal_webhook", path, method);
    assertProblem(answer, 405, "METHOD_NOT_ALLOWED");
    assertStrictEquals(answer.headers.get("allow"), allow, `${method} ${path}`);
  }
});

Deno.test("a failure of our own tells its reader nothing but the request id, and the log the rest", async () => {
  const { db } = world.database;
  await db.sql`alter table installation rename to installation_gone`;
  try {
    const answer = await ask(`${world.url("api_studio")}/ui/flows?workspace_id=w`, {
      headers: { "x-api-key": OPERATOR_KEY, "x-request-id": "broken-1" },
    });
    assertProblem(answer, 500, "INTERNAL");
    assertNotMatch(JSON.stringify(answer.body), /installation|relation/);
    const line = world.logs.find((one) => one.message === "request.completed" && one.request_id === "broken-1");
    assertMatch(JSON.stringify(line), /installation/);
  } finally {
    await db.sql`alter table installation_gone rename to installation`;
  }
});
