/** The body of an event as JSON for people: whole for admins, without secrets, notes and mail addresses for members. */

import { setOwn } from "../engine/scope.ts";
import { REDACTED, redactText } from "../telemetry/redact.ts";
import { isSecretName } from "../telemetry/secret_names.ts";
import type { BodyReading } from "./body_reading.ts";
import { type EventBody, readBody } from "./read_body.ts";

/** Deeper values are cut: what answers as JSON must be written without running out of stack. */
const MAX_DEPTH = 200;
const CUT = "[nested too deep]";

/** Larger bodies are shown by their bytes alone: to read, redact and write one of 5 MB held the thread for seconds. */
export const MAX_SHOWN_BYTES = 1_500_000;

/** The body as flows see it, cut where it nests too deep; `redacted` as redactPayload() does it. */
export function readPayload(event: EventBody, { redacted = false } = {}): BodyReading {
  const reading = readBody(event);
  return { ...reading, value: copy(reading.value, { fields: redacted, texts: redacted, depth: 0 }) };
}

/** True where the payload has fields: in other text and bytes secrets cannot be recognised. */
export function hasFields({ form }: Pick<BodyReading, "form">): boolean {
  return form === "json" || form === "form" || form === "multipart";
}

/**
 * A copy without values of secret-named fields and notes, and without tokens and mail addresses
 * inside other text.
 */
export function redactPayload(payload: unknown): unknown {
  return copy(payload, { fields: true, texts: true, depth: 0 });
}

/**
 * The first half of redactPayload(): without secret-named fields and notes, with texts as they are. For readers of a few
 * texts, who redact those themselves: a hostile body of 64 kB takes 45 ms to redact whole.
 */
export function hideFields(payload: unknown): unknown {
  return copy(payload, { fields: true, texts: false, depth: 0 });
}

/** `fields` hides by name, `texts` what stands inside of text. */
function copy(value: unknown, { fields, texts, depth }: { fields: boolean; texts: boolean; depth: number }): unknown {
  if (typeof value === "string") return texts ? redactText(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return CUT;
  const below = { fields, texts, depth: depth + 1 };
  if (Array.isArray(value)) return value.map((item) => copy(item, below));
  const made: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    setOwn(made, name, fields && isHidden(name) ? REDACTED : copy(field, below));
  }
  return made;
}

/** True for the name of a field that members do not read: a secret, or a note. */
export function isHidden(name: string): boolean {
  return isSecretName(name) || /^notes?$/i.test(name);
}
