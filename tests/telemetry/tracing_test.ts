import assert from "node:assert/strict";
import { startTracing } from "../../src/telemetry/tracing.ts";
import { startOtlpReceiver } from "../support/otlp_receiver.ts";

Deno.test("startTracing() without an endpoint does nothing", async () => {
  const tracing = await startTracing({ serviceName: "timewire" });
  assert.equal(tracing.enabled, false);
  const span = tracing.startSpan("delivery");
  assert.equal(span.traceparent, "");
  span.setAttributes({ a: 1 });
  span.recordError("INTERNAL");
  span.end();
  await tracing.flush();
  await tracing.stop();
});

Deno.test("a traceparent joins the spans of two lives of the program into one trace", async () => {
  const receiver = startOtlpReceiver();
  const before = await startTracing({ endpoint: receiver.endpoint, serviceName: "timewire" });
  const delivery = before.startSpan("delivery", { kind: "server", attributes: { "timewire.event": "NEW_TAG" } });
  const { traceparent } = delivery;
  delivery.end();
  await before.stop();

  const after = await startTracing({ endpoint: receiver.endpoint, serviceName: "timewire" });
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
  const tracing = await startTracing({ endpoint: receiver.endpoint, serviceName: "timewire" });
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
  const tracing = await startTracing({ endpoint, serviceName: "timewire" });
  for (let i = 0; i < 10; i++) tracing.startSpan("delivery").end();
  await tracing.flush();
  tracing.startSpan("late").end();
  await tracing.stop();
});
