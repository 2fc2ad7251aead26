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
import { bodyChallenge, type ChallengeAnswer, openChallenge } from "../../sources/challenge.ts";
import { customEvent } from "../../sources/definition.ts";
import {
  customType,
  deliveryIdentity,
  readDelivery,
  redactedQuery,
  storedHeaders,
} from "../../sources/delivery_facts.ts";
import { secretFault } from "../../sources/keys.ts";
import { isKey } from "../../sources/known.ts";
import type { OpenedSource, OpenedSources } from "../../sources/opened.ts";
import type { SourceRate } from "../../sources/rate.ts";
import type { SourceStore } from "../../sources/store.ts";
import type { SourceRequest } from "../../sources/verdict.ts";
import { validSecrets, verifySource } from "../../sources/verify.ts";
import { contextOf, type Tracing } from "../../telemetry/tracing.ts";
import type { AppEnv } from "../server/app_env.ts";
import { senderKey } from "../server/body_account.ts";
import { type BodyLimits, jsonTooDeep, requireSize, tooManyValues } from "../server/body.ts";
import { noSource, readProven, requireNamed } from "./sender_proof.ts";
import { challengeAnswer, ownAnswer, probeAnswer } from "./source_answers.ts";

export interface CustomWebhookDeps {
  profile: Profile;
  /** Limits of bodies on this listener; a source may have less. */
  body: BodyLimits;
  sources: OpenedSources;
  /** Keeps a secret that a sender gives with its question, where the source has none. */
  adopt: SourceStore["adopt"];
  /** Public address, as senders are given it: what some of them sign. */
  baseUrl: string;
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

export function mountCustomWebhooks(app: Hono<AppEnv>, deps: CustomWebhookDeps) {
  app.all(`${PATH}/:source`, (c) => receiveCustom(c, deps));
  // Forms of senders, and people, add a slash.
  app.all(`${PATH}/:source/`, (c) => receiveCustom(c, deps));
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
  const { pathname, search, searchParams } = new URL(request.url);
  const url = `${deps.baseUrl}${pathname}${search}`;
  const named = isKey(place) ? undefined : await requireNamed(c, { address, asker, url }, deps);
  const source = named?.source ?? deps.sources.inMemory(address) ?? await deps.sources.find(address, asker);
  if (!source) throw noSource();
  await requireOpen(source, deps);
  const { definition, installation } = source;
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
  const answerChallenge = async (answer: ChallengeAnswer): Promise<Response> => {
    if (answer.secret !== undefined) await adoptSecret(answer.secret, { answer, source }, deps);
    received("challenge");
    return challengeAnswer(answer);
  };

  const nowMs = deps.clock.now();
  if (!named) {
    const secrets = validSecrets(source.secrets, nowMs).map(({ value }) => value);
    const asked = openChallenge(options.challenge, {
      method,
      query: searchParams,
      headers,
      key: place,
      validSecrets: secrets,
    });
    const probe = asked ? undefined : probeAnswer(method);
    if (asked || probe) deps.rate.takeUnproven(source.id);
    if (asked) return await answerChallenge(asked);
    if (probe) {
      received("challenge");
      return probe;
    }
  }
  const maxBytes = Math.min(definition.maxBodyBytes ?? Infinity, deps.body.maxBytes);
  const { sent, signedId, question: first } = named ?? await readProven(c, { source, maxBytes, nowMs, url }, deps);
  if (first) return await answerChallenge(first);
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
  const query = redactedQuery(searchParams, definition);
  const { body, text, question, type, identity } = readEvent(sent, { source, request, search, query, signedId }, deps);
  if (question) return await answerChallenge(question);

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
      headers: storedHeaders(request, { rules: definition, remoteAddress: c.env.remoteAddress }),
      query,
      requestId,
      traceparent: deps.tracing.enabled ? span.traceparent : undefined,
      customSource: name,
      customType: type,
    });
    // A note for people: the answer does not wait for it.
    void deps.sources.noteEvent(source);
    if (isUnderOldSecret(source, { headers, method, url, body: sent }, nowMs)) void deps.sources.noteOldSecret(source);
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

/** Of a proven delivery: whether the newest secret does not prove it. Looked at while a secret is being replaced only. */
function isUnderOldSecret({ definition, secrets }: OpenedSource, request: SourceRequest, nowMs: number): boolean {
  const [newest, ...older] = validSecrets(secrets, nowMs);
  return older.length > 0 && !verifySource(definition, { request, secrets: [newest!], nowMs }).ok;
}

/** What the body says. Its parsed form, which may be many times as large, is let go of before the commit is awaited. */
function readEvent(
  sent: Uint8Array,
  { source: { id: sourceId, definition, secrets }, request: { headers, method }, search, query, signedId }: {
    source: OpenedSource;
    request: Request;
    search: string;
    query: ReturnType<typeof redactedQuery>;
    signedId: string | undefined;
  },
  { body: { maxDepth }, clock }: CustomWebhookDeps,
) {
  const contentType = headers.get("content-type");
  const { body, text, reading } = readDelivery(sent, { query, definition, contentType, maxDepth });
  // Flows walk what is JSON; other text may hold as many brackets as it likes.
  if (reading.isTooDeep) throw jsonTooDeep({ maxDepth });
  if (reading.isTooLarge) throw tooManyValues();
  const json = reading.value;
  return {
    body,
    text,
    question: bodyChallenge(definition.options.challenge, {
      headers,
      json,
      validSecrets: validSecrets(secrets, clock.now()).map(({ value }) => value),
    }),
    type: customType(definition, { headers, json }),
    identity: deliveryIdentity({ sourceId, definition, signedId }, { method, headers, json, body, search }),
  };
}

/** Of two askers at once the first one's is kept, and the other is refused. */
async function adoptSecret(
  secret: string,
  { answer, source: { id, installation, definition } }: { answer: ChallengeAnswer; source: OpenedSource },
  { adopt, sources }: CustomWebhookDeps,
): Promise<void> {
  const isKept = secretFault(definition, secret) === undefined &&
    await adopt(installation.id, id, { secret, isUnseen: answer.isShown === true });
  sources.forget(id);
  if (isKept) return;
  throw new AppError(
    "WEBHOOK_SIGNATURE_INVALID",
    "Cannot take the sender's secret: the source has one, or it has another form; rotate the source, or create another one",
  );
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
