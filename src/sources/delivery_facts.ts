/** What a verified delivery says of itself: its body, its query, its type, and the id that it keeps over retries. */

import { createHash, hash } from "node:crypto";
import type { BodyReading } from "../events/body_reading.ts";
import { groupFields } from "../events/form_body.ts";
import { readBody } from "../events/read_body.ts";
import { METHOD_NAME, REMOTE_ADDRESS_NAME } from "../engine/scope.ts";
import { REDACTED, redactHeaders, redactTokens } from "../telemetry/redact.ts";
import { isSecretField } from "../telemetry/secret_names.ts";
import { fieldOf, withoutField } from "./body_fields.ts";
import type { SourceDefinition } from "./definition.ts";
import { isSignature, type Rules } from "./scheme.ts";
import { proofPlace } from "./verify.ts";

/** Type of an event whose sender names none. */
const UNNAMED_TYPE = "CUSTOM_EVENT";

type Query = Record<string, string | string[]>;

export interface SentDelivery {
  /** What is stored. */
  body: Uint8Array;
  /** The same, when it is valid UTF-8 without NUL. */
  text: string | undefined;
  reading: BodyReading;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The body, read as far as it can be. Where nothing signs the body, an empty one gives way to the query: a GET has its data
 * there.
 */
export function readDelivery(
  sent: Uint8Array,
  { query, definition, contentType, maxDepth }: {
    query: Query | undefined;
    definition: SourceDefinition;
    contentType: string | null;
    maxDepth: number;
  },
): SentDelivery {
  const signed = isSignature(definition.scheme);
  const { body_path } = proofPlace(definition);
  const body = sent.byteLength === 0 && !signed && query
    ? new TextEncoder().encode(JSON.stringify(query))
    : body_path === undefined
    ? sent
    : withoutField(sent, body_path, contentType);
  let text: string | undefined;
  try {
    text = utf8.decode(body);
  } catch {
    // Bytes of another charset, or of no text at all.
  }
  return {
    body,
    text: text?.includes("\0") ? undefined : text,
    reading: readBody({ body, customSource: definition.name, contentType }, maxDepth),
  };
}

/** More parameters are no sender's. */
const MAX_PARAMETERS = 200;

/** The query as it may be stored: a repeated name has the list of its values, secrets are redacted. Undefined for none. */
export function redactedQuery(query: URLSearchParams, rules: Rules): Query | undefined {
  if (query.size === 0) return undefined;
  const proof = proofPlace(rules).query;
  const kept = [...query].slice(0, MAX_PARAMETERS).map(([name, value]): [string, string] => [
    name,
    name === proof || isSecretField(name) ? REDACTED : redactTokens(value),
  ]);
  return groupFields(kept) as Query;
}

/**
 * The headers as they may be stored: redacted, as all are; so is what proves the sender, whatever its name. Method and the
 * sender's address stand beside them under names that no header can have, as HTTP/2 does it.
 */
export function storedHeaders(
  { headers, method }: Pick<Request, "headers" | "method">,
  { rules, remoteAddress }: { rules: Rules; remoteAddress: string },
): Record<string, string> {
  const kept = redactHeaders(headers);
  const { header } = proofPlace(rules);
  if (header !== undefined && header in kept) kept[header] = REDACTED;
  return { [METHOD_NAME]: method, [REMOTE_ADDRESS_NAME]: remoteAddress, ...kept };
}

/** The type that the sender names, by header or field of the source's options; else eventType or event_type of the body. */
export function customType({ options }: Rules, { headers, json }: { headers: Headers; json: unknown }): string {
  const { type_header, type_path } = options;
  const candidates = [
    type_header && headers.get(type_header),
    type_path && fieldOf(json, type_path),
    fieldOf(json, "eventType"),
    fieldOf(json, "event_type"),
  ];
  return candidates.find(isPlain) ?? UNNAMED_TYPE;
}

const WEEK_SECONDS = 604_800;

interface Sent {
  method: string;
  headers: Headers;
  json: unknown;
  body: Uint8Array;
  /** As it stands in the address. */
  search: string;
}

/**
 * What identifies a repeat of a delivery (ingest/delivery.ts): the id that its sender gives, alone and for a week, else
 * an equal body within the window that the source sets, else nothing. `signedId` is the one the scheme vouches for. Two
 * sources never share a key, so one cannot make another's replay look new; nor do two methods. Where the scheme signs
 * the body alone (body_once), an equal body of the same type is a repeat whatever its id.
 */
export function deliveryIdentity(
  { sourceId, definition, signedId }: { sourceId: number; definition: SourceDefinition; signedId: string | undefined },
  { method, headers, json, body, search }: Sent,
): { entityKey: string; memorySeconds: number; keyDecides: boolean; otherKey?: string } {
  const place = `delivery:${sourceId}:${method === "POST" ? "" : `${method} `}`;
  const id = signedId ?? givenId(definition, { headers, json });
  const once = "body_once" in definition.options && definition.options.body_once === true
    ? `${place}signed:${signedOnce(definition, { headers, body })}`
    : undefined;
  const byId = id === undefined ? once : place + shortened(id);
  if (byId !== undefined) {
    const otherKey = once === byId ? undefined : once;
    return { entityKey: byId, memorySeconds: WEEK_SECONDS, keyDecides: true, ...(otherKey && { otherKey }) };
  }
  const equal = createHash("sha256").update(`${method} ${search}\n`).update(body).digest("hex");
  return {
    entityKey: `${place}body:${equal}`,
    memorySeconds: definition.duplicateWindowSeconds ?? 0,
    keyDecides: true,
  };
}

/** Body and type: one Shopify event of two topics is two deliveries of one body. */
function signedOnce({ options: { type_header } }: Rules, { headers, body }: Pick<Sent, "headers" | "body">): string {
  const type = type_header === undefined ? null : headers.get(type_header);
  return createHash("sha256").update(`${type ?? ""}\n`).update(body).digest("hex");
}

function givenId({ options }: Rules, { headers, json }: Pick<Sent, "headers" | "json">): string | undefined {
  const { id_header = [], id_path, type_header } = options;
  for (const name of [id_header].flat()) {
    const id = headers.get(name);
    if (!id) continue;
    // Shopify gives all topics of one action the same id.
    const type = type_header && headers.get(type_header);
    return type ? `${type}:${id}` : id;
  }
  const id = id_path === undefined ? undefined : fieldOf(json, id_path);
  return id === "" ? undefined : id;
}

/** Short ids of plain signs stay as people may look for them; of any other one its hash is as good. */
function shortened(id: string): string {
  return /^(?!sha256=)[\x21-\x7e]{1,100}$/.test(id) ? id : `sha256=${hash("sha256", id)}`;
}

/** Of 1 to 100 printable ASCII characters: fit for a line of a list. */
function isPlain(text: string | null | undefined): text is string {
  return typeof text === "string" && /^[\x20-\x7e]{1,100}$/.test(text);
}
