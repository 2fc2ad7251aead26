/** POST /webhooks/clockify and /webhooks/clockify/<EVENT>: verify, read, hand to ingest, acknowledge after its commit. */

import type { Hono } from "hono";
import { entityKey, EVENTS } from "../clockify/events.ts";
import type { OnPoint } from "../crash_point.ts";
import { AppError } from "../errors.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { InstallationStore } from "../installations/store.ts";
import { requireInstalled } from "../installations/store.ts";
import type { Profile } from "../profiles/profile.ts";
import { redactHeaders } from "../telemetry/redact.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { requireWorkspace, type VerifiedDelivery, type WebhookVerifier } from "../verify/webhook.ts";
import type { AppEnv } from "./app_env.ts";
import { parseJsonText, readBody } from "./body.ts";

export interface WebhookDeps {
  profile: Profile;
  addonKey: string;
  /** False only for local tests: then the workspace is taken from the header or the body. */
  requireSignature: boolean;
  maxBodyBytes: number;
  verifier: WebhookVerifier;
  installations: InstallationStore;
  ingest: Ingest;
  tracing: Tracing;
  onPoint?: OnPoint;
  onReceived(
    fact: { eventType: string; outcome: "stored" | "duplicate"; workspaceId: string; requestId: string },
  ): void;
}

const PATH = "/webhooks/clockify";

/** The routes, for the router's answers to other methods; deliveries go around it where the app asks isDelivery() first. */
export function mountWebhooks(app: Hono<AppEnv>, deps: WebhookDeps) {
  app.post(PATH, (c) => receive(c.req.raw, c.env, deps));
  app.post(`${PATH}/:event`, (c) => receive(c.req.raw, c.env, deps));
}

/** True for the requests that receive() serves: they may go around the router, which costs 3 us each. */
export function isDelivery(request: Request, path: string): boolean {
  return request.method === "POST" && path.startsWith(PATH) && /^(\/[^/]+)?$/.test(path.slice(PATH.length));
}

/** Serves one delivery; throws what http/problem.ts turns into an answer. */
export async function receive(
  request: Request,
  { requestId, path }: AppEnv["Bindings"],
  deps: WebhookDeps,
): Promise<Response> {
  const pathEvent = path.length > PATH.length ? path.slice(PATH.length + 1) : undefined;
  if (pathEvent !== undefined && !EVENTS.has(pathEvent)) {
    throw new AppError("ROUTE_UNKNOWN", `Cannot serve the request: no event has this path`);
  }
  // The sender is checked before the body is read: a stranger costs a header, not five megabytes.
  let verified = deps.requireSignature ? verify(request, pathEvent, deps) : undefined;
  if (verified instanceof Promise) verified = await verified;
  const bytes = await readBody(request, deps.maxBodyBytes);
  const { text, json: body } = parseJsonText(bytes);
  const delivery = verified ?? await trust(request, body, pathEvent, deps);
  requireWorkspace(delivery, workspaceIdOf(body));

  const { eventType, installationId, workspaceId } = delivery;
  const span = deps.tracing.startSpan("event.receive", {
    parent: request.headers.get("traceparent") ?? undefined,
    attributes: { "timewire.event_type": eventType, "timewire.workspace_id": workspaceId },
    kind: "server",
  });
  try {
    const receipt = await deps.ingest.receive({
      installationId,
      generation: delivery.generation,
      eventType,
      body: bytes,
      text,
      entityKey: entityKey(eventType, body),
      headers: redactHeaders(request.headers),
      requestId,
      traceparent: deps.tracing.enabled ? span.traceparent : undefined,
    });
    deps.onPoint?.("after_commit");
    const outcome = receipt.duplicate ? "duplicate" : "stored";
    deps.onReceived({ eventType, outcome, workspaceId, requestId });
    const answer = { webhookId: String(receipt.eventId), eventType, workspaceId, status: "received" };
    return Response.json(receipt.duplicate ? { ...answer, duplicate: true } : answer);
  } catch (error) {
    // Another instance may have seen a reinstall: the next delivery is verified anew.
    if (error instanceof AppError && error.code === "INSTALLATION_UNKNOWN") deps.verifier.forget(installationId);
    throw error;
  } finally {
    span.end();
  }
}

function verify(request: Request, pathEvent: string | undefined, deps: WebhookDeps) {
  const { headers } = request;
  return deps.verifier.verify({
    token: headers.get("clockify-signature") ?? undefined,
    profileKey: deps.profile.key,
    addonKey: deps.addonKey,
    path: pathEvent === undefined ? PATH : `${PATH}/${pathEvent}`,
    headerEvent: headers.get("clockify-webhook-event-type") ?? undefined,
    pathEvent,
    headerWorkspaceId: headers.get("clockify-webhook-workspace-id") ?? undefined,
  });
}

/** Verification is switched off: workspace and event are what the sender says. */
async function trust(
  request: Request,
  body: unknown,
  pathEvent: string | undefined,
  deps: WebhookDeps,
): Promise<VerifiedDelivery> {
  const eventType = pathEvent ?? request.headers.get("clockify-webhook-event-type") ?? "";
  if (!EVENTS.has(eventType)) {
    throw new AppError("WEBHOOK_WRONG_EVENT", "Cannot take the event: header clockify-webhook-event-type names none");
  }
  const workspaceId = request.headers.get("clockify-webhook-workspace-id") ?? workspaceIdOf(body);
  if (typeof workspaceId !== "string") {
    throw new AppError("REQUEST_INVALID", "Cannot take the event: neither header nor body names the workspace");
  }
  const { id, generation, addonId } = requireInstalled(await deps.installations.find(deps.profile.key, workspaceId));
  return { installationId: id, generation, workspaceId, addonId, eventType };
}

function workspaceIdOf(body: unknown): unknown {
  return typeof body === "object" && body !== null ? (body as { workspaceId?: unknown }).workspaceId : undefined;
}
