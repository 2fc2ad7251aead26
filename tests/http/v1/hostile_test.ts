/** Tests of the Workflow Management API against definitions, inputs and answers that are made to do harm. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertProblem, type Json } from "../door.ts";
import { apiWorldOfFile } from "./api_world.ts";

const world = apiWorldOfFile(async ({ addAgent }) => {
  await addAgent({ name: "echo" });
});
const { api, addAgent, addWorkflow, execute, ended, steps } = world;

const agent = (input_mapping: Json = {}, next_step?: string) => ({
  type: "agent",
  agent_name: "echo",
  input_mapping,
  next_step,
});
const save = (start_step: string, steps: Json, more: Json = {}) =>
  api("/workflows", { body: { name: crypto.randomUUID(), start_step, steps, ...more } });

Deno.test("an answer of an agent that nests as deep as it can is kept as a text, and one in a strange state fails its step", async () => {
  const workflow = await addWorkflow({ a: agent() });
  const run = async (result: (deep: string) => string) => {
    world.agent = (_, { body }) => {
      const deep = "[".repeat(200_000) + "]".repeat(200_000);
      throw new Response(`{"jsonrpc":"2.0","id":"${JSON.parse(body).id}","result":${result(deep)}}`);
    };
    const runId = await execute(workflow);
    const { status, error_code } = await ended(runId);
    return [status, error_code, (await steps(runId))[0].status];
  };
  const done = '"status":{"state":"completed"}';
  assertEquals(await run((deep) => `{${done},"artifacts":[{"parts":[{"kind":"text","text":"${deep}"}]}]}`), [
    "COMPLETED",
    null,
    "COMPLETED",
  ]);
  assertEquals(await run((deep) => `{${done},"artifacts":[{"parts":[{"data":${deep}}]}]}`), [
    "FAILED",
    "UPSTREAM_RESPONSE_INVALID",
    "FAILED",
  ]);
  assertEquals(await run(() => '{"status":{"state":{"toString":1,"valueOf":1}}}'), [
    "FAILED",
    "UPSTREAM_REJECTED",
    "FAILED",
  ]);
  world.agent = (data) => data;
});

Deno.test("a list that is longer than its schema allows is refused at once, however many items it has", async () => {
  const list = { type: "array", uniqueItems: true, maxItems: 1_000 };
  const workflow = await addWorkflow({ a: agent() }, { input_schema: { properties: { list } } });
  const send = (list: unknown[]) => api(`/workflows/${workflow.id}/execute`, { body: { input_data: { list } } });
  const many = Array.from({ length: 35_000 }, (_, index) => index);
  assertProblem(await send(many), 400, "REQUEST_INVALID");
  // Its length alone: to compare each item with each other one held the thread for 14 s.
  const same = await send(many.map(() => 1));
  assertProblem(same, 400, "REQUEST_INVALID");
  assertEquals(same.body.errors.length, 1);
  assertMatch(same.body.errors[0].message, /1000/);
  assertProblem(await send([1, 2, 1]), 400, "REQUEST_INVALID");
  const accepted = await send(many.slice(0, 1_000));
  assertEquals(accepted.status, 202);
  await ended(accepted.body.run_id);
});

Deno.test("a schema whose reference is no URI names nothing", async () => {
  const refused = await save("a", { a: agent() }, { input_schema: { $ref: "#/%" } });
  assertProblem(refused, 422, "FLOW_INVALID");
  assertEquals(refused.body.errors.map(({ field }: Json) => field), ["input_schema"]);
});

Deno.test("a step that only some ways lead to is not run by the others: such a workflow is refused", async () => {
  const way = (if_true_step: string, if_false_step: string) => ({
    type: "conditional",
    condition: "workflow.input.n > 1",
    if_true_step,
    if_false_step,
  });
  const refused = await save("one", { one: way("two", "x"), two: way("x", "y"), x: agent(), y: agent() });
  assertProblem(refused, 422, "FLOW_INVALID");
  assertMatch(refused.body.errors[0].message, /reached in two ways that do not meet/);
  const past = await save("one", {
    one: way("two", "end"),
    two: { ...way("a", "b"), next_step: "c" },
    a: agent({}, "end"),
    b: agent({}, "c"),
    c: agent({}, "end"),
    end: agent(),
  });
  assertProblem(past, 422, "FLOW_INVALID");
  assertMatch(past.body.errors[0].message, /leads to "end" past "c"/);
  // Ways that meet, at whatever depth.
  const workflow = await addWorkflow({
    one: way("two", "x"),
    two: way("a", "b"),
    a: agent({ at: "a" }, "x"),
    b: agent({ at: "b" }, "x"),
    x: agent({ at: "x" }),
  });
  const before = world.sent().length;
  assertEquals((await ended(await execute(workflow, { n: 5 }))).status, "COMPLETED");
  assertEquals(world.sent().slice(before).map(({ at }) => at), ["a", "x"]);
});

Deno.test("steps know the branch and the loop that they are of, however these are named", async () => {
  const workflow = await addWorkflow({
    fork_: {
      type: "fork_join",
      fork_join_config: { branches: { second: { steps: ["x"] }, a: { steps: ["y"] } } },
      next_step: "each_",
    },
    x: agent(),
    y: agent(),
    each_: { type: "loop", loop_config: { collection: [1], loop_body: ["item_"] } },
    item_: agent(),
  });
  const runId = await execute(workflow);
  assertEquals((await ended(runId)).status, "COMPLETED");
  const found = Object.fromEntries((await steps(runId)).map((step: Json) => [step.step_id, step]));
  assertEquals([found.x.branch_name, found.y.branch_name], ["second", "a"]);
  assertEquals([found.x.parent_step_id, found.item_.parent_step_id, found.item_.loop_index], ["fork_", "each_", 0]);
});

Deno.test("runs are listed by wf-<name>-<version> as well as by the id", async () => {
  const workflow = await addWorkflow({ a: agent() });
  await ended(await execute(workflow));
  const total = async (id: string) => (await api(`/runs?workflow_id=${id}`)).body.total;
  assertEquals([await total(`wf-${workflow.name}-1`), await total(`wf-${workflow.name}-2`), await total(workflow.id)], [
    1,
    0,
    1,
  ]);
});

Deno.test("a parallel step does not name one step twice, nor one that the others lead to", async () => {
  const both = (parallel_steps: string[]) => ({ type: "parallel", parallel_steps });
  const twice = await save("p", { p: both(["a", "a"]), a: agent() });
  assertProblem(twice, 422, "FLOW_INVALID");
  assertEquals(twice.body.errors[0].field, "steps.p.parallel_steps[1]");
  const after = await save("p", { p: both(["a", "b"]), a: agent({}, "b"), b: agent() });
  assertProblem(after, 422, "FLOW_INVALID");
  assertEquals(after.body.errors[0].field, "steps.p");
});

Deno.test("an agent that repeats its credentials leaves them in no step, log or run", async () => {
  const token = 'MARKER-"1234567890';
  const { name } = await addAgent({ auth_type: "bearer", auth_config: { token } });
  const workflow = await addWorkflow({ a: { ...agent(), agent_name: name } });
  const answers = [
    (said: string) => ({ error: { code: -32602, message: said } }),
    (said: string) => ({ result: { kind: "message", parts: [{ kind: "text", text: said }] } }),
  ];
  for (const answer of answers) {
    world.agent = (_, { headers, body }) => {
      throw Response.json({ jsonrpc: "2.0", id: JSON.parse(body).id, ...answer(headers["authorization"]!) });
    };
    const runId = await execute(workflow);
    await ended(runId);
    const shown = await Promise.all(["", "/steps", "/logs"].map((part) => api(`/runs/${runId}${part}`)));
    const text = JSON.stringify(shown.map(({ body }) => body));
    assertMatch(text, /Bearer \[redacted\]/);
    assert(!text.includes("MARKER"));
  }
  world.agent = (data) => data;
});

Deno.test("a workflow that is deleted while its name is given again makes room for a new one", async () => {
  const { name } = await addWorkflow({ a: agent() });
  const idOf = async () => (await api(`/workflows?name=${name}`)).body.items[0]?.id;
  for (let round = 0; round < 3; round++) {
    const id = await idOf();
    const made = await Promise.all(
      Array.from(
        { length: 6 },
        (_, index) =>
          index % 2 === 0
            ? api("/workflows", { body: { name, start_step: "a", steps: { a: agent({ round, index }) } } })
            : api(`/workflows/${id}`, { method: "DELETE" }),
      ),
    );
    assertEquals(made.filter((_, index) => index % 2 === 0).map(({ status }) => status), [201, 201, 201]);
    if (!await idOf()) await addWorkflow({ a: agent() }, { name });
  }
});

Deno.test("in a loop, a way that leads past the next step of its body is refused, one that leads to it is not", async () => {
  const body = (next_step: string) =>
    save("each", {
      each: { type: "loop", loop_config: { collection: [1], loop_body: ["check", "middle", "last"] } },
      check: { type: "conditional", condition: "loop.item == 1", if_true_step: "one" },
      one: agent({}, next_step),
      middle: agent(),
      last: agent(),
    });
  const past = await body("last");
  assertProblem(past, 422, "FLOW_INVALID");
  assertEquals(past.body.errors[0].field, "steps.one");
  assertEquals((await body("middle")).status, 201);
});
