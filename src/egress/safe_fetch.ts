/**
 * The one way out of the program: requests to checked addresses, with a total timeout and a limit of the answer's
 * bytes.
 */

import type { Clock } from "../base/clock.ts";
import { AppError, type ErrorCode } from "../base/errors.ts";

export interface SafeRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** For the whole exchange: connection, headers and body. */
  timeoutMs: number;
  /** After inflation. */
  maxResponseBytes: number;
  signal?: AbortSignal;
  /** What is asked for, from a closed list: the name of its span. */
  operation?: string;
}

export interface SafeResponse {
  status: number;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}

/**
 * Makes one request; a redirect is returned as it is, never followed. Rejects with UPSTREAM_UNREACHABLE,
 * UPSTREAM_TIMEOUT, UPSTREAM_RESPONSE_TOO_LARGE or UPSTREAM_RESPONSE_INVALID (the body was cut), whose `details.sent` is
 * false only when the request surely never left; with what `allow` throws; or with the reason of an aborted signal.
 * No error carries the query, the headers or the body, so the runtime's own message, which quotes them, is dropped.
 */
export type SafeFetch = (request: SafeRequest) => Promise<SafeResponse>;

export interface SafeFetchOptions {
  /** Throws (HOST_NOT_ALLOWED) when this address may not be called; `signal` aborts at the end of the request's time. */
  allow: (url: URL, signal: AbortSignal) => void | Promise<void>;
  clock: Clock;
}

/** A SafeFetch over the runtime's `fetch`. */
export function createSafeFetch({ allow, clock }: SafeFetchOptions): SafeFetch {
  return async (request) => {
    if (!URL.canParse(request.url)) throw new AppError("HOST_NOT_ALLOWED", "Cannot call the address: it is not a URL");
    const url = new URL(request.url);
    request.signal?.throwIfAborted();
    const limit = limitTime(request, { url, clock });
    try {
      await allow(url, limit.signal);
      limit.signal.throwIfAborted();
      return await exchange(url, request, limit.signal);
    } catch (error) {
      throw limit.reasonOf(error);
    } finally {
      limit.end();
    }
  };
}

async function exchange(url: URL, request: SafeRequest, signal: AbortSignal): Promise<SafeResponse> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: request.method,
      headers: request.headers,
      body: request.body,
      redirect: "manual",
      signal,
    });
  } catch (error) {
    const { why, sent } = connectionFault(error);
    throw upstreamFault("UPSTREAM_UNREACHABLE", { url, why, retryable: true, sent });
  }
  const body = await readCapped(response.body ?? [], { url, maxBytes: request.maxResponseBytes });
  return { status: response.status, headers: response.headers, body };
}

/** The end that an exchange has: `signal` aborts when its time is up or its caller aborts. */
export function limitTime(
  request: Pick<SafeRequest, "timeoutMs" | "signal">,
  { url, clock }: { url: URL; clock: Clock },
) {
  const exchange = new AbortController();
  const timer = new AbortController();
  let timedOut = false;
  clock.sleep(request.timeoutMs, timer.signal).then(() => {
    timedOut = true;
    exchange.abort();
  }, () => {});
  const onAbort = () => exchange.abort();
  request.signal?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: exchange.signal,
    /** What to throw when the exchange broke with `error`: why it broke outranks how. */
    reasonOf: (error: unknown): unknown => {
      if (request.signal?.aborted) return request.signal.reason;
      if (!timedOut) return error;
      const sent = !(error instanceof AppError) || error.details.sent !== false;
      const why = `timeout, no complete answer within ${request.timeoutMs} ms`;
      return upstreamFault("UPSTREAM_TIMEOUT", { url, why, retryable: true, sent });
    },
    /** To be called when the exchange is over. */
    end: () => {
      timer.abort();
      request.signal?.removeEventListener("abort", onAbort);
    },
  };
}

/**
 * The whole body, counting what really arrives. Throws UPSTREAM_RESPONSE_TOO_LARGE, with the rest cancelled, once it exceeds
 * `maxBytes`, and UPSTREAM_RESPONSE_INVALID when it breaks off.
 */
export async function readCapped(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { url, maxBytes }: { url: URL; maxBytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Leaving the loop early cancels the stream.
    for await (const chunk of stream) {
      size += chunk.byteLength;
      if (size > maxBytes) break;
      chunks.push(chunk);
    }
  } catch {
    const why = "the answer was cut short";
    throw upstreamFault("UPSTREAM_RESPONSE_INVALID", { url, why, retryable: true, sent: true });
  }
  if (size > maxBytes) {
    const why = `the answer is larger than ${maxBytes} bytes`;
    throw upstreamFault("UPSTREAM_RESPONSE_TOO_LARGE", { url, why, retryable: false, sent: true });
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/**
 * Reads from the runtime's error whether a connection was made: Deno (hyper) says `client error (Connect)` when name,
 * TCP or TLS failed, and refuses bad ports or header values before it begins. Anything else counts as sent.
 */
function connectionFault(error: unknown): { why: string; sent: boolean } {
  const message = error instanceof Error ? error.message : "";
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
  if (/ports? \d+ (is|are) blocked/.test(message) || message.startsWith("Invalid header")) {
    return { why: "the request cannot be made", sent: false };
  }
  const text = `${message} ${cause}`;
  if (!text.includes("client error (Connect)")) return { why: "the connection was lost", sent: true };
  if (text.includes("dns error")) return { why: "its name was not found", sent: false };
  if (text.includes("tcp connect error")) return { why: "no connection could be made", sent: false };
  return { why: "no secure connection could be made", sent: false };
}

/** An exchange that failed: names the host and nothing else of the address. */
export function upstreamFault(
  code: ErrorCode,
  facts: { url: URL; why: string; retryable: boolean; sent: boolean },
): AppError {
  return new AppError(code, `Cannot get an answer from ${facts.url.host}: ${facts.why}`, {
    retryable: facts.retryable,
    details: { host: facts.url.host, sent: facts.sent },
  });
}
