/** One verifier of signatures: reads proof, time and id from where a plan says they are, and compares in constant time. */

import { Buffer } from "node:buffer";
import { createHmac, hash, type KeyObject, verify } from "node:crypto";
import { mediaType } from "../events/content_type.ts";
import { bodyFields } from "./body_fields.ts";
import { anyEqual, secretEqual } from "./equal.ts";
import { hmacKey, publicKey } from "./keys.ts";
import type { Rules, SignatureOptions } from "./scheme.ts";
import {
  type HmacScheme,
  isPublicKeyScheme,
  type PublicKeyScheme,
  type SecretEncoding,
  type SignatureScheme,
} from "./scheme_names.ts";
import {
  holdsWholeBody,
  partsOf,
  readTemplate,
  signedChunks,
  type SignedPart,
  type TemplatePiece,
} from "./signed_text.ts";
import type { SourceFault, SourceRequest, SourceSecret, Verdict } from "./verdict.ts";

/** More signatures than a rotation needs are not looked at: each costs a comparison, or some 100 us with a public key. */
const MAX_HMACS = 10;
const MAX_PUBLIC_KEY_SIGNATURES = 3;

type Elements = Required<Omit<NonNullable<SignatureOptions["elements"]>, "timestamp">> & { timestamp?: string };

/** The options of a scheme, ready to verify by. */
interface Plan {
  algorithm: SignatureScheme;
  place: Pick<SignatureOptions, "header" | "query" | "body_path">;
  encoding: SignatureOptions["encoding"];
  prefix: string;
  elements: Elements | undefined;
  pieces: readonly TemplatePiece[];
  parts: readonly SignedPart[];
  signedFields: readonly string[];
  idHeaders: readonly string[];
  idPath: string | undefined;
  allowsUnsignedBody: boolean;
  time: { header?: string; path?: string; element?: string } | undefined;
  timeFormat: TimeFormat;
  toleranceSeconds: number;
  secret: { encoding: SecretEncoding; prefix: string | undefined };
  bodySha256Query: string | undefined;
  takes(secret: string): boolean;
}

export type SignatureRules = Extract<Rules, { scheme: SignatureScheme | "standard_webhooks" }>;

const plansOf = new WeakMap<object, readonly Plan[]>();

/** The verdict on a signed request; before its body is read, on what the headers and the address say. */
export function verifySignature(
  rules: SignatureRules,
  { request, secrets, nowMs }: { request: SourceRequest; secrets: readonly SourceSecret[]; nowMs: number },
): Verdict {
  let plans = plansOf.get(rules.options);
  if (!plans) plansOf.set(rules.options, plans = plansFor(rules));
  let verdict: Verdict | undefined;
  for (const plan of plans) {
    const own = secrets.filter(({ value }) => plan.takes(value));
    if (plans.length > 1 && own.length === 0) continue;
    const next = verifyByPlan(plan, { request, secrets: own, nowMs });
    if (next.ok) return next;
    verdict ??= next;
  }
  return verdict ?? { ok: false, fault: "secret_missing" };
}

function plansFor({ scheme, options }: SignatureRules): Plan[] {
  if (scheme !== "standard_webhooks") return [planOf(scheme, options)];
  const { headers: family, tolerance_seconds } = options;
  const shared = {
    header: `${family}-signature`,
    encoding: "base64",
    signed: "{id}.{timestamp}.{body}",
    id_header: `${family}-id`,
    timestamp_header: `${family}-timestamp`,
    tolerance_seconds,
  } as const;
  const list = { separator: " ", assign: "," } as const;
  // Version 1a of the same rules: the sender's own key.
  const own = planOf("ed25519", { ...shared, elements: { signature: "v1a", ...list } });
  const both = planOf("hmac_sha256", {
    ...shared,
    elements: { signature: "v1", ...list },
    secret_encoding: "base64",
    secret_prefix: "whsec_",
  });
  const isPublic = (secret: string) => secret.startsWith("whpk_");
  return [{ ...both, takes: (secret) => !isPublic(secret) }, { ...own, takes: isPublic }];
}

function planOf(algorithm: SignatureScheme, options: SignatureOptions): Plan {
  const { header, query, body_path, elements, timestamp_header, timestamp_path } = options;
  const time = { header: timestamp_header, path: timestamp_path, element: elements?.timestamp };
  return {
    algorithm,
    place: { header, query, body_path },
    encoding: options.encoding,
    prefix: options.prefix ?? "",
    elements: elements && { separator: ",", assign: "=", ...elements },
    pieces: readTemplate(options.signed),
    parts: partsOf(options.signed),
    signedFields: options.signed_fields ?? [],
    idHeaders: [options.id_header ?? []].flat(),
    idPath: options.id_path,
    allowsUnsignedBody: options.allow_unsigned_body ?? false,
    time: Object.values(time).some((one) => one !== undefined) ? time : undefined,
    timeFormat: options.timestamp_format ?? "seconds",
    toleranceSeconds: options.tolerance_seconds,
    secret: { encoding: options.secret_encoding ?? "utf8", prefix: options.secret_prefix },
    bodySha256Query: options.body_sha256_query,
    takes: () => true,
  };
}

interface Proof {
  signatures: string[];
  timestamp: string;
  id: string;
}

function verifyByPlan(
  plan: Plan,
  { request, secrets, nowMs }: { request: SourceRequest; secrets: readonly SourceSecret[]; nowMs: number },
): Verdict {
  const { body } = request;
  const contentType = request.headers.get("content-type");
  const field = body && bodyFields(body, contentType);
  const proof = readProof(plan, { request, field, nowMs });
  if (typeof proof === "string") return { ok: false, fault: proof };
  if (body === undefined || field === undefined) return { ok: false, fault: "body_missing" };
  if (secrets.length === 0) return { ok: false, fault: "secret_missing" };
  const isForm = mediaType(contentType) === "application/x-www-form-urlencoded";
  if (!coversBody(plan, { request, body, isForm })) return { ok: false, fault: "body_unsigned" };
  const { timestamp, id } = proof;
  const { method, url } = request;
  const signed = signedChunks(plan.pieces, {
    id,
    timestamp,
    method,
    url,
    body,
    isForm,
    field,
    signedFields: plan.signedFields,
  });
  const isGenuine = isPublicKeyScheme(plan.algorithm)
    ? isSigned(plan, { algorithm: plan.algorithm, signed, secrets, signatures: proof.signatures })
    : anyEqual(
      secrets.flatMap(({ value }) =>
        hmacText(plan, { algorithm: plan.algorithm as HmacScheme, signed, secret: value })
      ),
      proof.signatures,
    );
  if (!isGenuine) return { ok: false, fault: "proof_wrong" };
  return plan.parts.includes("id") ? { ok: true, deliveryId: id } : { ok: true };
}

/** What the request says of itself, or why it is refused. What stands in a body that is not read yet is passed over. */
function readProof(
  plan: Plan,
  { request: { headers, url }, field, nowMs }: {
    request: Pick<SourceRequest, "headers" | "url">;
    field: ((path: string) => string | undefined) | undefined;
    nowMs: number;
  },
): Proof | SourceFault {
  const list = placed(plan.place, { headers, url, field });
  const later = { signatures: [], timestamp: "", id: "" };
  if (list === undefined) return later;
  if (!list) return "proof_missing";
  const inBody = plan.idHeaders.length === 0 && plan.idPath !== undefined;
  const id = (inBody ? field?.(plan.idPath!) : plan.idHeaders.map((name) => headers.get(name)).find(Boolean)) ?? "";
  if (id === "" && plan.parts.includes("id") && (!inBody || field)) return "id_missing";
  const read = plan.elements ? readElements(list, plan.elements) : undefined;
  const time = plan.time && timeText(plan.time, { headers, field, read });
  if (plan.time?.path === undefined || field) {
    const fault = plan.time && timestampFault(time, plan, nowMs);
    if (fault) return fault;
  }
  if (!read && !list.startsWith(plan.prefix)) return "proof_malformed";
  const max = isPublicKeyScheme(plan.algorithm) ? MAX_PUBLIC_KEY_SIGNATURES : MAX_HMACS;
  const given = read ? read(plan.elements!.signature).slice(0, max) : [list.slice(plan.prefix.length)];
  if (given.length === 0) return "proof_malformed";
  return { signatures: given.map((one) => spelled(one, plan.encoding)), timestamp: time?.[0] ?? "", id };
}

/** The text at a proof's place: "" where it is absent, undefined where it is in a body that is not read yet. */
export function placed(
  { header, query, body_path }: Plan["place"],
  { headers, url, field }: { headers: Headers; url: string; field: ((path: string) => string | undefined) | undefined },
): string | undefined {
  if (header !== undefined) return headers.get(header) ?? "";
  if (query !== undefined) return new URL(url).searchParams.get(query) ?? "";
  return field && (field(body_path!) ?? "");
}

/** The values of each name, as in `t=1614265330,v1=5257a8...`. */
function readElements(list: string, { separator, assign }: Elements): (name: string) => string[] {
  const parts = list.split(separator).map((part) => {
    const text = part.trim();
    const at = text.indexOf(assign);
    return at === -1 ? undefined : { name: text.slice(0, at), value: text.slice(at + 1) };
  });
  return (name) => parts.flatMap((part) => part?.name === name ? [part.value] : []);
}

function timeText(
  { header, path, element }: NonNullable<Plan["time"]>,
  { headers, field, read }: {
    headers: Headers;
    field: ((path: string) => string | undefined) | undefined;
    read: ((name: string) => string[]) | undefined;
  },
): string[] {
  if (element !== undefined) return read?.(element) ?? [];
  const text = header === undefined ? field?.(path!) : headers.get(header);
  return text ? [text] : [];
}

type TimeFormat = "seconds" | "milliseconds" | "iso8601";

const TIMES: Record<TimeFormat, { form: RegExp; toMs(text: string): number }> = {
  seconds: { form: /^[1-9]\d{0,11}$/, toMs: (text) => Number(text) * 1_000 },
  milliseconds: { form: /^[1-9]\d{0,14}$/, toMs: Number },
  iso8601: {
    form: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/,
    toMs: (text) => Date.parse(text.replace(/(\.\d{3})\d+/, "$1").replace(/([+-]\d\d)(\d\d)$/, "$1:$2")),
  },
};

function timestampFault(
  [text, ...more]: string[] = [],
  { timeFormat, toleranceSeconds }: Pick<Plan, "timeFormat" | "toleranceSeconds">,
  nowMs: number,
): SourceFault | undefined {
  if (text === undefined || text === "") return "timestamp_missing";
  const { form, toMs } = TIMES[timeFormat];
  const atMs = form.test(text) && more.length === 0 ? toMs(text) : NaN;
  if (Number.isNaN(atMs)) return "timestamp_malformed";
  const ageSeconds = (nowMs - atMs) / 1_000;
  if (ageSeconds > toleranceSeconds) return "timestamp_old";
  return ageSeconds < -toleranceSeconds ? "timestamp_future" : undefined;
}

/** Some senders write hex in capitals throughout; no sender mixes them. base64url comes with and without its padding. */
function spelled(signature: string, encoding: Plan["encoding"]): string {
  if (encoding === "hex") return /^[0-9A-F]+$/.test(signature) ? signature.toLowerCase() : signature;
  return encoding === "base64url" ? signature.replace(/={1,2}$/, "") : signature;
}

/** Whether whoever captured a delivery would be refused with another body, or the source takes it as it is. */
function coversBody(
  { parts, bodySha256Query, allowsUnsignedBody }: Plan,
  { request, body, isForm }: { request: SourceRequest; body: Uint8Array; isForm: boolean },
): boolean {
  if (body.byteLength === 0 || allowsUnsignedBody || holdsWholeBody(parts, isForm)) return true;
  if (bodySha256Query === undefined || !parts.includes("url")) return false;
  const stated = new URL(request.url).searchParams.get(bodySha256Query) ?? "";
  return secretEqual(hash("sha256", body, "hex"), stated.toLowerCase());
}

const HASHES: Record<HmacScheme, string> = { hmac_sha1: "sha1", hmac_sha256: "sha256", hmac_sha512: "sha512" };

/** None of a secret of another form: it was stored under other options. */
function hmacText(
  { secret: { encoding, prefix }, encoding: as }: Plan,
  { algorithm, signed, secret }: { algorithm: HmacScheme; signed: (string | Uint8Array)[]; secret: string },
): string[] {
  const key = hmacKey(secret, { encoding, prefix });
  if (key === undefined) return [];
  const hmac = createHmac(HASHES[algorithm], key);
  for (const chunk of signed) hmac.update(chunk);
  return [hmac.digest(as)];
}

const ENCODED: Record<Plan["encoding"], RegExp> = {
  hex: /^(?:[0-9a-f]{2}){1,1024}$/,
  base64: /^[A-Za-z0-9+/]{1,2048}={0,2}$/,
  base64url: /^[A-Za-z0-9_-]{1,2048}$/,
};

const keyOf = new WeakMap<SourceSecret, KeyObject>();

function isSigned(
  { encoding }: Plan,
  { algorithm, signed, secrets, signatures }: {
    algorithm: PublicKeyScheme;
    signed: (string | Uint8Array)[];
    secrets: readonly SourceSecret[];
    signatures: readonly string[];
  },
): boolean {
  const message = Buffer.concat(signed.map((chunk) => typeof chunk === "string" ? Buffer.from(chunk) : chunk));
  return signatures.filter((text) => ENCODED[encoding].test(text)).some((text) => {
    const signature = Buffer.from(text, encoding);
    return secrets.some((secret) => {
      let key = keyOf.get(secret);
      if (!key) {
        key = publicKey(algorithm, secret.value);
        if (!key) return false;
        keyOf.set(secret, key);
      }
      return verifyOne(algorithm, { message, key, signature });
    });
  });
}

/** A signature by a public key holds no secret of ours: its time may differ. Throws nothing. */
function verifyOne(
  algorithm: PublicKeyScheme,
  { message, key, signature }: { message: Uint8Array; key: KeyObject; signature: Uint8Array },
): boolean {
  const digest = algorithm === "ed25519" ? null : "sha256";
  try {
    if (algorithm !== "ecdsa_sha256") return verify(digest, message, key, signature);
    // Two numbers side by side, as WebCrypto writes them, or within DER, as most others do.
    const isPlain = signature.byteLength === 64 || signature.byteLength === 96;
    return verify(digest, message, { key, dsaEncoding: "der" }, signature) ||
      (isPlain && verify(digest, message, { key, dsaEncoding: "ieee-p1363" }, signature));
  } catch {
    return false;
  }
}
