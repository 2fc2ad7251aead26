/** The schemes by which senders prove themselves, and how their secrets are written. */

/** Signatures by a secret that both sides have. */
const HMAC_SCHEMES = ["hmac_sha256", "hmac_sha1", "hmac_sha512"] as const;
/** Signatures by a key of the sender; the source holds the public half. */
const PUBLIC_KEY_SCHEMES = ["ed25519", "ecdsa_sha256", "rsa_sha256"] as const;
export type HmacScheme = (typeof HMAC_SCHEMES)[number];
export type PublicKeyScheme = (typeof PUBLIC_KEY_SCHEMES)[number];
export type SignatureScheme = HmacScheme | PublicKeyScheme;

export const SCHEMES = [
  "standard_webhooks",
  ...HMAC_SCHEMES,
  ...PUBLIC_KEY_SCHEMES,
  "jwt_hs256",
  "basic",
  "api_key",
  "none",
] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Whether the sender signs with a key of its own, of which the source holds the public half. */
export function isPublicKeyScheme(scheme: Scheme): scheme is PublicKeyScheme {
  return (PUBLIC_KEY_SCHEMES as readonly Scheme[]).includes(scheme);
}

/** How a secret stands for the bytes of its key. */
export const SECRET_ENCODINGS = ["utf8", "base64", "base64url", "hex"] as const;
export type SecretEncoding = (typeof SECRET_ENCODINGS)[number];
