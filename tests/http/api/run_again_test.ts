/** Runs that are begun again from one of their steps: a new run with keys of its own, linked, that repeats nothing before. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Action, ActionCall } from "../../../src/engine/action.ts";
import { AppError } from "../../../src/base/errors.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const ADDON = "universal_webhook";
const EVENT = "TIMER_STOPPED";

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;

/** In the place of Clockify's: gives back its body, a large text for "big", and fails for "broken". */
const calls: ActionCall[] = [];
const action: Action = {
  type: "clockify",
  effect: "external",
  describe: ({ input }) => ({ body: (input as Json).body }),
  run: (call) => {
    calls.push(call);
    const { name } = (call.input as Json).body;
    if (name === "broken") {
      return Promise.resolve({ outcome: "failed", error: new AppError("UPSTREAM_REJECTED", "Cannot") });
    }
    return Promise.resolve({ outcome: "done", output: { name, large: name === "big" ? "x".repeat(50_000) : "" } });
  },
};

worldOfFile({ actions: [action], env: { API_RATE_LIMIT_RPS: "100000" } }, async (made) => {
  world = made;
  ({ admin, member } = await world.enter(ADDON));
});

const ui = (path: string, options: Parameters<typeof ask>[1] = {}) =>
  ask(`${world.url(ADDON)}/ui${path}`, { headers: admin, ...options });
const step = (id: string, name: string) => ({ id, operation_id: "createNewTag", body: { name } });
const STEPS = [
  step("a", "big"),
  step("b", "{{ $.webhook.name }}"),
  step("c", "{{ $.steps.a.output.name }} {{ $.steps.b.output.name }} {{ $.delivery.type }}"),
];

async function ended(id: string): Promise<Json> {
  return await eventually(async () => {
    const { body } = await ui(`/runs/${id}`);
    return body.finished_at !== null && body;
  });
}

/** A run of a flow, of three steps unless others are given. */
async function ranFlow(name: string, actions: Json[] = STEPS): Promise<{ flowId: string; run: Json }> {
  const body = { name: `Flow ${crypto.randomUUID()}`, trigger_event_types: [EVENT], actions };
  const created = await ui("/flows", { body });
  assertEquals(created.status, 201, JSON.stringify(created.body));
  const flowId = created.body.id;
  const { workspaceId } = world;
  await world.simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId, name } });
  const run = await eventually(async () => (await ui(`/runs?flow_id=${flowId}`)).body.runs[0]);
  assertEquals(
    (await ui(`/flows/${flowId}`, { method: "PUT", body: { trigger_event_types: ["NEW_PROJECT"] } })).status,
    200,
  );
  return { flowId, run: await ended(run.id) };
}

Deno.test("a finished run is begun again from any step with a changed input; what was before is taken over, and both are linked", async () => {
  const { run } = await ranFlow("one");
  assertEquals(run.state, "completed");
  calls.length = 0;
  const answer = await ui(`/runs/${run.id}/again`, {
    body: {
      from: "root/b",
      patch: [{ op: "test", path: "/name", value: "one" }, { op: "replace", path: "/name", value: "two" }],
    },
  });
  assertEquals(answer.status, 202, JSON.stringify(answer.body));
  assertEquals([answer.body.again_of, answer.body.kept, answer.body.version], [run.id, 1, 1]);
  const again = await ended(answer.body.run_id);
  assertEquals([again.state, again.trigger, again.event_id], ["completed", "replay", run.event_id]);
  assertEquals(calls.map(({ stepPath, input }) => [stepPath, (input as Json).body.name]), [
    ["root/b", "two"],
    ["root/c", `big two ${EVENT}`],
  ]);
  assertEquals(new Set(calls.map(({ idempotencyKey }) => idempotencyKey.split("/")[0])), new Set([again.id]));
  assertEquals(
    again.steps.map(({ id, state, taken_over, attempts }: Json) => [id, state, taken_over, attempts.length]),
    [
      ["a", "completed", true, 0],
      ["b", "completed", false, 1],
      ["c", "completed", false, 1],
    ],
  );
  assertEquals(again.steps[0].output_bytes, run.steps[0].output_bytes, "a large output too");
  assertEquals(again.again_of, { run_id: run.id, from: "root/b" });
  const old = (await ui(`/runs/${run.id}`)).body;
  assertEquals([old.again_of, old.again_by], [null, [{ run_id: again.id, from: "root/b" }]]);
  assertEquals(old.steps, run.steps, "the older one stays as it was");

  // The new one has a past of its own: it is begun again too, with another input as a whole.
  const third = await ui(`/runs/${again.id}/again`, { body: { from: "root/c", input: { other: 1 } } });
  const { body } = await ui(`/runs/${(await ended(third.body.run_id)).id}`);
  assertEquals([body.state, body.steps.map(({ taken_over }: Json) => taken_over)], ["completed", [true, true, false]]);
  assertEquals((calls.at(-1)!.input as Json).body.name, `big two ${EVENT}`);
  const audit = (await ui("/audit?action=POST%20/ui/runs/:id/again")).body.entries;
  assertEquals(audit.filter((one: Json) => one.outcome === "done").length, 2);
});

Deno.test("a run that failed is begun again at the failed step or before it, not behind it", async () => {
  const { run } = await ranFlow("broken");
  assertEquals([run.state, run.failed_step], ["failed", "b"]);
  const behind = await ui(`/runs/${run.id}/again`, { body: { from: "root/c" } });
  assertProblem(behind, 409, "CONFLICT");
  assertMatch(behind.body.detail, /step "root\/b" before it is failed/);
  calls.length = 0;
  const first = await ui(`/runs/${run.id}/again`, { body: { from: "root/a", input: { name: "whole" } } });
  const all = await ended(first.body.run_id);
  assertEquals([all.state, all.steps.some(({ taken_over }: Json) => taken_over), calls.length], [
    "completed",
    false,
    3,
  ]);
  assertNotEquals(all.id, run.id);
});

Deno.test("with the present version what came before must be the same; what does not fit is refused, and members may not", async () => {
  const { flowId, run } = await ranFlow("v");
  const change = (actions: Json[]) => ui(`/flows/${flowId}`, { method: "PUT", body: { actions } });
  await change([STEPS[0]!, step("b", "fixed"), step("d", "new")]);
  const present = await ui(`/runs/${run.id}/again`, { body: { from: "root/b", version: "present" } });
  const made = await ended(present.body.run_id);
  assertEquals(made.steps.map(({ id, taken_over }: Json) => [id, taken_over]), [["a", true], ["b", false], [
    "d",
    false,
  ]]);
  const other = await ui(`/runs/${run.id}/again`, { body: { from: "root/d", version: "present" } });
  assertProblem(other, 409, "CONFLICT");
  await change([step("a", "other"), step("b", "fixed")]);
  const differs = await ui(`/runs/${run.id}/again`, { body: { from: "root/b", version: "present" } });
  assertProblem(differs, 409, "CONFLICT");
  assertMatch(differs.body.detail, /a step before it is another one in version/);

  const path = `/runs/${run.id}/again`;
  for (
    const body of [
      {},
      { from: "root/none" },
      { from: "root" },
      { from: "root/b#1" },
      { from: "../b" },
      { from: "root/b", version: "old" },
      { from: "root/b", input: 1, patch: [] },
      { from: "root/b", patch: [{ op: "remove", path: "/not/there" }] },
      { from: "root/b", patch: [{ op: "add", path: "/__proto__/x", value: 1 }] },
      { from: "root/b", patch: Array(101).fill({ op: "test", path: "/name", value: "v" }) },
    ]
  ) {
    assertProblem(await ui(path, { body }), 400, "REQUEST_INVALID");
  }
  assertProblem(await ui(path, { body: { from: "root/b" }, headers: member }), 403, "ROLE_INSUFFICIENT");
  assertProblem(await ui(`/runs/${crypto.randomUUID()}/again`, { body: { from: "root/b" } }), 404, "NOT_FOUND");
  assertEquals((await ui("/flows/" + flowId, { method: "DELETE" })).status, 200);
  assertProblem(await ui(path, { body: { from: "root/b", version: "present" } }), 409, "CONFLICT");
});

Deno.test("a run begins again in a branch, whose choice stays though the input is another; within a loop it does not", async () => {
  const branch = {
    kind: "branch",
    id: "which",
    cases: [{
      if: { field: "$.webhook.name", operator: "==", value: "one" },
      actions: [step("x", "x"), step("y", "{{ $.webhook.name }}")],
    }],
    otherwise: [step("o", "o")],
  };
  const loop = { kind: "loop", id: "each", over: ["p", "q"], actions: [step("i", "{{ $.loop.item }}")] };
  const { run } = await ranFlow("one", [loop, branch, step("end", "{{ $.steps.x.output.name }}")]);
  assertEquals(run.state, "completed", JSON.stringify(run.error));
  calls.length = 0;
  const answer = await ui(`/runs/${run.id}/again`, { body: { from: "root/which#0/y", input: { name: "two" } } });
  assertEquals(answer.status, 202, JSON.stringify(answer.body));
  const again = await ended(answer.body.run_id);
  assertEquals([again.state, calls.map(({ stepPath, input }) => [stepPath, (input as Json).body.name])], [
    "completed",
    [["root/which#0/y", "two"], ["root/end", "x"]],
  ]);
  const within = await ui(`/runs/${run.id}/again`, { body: { from: "root/each#1/i" } });
  assertProblem(within, 400, "REQUEST_INVALID");
  assertMatch(within.body.detail, /within step "root\/each"/);
  const notWalked = await ui(`/runs/${run.id}/again`, { body: { from: "root/which#1/o" } });
  assertProblem(notWalked, 409, "CONFLICT");
});
