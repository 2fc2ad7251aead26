/** Tests of workflows at the door: defined, versioned, executed with an agent that answers, watched, cancelled, retried. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually } from "../../support/world.ts";
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

Deno.test("a workflow runs its agents one after another; each gets what was mapped, of its own type", async () => {
  const workflow = await addWorkflow({
    "step-1": agent({
      id: "${workflow.input.order.id}",
      n: 5,
      list: [true, null, "x"],
      text: "Order ${workflow.input.order.id}",
    }, "step-2"),
    "step-2": agent({ before: "${step-1.output}", first: "${step-1.output.list[0]}" }),
  });
  const runId = await execute(workflow, { order: { id: 17 } });
  const run = await ended(runId);
  assertEquals([run.status, run.error_message, run.workflow_id], ["COMPLETED", null, `wf-${workflow.name}-1`]);
  const one = { id: 17, n: 5, list: [true, null, "x"], text: "Order 17" };
  assertEquals([run.input_data, run.output_data], [{ order: { id: 17 } }, { before: one, first: true }]);
  assertEquals(
    (await steps(runId)).map((
      { step_id, status, agent_name, output_data, input_data, attempts },
    ) => [step_id, status, agent_name, output_data, input_data, attempts]),
    [
      ["step-1", "COMPLETED", "echo", one, one, 1],
      ["step-2", "COMPLETED", "echo", { before: one, first: true }, { before: one, first: true }, 1],
    ],
  );
  const { body: log } = await api(`/runs/run-${runId}/logs`);
  assertEquals(log.items.map(({ message, step_id }: Json) => [message, step_id]), [
    ["Run was accepted", null],
    ["Run began", null],
    ["Step began", "step-1"],
    ["Step completed", "step-1"],
    ["Step began", "step-2"],
    ["Step completed", "step-2"],
    ["Run completed", null],
  ]);
});

Deno.test("conditional, parallel, loop, fork_join, sub_workflow and validate, with the outputs of the documents", async () => {
  const inner = await addWorkflow({ only: agent({ got: "${workflow.input.x}" }) });
  const workflow = await addWorkflow({
    check: {
      type: "conditional",
      condition: "${workflow.input.n} > 3 and len(workflow.input.items) == 3",
      if_true_step: "big",
      if_false_step: "small",
      next_step: "both",
    },
    big: agent({ size: "big" }),
    small: agent({ size: "small" }),
    both: { type: "parallel", parallel_steps: ["left", "right"], next_step: "each" },
    left: agent({ side: "left" }),
    right: agent({ side: "right", size: "${check.output.branch_output.size}" }),
    each: {
      type: "loop",
      loop_config: {
        collection: "${workflow.input.items}",
        loop_body: ["item"],
        execution_mode: "parallel",
        on_error: "collect",
      },
      next_step: "fork",
    },
    item: agent({
      item: "${loop.item}",
      index: "${loop.index}",
      total: "${loop.total}",
      first: "${loop.is_first}",
      last: "${loop.is_last}",
    }),
    fork: {
      type: "fork_join",
      fork_join_config: { branches: { a: { steps: ["fa"] }, b: { steps: ["fb1", "fb2"] } }, join_policy: "all" },
      next_step: "sub",
    },
    fa: agent({ of: "a" }),
    fb1: agent({ of: "b1" }),
    fb2: agent({ of: "b2" }),
    sub: {
      type: "sub_workflow",
      workflow_name: inner.name,
      input_mapping: { x: "${both.output.left.side}" },
      next_step: "valid",
    },
    valid: { type: "validate", input: "${check.output}", schema: { type: "object", required: ["condition_result"] } },
  });
  world.agent = (data) => {
    if (data.item === "bad") throw new Response(null, { status: 400 });
    return data;
  };
  const runId = await execute(workflow, { n: 5, items: ["a", "bad", "c"] });
  const run = await ended(runId);
  assertEquals([run.status, run.error_message], ["COMPLETED", null]);
  const all = await steps(runId);
  const output = (id: string) => all.find(({ step_id }: Json) => step_id === id)?.output_data;
  assertEquals(output("check"), {
    condition_result: true,
    branch_taken: "true",
    branch_step_id: "big",
    branch_output: { size: "big" },
  });
  assertEquals(output("both"), { left: { side: "left" }, right: { side: "right", size: "big" } });
  const { iterations, total_count, failed_count, errors } = output("each");
  assertEquals([total_count, failed_count, errors.length], [3, 1, 1]);
  assertEquals(iterations, [{ item: "a", index: 0, total: 3, first: true, last: false }, null, {
    item: "c",
    index: 2,
    total: 3,
    first: false,
    last: true,
  }]);
  assertEquals(output("fork"), { a: { of: "a" }, b: { of: "b2" } });
  assertEquals(output("sub").state, "completed");
  assertEquals(output("valid"), output("check"));
  const items = all.filter(({ step_id }: Json) => step_id === "item");
  assertEquals(
    items.map(({ loop_index, status, parent_step_id }: Json) => [loop_index, status, parent_step_id]).sort(),
    [
      [0, "COMPLETED", "each"],
      [1, "FAILED", "each"],
      [2, "COMPLETED", "each"],
    ],
  );
  const fb2 = all.find(({ step_id }: Json) => step_id === "fb2");
  assertEquals([fb2.branch_name, fb2.join_policy, fb2.parent_step_id], ["b", "all", "fork"]);
  assertEquals(all.find(({ step_id }: Json) => step_id === "small").status, "SKIPPED");
  world.agent = (data) => data;
});

Deno.test("a run gives what its last step gave, also where that is large; one of another run is named by it", async () => {
  world.agent = ({ chars }) => ({ text: "x".repeat(chars) });
  const inner = await addWorkflow({ a: agent({ chars: "${workflow.input.chars}" }) });
  const runId = await execute(inner, { chars: 100_000 });
  assertEquals((await ended(runId)).output_data.text.length, 100_000);
  const { body } = await api(`/runs?workflow_definition_id=${inner.id}`);
  assertEquals(body.items[0].output_data, null);
  const outer = await addWorkflow({
    sub: { type: "sub_workflow", workflow_name: inner.name, input_mapping: { chars: 3 }, next_step: "check" },
    check: { type: "conditional", condition: "${sub.output.output.text} == 'xxx'", if_true_step: "yes" },
    yes: { type: "validate", input: true, schema: {} },
  });
  const run = await ended(await execute(outer));
  assertEquals([run.status, run.output_data.condition_result], ["COMPLETED", true]);
  world.agent = (data) => data;
});

Deno.test("a parallel step lets the others end before it fails; the run says which failed", async () => {
  const gate = Promise.withResolvers<void>();
  world.agent = async (data) => {
    if (data.bad) throw new Response(null, { status: 400 });
    await gate.promise;
    return data;
  };
  const workflow = await addWorkflow({
    both: { type: "parallel", parallel_steps: ["bad", "slow"] },
    bad: agent({ bad: true }),
    slow: agent({ slow: true }),
  });
  const runId = await execute(workflow);
  await eventually(() => Promise.resolve(world.sent().some(({ slow }) => slow)));
  const seen = async () =>
    (await steps(runId)).map(({ step_id, status, parent_step_id }) => [step_id, status, parent_step_id]);
  assertEquals(await seen(), [["both", "RUNNING", null], ["bad", "RUNNING", "both"], ["slow", "RUNNING", "both"]]);
  gate.resolve();
  const run = await ended(runId);
  assertEquals(await seen(), [["both", "FAILED", null], ["bad", "FAILED", "both"], ["slow", "COMPLETED", "both"]]);
  const { body: log } = await api(`/runs/${runId}/logs`);
  assertEquals(log.items.slice(2).map(({ message, step_id }: Json) => [message.split(":")[0], step_id]), [
    ["Step began", "both"],
    ["Step began", "bad"],
    ["Step began", "slow"],
    ["Attempt 1 failed", "bad"],
    ["Step completed", "slow"],
    ["Step failed", "bad"],
    ["Step failed", "both"],
    ["Run failed", null],
  ]);
  assertEquals(run.status, "FAILED");
  assertMatch(run.error_message, /1 of 2 parallel steps failed: bad: Agent "echo" answered 400/);
  world.agent = (data) => data;
  const before = world.sent().length;
  assertEquals((await api(`/runs/${runId}/retry`, { body: {} })).status, 202);
  const mended = await ended(runId);
  assertEquals([mended.status, mended.output_data], ["COMPLETED", { bad: { bad: true }, slow: { slow: true } }]);
  assertEquals(world.sent().slice(before), [{ bad: true }]);
});

Deno.test("steps that hold others run with them, and are cancelled or fail with them", async () => {
  const { id } = await addWorkflow({
    check: { type: "conditional", condition: "1 == 1", if_true_step: "each" },
    each: { type: "loop", loop_config: { collection: [1], loop_body: ["fork"] } },
    fork: { type: "fork_join", fork_join_config: { branches: { a: { steps: ["wait"] }, b: { steps: ["done"] } } } },
    wait: { type: "wait_for_event", event_type: "never" },
    done: agent(),
  });
  const cancelled = await execute({ id });
  const seen = async (runId: string) =>
    Object.fromEntries((await steps(runId)).map(({ step_id, status }) => [step_id, status]));
  const shown = await eventually(async () => {
    const all = await seen(cancelled);
    return all.done === "COMPLETED" && all;
  });
  const running = "RUNNING";
  assertEquals(shown, { check: running, each: running, fork: running, wait: running, done: "COMPLETED" });
  await api(`/runs/${cancelled}/cancel`, { method: "POST" });
  await ended(cancelled);
  const over = "CANCELLED";
  assertEquals(await seen(cancelled), { check: over, each: over, fork: over, wait: over, done: "COMPLETED" });

  world.agent = () => {
    throw new Response(null, { status: 400 });
  };
  const failed = await execute(
    await addWorkflow({
      check: { type: "conditional", condition: "1 == 1", if_true_step: "each", if_false_step: "other" },
      each: { type: "loop", loop_config: { collection: [1], loop_body: ["bad"] } },
      bad: agent(),
      other: agent(),
    }),
  );
  await ended(failed);
  const [check, each] = await steps(failed);
  assertEquals([check!.error_message, check!.output_data, each!.parent_step_id], [
    'Agent "echo" answered 400',
    null,
    "check",
  ]);
  assertEquals(await seen(failed), { check: "FAILED", each: "FAILED", bad: "FAILED", other: "SKIPPED" });
  world.agent = (data) => data;
});

Deno.test("PUT makes the next version of other steps, and none of a status; rollback and a repeated name make one too", async () => {
  const workflow = await addWorkflow({ a: agent({ v: 1 }) });
  const at = `/workflows/${workflow.id}`;
  const { body: same, headers } = await api(at, { method: "PUT", body: { description: "x" } });
  assertEquals([same.version, same.description], [1, "x"]);
  const { body: second } = await api(at, {
    method: "PUT",
    body: { steps: { a: agent({ v: 2 }) } },
    headers: { "if-match": headers.get("etag")! },
  });
  assertEquals([second.version, second.workflow_data.steps.a.input_mapping], [2, { v: 2 }]);
  assertProblem(
    await api(at, { method: "PUT", body: { status: "inactive" }, headers: { "if-match": headers.get("etag")! } }),
    412,
    "PRECONDITION_FAILED",
  );
  const third = await api("/workflows", {
    body: { name: workflow.name, start_step: "a", steps: { a: agent({ v: 3 }) } },
  });
  assertEquals([third.status, third.body.id, third.body.version, third.body.workflow_data.workflow_id], [
    201,
    workflow.id,
    3,
    `wf-${workflow.name}-3`,
  ]);
  const { body: back } = await api(`${at}/rollback`, { body: { version: 1 } });
  assertEquals([back.version, back.workflow_data.steps.a.input_mapping], [4, { v: 1 }]);
  const { body: versions } = await api(`${at}/versions`);
  assertEquals(
    versions.items.map(({ version, is_current, restored_from }: Json) => [version, is_current, restored_from]),
    [
      [4, true, 1],
      [3, false, null],
      [2, false, null],
      [1, false, null],
    ],
  );
  assertEquals((await api(`${at}/versions/2`)).body.workflow_data.steps.a.input_mapping, { v: 2 });
  assertProblem(await api(`${at}/versions/9`), 404, "NOT_FOUND");
});

Deno.test("steps that are read and sent again are the same version, with every field of their types; one that changes is one difference", async () => {
  const sent = {
    pick: { type: "conditional", condition: "${workflow.input.n} > 1", if_true_step: "both", if_false_step: "each" },
    both: { type: "parallel", parallel_steps: ["left", "right"], max_parallelism: 2, next_step: "fork" },
    left: agent({ side: "left" }),
    right: agent({ side: "right" }),
    each: {
      type: "loop",
      loop_config: {
        collection: "${workflow.input.items}",
        loop_body: ["item"],
        max_iterations: 7,
        on_error: "collect",
      },
      next_step: "fork",
    },
    item: agent({ item: "${loop.item}" }),
    fork: {
      type: "fork_join",
      fork_join_config: {
        branches: { a: { steps: ["fa"] }, b: { steps: ["fb"] } },
        join_policy: "n_of_m",
        n_required: 1,
      },
    },
    fa: agent(),
    fb: agent(),
  };
  const { id, workflow_data } = await addWorkflow(sent);
  const at = `/workflows/${id}`;
  const { body: again } = await api(at, { method: "PUT", body: { start_step: "pick", steps: workflow_data.steps } });
  assertEquals([again.version, again.workflow_data], [1, workflow_data]);
  const steps = structuredClone(workflow_data.steps);
  steps.fork.fork_join_config.n_required = 2;
  assertEquals((await api(at, { method: "PUT", body: { steps } })).body.version, 2);
  assertEquals((await api(`${at}/compare`)).body.changes, [
    { path: "steps.fork.fork_join_config.n_required", kind: "changed", before: 1, after: 2 },
  ]);
  assertEquals((await api(`${at}/versions/1`)).body.workflow_data, workflow_data);
});

Deno.test("what is inactive or deleted is not executed; an input that does not fit its schema names each field", async () => {
  const input_schema = { type: "object", required: ["id"], properties: { id: { type: "integer" } } };
  const workflow = await addWorkflow({ a: agent() }, { input_schema });
  const run = (input_data: Json) => api(`/workflows/${workflow.id}/execute`, { body: { input_data } });
  const wrong = await run({ id: "x" });
  assertProblem(wrong, 400, "REQUEST_INVALID");
  assertEquals(wrong.body.errors.map(({ field }: Json) => field), ["input_data.id"]);
  assertEquals((await run({ id: 1 })).status, 202);
  await api(`/workflows/${workflow.id}`, { method: "PUT", body: { status: "inactive" } });
  assertProblem(await run({ id: 1 }), 409, "CONFLICT");
  assertEquals((await api(`/workflows/${workflow.id}`, { method: "DELETE" })).status, 200);
  assertProblem(await run({ id: 1 }), 404, "NOT_FOUND");
});

Deno.test("an agent that is deleted after the save fails its step; a save names agents that are not there", async () => {
  const { id, name } = await addAgent();
  const workflow = await addWorkflow({ a: { ...agent(), agent_name: name } });
  await api(`/agents/${id}`, { method: "DELETE" });
  const run = await ended(await execute(workflow));
  assertEquals(run.status, "FAILED");
  assertMatch(run.error_message, /it was deleted/);
  const refused = await api("/workflows", {
    body: { name: "none", start_step: "a", steps: { a: { ...agent(), agent_name: name }, b: agent() } },
  });
  assertProblem(refused, 422, "FLOW_INVALID");
  assertEquals(refused.body.errors.map(({ field }: Json) => field), ["steps.b", "steps.a.agent_name"]);
});

Deno.test("one answer has every fault: those of shape beside those of the graph, the names and the schemas", async () => {
  const steps = {
    a: { ...agent({ x: "${gone.output}" }, "b"), more: 1 },
    b: { type: "loop", loop_config: { collection: [1], loop_body: ["c"], max_iterations: 0 }, next_step: "nowhere" },
    c: { agent_name: "none" },
    d: { type: "validate", input: 1, schema: { pattern: "(a+)+$" } },
  };
  const body = { start_step: "a", steps, input_schema: { unknown: 1 } };
  const fields = [
    "input_schema.unknown",
    "steps.a.input_mapping",
    "steps.a.more",
    "steps.b.loop_config.max_iterations",
    "steps.b.next_step",
    "steps.c.agent_name",
    "steps.d",
    "steps.d.schema.pattern",
  ];
  const { id } = await addWorkflow({ a: agent() });
  const made = await api("/workflows", { body: { ...body, name: 5 } });
  const changed = await api(`/workflows/${id}`, { method: "PUT", body });
  for (const [answer, more] of [[made, ["name"]], [changed, []]] as const) {
    assertProblem(answer, 400, "REQUEST_INVALID");
    assertEquals(answer.body.errors.map(({ field }: Json) => field).sort(), [...more, ...fields].sort());
  }
  // What a change leaves out is as the workflow has it.
  const partly = await api(`/workflows/${id}`, { method: "PUT", body: { start_step: "b", more: 1 } });
  assertEquals(partly.body.errors.map(({ field }: Json) => field), ["more", "start_step"]);
  const other = await api(`/workflows/${id}`, { method: "PUT", body: { description: 5 } });
  assertEquals(other.body.errors.map(({ field }: Json) => field), ["description"]);
});

Deno.test("one Idempotency-Key is one run; another input under it is refused", async () => {
  const workflow = await addWorkflow({ a: agent() });
  const headers = { "idempotency-key": crypto.randomUUID() };
  const run = (n: number) => api(`/workflows/${workflow.id}/execute`, { body: { input_data: { n } }, headers });
  const [first, second] = await Promise.all([run(1), run(1)]);
  const made = [first, second].filter(({ status }) => status === 202);
  assert(made.length >= 1);
  const third = await run(1);
  assertEquals([third.status, third.body.id], [202, made[0]!.body.id]);
  const { body: stored } = await api(`/runs/${third.body.id}`);
  assertEquals([third.body.created_at, third.body.updated_at], [stored.created_at, stored.created_at]);
  assertProblem(await run(2), 422, "IDEMPOTENCY_KEY_REUSED");
  assertEquals((await api(`/runs?workflow_definition_id=${workflow.id}`)).body.total, 1);
});

Deno.test("a run is cancelled with its reason while its agent is called, and begins again where it stood", async () => {
  const called = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let isHeld = true;
  world.agent = async (data) => {
    if (data.step === 2 && isHeld) {
      called.resolve();
      await gate.promise;
    }
    return data;
  };
  const workflow = await addWorkflow({
    one: agent({ step: 1 }, "two"),
    two: agent({ step: 2 }, "three"),
    three: agent({ step: 3 }),
  });
  const runId = await execute(workflow);
  await called.promise;
  const { status, body } = await api(`/runs/${runId}/cancel`, { body: { reason: "no need" } });
  assertEquals([status, body.status, body.cancel_reason], [200, "CANCELLED", "no need"]);
  isHeld = false;
  gate.resolve();
  assertProblem(await api(`/runs/${runId}/cancel`, { body: {} }), 409, "CONFLICT");
  const before = world.sent().length;
  const again = await api(`/runs/${runId}/retry`, { body: {} });
  assertEquals([again.status, again.body.retry_of], [202, `run-${runId}`]);
  const run = await ended(again.body.id);
  assertEquals([run.status, run.retry_of, run.created_at], ["COMPLETED", `run-${runId}`, again.body.created_at]);
  assertEquals(world.sent().slice(before).map(({ step }) => step), [2, 3]);
  world.agent = (data) => data;
});

Deno.test("a run that failed goes on at the step that failed, or from a step that is named", async () => {
  let isDown = true;
  world.agent = (data) => {
    if (data.step === 2 && isDown) throw new Response(null, { status: 400 });
    return data;
  };
  const workflow = await addWorkflow({ one: agent({ step: 1 }, "two"), two: agent({ step: 2 }) });
  const runId = await execute(workflow);
  assertEquals((await ended(runId)).status, "FAILED");
  isDown = false;
  const before = world.sent().length;
  const retried = await api(`/runs/${runId}/retry`, { body: {} });
  assertEquals([retried.status, retried.body.id], [202, runId]);
  assertEquals((await ended(runId)).status, "COMPLETED");
  assertEquals(world.sent().slice(before).map(({ step }) => step), [2]);
  assertProblem(await api(`/runs/${runId}/retry`, { body: {} }), 409, "CONFLICT");
  isDown = true;
  const other = await execute(workflow);
  await ended(other);
  isDown = false;
  const from = await api(`/runs/${other}/retry`, { body: { resume_from_step: "one" } });
  assertEquals([from.status, (await ended(from.body.id)).status], [202, "COMPLETED"]);
  assertProblem(await api(`/runs/${other}/retry`, { body: { resume_from_step: "none" } }), 400, "REQUEST_INVALID");
});

Deno.test("a run whose child was cancelled begins a new one with a retry, or goes on behind it without what it gives", async () => {
  const inner = await addWorkflow({ wait: { type: "wait_for_event", event_type: "never" } });
  const outer = await addWorkflow({
    sub: { type: "sub_workflow", workflow_name: inner.name, next_step: "behind" },
    behind: agent({ of: "${sub.output}" }),
  });
  const runId = await execute(outer);
  const child = (count: number) =>
    eventually(async () => {
      const { body } = await api(`/runs?workflow_definition_id=${inner.id}`);
      return body.total === count && body.items[0];
    });
  const first = await child(1);
  await api(`/runs/${first.id}/cancel`, { body: {} });
  assertEquals((await ended(runId)).status, "FAILED");
  const behind = await api(`/runs/${runId}/retry`, { body: { resume_from_step: "behind" } });
  const { status, output_data } = await ended(behind.body.id);
  assertEquals([status, output_data.of], ["COMPLETED", { run_id: first.id, state: "cancelled", output: null }]);
  assertEquals((await api(`/runs/${runId}/retry`, { body: {} })).status, 202);
  // With its run the second child is cancelled, too.
  const second = await child(2);
  await api(`/runs/${runId}/cancel`, { body: {} });
  const again = await api(`/runs/${runId}/retry`, { body: { resume_from_step: "behind" } });
  assertEquals((await ended(again.body.id)).output_data.of.run_id, second.id);
});

Deno.test("lists of runs by workflow, status and time, sorted, with true totals", async () => {
  const workflow = await addWorkflow({ a: agent() });
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) {
    ids.push(await execute(workflow, { n }));
    await ended(ids[n]!);
  }
  const list = (query: string) => api(`/runs?workflow_definition_id=${workflow.id}&${query}`);
  const { body } = await list("page_size=2&sort_order=asc");
  assertEquals([body.items.map(({ id }: Json) => id), body.total, body.total_pages], [ids.slice(0, 2), 3, 2]);
  assertEquals(
    (await list("status=COMPLETED&sort_by=completed_at")).body.items.map(({ id }: Json) => id),
    ids.toReversed(),
  );
  assertEquals((await list("status=FAILED")).body.total, 0);
  assertEquals((await list("created_before=2020-01-01T00:00:00Z")).body.total, 0);
  assertProblem(await list("sort_by=name"), 400, "REQUEST_INVALID");
  for (
    const path of [
      "/runs/none",
      `/runs/${crypto.randomUUID()}`,
      `/runs/${crypto.randomUUID()}/steps`,
      `/runs/${crypto.randomUUID()}/logs`,
    ]
  ) {
    assertProblem(await api(path), 404, "NOT_FOUND");
  }
});

Deno.test("versions are compared field by field", async () => {
  const workflow = await addWorkflow({ a: agent({ v: 1 }, "b"), b: agent() });
  const at = `/workflows/${workflow.id}`;
  await api(at, { method: "PUT", body: { steps: { a: agent({ v: 2 }, "c"), c: agent() } } });
  const { body } = await api(`${at}/compare`);
  assertEquals([body.from, body.to], [1, 2]);
  assertEquals(body.changes.map(({ path, kind }: Json) => [path, kind]).sort(), [
    ["steps.a.input_mapping.v", "changed"],
    ["steps.a.next_step", "changed"],
    ["steps.b", "removed"],
    ["steps.c", "added"],
  ]);
  assertProblem(await api(`${at}/compare?from=1&to=9`), 404, "NOT_FOUND");
});

Deno.test("a step waits for an event that fits, and goes on with its data; the same event counts once", async () => {
  const workflow = await addWorkflow({
    wait: {
      type: "wait_for_event",
      event_type: "paid",
      match: { "order.id": "${workflow.input.id}" },
      next_step: "after",
    },
    after: agent({ got: "${wait.output.event.body.order.total}" }),
  });
  const runId = await execute(workflow, { id: 17 });
  await eventually(async () => {
    const waits = await world.world().database.db.sql`select 1 from wait where run_id = ${runId}`;
    return waits.length > 0;
  });
  const pay = (id: number, event_id: string) =>
    api("/events", { body: { event_type: "paid", data: { order: { id, total: 5 } }, event_id } });
  assertEquals((await pay(18, "other")).status, 202);
  assertEquals((await api(`/runs/${runId}`)).body.status, "RUNNING");
  assertEquals([(await pay(17, "one")).body.duplicate, (await pay(17, "one")).body.duplicate], [false, true]);
  assertEquals((await ended(runId)).status, "COMPLETED");
  assertEquals((await steps(runId)).at(-1).input_data, { got: 5 });
  for (const body of [{ event_type: "A" }, { event_type: "paid", data: 5 }, {}]) {
    assertProblem(await api("/events", { body }), 400, "REQUEST_INVALID");
  }
});

Deno.test("a run that a step started is a run of its workflow, with what started it", async () => {
  const inner = await addWorkflow({ a: agent() });
  const outer = await addWorkflow({ sub: { type: "sub_workflow", workflow_name: inner.name } });
  await ended(await execute(outer));
  const { body } = await api(`/runs?workflow_definition_id=${inner.id}`);
  assertEquals(body.items.map(({ status, triggered_by }: Json) => [status, triggered_by]), [["COMPLETED", "workflow"]]);
});

Deno.test("a workflow that runs itself ends with its reason", async () => {
  const { name, id } = await addWorkflow({ a: agent() });
  await api(`/workflows/${id}`, {
    method: "PUT",
    body: { steps: { a: { type: "sub_workflow", workflow_name: name } } },
  });
  const run = await ended(await execute({ id }));
  assertEquals([run.status, run.error_code], ["FAILED", "RUN_LIMIT_REACHED"]);
});

Deno.test("a loop that continues after items that failed completes; one that stops does not", async () => {
  world.agent = ({ item }) => {
    if (item === 2) throw new Response(null, { status: 400 });
    return item;
  };
  const run = async (on_error: string) => {
    const workflow = await addWorkflow({
      each: { type: "loop", loop_config: { collection: [1, 2, 3], loop_body: ["one"], on_error } },
      one: agent({ item: "${loop.item}" }),
    });
    return (await ended(await execute(workflow))).status;
  };
  assertEquals([await run("continue"), await run("collect"), await run("stop")], ["COMPLETED", "COMPLETED", "FAILED"]);
  world.agent = (data) => data;
});

Deno.test("an agent's own retries: what may pass is attempted again, all else fails at once", async () => {
  const { name } = await addAgent({
    retry_config: { max_retries: 2, initial_delay_ms: 100, max_delay_ms: 1_000 },
    // Its breaker would let the last runs wait for a minute.
    circuit_breaker_config: { failure_threshold: 100 },
  });
  let left = 2;
  world.agent = ({ status }) => {
    if (left-- > 0) throw new Response(null, { status });
    return { ok: true };
  };
  const run = async (status: number) => {
    const workflow = await addWorkflow({ a: { ...agent({ status }), agent_name: name } });
    const runId = await execute(workflow);
    const { status: end, error_message } = await ended(runId);
    return [end, (await steps(runId))[0].attempts, error_message];
  };
  assertEquals(await run(503), ["COMPLETED", 3, null]);
  left = 9;
  assertEquals((await run(503)).slice(0, 2), ["FAILED", 3]);
  assertEquals((await run(404)).slice(0, 2), ["FAILED", 1]);
  world.agent = (data) => data;
});

Deno.test("a retry by hand gives an agent all of its attempts again", async () => {
  const { name } = await addAgent({ retry_config: { max_retries: 1, initial_delay_ms: 100, max_delay_ms: 1_000 } });
  let left = 3;
  world.agent = () => {
    if (left-- > 0) throw new Response(null, { status: 503 });
    return { ok: true };
  };
  const workflow = await addWorkflow({ a: { ...agent(), agent_name: name } });
  const runId = await execute(workflow);
  assertEquals([(await ended(runId)).status, (await steps(runId))[0].attempts], ["FAILED", 2]);
  assertEquals((await api(`/runs/${runId}/retry`, { body: {} })).status, 202);
  assertEquals([(await ended(runId)).status, (await steps(runId))[0].attempts], ["COMPLETED", 4]);
  world.agent = (data) => data;
});

Deno.test("an agent that keeps failing is not called for a while, as its own breaker says; answers close it again", async () => {
  const circuit_breaker_config = { failure_threshold: 2, timeout_seconds: 3_600, half_open_max_calls: 2 };
  const made = await addAgent({ circuit_breaker_config });
  assertEquals([made.circuit_breaker_config, made.circuit_breaker], [
    circuit_breaker_config,
    { state: "closed", retry_at: null },
  ]);
  const breaker = async () => (await api(`/agents/${made.id}`)).body.circuit_breaker;
  const workflow = await addWorkflow({ a: { ...agent(), agent_name: made.name } });
  world.agent = () => {
    throw new Response(null, { status: 500 });
  };
  for (let call = 0; call < 2; call++) assertEquals((await ended(await execute(workflow))).status, "FAILED");
  const { logs } = world.world();
  assertEquals(
    logs.find(({ message, host }) => message === "breaker.open" && host === `agent ${made.name}`)?.reason,
    "2 calls failed, the last with UPSTREAM_FAILED (HTTP 500)",
  );
  const open = await breaker();
  assertEquals([open.state, Date.parse(open.retry_at) > Date.now() + 3_000_000], ["open", true]);
  world.agent = (data) => data;
  const before = world.sent().length;
  const runs = [await execute(workflow), await execute(workflow)];
  const { sql } = world.world().database.db;
  const waiting = () =>
    sql`select 1 from run where state = 'waiting' and id in (select ${runs[0]!}::uuid union select ${runs[1]!}::uuid)`;
  await eventually(async () => (await waiting()).length === 2);
  assertEquals(world.sent().length, before);
  const { body: calls } = await api(`/agents/${made.id}/calls`);
  assertEquals(calls.items.map(({ state, http_status, step_id }: Json) => [state, http_status, step_id]), [
    ["snoozed", null, "a"],
    ["snoozed", null, "a"],
    ["failed", 500, "a"],
    ["failed", 500, "a"],
  ]);
  await sql`update breaker set probe_at = now() - interval '1 second' where host = ${`agent ${made.name}`}`;
  const going = () =>
    sql`select 1 from run where state in ('pending', 'running', 'waiting')
        and id in (select ${runs[0]!}::uuid union select ${runs[1]!}::uuid)`;
  await eventually(async () => {
    // What this process knows of the breaker is two seconds old at most, and a run that asks meanwhile waits again.
    for (const run of runs) {
      await sql`update step set due_at = null where run_id = ${run} and state = 'running'`;
      await sql`update job set due_at = now() where run_id = ${run} and finished_at is null and state = 'scheduled'`;
    }
    return (await going()).length === 0;
  });
  for (const run of runs) assertEquals((await ended(run)).status, "COMPLETED");
  assertEquals(await breaker(), { state: "closed", retry_at: null });
  const put = (body: Json) => api(`/agents/${made.id}`, { method: "PUT", body });
  const wrong = await put({ circuit_breaker_config: { failure_threshold: 0, window_size_seconds: 5, more: 1 } });
  assertProblem(wrong, 400, "REQUEST_INVALID");
  assertEquals(wrong.body.errors.map(({ field }: Json) => field).sort(), [
    "circuit_breaker_config.failure_threshold",
    "circuit_breaker_config.more",
    "circuit_breaker_config.window_size_seconds",
  ]);
  world.agent = () => {
    throw new Response(null, { status: 500 });
  };
  for (let call = 0; call < 2; call++) assertEquals((await ended(await execute(workflow))).status, "FAILED");
  assertEquals((await breaker()).state, "open");
  const reset = () => api(`/agents/${made.id}/reset_breaker`, { method: "POST" });
  assertEquals([(await reset()).body.was_open, (await reset()).body.was_open], [true, false]);
  assertEquals(await breaker(), { state: "closed", retry_at: null });
  await put({ circuit_breaker_config: { enabled: false } });
  for (let call = 0; call < 3; call++) assertEquals((await ended(await execute(workflow))).status, "FAILED");
  assertEquals((await breaker()).state, "closed");
  assertEquals((await put({ circuit_breaker_config: null })).body.circuit_breaker_config, null);
  world.agent = (data) => data;
});

Deno.test("a step, a branch or a mapping that is named __proto__ is refused, not left out", async () => {
  const steps = JSON.parse(
    `{"a": {"type": "validate", "input": 1, "schema": {}}, "__proto__": {"agent_name": "echo"}}`,
  );
  const mapped = JSON.parse(`{"a": {"agent_name": "echo", "input_mapping": {"__proto__": 1}}}`);
  for (const [given, field] of [[steps, "steps.__proto__"], [mapped, "steps.a.input_mapping.__proto__"]] as const) {
    const answer = await api("/workflows", { body: { name: "proto", start_step: "a", steps: given } });
    assertProblem(answer, 400, "REQUEST_INVALID");
    assertEquals([...new Set(answer.body.errors.map(({ field }: Json) => field))], [field]);
  }
});

Deno.test("a failed run is a dead letter with its reason until it is replayed, by this alone", async () => {
  let isDown = true;
  world.agent = (data) => {
    if (isDown) throw new Response(null, { status: 400 });
    return data;
  };
  const workflow = await addWorkflow({ a: agent() });
  const runId = await execute(workflow);
  await ended(runId);
  isDown = false;
  const mine = async () => {
    const { body } = await api("/dead-letters?kind=run&error_code=UPSTREAM_REJECTED&page_size=100");
    return body.items.find(({ run_id }: Json) => run_id === `run-${runId}`);
  };
  const letter = await mine();
  assertEquals([letter.workflow_name, letter.reason], [workflow.name, 'Agent "echo" answered 400']);
  assertEquals((await api("/dead-letters?failed_before=2020-01-01T00:00:00Z")).body.total, 0);
  const replayed = await api(`/dead-letters/${letter.id}/replay`, { method: "POST" });
  assertEquals([replayed.status, replayed.body.run_id], [202, `run-${runId}`]);
  assertEquals([(await ended(runId)).status, await mine()], ["COMPLETED", undefined]);
  for (const id of [letter.id, "none"]) {
    assertProblem(await api(`/dead-letters/${id}/replay`, { method: "POST" }), 404, "NOT_FOUND");
  }
  world.agent = (data) => data;
});
