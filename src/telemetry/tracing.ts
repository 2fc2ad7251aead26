/** Spans of the program's work, or nothing where tracing is off. The context rides as a traceparent string, across restarts too. */

import {
  type Attributes,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from "@opentelemetry/api";

export interface SpanOptions {
  /** W3C traceparent of what caused this; a malformed one is taken as none. */
  parent?: string;
  attributes?: Attributes;
  kind?: "internal" | "server" | "client";
}

export interface Span {
  /** W3C traceparent that children take as their parent; "" when tracing is off. */
  readonly traceparent: string;
  setAttributes(attributes: Attributes): void;
  /** Marks the span as failed; `code` is one of the error codes, never a message. */
  recordError(code: string): void;
  end(): void;
}

export interface Tracing {
  readonly enabled: boolean;
  startSpan(name: string, options?: SpanOptions): Span;
  /** Sends what is waiting; never rejects. */
  flush(): Promise<void>;
  /** Sends what is waiting for at most 2 s; never rejects: an absent collector must not hold a stop. */
  stop(): Promise<void>;
}

const NO_SPAN: Span = { traceparent: "", setAttributes: () => {}, recordError: () => {}, end: () => {} };

/** Tracing that does nothing. */
export const noTracing: Tracing = {
  enabled: false,
  startSpan: () => NO_SPAN,
  flush: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

/** Most time that a stop gives to what is waiting. */
export const STOP_MS = 2_000;

/** Tracing through a tracer of the SDK (sdk.ts). `trustsCaller`: whether a sampled flag of a caller decides. */
export function createTracing(
  { tracer, trustsCaller, flush, stop }: {
    tracer: Tracer;
    trustsCaller: boolean;
    flush(): Promise<void>;
    stop(): Promise<void>;
  },
): Tracing {
  return {
    enabled: true,
    startSpan: (name, { parent, attributes, kind = "internal" } = {}) => {
      const remote = parent === undefined ? undefined : parseTraceparent(parent, trustsCaller);
      const context = remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
      return wrap(tracer.startSpan(name, { attributes, kind: KINDS[kind] }, context));
    },
    flush: () => flush().catch(() => {}),
    stop,
  };
}

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT };

function wrap(span: OtelSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`,
    setAttributes: (attributes) => void span.setAttributes(attributes),
    recordError: (code) => {
      span.setAttribute("error.type", code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => span.end(),
  };
}

/** The span context of a traceparent (W3C Trace Context level 1, version 00). */
function parseTraceparent(text: string, trustsCaller: boolean) {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text);
  if (!match || /^0+$/.test(match[1]!) || /^0+$/.test(match[2]!)) return undefined;
  const traceFlags = trustsCaller ? parseInt(match[3]!, 16) & TraceFlags.SAMPLED : TraceFlags.SAMPLED;
  return { traceId: match[1]!, spanId: match[2]!, traceFlags, isRemote: true };
}
