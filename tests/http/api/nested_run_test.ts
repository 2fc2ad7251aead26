/** A flow with steps of several kinds, saved by its route, runs on an event: what was checked on save is what the engine walks. */

import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { newKey } from "../../../src/secrets/encryption.ts";
import { type Sink, startSink } from "../../support/sink.ts";
import { textsHolding } from "../../support/text_columns.ts";
import { stopSharedDatabase } from "../../support/database.ts";
import { eventually, startWorld, type World } from "../../support/world.ts";
import { ask, type Json } from "../door.ts";

const UW = "universal_webhook";
let world: World;
let sink: Sink;
let headers: Record<string, string>;

Deno.test.beforeAll(async () => {
  sink = startSink();
  world = await startWorld({
    env: {
      API_RATE_LIMIT_RPS: "100000",
      EGRESS_ALLOW: `127.0.0.1:${sink.port}`,
      ENCRYPTION_KEYS: newKey("run"),
      UW_ENABLE_GENERIC_HTTP_ACTIONS: "true",
    },
  });
  ({ admin: headers } = await world.enter(UW));
});
Deno.test.afterAll(async () => {
  await world.stop();
  await sink.stop();
  await stopSharedDatabase();
});

const ui = (path: string, options: Parameters<typeof ask>[1] = {}) =>
  ask(`${world.url(UW)}/ui${path}`, { headers, ...options });
const post = (id: string, body: Json) => ({
  id,
  type: "http",
  url: sink.url,
  headers: { Authorization: "Bearer marker-run" },
  body,
});

Deno.test("cases, loops, variables, failures that are caught and the end of a flow run as they were saved; its secret is sent and stored nowhere", async () => {
  const actions = [
    { id: "v", type: "variables", set: { prefix: "{{ lower($.webhook.type) }}" } },
    {
      kind: "branch",
      id: "by_type",
      on: "$.webhook.type",
      cases: [{ equals: ["BREAK"], actions: [post("no", {})] }, {
        name: "Work",
        equals: ["REGULAR"],
        actions: [{
          kind: "loop",
          id: "each",
          over: "$.webhook.tags",
          actions: [post("send", { name: "{{ $.vars.prefix }} {{ $.loop.item.name }}", last: "$.loop.is_last" })],
        }],
      }],
    },
    {
      kind: "try",
      id: "t",
      actions: [{ id: "fails", operation_id: "createNewTag", body: { name: "{{ required($.webhook.nothing) }}" } }],
      on_error: [post("caught", { step: "$.error.step" })],
    },
    {
      id: "sum",
      type: "transform",
      output: { case: "$.steps.by_type.output.name", failed: "$.steps.t.output.failed" },
    },
    post("sum_up", "$.steps.sum.output"),
    { kind: "end", id: "done", message: "All sent" },
  ];
  const made = await ui("/flows", {
    body: { name: "Nested", trigger_event_types: ["TIMER_STOPPED"], actions },
  });
  assertEquals(made.status, 201, JSON.stringify(made.body));
  assertEquals(made.body.warnings, undefined);
  const { workspaceId, simulator } = world;
  const payload = { id: crypto.randomUUID(), workspaceId, type: "REGULAR", tags: [{ name: "a" }, { name: "b" }] };
  await simulator.deliver({ workspaceId, event: "TIMER_STOPPED", payload });
  const run = await eventually(async () => {
    const [one] = (await ui(`/flows/${made.body.id}/executions`)).body.executions;
    return one && ["completed", "failed"].includes(one.state) && one;
  });
  assertEquals([run.state, run.error], ["completed", null], JSON.stringify(run));
  assertEquals(sink.requests.map(({ body }) => JSON.parse(body)), [
    { name: "regular a", last: false },
    { name: "regular b", last: true },
    { step: "fails" },
    { case: "Work", failed: true },
  ]);
  assertEquals(new Set(sink.requests.map(({ headers }) => headers.authorization)), new Set(["Bearer marker-run"]));
  assertMatch(sink.requests[1]!.headers["idempotency-key"]!, /\/root\/by_type#1\/each#1\/send$/);
  const { body: detail } = await ui(`/runs/${run.id}`);
  assertEquals(detail.definition.actions.map(({ id }: Json) => id), ["v", "by_type", "t", "sum", "sum_up", "done"]);
  assertNotMatch(JSON.stringify([made.body, run, detail]), /marker/);
  assertEquals(await textsHolding(world.database.db, ["marker-run"]), []);

  // The dry run finds the results of this run in its branch, and says the same.
  const [event] = (await ui(`/webhooks?q=${payload.id}`)).body.webhooks;
  const { body: tried } = await ui("/flows/test", { body: { definition: made.body, event_id: event.id } });
  assertEquals(tried.faults, []);
  const sent = tried.actions.filter(({ request, would_run }: Json) => request && would_run);
  assertEquals(sent.map(({ request }: Json) => request.body), [
    { name: "regular a", last: false },
    { name: "regular b", last: true },
    { step: "$.error.step" },
    // What failed is known when it does.
    "$.steps.sum.output",
  ]);
  assertNotMatch(JSON.stringify(tried), /marker/);
});
