/** Turns any value into plain JSON data fit for a log line: redacted and bounded, also when it refers to itself. */

import { AppError } from "../base/errors.ts";
import { REDACTED, redactText, redactTokens } from "./redact.ts";
import { isSecretName } from "./secret_names.ts";

const MAX_STRING = 2_000;
const MAX_DEPTH = 6;
const MAX_ITEMS = 50;
/** Values in one field: bounds what a wide graph that refers to itself could unfold to. */
const MAX_VALUES = 500;

interface Walk {
  stacks: boolean;
  valuesLeft: number;
}

/**
 * JSON data for `value` found under `name`. Values under a secret name become "[redacted]", unless true, false or null.
 * `stacks` adds stacks to errors: at level DEBUG only. Throws only where a getter of `value` throws.
 */
export function logValue(name: string, value: unknown, { stacks }: { stacks: boolean }): unknown {
  return plain(name, value, 0, { stacks, valuesLeft: MAX_VALUES });
}

function plain(name: string, value: unknown, depth: number, walk: Walk): unknown {
  if (typeof value === "boolean" || value === null || value === undefined) return value;
  if (isSecretName(name)) return REDACTED;
  if (walk.valuesLeft-- <= 0) return "[too large]";
  switch (typeof value) {
    case "string":
      return text(name, value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "object":
      return depth >= MAX_DEPTH ? "[too deep]" : structure(name, value, depth, walk);
    case "bigint":
      return value.toString();
    default:
      return `[${typeof value}]`;
  }
}

/** Ids may look like secrets (a trace id has 32 hex digits), so names ending in id, hash or parent only lose JWTs. */
const ID_NAME = /(?:id|hash|parent)$/i;

function text(name: string, value: string): string {
  const short = value.length > MAX_STRING ? `${value.slice(0, MAX_STRING)}... (${value.length} characters)` : value;
  return ID_NAME.test(name) ? redactTokens(short) : redactText(short);
}

function structure(name: string, value: object, depth: number, walk: Walk): unknown {
  if (value instanceof Error) return errorValue(value, depth, walk);
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => plain(name, item, depth + 1, walk));
    if (value.length > MAX_ITEMS) items.push(`(${value.length - MAX_ITEMS} more)`);
    return items;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  if (value instanceof URL) return redactText(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  // fromEntries defines properties, so a key named __proto__ stays data.
  return Object.fromEntries(
    entries.slice(0, MAX_ITEMS).map(([key, item]) => [String(key), plain(String(key), item, depth + 1, walk)]),
  );
}

/** Code, message, details and the chain of causes; of a foreign error (a driver's may carry the query) only name, code and message. */
function errorValue(error: Error, depth: number, walk: Walk): Record<string, unknown> {
  const foreignCode = (error as { code?: unknown }).code;
  const own = error instanceof AppError;
  return {
    ...(own ? {} : { name: error.name }),
    ...(typeof foreignCode === "string" || typeof foreignCode === "number" ? { code: foreignCode } : {}),
    message: text("message", error.message),
    ...(own && Object.keys(error.details).length > 0
      ? { details: plain("details", error.details, depth + 1, walk) }
      : {}),
    ...(walk.stacks && error.stack ? { stack: text("stack", error.stack) } : {}),
    ...(error.cause === undefined ? {} : { cause: plain("cause", error.cause, depth + 1, walk) }),
  };
}
