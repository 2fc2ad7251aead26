/** What must never be stored or logged in clear: secret headers, secret fields, tokens and mail addresses inside text. */

export const REDACTED = "[redacted]";

/** Ends of names, without `-` and `_`, whose values are secret: the list of requirement L220 and its plain relatives. */
const SECRET_NAME =
  /(?:token|password|passwd|secret|apikey|accesskey|privatekey|encryptionkey|authorization|signature|cookie|credential|jwt)s?$/;

/** Verdicts on header and field names. Senders choose header names, so it starts anew when it is full. */
const verdicts = new Map<string, boolean>();
const MAX_VERDICTS = 2_000;

/** True for the name of a header or field whose value is a secret. `token_configured` and `tokenKind` are not. */
export function isSecretName(name: string): boolean {
  let secret = verdicts.get(name);
  if (secret === undefined) {
    secret = SECRET_NAME.test(name.toLowerCase().replaceAll(/[-_]/g, ""));
    if (verdicts.size >= MAX_VERDICTS) verdicts.clear();
    verdicts.set(name, secret);
  }
  return secret;
}

/**
 * The headers of a delivery as they may be stored: secret ones by name, compact JWTs by their look, since a sender may put
 * one anywhere. Names stay as they come (`Headers` gives lower case). Called for every delivery.
 */
export function redactHeaders(headers: Headers | Iterable<[string, string]>): Record<string, string> {
  const kept: Record<string, string> = {};
  const keep = (value: string, name: string) => {
    kept[name] = isSecretName(name) ? REDACTED : value.includes("eyJ") ? redactTokens(value) : value;
  };
  // forEach() costs a third less than iterating, which makes a pair of each header.
  if (headers instanceof Headers) headers.forEach(keep);
  else for (const [name, value] of headers) keep(value, name);
  return kept;
}

/** Base64url of `{"`: every JWT begins so. A cut-off token counts too, hence the dots are optional. */
const JWT = /eyJ[\w-]{10,}(?:\.[\w-]+)*/g;

/** `text` without compact JWTs; ids, hashes and mail addresses stay. */
export function redactTokens(text: string): string {
  return text.replace(JWT, REDACTED);
}

/** Applied in this order. Quantifiers are bounded, so that no text makes them slow. */
const TEXT_RULES: readonly [RegExp, string][] = [
  [JWT, REDACTED],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\/\/[^\s/@]{1,256}@/g, `//${REDACTED}@`],
  [/([?&][\w-]{0,40}(?:token|secret|signature|password|key|jwt)=)[^&#\s"']+/gi, `$1${REDACTED}`],
  [/[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24}/g, REDACTED],
  [/[0-9a-f]{32,}/gi, REDACTED],
];

/** One cheap look that clears most strings: each rule needs one of these. */
const SUSPECT = /eyJ|[@?&]|bearer|basic|[0-9a-f]{32}/i;

/**
 * Free text without JWTs, credentials in headers and URLs, mail addresses and hex runs of 32 and more (requirement L221).
 * Clockify ids have 24 hex digits and stay.
 */
export function redactText(text: string): string {
  if (text.length < 6 || !SUSPECT.test(text)) return text;
  let clean = text;
  for (const [pattern, replacement] of TEXT_RULES) clean = clean.replace(pattern, replacement);
  return clean;
}
