/** Fields of a delivery's body before it is stored: where a proof, an id, a time or a type may be. */

import { jsonText } from "../base/json_text.ts";
import { readBody } from "../events/read_body.ts";
import { REDACTED } from "../telemetry/redact.ts";

/** The text or number at names with dots between; own fields only. */
export function fieldOf(json: unknown, path: string): string | undefined {
  const value = memberAt(json, path.split("."));
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** What the body says, where it is JSON or a form; else undefined. */
export function readFields(body: Uint8Array, contentType: string | null): unknown {
  const { value, form } = readBody({ body, customSource: "", contentType });
  return form === "json" || form === "form" ? value : undefined;
}

/** Fields of the body by their paths, which is read at the first question. */
export function bodyFields(body: Uint8Array, contentType: string | null): (path: string) => string | undefined {
  let read: { value: unknown } | undefined;
  return (path) => fieldOf((read ??= { value: readFields(body, contentType) }).value, path);
}

/** The body without the secret at a path: JSON is written again, of a form the field is replaced. */
export function withoutField(body: Uint8Array, path: string, contentType: string | null): Uint8Array {
  const { value, form } = readBody({ body, customSource: "", contentType });
  const names = path.split(".");
  if (form === "form") {
    const fields = new URLSearchParams(new TextDecoder().decode(body));
    if (fields.has(names[0]!)) fields.set(names[0]!, REDACTED);
    return new TextEncoder().encode(fields.toString());
  }
  if (form !== "json") return body;
  const holder = memberAt(value, names.slice(0, -1));
  const last = names.at(-1)!;
  if (isObject(holder) && Object.hasOwn(holder, last)) holder[last] = REDACTED;
  return new TextEncoder().encode(jsonText(value));
}

/** By own members only. */
function memberAt(json: unknown, names: readonly string[]): unknown {
  return names.reduce((at: unknown, name) => isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined, json);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
