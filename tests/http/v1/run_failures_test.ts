/** Tests of what went wrong, at the door: failed runs by their cause until they are retried, and how calls of an agent went. */

import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../support/world.ts";
import type { Json } from "../door.ts";
import { apiWorldOfFile } from "./api_world.ts";

const world = apiWorldOfFile();
const { api, addAgent, addWorkflow, execute, ended } = world;

Deno.test("failed runs are one cause for a workflow, step and code, with what to replay, and leave it by that", async () => {
  const { name: agent_name } = await addAgent();
  const step = { type: "agent", agent_name, input_mapping: { say: "${workflow.input.say}" } };
  const steps = {
    first: { ...step, next_step: "each" },
    each: { type: "loop", loop_config: { collection: [1, 2], loop_body: ["alert"] } },
    alert: { ...step, input_mapping: { say: "${workflow.input.say}", item: "${loop.item}" } },
  };
  const workflow = await addWorkflow(steps);
  const checks = await addWorkflow({ check: { type: "validate", input: 1, schema: { type: "string" } } });
  world.agent = ({ say, item }) => {
    const status = say === "later" ? (item === 2 ? 400 : 200) : say === "first" && !item ? 404 : 200;
    if (status !== 200) throw new Response(null, { status });
    return { ok: true };
  };
  const later: string[] = [];
  for (const say of ["later", "first", "later"]) {
    const run = await execute(workflow, { say });
    assertEquals((await ended(run)).status, "FAILED");
    if (say === "later") later.push(`run-${run}`);
  }
  assertEquals((await ended(await execute(checks))).status, "FAILED");

  const at = `/run_failures?workflow_definition_id=${workflow.id}`;
  const { body: page } = await api(at);
  assertEquals([page.total, page.total_pages, page.has_older], [2, 1, false]);
  const [newest, other] = page.items;
  const { first_failed_at, last_failed_at, runs, ...cause } = newest;
  assertEquals(cause, {
    workflow_definition_id: workflow.id,
    workflow_name: workflow.name,
    step_id: "alert",
    error_code: "UPSTREAM_REJECTED",
    error_message: `Agent "${agent_name}" answered 400`,
    count: 2,
  });
  assertEquals(runs.map(({ run_id }: Json) => run_id), later.toReversed());
  assertEquals([runs[0].failed_at, runs[1].failed_at], [last_failed_at, first_failed_at]);
  assertEquals([other.step_id, other.count], ["first", 1]);
  // Of all workflows, by pages.
  const { body: all } = await api("/run_failures?page_size=1");
  assertEquals([all.total, all.items.length, all.items[0].workflow_definition_id], [3, 1, checks.id]);
  assertEquals(all.items[0].step_id, "check");
  assertEquals((await api("/run_failures?workflow_definition_id=none")).body.total, 0);

  world.agent = () => ({ ok: true });
  for (const { dead_letter_id, run_id } of runs) {
    const answer = await api(`/dead-letters/${dead_letter_id}/replay`, { method: "POST" });
    assertEquals([answer.status, answer.body.run_id], [202, run_id]);
    assertEquals((await ended(answer.body.id)).status, "COMPLETED");
  }
  assertEquals((await api(at)).body.items.map(({ step_id }: Json) => step_id), ["first"]);
});

Deno.test("an agent says how its calls of the last day went: how many, how many failed, and their 95th percentile", async () => {
  const agent = await addAgent();
  const workflow = await addWorkflow({ ask: { type: "agent", agent_name: agent.name } });
  let calls = 0;
  world.agent = () => {
    if (++calls === 2) throw new Response(null, { status: 500 });
    return {};
  };
  for (let run = 1; run <= 3; run++) await ended(await execute(workflow));
  // Processes add what they counted once a second.
  const usage = await eventually(async () => {
    const { body } = await api(`/agents/${agent.id}`);
    return body.last_24_hours.calls === 3 && body.last_24_hours;
  });
  const { p95_latency_ms: p95, ...counts } = usage;
  assertEquals(counts, { calls: 3, failures: 1 });
  assert(Number.isInteger(p95) && p95 >= 1, `${p95} ms`);
  const { body: { items } } = await api(`/agents?name=${agent.name}`);
  assertEquals(items.map(({ last_24_hours }: Json) => last_24_hours), [usage]);
  // What was of another day does not count.
  await world.world().database.db.sql`
    insert into agent_calls (installation_id, agent_id, hour, calls, failures, times)
    select installation_id, agent_id, hour - interval '24 hours', 50, 50, '{0,50}' from agent_calls where agent_id = ${agent.id}`;
  assertEquals((await api(`/agents/${agent.id}`)).body.last_24_hours, usage);
});
