/** Contracts of what a listener says about itself, open to everyone. health.ts, metrics.ts, console.ts and docs.ts serve them. */

import { z } from "zod";
import { defineRoute } from "./contract.ts";
import { anyJson, instant } from "./schemas.ts";

const ETAG = { ETag: "For If-None-Match" };
const UNCHANGED = { 304: "The caller has it, by If-None-Match" };

export const getInfo = defineRoute({
  method: "get",
  path: "/",
  tag: "Service",
  summary: "Name and version of the add-on, with links",
  who: "public",
  answer: {
    status: 200,
    about: "Name, version and links",
    schema: z.object({
      service: z.string(),
      name: z.string(),
      version: z.string(),
      links: z.object({
        docs: z.string(),
        openapi: z.string(),
        manifest: z.string(),
        health: z.string(),
        ready: z.string(),
      }),
    }),
    example: {
      service: "universal-webhook",
      name: "Universal Webhook",
      version: "0.1.0",
      links: { docs: "/docs", openapi: "/openapi.json", manifest: "/manifest", health: "/healthz", ready: "/ready" },
    },
  },
});

export const getDocs = defineRoute({
  method: "get",
  path: "/docs",
  tag: "Service",
  summary: "These routes as a page",
  who: "public",
  answer: { status: 200, about: "HTML", media: "text/html", headers: ETAG, also: UNCHANGED },
});

export const getDocsSearch = defineRoute({
  method: "get",
  path: "/docs/search.js",
  tag: "Service",
  summary: "The script of that page, which searches it",
  who: "public",
  answer: { status: 200, about: "JavaScript", media: "text/javascript", headers: ETAG, also: UNCHANGED },
});

export const getOpenApi = defineRoute({
  method: "get",
  path: "/openapi.json",
  tag: "Service",
  summary: "These routes as OpenAPI 3.1",
  who: "public",
  answer: {
    status: 200,
    about: "The document",
    schema: z.record(z.string(), anyJson),
    example: { openapi: "3.1.0" },
    headers: ETAG,
    also: UNCHANGED,
  },
});

export const getRedoc = defineRoute({
  method: "get",
  path: "/redoc",
  tag: "Service",
  summary: "These routes as a page in the order of their paths, with all fields of what they take and answer",
  who: "public",
  answer: { status: 200, about: "HTML", media: "text/html", headers: ETAG, also: UNCHANGED },
});

const getManifest = defineRoute({
  method: "get",
  path: "/manifest",
  tag: "Service",
  summary: "The manifest to install in Clockify",
  who: "public",
  answer: {
    status: 200,
    about: "The manifest, schema version 1.5",
    schema: z.record(z.string(), anyJson),
    example: { schemaVersion: "1.5", key: "universal-webhook-api", name: "Universal Webhook" },
  },
});

const getHealthz = defineRoute({
  method: "get",
  path: "/healthz",
  tag: "Service",
  summary: "Liveness",
  who: "public",
  answer: {
    status: 200,
    about: "The process serves; degraded while the database is away",
    schema: z.object({ status: z.enum(["ok", "degraded"]), service: z.string(), database: z.string() }),
    example: { status: "ok", service: "universal-webhook", database: "ok" },
  },
});

const getReady = defineRoute({
  method: "get",
  path: "/ready",
  tag: "Service",
  summary: "Readiness",
  who: "public",
  answer: {
    status: 200,
    about: "It may get traffic",
    also: { 503: "Not ready: the checks say why" },
    schema: z.object({
      ready: z.boolean(),
      service: z.string(),
      checks: z.object({
        database: z.string(),
        migrations: z.string(),
        keys: z.string(),
        redis: z.string().nullable().meta({
          description: "Null where it is not used; the listener is ready without it",
        }),
      }),
      redis: z.string(),
      signature_verification: z.enum(["on", "off"]),
      timestamp: instant,
    }),
    example: {
      ready: true,
      service: "universal-webhook",
      checks: { database: "ok", migrations: "ok", keys: "ok", redis: null },
      redis: "off",
      signature_verification: "on",
      timestamp: "2026-11-21T08:00:00.000Z",
    },
  },
});

const getHealth = defineRoute({
  method: "get",
  path: "/health",
  tag: "Service",
  summary: "Health in the add-on's older form; of the operators' listener, that it serves",
  who: "public",
  answer: {
    status: 200,
    about: "Healthy",
    also: { 503: "Unhealthy: the database is away" },
    schema: z.object({ status: z.enum(["healthy", "unhealthy"]), version: z.string().optional(), timestamp: instant }),
    example: { status: "healthy", version: "0.1.0", timestamp: "2026-11-21T08:00:00.000Z" },
  },
});

const getMetrics = defineRoute({
  method: "get",
  path: "/metrics",
  tag: "Service",
  summary: "Metrics for Prometheus",
  about: "With METRICS_TOKEN set it requires Authorization: Bearer with that token.",
  who: "public",
  answer: { status: 200, about: "Prometheus text 0.0.4", media: "text/plain" },
  problems: ["LOGIN_REQUIRED", "LOGIN_INVALID"],
});

const getConsole = defineRoute({
  method: "get",
  path: "/ui",
  tag: "Service",
  summary: "The console; its own paths are below /ui/app",
  who: "public",
  answer: { status: 200, about: "HTML", media: "text/html", also: { 503: "It is not built" } },
});

const getConsoleFile = defineRoute({
  method: "get",
  path: "/ui/assets/{file}",
  tag: "Service",
  summary: "Scripts and styles of the console",
  who: "public",
  params: { file: z.string().meta({ description: "Name of the file", example: "main.js" }) },
  answer: { status: 200, about: "The file, compressed as asked", media: "application/octet-stream" },
  problems: ["ROUTE_UNKNOWN"],
});

const getApiHealth = defineRoute({
  method: "get",
  path: "/ui/health",
  tag: "Service",
  summary: "Liveness of the data routes",
  who: "public",
  answer: {
    status: 200,
    about: "They serve",
    schema: z.object({ status: z.literal("ok") }),
    example: { status: "ok" },
  },
});

export const serviceRoutes = [
  getInfo,
  getDocs,
  getDocsSearch,
  getOpenApi,
  getRedoc,
  getManifest,
  getHealthz,
  getReady,
  getHealth,
  getMetrics,
  getConsole,
  getConsoleFile,
  getApiHealth,
];
