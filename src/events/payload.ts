/** The body of an event as JSON for people: whole for admins, without secrets, notes and mail addresses for members. */

import { isSecretName, REDACTED, redactText } from "../telemetry/redact.ts";

/** Deeper values are cut: what answers as JSON must be written without running out of stack. */
const MAX_DEPTH = 200;
const CUT = "[nested too deep]";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The parsed body; undefined when it is not JSON in UTF-8. */
export function parsePayload(body: Uint8Array): { payload: unknown } | undefined {
  try {
    return { payload: copy(JSON.parse(utf8.decode(body)), { hide: false, depth: 0 }) };
  } catch {
    return undefined;
  }
}

/**
 * A copy without values of secret-named fields and notes (requirements L92, L220), and without tokens and mail addresses
 * inside other text.
 */
export function redactPayload(payload: unknown): unknown {
  return copy(payload, { hide: true, depth: 0 });
}

function copy(value: unknown, { hide, depth }: { hide: boolean; depth: number }): unknown {
  if (typeof value === "string") return hide ? redactText(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return CUT;
  const below = { hide, depth: depth + 1 };
  if (Array.isArray(value)) return value.map((item) => copy(item, below));
  // fromEntries() defines "__proto__" as the plain field it was.
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, hide && isHidden(name) ? REDACTED : copy(field, below)]),
  );
}

function isHidden(name: string): boolean {
  return isSecretName(name) || /^notes?$/i.test(name);
}
