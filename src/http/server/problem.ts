/** The one table from error code to HTTP status, and the answer that people get: application/problem+json (RFC 9457). */

import { type AppError, type ErrorCode, toAppError } from "../../base/errors.ts";
import { databaseError } from "../../db/db.ts";

const STATUS: Record<ErrorCode, number> = {
  REQUEST_INVALID: 400,
  BODY_TOO_LARGE: 413,
  BODY_NOT_JSON: 400,
  BODY_TOO_SLOW: 408,
  JSON_TOO_DEEP: 400,
  CONTENT_ENCODING_UNSUPPORTED: 415,
  CONTENT_TYPE_UNSUPPORTED: 415,
  ROUTE_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  LOGIN_REQUIRED: 401,
  LOGIN_INVALID: 401,
  LOGIN_WRONG_ADDON: 403,
  ROLE_INSUFFICIENT: 403,
  CROSS_SITE: 403,
  WEBHOOK_SIGNATURE_MISSING: 401,
  WEBHOOK_SIGNATURE_INVALID: 401,
  WEBHOOK_WRONG_ADDON: 403,
  WEBHOOK_WRONG_WORKSPACE: 403,
  WEBHOOK_WRONG_EVENT: 403,
  LIFECYCLE_TOKEN_MISSING: 401,
  LIFECYCLE_TOKEN_INVALID: 401,
  INSTALLATION_UNKNOWN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  IDEMPOTENCY_KEY_INVALID: 400,
  IDEMPOTENCY_KEY_REUSED: 422,
  IDEMPOTENCY_KEY_IN_USE: 409,
  IDEMPOTENCY_ANSWER_NOT_KEPT: 409,
  CONFIRMATION_REQUIRED: 428,
  APPROVAL_REQUIRED: 428,
  APPROVAL_EXPIRED: 409,
  CONFIRM_TOKEN_INVALID: 403,
  CONFIRM_TOKEN_EXPIRED: 410,
  CONFIRM_TOKEN_USED: 409,
  CLOCKIFY_WRITE_DENIED: 403,
  FLOW_INVALID: 422,
  EXPRESSION_INVALID: 422,
  EXPRESSION_FAILED: 422,
  OPERATION_UNKNOWN: 404,
  OPERATION_INPUT_INVALID: 422,
  HOST_NOT_ALLOWED: 403,
  UPSTREAM_UNREACHABLE: 502,
  UPSTREAM_TIMEOUT: 504,
  UPSTREAM_RESPONSE_TOO_LARGE: 502,
  UPSTREAM_RESPONSE_INVALID: 502,
  UPSTREAM_REJECTED: 502,
  UPSTREAM_FAILED: 502,
  UPSTREAM_RATE_LIMITED: 429,
  STEP_OUTPUT_TOO_LARGE: 422,
  STEP_UNCERTAIN: 409,
  UNDO_DONE: 409,
  UNDO_IN_PROGRESS: 409,
  UNDO_CONFLICT: 409,
  UNDO_IMPOSSIBLE: 422,
  FILTER_EMPTY: 422,
  RUN_LIMIT_REACHED: 409,
  FLOW_ENDED_RUN: 409,
  LOOP_DETECTED: 409,
  LEASE_LOST: 409,
  RATE_LIMITED: 429,
  // Not 507: it is the workspace that is full, not this service, and senders come back after a 429.
  STORAGE_FULL: 429,
  FEATURE_OFF: 403,
  OVERLOADED: 503,
  DATABASE_UNAVAILABLE: 503,
  DATA_FOLDER_LOCKED: 503,
  ENCRYPTION_KEY_UNKNOWN: 500,
  ENCRYPTED_VALUE_INVALID: 500,
  CONFIG_INVALID: 500,
  START_FAILED: 500,
  INTERNAL: 500,
};

/** Facts of `details` that may leave the program; all others are for the log. */
const PUBLIC_DETAILS = [
  "faults",
  "issues",
  "maxBytes",
  "actualBytes",
  "maxDepth",
  "position",
  "candidates",
  "confirmation",
];

/** Statuses whose answers say when to come back. */
export const MAY_WAIT: readonly number[] = [429, 503];

/** The status that a code is answered with. */
export function statusOfCode(code: ErrorCode): number {
  return STATUS[code];
}

/** The status that a failed request is answered with. */
export function statusOf(cause: unknown): number {
  return STATUS[toAppError(databaseError(cause)).code];
}

export interface Problem {
  status: number;
  error: AppError;
  response: Response;
}

/**
 * The answer to a failed request. Of an unknown error it shows nothing but the request id. `api`: of the Workflow Management API,
 * whose documents name the same facts `error`, `errors`, `status_code`, `timestamp` and `path`.
 */
export function problemOf(cause: unknown, requestId: string, api?: { path: string; at: number }): Problem {
  const error = toAppError(databaseError(cause));
  const status = STATUS[error.code];
  const internal = status === 500;
  const body: Record<string, unknown> = {
    type: "about:blank",
    title: TITLES[status] ?? "Error",
    status,
    code: internal ? "INTERNAL" : error.code,
    detail: internal ? "Something failed on our side; the log has the details under this request id" : error.message,
    request_id: requestId,
  };
  if (!internal) {
    for (const name of PUBLIC_DETAILS) if (name in error.details) body[name] = error.details[name];
  }
  if (api) {
    const faults = Array.isArray(body.faults) ? body.faults as { path: string; message: string }[] : [];
    body.error = body.code;
    body.status_code = status;
    body.timestamp = new Date(api.at).toISOString();
    body.path = api.path;
    body.errors = faults.map(({ path, message }) => ({ field: path, message, type: body.code }));
  }
  // Its sender takes no answer with a body; what is wrong stands in the log, and at the source.
  const bare = error.details.bare === true;
  const headers = new Headers({
    ...(!bare && { "content-type": "application/problem+json" }),
    "cache-control": "no-store",
  });
  if (MAY_WAIT.includes(status) || error.code === "IDEMPOTENCY_KEY_IN_USE") {
    headers.set("retry-after", String(retryAfterSeconds(error)));
  }
  // So that the sender does not continue with the body (RFC 9110 section 15.5.9).
  if (status === 408) headers.set("connection", "close");
  if (typeof error.details.authenticate === "string") headers.set("www-authenticate", error.details.authenticate);
  if (Array.isArray(error.details.allow)) headers.set("allow", error.details.allow.join(", "));
  return { status, error, response: new Response(bare ? null : JSON.stringify(body), { status, headers }) };
}

function retryAfterSeconds(error: AppError): number {
  const ms = error.details.retryInMs;
  return typeof ms === "number" ? Math.max(1, Math.ceil(ms / 1000)) : 5;
}

/** What each status is called (RFC 9110 section 15). */
export const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  428: "Precondition Required",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
