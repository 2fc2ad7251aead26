/** The value of an Idempotency-Key header, and what stands for it and for its request in the table. */

import { hash } from "node:crypto";
import { AppError } from "../base/errors.ts";

/** A UUID has 36, a hash in hexadecimal 64; what is longer is a mistake. */
export const MAX_KEY_CHARS = 255;

const VISIBLE = /^[\x21-\x7e]+$/;

/**
 * The key that a header holds: a quoted string as in RFC 9651 section 3.3.3 (`"8e03..."`, which the IETF draft asks for), or
 * the same without quotes, as most clients send it. Throws IDEMPOTENCY_KEY_INVALID unless it is 1 to MAX_KEY_CHARS visible
 * ASCII characters. The sentence does not repeat the key.
 */
export function parseKey(header: string): string {
  const key = header.startsWith('"') ? unquoted(header) : header;
  if (key !== undefined && key.length <= MAX_KEY_CHARS && VISIBLE.test(key)) return key;
  throw new AppError(
    "IDEMPOTENCY_KEY_INVALID",
    `Cannot serve the request: expected an Idempotency-Key of 1 to ${MAX_KEY_CHARS} visible ASCII characters, as in "8e03978e-40d5-43dd"`,
  );
}

function unquoted(text: string): string | undefined {
  if (!/^"(?:[^"\\]|\\["\\])*"$/.test(text)) return undefined;
  return text.slice(1, -1).replaceAll(/\\(["\\])/g, "$1");
}

/** Who sends a key: keys of two callers, or of two installations of the add-on one after another, have nothing in common. */
export interface KeyOwner {
  installationId: number;
  /** Of the installation. */
  generation: number;
  /** Kind and name of the login. */
  caller: string;
}

/** What the table knows the key by: hexadecimal. */
export function keySha256({ generation, caller }: KeyOwner, key: string): string {
  return hash("sha256", JSON.stringify([generation, caller, key]), "hex");
}

/** What must be the same for a request to count as sent again. */
export interface KeyedRequest {
  method: string;
  path: string;
  /** As its route reads it. */
  query: unknown;
  /** As sent. */
  body: Uint8Array;
}

/** Of all of it, in hexadecimal. Bodies may hold secrets that are easily tried out: it is stored sealed. */
export function requestSha256({ method, path, query, body }: KeyedRequest): string {
  return hash("sha256", JSON.stringify([method, path, query ?? null, hash("sha256", body, "hex")]), "hex");
}
