/** /webhooks/custom/{source}: events of other systems, by any method and with any content type. */

import type { Context, Hono } from "hono";
import type { Clock } from "../../base/clock.ts";
import { AppError } from "../../base/errors.ts";
import { asText } from "../../ingest/delivery.ts";
import type { Ingest } from "../../ingest/ingest.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { GuessGuard } from "../../limits/guesses.ts";
import { type Budget, requireBudget, requireBytes } from "../../limits/limits.ts";
import type { Profile } from "../../profiles/profile.ts";
import { bodyChallenge, queryChallenge } from "../../sources/challenge.ts";
import { customEvent, type OwnAnswer } from "../../sources/definition.ts";
import { customType, deliveryIdentity, readDelivery, redactedQuery } from "../../sources/delivery_facts.ts";
import { addressSha256, isKey } from "../../sources/known.ts";
import type { SourceAddress } from "../../sources/known.ts";
import type { OpenedSource, OpenedSources, SourceAsker } from "../../sources/opened.ts";
import type { SourceRate } from "../../sources/rate.ts";
import { type Rules, signsBody } from "../../sources/scheme.ts";
import {
  faultText,
  proofHeaders,
  type SourceFault,
  type SourceRequest,
  type Verdict,
  verifySource,
} from "../../sources/verify.ts";
import { REDACTED, redactHeaders } from "../../telemetry/redact.ts";
import { contextOf, type Tracing } from "../../telemetry/tracing.ts";
import type { AppEnv } from "../server/app_env.ts";
import { senderKey } from "../server/body_account.ts";
import { type BodyLimits, jsonTooDeep, readBody, requireSize, tooManyValues } from "../server/body.ts";

export interface CustomWebhookDeps {
  profile: Profile;
  /** Limits of bodies on this listener; a source may have less. */
  body: BodyLimits;
  sources: OpenedSources;
  /** Requests for addresses that are none, and for names without proof, per address of their sender. */
  guesses: GuessGuard;
  settings: Pick<SettingsSource, "of" | "inMemory">;
  rate: SourceRate;
  /** Rate limit of the installation, for what its senders and Clockify send together; its key is the workspace. */
  budget: Budget;
  /** The same for the bytes of bodies. */
  bytes: Budget;
  ingest: Ingest;
  tracing: Tracing;
  clock: Clock;
  onReceived(fact: CustomReceivedFact): void;
}

export interface CustomReceivedFact {
  source: string;
  outcome: "stored" | "duplicate" | "challenge";
  installationId: number;
  workspaceId: string;
  requestId: string;
  /** None of a challenge. */
  eventId?: number;
}

const PATH = "/webhooks/custom";

/** No browser takes what we echo or answer for a page of ours, whatever it holds. */
const INERT = { "x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox" };

export function mountCustomWebhooks(app: Hono<AppEnv>, deps: CustomWebhookDeps) {
  app.all(`${PATH}/:source`, (c) => receiveCustom(c, deps));
}

async function receiveCustom(c: Context<AppEnv, `${typeof PATH}/:source`>, deps: CustomWebhookDeps): Promise<Response> {
  const request = c.req.raw;
  const { headers, method } = request;
  const { requestId } = c.env;
  const workspaceId = headers.get("x-workspace-id") ?? undefined;
  const { guesses } = deps;
  const asker = { address: c.env.remoteAddress, guesses };
  const place = c.req.param("source");
  const address = { addon: deps.profile.key, place, workspaceId };
  const named = isKey(place) ? undefined : await requireNamed(c, { address, asker }, deps);
  const source = named?.source ?? deps.sources.inMemory(address) ?? await deps.sources.find(address, asker);
  if (!source) throw noSource();
  await requireOpen(source, deps);
  const { definition, installation, secrets } = source;
  const { name, options } = definition;
  const received = (outcome: "stored" | "duplicate" | "challenge", eventId?: number) =>
    deps.onReceived({
      source: name,
      outcome,
      installationId: installation.id,
      workspaceId: installation.workspaceId,
      requestId,
      eventId,
    });
  const echo = (text: string) => {
    received("challenge");
    return new Response(text, { headers: { "content-type": "text/plain; charset=utf-8", ...INERT } });
  };

  const { search, searchParams } = new URL(request.url);
  const nowMs = deps.clock.now();
  const asked = named ? undefined : queryChallenge(options.challenge, { method, query: searchParams, secrets, nowMs });
  if (asked !== undefined) {
    deps.rate.takeUnproven(source.id);
    return echo(asked);
  }
  const maxBytes = Math.min(definition.maxBodyBytes ?? Infinity, deps.body.maxBytes);
  const { sent, signedId } = named ?? await readProven(c, { source, maxBytes, nowMs }, deps);
  requireSize(sent, maxBytes);
  c.env.hold.knownAs(senderKey(deps.profile, installation.workspaceId));
  deps.rate.take({ id: source.id, ratePerSecond: definition.ratePerSecond });
  requireBudget(deps.budget, installation.workspaceId);
  requireBytes(deps.bytes, installation.workspaceId, sent.byteLength);
  if (workspaceId !== undefined && workspaceId !== installation.workspaceId) {
    throw new AppError(
      "WEBHOOK_WRONG_WORKSPACE",
      "Cannot accept the event: X-Workspace-Id is not the source's workspace",
    );
  }
  const query = redactedQuery(searchParams);
  const { body, text, question, type, identity } = readEvent(sent, { source, request, search, query, signedId }, deps);
  if (question !== undefined) return echo(question);

  const span = deps.tracing.startSpan("event.receive", {
    parent: deps.tracing.enabled ? contextOf(headers) : undefined,
    attributes: {
      "timewire.event_type": customEvent(name),
      "timewire.workspace_id": installation.workspaceId,
    },
    kind: "server",
  });
  try {
    const { eventId, duplicate } = await deps.ingest.receive({
      installationId: installation.id,
      generation: installation.generation,
      eventType: customEvent(name),
      body,
      ...asText(text, body),
      ...identity,
      headers: storedHeaders(headers, definition),
      query,
      requestId,
      traceparent: deps.tracing.enabled ? span.traceparent : undefined,
      customSource: name,
      customType: type,
    });
    // A note for people: the answer does not wait for it.
    void deps.sources.noteEvent(source);
    received(duplicate ? "duplicate" : "stored", eventId);
    if (definition.answer) return ownAnswer(definition.answer);
    const answer = {
      status: "received",
      webhookId: String(eventId),
      eventType: type,
      source: name,
      workspaceId: installation.workspaceId,
    };
    return Response.json(duplicate ? { ...answer, duplicate: true } : answer);
  } catch (error) {
    // A reinstall or an uninstall: the next delivery looks again.
    if (error instanceof AppError && error.code === "INSTALLATION_UNKNOWN") {
      deps.sources.forgetInstallation(installation.id);
    }
    throw error;
  } finally {
    span.end();
  }
}

/** What the body says. Its parsed form, which may be many times as large, is let go of before the commit is awaited. */
function readEvent(
  sent: Uint8Array,
  { source: { id: sourceId, definition }, request: { headers, method }, search, query, signedId }: {
    source: OpenedSource;
    request: Request;
    search: string;
    query: ReturnType<typeof redactedQuery>;
    signedId: string | undefined;
  },
  { body: { maxDepth } }: CustomWebhookDeps,
) {
  const { scheme, name, options } = definition;
  const contentType = headers.get("content-type");
  const { body, text, reading } = readDelivery(sent, { query, scheme, name, contentType, maxDepth });
  // Flows walk what is JSON; other text may hold as many brackets as it likes.
  if (reading.isTooDeep) throw jsonTooDeep({ maxDepth });
  if (reading.isTooLarge) throw tooManyValues();
  const json = reading.value;
  return {
    body,
    text,
    question: bodyChallenge(options.challenge, json),
    type: customType(definition, { headers, json }),
    identity: deliveryIdentity({ sourceId, definition, signedId }, { method, headers, json, body, search }),
  };
}

async function requireOpen({ installation, definition }: OpenedSource, { settings }: CustomWebhookDeps): Promise<void> {
  if (installation.status !== "active") {
    throw new AppError("INSTALLATION_UNKNOWN", "Cannot accept the event: the add-on is not active in the workspace");
  }
  if (!definition.enabled) throw new AppError("FEATURE_OFF", "Cannot accept the event: the source is switched off");
  const { customWebhooks } = settings.inMemory(installation) ?? await settings.of(installation);
  if (!customWebhooks) {
    throw new AppError(
      "FEATURE_OFF",
      "Cannot accept the event: webhooks of other systems are switched off in the workspace's settings",
    );
  }
}

/**
 * The verdict on a proven sender, with the delivery id where the scheme signs one; undefined where the body is signed and not
 * there yet. Throws WEBHOOK_SIGNATURE_MISSING or WEBHOOK_SIGNATURE_INVALID, and RATE_LIMITED where too many came before.
 */
function requireSender(
  { id, definition, secrets }: OpenedSource,
  { request: { headers, body }, nowMs, rate }: {
    request: Pick<SourceRequest, "headers"> & Partial<SourceRequest>;
    nowMs: number;
    rate: SourceRate;
  },
): { deliveryId?: string } | undefined {
  const verdict = verifySource(definition, { request: { headers, body: body ?? new Uint8Array() }, secrets, nowMs });
  if (body === undefined && signsBody(definition.scheme) && (verdict.ok || verdict.fault === "proof_wrong")) {
    return undefined;
  }
  if (verdict.ok) return verdict;
  rate.takeUnproven(id);
  const { fault } = verdict;
  throw new AppError(
    MISSING.has(fault) ? "WEBHOOK_SIGNATURE_MISSING" : "WEBHOOK_SIGNATURE_INVALID",
    `Cannot accept the event: ${faultText(fault)}`,
    { details: { reason: fault } },
  );
}

/** The body of a sender at the source's key. What the headers alone prove, or fail to prove, is settled before it is read. */
async function readProven(
  { req: { raw: request }, env: { hold } }: Context<AppEnv>,
  { source, maxBytes, nowMs }: { source: OpenedSource; maxBytes: number; nowMs: number },
  { profile, rate }: CustomWebhookDeps,
): Promise<{ sent: Uint8Array; signedId: string | undefined }> {
  const { headers } = request;
  const inHeaders = requireSender(source, { request: { headers }, nowMs, rate });
  if (inHeaders) hold.knownAs(senderKey(profile, source.installation.workspaceId));
  const sent = await readBody(request, { maxBytes, hold });
  const verdict = inHeaders ?? requireSender(source, { request: { headers, body: sent }, nowMs, rate })!;
  return { sent, signedId: verdict.deliveryId };
}

interface Named {
  source: OpenedSource;
  sent: Uint8Array;
  signedId: string | undefined;
}

/**
 * A source asked for by its name and workspace, with the body whose sender is proven. What a workspace calls its sources is
 * for its senders alone: a name that is none, and one whose sender proves nothing, are refused by the same words, after the
 * same work, at the end of the same second, and count alike for the address. No question in a query is answered here.
 */
async function requireNamed(
  { req: { raw: request }, env: { hold } }: Context<AppEnv>,
  { address, asker }: { address: SourceAddress; asker: SourceAsker },
  { body: { maxBytes }, sources, clock }: CustomWebhookDeps,
): Promise<Named> {
  const { headers } = request;
  if (addressSha256(address) === undefined) throw noSource();
  let source = await sources.find(address, asker);
  const body = await readBody(request, { maxBytes, hold });
  const verify = (): Verdict | undefined =>
    source &&
    verifySource(source.definition, { request: { headers, body }, secrets: source.secrets, nowMs: clock.now() });
  let verdict = verify();
  if (!verdict?.ok) {
    await sources.afterLook();
    // Another instance may have made it a moment ago.
    source ??= await sources.find(address, asker);
    verdict = verify();
  }
  if (source && verdict?.ok) return { source, sent: body, signedId: verdict.deliveryId };
  asker.guesses.admit(asker.address);
  asker.guesses.failed(asker.address);
  throw new AppError(
    "WEBHOOK_SIGNATURE_INVALID",
    "Cannot accept the event: the workspace has no source of this name, or the proof of its sender is absent or wrong",
  );
}

function noSource(): AppError {
  return new AppError("NOT_FOUND", "Cannot accept the event: there is no such source");
}

const MISSING: ReadonlySet<SourceFault> = new Set(["proof_missing", "id_missing", "timestamp_missing"]);

/** Redacted, as all stored headers are; so is what proves the sender, whatever its name. */
function storedHeaders(headers: Headers, rules: Rules): Record<string, string> {
  const kept = redactHeaders(headers);
  for (const name of proofHeaders(rules)) if (name in kept) kept[name] = REDACTED;
  return kept;
}

function ownAnswer({ status, content_type, body }: OwnAnswer): Response {
  if (body === "") return new Response(null, { status });
  const type = content_type.startsWith("text/") ? `${content_type}; charset=utf-8` : content_type;
  // A browser draws XML as a page, whatever the policy: it is offered to be saved instead. Senders look at the body alone.
  const saved = content_type.endsWith("/xml") && { "content-disposition": "attachment" };
  return new Response(body, { status, headers: { "content-type": type, ...saved, ...INERT } });
}
