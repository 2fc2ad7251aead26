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
  /**
   * Takes a success in JSON that is larger than `maxResponseBytes`, as it comes; without it such an answer is refused. With
   * `file` also what is no JSON, whatever its size.
   */
  overflow?: Overflow;
}

/** Where a large answer goes instead of memory. */
export interface Overflow {
  /** Bytes of the whole answer; one with more breaks off as too large. */
  maxBytes: number;
  /** The next part; the answer is read on once it resolves. Rejects when no one takes it any more. */
  take(chunk: Uint8Array): Promise<void>;
  /** Called before the first part of an answer that is no JSON; false: it is held like any other. */
  file?(contentType: string): boolean;
}

export interface SafeResponse {
  status: number;
  headers: Headers;
  /** Of an answer that went to `overflow`, its beginning. */
  body: Uint8Array<ArrayBuffer>;
  /** Bytes of the whole answer, where it went to `overflow`. */
  overflowBytes?: number;
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

/**
 * Without kept connections. The runtime sends a request once more, by itself, when a kept connection ends without an answer:
 * a write would be made twice. It does so only with a body that it can copy, or none, so a body is handed over as a Blob, and
 * a write without one has a connection of its own.
 */
const ownConnection = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

/** The parts of a request by which the runtime sends it once. */
function sentOnce({ method, body }: SafeRequest): { body?: Blob; client?: Deno.HttpClient } {
  if (method === "GET" || method === "HEAD") return {};
  return body === undefined || body.length === 0 ? { client: ownConnection } : { body: new Blob([body]) };
}

async function exchange(url: URL, request: SafeRequest, signal: AbortSignal): Promise<SafeResponse> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: request.method,
      headers: request.headers,
      ...sentOnce(request),
      redirect: "manual",
      signal,
    });
  } catch (error) {
    const { why, sent } = connectionFault(error);
    throw upstreamFault("UPSTREAM_UNREACHABLE", { url, why, retryable: true, sent });
  }
  const { status, headers } = response;
  const { maxResponseBytes: maxBytes, overflow } = request;
  const stream = response.body ?? [];
  const type = headers.get("content-type") ?? "";
  const isJson = /\bjson\b/.test(type);
  if (!overflow || !response.ok || !(isJson || overflow.file?.(type))) {
    return { status, headers, body: await readCapped(stream, { url, maxBytes }) };
  }
  // Of a file nothing is held.
  return { status, headers, ...await readOver(stream, { url, maxBytes: isJson ? maxBytes : 0, overflow, signal }) };
}

/** As readCapped(), and past `maxBytes` everything to `overflow`, at the pace of who takes it. */
async function readOver(
  stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { url, maxBytes, overflow, signal }: { url: URL; maxBytes: number; overflow: Overflow; signal: AbortSignal },
): Promise<Pick<SafeResponse, "body" | "overflowBytes">> {
  const gone = Promise.withResolvers<never>();
  // Taken below; without this an abort between two chunks would count as unhandled.
  gone.promise.catch(() => {});
  const onAbort = () => gone.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  let size = 0;
  let head: Uint8Array<ArrayBuffer> | undefined;
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream) {
      size += chunk.byteLength;
      if (size > overflow.maxBytes) break;
      if (!head && size <= maxBytes) {
        chunks.push(chunk);
        continue;
      }
      if (!head) {
        head = joined(chunks, size - chunk.byteLength);
        chunks.length = 0;
        await Promise.race([overflow.take(head.slice()), gone.promise]);
      }
      await Promise.race([overflow.take(chunk), gone.promise]);
    }
  } catch {
    const why = "the answer was cut short";
    throw upstreamFault("UPSTREAM_RESPONSE_INVALID", { url, why, retryable: head === undefined, sent: true });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  if (size > overflow.maxBytes) {
    const why = `the answer is larger than ${overflow.maxBytes} bytes`;
    throw upstreamFault("UPSTREAM_RESPONSE_TOO_LARGE", { url, why, retryable: false, sent: true });
  }
  return head ? { body: head, overflowBytes: size } : { body: joined(chunks, size) };
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
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
  return joined(chunks, size);
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
