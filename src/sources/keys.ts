/** Secrets and public keys of sources: their forms, fresh ones, and the key that a verifier needs of each. */

import { Buffer } from "node:buffer";
import { createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import type { Rules } from "./scheme.ts";
import { isPublicKeyScheme, type PublicKeyScheme, type SecretEncoding } from "./scheme_names.ts";

/** Shorter ones are guessed. */
const MIN_SECRET_BYTES = 8;
/** A PEM of RSA-4096 in a certificate has some 2,500. */
const MAX_KEY_CHARS = 8_192;

const KEY_TYPES: Record<PublicKeyScheme, string> = { ed25519: "ed25519", ecdsa_sha256: "ec", rsa_sha256: "rsa" };
const CURVES: ReadonlySet<string | undefined> = new Set(["prime256v1", "secp384r1"]);

/** What is wrong with a secret, or public key, that an admin gives for these rules; undefined when it will do. */
export function secretFault({ scheme, options }: Rules, secret: string): string | undefined {
  if (scheme === "none") return "is not supported: an unsigned source has none";
  if (scheme === "standard_webhooks") {
    if (secret.startsWith("whpk_")) {
      return publicKey("ed25519", secret) ? undefined : "must be whpk_ and the base64 of 32 bytes";
    }
    const { byteLength } = hmacKey(secret, { encoding: "base64", prefix: "whsec_" }) ?? new Uint8Array();
    return byteLength >= 24 && byteLength <= 64 ? undefined : "must be whsec_ and the base64 of 24 to 64 bytes";
  }
  if (isPublicKeyScheme(scheme)) {
    return publicKey(scheme, secret) ? undefined : `must be the sender's public key for ${scheme}: PEM, hex or base64`;
  }
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,510}[\x21-\x7e])?$/.test(secret) || secret.length < MIN_SECRET_BYTES) {
    return `must be ${MIN_SECRET_BYTES} to 512 printable characters, no blank first or last`;
  }
  if (scheme === "basic" || scheme === "api_key" || scheme === "jwt_hs256") return undefined;
  const { secret_encoding = "utf8", secret_prefix } = options;
  const { byteLength } = hmacKey(secret, { encoding: secret_encoding, prefix: secret_prefix }) ?? new Uint8Array();
  return byteLength >= MIN_SECRET_BYTES
    ? undefined
    : `must be ${secret_encoding} of at least ${MIN_SECRET_BYTES} bytes${
      secret_prefix === undefined ? "" : `, with or without ${secret_prefix} before it`
    }`;
}

/** A fresh secret of 32 random bytes, as the scheme spells it; undefined where there is none, or only the sender can make it. */
export function newSecret({ scheme, options }: Rules): string | undefined {
  if (scheme === "none" || isPublicKeyScheme(scheme)) return undefined;
  const bytes = randomBytes(32);
  if (scheme === "standard_webhooks") return `whsec_${bytes.toString("base64")}`;
  if (scheme === "basic" || scheme === "api_key" || scheme === "jwt_hs256") return lettersOf(bytes);
  const { secret_encoding = "utf8", secret_prefix = "" } = options;
  return secret_prefix + (secret_encoding === "utf8" ? lettersOf(bytes) : bytes.toString(secret_encoding));
}

/** 43 letters and digits: some senders refuse any other sign (Zoho). */
function lettersOf(bytes: Buffer): string {
  return bytes.toString("base64url").replaceAll("-", "x").replaceAll("_", "y");
}

const DECODED: Record<Exclude<SecretEncoding, "utf8">, RegExp> = {
  base64: /^[A-Za-z0-9+/]+={0,2}$/,
  base64url: /^[A-Za-z0-9_-]+={0,2}$/,
  hex: /^(?:[0-9A-Fa-f]{2})+$/,
};

/** The key that an HMAC takes; undefined when the text has another form. */
export function hmacKey(
  secret: string,
  { encoding, prefix }: { encoding: SecretEncoding; prefix: string | undefined },
): Uint8Array | undefined {
  if (encoding === "utf8") return Buffer.from(secret, "utf8");
  const text = prefix !== undefined && secret.startsWith(prefix) ? secret.slice(prefix.length) : secret;
  return DECODED[encoding].test(text) ? Buffer.from(text, encoding) : undefined;
}

/**
 * The sender's key, from a PEM (public key or certificate), from the base64 of its DER, or for Ed25519 from the hex or base64 of
 * its 32 bytes; undefined for any other text, and for a key of another kind or of less than 2048 bits (RSA).
 */
export function publicKey(scheme: PublicKeyScheme, text: string): KeyObject | undefined {
  if (text.length > MAX_KEY_CHARS) return undefined;
  let key: KeyObject;
  try {
    key = readKey(scheme, text.trim());
  } catch {
    return undefined;
  }
  if (key.asymmetricKeyType !== KEY_TYPES[scheme]) return undefined;
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (scheme === "rsa_sha256" && modulusLength < 2_048) return undefined;
  return scheme === "ecdsa_sha256" && !CURVES.has(namedCurve) ? undefined : key;
}

/** Throws what createPublicKey() throws. */
function readKey(scheme: PublicKeyScheme, text: string): KeyObject {
  if (text.startsWith("-----BEGIN ")) {
    if (text.includes("PRIVATE KEY")) throw new TypeError("a private key is not for others");
    return createPublicKey(text);
  }
  const bare = text.replace(/^whpk_/, "").replace(/\s+/g, "");
  const bytes = Buffer.from(bare, /^[0-9A-Fa-f]{64}$/.test(bare) ? "hex" : "base64");
  if (scheme === "ed25519" && bytes.byteLength === 32) {
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") }, format: "jwk" });
  }
  return createPublicKey({ key: bytes, format: "der", type: "spki" });
}
