/** What of a call and its answer is kept: without secrets, and cut. */

import { jsonStart } from "../engine/shown_value.ts";
import { REDACTED, redactTokens } from "../telemetry/redact.ts";
import { isSecretName } from "../telemetry/secret_names.ts";

/** Of a body, and of an answer. */
export const MAX_KEPT_CHARS = 16_000;
const MAX_DEPTH = 100;

/** The value without secret fields and tokens; where its JSON is longer than 16 kB its beginning, as `{truncated, text}`. */
export function keptValue(value: unknown): unknown {
  const clean = withoutSecrets(value, 0);
  const text = jsonStart(clean ?? null, MAX_KEPT_CHARS + 1);
  // Where the cut makes of a text a part of one, a token that had no end is one now.
  return text.length <= MAX_KEPT_CHARS
    ? clean
    : { truncated: true, text: redactTokens(text.slice(0, MAX_KEPT_CHARS)).toWellFormed() };
}

/** A string of JSON: what it is named in it is a secret, or is none. */
const NAMED_TEXT = /"((?:[^"\\]|\\.){1,100})"(\s*:\s*)"(?:[^"\\]|\\.)*("|$)/g;

/** The beginning of JSON that was never parsed, as `{truncated, text}`, without secret fields and tokens. */
export function keptStart(json: string): unknown {
  const start = json.slice(0, MAX_KEPT_CHARS);
  const text = start.replace(
    NAMED_TEXT,
    (all, name: string, colon: string) => isSecretName(name) ? `"${name}"${colon}"${REDACTED}"` : all,
  );
  return { truncated: true, text: redactTokens(text).toWellFormed() };
}

/** A copy in which secret-named fields and tokens inside of text are gone. */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactTokens(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return REDACTED;
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      isSecretName(name) && field !== null && typeof field !== "boolean" ? REDACTED : withoutSecrets(field, depth + 1),
    ]),
  );
}
