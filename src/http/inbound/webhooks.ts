/**
 * POST /webhooks/clockify, /webhooks/clockify/<EVENT> and the grouped /webhooks/{category}: verify, read, hand to
 * ingest, acknowledge after its commit.
 */

import type { Hono } from "hono";
import { CATEGORY_EVENTS } from "../../clockify/categories.ts";
import { deliveryIdentity, EVENTS } from "../../clockify/events.ts";
import type { OnPoint } from "../../base/crash_point.ts";
import { AppError } from "../../base/errors.ts";
import { asText } from "../../ingest/delivery.ts";
import type { Ingest } from "../../ingest/ingest.ts";
import type { ActiveInstallations } from "../../installations/active.ts";
import type { GuessGuard } from "../../limits/guesses.ts";
import { type Budget, requireBudget, requireBytes } from "../../limits/limits.ts";
import type { Profile } from "../../profiles/profile.ts";
import { redactHeaders } from "../../telemetry/redact.ts";
import { contextOf, type Tracing } from "../../telemetry/tracing.ts";
import { hmacSignature, requireHmac } from "../../verify/hmac.ts";
import { requireWorkspace, type VerifiedDelivery, type WebhookVerifier } from "../../verify/webhook.ts";
import type { AppEnv } from "../server/app_env.ts";
import { senderKey } from "../server/body_account.ts";
import { type BodyLimits, parseJsonText, readBody } from "../server/body.ts";
import type { ReadHeaders } from "../server/read_headers.ts";

export interface WebhookDeps {
  profile: Profile;
  addonKey: string;
  /** False only for local tests: then the workspace is read from the header or the body. */
  requireSignature: boolean;
  body: BodyLimits;
  /** Deliveries of an installation; its key is the workspace. */
  budget: Budget;
  /** The same for the bytes of bodies. */
  bytes: Budget;
  verifier: WebhookVerifier;
  /** Failures of tokens that are not stored, per address. */
  guesses: GuessGuard;
  /** For deliveries without a token. */
  active: ActiveInstallations;
  ingest: Ingest;
  tracing: Tracing;
  onPoint?: OnPoint;
  /** Set: a delivery without a Clockify token may be signed by HMAC instead (verify/hmac.ts). */
  hmac?: { secret: string; onAccepted(): void };
  onReceived(fact: ReceivedFact): void;
  /** A category's path received an event that it is not meant for; it was accepted all the same. */
  onUnlisted(fact: { category: string; eventType: string; workspaceId: string; requestId: string }): void;
}

export interface ReceivedFact {
  eventType: string;
  outcome: "stored" | "duplicate";
  installationId: number;
  workspaceId: string;
  requestId: string;
  eventId: number;
}

const PATH = "/webhooks/clockify";

/** The routes, for the router's answers to other methods; deliveries go around it where the app asks isDelivery() first. */
export function mountWebhooks(app: Hono<AppEnv>, deps: WebhookDeps) {
  app.post(PATH, (c) => receive(c.req.raw, c.env, deps));
  app.post(`${PATH}/:event`, (c) => receive(c.req.raw, c.env, deps));
  if (!deps.profile.features.categoryWebhooks) return;
  for (const category of Object.keys(CATEGORY_EVENTS)) {
    app.post(`/webhooks/${category}`, (c) => receive(c.req.raw, { ...c.env, category }, deps));
  }
}

/** True for the requests that receive() serves: they may go around the router, which costs 3 us each. */
export function isDelivery(request: Request, path: string): boolean {
  if (request.method !== "POST" || !path.startsWith(PATH)) return false;
  const rest = path.length - PATH.length;
  return rest === 0 || (rest > 1 && path[PATH.length] === "/" && path.indexOf("/", PATH.length + 1) === -1);
}

/** Serves one delivery; throws what http/server/problem.ts turns into an answer. `category`: on the path of one. */
export async function receive(
  request: Request,
  { requestId, path, category, headers, hold, remoteAddress: address }: AppEnv["Bindings"] & { category?: string },
  deps: WebhookDeps,
): Promise<Response> {
  const pathEvent = category === undefined && path.length > PATH.length ? path.slice(PATH.length + 1) : undefined;
  if (pathEvent !== undefined && !EVENTS.has(pathEvent)) {
    throw new AppError("ROUTE_UNKNOWN", `Cannot serve the request: no event has this path`);
  }
  // The sender is checked before the body is read: a stranger costs a header, not five megabytes.
  const { requireSignature, hmac } = deps;
  const signature = hmac && requireSignature ? hmacSignature(headers) : undefined;
  const byToken = requireSignature && signature === undefined;
  const headerEvent = headers.get("clockify-webhook-event-type");
  const known = (workspaceId: string) => hold.knownAs(senderKey(deps.profile, workspaceId));
  let verified: VerifiedDelivery | undefined;
  // Charged before it is read, where the sender is known and says how much comes.
  let charged = false;
  if (byToken && category !== undefined && headerEvent === undefined) {
    // The body names the event whose token it must be: before it is read the token must be one of Clockify's for this add-on.
    const { addonKey, guesses } = deps;
    known((await deps.verifier.verifySender({ token: tokenOf(headers), addonKey, address, guesses })).workspaceId);
  } else if (byToken) {
    const found = verify(headers, { pathEvent, headerEvent, address }, deps);
    verified = found instanceof Promise ? await found : found;
    known(verified.workspaceId);
    requireBudget(deps.budget, verified.workspaceId);
    const declared = Number(headers.get("content-length") ?? NaN);
    charged = declared <= deps.body.maxBytes;
    if (charged) requireBytes(deps.bytes, verified.workspaceId, declared);
  }
  const bytes = await readBody(request, { maxBytes: deps.body.maxBytes, hold, headers });
  if (hmac && signature !== undefined) requireHmac({ secret: hmac.secret, signature, body: bytes });
  let { text, json: body }: { text: string | undefined; json: unknown } = parseJsonText(bytes, deps.body);
  const named = verified?.eventType ?? pathEvent ?? headerEvent ?? eventTypeOf(body, category);
  const delivery = verified ??
    (byToken
      ? await verify(headers, { pathEvent, headerEvent: named, address }, deps)
      : await trust(headers, { body, eventType: named }, deps));
  if (hmac && signature !== undefined) hmac.onAccepted();
  requireWorkspace(delivery, workspaceIdOf(body));
  if (!verified) {
    known(delivery.workspaceId);
    requireBudget(deps.budget, delivery.workspaceId);
  }
  if (!charged) requireBytes(deps.bytes, delivery.workspaceId, bytes.byteLength);

  const { eventType, installationId, workspaceId } = delivery;
  const parts = { ...asText(text, bytes), ...deliveryIdentity(eventType, body) };
  // Not held while it waits: text and objects of a large body are several times its size.
  text = body = undefined;
  const span = deps.tracing.startSpan("event.receive", {
    parent: deps.tracing.enabled ? contextOf(headers) : undefined,
    attributes: { "timewire.event_type": eventType, "timewire.workspace_id": workspaceId },
    kind: "server",
  });
  try {
    const receipt = await deps.ingest.receive({
      installationId,
      generation: delivery.generation,
      eventType,
      body: bytes,
      ...parts,
      headers: redactHeaders(headers),
      requestId,
      traceparent: deps.tracing.enabled ? span.traceparent : undefined,
    });
    deps.onPoint?.("after_commit");
    const outcome = receipt.duplicate ? "duplicate" : "stored";
    deps.onReceived({ eventType, outcome, installationId, workspaceId, requestId, eventId: receipt.eventId });
    if (category !== undefined && !CATEGORY_EVENTS[category]!.includes(eventType)) {
      deps.onUnlisted({ category, eventType, workspaceId, requestId });
    }
    const answer = { webhookId: String(receipt.eventId), eventType, workspaceId, status: "received" };
    return Response.json(receipt.duplicate ? { ...answer, duplicate: true } : answer);
  } catch (error) {
    // Another instance may have seen a reinstall: the next delivery is verified again.
    if (error instanceof AppError && error.code === "INSTALLATION_UNKNOWN") {
      deps.verifier.forget(installationId);
      deps.active.forget(installationId);
    }
    throw error;
  } finally {
    span.end();
  }
}

function verify(
  headers: ReadHeaders,
  { pathEvent, headerEvent, address }: {
    pathEvent: string | undefined;
    headerEvent: string | undefined;
    address: string;
  },
  deps: WebhookDeps,
) {
  return deps.verifier.verify({
    token: tokenOf(headers),
    profileKey: deps.profile.key,
    addonKey: deps.addonKey,
    path: pathEvent === undefined ? PATH : `${PATH}/${pathEvent}`,
    headerEvent,
    pathEvent,
    headerWorkspaceId: headers.get("clockify-webhook-workspace-id"),
    address,
    guesses: deps.guesses,
  });
}

function tokenOf(headers: ReadHeaders): string | undefined {
  return headers.get("clockify-signature");
}

/** Verification is switched off, or by HMAC, which names no workspace: workspace and event are what the sender says. */
async function trust(
  headers: ReadHeaders,
  { body, eventType }: { body: unknown; eventType: string | undefined },
  deps: WebhookDeps,
): Promise<VerifiedDelivery> {
  if (eventType === undefined) {
    throw new AppError("WEBHOOK_WRONG_EVENT", "Cannot accept the event: neither path, header nor body names one");
  }
  if (!EVENTS.has(eventType)) {
    throw new AppError("WEBHOOK_WRONG_EVENT", "Cannot accept the event: Clockify has no event of the type it names");
  }
  const workspaceId = headers.get("clockify-webhook-workspace-id") ?? workspaceIdOf(body);
  if (typeof workspaceId !== "string") {
    throw new AppError(
      "REQUEST_INVALID",
      "Cannot accept the event: neither the header clockify-webhook-workspace-id nor workspaceId in the body names the workspace",
    );
  }
  const { id, generation, addonId } = await deps.active.find(deps.profile.key, workspaceId);
  return { installationId: id, generation, workspaceId, addonId, eventType };
}

/** Older senders name the event in the body; else it is the only one of the category. */
function eventTypeOf(body: unknown, category: string | undefined): string | undefined {
  const { eventType, event_type } = (body ?? {}) as { eventType?: unknown; event_type?: unknown };
  const named = eventType ?? event_type;
  if (typeof named === "string") return named;
  const listed = category === undefined ? [] : CATEGORY_EVENTS[category]!;
  return listed.length === 1 ? listed[0] : undefined;
}

function workspaceIdOf(body: unknown): unknown {
  return typeof body === "object" && body !== null ? (body as { workspaceId?: unknown }).workspaceId : undefined;
}
