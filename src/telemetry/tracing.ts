/** Traces over OTLP/HTTP when an endpoint is set, nothing otherwise. The context rides as a traceparent string, across restarts too. */

import {
  type Attributes,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
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

const STOP_MS = 2_000;

/**
 * Tracing to `endpoint` (OTEL_EXPORTER_OTLP_ENDPOINT: /v1/traces is appended), or none without one. The exporter is only
 * loaded when it is used: its packages cost memory and start-up time.
 */
export async function startTracing(
  { endpoint, serviceName }: { endpoint?: string; serviceName: string },
): Promise<Tracing> {
  if (endpoint === undefined) return noTracing;
  const [{ OTLPTraceExporter }, { TracerProvider, BatchSpanProcessor }, { resourceFromAttributes }] = await Promise
    .all([
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/resources"),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces`, timeoutMillis: STOP_MS });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": serviceName }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000, exportTimeoutMillis: STOP_MS })],
  });
  const tracer = provider.getTracer("timewire");

  return {
    enabled: true,
    startSpan: (name, { parent, attributes, kind = "internal" } = {}) => {
      const remote = parent === undefined ? undefined : parseTraceparent(parent);
      const context = remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
      return wrap(tracer.startSpan(name, { attributes, kind: KINDS[kind] }, context));
    },
    flush: () => provider.forceFlush().catch(() => {}),
    stop: async () => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, STOP_MS));
      await Promise.race([provider.shutdown().catch(() => {}), timeout]);
      clearTimeout(timer);
    },
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
function parseTraceparent(text: string) {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text);
  if (!match || /^0+$/.test(match[1]!) || /^0+$/.test(match[2]!)) return undefined;
  // Sampled whatever the caller says: an operator who set an endpoint wants to see the whole way of an event.
  return { traceId: match[1]!, spanId: match[2]!, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}
