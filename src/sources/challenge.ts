/** Challenges: senders that first ask whether an address is ours, and the text that each expects back. */

import type { Rules } from "./scheme.ts";
import { secretEqual, type SourceSecret } from "./verify.ts";

type Challenge = NonNullable<Rules["options"]["challenge"]>;

/** Longer ones are no sender's. */
const MAX_CHARS = 1_024;

/** What is asked in the query, before anything is signed. */
const ASKED_IN_QUERY: Partial<
  Record<Challenge, (method: string, query: URLSearchParams, validSecrets: readonly string[]) => string | null>
> = {
  // developers.facebook.com, "Webhooks: verification requests"
  meta: (method, query, validSecrets) => {
    if (method !== "GET" || query.get("hub.mode") !== "subscribe") return null;
    const token = query.get("hub.verify_token") ?? "";
    return validSecrets.some((secret) => secretEqual(secret, token)) ? query.get("hub.challenge") : null;
  },
  // learn.microsoft.com, "Receive change notifications through webhooks"
  microsoft_graph: (method, query) => method === "POST" ? query.get("validationToken") : null,
  // dropbox.com/developers, "Webhooks"
  dropbox: (method, query) => method === "GET" ? query.get("challenge") : null,
};

/** The text that a question in the query wants back; undefined when it is none, or is not the source's sender's. */
export function queryChallenge(
  challenge: Challenge | undefined,
  { method, query, secrets, nowMs }: {
    method: string;
    query: URLSearchParams;
    secrets: readonly SourceSecret[];
    nowMs: number;
  },
): string | undefined {
  const read = challenge && ASKED_IN_QUERY[challenge];
  if (!read) return undefined;
  const valid = secrets.filter(({ expiresAtMs = Infinity }) => nowMs < expiresAtMs).map(({ value }) => value);
  return bearable(read(method, query, valid));
}

/** The same for a question in a verified body: Slack's url_verification (docs.slack.dev). */
export function bodyChallenge(challenge: Challenge | undefined, body: unknown): string | undefined {
  if (challenge !== "slack" || typeof body !== "object" || body === null) return undefined;
  const { type, challenge: text } = body as { type?: unknown; challenge?: unknown };
  return type === "url_verification" ? bearable(text) : undefined;
}

function bearable(text: unknown): string | undefined {
  return typeof text === "string" && text !== "" && text.length <= MAX_CHARS ? text : undefined;
}
