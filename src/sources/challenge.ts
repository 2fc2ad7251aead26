/** Challenges: senders that first ask whether an address is ours, and the answer that each expects. */

import { createHmac } from "node:crypto";
import { mediaType } from "../events/content_type.ts";
import { fieldOf } from "./body_fields.ts";
import { secretEqual } from "./equal.ts";

export const CHALLENGES = [
  "slack",
  "meta",
  "microsoft_graph",
  "dropbox",
  "asana",
  "cloudevents",
  "discord",
  "event_grid",
  "monday",
  "notion",
  "okta",
  "twitch",
  "websub",
  "woocommerce",
  "xero",
  "zoom",
] as const;
export type Challenge = (typeof CHALLENGES)[number];

const FORM = "application/x-www-form-urlencoded";
/** Longer texts are no sender's. */
const MAX_CHARS = 1_024;

export interface ChallengeAnswer {
  status?: number;
  /** As text; an object is sent as JSON. */
  body?: string | Record<string, unknown>;
  headers?: Record<string, string>;
  /** A secret that the sender gave with its question: the source's from now on. */
  secret?: string;
  /** True where an admin is to see that secret once, and enter it at the sender. */
  isShown?: true;
}

/** What is asked before anything is signed. */
interface Question {
  method: string;
  query: URLSearchParams;
  headers: Headers;
  /** Last part of the source's address: whoever asks there knows it. */
  key: string;
  validSecrets: readonly string[];
}

/** The same in a verified body. */
interface BodyQuestion {
  headers: Headers;
  json: unknown;
  validSecrets: readonly string[];
}

const text = (body: string | null | undefined): ChallengeAnswer | undefined => isShort(body) ? { body } : undefined;

/** From the senders' own documents, by the title that each is found under. */
const BEFORE_PROOF: Partial<Record<Challenge, (question: Question) => ChallengeAnswer | undefined>> = {
  // Meta, "Create a webhook endpoint", GET requests. A wrong token may be another source's: it is refused.
  meta: ({ method, query, key, validSecrets }) => {
    if (method !== "GET" || query.get("hub.mode") !== "subscribe") return undefined;
    const token = query.get("hub.verify_token") ?? "";
    return [key, ...validSecrets].some((one) => secretEqual(one, token)) ? text(query.get("hub.challenge")) : undefined;
  },
  // W3C WebSub, "Hub Verifies Intent of the Subscriber"
  websub: ({ method, query }) =>
    method === "GET" && query.has("hub.mode") ? text(query.get("hub.challenge")) : undefined,
  // Microsoft Graph, "Receive change notifications through webhooks"
  microsoft_graph: ({ method, query }) => method === "POST" ? text(query.get("validationToken")) : undefined,
  // Dropbox, "Webhooks"
  dropbox: ({ method, query }) => method === "GET" ? text(query.get("challenge")) : undefined,
  // Okta, "Event hooks", the one-time verification request
  okta: ({ method, headers }) => {
    const verification = headers.get("x-okta-verification-challenge");
    return method === "GET" && isShort(verification) ? { body: { verification } } : undefined;
  },
  // Asana, "Establish a webhook", the confirmation handshake. Once there is a secret, another one is another webhook's.
  asana: ({ method, headers, validSecrets }) => {
    const secret = headers.get("x-hook-secret");
    if (method !== "POST" || !isShort(secret) || validSecrets.length > 0) return undefined;
    return { headers: { "x-hook-secret": secret }, secret };
  },
  // WooCommerce, deliver_ping() of WC_Webhook: its first request is unsigned, and says the webhook's id in a form
  woocommerce: ({ method, headers }) => {
    const isPing = method === "POST" && /^WooCommerce\/\S+ Hookshot\b/.test(headers.get("user-agent") ?? "") &&
      !headers.has("x-wc-webhook-topic") && mediaType(headers.get("content-type")) === FORM;
    return isPing ? {} : undefined;
  },
  cloudevents: allowOrigin,
  // Azure Event Grid, "Endpoint validation with CloudEvents schema"
  event_grid: allowOrigin,
};

/** CloudEvents, "HTTP 1.1 Web Hooks for Event Delivery", validation request */
function allowOrigin({ method, headers }: Pick<Question, "method" | "headers">): ChallengeAnswer | undefined {
  const origin = headers.get("webhook-request-origin");
  if (method !== "OPTIONS" || !isShort(origin)) return undefined;
  return { headers: { "webhook-allowed-origin": origin, "webhook-allowed-rate": "*", "allow": "POST" } };
}

const AFTER_PROOF: Partial<Record<Challenge, (question: BodyQuestion) => ChallengeAnswer | undefined>> = {
  // Slack, "url_verification event"
  slack: ({ json }) => fieldOf(json, "type") === "url_verification" ? text(fieldOf(json, "challenge")) : undefined,
  // Twitch, "Handling Webhook Events", responding to a challenge request
  twitch: ({ headers, json }) =>
    headers.get("twitch-eventsub-message-type") === "webhook_callback_verification"
      ? text(fieldOf(json, "challenge"))
      : undefined,
  // Zoom, "Using webhooks", validate your webhook endpoint
  zoom: ({ json, validSecrets: [secret] }) => {
    const plainToken = fieldOf(json, "payload.plainToken");
    if (fieldOf(json, "event") !== "endpoint.url_validation" || !isShort(plainToken) || !secret) return undefined;
    return { body: { plainToken, encryptedToken: createHmac("sha256", secret).update(plainToken).digest("hex") } };
  },
  // Xero, "Configuring your server", intent to receive: what holds no event. It wants no body, neither here nor with a 401.
  xero: ({ json }) => {
    const events = (json as { events?: unknown } | null | undefined)?.events;
    return Array.isArray(events) && events.length === 0 && fieldOf(json, "entropy") !== undefined ? {} : undefined;
  },
  // monday.com, "Webhooks", URL verification: a body of the challenge alone
  monday: ({ json }) => {
    const challenge = fieldOf(json, "challenge");
    return isShort(challenge) && Object.keys(json as object).length === 1 ? { body: { challenge } } : undefined;
  },
  // Azure Event Grid, "SubscriptionValidationResponse", by the validation code
  event_grid: ({ json }) => {
    const validationResponse = fieldOf(json, "0.data.validationCode");
    if (fieldOf(json, "0.eventType") !== "Microsoft.EventGrid.SubscriptionValidationEvent") return undefined;
    return isShort(validationResponse) ? { body: { validationResponse } } : undefined;
  },
  // Discord, "Interactions" (a PING of type 1, which has a token) and "Webhook Events" (a PING of type 0)
  discord: ({ json }) => {
    const type = fieldOf(json, "type");
    if (type === "1" && fieldOf(json, "token") !== undefined) return { body: { type: 1 } };
    return type === "0" ? { status: 204 } : undefined;
  },
};

/** Bodies that are asked for while a source has no secret: what they hold is the secret. */
const UNPROVEN_BODY: Partial<Record<Challenge, (json: unknown) => ChallengeAnswer | undefined>> = {
  // Notion, "Webhooks", the token of a new subscription
  notion: (json) => {
    const secret = fieldOf(json, "verification_token");
    return isShort(secret) && secret.length >= 16 ? { secret, isShown: true } : undefined;
  },
};

/** The answer to a question in the query or the headers; undefined when it is none, or is not the source's sender's. */
export function openChallenge(challenge: Challenge | undefined, question: Question): ChallengeAnswer | undefined {
  return challenge && BEFORE_PROOF[challenge]?.(question);
}

/** The same for a question in a verified body. */
export function bodyChallenge(challenge: Challenge | undefined, question: BodyQuestion): ChallengeAnswer | undefined {
  return challenge && AFTER_PROOF[challenge]?.(question);
}

/** The same for a body that nothing proves, of a source that has no secret yet. */
export function firstBodyChallenge(challenge: Challenge | undefined, json: unknown): ChallengeAnswer | undefined {
  return challenge && UNPROVEN_BODY[challenge]?.(json);
}

/** Whether the sender takes a refusal for none that has a body. */
export function wantsBareRefusal(challenge: Challenge | undefined): boolean {
  return challenge === "xero";
}

/** Whether the sender gives its secret in a body while the source has none. */
export function givesSecretInBody(challenge: Challenge | undefined): boolean {
  return challenge !== undefined && Object.hasOwn(UNPROVEN_BODY, challenge);
}

function isShort(text: string | null | undefined): text is string {
  return typeof text === "string" && text !== "" && text.length <= MAX_CHARS;
}
