/** One HTTP exchange over a connection of its own, to a checked address and no other. */

import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { ConnectionOptions, SecureContext } from "node:tls";
import zlib from "node:zlib";
import { readCapped, type SafeRequest, type SafeResponse, upstreamFault } from "./safe_fetch.ts";
import { plainAddress } from "./classify.ts";
import { refused, type Target } from "./target.ts";

const MAX_HEADER_BYTES = 32_768;
/** Interim answers (1xx) before the real one. */
const MAX_INTERIM = 20;

export interface Exchange {
  target: Target;
  /** The ones that were checked, in the order to be tried. */
  addresses: readonly string[];
  request: SafeRequest;
  secureContext: () => SecureContext;
  signal: AbortSignal;
}

/** Makes the request to one of `addresses`. Throws as SafeFetch says; what an aborted signal leaves is for its owner to name. */
export async function exchange(facts: Exchange): Promise<SafeResponse> {
  const { target: { url }, request, signal } = facts;
  signal.throwIfAborted();
  let outgoing: ClientRequest | undefined;
  const onAbort = () => outgoing?.destroy(new Error("aborted"));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    outgoing = open(facts);
    const response = await answerOf(outgoing, facts);
    const stream = inflated(response, { url, method: request.method });
    const body = await readCapped(stream, { url, maxBytes: request.maxResponseBytes });
    return { status: response.statusCode!, headers: headersOf(response, url), body };
  } finally {
    signal.removeEventListener("abort", onAbort);
    outgoing?.destroy();
  }
}

/** The request with nothing sent yet: its bytes leave once the connection is known to be a checked one. */
function open({ target: { url, port, address }, addresses, request, secureContext }: Exchange): ClientRequest {
  const pinned = addresses.map((each) => ({ address: each, family: isIP(each) }));
  const body = typeof request.body === "string" ? new TextEncoder().encode(request.body) : request.body;
  const length = body?.byteLength ?? (/^(POST|PUT|PATCH)$/.test(request.method) ? 0 : undefined);
  try {
    const options: http.RequestOptions = {
      hostname: address ?? url.hostname,
      port,
      path: url.pathname + url.search,
      method: request.method,
      headers: {
        ...request.headers,
        host: url.host,
        "accept-encoding": "identity",
        ...(length !== undefined && { "content-length": length }),
      },
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      lookup: (_name, options, done) => {
        if (options.all) done(null, pinned);
        else done(null, pinned[0]!.address, pinned[0]!.family);
      },
    };
    if (url.protocol === "http:") return http.request(options);
    const secured: http.RequestOptions & Pick<ConnectionOptions, "secureContext"> = {
      ...options,
      secureContext: secureContext(),
    };
    return https.request(secured);
  } catch {
    throw upstreamFault("UPSTREAM_UNREACHABLE", {
      url,
      why: "the request cannot be made",
      retryable: false,
      sent: false,
    });
  }
}

/** Resolves with the head of the answer. */
function answerOf(
  outgoing: ClientRequest,
  { target: { url }, addresses, request }: Exchange,
) {
  const secure = url.protocol === "https:";
  const checked = new Set(addresses.map(plainAddress));
  return new Promise<IncomingMessage>((resolve, reject) => {
    const invalid = (why: string) =>
      upstreamFault("UPSTREAM_RESPONSE_INVALID", { url, why, retryable: true, sent: true });
    let sent = false;
    let interim = 0;
    outgoing.on("socket", (socket) => {
      socket.once(secure ? "secureConnect" : "connect", () => {
        // Whatever lay between: no byte goes to an address that was not checked.
        if (!checked.has(plainAddress(socket.remoteAddress ?? ""))) {
          reject(refused(url.hostname, "the connection leads to another address"));
          outgoing.destroy();
          return;
        }
        sent = true;
        outgoing.end(request.body);
      });
    });
    outgoing.on("information", () => {
      if (++interim <= MAX_INTERIM) return;
      reject(invalid("it sends interim answers only"));
      outgoing.destroy();
    });
    outgoing.on("upgrade", (_response, socket) => {
      socket.destroy();
      reject(invalid("it changed the protocol"));
    });
    outgoing.on("response", resolve);
    outgoing.on("error", (error: Error & { code?: string }) => {
      if (error.code?.startsWith("HPE_")) return reject(invalid("the answer is not HTTP, or its head is too large"));
      const unmade = secure ? "no secure connection could be made" : "no connection could be made";
      const why = sent ? "the connection was lost" : unmade;
      reject(upstreamFault("UPSTREAM_UNREACHABLE", { url, why, retryable: true, sent }));
    });
  });
}

const DECODERS: Record<string, () => Readable & Writable> = {
  gzip: () => zlib.createGunzip(),
  "x-gzip": () => zlib.createGunzip(),
  deflate: () => zlib.createInflate(),
  br: () => zlib.createBrotliDecompress(),
};

/** The body as a stream, inflated where the other side compressed it unasked. */
function inflated(response: IncomingMessage, { url, method }: { url: URL; method: string }): Readable {
  const coding = (response.headers["content-encoding"] ?? "").trim().toLowerCase();
  const bodiless = method === "HEAD" || response.statusCode === 204 || response.statusCode === 304;
  if (bodiless || coding === "" || coding === "identity") return response;
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding]!() : undefined;
  if (!decoder) {
    const why = "the compression of the answer is not supported";
    throw upstreamFault("UPSTREAM_RESPONSE_INVALID", { url, why, retryable: false, sent: true });
  }
  response.on("error", (error) => decoder.destroy(error));
  return response.pipe(decoder);
}

function headersOf({ rawHeaders }: IncomingMessage, url: URL): Headers {
  const headers = new Headers();
  try {
    for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  } catch {
    const why = "a header of the answer cannot be read";
    throw upstreamFault("UPSTREAM_RESPONSE_INVALID", { url, why, retryable: true, sent: true });
  }
  return headers;
}
