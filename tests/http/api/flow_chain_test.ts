/** Tests of flows that run other flows, and of events that flows make: once each, bounded, and ended with what they belong to. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { MAX_CHAIN } from "../../../src/actions/emit_event.ts";
import { MAX_DEPTH } from "../../../src/flows/triggers/child_places.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, type Json } from "../door.ts";

let world: World;
let admin: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", MAX_RUNS_PER_MINUTE: "60000" } }, async (made) => {
  world = made;
  ({ admin } = await world.enter("universal_webhook"));
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

async function create(actions: Json[], fields: Json = {}): Promise<Json> {
  const { status, body } = await ui("/flows", { body: { name: "Chain", triggers: { api: true }, actions, ...fields } });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

async function run({ id }: Json, input: Json = {}): Promise<string> {
  const { status, body } = await ui(`/flows/${id}/run`, { body: { input } });
  assertEquals(status, 202, JSON.stringify(body));
  return body.run_id;
}

async function over(runId: string): Promise<Json> {
  return await eventually(async () => {
    const { body } = await ui(`/runs/${runId}`);
    return ["completed", "failed", "cancelled"].includes(body.state) && body;
  });
}

const runsOf = async ({ id }: Json): Promise<Json[]> => (await ui(`/runs?flow_id=${id}`)).body.runs;

Deno.test("a step runs another flow and waits for its output, or goes on at once", async () => {
  const double = { kind: "end", id: "out", outcome: "success", output: { text: "{{ $.webhook.text }}!" } };
  const child = await create([double], { triggers: { api: true } });
  const call = { id: "call", type: "run_flow", flow_id: child.id, input: { text: "$.webhook.name" }, wait: true };
  const last = { kind: "end", id: "last", outcome: "success", output: "$.steps.call.output" };
  const parent = await create([call, last]);
  const done = await over(await run(parent, { name: "hello" }));
  assertEquals(done.state, "completed", JSON.stringify(done));
  const [{ id: childId, trigger, state }] = await runsOf(child);
  assertEquals([trigger, state], ["flow", "completed"]);
  const [root] = await world.database.db.sql<{ output: Json }[]>`
    select output from step where run_id = ${done.id} and path = 'root'`;
  assertEquals(root!.output, { run_id: childId, state: "completed", output: { text: "hello!" } });

  const loose = await create([{ ...call, wait: false }, last]);
  const at_once = await over(await run(loose, { name: "x" }));
  assertEquals(at_once.state, "completed");
  const [other] = (await runsOf(child)).filter(({ id }: Json) => id !== childId);
  assertEquals((await over(other.id)).state, "completed");
});

Deno.test("what the other flow fails with is the step's failure, and a retry runs it again; a flow that is off is not run", async () => {
  const fails = { kind: "end", id: "no", outcome: "failure", message: "no budget" };
  const child = await create([fails]);
  const parent = await create([{ id: "call", type: "run_flow", flow_id: child.id, wait: true }]);
  const runId = await run(parent);
  const failed = await over(runId);
  assertEquals(failed.state, "failed");
  assertMatch(failed.error.message, /^Run ".+" of flow \d+ failed: no budget$/);
  const mended = { kind: "end", id: "yes", outcome: "success", output: 7 };
  assertEquals((await ui(`/flows/${child.id}`, { method: "PUT", body: { actions: [mended] } })).status, 200);
  assertEquals((await ui(`/runs/${runId}/retry`, { method: "POST", body: {} })).status < 300, true);
  await eventually(async () => (await ui(`/runs/${runId}`)).body.state === "completed");
  assertEquals((await runsOf(child)).map(({ state }: Json) => state).sort(), ["completed", "failed"]);

  await ui(`/flows/${child.id}`, { method: "PUT", body: { enabled: false } });
  const off = await over(await run(parent));
  assertEquals([off.state, off.error.code], ["failed", "CONFLICT"]);
  await ui(`/flows/${child.id}`, { method: "DELETE" });
  assertEquals((await over(await run(parent))).error.code, "NOT_FOUND");
});

Deno.test("a cancel of the run cancels the one that its step waits for", async () => {
  const child = await create([{ kind: "wait", id: "pause", for: "1 h" }]);
  const parent = await create([{ id: "call", type: "run_flow", flow_id: child.id, wait: true }]);
  const runId = await run(parent);
  const [waiting] = await eventually(async () => {
    const runs = await runsOf(child);
    return runs[0]?.state === "waiting" && runs;
  });
  assertEquals((await ui(`/runs/${runId}/cancel`, { method: "POST" })).status, 200);
  assertEquals((await over(runId)).state, "cancelled");
  assertEquals((await over(waiting.id)).state, "cancelled");
});

Deno.test("a start that the flow puts off is attempted again by the step's retry, and starts one run", async () => {
  const child = await create([{ kind: "wait", id: "pause", event: { event_types: ["NEW_CLIENT"] }, deadline: "1 h" }], {
    concurrency: { at_once: 1, when_full: "skip" },
  });
  const letGo = async (number: number) => {
    const { simulator, workspaceId } = world;
    await eventually(async () => {
      const runs = await runsOf(child);
      return runs.length === number && runs[0]!.state === "waiting";
    });
    await simulator.deliver({ workspaceId, event: "NEW_CLIENT", payload: { id: crypto.randomUUID(), workspaceId } });
  };
  const retry = { max_attempts: 20, backoff: "fixed", initial_delay_ms: 500 };
  const parent = (fields: Json) => create([{ id: "call", type: "run_flow", flow_id: child.id, wait: true, ...fields }]);
  const [patient, hasty] = [await parent({ retry }), await parent({ retry: { ...retry, max_attempts: 1 } })];
  const first = await run(patient);
  await eventually(async () => (await runsOf(child)).length === 1);
  const third = await over(await run(hasty));
  assertEquals([third.state, third.error.code], ["failed", "CONFLICT"]);
  assertMatch(third.error.message, /as many of its runs are in progress as its concurrency allows/);
  const second = await run(patient);
  await eventually(async () => (await ui(`/runs/${second}`)).body.steps[0]?.attempts.length > 0);
  await letGo(1);
  assertEquals((await over(first)).state, "completed");
  await letGo(2);
  const done = await over(second);
  const [step] = done.steps;
  assertEquals([done.state, step.state], ["completed", "completed"]);
  const failed = step.attempts.filter(({ state }: Json) => state === "failed");
  assert(failed.length > 0, JSON.stringify(step.attempts));
  assertEquals((await runsOf(child)).map(({ state }: Json) => state), ["completed", "completed"]);
  const metrics = await (await fetch(`${world.url("universal_webhook")}/metrics`)).text();
  assertMatch(metrics, /^child_runs_total\{service="universal-webhook",outcome="not_started"\} [1-9]/m);
  assertMatch(metrics, /^child_runs_total\{service="universal-webhook",outcome="completed"\} [1-9]/m);
});

Deno.test("a flow that runs itself ends at the limit of depth, with the reason", async () => {
  const flow = await create([{ id: "wait_a_moment", operation_id: "getTags" }]);
  const actions = [{ id: "self", type: "run_flow", flow_id: flow.id, wait: true }];
  assertEquals((await ui(`/flows/${flow.id}`, { method: "PUT", body: { actions } })).status, 200);
  const ended = await over(await run(flow));
  assertEquals([ended.state, ended.error.code], ["failed", "RUN_LIMIT_REACHED"]);
  assertMatch(ended.error.message, /5 flows have run one another already$/);
  assertEquals((await runsOf(flow)).length, MAX_DEPTH + 1);
});

Deno.test("an event that a flow makes starts the flows that listen for it; a circle of such events is stopped", async () => {
  const listener = await create(
    [{ kind: "end", id: "out", outcome: "success", output: "$.webhook" }],
    { trigger_event_types: ["flow:invoice-ready"], triggers: null },
  );
  const body = { number: "$.webhook.number" };
  const emitter = await create([{ id: "tell_others", type: "emit_event", event: "invoice-ready", body }]);
  const emitted = await over(await run(emitter, { number: 12 }));
  assertEquals(emitted.state, "completed", JSON.stringify(emitted));
  const started = await eventually(async () => (await runsOf(listener))[0]);
  const { body: event } = await ui(`/webhooks/${started.event_id}`);
  assertEquals([event.event_type, event.payload], ["flow:invoice-ready", { number: 12 }]);
  assertEquals((await over(started.id)).trigger, "event");

  const circle = await create(
    [{ id: "again", type: "emit_event", event: "round" }],
    { trigger_event_types: ["flow:round"] },
  );
  await run(circle);
  const stopped = await eventually(async () => {
    const runs = await runsOf(circle);
    return runs.find(({ state }: Json) => state === "failed");
  });
  const { error } = await over(stopped.id);
  assertEquals(error.code, "LOOP_DETECTED");
  assertMatch(error.message, /10 flows have started one another by events$/);
  assertEquals((await runsOf(circle)).length, MAX_CHAIN + 1);
  assert(world.logs.every(({ level }) => level !== "ERROR"));
});
