/** Signed tokens (JWS): strict compact form, an allowed header, and an RS256 signature by a trusted key. */

import { Buffer } from "node:buffer";
import { compactVerify } from "jose";
import type { KeySource } from "./keys.ts";
import { type TokenPlace, tokenRefused } from "./token_rules.ts";

// Unpadded base64url whose unused last bits are zero: each byte string has one spelling, so a genuine token cannot be
// re-spelt into one with another hash. (Of 401 Wycheproof cases jose takes 7 that it should not: spaces, padding, any
// last bits.)
const SEGMENT = "(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]|[A-Za-z0-9_-][AQgw])?";
const COMPACT = new RegExp(`^(?=[^.])${SEGMENT}\\.(?=[^.])${SEGMENT}\\.(?=.)${SEGMENT}$`);

/** Members that would name a key, an extension or another payload form: never followed, so never accepted. */
const REFUSED_MEMBERS = ["jku", "x5u", "jwk", "crit", "b64"];

/**
 * The signed claims of a compact JWS. Throws the place's code for an invalid token, and what the key source throws when it
 * has no key. Repeated member names: the last one counts (JSON.parse), for us as for the signer.
 */
export async function verifyJws(
  token: string,
  { keys, place }: { keys: KeySource; place: TokenPlace },
): Promise<Record<string, unknown>> {
  requireForm(token, place);
  const tried = await keys.verificationKeys();
  let payload = await firstVerified(token, tried);
  if (!payload) {
    const newer = await keys.newerKeys(tried);
    payload = newer && await firstVerified(token, newer);
  }
  if (!payload) throw tokenRefused(place, "signature");
  const claims = parseObject(payload);
  if (!claims) throw tokenRefused(place, "claims_malformed");
  return claims;
}

/** True for the compact form in its one spelling. */
export function isCompactJws(token: string): boolean {
  return COMPACT.test(token);
}

/** What can be said of a token before any key is tried: its form and its header. Throws the place's code. */
export function requireForm(token: string, place: TokenPlace): void {
  if (!COMPACT.test(token)) throw tokenRefused(place, "malformed");
  const header = parseObject(Buffer.from(token.slice(0, token.indexOf(".")), "base64url"));
  if (!header) throw tokenRefused(place, "malformed");
  if (header.alg !== "RS256") throw tokenRefused(place, "algorithm");
  if (REFUSED_MEMBERS.some((name) => Object.hasOwn(header, name))) throw tokenRefused(place, "header_refused");
}

async function firstVerified(token: string, keys: readonly CryptoKey[]): Promise<Uint8Array | undefined> {
  for (const key of keys) {
    try {
      return (await compactVerify(token, key, { algorithms: ["RS256"] })).payload;
    } catch {
      // Tokens have no kid: the next key may be the one.
    }
  }
  return undefined;
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
