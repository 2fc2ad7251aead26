/** A small OTLP/HTTP receiver on loopback: keeps the spans that the JSON exporter sends. */

export interface ReceivedSpan {
  service: string;
  /** Attributes of the program that sent it. */
  resource: Record<string, unknown>;
  name: string;
  traceId: string;
  spanId: string;
  /** "" for the first span of a trace. */
  parentSpanId: string;
  attributes: Record<string, unknown>;
  /** OTLP status code: 0 unset, 1 ok, 2 error. */
  status: number;
}

export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  endpoint: string;
  spans: readonly ReceivedSpan[];
  /** Sum of its points by name, of the metrics received last. */
  metrics: ReadonlyMap<string, number>;
  /** Of each request that brought spans. */
  headers: readonly Headers[];
  /** Everything received, as sent: to search for what must not be there. */
  raw(): string;
  /** Resolves as soon as `count` spans have arrived in all. */
  received(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts on a free port. */
export function startOtlpReceiver(): OtlpReceiver {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  const headers: Headers[] = [];
  const metrics = new Map<string, number>();
  let waiting: { count: number; resolve: () => void }[] = [];

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const body = await request.text();
    const { pathname } = new URL(request.url);
    if (request.method !== "POST" || !["/v1/traces", "/v1/metrics"].includes(pathname)) {
      return new Response(null, { status: 404 });
    }
    if (pathname === "/v1/metrics") {
      for (const [name, value] of readMetrics(JSON.parse(body))) metrics.set(name, value);
      return Response.json({}, { headers: { connection: "close" } });
    }
    bodies.push(body);
    headers.push(request.headers);
    spans.push(...readSpans(JSON.parse(body)));
    waiting = waiting.filter(({ count, resolve }) => spans.length < count || resolve());
    return Response.json({}, { headers: { connection: "close" } });
  });

  return {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    spans,
    metrics,
    headers,
    raw: () => bodies.join("\n"),
    received: (count) =>
      spans.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    stop: () => server.shutdown(),
  };
}

interface OtlpAttribute {
  key: string;
  value: Record<string, unknown>;
}

interface OtlpTraces {
  resourceSpans: {
    resource: { attributes: OtlpAttribute[] };
    scopeSpans: {
      spans: {
        name: string;
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        attributes?: OtlpAttribute[];
        status?: { code?: number };
      }[];
    }[];
  }[];
}

function readSpans({ resourceSpans }: OtlpTraces): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        service: String(readAttributes(resource.attributes)["service.name"]),
        resource: readAttributes(resource.attributes),
        name: span.name,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? "",
        attributes: readAttributes(span.attributes ?? []),
        status: span.status?.code ?? 0,
      }))
    )
  );
}

interface OtlpMetrics {
  resourceMetrics: {
    scopeMetrics: {
      metrics: {
        name: string;
        sum?: { dataPoints: OtlpPoint[] };
        gauge?: { dataPoints: OtlpPoint[] };
        histogram?: { dataPoints: { count: number | string }[] };
      }[];
    }[];
  }[];
}

interface OtlpPoint {
  asInt?: number | string;
  asDouble?: number;
}

function readMetrics({ resourceMetrics }: OtlpMetrics): [name: string, value: number][] {
  const all = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  return all.map(({ name, sum, gauge, histogram }) => {
    const points = (sum ?? gauge)?.dataPoints.map(({ asInt, asDouble }) => Number(asInt ?? asDouble)) ??
      histogram!.dataPoints.map(({ count }) => Number(count));
    return [name, points.reduce((total, value) => total + value, 0)];
  });
}

/** An OTLP value is an object with one field, named by its type. */
function readAttributes(attributes: OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
