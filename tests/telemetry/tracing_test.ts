import assert from "node:assert/strict";
import { startSdk } from "../../src/telemetry/sdk.ts";
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
  assert.equal(tracing.enabled, false);
  const span = tracing.startSpan("delivery");
  assert.equal(span.traceparent, "");
  span.setAttributes({ a: 1 });
  span.recordError("INTERNAL");
  span.end();
  await tracing.flush();
  await tracing.stop();
  assert.equal((await startTracing({ endpoint: "http://127.0.0.1:1", OTEL_SDK_DISABLED: "true" })).enabled, false);
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
  assert.deepEqual(receiver.spans.map(({ resource }) => resource), [{
    "service.name": "by-attributes",
    "service.version": "1.2.3",
    "deployment.environment.name": "production",
  }]);
  assert.deepEqual(
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
  assert.match(quiet.startSpan("not kept either", { parent: `00-${ids}-00` }).traceparent, /-00$/);
  quiet.startSpan("kept", { parent: `00-${ids}-01` }).end();
  await quiet.stop();
  await receiver.stop();
  assert.deepEqual(receiver.spans.map(({ name, service }) => [name, service]), [
    ["first", "by-attributes"],
    ["kept", "by-name"],
  ]);
  assert.equal(Deno.env.get("OTEL_EXPORTER_OTLP_ENDPOINT"), undefined);
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
  assert.deepEqual(new Set(receiver.spans.map((span) => span.traceId)).size, 1);
  assert.equal(first.parentSpanId, "");
  assert.equal(second.parentSpanId, first.spanId);
  assert.equal(third.parentSpanId, second.spanId);
  assert.equal(first.attributes["timewire.event"], "NEW_TAG");
  assert.deepEqual([third.status, third.attributes["error.type"]], [2, "UPSTREAM_FAILED"]);
  assert.equal(first.service, "timewire");
});

Deno.test("a malformed traceparent starts a new trace", async () => {
  const receiver = startOtlpReceiver();
  const tracing = await startTracing({ endpoint: receiver.endpoint });
  for (const parent of ["", "nonsense", `00-${"0".repeat(32)}-${"1".repeat(16)}-01`]) {
    assert.match(tracing.startSpan("x", { parent }).traceparent, /^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  }
  await tracing.stop();
  await receiver.stop();
});

Deno.test("an absent collector neither fails nor holds the program", async () => {
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const endpoint = `http://127.0.0.1:${gone.addr.port}`;
  gone.close();
  const tracing = await startTracing({ endpoint });
  for (let i = 0; i < 10; i++) tracing.startSpan("delivery").end();
  await tracing.flush();
  tracing.startSpan("late").end();
  await tracing.stop();
});
