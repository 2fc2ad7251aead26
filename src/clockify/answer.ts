/**
 * What Clockify's HTTP answers mean: data, a refusal with its reason, or a failure that may be retried. See
 * docs/clockify-protocol.md "Errors".
 */

import { Buffer } from "node:buffer";
import { retryAfterMs } from "../base/backoff.ts";
import { AppError } from "../base/errors.ts";
import { isDeeperThan, MAX_ANSWER_DEPTH } from "../base/json_depth.ts";
import type { SafeResponse } from "../egress/safe_fetch.ts";
import type { Operation } from "./operations.ts";

/**
 * Why a call will not succeed by repeating it:
 * scope_missing (401 without a known code, 403), credential_invalid (401 with 1000, 4003 or 4017: the only sign of a dying
 * token), closed_to_addons (families no add-on may call), validation (400), invalid_or_gone (400/501: Clockify says the
 * same for a broken rule and for an unknown or deleted id), gone (404, 410), plan_limit (4033, 402), forbidden (403 with
 * 1003 locked period, 4005 approved entry, 4030 forced timer), route (unknown route, wrong method, redirect), conflict
 * (409), input (we refused to send it) and other.
 */
export type RefusalReason =
  | "scope_missing"
  | "credential_invalid"
  | "closed_to_addons"
  | "validation"
  | "invalid_or_gone"
  | "gone"
  | "plan_limit"
  | "forbidden"
  | "route"
  | "conflict"
  | "input"
  | "other";

export type ClockifyAnswer =
  /**
   * `data` is parsed JSON, text, `{contentType, base64}` for a file, or null for an empty body. With `overflowBytes` the body
   * went to the call's `overflow` as it came, and `data` is the beginning of its JSON, or `{contentType}` of a file.
   */
  | { kind: "ok"; status: number; headers: Record<string, string>; data: unknown; overflowBytes?: number }
  /** `status` is absent when nothing was sent. `error` is ready to be recorded: UPSTREAM_REJECTED or the input's fault. */
  | { kind: "refused"; status?: number; code?: number; reason: RefusalReason; retryable: false; error: AppError }
  /** `sent` is false only when the request surely never left, so that even a create may be repeated. */
  | { kind: "failed"; status?: number; error: AppError; retryAfterMs?: number; sent: boolean }
  /**
   * Nothing was done, also not by a write: the rate budget is used up, or Clockify answered 429 (`status`). Another try makes
   * sense after `retryInMs`, at most an hour; `askedMs` is what Clockify asked for where that is longer.
   */
  | { kind: "limited"; retryInMs: number; status?: 429; askedMs?: number };

/** The headers a caller may see and keep. */
const SAFE_HEADERS = [
  "content-type",
  "last-page",
  "retry-after",
  "x-request-id",
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
];

/** Reads a response to `operation`; never throws. `nowMs` dates a Retry-After that is written as a date. */
export function readAnswer(operation: Operation, response: SafeResponse, nowMs: number): ClockifyAnswer {
  const { status } = response;
  if (status >= 200 && status < 300) return readData(operation, response);
  const { code, message } = readErrorBody(response);
  if (status === 429) {
    const askedMs = retryAfterMs(response.headers.get("retry-after"), nowMs);
    return { kind: "limited", status, retryInMs: askedMs ?? 0, askedMs };
  }
  if (status >= 500 || status === 408 || status === 425) {
    return {
      kind: "failed",
      status,
      sent: true,
      retryAfterMs: retryAfterMs(response.headers.get("retry-after"), nowMs),
      error: answerError(operation, { status, code, message, problem: "failure" }),
    };
  }
  const reason = refusalReason(status, code, message);
  return {
    kind: "refused",
    status,
    code,
    reason,
    retryable: false,
    error: answerError(operation, { status, code, message, problem: reason }),
  };
}

/** Classifies by status and code. The one text that is read names the families closed to add-ons. */
function refusalReason(status: number, code: number | undefined, message: string): RefusalReason {
  switch (status) {
    case 400:
      if (code === 4033) return "plan_limit";
      return code === 501 ? "invalid_or_gone" : "validation";
    case 401:
      if (message.includes("API is not accessible")) return "closed_to_addons";
      return code === 1000 || code === 4003 || code === 4017 ? "credential_invalid" : "scope_missing";
    case 402:
      return "plan_limit";
    case 403:
      if (message.includes("API is not accessible")) return "closed_to_addons";
      if (code === 4033) return "plan_limit";
      return code === 1003 || code === 4005 || code === 4030 ? "forbidden" : "scope_missing";
    case 404:
      return code === 3000 ? "route" : "gone";
    case 405:
      return "route";
    case 409:
      return "conflict";
    case 410:
      return "gone";
    case 413:
    case 415:
    case 422:
      return "validation";
    default:
      return status >= 300 && status < 400 ? "route" : "other";
  }
}

function readData(operation: Operation, response: SafeResponse): ClockifyAnswer {
  const { status, body } = response;
  const headers: Record<string, string> = {};
  for (const name of SAFE_HEADERS) {
    const value = response.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  const contentType = headers["content-type"] ?? "";
  const isJson = /\bjson\b/.test(contentType);
  const { overflowBytes } = response;
  if (overflowBytes !== undefined) {
    const data = isJson ? new TextDecoder().decode(body) : { contentType };
    return { kind: "ok", status, headers, data, overflowBytes };
  }
  if (body.byteLength === 0) return { kind: "ok", status, headers, data: null };
  if (operation.answer === "binary" || isFile(contentType)) {
    return { kind: "ok", status, headers, data: { contentType, base64: Buffer.from(body).toString("base64") } };
  }
  const text = new TextDecoder().decode(body);
  if (operation.answer === "text") return { kind: "ok", status, headers, data: text };
  if (!isJson) {
    // Reports come as CSV too; anything else is the page of a proxy or a login in place of Clockify's answer.
    const mayBeText = operation.answer === "none" || (operation.service === "reports" && !/\bhtml\b/.test(contentType));
    if (mayBeText) return { kind: "ok", status, headers, data: text };
    return unexpected(operation, status, `it is ${/^[\w/+.-]+/.exec(contentType)?.[0] ?? "of no type"}, not JSON`);
  }
  try {
    if (isDeeperThan(MAX_ANSWER_DEPTH, text)) throw new SyntaxError("nested too deep");
    const data: unknown = JSON.parse(text);
    const why = misfit(operation, data);
    return why === undefined ? { kind: "ok", status, headers, data } : unexpected(operation, status, why);
  } catch {
    return unexpected(operation, status, "it is not JSON");
  }
}

/** Of what is no text: spreadsheets among it, which decoded as text would be lost. */
function isFile(contentType: string): boolean {
  return /^(image|audio|video|font)\/|^application\/(pdf|zip|octet-stream|vnd\.(?!.*\b(json|xml)\b))/.test(contentType);
}

/** Why the data is none that the catalogue knows of the operation; null stands for nothing and is let pass. */
function misfit({ answer }: Operation, data: unknown): string | undefined {
  if (data === null || answer === "none") return undefined;
  const isList = Array.isArray(data);
  if (answer === "array" && !isList) return "it is not a list";
  if (answer === "object" && (isList || typeof data !== "object")) return "it is not an object";
  return undefined;
}

function unexpected(operation: Operation, status: number, why: string): ClockifyAnswer {
  return {
    kind: "failed",
    status,
    sent: true,
    error: new AppError(
      "UPSTREAM_RESPONSE_INVALID",
      `Cannot read the answer to ${operation.operationId}: ${why}`,
      // A write with a 2xx has happened, whatever its answer looks like: only a read is worth repeating.
      { retryable: operation.access === "read", details: { status, sent: true } },
    ),
  };
}

/** `{message, code}`; some errors have no body at all. */
function readErrorBody(response: SafeResponse): { code?: number; message: string } {
  try {
    const body = JSON.parse(new TextDecoder().decode(response.body)) as { code?: unknown; message?: unknown } | null;
    return {
      code: typeof body?.code === "number" ? body.code : undefined,
      message: typeof body?.message === "string" ? body.message : "",
    };
  } catch {
    return { message: "" };
  }
}

interface Problem {
  status: number;
  code?: number;
  message: string;
  problem: RefusalReason | "failure";
}

/** Upstream texts echo submitted values: they stay out of the message and lie, cut, in `details.upstreamMessage`. */
function answerError(operation: Operation, { status, code, message, problem }: Problem): AppError {
  const details: Record<string, unknown> = { status, operation: operation.operationId, sent: true };
  if (code !== undefined) details.code = code;
  if (message !== "") details.upstreamMessage = message.slice(0, 300);
  const named = code === undefined || code === status ? `${status}` : `${status}/${code}`;
  if (problem === "failure") {
    return new AppError("UPSTREAM_FAILED", `Cannot call ${operation.operationId}: Clockify answered ${named}`, {
      retryable: true,
      details,
    });
  }
  details.reason = problem;
  if (problem === "scope_missing" && operation.scope !== "") details.scope = operation.scope;
  return new AppError(
    "UPSTREAM_REJECTED",
    `Cannot call ${operation.operationId}: Clockify answered ${named}, ${problem.replaceAll("_", " ")}`,
    { details },
  );
}
