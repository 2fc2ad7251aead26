/** What senders are answered, but for our own JSON: challenges, probes, and the words that a source chose. */

import type { ChallengeAnswer } from "../../sources/challenge.ts";
import type { OwnAnswer } from "../../sources/senders.ts";

/** No browser takes what we echo or answer for a page of ours, whatever it holds. */
const INERT = { "x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox" };
const ALLOW = { allow: "POST, GET, PUT, PATCH, DELETE, HEAD, OPTIONS" };

export function challengeAnswer({ status = 200, body, headers }: ChallengeAnswer): Response {
  if (body === undefined) return new Response(null, { status, headers: { ...INERT, ...headers } });
  if (typeof body !== "string") return Response.json(body, { status, headers: { ...INERT, ...headers } });
  return new Response(body, { status, headers: { "content-type": "text/plain; charset=utf-8", ...INERT, ...headers } });
}

/** Senders that ask whether there is something at the address (Trello, Mandrill, Intercom): such requests are no events. */
export function probeAnswer(method: string): Response | undefined {
  if (method === "HEAD") return new Response(null, { headers: { ...INERT, ...ALLOW } });
  return method === "OPTIONS" ? new Response(null, { status: 204, headers: { ...INERT, ...ALLOW } }) : undefined;
}

export function ownAnswer({ status, content_type, body }: OwnAnswer): Response {
  if (body === "") return new Response(null, { status });
  const type = content_type.startsWith("text/") ? `${content_type}; charset=utf-8` : content_type;
  // A browser draws XML as a page, whatever the policy: it is offered to be saved instead. Senders look at the body alone.
  const saved = content_type.endsWith("/xml") && { "content-disposition": "attachment" };
  return new Response(body, { status, headers: { "content-type": type, ...saved, ...INERT } });
}
