/** HTTP steps at the doors: allowed by the workspace's setting only, kept from private targets, retried under one key, redacted in the history. */

import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { stopSharedDatabase } from "../support/database.ts";
import { type Sink, startSink } from "../support/sink.ts";
import { eventually, startWorld, type World } from "../support/world.ts";
import { type Answer, ask, assertProblem, type Json } from "./door.ts";

const ADDON = "universal_webhook";
const EVENT = "TIMER_STOPPED";
const QUICK = { max_attempts: 3, initial_delay_ms: 1, max_delay_ms: 5 };

let world: World;
let sink: Sink;
/** Never opened by EGRESS_ALLOW. */
let inner: Sink;
let admin: Record<string, string>;
let addonId: string;

Deno.test.beforeAll(async () => {
  [sink, inner] = [startSink(), startSink()];
  world = await startWorld({ env: { EGRESS_ALLOW: `127.0.0.1:${sink.port}` } });
  ({ addonId } = await world.install(ADDON));
  admin = await world.viewer(ADDON);
});
Deno.test.afterAll(async () => {
  await world.stop();
  await sink.stop();
  await inner.stop();
  await stopSharedDatabase();
});

function flows(path = "", options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url(ADDON)}/ui/flows${path}`, { headers: admin, ...options });
}

function flowOf(action: Record<string, unknown>) {
  return { name: "Tell others", trigger_event_types: [EVENT], actions: [{ type: "http", retry: QUICK, ...action }] };
}

/** Saves the setting, and waits until it is in force. */
async function allowRequests(value: boolean) {
  await world.simulator.updateSettings({ addonId, settings: [{ id: "enable_generic_http_actions", value }] });
  await eventually(async () => {
    const { body } = await ask(`${world.url(ADDON)}/ui/settings`, { headers: admin });
    return body.settings.some((one: Json) => one.id === "enable_generic_http_actions" && one.value === value);
  });
}

/** Runs the flow once by an event with `fields`, and gives its execution when it ended. */
async function execute(action: Record<string, unknown>, fields: Record<string, unknown> = {}): Promise<Json> {
  const created = await flows("", { body: flowOf(action) });
  assertEquals(created.status, 201, JSON.stringify(created.body));
  const { id } = created.body;
  await deliver(fields);
  const execution = await ended(id);
  assertEquals((await flows(`/${id}`, { method: "DELETE" })).status, 200);
  return execution;
}

function deliver(fields: Record<string, unknown> = {}) {
  const { simulator, workspaceId } = world;
  return simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId, ...fields } });
}

function ended(id: string): Promise<Json> {
  return eventually(async () => {
    const { body } = await flows(`/${id}/executions`);
    return body.executions.find((one: Json) => one.status === "COMPLETED" || one.status === "FAILED");
  });
}

Deno.test("while the setting is off a flow with a request is refused, and one that is switched off is not", async () => {
  const body = flowOf({ url: `${sink.url}/x` });
  const answer = await flows("", { body });
  assertProblem(answer, 422, "FLOW_INVALID");
  assertEquals(answer.body.faults.map(({ path }: Json) => path), ["actions[0].type"]);
  assertMatch(
    answer.body.faults[0].message,
    /requests to other systems are off; in Universal Webhook an admin switches them on/,
  );

  const kept = await flows("", { body: { ...body, enabled: false } });
  assertEquals(kept.status, 201);
  assertProblem(await flows(`/${kept.body.id}`, { method: "PUT", body: { enabled: true } }), 422, "FLOW_INVALID");
  assertEquals((await flows(`/${kept.body.id}`, { method: "DELETE" })).status, 200);
});

Deno.test("a profile without the feature refuses it whatever the settings say", async () => {
  await world.install("api_studio");
  const headers = await world.viewer("api_studio");
  const answer = await ask(`${world.url("api_studio")}/ui/flows`, { headers, body: flowOf({ url: sink.url }) });
  assertProblem(answer, 422, "FLOW_INVALID");
});

Deno.test("with the setting on a request runs, and its answer is there for the next step", async () => {
  await allowRequests(true);
  sink.requests.length = 0;
  sink.answer = ({ path }) => path.startsWith("/first") ? Response.json({ next: "b c" }) : new Response("done");
  const created = await flows("", {
    body: {
      ...flowOf({}),
      actions: [
        { type: "GENERIC_HTTP", method: "GET", url: `${sink.url}/first`, query: { of: "$.webhook.id" } },
        {
          id: "second",
          type: "http",
          url: `${sink.url}/second`,
          body: { got: "$.action_1_result.body.next", type: "$.delivery.type" },
        },
      ],
    },
  });
  assertEquals(created.status, 201, JSON.stringify(created.body));
  const [first, second] = created.body.actions;
  assertEquals([first.type, first.timeout_ms, first.retry.max_attempts], ["http", 10_000, 5]);
  assertEquals([second.method, second.headers, second.on_uncertain], ["POST", {}, "retry"]);
  const saved = await flows(`/${created.body.id}`, { method: "PUT", body: created.body });
  assertEquals(saved.status, 200, "an answer sent back is a change too");

  await deliver({ id: "t 1" });
  const execution = await ended(created.body.id);
  assertEquals(execution.status, "COMPLETED", JSON.stringify(execution));
  assertEquals(sink.requests.map(({ method, path }) => `${method} ${path}`), ["GET /first?of=t+1", "POST /second"]);
  assertEquals(JSON.parse(sink.requests[1]!.body), { got: "b c", type: EVENT });
  assertEquals(execution.actions[1].result.body, "done");
  await flows(`/${created.body.id}`, { method: "DELETE" });
});

Deno.test("a step says which statuses are retried, how, and how long one attempt may take", async () => {
  await allowRequests(true);
  sink.requests.length = 0;
  const hung = Promise.withResolvers<Response>();
  const answers = [new Response("", { status: 409 }), hung.promise, Response.json({ at: "last" })];
  sink.answer = () => answers.shift() ?? new Response("", { status: 500 });
  const retry = { ...QUICK, backoff: "fixed", statuses: [409], time_limit_ms: 60_000 };
  const patient = { ...retry, statuses: [409, 500] };
  const execution = await execute({ url: `${sink.url}/x`, retry: patient, try_time_limit_ms: 300 });
  hung.resolve(new Response());
  assertEquals([execution.status, execution.actions[0].result.body], ["COMPLETED", { at: "last" }]);
  assertEquals(new Set(sink.requests.map(({ headers }) => headers["idempotency-key"])).size, 1);

  sink.requests.length = 0;
  const refused = await execute({ url: `${sink.url}/x`, retry });
  assertEquals([refused.status, sink.requests.length], ["FAILED", 1], "a 500 is not among the statuses");
});

Deno.test("a private address is refused when the flow is saved, or in the run with the reason in its history", async () => {
  const written = [
    "http://127.0.0.1/x",
    "http://localhost/x",
    "http://2130706433/",
    "http://[::ffff:7f00:1]/",
    "file:///etc/passwd",
  ];
  for (const url of [`${inner.url}/x`, ...written]) {
    const answer = await flows("", { body: flowOf({ url }) });
    assertProblem(answer, 422, "FLOW_INVALID");
    assertEquals(answer.body.faults[0].path, "actions[0].url", url);
  }
  const execution = await execute({ url: "$.webhook.target" }, { target: "http://127.0.0.1:8080/latest/meta-data" });
  assertEquals(execution.status, "FAILED");
  assertEquals(execution.error.code, "HOST_NOT_ALLOWED");
  assertMatch(execution.error.message, /127\.0\.0\.1: its address is not public \(loopback\)/);
  assertEquals(execution.actions[0].attempts, 1, "it is not tried again");
  assertEquals(inner.requests.length, 0);
});

Deno.test("a redirect to a private address is not followed", async () => {
  sink.requests.length = 0;
  sink.answer = () => new Response(null, { status: 302, headers: { location: `${inner.url}/secret` } });
  const execution = await execute({ url: `${sink.url}/moved` });
  assertEquals(execution.error.code, "UPSTREAM_REJECTED");
  assertMatch(execution.error.message, /302: redirects are not followed/);
  assertEquals([sink.requests.length, inner.requests.length], [1, 0]);
});

Deno.test("a 503 is tried again under the same Idempotency-Key, a 410 is not", async () => {
  sink.requests.length = 0;
  sink.answer = () => new Response(null, { status: sink.requests.length < 3 ? 503 : 204 });
  const execution = await execute({ url: `${sink.url}/again`, body: { n: 1 } });
  assertEquals(execution.status, "COMPLETED");
  assertEquals(execution.actions[0].tries.map((one: Json) => one.http_status), [503, 503, 204]);
  const keys = new Set(sink.requests.map(({ headers }) => headers["idempotency-key"]));
  assertEquals(keys.size, 1);
  assertEquals(new Set(sink.requests.map(({ headers }) => headers["webhook-id"])), keys);
  sink.answer = () => new Response(null, { status: 410 });
  assertEquals((await execute({ url: sink.url })).actions[0].attempts, 1);
});

Deno.test("secrets of a request are not in the history, nor in the log", async () => {
  sink.answer = () => Response.json({});
  const execution = await execute({
    url: `${sink.url}/hook?signature=marker-one`,
    headers: { Authorization: "Bearer marker-two", "X-Api-Key": "marker-three", "X-Team": "blue" },
    body: { token: "marker-four", note: "kept" },
  });
  const [{ request }] = execution.actions[0].tries;
  assertEquals([request.headers["x-team"], request.body.note], ["blue", "kept"]);
  assertNotMatch(JSON.stringify(execution), /marker-/);
  assertNotMatch(JSON.stringify(world.logs), /marker-/);
  assertEquals(sink.requests.at(-1)!.headers.authorization, "Bearer marker-two", "it was sent");
});

Deno.test("a bad header is a fault on save where it is fixed, and names its field in the history where it is not", async () => {
  const fixed = await flows("", {
    body: flowOf({ url: sink.url, headers: { Host: "x", "x-a": "b\r\nc", "x-b": "$.webhook.name" } }),
  });
  assertProblem(fixed, 422, "FLOW_INVALID");
  assertEquals(fixed.body.faults.map(({ path }: Json) => path), [
    "actions[0].headers.Host",
    "actions[0].headers.x-a",
  ]);
  const execution = await execute({ url: sink.url, headers: { "x-b": "$.webhook.name" } }, {
    name: "a\r\nX-Addon-Token: b",
  });
  assertEquals(execution.error.code, "OPERATION_INPUT_INVALID");
  assertMatch(execution.error.message, /headers\.x-b/);
  assertNotMatch(JSON.stringify(world.logs), /"level":"ERROR"/i);
});

Deno.test("when the setting is switched off later, the step fails and says so", async () => {
  const created = await flows("", { body: flowOf({ url: `${sink.url}/late` }) });
  await allowRequests(false);
  sink.requests.length = 0;
  await deliver();
  const execution = await ended(created.body.id);
  assertEquals([execution.status, execution.error.code], ["FAILED", "FEATURE_OFF"]);
  assertEquals(sink.requests.length, 0);
});
