/** HMAC fallback for older senders (WEBHOOK_HMAC_SECRET): verifies HMAC-SHA256 over a delivery's raw body. */

import { createHmac, timingSafeEqual } from "node:crypto";
import { tokenRefused } from "./token_rules.ts";

/** Beside Clockify-Signature, which may hold a Clockify token instead (docs/decisions.md "Signatures of older senders"). */
const OTHER_HEADERS = ["x-webhook-signature", "x-addon-signature"];

/**
 * The HMAC of a delivery, in hex; undefined when it carries none, or a Clockify token, which then decides. Taken are
 * `sha256=<hex>` and bare hex.
 */
export function hmacSignature(headers: ReadonlyMap<string, string>): string | undefined {
  const token = headers.get("clockify-signature");
  if (token !== undefined) return hexOf(token);
  return OTHER_HEADERS.map((name) => hexOf(headers.get(name))).find((hex) => hex !== undefined);
}

/** Throws WEBHOOK_SIGNATURE_INVALID unless `signature` is that of `body` under `secret`. */
export function requireHmac(
  { secret, signature, body }: { secret: string; signature: string; body: Uint8Array },
): void {
  const due = createHmac("sha256", secret).update(body).digest();
  if (!timingSafeEqual(due, Uint8Array.fromHex(signature))) throw tokenRefused("webhook", "signature");
}

function hexOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : /^(?:sha256=)?([0-9a-f]{64})$/i.exec(value)?.[1];
}
