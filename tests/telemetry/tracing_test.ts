/** Tests of spans: what a collector gets of them, and the trace context that goes out with requests. */

import { assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import type { SafeRequest, SafeResponse } from "../../src/egress/safe_fetch.ts";
import { tracedFetch } from "../../src/egress/traced_fetch.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { startSdk } from "../../src/telemetry/sdk.ts";
import { contextHeaders, contextOf, noTracing } from "../../src/telemetry/tracing.ts";
import { startForms } from "../support/otlp_forms.ts";
import { eventually } from "../support/world.ts";
import { startOtlpReceiver } from "../support/otlp_receiver.ts";

async function startTracing(
  { endpoint, ...variables }: { endpoint?: string } & Record<string, string | undefined> = {},
) {
  const given = Object.entries({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...variables });
  const known = given.filter((one): one is [string, string] => one[1] !== undefined);
  return (await startSdk({ variables: Object.fromEntries(known), version: "1.2.3" })).tracing;
}

Deno.test("tracing without an endpoint does nothing, and loads nothing", async () => {
  const tracing = await startTracing();
  assertEquals(tracing.enabled, false);
  const span = tracing.startSpan("delivery");
  assertEquals(span.traceparent, "");
  span.setAttributes({ a: 1 });
  span.recordError("INTERNAL");
  span.end();
  await tracing.flush();
  await tracing.stop();
  assertEquals((await startTracing({ endpoint: "http://127.0.0.1:1", OTEL_SDK_DISABLED: "true" })).enabled, false);
});

Deno.test("the standard variables say what the resource is, which headers are sent, and what is sampled", async () => {
  const receiver = startOtlpReceiver();
  const named = await startTracing({
    endpoint: receiver.endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=k1,x-tenant=t%201",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=production,service.name=by-attributes",
  });
  named.startSpan("first").end();
  await named.stop();
  assertEquals(receiver.spans.map(({ resource }) => resource), [{
    "service.name": "by-attributes",
    "service.version": "1.2.3",
    "deployment.environment.name": "production",
  }]);
  assertEquals(
    receiver.headers.map((headers) => [headers.get("x-collector-key"), headers.get("x-tenant")]),
    [["k1", "t 1"]],
  );

  const quiet = await startTracing({
    endpoint: receiver.endpoint,
    OTEL_SERVICE_NAME: "by-name",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=by-attributes",
    OTEL_TRACES_SAMPLER: "parentbased_always_off",
  });
  quiet.startSpan("not kept").end();
  const ids = `${"a".repeat(32)}-${"b".repeat(16)}`;
  assertMatch(quiet.startSpan("not kept either", { parent: `00-${ids}-00` }).traceparent, /-00$/);
  quiet.startSpan("kept", { parent: `00-${ids}-01` }).end();
  await quiet.stop();
  await receiver.stop();
  assertEquals(receiver.spans.map(({ name, service }) => [name, service]), [
    ["first", "by-attributes"],
    ["kept", "by-name"],
  ]);
  assertEquals(Deno.env.get("OTEL_EXPORTER_OTLP_ENDPOINT"), undefined);
});

Deno.test("a traceparent joins the spans of two lives of the program into one trace", async () => {
  const receiver = startOtlpReceiver();
  const before = await startTracing({ endpoint: receiver.endpoint });
  const delivery = before.startSpan("delivery", { kind: "server", attributes: { "timewire.event": "NEW_TAG" } });
  const { traceparent } = delivery;
  delivery.end();
  await before.stop();

  const after = await startTracing({ endpoint: receiver.endpoint });
  const run = after.startSpan("run", { parent: traceparent });
  const step = after.startSpan("step", { parent: run.traceparent, kind: "client" });
  step.recordError("UPSTREAM_FAILED");
  step.end();
  run.end();
  await after.flush();
  await receiver.received(3);
  await after.stop();
  await receiver.stop();

  const spans = new Map(receiver.spans.map((span) => [span.name, span]));
  const [first, second, third] = [spans.get("delivery")!, spans.get("run")!, spans.get("step")!];
  assertEquals(new Set(receiver.spans.map((span) => span.traceId)).size, 1);
  assertEquals(first.parentSpanId, "");
  assertStrictEquals(second.parentSpanId, first.spanId);
  assertStrictEquals(third.parentSpanId, second.spanId);
  assertEquals(first.attributes["timewire.event"], "NEW_TAG");
  assertEquals([third.status, third.attributes["error.type"]], [2, "UPSTREAM_FAILED"]);
  assertEquals(first.service, "timewire");
});

Deno.test("a traceparent of another version is read by its first four fields; a malformed one starts a new trace", async () => {
  const receiver = startOtlpReceiver();
  const tracing = await startTracing({ endpoint: receiver.endpoint });
  const ids = `${"a".repeat(32)}-${"b".repeat(16)}`;
  for (
    const parent of [`00-${ids}-01`, `00-${ids}-ff`, `01-${ids}-01`, `cc-${ids}-00-what-comes-later`, `fe-${ids}-01-`]
  ) {
    assertMatch(
      tracing.startSpan("x", { parent }).traceparent,
      new RegExp(`^00-a{32}-(?!b{16})[0-9a-f]{16}-01$`),
      parent,
    );
  }
  const zeros = (count: number) => "0".repeat(count);
  const malformed = [
    "",
    "nonsense",
    `00-${zeros(32)}-${"1".repeat(16)}-01`,
    `00-${"1".repeat(32)}-${zeros(16)}-01`,
    `00-${ids}-01-more`,
    `01-${ids}-01more`,
    `ff-${ids}-01`,
    `00-${ids.toUpperCase()}-01`,
  ];
  for (const parent of malformed) {
    assertMatch(
      tracing.startSpan("x", { parent }).traceparent,
      /^00-(?!0{32}|a{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/,
      parent,
    );
  }
  await tracing.stop();
  await receiver.stop();
});

Deno.test("tracestate is handed on as it came, and dropped where it is longer than any system must keep", async () => {
  const receiver = startOtlpReceiver();
  const tracing = await startTracing({ endpoint: receiver.endpoint });
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const headersBehind = (tracestate?: string) => {
    const headers = new Headers(tracestate === undefined ? { traceparent } : { traceparent, tracestate });
    const first = tracing.startSpan("first", { parent: contextOf(headers) });
    return contextHeaders(tracing.startSpan("second", { parent: first.traceparent }));
  };
  assertEquals(headersBehind("vendor=a1, other=b 2").tracestate, "vendor=a1,other=b 2");
  assertEquals(Object.keys(headersBehind()), ["traceparent"]);
  assertEquals(Object.keys(headersBehind(`v=${"x".repeat(600)}`)), ["traceparent"]);
  assertEquals(contextOf(new Headers({ tracestate: "a=1" })), undefined);
  await tracing.stop();
  await receiver.stop();
});

Deno.test("tracedFetch() makes a client span below the one around it, and keeps a traceparent that the request brings", async () => {
  const receiver = startOtlpReceiver();
  const tracing = await startTracing({ endpoint: receiver.endpoint });
  const sent: Record<string, string>[] = [];
  const plain = ({ headers, url }: SafeRequest): Promise<SafeResponse> => {
    sent.push(headers);
    if (url.endsWith("/gone")) throw new AppError("UPSTREAM_UNREACHABLE", "Cannot reach it");
    return Promise.resolve({ status: 404, headers: new Headers(), body: new Uint8Array() });
  };
  assertStrictEquals(tracedFetch(plain, { tracing: noTracing, peer: "target" }), plain);
  const fetch = tracedFetch(plain, { tracing, peer: "target" });
  const request = {
    method: "POST",
    url: "https://secret.example/?token=t",
    headers: {},
    timeoutMs: 1,
    maxResponseBytes: 1,
  };
  const step = tracing.startSpan("step");
  await step.within(async () => {
    await Promise.resolve();
    await fetch({ ...request, operation: "createNewTag" });
    await fetch({ ...request, headers: { TraceParent: "theirs" } });
    await assertRejectsLike(fetch({ ...request, url: "https://secret.example/gone" }), {
      code: "UPSTREAM_UNREACHABLE",
    });
  });
  step.end();
  await tracing.stop();
  await receiver.stop();
  const [outer] = receiver.spans.filter(({ name }) => name === "step");
  const calls = receiver.spans.filter(({ parentSpanId }) => parentSpanId === outer!.spanId);
  assertEquals(calls.map(({ name, attributes }) => [name, attributes["error.type"]]), [
    ["POST createNewTag", "404"],
    ["POST", "404"],
    ["POST", "UPSTREAM_UNREACHABLE"],
  ]);
  assertEquals(sent[0]!.traceparent, `00-${outer!.traceId}-${calls[0]!.spanId}-01`);
  assertEquals(sent[1], { TraceParent: "theirs" });
  assertNotMatch(receiver.raw(), /secret\.example|token/);
});

Deno.test("OTEL_METRICS_EXPORTER=otlp pushes the metrics too, as they are read then", async () => {
  const receiver = startOtlpReceiver();
  const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
  const quiet = await startSdk({ variables, version: "1.2.3" });
  assertEquals(quiet.meter, undefined);
  await quiet.tracing.stop();

  const { meter, tracing } = await startSdk({
    variables: { ...variables, OTEL_METRICS_EXPORTER: "otlp" },
    version: "1",
  });
  const metrics = createMetrics({
    clock: systemClock,
    services: ["api-studio", "universal-webhook"],
    eventTypes: ["NEW_TAG"],
    reasons: [],
    pushed: meter,
  });
  let jobs = 3;
  metrics.beforeScrape(() => Promise.resolve(metrics.set("queue_jobs", ["run", "available"], jobs)));
  metrics.add("webhooks_received_total", ["api-studio", "NEW_TAG", "stored"], 2);
  metrics.add("webhooks_received_total", ["universal-webhook", "NEW_TAG", "stored"]);
  metrics.observe("clockify_api_latency_seconds", ["api-studio"], 0.1);
  jobs = 4;
  await tracing.stop();
  await metrics.stop();
  await receiver.stop();
  const names = ["webhooks_received_total", "queue_jobs", "flows_executed_completed", "clockify_api_latency_seconds"];
  assertEquals(names.map((name) => receiver.metrics.get(name)), [3, 4, 0, 1]);
});

Deno.test({
  name: "a span arrives in each form of OTLP that OTEL_EXPORTER_OTLP_PROTOCOL may name",
  // The gRPC client of the exporter keeps what it has open until the process ends.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const collector = await startForms();
    for (const protocol of ["grpc", "http/protobuf", "http/json"]) {
      const tracing = await startTracing({
        endpoint: protocol === "grpc" ? collector.grpc : collector.http,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=k1",
      });
      tracing.startSpan(`by ${protocol}`).end();
      await tracing.stop();
    }
    await collector.stop();
    assertEquals(collector.taken.map(({ form, path, key }) => [form, path, key]), [
      ["application/grpc", "/opentelemetry.proto.collector.trace.v1.TraceService/Export", "k1"],
      ["application/x-protobuf", "/v1/traces", "k1"],
      ["application/json", "/v1/traces", "k1"],
    ]);
    assertEquals(
      collector.taken.map(({ body }) => /by [a-z/]+/.exec(body)?.[0]),
      ["by grpc", "by http/protobuf", "by http/json"],
    );
  },
});

/** Where nothing listens. */
function goneEndpoint(): string {
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  gone.close();
  return `http://127.0.0.1:${gone.addr.port}`;
}

Deno.test("an absent collector neither fails nor holds the program", async () => {
  const tracing = await startTracing({ endpoint: goneEndpoint() });
  for (let i = 0; i < 10; i++) tracing.startSpan("delivery").end();
  await tracing.flush();
  tracing.startSpan("late").end();
  await tracing.stop();
});

Deno.test("what could not be sent is reported with its reason, once a minute", async () => {
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: goneEndpoint(),
    // Enough for a busy machine to be refused in, and too little for another try, which comes 800 ms later at least.
    OTEL_EXPORTER_OTLP_TIMEOUT: "700",
    OTEL_BSP_SCHEDULE_DELAY: "10",
  };
  const faults: string[] = [];
  const { tracing } = await startSdk({ variables, version: "1.2.3", onFault: (reason) => faults.push(reason) });
  tracing.startSpan("first").end();
  await eventually(() => Promise.resolve(faults.length > 0));
  tracing.startSpan("second").end();
  await systemClock.sleep(300);
  await tracing.stop();
  assertEquals(faults.length, 1);
  assertMatch(faults[0]!, /^[^{\n]*ECONNREFUSED[^\n]*$/);
});
