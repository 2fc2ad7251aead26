/** Outgoing calls in the form of Standard Webhooks 1.0, so that a receiver can verify and deduplicate them with any of its libraries. */

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

/**
 * The three headers, or two of them while there is no secret. `id` stays the same over retries. Several secrets give several
 * signatures: during a rotation the receiver may know either.
 */
export function standardWebhookHeaders(
  { id, nowMs, body, secrets }: { id: string; nowMs: number; body: string; secrets: readonly string[] },
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    ...(signatures.length > 0 && { "webhook-signature": signatures.join(" ") }),
  };
}
