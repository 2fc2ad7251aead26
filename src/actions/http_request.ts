/** The input of an HTTP step as a request: the rules for each field, and which field is wrong. */

import { Buffer } from "node:buffer";
import { z } from "zod";
import { at, type Fault } from "../engine/faults.ts";
import { AppError } from "../base/errors.ts";
import { CONNECTION_HEADERS } from "../egress/connection_headers.ts";

export const HTTP_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] as const;
export type HttpMethod = (typeof HTTP_METHODS)[number];

/** Total time of one request. */
export const MAX_TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 1_048_576;
const MAX_HEADERS = 64;
const MAX_HEADER_CHARS = 8_192;

export interface HttpRequest {
  method: HttpMethod;
  /** As written, with the query behind it; not yet checked as a target. */
  url: string;
  headers: Record<string, string>;
  /** Text of the body and the content type that it has by itself. */
  body?: { text: string; contentType: string };
  timeoutMs: number;
}

type Scalar = string | number | boolean;
const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** The resolved input of a step (flows/shape/http.ts is the unresolved one). */
const inputSchema = z.object({
  method: z.enum(HTTP_METHODS),
  url: z.string().min(1),
  headers: z.record(z.string(), scalar).default({}),
  query: z.record(z.string(), z.union([scalar, z.array(scalar), z.null()])).default({}),
  body: z.unknown().optional(),
  timeout_ms: z.int().min(1).max(MAX_TIMEOUT_MS).default(MAX_TIMEOUT_MS),
});

/**
 * Throws OPERATION_INPUT_INVALID; `details.path` names the field.
 */
export function readHttpInput(input: unknown): HttpRequest {
  const parsed = inputSchema.safeParse(input);
  if (!parsed.success) throw invalid(pathOf(parsed.error), "is missing or malformed");
  const { method, url, headers, query, body, timeout_ms } = parsed.data;
  const [fault] = headerFaults(headers);
  if (fault) throw invalid(fault.path, fault.message);
  const text = body === undefined ? undefined : bodyText(body);
  if (text !== undefined && !takesBody(method)) throw invalid("body", `is not sent with ${method}`);
  if (text !== undefined && Buffer.byteLength(text) > MAX_BODY_BYTES) {
    throw invalid("body", `is larger than ${MAX_BODY_BYTES} bytes`);
  }
  return {
    method,
    url: withQuery(url, query),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
    ...(text !== undefined && {
      body: { text, contentType: typeof body === "string" ? "text/plain; charset=utf-8" : "application/json" },
    }),
    timeoutMs: timeout_ms,
  };
}

export function takesBody(method: HttpMethod): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Set by the connection, by us, or of Clockify: never by a flow. */
const RESERVED = new Set([
  ...CONNECTION_HEADERS,
  ..."x-addon-token idempotency-key webhook-id webhook-timestamp webhook-signature".split(" "),
]);
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** What a header value is made of (RFC 9110 section 5.5); CR, LF and NUL would end it, others have no byte. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What is wrong with headers whose values are known; a value that is not (undefined) is not looked at. */
export function headerFaults(headers: Record<string, Scalar | undefined>): Fault[] {
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) return [{ path: "headers", message: `must be at most ${MAX_HEADERS}` }];
  const seen = new Set<string>();
  return entries.flatMap(([name, value]): Fault[] => {
    const path = at("headers", name);
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(name)) return [{ path, message: "is not the name of a header" }];
    if (RESERVED.has(lower)) return [{ path, message: "is set by Timewire or the connection, not by a flow" }];
    if (seen.has(lower)) return [{ path, message: "appears twice" }];
    seen.add(lower);
    if (value === undefined) return [];
    const text = String(value);
    if (!HEADER_VALUE.test(text)) {
      return [{ path, message: "holds a line end or a character that no header can carry" }];
    }
    return text.length > MAX_HEADER_CHARS ? [{ path, message: `is longer than ${MAX_HEADER_CHARS} characters` }] : [];
  });
}

function bodyText(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** A list gives its name once per item; null gives nothing. */
function withQuery(url: string, query: Record<string, Scalar | Scalar[] | null>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null) continue;
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one));
  }
  // The address is not parsed here: its target check wants to see it as it was written.
  return params.size === 0 ? url : `${url}${url.includes("?") ? "&" : "?"}${params}`;
}

function pathOf(error: z.ZodError): string {
  return error.issues[0]!.path.reduce<string>((way, key) => at(way, key as string | number), "") || "input";
}

function invalid(path: string, problem: string): AppError {
  return new AppError("OPERATION_INPUT_INVALID", `Cannot make the request: ${path} ${problem}`, { details: { path } });
}
