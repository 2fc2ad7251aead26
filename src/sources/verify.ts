/** Verifies that a custom webhook is from its source. Request and clock in, verdict out; no database, no HTTP. */

import { Buffer } from "node:buffer";
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { type HmacOptions, type Rules, type Scheme, standardKey } from "./scheme.ts";

/** Why a delivery was refused: value of `details.reason`, fit for a metric label. */
const FAULTS = {
  proof_missing: "the header that proves its sender is absent",
  proof_malformed: "the header that proves its sender has another form",
  proof_wrong: "no valid secret of the source fits",
  timestamp_missing: "its timestamp is absent",
  timestamp_malformed: "its timestamp is no number of seconds",
  timestamp_old: "it was signed too long ago",
  timestamp_future: "it was signed in the future",
  id_missing: "its webhook-id is absent",
} as const;

export type SourceFault = keyof typeof FAULTS;
export const SOURCE_FAULTS = Object.keys(FAULTS) as SourceFault[];

export interface SourceRequest {
  headers: Headers;
  /** The bytes as they came. */
  body: Uint8Array;
}

/** A secret in clear; one without an end is valid until it is rotated. */
export interface SourceSecret {
  value: string;
  expiresAtMs?: number;
}

export type Verdict = { ok: true; deliveryId?: string } | { ok: false; fault: SourceFault };

/** More signatures than a rotation needs are not looked at: each costs a comparison. */
const MAX_SIGNATURES = 10;

type Verifier<S extends Scheme> = (
  options: Extract<Rules, { scheme: S }>["options"],
  proof: { request: SourceRequest; secrets: readonly string[]; nowMs: number },
) => Verdict;

const VERIFIERS: { [S in Scheme]: Verifier<S> } = {
  standard_webhooks: ({ headers: family, tolerance_seconds }, { request: { headers, body }, secrets, nowMs }) => {
    const deliveryId = headers.get(`${family}-id`);
    const signatures = headers.get(`${family}-signature`);
    const timestamp = headers.get(`${family}-timestamp`);
    if (!signatures) return refused("proof_missing");
    if (!deliveryId) return refused("id_missing");
    const late = timestampFault(timestamp, { tolerance_seconds, nowMs });
    if (late) return refused(late);
    const given = signatures.split(" ").filter((one) => one.startsWith("v1,")).slice(0, MAX_SIGNATURES);
    if (given.length === 0) return refused("proof_malformed");
    const due = secrets.map((secret) =>
      `v1,${sign(standardKey(secret)!, { before: `${deliveryId}.${timestamp}.`, body, encoding: "base64" })}`
    );
    return anyEqual(due, given) ? { ok: true, deliveryId } : refused("proof_wrong");
  },

  hmac_sha256: (options, { request: { headers, body }, secrets, nowMs }) => {
    const read = readHmacHeader(options, headers);
    if ("fault" in read) return refused(read.fault);
    const timestamp = options.timestamp_header === undefined ? read.timestamp : headers.get(options.timestamp_header);
    if (options.signed.includes("{timestamp}")) {
      const late = timestampFault(timestamp, { tolerance_seconds: options.tolerance_seconds, nowMs });
      if (late) return refused(late);
    }
    const before = options.signed.slice(0, -"{body}".length).replace("{timestamp}", timestamp ?? "");
    const due = secrets.map((secret) => sign(secret, { before, body, encoding: options.encoding }));
    return anyEqual(due, read.signatures) ? { ok: true } : refused("proof_wrong");
  },

  basic: ({ user }, { request: { headers }, secrets }) => {
    const header = headers.get("authorization");
    if (!header) return refused("proof_missing");
    const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
    if (encoded === undefined) return refused("proof_malformed");
    const given = Buffer.from(encoded, "base64").toString("utf8");
    return anyEqual(secrets.map((secret) => `${user}:${secret}`), [given]) ? { ok: true } : refused("proof_wrong");
  },

  api_key: ({ header, prefix = "" }, { request: { headers }, secrets }) => {
    const given = headers.get(header);
    if (!given) return refused("proof_missing");
    return anyEqual(secrets.map((secret) => prefix + secret), [given]) ? { ok: true } : refused("proof_wrong");
  },

  none: () => ({ ok: true }),
};

/**
 * The verdict on a delivery. `deliveryId` is the one that the scheme itself signs (webhook-id); others are read by
 * delivery_facts.ts.
 */
export function verifySource(
  rules: Rules,
  { request, secrets, nowMs }: { request: SourceRequest; secrets: readonly SourceSecret[]; nowMs: number },
): Verdict {
  const valid = secrets.filter(({ expiresAtMs = Infinity }) => nowMs < expiresAtMs).map(({ value }) => value);
  const verify = VERIFIERS[rules.scheme] as Verifier<Scheme>;
  return verify(rules.options, { request, secrets: valid, nowMs });
}

/** The sentence for a refusal, without anything the sender sent. */
export function faultText(fault: SourceFault): string {
  return FAULTS[fault];
}

/** Headers whose values prove the sender and must not be stored; the names are in lower case. */
export function proofHeaders({ scheme, options }: Rules): string[] {
  switch (scheme) {
    case "standard_webhooks":
      return [`${options.headers}-signature`];
    case "hmac_sha256":
    case "api_key":
      return [options.header];
    case "basic":
      return ["authorization"];
    default:
      return [];
  }
}

/** True when `given` is `secret`; takes the same time wherever they differ, and says nothing of lengths. */
export function secretEqual(secret: string, given: string): boolean {
  return timingSafeEqual(hash("sha256", secret, "buffer"), hash("sha256", given, "buffer"));
}

function anyEqual(due: readonly string[], given: readonly string[]): boolean {
  let equal = false;
  // All pairs, so that the time does not reveal which one fits.
  for (const secret of due) for (const one of given) equal = secretEqual(secret, one) || equal;
  return equal;
}

function sign(
  key: string | Uint8Array,
  { before, body, encoding }: { before: string; body: Uint8Array; encoding: "hex" | "base64" },
): string {
  return createHmac("sha256", key).update(before).update(body).digest(encoding);
}

function readHmacHeader(
  { header, prefix = "", elements, encoding }: HmacOptions,
  headers: Headers,
): { signatures: string[]; timestamp?: string } | { fault: SourceFault } {
  const value = headers.get(header);
  if (!value) return { fault: "proof_missing" };
  if (!elements) {
    if (!value.startsWith(prefix)) return { fault: "proof_malformed" };
    return { signatures: [spelled(value.slice(prefix.length), encoding)] };
  }
  const parts = value.split(",").map((part) => part.trim().split(/=(.*)/s, 2) as [string, string?]);
  const named = (name: string) => parts.flatMap(([key, text]) => key === name && text !== undefined ? [text] : []);
  const signatures = named(elements.signature).slice(0, MAX_SIGNATURES).map((one) => spelled(one, encoding));
  if (signatures.length === 0) return { fault: "proof_malformed" };
  const [timestamp, ...more] = elements.timestamp === undefined ? [] : named(elements.timestamp);
  return more.length > 0 ? { fault: "timestamp_malformed" } : { signatures, timestamp };
}

/** Some senders write hex in capitals throughout; no sender mixes them. */
function spelled(signature: string, encoding: "hex" | "base64"): string {
  return encoding === "hex" && /^[0-9A-F]+$/.test(signature) ? signature.toLowerCase() : signature;
}

function timestampFault(
  timestamp: string | null | undefined,
  { tolerance_seconds, nowMs }: { tolerance_seconds: number; nowMs: number },
): SourceFault | undefined {
  if (!timestamp) return "timestamp_missing";
  if (!/^[1-9]\d{0,11}$/.test(timestamp)) return "timestamp_malformed";
  const ageSeconds = nowMs / 1000 - Number(timestamp);
  if (ageSeconds > tolerance_seconds) return "timestamp_old";
  return ageSeconds < -tolerance_seconds ? "timestamp_future" : undefined;
}

function refused(fault: SourceFault): Verdict {
  return { ok: false, fault };
}
