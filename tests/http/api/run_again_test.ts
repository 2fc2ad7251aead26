/** Runs that are begun again from one of their steps: a new run with keys of its own, linked, that repeats nothing before. */

import { assert, assertEquals, assertMatch, assertNotEquals, assertNotMatch } from "@std/assert";
import type { Action, ActionCall, ActionResult } from "../../../src/engine/action.ts";
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
let holding = Promise.withResolvers<ActionResult>();
const action: Action = {
  type: "clockify",
  effect: "external",
  describe: ({ input }) => ({ body: (input as Json).body }),
  run: (call) => {
    calls.push(call);
    const { name } = (call.input as Json).body;
    if (name === "held") return holding.promise;
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

/** Begins the run again, and gives the new one at its end with what it called: "path name". */
async function againFrom(id: string, from: string, more: Json = {}): Promise<{ again: Json; called: string[] }> {
  calls.length = 0;
  const answer = await ui(`/runs/${id}/again`, { body: { from, ...more } });
  assertEquals(answer.status, 202, `${from} ${JSON.stringify(answer.body)}`);
  return { again: await ended(answer.body.run_id), called: called() };
}

const called = (made = calls) => made.map(({ stepPath, input }) => `${stepPath} ${(input as Json).body.name}`);
/** A step that gives what the one of this id gave. */
const giving = (id: string) => ({ type: "transform", id: "given", output: `$.steps.${id}.output` });
const outputOf = ({ steps }: Json, id: string) => steps.find((one: Json) => one.id === id).output;
async function assertRefused(id: string, from: string, [status, words]: [400 | 409, RegExp], more: Json = {}) {
  const answer = await ui(`/runs/${id}/again`, { body: { from, ...more } });
  assertProblem(answer, status, status === 400 ? "REQUEST_INVALID" : "CONFLICT");
  assertMatch(answer.body.detail, words);
}

Deno.test("a run begins again in a branch, whose choice stays though the input is another", async () => {
  const branch = {
    kind: "branch",
    id: "which",
    cases: [{
      if: { field: "$.webhook.name", operator: "==", value: "one" },
      actions: [step("x", "x"), step("y", "{{ $.webhook.name }}")],
    }],
    otherwise: [step("o", "o")],
  };
  const { run } = await ranFlow("one", [branch, step("end", "{{ $.steps.x.output.name }}")]);
  assertEquals(run.state, "completed", JSON.stringify(run.error));
  const { again, called } = await againFrom(run.id, "root/which#0/y", { input: { name: "two" } });
  assertEquals([again.state, called], ["completed", ["root/which#0/y two", "root/end x"]]);
  await assertRefused(run.id, "root/which#1/o", [409, /did not choose the case/]);
});

Deno.test("from every step of a nested flow: what was done before is not done again, and the end is the same", async () => {
  const loop = {
    kind: "loop",
    id: "each",
    over: ["p", "q", "r"],
    actions: [
      step("first", "{{ $.loop.item }}"),
      {
        kind: "branch",
        id: "middle",
        cases: [{
          if: { field: "$.loop.index", operator: "==", value: 1 },
          actions: [step("one", "one"), step("two", "two")],
        }],
        otherwise: [],
      },
      {
        kind: "loop",
        id: "inner",
        over: [1, 2],
        actions: [step("in", "{{ $.steps.first.output.name }}{{ $.loop.item }}")],
      },
    ],
  };
  const tried = {
    kind: "try",
    id: "tried",
    actions: [step("t1", "t1"), step("t2", "{{ $.webhook.name }}"), step("t3", "never")],
    on_error: [step("e1", "{{ $.error.step }}"), step("e2", "{{ $.steps.t1.output.name }}")],
    finally: [step("f1", "f1"), step("f2", "f2")],
  };
  const rounds = {
    kind: "loop",
    id: "rounds",
    while: { field: "$.loop.index", operator: "<", value: 2 },
    actions: [step("round", "{{ $.loop.index }}")],
  };
  const end = {
    type: "transform",
    id: "sum",
    output: { each: "$.steps.each.output", rounds: "$.steps.rounds.output" },
  };
  calls.length = 0;
  const { run } = await ranFlow("broken", [
    step("a", "big"),
    loop,
    rounds,
    tried,
    end,
    step("z", "{{ $.steps.sum.output.each.total }}"),
  ]);
  assertEquals(run.state, "completed", JSON.stringify(run.error));
  const all = called();
  assertEquals(all.length, 21, all.join("\n"));
  const sum = outputOf(run, "sum");
  calls.length = 0;
  const begun: Json[] = [];
  // A few at a time: each looks for its end.
  for (let place = 0; place < all.length; place += 4) {
    const some = all.slice(place, place + 4).map(async (one) => {
      const answer = await ui(`/runs/${run.id}/again`, { body: { from: one.split(" ")[0]! } });
      assertEquals(answer.status, 202, `${one} ${JSON.stringify(answer.body)}`);
      return await ended(answer.body.run_id);
    });
    begun.push(...await Promise.all(some));
  }
  for (const [place, again] of begun.entries()) {
    const own = calls.filter(({ idempotencyKey }) => idempotencyKey.startsWith(again.id));
    assertEquals(called(own), all.slice(place), all[place]);
    assertEquals([again.state, outputOf(again, "sum")], ["completed", sum], all[place]);
  }
  await assertRefused(run.id, "root/tried#0/t3", [409, /"root\/tried#0\/t2" before it is failed/]);
  await assertRefused(run.id, "root/each#3/first", [409, /has no item 3/]);
  await assertRefused(run.id, "root/rounds#2/round", [409, /has no round 2/]);
  // Behind what was mended the steps for the failure are not walked.
  const mended = await againFrom(run.id, "root/tried#0/t2", { input: { name: "mended" } });
  assertEquals(mended.called, [
    "root/tried#0/t2 mended",
    "root/tried#0/t3 never",
    "root/tried#2/f1 f1",
    "root/tried#2/f2 f2",
    "root/z 3",
  ]);
  await assertRefused(mended.again.id, "root/tried#1/e1", [409, /did not fail; begin at one of those/]);
});

Deno.test("in a loop the items before stay as they ended, failed ones and those of a long list too, and the input is another for the rest", async () => {
  const over = Array.from(
    { length: 30 },
    (_, index) => ({ name: index === 2 ? "broken" : `n${index}`, large: "x".repeat(2_000) }),
  );
  const loop = {
    kind: "loop",
    id: "each",
    over: "$.webhook.list",
    at_once: 5,
    on_error: "collect",
    actions: [step("i", "{{ $.loop.item.name }}"), step("j", "{{ $.webhook.word }}")],
  };
  const { run } = await ranFlow("x", [loop, giving("each")]);
  assertEquals(run.state, "completed");
  const first = await againFrom(run.id, "root/each", { input: { list: over, word: "old" } });
  const { again, called } = await againFrom(first.again.id, "root/each#28/j", { input: { list: [], word: "new" } });
  assertEquals([again.state, called.toSorted()], ["completed", [
    "root/each#28/j new",
    "root/each#29/i n29",
    "root/each#29/j new",
  ]]);
  const { total, completed, failed, errors, outputs } = outputOf(again, "given");
  assertEquals([total, completed, failed, errors.map(({ index }: Json) => index)], [30, 29, 1, [2]]);
  assertEquals(
    outputs.map((one: Json) => one?.name ?? null),
    over.map((_, index) => index === 2 ? null : index < 28 ? "old" : "new"),
  );

  const stops = await ranFlow("broken", [{
    ...loop,
    over: ["ok", "{{ $.webhook.name }}", "last"],
    on_error: "stop",
    at_once: 1,
    actions: [step("i", "{{ $.loop.item }}")],
  }]);
  assertEquals(stops.run.state, "failed");
  await assertRefused(stops.run.id, "root/each#2/i", [
    409,
    /item 1 of step "root\/each" before it is failed; begin in that one/,
  ]);
});

Deno.test("rounds share variables: of the round that began last they are known", async () => {
  const rounds = {
    kind: "loop",
    id: "rounds",
    while: { field: "$.loop.index", operator: "<", value: 4 },
    actions: [
      { type: "variables", id: "set", set: { sum: "{{ default($.vars.sum, '') }}{{ $.loop.index }}" } },
      {
        kind: "branch",
        id: "last",
        cases: [{
          if: { field: "$.loop.index", operator: "==", value: 2 },
          actions: [step("use", "{{ $.webhook.name }}")],
        }],
        otherwise: [],
      },
      step("say", "{{ $.vars.sum }}"),
    ],
  };
  const { run } = await ranFlow("broken", [rounds]);
  assertEquals(run.state, "failed");
  await assertRefused(run.id, "root/rounds#1/say", [409, /share variables.*begin at that step/]);
});

Deno.test("in a parallel step the branch begins again, finished ones stay, and of others what had completed", async () => {
  const both = (join: unknown) => ({
    kind: "parallel",
    id: "both",
    join,
    branches: [
      { actions: [step("p1", "p1"), step("p2", "p2")] },
      { actions: [step("q1", "q1"), step("q2", "{{ $.webhook.name }}")] },
    ],
  });
  const behind = step("z", "{{ $.steps.p1.output.name }} {{ $.steps.q2.output.name }}");
  const { run } = await ranFlow("broken", [both("all"), behind, giving("both")]);
  assertEquals([run.state, run.failed_step], ["failed", "q2"]);
  const mended = { input: { name: "mended" } };
  const from = (path: string) => againFrom(run.id, path, mended);
  const one = await from("root/both#1/q2");
  assertEquals([one.again.state, one.called], ["completed", ["root/both#1/q2 mended", "root/z p1 mended"]]);
  const other = await from("root/both#0/p2");
  assertEquals([other.again.state, other.called.toSorted()], [
    "completed",
    ["root/both#0/p2 p2", "root/both#1/q2 mended", "root/z p1 mended"],
  ]);
  const parts = outputOf(one.again, "given");
  assertEquals([parts.completed, parts.outputs.map(({ name }: Json) => name)], [[0, 1], ["p2", "mended"]]);

  const enough = await ranFlow("broken", [both("any")]);
  assertEquals(enough.run.state, "completed");
  await assertRefused(enough.run.id, "root/both#1/q1", [409, /other branches.*are enough.*begin at that step/]);
  const whole = await againFrom(enough.run.id, "root/both#0/p2");
  assertEquals(whole.called, ["root/both#0/p2 p2"], "the other branch has failed, and stays so");
});

Deno.test("in an approval and a wait it is asked and waited for again; what was done of their lists is not done again", async () => {
  const asking = {
    kind: "approval",
    id: "ask",
    roles: ["OWNER", "WORKSPACE_ADMIN"],
    note: "{{ $.webhook.name }}?",
    ask: [step("message", "message")],
    approved: [step("yes1", "yes1"), step("yes2", "{{ $.webhook.name }}")],
    rejected: [step("no", "no")],
  };
  const wait = {
    kind: "wait",
    id: "pause",
    event: {
      event_types: ["NEW_TAG"],
      conditions: { all: [{ field: "$.webhook.name", operator: "==", value: "no such" }] },
    },
    deadline: "1 s",
    expired: [step("late1", "late1"), step("late2", "late2")],
  };
  const body = {
    name: `Flow ${crypto.randomUUID()}`,
    trigger_event_types: [EVENT],
    actions: [wait, asking, step("z", "z")],
  };
  const { id: flowId } = (await ui("/flows", { body })).body;
  const { workspaceId } = world;
  await world.simulator.deliver({
    workspaceId,
    event: EVENT,
    payload: { id: crypto.randomUUID(), workspaceId, name: "one" },
  });
  const decide = async (runId: string, decision: "approve" | "reject") => {
    const open = await eventually(async () =>
      (await ui("/approvals?state=open")).body.approvals.find((one: Json) => one.run_id === runId)
    );
    const answer = await ui(`/approvals/${open.id}/decide`, { body: { decision } });
    assertEquals(answer.status, 200, JSON.stringify(answer.body));
    return open;
  };
  const { id } = await eventually(async () => (await ui(`/runs?flow_id=${flowId}`)).body.runs[0]);
  await decide(id, "approve");
  const run = await ended(id);
  assertEquals(run.state, "completed", JSON.stringify(run.error));

  calls.length = 0;
  const again = await ui(`/runs/${id}/again`, { body: { from: "root/ask#0/yes2", input: { name: "two" } } });
  assertEquals(again.status, 202, JSON.stringify(again.body));
  const open = await decide(again.body.run_id, "approve");
  assertEquals([open.note, (await ended(again.body.run_id)).state], ["two?", "completed"]);
  assertEquals(called(), ["root/ask#3/message message", "root/ask#0/yes2 two", "root/z z"]);

  calls.length = 0;
  const waits = await ui(`/runs/${id}/again`, { body: { from: "root/pause#0/late2" } });
  await decide(waits.body.run_id, "reject");
  await ended(waits.body.run_id);
  assertEquals(called(), ["root/pause#0/late2 late2", "root/ask#3/message message", "root/ask#1/no no", "root/z z"]);
  await assertRefused(id, "root/ask#3/message", [400, /begin at the approval, which asks again/]);
});

Deno.test("what its flow says of concurrency, throttle and order holds for it, and a key begins one run however often", async () => {
  const { flowId, run } = await ranFlow("one", [step("a", "a"), step("b", "{{ $.webhook.name }}")]);
  const again = (more: Json = {}, key?: string) =>
    ui(`/runs/${run.id}/again`, {
      body: { from: "root/b", ...more },
      ...(key !== undefined && { headers: { ...admin, "idempotency-key": key } }),
    });
  const change = async (fields: Json) =>
    assertEquals((await ui(`/flows/${flowId}`, { method: "PUT", body: fields })).status, 200);

  const key = crypto.randomUUID();
  const [one, two] = [await again({}, key), await again({}, key)];
  assertEquals([one.status, two.status, two.body.run_id], [202, 202, one.body.run_id]);
  // Also where the answer to the first request is no longer kept.
  await world.database.db.sql`delete from idempotency_key`;
  assertEquals((await again({}, key)).body, one.body);
  await world.database.db.sql`delete from idempotency_key`;
  assertProblem(await again({ input: { name: "other" } }, key), 422, "IDEMPOTENCY_KEY_REUSED");
  assertEquals((await ui(`/runs?flow_id=${flowId}`)).body.runs.length, 2);
  await ended(one.body.run_id);

  await change({ concurrency: { at_once: 1, key: "$.webhook.name", when_full: "skip" } });
  holding = Promise.withResolvers();
  const held = await again({ input: { name: "held" } });
  assertEquals(held.status, 202);
  await eventually(() => Promise.resolve(calls.some(({ input }) => (input as Json).body.name === "held")));
  const full = await again({ input: { name: "held" } });
  assertProblem(full, 409, "CONFLICT");
  assertMatch(full.body.detail, /as many of its runs are in progress as its concurrency allows/);
  const free = await again({ input: { name: "free" } });
  assertEquals(free.status, 202, "another key");
  await ended(free.body.run_id);
  await change({ concurrency: { at_once: 1, key: "$.webhook.name", when_full: "queue" } });
  calls.length = 0;
  const behind = await again({ input: { name: "held" } });
  // Runs of tests before may still be on their way.
  assertEquals([behind.status, called().filter((one) => one === "root/b held")], [202, []]);
  holding.resolve({ outcome: "done", output: {} });
  const order = [(await ended(held.body.run_id)).finished_at, (await ended(behind.body.run_id)).finished_at];
  assertEquals(order.toSorted(), order);

  await change({ concurrency: null, throttle: { at_most: 1, per: "1 h", when_over: "skip" } });
  assertEquals((await again()).status, 202);
  assertMatch((await again()).body.detail, /as many of its runs have begun as its throttle allows/);
});

Deno.test("a run that no event began shows what it was given, changed or not, what it gave and said; to members without addresses, and large ones cut", async () => {
  const end = {
    kind: "end",
    id: "out",
    outcome: "success",
    message: "Done for {{ $.webhook.mail }}",
    output: "$.webhook",
  };
  const { body: flow } = await ui("/flows", {
    body: { name: "Given", trigger_event_types: [], triggers: { api: true }, actions: [step("a", "one"), end] },
  });
  const start = async (input: Json): Promise<Json> => {
    const { status, body } = await ui(`/flows/${flow.id}/run`, { body: { input } });
    assertEquals(status, 202, JSON.stringify(body));
    return await ended(body.run_id);
  };
  const given = { mail: "ada@example.com", list: [1, null] };
  const run = await start(given);
  const values = ({ input, input_truncated, output, output_truncated, end_message }: Json) => [
    [input, input_truncated],
    [output, output_truncated],
    end_message,
  ];
  assertEquals(values(run), [[given, false], [given, false], "Done for ada@example.com"]);
  const { body: redacted } = await ui(`/runs/${run.id}`, { headers: member });
  assertNotMatch(JSON.stringify([redacted.input, redacted.output, redacted.end_message]), /ada@example/);
  assertEquals([redacted.input.list, redacted.output.list], [given.list, given.list]);

  const patch = [{ op: "replace", path: "/mail", value: "x" }];
  const again = await ui(`/runs/${run.id}/again`, { body: { from: "root/a", patch } });
  assertEquals(again.status, 202, JSON.stringify(again.body));
  assertEquals(values(await ended(again.body.run_id))[0], [{ ...given, mail: "x" }, false]);

  const text = "y".repeat(200_000);
  assertEquals(values(await start({ text })).slice(0, 2), [[{ text }, false], [{ text }, false]]);
  const larger = await ui(`/runs/${run.id}/again`, { body: { from: "root/out", input: { text: text + text } } });
  const cut = await ended(larger.body.run_id);
  assertEquals([cut.input_truncated, cut.output_truncated, cut.output], [true, false, { text: text + text }]);
  assert(JSON.stringify(cut.input).length < 30_000);

  // Of one that an event began its payload is the input; without an end that gives something there is no output.
  const { run: ofEvent } = await ranFlow("one");
  assertEquals(values(ofEvent), [[null, false], [null, false], null]);
});

Deno.test("a run that waits for people is shown with their deadline, not with the time of the reminder before it", async () => {
  const ask = {
    kind: "approval",
    id: "ask",
    roles: ["OWNER"],
    deadline: "2 d",
    remind: { after: "1 h", actions: [step("r", "one")] },
  };
  const { body: flow } = await ui("/flows", {
    body: { name: "Asks", trigger_event_types: [], triggers: { api: true }, actions: [ask] },
  });
  const { body: { run_id } } = await ui(`/flows/${flow.id}/run`, { method: "POST" });
  const run = await eventually(async () => {
    const { body } = await ui(`/runs/${run_id}`);
    return body.waiting_reason === "waits for an approval" && body;
  });
  const approval = (await ui("/approvals?state=open")).body.approvals.find((one: Json) => one.run_id === run_id);
  assertEquals(run.next_attempt_at, approval.expires_at);
  await ui(`/runs/${run_id}/cancel`, { method: "POST" });
});
