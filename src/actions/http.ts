/** The action "http": one step of a run makes one request to an address that a workspace chose. */

import { retryAfterMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { type Breakers, type CallEnd, CallPutOff } from "../breakers/breakers.ts";
import { AppError, toAppError } from "../base/errors.ts";
import type { SafeFetch, SafeResponse } from "../egress/safe_fetch.ts";
import { REDACTED, redactHeaders, redactTokens } from "../telemetry/redact.ts";
import { isSecretField, isSecretName } from "../telemetry/secret_names.ts";
import {
  type Action,
  type ActionCall,
  type ActionResult,
  type ActionTenant,
  MAX_WAIT_MS,
  waitFor,
} from "../engine/action.ts";
import { readAnswer } from "./http_answer.ts";
import { type HttpRequest, readHttpInput } from "./http_request.ts";
import { hideSecrets, type HttpParts } from "./http_secrets.ts";
import { standardWebhookHeaders } from "./standard_webhooks.ts";

/** What making a request takes. */
export interface SendOptions {
  /** To targets that users choose (egress/pinned.ts). */
  fetch: SafeFetch;
  clock: Clock;
  /** Signing secrets of the installation, newest first; none where it has none. */
  secrets(installationId: number): Promise<readonly string[]>;
  maxResponseBytes: number;
  /** Of the hosts that are called; absent: none is kept from being called. */
  breakers?: Pick<Breakers, "guard">;
}

export interface HttpActionOptions extends SendOptions {
  /** Resolves when the installation may make requests now; throws FEATURE_OFF or INSTALLATION_UNKNOWN (http_permits.ts). */
  permit(tenant: ActionTenant): Promise<void>;
  /** The input with the secrets that were sealed in its flow (http_secrets.ts). */
  openSecrets(input: HttpParts, flow: { installationId: number; flowId: number }): Promise<HttpParts>;
}

/**
 * The action. Its output is {status, headers, body}: some headers of the answer, and its body parsed where it is JSON, else as
 * text (null when it is neither). A 2xx is done; a 429 puts the step off, for as long as Retry-After says where it is given;
 * 5xx and a lost connection may be tried again, after Retry-After; any other answer, a redirect and 410 too, fails for good
 * with UPSTREAM_REJECTED (Standard Webhooks 1.0: 3xx is a failure, 410 means stop), and so does a Retry-After of more than a day.
 * It waits, and uses up no attempt, while the add-on is switched off. Fails for good with OPERATION_INPUT_INVALID
 * (`details.path`), HOST_NOT_ALLOWED, FEATURE_OFF too.
 */
export function createHttpAction(options: HttpActionOptions): Action {
  return {
    type: "http",
    effect: "external",

    describe(call) {
      return pictureOf(hideSecrets(call.input as HttpParts));
    },

    run: (call) =>
      send(call, options, async () => {
        const { tenant, input, flow } = call;
        await options.permit(tenant);
        const place = { installationId: tenant.installationId, flowId: flow.id };
        return readHttpInput(await options.openSecrets(input as HttpParts, place));
      }),
  };
}

/** Makes the request that `prepare` gives; an AppError that it throws is how the attempt ended. */
export async function send(
  call: ActionCall,
  { fetch, clock, secrets, maxResponseBytes, breakers }: SendOptions,
  prepare: () => Promise<HttpRequest>,
): Promise<ActionResult> {
  let response: SafeResponse | CallPutOff;
  try {
    const request = await prepare();
    const signing = await secrets(call.tenant.installationId);
    const host = URL.parse(request.url)?.host;
    const make = () =>
      fetch({
        method: request.method,
        url: request.url,
        headers: headersOf(request, call, { nowMs: clock.now(), secrets: signing }),
        body: request.body?.text,
        timeoutMs: request.timeoutMs,
        maxResponseBytes,
        signal: call.signal,
      });
    const { installationId } = call.tenant;
    response = breakers && host ? await breakers.guard({ installationId, host }, make, endOf) : await make();
  } catch (error) {
    if (call.signal.aborted || !(error instanceof AppError)) throw error;
    return failedBy(error);
  }
  return response instanceof CallPutOff ? putOffBy(response) : toResult(response, clock.now());
}

/** A step waits, and uses up no attempt, while calls to its host are stopped. */
export function putOffBy({ waitMs, reason }: CallPutOff): ActionResult {
  return { outcome: "snooze", delayMs: waitMs, reason, code: "UPSTREAM_UNREACHABLE" };
}

function endOf({ status }: SafeResponse): CallEnd {
  return status >= 500 ? { end: "failed", code: "UPSTREAM_FAILED", httpStatus: status } : { end: "answered" };
}

/** How an attempt ends with this error: snoozed while the add-on is switched off, else failed. */
export function failedBy(error: AppError): ActionResult {
  return error.code === "INSTALLATION_UNKNOWN" && error.retryable
    ? waitFor(error.message)
    : { outcome: "failed", error };
}

function headersOf(
  request: HttpRequest,
  call: ActionCall,
  { nowMs, secrets }: { nowMs: number; secrets: readonly string[] },
): Record<string, string> {
  const id = call.idempotencyKey;
  return {
    "user-agent": "Timewire",
    accept: "application/json, text/*;q=0.9, */*;q=0.8",
    ...(request.body && { "content-type": request.body.contentType }),
    ...request.headers,
    "idempotency-key": id,
    ...standardWebhookHeaders({ id, nowMs, body: request.body?.text ?? "", secrets }),
  };
}

function toResult(response: SafeResponse, nowMs: number): ActionResult {
  const { status } = response;
  if (status >= 200 && status < 300) {
    const output = { status, headers: keptHeaders(response.headers), body: readAnswer(response) };
    return { outcome: "done", output, httpStatus: status };
  }
  const afterMs = retryAfterMs(response.headers.get("retry-after"), nowMs);
  if (status === 429) {
    return {
      outcome: "snooze",
      delayMs: afterMs,
      reason: "the receiver answered 429: too many requests",
      httpStatus: status,
    };
  }
  const again = status >= 500;
  const tooLong = afterMs !== undefined && afterMs > MAX_WAIT_MS;
  const hint = again && tooLong
    ? " and asks for a wait of more than 24 hours"
    : status >= 300 && status < 400
    ? ": redirects are not followed"
    : "";
  return {
    outcome: "failed",
    httpStatus: status,
    error: new AppError(
      again ? "UPSTREAM_FAILED" : "UPSTREAM_REJECTED",
      `Cannot finish the request: the answer was ${status}${hint}`,
      { retryable: again && !tooLong, ...(tooLong && { details: { wait_too_long: true } }) },
    ),
    // A flow may have other answers retried than these (engine/classify.ts), and no earlier than they say.
    retryAfterMs: tooLong ? undefined : afterMs,
  };
}

/** Headers of an answer that a later step may want; cookies and the like stay out of the history. */
const KEPT_HEADERS = ["content-type", "date", "etag", "last-modified", "link", "location", "x-request-id"];

function keptHeaders(headers: Headers): Record<string, string> {
  return redactHeaders(KEPT_HEADERS.flatMap((name): [string, string][] => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  }));
}

/** What is kept of a request: secrets go by the names they have, in headers, query and body. */
export function pictureOf(input: HttpParts & { url?: string }) {
  let request: HttpRequest;
  try {
    request = readHttpInput(input);
  } catch (error) {
    return { problem: toAppError(error).message };
  }
  return {
    method: request.method,
    url: redactedUrl(request.url),
    headers: redactHeaders(
      Object.entries(request.headers).map(([name, value]) => [name, isSecretField(name) ? REDACTED : value]),
    ),
    body: redacted("body", input.body ?? null),
  };
}

/** The address without its user and without the values of secret parameters. */
export function redactedUrl(text: string): string {
  const url = URL.parse(text);
  if (!url) return REDACTED;
  const names = [...url.searchParams.keys()].filter(isSecretField);
  for (const name of new Set(names)) url.searchParams.set(name, REDACTED);
  if (url.password !== "" || url.username !== "") url.username = url.password = "";
  return redactTokens(url.href);
}

function redacted(name: string, value: unknown): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (isSecretName(name)) return REDACTED;
  if (typeof value === "string") return redactTokens(value);
  if (Array.isArray(value)) return value.map((item) => redacted(name, item));
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(key, item)]));
}
