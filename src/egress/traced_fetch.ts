/** Requests to other systems as client spans, whose trace context goes with them. */

import { toAppError } from "../base/errors.ts";
import { contextHeaders, type Tracing } from "../telemetry/tracing.ts";
import type { SafeFetch } from "./safe_fetch.ts";

/**
 * `fetch` with one span for each request, and the headers traceparent and tracestate; a request that brings a traceparent of
 * its own keeps it. `peer` says who is called, from a closed list: neither address nor query becomes part of a trace. Where
 * tracing is off it is `fetch` itself.
 */
export function tracedFetch(fetch: SafeFetch, { tracing, peer }: { tracing: Tracing; peer: string }): SafeFetch {
  if (!tracing.enabled) return fetch;
  return async (request) => {
    const { method, operation, headers } = request;
    const span = tracing.startSpan(operation === undefined ? method : `${method} ${operation}`, {
      kind: "client",
      attributes: { "http.request.method": method, "timewire.peer": peer },
    });
    const isOwn = Object.keys(headers).some((name) => name.toLowerCase() === "traceparent");
    try {
      const response = await fetch(isOwn ? request : { ...request, headers: { ...headers, ...contextHeaders(span) } });
      span.setAttributes({ "http.response.status_code": response.status });
      if (response.status >= 400) span.recordError(String(response.status));
      return response;
    } catch (error) {
      span.recordError(toAppError(error).code);
      throw error;
    } finally {
      span.end();
    }
  };
}
