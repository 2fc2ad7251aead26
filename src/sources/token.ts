/** Tokens by which senders prove themselves: RFC 7519 with HS256, under a secret that both sides have. */

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { anyEqual } from "./equal.ts";
import type { SourceSecret, Verdict } from "./verdict.ts";

/** Longer ones are no sender's. */
const MAX_CHARS = 4_096;
/** Clocks differ. */
const LEEWAY_MS = 60_000;

/**
 * The verdict on a token: it must be under one of the secrets, for this address (aud, with or without the query), and not over
 * (exp). What else it says is not looked at.
 */
export function tokenVerdict(
  token: string,
  { secrets, url, nowMs }: { secrets: readonly SourceSecret[]; url: string; nowMs: number },
): Verdict {
  const [head, claims, signature, ...more] = token.length > MAX_CHARS ? [] : token.split(".");
  const header = jsonOf(head);
  // Any other algorithm, "none" among them, is not asked what it would say.
  if (!signature || more.length > 0 || header?.alg !== "HS256") return { ok: false, fault: "proof_malformed" };
  const expected = secrets.map(({ value }) =>
    createHmac("sha256", value).update(`${head}.${claims}`).digest("base64url")
  );
  const said = jsonOf(claims);
  if (!anyEqual(expected, [signature]) || !said || !isFor(said.aud, url)) return { ok: false, fault: "proof_wrong" };
  if (typeof said.exp !== "number") return { ok: false, fault: "timestamp_missing" };
  return nowMs < said.exp * 1_000 + LEEWAY_MS ? { ok: true } : { ok: false, fault: "timestamp_old" };
}

function isFor(audience: unknown, url: string): boolean {
  const addresses = [url, url.split("?", 1)[0]];
  return [audience].flat().some((one) => typeof one === "string" && addresses.includes(one));
}

function jsonOf(part: string | undefined): Record<string, unknown> | undefined {
  if (!part || !/^[A-Za-z0-9_-]+$/.test(part)) return undefined;
  try {
    const value = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
