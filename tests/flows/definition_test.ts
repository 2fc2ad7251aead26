/** Flow definitions: the documented shape, every fault at once, references between actions, and the plan. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { evaluateCondition, matches } from "../../src/engine/condition.ts";
import { resolve } from "../../src/engine/mapping.ts";
import { type ActionStep, DEFAULT_RETRY } from "../../src/engine/plan.ts";
import { buildScope } from "../../src/engine/scope.ts";
import type { FlowAction, FlowDefinition } from "../../src/flows/shape/definition.ts";
import {
  compileCondition,
  mergeFlow,
  parseFlow,
  type ParseFlowDeps,
  readFlow,
} from "../../src/flows/parse/parse_flow.ts";
import { stepOf } from "../../src/flows/shape/step_lists.ts";
import { toPlan } from "../../src/flows/parse/to_plan.ts";

const deps: ParseFlowDeps = {
  knownEvent: (type) => ["TIMER_STOPPED", "NEW_TIME_ENTRY"].includes(type),
  checkAction: (action) =>
    action.type === "clockify" && action.operation_id === "getTag" && action.path_params.id === undefined
      ? [{ path: "path_params.id", message: "is required" }]
      : [],
};

const documented = {
  name: "Tag entries without a project",
  trigger_event_types: ["TIMER_STOPPED", "NEW_TIME_ENTRY", "TIMER_STOPPED"],
  conditions: { type: "ALL", rules: [{ field: "projectId", operator: "not_exists" }] },
  actions: [
    { operation_id: "GET /workspaces/{workspaceId}/tags", query_params: { name: "needs-project" } },
    {
      operation_id: "updateTimeEntry",
      path_params: { id: "$.webhook.id" },
      body: {
        start: "$.webhook.timeInterval.start",
        tagIds: "{{ append($.webhook.tagIds, $.action_1_result[0].id, true) }}",
      },
    },
  ],
};

function parsed(input: unknown): FlowDefinition {
  const result = parseFlow(input, deps);
  assert(result.ok, JSON.stringify(result));
  return result.flow;
}

function faultsOf(input: unknown): Map<string, string> {
  const result = parseFlow(input, deps);
  assert(!result.ok);
  return new Map(result.faults.map(({ path, message }) => [path, message]));
}

const withActions = (...actions: unknown[]) => ({ ...documented, actions });

Deno.test("parseFlow() takes the documented shape and fills in the defaults", () => {
  assertEquals(parsed(documented), {
    name: "Tag entries without a project",
    enabled: true,
    trigger_event_types: ["TIMER_STOPPED", "NEW_TIME_ENTRY"],
    conditions: documented.conditions,
    actions: [
      {
        id: "action_1",
        type: "clockify",
        operation_id: "GET /workspaces/{workspaceId}/tags",
        path_params: {},
        query_params: { name: "needs-project" },
        on_uncertain: "retry",
      },
      {
        id: "action_2",
        type: "clockify",
        operation_id: "updateTimeEntry",
        path_params: { id: "$.webhook.id" },
        query_params: {},
        body: documented.actions[1]!.body,
        on_uncertain: "retry",
      },
    ],
    ordered: false,
  });
});

Deno.test("parseFlow() takes the older spelling of actions and retries", () => {
  const [action] = parsed({
    ...withActions({
      id: "tag",
      type: "CLOCKIFY_API",
      operation_id: "getTag",
      params: { path: { id: "{{webhook.id}}" }, query: { page: 1 }, body: { a: 1 } },
      retryPolicy: { max_attempts: 3, initial_delay_ms: 90_000 },
      on_uncertain: "stop",
    }),
    trigger_source: "CLOCKIFY",
  }).actions;
  assertEquals(action, {
    id: "tag",
    type: "clockify",
    operation_id: "getTag",
    path_params: { id: "{{webhook.id}}" },
    query_params: { page: 1 },
    body: { a: 1 },
    retry: { max_attempts: 3, initial_delay_ms: 90_000, max_delay_ms: 90_000, multiplier: 2 },
    on_uncertain: "stop",
  });
});

Deno.test("parseFlow() takes how and for how long an action is retried; its plan says the same, and nothing of what is absent", () => {
  const of = (retry: Record<string, unknown>, more = {}) => {
    const flow = parsed(withActions({ operation_id: "x", retry, ...more }));
    return { stored: flow.actions[0] as FlowAction, step: toPlan(flow).root.steps[0] as ActionStep };
  };
  const delays = { max_attempts: 5, initial_delay_ms: 1_000, max_delay_ms: 60_000, multiplier: 2 };
  const fixed = of({ backoff: "fixed", statuses: [503, 409, 503], time_limit_ms: 60_000 }, {
    try_time_limit_ms: 2_000,
  });
  assertEquals(fixed.stored.retry, {
    ...delays,
    backoff: "fixed",
    jitter: false,
    statuses: [409, 503],
    time_limit_ms: 60_000,
  });
  assertEquals(fixed.stored.try_time_limit_ms, 2_000);
  assertEquals([fixed.step.retry, fixed.step.tryTimeLimitMs], [
    { ...DEFAULT_RETRY, form: "fixed", jitter: false, statuses: [409, 503], timeLimitMs: 60_000 },
    2_000,
  ]);
  assertEquals(of({ backoff: "linear", jitter: true }).stored.retry, { ...delays, backoff: "linear", jitter: true });
  assertEquals(of({ backoff: "exponential" }).stored.retry, { ...delays, backoff: "exponential" });
  assertEquals(of({}).stored.retry, delays);
  assert(!("tryTimeLimitMs" in of({}).step));

  const wrong = { backoff: "slow", jitter: "yes", statuses: [200], time_limit_ms: 1 };
  const faults = faultsOf(
    withActions({ operation_id: "x", retry: wrong, try_time_limit_ms: 5 }, {
      type: "http",
      url: "$.webhook.url",
      try_time_limit_ms: 300_001,
    }),
  );
  const paths = ["retry.backoff", "retry.jitter", "retry.statuses[0]", "retry.time_limit_ms", "try_time_limit_ms"];
  for (const path of paths) assert(faults.has(`actions[0].${path}`), path);
  assert(faults.has("actions[1].try_time_limit_ms"));
});

Deno.test("parseFlow() reports every fault at once, each with its path", () => {
  const faults = faultsOf({
    name: "",
    enable: true,
    trigger_event_types: ["TIMER_STOPPED", "TIMER_STOPED"],
    conditions: {
      type: "ALL",
      rules: [{ field: "a", operator: "like", value: 1 }, { field: "$.a[?(@.b)]", operator: "exists" }],
    },
    actions: [
      { id: "a b", operation_id: "getTag", path_param: { id: "x" } },
      { operation_id: "x", retry: { max_attempts: 0, retries: 1 }, on_uncertain: "check", body: { name: "$.project" } },
      "call",
      { operation_id: "getTag", path_params: {}, body: { a: "{{ uper($.webhook.id) }}" } },
      { operation_id: "$.webhook.id", type: "SOAP", path_params: [] },
    ],
    ordered: "yes",
  });
  assertEquals([...faults.keys()].sort(), [
    "actions[0].id",
    "actions[0].path_param",
    "actions[0].path_params.id",
    "actions[1].body.name",
    "actions[1].on_uncertain",
    "actions[1].retry.max_attempts",
    "actions[1].retry.retries",
    "actions[2]",
    "actions[3].body.a",
    "actions[3].path_params.id",
    "actions[4].operation_id",
    "actions[4].path_params",
    "actions[4].type",
    "conditions.rules[0].operator",
    "conditions.rules[1].field",
    "enable",
    "name",
    "ordered",
    "trigger_event_types[1]",
  ]);
  assertMatch(faults.get("enable")!, /did you mean "enabled"\?/);
  assertMatch(faults.get("actions[0].path_param")!, /did you mean "path_params"\?/);
  assertMatch(faults.get("actions[1].retry.max_attempts")!, /whole number from 1 to 20/);
  assertMatch(faults.get("actions[1].on_uncertain")!, /"retry" or "stop"/);
  assertEquals(faults.get("actions[3].path_params.id"), "is required");
});

Deno.test("parseFlow() refuses references to what is not there yet", () => {
  const call = (id: string, body: unknown) => ({ id, operation_id: "x", body });
  const faults = faultsOf({
    ...withActions(
      call("one", { a: "$.action_1_result.id", b: "$.steps.two.output.id" }),
      call("two", {
        a: "$.action_1_result.id",
        b: "$.steps.one.output.id",
        c: "$.steps.ones.output",
        d: "$.steps.one.result",
      }),
      call("three", { a: "x {{actions[2].result.id}}", b: "{{ default($.steps.three.output, $.loop.item) }}" }),
    ),
    conditions: { any: [{ field: "$.action_1_result.id", operator: "exists" }] },
  });
  assertEquals([...faults.keys()], [
    "conditions.any[0].field",
    "actions[0].body.a",
    "actions[0].body.b",
    "actions[1].body.c",
    "actions[1].body.d",
    "actions[2].body.a",
    "actions[2].body.b",
  ]);
  assertMatch(faults.get("actions[1].body.c")!, /did you mean "one"\?/);
  assertMatch(faults.get("actions[1].body.d")!, /only output/);
});

Deno.test("parseFlow() wants different ids, one spelling of each part, and a fair number of parts", () => {
  const action = { operation_id: "x" };
  assertMatch(faultsOf(withActions({ ...action, id: "action_2" }, action)).get("actions[1].id")!, /ids must differ/);
  const twice = faultsOf(withActions({ ...action, body: {}, params: {}, retry: {}, retryPolicy: {} }));
  assertEquals([...twice.keys()], ["actions[0].body", "actions[0].retryPolicy"]);
  assert(faultsOf(withActions()).has("actions"));
  assertEquals([...faultsOf(withActions(...new Array(51).fill(action))).keys()], ["actions"]);
  assert(faultsOf({ ...documented, trigger_event_types: [] }).has("trigger_event_types"));
  // As older documents have it.
  assertMatch(
    faultsOf({ ...documented, trigger_event_types: ["TIME_ENTRY_CREATED"] }).get("trigger_event_types[0]")!,
    /did you mean "NEW_TIME_ENTRY"\?$/,
  );
  assert(
    faultsOf(withActions({ ...action, retry: { initial_delay_ms: 10, max_delay_ms: 5 } })).has(
      "actions[0].retry.max_delay_ms",
    ),
  );
  assertEquals([...faultsOf([]).keys()], [""]);
});

Deno.test("parseFlow() refuses a key named __proto__ and pollutes nothing", () => {
  const input = JSON.parse(JSON.stringify(documented).replace('"name"', '"__proto__": {"enabled": false}, "name"'));
  assert(faultsOf(input).has("__proto__"));
  const body = JSON.parse('{"__proto__": {"polluted": "$.webhook.id"}}');
  const [step] = toPlan(parsed(withActions({ operation_id: "x", body, path_params: body }))).root.steps;
  assertEquals(step!.kind, "action");
  const filled = resolve((step as { input: unknown }).input, buildScope({ body: { id: "e1" }, results: [] }));
  assertEquals(
    JSON.stringify(filled),
    '{"operation_id":"x","path_params":{"__proto__":{"polluted":"e1"}},"query_params":{},"body":{"__proto__":{"polluted":"e1"}}}',
  );
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("mergeFlow() lays a partial update over the flow", () => {
  const flow = parsed(documented);
  assertEquals(parsed(mergeFlow(flow, { enabled: false, conditions: null })), {
    ...flow,
    enabled: false,
    conditions: null,
  });
  assertEquals(parsed(mergeFlow(flow, { ...flow, id: "7", version: 2, created_at: "x", updated_at: "y" })), flow);
  assert(faultsOf(mergeFlow(flow, { nam: "x" })).has("nam"));
  assertEquals(mergeFlow(flow, "x"), "x");
});

Deno.test("parseFlow() of a stored flow gives the same flow", () => {
  const flow = parsed(documented);
  assertEquals(parsed(JSON.parse(JSON.stringify(flow))), flow);
});

Deno.test("compileCondition() gives the condition of a stored flow", () => {
  const condition = compileCondition(parsed(documented));
  assert(matches(condition, buildScope({ body: { projectId: null }, results: [] })));
  const { matched, rules } = evaluateCondition(condition, buildScope({ body: { projectId: "p1" }, results: [] }));
  assertEquals(matched, false);
  assertEquals(rules[0]!.path, "conditions.rules[0]");
  assertThrowsLike(() => compileCondition({ conditions: 5 }), { code: "FLOW_INVALID" });
});

Deno.test("toPlan() makes one step of each action", () => {
  const flow = parsed(
    withActions({ operation_id: "x", retry: { max_attempts: 1 } }, { id: "b", operation_id: "y", body: null }),
  );
  assertEquals(toPlan(flow), {
    schema: 1,
    root: {
      kind: "sequence",
      id: "root",
      steps: [
        {
          kind: "action",
          id: "action_1",
          action: "clockify",
          input: { operation_id: "x", path_params: {}, query_params: {} },
          retry: { ...DEFAULT_RETRY, maxAttempts: 1 },
          onUncertain: "retry",
        },
        {
          kind: "action",
          id: "b",
          action: "clockify",
          input: { operation_id: "y", path_params: {}, query_params: {}, body: null },
          retry: DEFAULT_RETRY,
          onUncertain: "retry",
        },
      ],
    },
  });
});

Deno.test("a plan fills in what the event and the earlier action gave", () => {
  const plan = toPlan(parsed(documented));
  const scope = buildScope({
    body: { id: "e1", tagIds: null, timeInterval: { start: "2026-11-16T09:00:00Z" } },
    results: [{ id: "action_1", output: [{ id: "t7" }] }],
  });
  assertEquals(resolve((plan.root.steps[1] as { input: unknown }).input, scope), {
    operation_id: "updateTimeEntry",
    path_params: { id: "e1" },
    query_params: {},
    body: { start: "2026-11-16T09:00:00Z", tagIds: ["t7"] },
  });
});

Deno.test("parseFlow() limits the expressions of a flow, not those of an action that stays as it was in one that is off", () => {
  const action = (count: number) => ({
    operation_id: "createTag",
    body: {
      names: Array.from({ length: count }, (_, n) => (n % 2 ? "$.webhook.id" : "{{$.webhook.id}}-{{$.webhook.name}}")),
    },
  });
  const flow = { ...documented, actions: [action(800), action(800)] };
  const result = parseFlow(flow, deps);
  assert(!result.ok);
  assertEquals(result.faults.map(({ path }) => path), ["actions"]);
  assertMatch(
    result.faults[0]!.message,
    /^hold 2400 expressions, at most 2000 are supported in a flow: give whole obj/,
  );
  assert(parseFlow({ ...flow, actions: [action(800), action(400)] }, deps).ok);
  const { outer, steps } = readFlow(flow, deps);
  const stored: FlowDefinition = { ...outer!, actions: steps.map((step) => stepOf(step)!) };
  assert(parseFlow({ ...stored, enabled: false, name: "Renamed" }, { ...deps, stored }).ok);
});

Deno.test("parseFlow() gives a flow or faults for any JSON", () => {
  const keys = fc.constantFrom(
    "name",
    "enabled",
    "trigger_event_types",
    "conditions",
    "actions",
    "ordered",
    "__proto__",
    "other",
  );
  const actionKeys = fc.constantFrom(
    "id",
    "type",
    "operation_id",
    "path_params",
    "query_params",
    "body",
    "params",
    "retry",
    "__proto__",
  );
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom("$.webhook.id", "{{ x", "$.steps.a.output", "x"));
  const action = fc.oneof(value, fc.dictionary(actionKeys, value));
  const flow = fc.oneof(
    value,
    fc.dictionary(keys, fc.oneof(value, fc.array(action, { maxLength: 3 }))),
    fc.array(action, { maxLength: 3 }).map((actions) => ({ ...documented, actions })),
  );
  fc.assert(
    fc.property(flow, (input) => {
      const result = parseFlow(input, deps);
      if (!result.ok) {
        return assert(result.faults.length > 0 && result.faults.every(({ message }) => message.length > 0));
      }
      assertEquals(parsed(JSON.parse(JSON.stringify(result.flow))), JSON.parse(JSON.stringify(result.flow)));
      toPlan(result.flow);
      compileCondition(result.flow);
    }),
    { numRuns: 1_000 },
  );
});
