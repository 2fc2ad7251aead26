/** Dry run of steps that hold others, wait or end: which case the sample takes, the first items of a list, waits and people; nothing is sent. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import fc from "fast-check";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";

let world: World;
let admin: Record<string, string>;

worldOfFile({
  env: { API_RATE_LIMIT_RPS: "100000", UW_ENABLE_GENERIC_HTTP_ACTIONS: "true", POLL_MINUTES: "0" },
}, async (made) => {
  world = made;
  await world.install("universal_webhook");
  admin = await world.viewer("universal_webhook");
  await eventually(async () => (await ui("/bootstrap")).body.status === "COMPLETE");
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

async function deliver(fields: Json = {}): Promise<Json> {
  const { workspaceId, simulator } = world;
  const id = crypto.randomUUID();
  const timeInterval = { start: "2026-11-20T09:00:00Z", end: "2026-11-20T09:30:00Z" };
  const payload = { id, workspaceId, timeInterval, billable: true, tags: [], type: "REGULAR", ...fields };
  await simulator.deliver({ workspaceId, event: EVENT, payload });
  return await eventually(async () => {
    const [row] = (await ui(`/webhooks?q=${id}`)).body.webhooks;
    return row && row.outcome !== "waiting" && { ...row, entityId: id };
  });
}

const draft = (...actions: Json[]) => ({ name: "Draft", trigger_event_types: [EVENT], actions });

async function dryRun(actions: Json[], { id }: Json): Promise<Json> {
  const { status, body } = await ui("/flows/test", {
    body: { definition: draft(...actions), event_id: id, reads: "assumed" },
  });
  assertEquals(status, 200, JSON.stringify(body));
  assertEquals(body.sent, 0);
  return body;
}

/** [place, items, what is said, whether it would run, what it depends on]. */
const told = ({ actions }: Json) =>
  actions.map(({ step, index, would_run }: Json) => [
    step?.place ?? `actions[${index}]`,
    step?.items ?? [],
    step?.says ?? null,
    would_run,
    step?.depends_on ?? null,
  ]);
const tag = (id: string, name: string) => ({ id, operation_id: "findOrCreateTag", body: { name } });
const billable = (value: boolean) => ({ field: "$.webhook.billable", operator: "==", value });

Deno.test("the sample takes one case, by a condition or by a value; without a known value each case depends on the step", async () => {
  const event = await deliver();
  const branch = {
    kind: "branch",
    id: "b",
    cases: [{ if: billable(false), actions: [tag("no", "a")] }, {
      name: "Billable",
      if: billable(true),
      actions: [tag("yes", "b")],
    }],
    otherwise: [tag("else", "c")],
  };
  const after = tag("after", "{{ $.steps.b.output.name }} of {{ $.steps.b.output.taken }}");
  const body = await dryRun([branch, after], event);
  assertEquals(told(body), [
    ["actions[0]", [], 'takes case 2, "Billable"', true, null],
    ["actions[0].cases[1].actions[0]", [], null, true, null],
    ["actions[1]", [], null, true, null],
  ]);
  assertEquals(body.actions[2].request.body.name, "Billable of 1");
  const by = (on: string, ...equals: unknown[]) => ({
    kind: "branch",
    id: "s",
    on,
    cases: [{ equals, actions: [tag("t", "t")] }],
  });
  assertEquals(told(await dryRun([by("$.webhook.type", "BREAK", "REGULAR")], event))[0][2], "takes case 1");
  assertEquals(told(await dryRun([by("$.webhook.type", "BREAK")], event)), [
    ["actions[0]", [], "no case fits: takes Otherwise", true, null],
  ]);
  const found = { id: "found", operation_id: "getTags" };
  const unknown = await dryRun([found, by("$.steps.found.output[0].name", "x"), tag("last", "l")], event);
  assertEquals(told(unknown).slice(1), [
    ["actions[1]", [], "which case is taken depends on steps.found", true, null],
    ["actions[1].cases[0].actions[0]", [], null, false, "actions[1]"],
    ["actions[2]", [], null, true, null],
  ]);
});

Deno.test("a loop is tried for the first 10 items of its list, with what is around each; branches and rounds too", async () => {
  const tags = Array.from({ length: 12 }, (_, n) => ({ id: `t${n}`, name: `tag ${n}`, parts: [n] }));
  const event = await deliver({ tags });
  const inner = {
    kind: "loop",
    id: "inner",
    over: "$.loop.item.parts",
    actions: [tag("i", "{{ $.loop.parent.item.name }}/{{ $.loop.item }}/{{ $.vars.n }}")],
  };
  const loop = {
    kind: "loop",
    id: "each",
    over: "$.webhook.tags",
    actions: [{ id: "v", type: "variables", set: { n: "{{ $.loop.index }}" } }, inner],
  };
  const body = await dryRun([loop], event);
  const calls = body.actions.filter(({ request }: Json) => request);
  assertEquals(calls.length, 10);
  assertEquals(told(body)[0], ["actions[0]", [], "12 items, of which the first 10 are shown", true, null]);
  assertEquals(calls.map(({ request }: Json) => request.body.name).slice(0, 2), ["tag 0/0/0", "tag 1/1/1"]);
  assertEquals(calls[3].step.items, [3, 0]);
  const problem = async (step: Json) =>
    (await dryRun([{ kind: "loop", id: "l", actions: [tag("t", "t")], ...step }], event)).actions[0].problem;
  assertMatch(await problem({ over: "$.webhook.type" }), /Cannot go over text/);
  assertMatch(await problem({ over: "$.webhook.tags", max_items: 5 }), /12 items: 5 are allowed/);
  assertEquals(await problem({ over: "$.webhook.nothing" }), null);
  const round = (operator: string) => ({
    kind: "loop",
    id: "w",
    while: { field: "$.loop.index", operator, value: 3 },
    actions: [tag("r", "{{ $.loop.index }}")],
  });
  assertEquals(told(await dryRun([round("<")], event)).map(([, items]: unknown[]) => items), [[], [0]]);
  assertEquals(told(await dryRun([round(">")], event)).length, 1);
  const both = {
    kind: "parallel",
    id: "p",
    branches: [{ actions: [tag("a", "a")] }, { actions: [tag("b", "b")] }],
    join: "any",
  };
  assertMatch(told(await dryRun([both], event))[0][2], /2 branches at the same time, until one of them/);
  // Items of loops in loops are many: what one answer lists is bounded, and says so.
  const wide = {
    kind: "loop",
    id: "x",
    over: "$.webhook.tags",
    actions: [{
      ...inner,
      over: "$.webhook.tags",
      id: "y",
      actions: [tag("z", "z"), tag("q", "q"), tag("u", "u"), tag("o", "o")],
    }],
  };
  const cut = await dryRun([wide], event);
  assertEquals(cut.actions.length, 300);
  assert(cut.warnings.some(({ message }: Json) => /up to 300 steps/.test(message)));
});

Deno.test("waits say until when, approvals whom they would ask, and an end is the end; nothing of it happens", async () => {
  const event = await deliver();
  const before = world.simulator.requests.length;
  const body = await dryRun([
    { kind: "wait", id: "w1", for: "2 h" },
    { kind: "wait", id: "w2", until: "2027-01-01 09:00", zone: "Europe/Berlin" },
    {
      kind: "wait",
      id: "w3",
      event: {
        event_types: ["TIMER_STOPPED"],
        conditions: { field: "$.webhook.id", operator: "==", value: "$.webhook.id" },
      },
      deadline: "{{ $.webhook.deadline }}",
      expired: [tag("late", "late")],
    },
  ], event);
  const [one, two, three, late] = told(body);
  const until = Date.parse(/until (\S+)$/.exec(one[2])![1]!);
  assert(Math.abs(until - Date.now() - 7_200_000) < 60_000, one[2]);
  assertEquals(two[2], "would wait until 2027-01-01T08:00:00.000Z");
  assertEquals([three[2], three[3]], ["would wait for TIMER_STOPPED", false]);
  assertMatch(body.actions[2].problem, /deadline/);
  assertEquals(body.actions[2].values[1].value, event.entityId);
  assertEquals(late, undefined, "what follows a failure of the same step is not walked");

  const approval = {
    kind: "approval",
    id: "ask",
    people: ["$.webhook.userId", "u2"],
    roles: ["OWNER"],
    deadline: "1 d",
    ask: [{
      id: "mail",
      type: "http",
      url: "https://chat.example/",
      headers: { Authorization: "Bearer marker-1" },
      body: { link: "$.approval.link" },
    }],
    approved: [tag("ok", "ok")],
    rejected: [{ kind: "end", id: "no", outcome: "failure", message: "No" }],
  };
  const asked = await dryRun(
    [approval, { kind: "end", id: "e", message: "Done {{ $.webhook.type }}" }],
    await deliver({ userId: "u1" }),
  );
  const lines = told(asked);
  assertMatch(lines[0][2], /^would ask u1, u2, the owner, and wait until \S+ at most$/);
  assertEquals(lines.slice(1).map(([place, , , runs, depends]: unknown[]) => [place, runs, depends]), [
    ["actions[0].ask[0]", true, null],
    ["actions[0].approved[0]", false, "actions[0]"],
    ["actions[0].rejected[0]", false, "actions[0]"],
    ["actions[1]", true, null],
  ]);
  assertEquals(asked.actions[1].waits_for[0].needs, "approval");
  assertEquals(lines.at(-1)[2], "would end the run with success: Done REGULAR");
  assertNotMatch(JSON.stringify(asked), /marker/);
  const writes = world.simulator.requests.slice(before).filter(({ path, method }) =>
    /\/tags/.test(path) && method !== "GET"
  );
  assertEquals(writes, []);
});

Deno.test("where a step would fail, its try goes on with what is for that case, and the rest of its list is not run", async () => {
  const event = await deliver();
  const fails = tag("fails", "{{ required($.webhook.nothing) }}");
  const body = await dryRun([
    {
      kind: "try",
      id: "t",
      actions: [fails, tag("skipped", "s")],
      on_error: [tag("caught", "{{ $.error.message }}")],
      finally: [tag("last", "l")],
    },
    { id: "x", type: "transform", output: { at: "$.webhook.type" } },
    { id: "e", type: "emit_event", event: "done", body: "$.steps.x.output" },
    { id: "r", type: "run_flow", flow_id: 7, wait: true },
  ], event);
  assertEquals(told(body).map(([place, , says, runs]: unknown[]) => [place, says, runs]), [
    ["actions[0]", null, true],
    ["actions[0].actions[0]", null, false],
    ["actions[0].actions[1]", null, false],
    ["actions[0].on_error[0]", null, true],
    ["actions[0].finally[0]", null, true],
    ["actions[1]", null, true],
    ["actions[2]", "would make the event flow:done", true],
    ["actions[3]", "would run flow 7, and wait until it is over", true],
  ]);
  assertEquals(body.actions[6].values[0].value, { at: "REGULAR" });
});

Deno.test("any nested JSON as a draft is tried or refused, and never fails", async () => {
  const event = await deliver({ tags: [{ id: "t" }] });
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("$.webhook.tags", "$.loop.item", "1 h", "$.steps.a.output"),
  );
  const { step } = fc.letrec((tie) => ({
    step: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.record({ operation_id: fc.constant("getTags"), query_params: value }),
      fc.record({
        type: fc.constantFrom("transform", "variables", "emit_event", "run_flow"),
        output: value,
        set: value,
      }),
      fc.record({
        kind: fc.constantFrom("branch", "parallel", "loop", "wait", "approval", "try", "end"),
        id: fc.constantFrom("a", "b", "c"),
        on: value,
        over: value,
        for: value,
        cases: fc.array(fc.record({ if: fc.constant(billable(true)), equals: value, actions: tie("steps") })),
        branches: fc.array(fc.record({ actions: tie("steps") })),
        people: value,
        actions: tie("steps"),
        on_error: tie("steps"),
        expired: tie("steps"),
      }, { requiredKeys: ["kind"] }),
      value,
    ),
    steps: fc.array(tie("step"), { maxLength: 2 }),
  }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 2 }), async (actions) => {
      const { status, body } = await ui("/flows/test", {
        body: { definition: draft(...actions as Json[]), event_id: event.id },
      });
      assertEquals(status, 200, JSON.stringify(body));
    }),
    { numRuns: 150 },
  );
});
