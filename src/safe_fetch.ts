/** The one way out: a request to a checked address with a total timeout and a cap on the answer's bytes. */

import type { Clock } from "./clock.ts";
import { AppError, type ErrorCode } from "./errors.ts";

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
  /** Throws (HOST_NOT_ALLOWED) when this address may not be called. */
  allow: (url: URL) => void;
  clock: Clock;
}

/** A SafeFetch over the runtime's `fetch`. */
export function createSafeFetch({ allow, clock }: SafeFetchOptions): SafeFetch {
  return async (request) => {
    if (!URL.canParse(request.url)) throw new AppError("HOST_NOT_ALLOWED", "Cannot call the address: it is not a URL");
    const url = new URL(request.url);
    allow(url);
    request.signal?.throwIfAborted();

    const exchange = new AbortController();
    const timer = new AbortController();
    let timedOut = false;
    clock.sleep(request.timeoutMs, timer.signal).then(() => {
      timedOut = true;
      exchange.abort();
    }, () => {});
    const onAbort = () => exchange.abort();
    request.signal?.addEventListener("abort", onAbort, { once: true });
    /** The error to throw when the exchange broke: why it broke outranks how. */
    const broken = (otherwise: AppError) => {
      if (request.signal?.aborted) return request.signal.reason;
      const late = `no whole answer within ${request.timeoutMs} ms`;
      return timedOut ? failure("UPSTREAM_TIMEOUT", { url, why: late, retryable: true, sent: true }) : otherwise;
    };
    try {
      let response: Response;
      try {
        response = await fetch(url, {
          method: request.method,
          headers: request.headers,
          body: request.body,
          redirect: "manual",
          signal: exchange.signal,
        });
      } catch (error) {
        const { why, sent } = connectionFault(error);
        throw broken(failure("UPSTREAM_UNREACHABLE", { url, why, retryable: true, sent }));
      }
      try {
        const body = await readCapped(response, request.maxResponseBytes);
        if (body !== undefined) return { status: response.status, headers: response.headers, body };
      } catch {
        const why = "the answer was cut short";
        throw broken(failure("UPSTREAM_RESPONSE_INVALID", { url, why, retryable: true, sent: true }));
      }
      const why = `the answer is larger than ${request.maxResponseBytes} bytes`;
      throw failure("UPSTREAM_RESPONSE_TOO_LARGE", { url, why, retryable: false, sent: true });
    } finally {
      timer.abort();
      request.signal?.removeEventListener("abort", onAbort);
    }
  };
}

/** The whole body, or undefined, with the rest cancelled, once it exceeds `maxBytes`. Counts what really arrives. */
async function readCapped(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  if (response.body === null) return new Uint8Array(0);
  // Leaving the loop early cancels the stream.
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  if (chunks.length === 1) return chunks[0]!;
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

function failure(
  code: ErrorCode,
  facts: { url: URL; why: string; retryable: boolean; sent: boolean },
): AppError {
  return new AppError(code, `Cannot get an answer from ${facts.url.host}: ${facts.why}`, {
    retryable: facts.retryable,
    details: { host: facts.url.host, sent: facts.sent },
  });
}
