/**
 * What the Workflow Management API says of itself to everyone: GET /api/v1 (its title), GET /health (liveness) and
 * GET /health/ready (readiness). The listener's own /healthz and /ready stand beside them.
 */

import type { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { HealthProbe } from "../server/health.ts";

export interface ApiInfoDeps {
  info: { title: string; version: string; description: string };
  probe: Pick<HealthProbe, "database" | "migrations">;
  /** "connected", "not configured", or why it is neither; absent: not configured. */
  kafka?: () => Promise<string>;
  clock: Clock;
}

const getApiInfo = defineRoute({
  method: "get",
  path: "/api/v1",
  tag: "Service",
  summary: "Title and version of the Workflow Management API, with links",
  who: "public",
  answer: {
    status: 200,
    about: "Title, version, description and links",
    schema: z.object({
      title: z.string(),
      version: z.string(),
      description: z.string(),
      links: z.record(z.string(), z.string()),
    }).meta({ id: "ApiInfo" }),
    example: {
      title: "Workflow Management API",
      version: "1.0.0",
      description: "REST API for managing workflow orchestration",
      links: { docs: "/docs", redoc: "/redoc", openapi: "/openapi.json", health: "/health", ready: "/health/ready" },
    },
  },
});

const checkDetail = z.object({
  status: z.enum(["healthy", "unhealthy", "not_configured"]),
  message: z.string(),
  response_time_ms: z.int().nullable(),
}).meta({ id: "ApiCheck" });

const getApiReadiness = defineRoute({
  method: "get",
  path: "/health/ready",
  tag: "Service",
  summary: "Readiness, as the Workflow Management API has it",
  about:
    "checks has a word for each thing it needs; details has the same with a sentence and how long the answer took.",
  who: "public",
  answer: {
    status: 200,
    about: "It may get traffic",
    also: { 503: "Not ready: the checks say why" },
    schema: z.object({
      status: z.enum(["ready", "not_ready"]),
      checks: z.object({ database: z.string(), kafka: z.string() }),
      details: z.object({ database: checkDetail, kafka: checkDetail }),
      timestamp: instant,
    }).meta({ id: "ApiReadiness" }),
    example: {
      status: "ready",
      checks: { database: "connected", kafka: "not configured" },
      details: {
        database: { status: "healthy", message: "connected", response_time_ms: 1 },
        kafka: { status: "not_configured", message: "not configured", response_time_ms: null },
      },
      timestamp: "2026-11-29T09:00:00.000Z",
    },
  },
});

export const apiInfoRoutes = [getApiInfo, getApiReadiness];

export function mountApiInfo(app: Hono<AppEnv>, deps: ApiInfoDeps): void {
  const { info, probe, clock } = deps;
  const kafka = deps.kafka ?? (() => Promise.resolve("not configured"));
  const timestamp = () => new Date(clock.now()).toISOString();
  const links = { docs: "/docs", redoc: "/redoc", openapi: "/openapi.json", health: "/health", ready: "/health/ready" };
  mount(app, deps, getApiInfo, () => ({ ...info, links }));
  // By the contract of the add-ons' GET /health, whose version it leaves out.
  app.get("/health", (c) => c.json({ status: "healthy", timestamp: timestamp() }));
  mount(app, deps, getApiReadiness, async ({ c }) => {
    const [database, broker] = await Promise.all([timed(clock, () => databaseWord(probe)), timed(clock, kafka)]);
    const details = { database: detailOf(database), kafka: detailOf(broker) };
    const ready = Object.values(details).every(({ status }) => status !== "unhealthy");
    const answer = {
      status: ready ? "ready" as const : "not_ready" as const,
      checks: { database: database.word, kafka: broker.word },
      details,
      timestamp: timestamp(),
    };
    return ready ? answer : c.json(answer, 503);
  });
}

async function databaseWord(probe: ApiInfoDeps["probe"]): Promise<string> {
  const [database, migrations] = await Promise.all([probe.database(), probe.migrations()]);
  if (database !== "ok") return database;
  return migrations === "ok" ? "connected" : `migrations ${migrations}`;
}

async function timed(clock: Clock, ask: () => Promise<string>): Promise<{ word: string; ms: number }> {
  const startedMs = clock.monotonicMs();
  const word = await ask();
  return { word, ms: Math.round(clock.monotonicMs() - startedMs) };
}

function detailOf({ word, ms }: { word: string; ms: number }) {
  if (word === "not configured") return { status: "not_configured" as const, message: word, response_time_ms: null };
  const status = word === "connected" ? "healthy" as const : "unhealthy" as const;
  return { status, message: word, response_time_ms: ms };
}
