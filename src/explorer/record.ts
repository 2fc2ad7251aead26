/** What of a call and its answer is kept: without secrets, and cut. */

import { jsonStart } from "../engine/shown_value.ts";
import { REDACTED, redactTokens } from "../telemetry/redact.ts";
import { isSecretName } from "../telemetry/secret_names.ts";

/** Of a body, and of an answer. */
export const MAX_KEPT_CHARS = 16_000;
const MAX_DEPTH = 100;

/** The value without secret fields and tokens; where its JSON is longer than 16 kB its beginning, as `{truncated, text}`. */
export function keptValue(value: unknown): unknown {
  // Beyond what is kept nothing needs a look: a token that begins before the cut is found in what is left of it.
  const text = jsonStart(value ?? null, MAX_KEPT_CHARS + 1);
  if (text.length <= MAX_KEPT_CHARS) return withoutSecrets(value, 0);
  return {
    truncated: true,
    text: redactTokens(jsonStart(withoutSecrets(value, 0), MAX_KEPT_CHARS).slice(0, MAX_KEPT_CHARS)).toWellFormed(),
  };
}

/** A copy in which secret-named fields and tokens inside of text are gone. */
export function withoutSecrets(value: unknown, depth: number): unknown {
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
