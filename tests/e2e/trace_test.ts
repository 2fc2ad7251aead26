/** One trace from a delivery to its last action, also when the program is stopped in between. */

import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { newKey } from "../../src/secrets/encryption.ts";
import { start } from "../../src/app/start.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { passDelays } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../support/otlp_receiver.ts";
import { configOf, eventually, startWorld, type World, worldEnv } from "../support/world.ts";

Deno.test.afterAll(stopSharedDatabase);

const EVENT = "TIMER_STOPPED";
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CALLER_SPAN = "b7ad6b7169203331";
const TRACESTATE = "vendor=a1,other=b2";
const HOUR_MS = 3_600_000;
const ENCRYPTION_KEYS = newKey("test");

/** Installs the Universal Webhook, saves a flow of two calls and sends it one delivery that carries a trace context. */
async function sendDelivery(world: World): Promise<void> {
  const { webhooks } = await world.install("universal_webhook");
  const headers = { ...await world.viewer("universal_webhook"), "content-type": "application/json" };
  const retry = { max_attempts: 3, initial_delay_ms: HOUR_MS, max_delay_ms: HOUR_MS };
  const flow = {
    name: "Two calls",
    trigger_event_types: [EVENT],
    actions: [
      { id: "list_tags", operation_id: "getTags", query_params: { name: "$.webhook.description" }, retry },
      { id: "make_tag", operation_id: "createNewTag", body: { name: "{{ concat('t-', $.webhook.id) }}" } },
    ],
  };
  const base = world.url("universal_webhook");
  const saved = await fetch(`${base}/ui/flows`, { method: "POST", headers, body: JSON.stringify(flow) });
  assertEquals(saved.status, 201, await saved.text());
  const sent = await fetch(`${base}/webhooks/clockify/${EVENT}?secret=in-the-query`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "clockify-signature": webhooks.find(({ event }) => event === EVENT)!.authToken,
      "clockify-webhook-event-type": EVENT,
      // As a caller of a later version of the standard sends it.
      traceparent: `01-${TRACE_ID}-${CALLER_SPAN}-01-later`,
      tracestate: TRACESTATE,
    },
    body: JSON.stringify({ id: "traced-1", workspaceId: world.workspaceId, description: "words-of-the-body" }),
  });
  assertEquals(sent.status, 200, await sent.text());
}

async function runReaches(world: World, state: string): Promise<void> {
  await eventually(async () => (await world.database.db.sql`select 1 from run where state = ${state}`).length === 1);
}

/** `caller > event.receive > ...`: the names from the first span to this one. */
function wayTo(span: ReceivedSpan, spans: readonly ReceivedSpan[]): string {
  if (span.parentSpanId === CALLER_SPAN) return `caller > ${span.name}`;
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return `${parent ? wayTo(parent, spans) : "?"} > ${span.name}`;
}

/** The delivery's trace has these spans and no more; what else was sent is of background jobs. */
async function assertOneTrace({ spans, raw }: OtlpReceiver, ways: string[]): Promise<void> {
  const ours = () => spans.filter(({ traceId }) => traceId === TRACE_ID);
  await eventually(() => Promise.resolve(ours().length >= ways.length));
  assertEquals(ours().map((span) => wayTo(span, spans)).sort(), ways.sort());
  const others = spans.filter(({ traceId }) => traceId !== TRACE_ID);
  assertEquals(others.filter(({ name }) => !/^job\.|^(GET|POST|PUT|PATCH|DELETE) /.test(name)), []);
  assertNotMatch(raw(), /eyJ|words-of-the-body|in-the-query|url\.query|"x-addon-token"/i);
}

const RECEIVE = "caller > event.receive";
const DISPATCH = `${RECEIVE} > event.dispatch`;
const RUN = `${DISPATCH} > run`;
const STEP = `${RUN} > step`;
const LIST = `${STEP} > GET getTags`;
const MAKE = `${STEP} > POST createNewTag`;

/** Each call that a step made carries the context of its own client span, and what the caller sent beside its own. */
function assertHandedOn({ spans }: OtlpReceiver, { simulator: { requests } }: World): void {
  const isCall = (name: string) => name === "GET getTags" || name === "POST createNewTag";
  const expected = spans.filter(({ name, traceId }) => traceId === TRACE_ID && isCall(name))
    .map(({ spanId }) => [`00-${TRACE_ID}-${spanId}-01`, TRACESTATE]);
  const sent = requests.filter(({ headers }) => headers.traceparent?.includes(TRACE_ID))
    .map(({ headers }) => [headers.traceparent, headers.tracestate]);
  assertEquals(sent.toSorted(), expected.toSorted());
  assert(requests.filter(({ path }) => path.includes("/workspaces/")).every(({ headers }) => headers.traceparent));
}

Deno.test("one trace leads from the caller over delivery, dispatch and run to the last action", async () => {
  const receiver = startOtlpReceiver();
  const world = await startWorld({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint } });
  try {
    await sendDelivery(world);
    await runReaches(world, "completed");
    await assertOneTrace(receiver, [RECEIVE, DISPATCH, RUN, STEP, STEP, LIST, MAKE]);
    assertHandedOn(receiver, world);
    const steps = receiver.spans.filter(({ name }) => name === "step");
    assertEquals(steps.map(({ attributes }) => attributes["timewire.step"]), ["root/list_tags", "root/make_tag"]);
    assertEquals(new Set(receiver.spans.map(({ service }) => service)), new Set(["timewire"]));
    assert(receiver.spans.every(({ traceId, status }) => traceId !== TRACE_ID || status !== 2));
  } finally {
    await world.stop();
    await receiver.stop();
  }
});

Deno.test("a run that waits over a restart goes on in the same trace", async () => {
  const receiver = startOtlpReceiver();
  const database = await testDatabase();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, ENCRYPTION_KEYS };
  const world = await startWorld({ database, env });
  try {
    await world.simulator.addFault({ kind: "status", status: 500, path: "*/tags", count: null });
    await sendDelivery(world);
    await runReaches(world, "waiting");
    await world.serving.stop();
    await assertOneTrace(receiver, [RECEIVE, DISPATCH, RUN, STEP, LIST, LIST, LIST]);
    const failed = receiver.spans.find(({ name }) => name === "step")!;
    assertEquals([failed.status, failed.attributes["error.type"]], [2, "UPSTREAM_FAILED"]);

    await world.simulator.clearFaults();
    await passDelays(database.db);
    const second = await start({
      config: configOf({ ...worldEnv(world.simulator), ...env }),
      clock: systemClock,
      log: createLogger({ level: "ERROR", format: "json", clock: systemClock, write: () => {} }),
      database: database.db,
    });
    await runReaches(world, "completed");
    await second.stop();
    await assertOneTrace(receiver, [RECEIVE, DISPATCH, RUN, STEP, LIST, LIST, LIST, RUN, STEP, STEP, LIST, MAKE]);
    assertHandedOn(receiver, world);
    const attempts = receiver.spans.filter(({ attributes }) => attributes["timewire.step"] === "root/list_tags");
    assertEquals(attempts.map(({ attributes }) => Number(attributes["timewire.attempt"])), [1, 2]);
  } finally {
    await world.simulator.stop();
    await database.stop();
    await receiver.stop();
  }
});
