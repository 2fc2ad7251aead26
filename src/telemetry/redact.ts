/** What must never be stored or logged in clear: secret headers, secret fields, tokens and mail addresses inside text. */

import { isSecretHeader } from "./secret_names.ts";

export const REDACTED = "[redacted]";

/** Shorter than any token that is known by its look. */
const MIN_TOKEN = 16;

/**
 * The headers of a delivery as they may be stored and shown: secret ones by name, tokens by their look, since a sender may
 * put one anywhere. Names stay as they come (`Headers` gives lower case). Called for every delivery.
 */
export function redactHeaders(
  headers: Headers | ReadonlyMap<string, string> | Iterable<[string, string]>,
): Record<string, string> {
  const kept: Record<string, string> = {};
  const keep = (value: string, name: string): void => {
    kept[name] = isSecretHeader(name)
      ? REDACTED
      : value.length < MIN_TOKEN || !isMarked(value)
      ? value
      : redactTokens(value);
  };
  // forEach() costs a third less than iterating, which makes a pair of each header.
  if (headers instanceof Headers || headers instanceof Map) headers.forEach(keep);
  else for (const [name, value] of headers) keep(value, name);
  return kept;
}

/** Base64url of `{"`: every JWT begins so. A cut-off token counts too, hence the dots are optional. */
const JWT = /eyJ[\w-]{10,}(?:\.[\w-]+)*/g;

/** Tokens that say whose they are: Stripe, GitHub, GitLab, Slack, AWS, Google, npm, SendGrid, Shopify, OpenAI, Standard Webhooks. */
const KNOWN_TOKEN = new RegExp(
  `(?<![A-Za-z0-9])(?:${
    [
      "[sr]k_(?:live|test)_[A-Za-z0-9]{10,}",
      "whsec_[\\w+/=-]{16,}",
      "gh[pousr]_[A-Za-z0-9]{20,}",
      "github_pat_\\w{20,}",
      "glpat-[\\w-]{16,}",
      "xox[a-z]-[\\w-]{10,}",
      "xapp-[\\w-]{10,}",
      "(?:AKIA|ASIA)[A-Z0-9]{16}",
      "AIza[\\w-]{30,}",
      "npm_[A-Za-z0-9]{30,}",
      "SG\\.[\\w-]{16,}\\.[\\w-]{16,}",
      "shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}",
      "sk-[\\w-]{32,}",
    ].join("|")
  })`,
  "g",
);
/** Each token has one of these. */
const TOKEN_MARK = /eyJ|[sr]k_|whsec_|gh[pousr]_|_pat_|glpat-|xox|xapp-|AKIA|ASIA|AIza|npm_|SG\.|shp|sk-/;
/** The same by what is searched for fastest: deliveries have headers of some hundred letters, nearly always without one. */
const MARKS = ["eyJ", "_", "sk-", "xox", "xapp-", "glpat-", "AKIA", "ASIA", "AIza", "SG."];

function isMarked(value: string): boolean {
  for (const mark of MARKS) if (value.includes(mark)) return true;
  return false;
}

/** `text` without compact JWTs and known tokens; ids, hashes and mail addresses stay. */
export function redactTokens(text: string): string {
  return TOKEN_MARK.test(text) ? text.replace(JWT, REDACTED).replace(KNOWN_TOKEN, REDACTED) : text;
}

/**
 * Applied in this order. Each goes over the text once: where a rule could begin at every letter and fail behind it (a mail
 * address, a run of hex), it begins at the one sign or place that it needs.
 */
const TEXT_RULES: readonly ((text: string) => string)[] = [
  redactTokens,
  (text) => text.replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`),
  (text) => text.replace(/\/\/[^\s/@]{1,256}@/g, `//${REDACTED}@`),
  redactParameters,
  redactMail,
  (text) => text.replace(/(?<![0-9a-f])[0-9a-f]{32,}/gi, REDACTED),
];

/** One cheap look that clears most strings: each rule needs one of these. */
const SUSPECT = new RegExp(`${TOKEN_MARK.source}|[@?&]|bearer|basic|(?<![0-9a-f])[0-9a-f]{32}`, "i");

/**
 * Free text without tokens, credentials in headers and URLs, mail addresses and hex runs of 32 and more.
 * Clockify ids have 24 hex digits and stay. Takes time in proportion to the text, whatever it holds: 5 MB in some 0.1 s.
 */
export function redactText(text: string): string {
  if (text.length < 6 || !SUSPECT.test(text)) return text;
  let clean = text;
  for (const rule of TEXT_RULES) clean = rule(clean);
  return clean;
}

/** A parameter of a query with its name, up to its value. */
const PARAMETER = /[?&][\w-]{1,49}=/g;
const SECRET_PARAMETER = /^[?&][\w-]{0,40}(?:token|secret|signature|password|key|jwt)=$/i;
const PARAMETER_VALUE = /[^&#\s"']+/y;

function redactParameters(text: string): string {
  let clean = "";
  let from = 0;
  PARAMETER.lastIndex = 0;
  for (let found = PARAMETER.exec(text); found; found = PARAMETER.exec(text)) {
    if (!SECRET_PARAMETER.test(found[0])) continue;
    PARAMETER_VALUE.lastIndex = PARAMETER.lastIndex;
    if (!PARAMETER_VALUE.test(text)) continue;
    clean += text.slice(from, PARAMETER.lastIndex) + REDACTED;
    from = PARAMETER.lastIndex = PARAMETER_VALUE.lastIndex;
  }
  return from === 0 ? text : clean + text.slice(from);
}

const LOCAL = signs(/[A-Za-z0-9._%+-]/);
const DOMAIN = signs(/[A-Za-z0-9.-]/);
const LETTER = signs(/[A-Za-z]/);
const DOT = ".".charCodeAt(0);
/** Longest parts of an address (RFC 5321), and of its last label. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 253;
const MAX_TOP = 24;

/** From each `@`, left and right. */
function redactMail(text: string): string {
  let clean = "";
  let from = 0;
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    const first = Math.max(from, at - MAX_LOCAL);
    let start = at;
    while (start > first && has(LOCAL, text, start - 1)) start--;
    const end = start === at ? undefined : endOfDomain(text, at + 1);
    if (end === undefined) continue;
    clean += text.slice(from, start) + REDACTED;
    from = end;
  }
  return from === 0 ? text : clean + text.slice(from);
}

/** Behind the last label of the domain that begins at `start`; undefined where none does. */
function endOfDomain(text: string, start: number): number | undefined {
  let dot = start;
  while (dot < start + MAX_DOMAIN && has(DOMAIN, text, dot)) dot++;
  for (; dot > start; dot--) {
    if (text.charCodeAt(dot) !== DOT || !has(LETTER, text, dot + 1) || !has(LETTER, text, dot + 2)) continue;
    let end = dot + 3;
    while (end <= dot + MAX_TOP && has(LETTER, text, end)) end++;
    return end;
  }
  return undefined;
}

/** By code of an ASCII sign, whether the class has it. */
function signs(allowed: RegExp): readonly boolean[] {
  return Array.from({ length: 128 }, (_, code) => allowed.test(String.fromCharCode(code)));
}

function has(signs: readonly boolean[], text: string, at: number): boolean {
  return signs[text.charCodeAt(at)] === true;
}
