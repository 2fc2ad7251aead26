/** Tests of what the API says of itself: health, readiness, its title, its two pages, and its metrics. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { Hono } from "hono";
import { mountApiInfo } from "../../../src/http/v1/info.ts";
import type { AppEnv } from "../../../src/http/server/app_env.ts";
import { apiWorldOfFile } from "./api_world.ts";
import { ask } from "../door.ts";

const world = apiWorldOfFile();
const at = (path: string) => `http://127.0.0.1:${world.world().serving.operatorPort}${path}`;
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

Deno.test("GET /health and /health/ready answer in the documented words without a login, beside /healthz and /ready", async () => {
  const health = await ask(at("/health"), {});
  assertEquals([health.status, health.body.status, Object.keys(health.body)], [200, "healthy", [
    "status",
    "timestamp",
  ]]);
  assertMatch(health.body.timestamp, INSTANT);
  const { status, body } = await ask(at("/health/ready"), {});
  assertEquals([status, body.status, body.checks], [200, "ready", { database: "connected", kafka: "not configured" }]);
  assertEquals([body.details.database.status, body.details.kafka.response_time_ms], ["healthy", null]);
  assertEquals([(await ask(at("/healthz"), {})).body.status, (await ask(at("/ready"), {})).body.ready], ["ok", true]);
});

Deno.test("not ready is 503 with the reason, whichever of what it needs is away", async () => {
  const answer = async (parts: { database?: string; migrations?: string; kafka?: string }) => {
    const app = new Hono<AppEnv>();
    mountApiInfo(app, {
      info: { title: "t", version: "v", description: "d" },
      probe: {
        database: () => Promise.resolve(parts.database ?? "ok"),
        migrations: () => Promise.resolve(parts.migrations ?? "ok"),
      },
      kafka: () => Promise.resolve(parts.kafka ?? "connected"),
      clock: { now: () => 0, monotonicMs: () => 7, sleep: () => Promise.resolve() },
    });
    const response = await app.request("/health/ready");
    const { status, checks, details } = await response.json();
    return [response.status, status, checks, details.database.status, details.kafka.status];
  };
  const away = "error: unreachable";
  assertEquals<unknown>(await answer({}), [
    200,
    "ready",
    { database: "connected", kafka: "connected" },
    "healthy",
    "healthy",
  ]);
  assertEquals<unknown>(await answer({ database: away }), [
    503,
    "not_ready",
    { database: away, kafka: "connected" },
    "unhealthy",
    "healthy",
  ]);
  assertEquals((await answer({ migrations: "missing: 56" }))[0], 503);
  assertEquals((await answer({ kafka: away }))[4], "unhealthy");
});

Deno.test("GET /api/v1 and the OpenAPI document have the title of the API, and /redoc is a page without a script", async () => {
  const { body } = await ask(at("/api/v1"), {});
  assertEquals([body.title, body.version], ["Workflow Management API", "1.0.0"]);
  assertEquals(body.description, "REST API for managing workflow orchestration");
  const { body: document } = await ask(at("/openapi.json"), {});
  assertEquals(document.info.title, body.title);
  const redoc = await fetch(at("/redoc"));
  const page = await redoc.text();
  assertEquals(redoc.status, 200);
  assertNotMatch(page, /<script|src=|href="(?!#|\/docs|\/openapi)/);
  assertMatch(redoc.headers.get("content-security-policy")!, /^default-src 'none'; style-src 'sha256-/);
  for (const path of Object.keys(document.paths)) assert(page.includes(`>${path}<`), path);
  for (const name of Object.keys(document.components.schemas)) assert(page.includes(`id="schema-${name}"`), name);
  const anchors = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert(anchors.has(target), target);
});
