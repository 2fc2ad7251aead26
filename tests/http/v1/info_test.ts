/** Tests of what the API says of itself: health, readiness, its title, its two pages, and its metrics. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { Hono } from "hono";
import { mountApiInfo } from "../../../src/http/v1/info.ts";
import type { AppEnv } from "../../../src/http/server/app_env.ts";
import { eventually } from "../../support/world.ts";
import { apiWorldOfFile } from "./api_world.ts";
import { ask } from "../door.ts";

const world = apiWorldOfFile();
const { addAgent, addWorkflow, execute, ended, api } = world;
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

Deno.test("GET /health/ai says that there is nothing to be healthy, and readiness does not ask for it", async () => {
  const { status, body } = await ask(at("/health/ai"), {});
  assertEquals([status, body.status], [200, "not_configured"]);
  assertEquals("ai" in (await ask(at("/health/ready"), {})).body.checks, false);
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

Deno.test("GET /api/v1, GET / for programs and the OpenAPI document have the title of the API, and /redoc is a page without a script", async () => {
  const { body } = await ask(at("/api/v1"), {});
  assertEquals([body.title, body.version], ["Workflow Management API", "1.0.0"]);
  assertEquals(body.description, "REST API for managing workflow orchestration");
  const atRoot = async (accept: string) => await (await fetch(at("/"), { headers: { accept } })).text();
  for (const accept of ["application/json", "*/*"]) assertEquals(JSON.parse(await atRoot(accept)), body);
  assertMatch(await atRoot("text/html,application/xhtml+xml,*/*"), /^<!doctype html>/i);
  const { body: document } = await ask(at("/openapi.json"), {});
  assertEquals(document.info.title, body.title);
  const redoc = await fetch(at("/redoc"));
  const page = await redoc.text();
  assertEquals(redoc.status, 200);
  assertNotMatch(page, /<script|src=|href="(?!#|docs"|openapi\.json")/);
  assertMatch(redoc.headers.get("content-security-policy")!, /^default-src 'none'; style-src 'sha256-/);
  for (const path of Object.keys(document.paths)) assert(page.includes(`>${path}<`), path);
  for (const name of Object.keys(document.components.schemas)) assert(page.includes(`id="schema-${name}"`), name);
  const anchors = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert(anchors.has(target), target);
});

Deno.test("/metrics of the API counts its runs by their end and the code of their error, beside requests, and no add-on has them", async () => {
  const scrape = async (url = at("/metrics")) => await (await fetch(url)).text();
  const value = (text: string, series: string) =>
    Number(text.split("\n").find((line) => line.startsWith(`${series} `))?.slice(series.length + 1) ?? NaN);
  const executions = (outcome: string) => `workflow_executions_total{service="workflow-api",outcome="${outcome}"}`;
  const before = await scrape();
  assertEquals(["completed", "failed", "cancelled"].map((outcome) => value(before, executions(outcome))), [0, 0, 0]);
  const { name } = await addAgent();
  const step = { a: { type: "agent", agent_name: name } };
  await ended(await execute(await addWorkflow(step)));
  world.agent = () => {
    throw new Response(null, { status: 400 });
  };
  await ended(await execute(await addWorkflow(step)));
  let answer = () => {};
  world.agent = () => new Promise((resolve) => answer = () => resolve({}));
  const open = await execute(await addWorkflow(step));
  for (let times = 0; times < 2; times++) await api(`/runs/${open}/cancel`, { body: { reason: "no more" } });
  answer();
  const text = await eventually(async () => {
    const text = await scrape();
    return ["completed", "failed", "cancelled"].every((outcome) => value(text, executions(outcome)) === 1) && text;
  });
  assertMatch(text, /^workflow_execution_failures_total\{service="workflow-api",code="[A-Z_]+"\} 1$/m);
  assertMatch(text, /^workflow_execution_duration_seconds_count\{service="workflow-api",outcome="completed"\} 1$/m);
  assertEquals(value(text, 'api_info{service="workflow-api",version="1.0.0"}'), 1);
  assert(value(text, 'api_uptime_seconds{service="workflow-api"}') >= 0);
  assertMatch(
    text,
    /^api_requests_total\{service="workflow-api",method="POST",status="202",endpoint="\/api\/v1\/workflows\/:workflow_id\/execute"\} 3$/m,
  );
  assertMatch(
    text,
    /^api_request_duration_seconds_count\{service="workflow-api",route="\/api\/v1\/runs\/:run_id"\} \d+$/m,
  );
  assertMatch(text, /^api_requests_in_progress\{service="workflow-api"\} 1$/m);
  assertNotMatch(await scrape(`${world.world().url("api_studio")}/metrics`), /workflow_execution|api_uptime/);
});

Deno.test("X-Correlation-ID comes back, and the line of the request has the names of the API's documents", async () => {
  const headers = { "x-correlation-id": "order-17", "user-agent": "caller/1.0" };
  const { headers: answered } = await api("/agents", { headers });
  assertEquals([answered.get("x-correlation-id"), answered.get("x-request-id")], ["order-17", "order-17"]);
  const line = world.world().logs.find(({ correlation_id }) => correlation_id === "order-17")!;
  const { method, path, status_code, user_agent, client_host } = line;
  assertEquals([method, path, status_code, user_agent, client_host], [
    "GET",
    "/api/v1/agents",
    200,
    "caller/1.0",
    "127.0.0.1",
  ]);
  assert(typeof line.duration_ms === "number");
  assertEquals((await ask(at("/health"), { headers })).headers.has("x-correlation-id"), false, "of the API alone");
});
