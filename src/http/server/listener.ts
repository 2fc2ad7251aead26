/** Deno.serve: gives each request its id, turns errors into problems, and writes one line of log and metrics at its end. */

import type { Clock } from "../../base/clock.ts";
import { AppError } from "../../base/errors.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { AppEnv } from "./app_env.ts";
import type { BodyAccount } from "./body_account.ts";
import { problemOf } from "./problem.ts";
import { clientAddress, type TrustedProxies } from "./proxies.ts";
import { type ReadHeaders, readHeaders } from "./read_headers.ts";
import { setRateLimits } from "./rate_limits.ts";

export interface RequestFact {
  method: string;
  /** Path without query: the query may carry a token. */
  path: string;
  status: number;
  durationMs: number;
  /** Error code of a problem. */
  code?: string;
  /** Short reason behind the code (details.reason), from a closed list. */
  reason?: string;
}

/** What serves the requests: a Hono app, or something around one. */
export interface App {
  fetch(request: Request, bindings: AppEnv["Bindings"]): Response | Promise<Response>;
}

/** Where a listener listens. */
export interface Place {
  /** Named where it cannot. */
  service: string;
  hostname: string;
  port: number;
  /** The environment variable that sets it. */
  portVariable: string;
}

export interface HandlerOptions {
  app: App;
  clock: Clock;
  log: Logger;
  /** Requests in progress beyond this are refused with 503. */
  maxOpenRequests: number;
  /** One for all listeners. */
  bodies: BodyAccount;
  /** Of the Workflow Management API, as in "/api/v1": problems below it have the form of its documents too. */
  apiPrefix?: string;
  /** Undefined: X-Forwarded-For counts for nothing. */
  trustedProxies?: TrustedProxies;
  onStart(): void;
  onEnd(fact: RequestFact): void;
}

export interface Listener {
  port: number;
  /** Refuses new requests with 503, waits up to `graceMs` for those in progress, and closes the port. */
  stop(graceMs: number): Promise<void>;
}

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Listens. Throws START_FAILED when the port is in use or may not be used. */
export function listen(place: Place, options: HandlerOptions): Listener {
  const { hostname, port, portVariable, service } = place;
  const traffic: Traffic = { open: 0 };
  const handle = createHandler(options, traffic);
  try {
    return serveTraffic({ at: { hostname, port }, traffic, clock: options.clock }, handle);
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? `the port is taken; stop what uses it or set ${portVariable}`
      : (error as Error).message;
    throw new AppError("START_FAILED", `Cannot listen on ${hostname}:${port} for ${service}: ${reason}`, {
      cause: error,
    });
  }
}

/** The Deno.serve itself; `at` absent: where the host says. Throws what Deno.serve throws. */
export function serveTraffic(
  { at, traffic, clock }: { at?: { hostname: string; port: number }; traffic: Traffic; clock: Clock },
  handle: (request: Request, remote: Deno.Addr) => Promise<Response>,
): Listener {
  const server = Deno.serve({
    ...at,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, (request, info) => {
    if (traffic.onIdle) {
      return new Response(null, { status: 503, headers: { "retry-after": "1", "connection": "close" } });
    }
    return handle(request, info.remoteAddr);
  });
  return {
    port: server.addr.port,
    stop: async (graceMs) => {
      // shutdown() waits for handlers, yet cuts off the bodies they are still reading (Deno 2.9): let them end before.
      const idle = new Promise<void>((resolve) => traffic.onIdle = resolve);
      const timer = new AbortController();
      if (traffic.open > 0) await Promise.race([idle, clock.sleep(graceMs, timer.signal).catch(() => {})]);
      timer.abort();
      await server.shutdown();
    },
  };
}

/** The requests of one Deno.serve, whichever handler has them. */
export interface Traffic {
  /** Requests in progress. */
  open: number;
  /** Set at stop: called when the last of them has its answer. */
  onIdle?: () => void;
}

/** `basePath`: what stands before the paths of the app in those of the requests, as in "/api-studio". */
export function createHandler(
  { app, clock, log, maxOpenRequests, bodies, trustedProxies, apiPrefix, onStart, onEnd }: HandlerOptions,
  traffic: Traffic,
  basePath = "",
): (request: Request, remote: Deno.Addr) => Promise<Response> {
  return async function handle(request: Request, remote: Deno.Addr): Promise<Response> {
    const startedMs = clock.monotonicMs();
    const headers = readHeaders(request.headers);
    const requestId = requestIdOf(headers);
    const sentPath = pathOf(request.url);
    const path = withoutBase(onceSlashed(sentPath), basePath);
    const peer = "hostname" in remote ? remote.hostname : "";
    const forwardedFor = headers.get("x-forwarded-for") ?? null;
    const remoteAddress = clientAddress(peer, { forwardedFor, trusted: trustedProxies });
    const isForwarded = forwardedFor !== null || headers.has("forwarded");
    const hold = bodies.open(remoteAddress);
    const bindings: AppEnv["Bindings"] = { requestId, path, headers, remoteAddress, isForwarded, hold };
    if (basePath !== "") bindings.basePath = basePath;
    if (apiPrefix !== undefined && path.startsWith(`${apiPrefix}/`)) bindings.problemForm = { path, at: clock.now() };
    onStart();
    traffic.open++;
    let response: Response;
    let failure: AppError | undefined;
    try {
      if (traffic.open > maxOpenRequests) {
        throw new AppError("OVERLOADED", `Cannot serve the request: ${maxOpenRequests} are in progress`, {
          retryable: true,
        });
      }
      if (!KNOWN_METHODS.has(request.method)) {
        throw new AppError("METHOD_NOT_ALLOWED", "Cannot serve the request: the method is unknown here", {
          details: { allow: METHODS },
        });
      }
      response = await app.fetch(path === sentPath ? request : withPath(request, path), bindings);
    } catch (error) {
      const problem = problemOf(error, requestId, bindings.problemForm);
      response = problem.response;
      for (const [name, value] of bindings.problemHeaders ?? []) response.headers.set(name, value);
      failure = problem.error;
    }
    hold.end();
    if (basePath !== "") putBehind(response.headers, basePath);
    setHeaders(response.headers, bindings);
    const { status } = response;
    const level = status >= 500 ? "error" : status >= 400 || !isQuiet(path) ? "info" : "debug";
    const durationMs = clock.monotonicMs() - startedMs;
    if (level !== "debug" || log.enabled("DEBUG")) {
      log[level]("request.completed", {
        request_id: requestId,
        correlation_id: requestId,
        method: request.method,
        path: loggedPath(path),
        status,
        duration_ms: durationMs,
        client_host: remoteAddress,
        // Under the names of the API's documents.
        ...(bindings.problemForm && { status_code: status, user_agent: headers.get("user-agent")?.slice(0, 200) }),
        workspace_id: hold.workspaceId(),
        ...(bindings.actor && {
          actor_kind: bindings.actor.kind,
          actor: bindings.actor.name,
          workspace_id: bindings.actor.workspaceId,
          installation_id: bindings.actor.installationId,
        }),
        ...(failure && { code: failure.code, error: failure }),
      });
    }
    const reason = typeof failure?.details.reason === "string" ? failure.details.reason : undefined;
    onEnd({ method: request.method, path, status, durationMs, code: failure?.code, reason });
    traffic.open--;
    if (traffic.open === 0) traffic.onIdle?.();
    return response;
  };
}

/** What is asked for without end, and says nothing where it goes well: at DEBUG then, as is each part of the console. */
const PROBES = new Set(["/healthz", "/ready", "/health", "/health/ready", "/metrics", "/ui/health"]);

/** True for a delivery, whose own line is written at DEBUG too: at INFO it would cost more than its storing. */
function isQuiet(path: string): boolean {
  return path.startsWith("/webhooks/") || PROBES.has(path) || path.includes("/assets/");
}

/** The address of a custom source ends in an unguessable key (sources/store.ts): the log has the name alone. */
function loggedPath(path: string): string {
  return path.startsWith("/webhooks/custom/") ? path.replace(/-(?:[a-z2-7]{26}|[a-z2-7]{16})(?=\/?$)/, "-...") : path;
}

/** Others are refused before they meet a route; TRACE would give a sender's headers back. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const KNOWN_METHODS = new Set(METHODS);

/** What is the same for everybody; all other answers are kept by no cache. */
const PUBLIC_PATHS = new Set([
  "/",
  "/docs",
  "/docs/search.js",
  "/redoc",
  "/openapi.json",
  "/manifest",
  "/healthz",
  "/ready",
  "/health",
]);
/** For answers that are no page: should a browser take one for a page nevertheless, it runs and loads nothing. */
const NO_PAGE = "default-src 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

/** For browsers: a delivery's answer, which none reads, carries the least. */
function setHeaders(headers: Headers, bindings: AppEnv["Bindings"]) {
  const { requestId, path } = bindings;
  headers.set("x-request-id", requestId);
  if (bindings.problemForm) headers.set("x-correlation-id", requestId);
  headers.set("x-content-type-options", "nosniff");
  if (path.startsWith("/webhooks/")) return;
  if (bindings.rateLimits) setRateLimits(headers, bindings.rateLimits);
  headers.set("referrer-policy", "no-referrer");
  headers.set("cross-origin-resource-policy", "same-origin");
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", NO_PAGE);
  if (!PUBLIC_PATHS.has(path) && !headers.has("cache-control")) headers.set("cache-control", "no-store");
}

/** The same request for another path. Without its signal, whose mere reading makes Deno 2.9 warn of what it aborts on. */
export function withPath(request: Request, path: string): Request {
  const url = new URL(request.url);
  url.pathname = path;
  const { method, headers, body } = request;
  return new Request(url, { method, headers, body });
}

function requestIdOf(headers: ReadHeaders): string {
  const given = headers.get("x-request-id") ?? headers.get("x-correlation-id");
  return given !== undefined && REQUEST_ID.test(given) ? given : crypto.randomUUID();
}

/** Clockify joins base address and path with two slashes. */
export function onceSlashed(path: string): string {
  return path.includes("//") ? path.replaceAll(/\/{2,}/g, "/") : path;
}

function withoutBase(path: string, basePath: string): string {
  if (basePath === "") return path;
  return path.slice(basePath.length) || "/";
}

/** A place of the app, as in Location, as its callers write it. */
function putBehind(headers: Headers, basePath: string): void {
  const location = headers.get("location");
  if (location?.startsWith("/")) headers.set("location", basePath + location);
}

/** The path of an absolute URL, cut without parsing it: this runs for every request. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  if (start === -1) return "/";
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}
