/** Verifies that a custom webhook is from its source. Request and clock in, verdict out; no database, no HTTP. */

import { Buffer } from "node:buffer";
import { bodyFields } from "./body_fields.ts";
import { anyEqual } from "./equal.ts";
import { isSignature, type Rules } from "./scheme.ts";
import { placed, type SignatureRules, verifySignature } from "./signature.ts";
import { tokenVerdict } from "./token.ts";
import type { SourceRequest, SourceSecret, Verdict } from "./verdict.ts";

/**
 * The verdict on a delivery. `deliveryId` is the one that the scheme itself signs (webhook-id); others are read by
 * delivery_facts.ts.
 */
export function verifySource(
  rules: Rules,
  { request, secrets, nowMs }: { request: SourceRequest; secrets: readonly SourceSecret[]; nowMs: number },
): Verdict {
  const valid = validSecrets(secrets, nowMs);
  if (isSigned(rules)) return verifySignature(rules, { request, secrets: valid, nowMs });
  const { scheme } = rules;
  if (scheme === "none") return { ok: true };
  const { headers, url, body } = request;
  const field = body && bodyFields(body, headers.get("content-type"));
  const given = scheme === "basic" ? basicLogin(headers) : placed(rules.options, { headers, url, field });
  if (given === undefined) return { ok: false, fault: "body_missing" };
  if (given === null) return { ok: false, fault: "proof_malformed" };
  if (given === "") return { ok: false, fault: "proof_missing" };
  if (valid.length === 0) return { ok: false, fault: "secret_missing" };
  const before = scheme === "basic" ? `${rules.options.user}:` : rules.options.prefix ?? "";
  if (scheme === "jwt_hs256") {
    if (!given.startsWith(before)) return { ok: false, fault: "proof_malformed" };
    return tokenVerdict(given.slice(before.length), { secrets: valid, url, nowMs });
  }
  const isGenuine = anyEqual(valid.map(({ value }) => before + value), [given]);
  return isGenuine ? { ok: true } : { ok: false, fault: "proof_wrong" };
}

function isSigned(rules: Rules): rules is SignatureRules {
  return isSignature(rules.scheme);
}

/** Those whose end has not come. */
export function validSecrets(secrets: readonly SourceSecret[], nowMs: number): SourceSecret[] {
  return secrets.filter(({ expiresAtMs = Infinity }) => nowMs < expiresAtMs);
}

/** User and password of RFC 7617; "" where there are none, null where the header is of another form. */
function basicLogin(headers: Headers): string | null {
  const header = headers.get("authorization");
  if (!header) return "";
  const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  return encoded === undefined ? null : Buffer.from(encoded, "base64").toString("utf8");
}

/** Where the proof is that must not be stored: the name of a header in lower case, or of a parameter, or a path in the body. */
export function proofPlace(rules: Rules): { header?: string; query?: string; body_path?: string } {
  const { scheme, options } = rules;
  if (scheme === "none") return {};
  if (scheme === "basic") return { header: "authorization" };
  if (scheme === "standard_webhooks") return { header: `${options.headers}-signature` };
  if (scheme === "jwt_hs256") return { header: options.header };
  const { header, query, body_path } = options;
  // A signature in a body proves that body alone: whoever reads it there learns no secret.
  return { header, query, body_path: isSignature(scheme) ? undefined : body_path };
}
