/** Spans of the program's work, or nothing where tracing is off. The context rides as a traceparent string, across restarts too. */

import {
  type Attributes,
  context as contexts,
  createTraceState,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer,
} from "@opentelemetry/api";

export interface SpanOptions {
  /** Trace context of what caused this; a malformed one counts as none. Absent: the span within which this is called. */
  parent?: string;
  attributes?: Attributes;
  kind?: "internal" | "server" | "client";
}

export interface Span {
  /**
   * Trace context that children take as their parent: a W3C traceparent, and behind a blank the tracestate that the first
   * caller sent, if it did. "" when tracing is off.
   */
  readonly traceparent: string;
  /** Calls `work`, whose spans without another parent are children of this one, over all that it awaits. */
  within<T>(work: () => T): T;
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

const NO_SPAN: Span = {
  traceparent: "",
  within: (work) => work(),
  setAttributes: () => {},
  recordError: () => {},
  end: () => {},
};

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
      const remote = parent === undefined ? undefined : parseContext(parent, trustsCaller);
      const around = parent === undefined ? contexts.active() : ROOT_CONTEXT;
      const context = remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : around;
      const span = tracer.startSpan(name, { attributes, kind: KINDS[kind] }, context);
      return wrap(span, (work) => contexts.with(trace.setSpan(context, span), work));
    },
    flush: () => flush().catch(() => {}),
    stop,
  };
}

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT };

function wrap(span: OtelSpan, within: Span["within"]): Span {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  const tracestate = traceState?.serialize() ?? "";
  return {
    traceparent: tracestate === "" ? traceparent : `${traceparent} ${tracestate}`,
    within,
    setAttributes: (attributes) => void span.setAttributes(attributes),
    recordError: (code) => {
      span.setAttribute("error.type", code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => span.end(),
  };
}

/** The trace context in the headers of a request, as spans take it for their parent; undefined without one. */
export function contextOf(headers: Pick<Headers, "get"> | ReadonlyMap<string, string>): string | undefined {
  const traceparent = headers.get("traceparent") ?? undefined;
  if (traceparent === undefined) return undefined;
  const tracestate = headers.get("tracestate") ?? undefined;
  return tracestate === undefined ? traceparent : `${traceparent} ${tracestate}`;
}

/** The headers that hand a span's trace context on; none when tracing is off. */
export function contextHeaders({ traceparent: context }: Span): Record<string, string> {
  if (context === "") return {};
  const blank = context.indexOf(" ");
  if (blank === -1) return { traceparent: context };
  return { traceparent: context.slice(0, blank), tracestate: context.slice(blank + 1) };
}

/** Of any version: what a later one adds stands behind another dash (W3C Trace Context, versioning). */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** What every system hands on; a longer one is dropped whole. */
const MAX_TRACESTATE = 512;

/** The span context of a trace context. Version ff is none, and version 00 has nothing behind its flags. */
function parseContext(text: string, trustsCaller: boolean) {
  const [traceparent = "", ...rest] = text.split(" ");
  const [, version, traceId = "", spanId = "", flags = "", more] = TRACEPARENT.exec(traceparent) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const tracestate = rest.join(" ").trim();
  const traceFlags = trustsCaller ? parseInt(flags, 16) & TraceFlags.SAMPLED : TraceFlags.SAMPLED;
  return {
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
    ...(tracestate !== "" && tracestate.length <= MAX_TRACESTATE && { traceState: createTraceState(tracestate) }),
  };
}
