/** An object as the journal keeps it: without secrets, and only up to a size. */

import { Buffer } from "node:buffer";
import { REDACTED } from "../telemetry/redact.ts";
import { isSecretName } from "../telemetry/secret_names.ts";

/**
 * Bytes of one object, as JSON; the database compresses it. An entry has 1 kB, a project with 1,000 members 250 kB. What is
 * larger is written all the same and cannot be undone: a hundred of them an hour would be half a gigabyte in 90 days.
 */
export const MAX_KEPT_BYTES = 262_144;

export interface Kept {
  /** JSON; undefined where it is too large, or nothing. */
  text?: string;
  bytes: number;
  isTooLarge: boolean;
}

export function keep(value: unknown): Kept {
  if (value === undefined || value === null) return { bytes: 0, isTooLarge: false };
  const text = JSON.stringify(value, (name, one) => typeof one === "string" && isSecretName(name) ? REDACTED : one);
  const bytes = Buffer.byteLength(text);
  const isTooLarge = bytes > MAX_KEPT_BYTES;
  return { text: isTooLarge ? undefined : text, bytes, isTooLarge };
}
