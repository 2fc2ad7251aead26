/** What a verified delivery says of itself: its body as text and JSON, its type, and the id that it keeps over retries. */

import { hash } from "node:crypto";
import type { Rules } from "./scheme.ts";

/** Type of an event whose sender names none (L137). */
export const UNNAMED_TYPE = "CUSTOM_EVENT";

export interface DeliveryFacts {
  /** What is stored. */
  body: Uint8Array;
  /** The same, when it is valid UTF-8 without NUL. */
  text: string | undefined;
  /** Undefined when the body is no JSON. */
  json: unknown;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The body, read as far as it can be. Where nothing signs the body, an empty one gives way to the query: a GET has its data
 * there, and two of them would else be equal.
 */
export function readDelivery(
  sent: Uint8Array,
  { query, scheme }: { query: URLSearchParams; scheme: Rules["scheme"] },
): DeliveryFacts {
  const signed = scheme === "standard_webhooks" || scheme === "hmac_sha256";
  const body = sent.byteLength === 0 && !signed && query.size > 0
    ? new TextEncoder().encode(JSON.stringify(Object.fromEntries(query)))
    : sent;
  let text: string | undefined;
  let json: unknown;
  try {
    text = utf8.decode(body);
    json = JSON.parse(text);
  } catch {
    // Binary, or text that is no JSON: both are welcome.
  }
  return { body, text: text?.includes("\0") ? undefined : text, json };
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

/**
 * What tells a repeat from a new delivery of a source: the id the sender gives, else the body. `signedId` is the one the
 * scheme vouches for. Two sources never share a key, so one cannot make another's replay look new.
 */
export function deliveryKey(
  { sourceId, rules: { options }, signedId }: { sourceId: number; rules: Rules; signedId: string | undefined },
  { headers, json, body }: { headers: Headers; json: unknown; body: Uint8Array },
): string {
  const { id_header, id_path } = options;
  const given = [signedId, id_header && headers.get(id_header), id_path && fieldOf(json, id_path)].find(isPlain);
  return `delivery:${sourceId}:${given ?? `body:${hash("sha256", body)}`}`;
}

/** The text or number at names with dots between; own fields only. */
function fieldOf(json: unknown, path: string): string | undefined {
  let value = json;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** Of 1 to 100 printable ASCII characters: fit for a key and for a line of a list. */
function isPlain(text: string | null | undefined): text is string {
  return typeof text === "string" && /^[\x20-\x7e]{1,100}$/.test(text);
}
