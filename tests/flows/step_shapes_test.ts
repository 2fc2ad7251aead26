/** Steps of every kind in flows: what is filled in, every fault at once with its place, what contradicts itself, and limits. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { FlowDefinition } from "../../src/flows/shape/definition.ts";
import { parseFlow, type ParseFlowDeps } from "../../src/flows/parse/parse_flow.ts";
import { everyAction, everyStep } from "../../src/flows/shape/steps.ts";
import { toPlan } from "../../src/flows/parse/to_plan.ts";

const deps: ParseFlowDeps = {
  knownEvent: (type) => ["NEW_TIME_ENTRY", "NEW_INVOICE", "custom:shop", "flow:done"].includes(type),
  checkAction: () => [],
  genericHttp: true,
};

const call = (fields: Record<string, unknown> = {}) => ({ operation_id: "createTag", ...fields });
const rule = { field: "$.webhook.billable", operator: "==", value: true };
const flowOf = (...actions: unknown[]) => ({ name: "f", trigger_event_types: ["NEW_TIME_ENTRY"], actions });

function parsed(...actions: unknown[]): FlowDefinition {
  const result = parseFlow(flowOf(...actions), deps);
  assert(result.ok, JSON.stringify(result));
  return result.flow;
}

function faultsOf(...actions: unknown[]): Record<string, string> {
  const result = parseFlow(flowOf(...actions), deps);
  assert(!result.ok, "expected faults");
  return Object.fromEntries(result.faults.map(({ path, message }) => [path, message]));
}

const where = (...actions: unknown[]) => Object.keys(faultsOf(...actions));

Deno.test("what steps leave out is filled in, and each gets an id that says where it stands", () => {
  const flow = parsed(
    { kind: "action", operation_id: "createTag" },
    { kind: "branch", id: "size", cases: [{ if: rule, actions: [call(), call({ id: "own" })] }] },
    { kind: "loop", over: "$.webhook.tags", actions: [{ kind: "wait", for: "2 h" }] },
    { kind: "parallel", id: "both", branches: [{ actions: [call()] }, { actions: [call()] }] },
    { kind: "approval", id: "ask", roles: ["OWNER"] },
    { kind: "try", id: "t", actions: [call()] },
    { kind: "end", id: "e" },
  );
  assertEquals([...everyStep(flow.actions)].map(({ id, place }) => [id, place]), [
    ["action_1", "actions[0]"],
    ["size", "actions[1]"],
    ["size_case_1_1", "actions[1].cases[0].actions[0]"],
    ["own", "actions[1].cases[0].actions[1]"],
    ["action_3", "actions[2]"],
    ["action_3_actions_1", "actions[2].actions[0]"],
    ["both", "actions[3]"],
    ["both_branch_1_1", "actions[3].branches[0].actions[0]"],
    ["both_branch_2_1", "actions[3].branches[1].actions[0]"],
    ["ask", "actions[4]"],
    ["t", "actions[5]"],
    ["t_actions_1", "actions[5].actions[0]"],
    ["e", "actions[6]"],
  ]);
  assertEquals([...everyAction(flow.actions)].every(({ step }) => !("kind" in step)), true);
  const [, branch, loop, parallel, approval, tried, end] = flow.actions;
  assertEquals(branch, { ...branch!, otherwise: [] } as typeof branch);
  assertEquals(loop, { ...loop!, max_items: 1_000, at_once: 1, on_error: "stop" } as typeof loop);
  assertEquals(parallel, { ...parallel!, join: "all" } as typeof parallel);
  assertEquals(approval, {
    kind: "approval",
    id: "ask",
    people: [],
    roles: ["OWNER"],
    ask: [],
    approved: [],
  });
  assertEquals(tried, { ...tried!, finally: [] } as typeof tried);
  assertEquals(end, { kind: "end", id: "e", outcome: "success" });
  // What is stored is read as the same again.
  assertEquals(parsed(...JSON.parse(JSON.stringify(flow.actions))), flow);
});

Deno.test("every fault of nested steps is said at once with its place, and what a misspelt key was meant as", () => {
  const faults = faultsOf(
    {
      kind: "branch",
      case: [],
      cases: [
        { iff: rule, if: { field: "a", operator: "like" }, actions: [call({ path_param: {} }), { kind: "lopp" }] },
        { if: rule, actions: [{ kind: "try", actions: [], on_eror: [] }] },
      ],
    },
    { kind: "wait", until: "tomorow", zone: "Europe/Berln" },
    { kind: "wait", for: "2 huors" },
    { kind: "wait", event: { event_types: ["NEW_INVOICE", "NEW_INVOCE"], conditons: {} }, deadline: "0 s" },
    { kind: "approval", roles: ["BOSS"], remind: { after: "1 d", actions: [call({ body: { a: "$.project" } })] } },
    { type: "variables", set: { "1a": 1 } },
    { type: "emit_event", event: "Done!" },
    { type: "run_flow", flow_id: "x" },
    { type: "transform" },
    { kind: "end", outcome: "fine" },
  );
  assertEquals(Object.keys(faults).sort(), [
    "actions[0].case",
    "actions[0].cases[0].actions[0].path_param",
    "actions[0].cases[0].actions[1].kind",
    "actions[0].cases[0].if.operator",
    "actions[0].cases[0].iff",
    "actions[0].cases[1].actions[0].actions",
    "actions[0].cases[1].actions[0].on_eror",
    "actions[1].until",
    "actions[1].zone",
    "actions[2].for",
    "actions[3].deadline",
    "actions[3].event.conditons",
    "actions[3].event.event_types[1]",
    "actions[4].remind.actions[0].body.a",
    "actions[4].roles[0]",
    "actions[5].set.1a",
    "actions[6].event",
    "actions[7].flow_id",
    "actions[8].output",
    "actions[9].outcome",
  ]);
  assertMatch(faults["actions[0].cases[0].iff"]!, /did you mean "if"\?/);
  assertMatch(faults["actions[0].cases[0].actions[1].kind"]!, /did you mean "loop"\?/);
  assertMatch(faults["actions[0].cases[1].actions[0].on_eror"]!, /did you mean "on_error"\?/);
  assertMatch(faults["actions[1].zone"]!, /did you mean "Europe\/Berlin"\?/);
  assertMatch(faults["actions[2].for"]!, /did you mean "2 h"\?/);
  assertMatch(faults["actions[3].event.conditons"]!, /did you mean "conditions"\?/);
  assertEquals(where({ kind: "wait", event: { event_types: ["NEW_INVOCE"] }, deadline: "0 s" }), [
    "actions[0].deadline",
    "actions[0].event.event_types[0]",
  ]);
});

Deno.test("what the fields of a step say beside each other is said also where one of them is wrong", () => {
  assertEquals(where({ kind: "loop", id: "l" }), ["actions[0].actions", "actions[0].over"]);
  assertEquals(where({ kind: "loop", max_items: -2, over: 5, while: rule }).sort(), [
    "actions[0].actions",
    "actions[0].max_items",
    "actions[0].while",
  ]);
  assertEquals(
    where({ kind: "approval", deadline: "99999 d", people: [""], remind: { after: "2 huors" } }).sort(),
    ["actions[0].deadline", "actions[0].people[0]", "actions[0].remind.actions", "actions[0].remind.after"],
  );
  assertEquals(where({ kind: "approval", roles: ["BOSS"], rejectd: [], expired: [] }).sort(), [
    "actions[0].expired",
    "actions[0].rejectd",
    "actions[0].roles[0]",
  ]);
  assertEquals(
    where({ kind: "wait", for: "1 h", until: "x", zone: 5, event: { event_types: ["NOPE", 3] }, expired: 1 }).sort(),
    [
      "actions[0].event",
      "actions[0].event.event_types[0]",
      "actions[0].event.event_types[1]",
      "actions[0].expired",
      "actions[0].until",
      "actions[0].zone",
    ],
  );
  assertEquals(where({ kind: "branch", on: "fixed", cases: [{ equals: [], if: rule }, 5, {}] }).sort(), [
    "actions[0].cases[0].equals",
    "actions[0].cases[0].if",
    "actions[0].cases[1]",
    "actions[0].cases[2].equals",
    "actions[0].on",
  ]);
  assertEquals(where({ kind: "parallel", join: { at_least: 3 }, branches: [{ actions: [] }, 7] }).sort(), [
    "actions[0].branches[0].actions",
    "actions[0].branches[1]",
    "actions[0].join.at_least",
  ]);
  assertEquals(where({ kind: "end", outcome: "failure", output: 1, message: 2, mesage: "x" }).sort(), [
    "actions[0].mesage",
    "actions[0].message",
    "actions[0].output",
  ]);
  assertEquals(where({ type: "variables", retry: { max_delay_ms: 1, initial_delay_ms: 5, tries: 1 } }).sort(), [
    "actions[0].retry.max_delay_ms",
    "actions[0].retry.tries",
    "actions[0].set",
  ]);
});

Deno.test("an operation that is not known is said beside a field that is wrong, and a field is said once", () => {
  const checkAction =
    () => [{ path: "operation_id", message: "is not known" }, { path: "retry.tries", message: "twice" }];
  const result = parseFlow(flowOf({ operation_id: "nope", retry: { tries: 1 } }, { operation_id: 5 }), {
    ...deps,
    checkAction,
  });
  assert(!result.ok);
  assertEquals(result.faults.map(({ path, message }) => [path, /is not known$|twice/.test(message)]), [
    ["actions[0].retry.tries", false],
    ["actions[1].operation_id", false],
    ["actions[0].operation_id", true],
  ]);
});

Deno.test("a wait until a fixed time that is past in its zone is a warning; one that may still come is none", () => {
  const now = () => Date.parse("2026-11-30T23:30:00Z");
  const warned = (wait: Record<string, unknown>) => {
    const result = parseFlow(flowOf({ kind: "wait", ...wait }), { ...deps, now });
    assert(result.ok, JSON.stringify(result));
    return result.warnings.map(({ path, message }) => `${path} ${message}`);
  };
  const past = ["actions[0].until is past: the wait ends at once, in every run"];
  assertEquals(warned({ until: "2026-11-30T23:29:59Z" }), past);
  assertEquals(warned({ until: "2026-11-30T23:30:01Z" }), []);
  assertEquals(warned({ until: "2026-12-01 00:15", zone: "Europe/Berlin" }), past);
  assertEquals(warned({ until: "2026-11-30 19:00", zone: "America/New_York" }), []);
  // Without a zone it is the workspace's: at noon it is past in each, at 20:00 not yet in all.
  assertEquals(warned({ until: "2026-11-30 11:00" }), past);
  assertEquals(warned({ until: "2026-11-30 20:00" }), []);
  assertEquals(warned({ until: "2026-11-30" }), past);
  assertEquals(warned({ until: "2026-12-01" }), []);
  assertEquals(warned({ until: "$.webhook.due" }), []);
  assertEquals(warned({ for: "2 h" }), []);
});

Deno.test("what contradicts itself is refused where it does", () => {
  const steps = [call()];
  const cases: [unknown, string][] = [
    [{ kind: "branch", on: "$.webhook.type", cases: [{ if: rule, equals: ["A"] }] }, "actions[0].cases[0].if"],
    [{ kind: "branch", on: "$.webhook.type", cases: [{ actions: steps }] }, "actions[0].cases[0].equals"],
    [{ kind: "branch", cases: [{ if: rule, equals: ["A"] }] }, "actions[0].cases[0].equals"],
    [{ kind: "branch", cases: [{ if: {} }] }, "actions[0].cases[0].if"],
    [{ kind: "branch", on: "REGULAR", cases: [{ equals: ["A"] }] }, "actions[0].on"],
    [{ kind: "branch", on: "$.webhook.type", cases: [{ equals: ["$.webhook.a"] }] }, "actions[0].cases[0].equals[0]"],
    [
      { kind: "branch", on: "$.webhook.type", cases: [{ equals: [1] }, { equals: [2, 1] }] },
      "actions[0].cases[1].equals[1]",
    ],
    [{ kind: "loop", over: "$.webhook.tags", while: rule, actions: steps }, "actions[0].while"],
    [{ kind: "loop", actions: steps }, "actions[0].over"],
    [{ kind: "loop", over: "tags", actions: steps }, "actions[0].over"],
    [{ kind: "loop", while: rule, at_once: 2, actions: steps }, "actions[0].at_once"],
    [{ kind: "loop", over: "$.webhook.tags", max_items: 10_001, actions: steps }, "actions[0].max_items"],
    [{ kind: "wait" }, "actions[0].for"],
    [{ kind: "wait", for: "1 h", until: "2026-12-01" }, "actions[0].until"],
    [{ kind: "wait", for: "400 d" }, "actions[0].for"],
    [{ kind: "wait", for: "1 h", zone: "UTC" }, "actions[0].zone"],
    [{ kind: "wait", for: "1 h", deadline: "2 h" }, "actions[0].deadline"],
    [{ kind: "wait", event: { event_types: ["NEW_INVOICE"] }, expired: steps }, "actions[0].expired"],
    [{ kind: "approval" }, "actions[0].people"],
    [{ kind: "approval", people: "Ann" }, "actions[0].people"],
    [{ kind: "approval", roles: ["OWNER"], expired: steps }, "actions[0].expired"],
    [
      { kind: "approval", roles: ["OWNER"], deadline: "1 d", remind: { after: "2 d", actions: steps } },
      "actions[0].remind.after",
    ],
    [
      { kind: "parallel", branches: [{ actions: steps }, { actions: steps }], join: "majority" },
      "actions[0].join",
    ],
    [
      { kind: "parallel", branches: [{ actions: steps }, { actions: steps }], join: { at_least: 3 } },
      "actions[0].join.at_least",
    ],
    [{ kind: "parallel", branches: [{ actions: steps }] }, "actions[0].branches"],
    [{ kind: "end", outcome: "failure", output: 1 }, "actions[0].output"],
  ];
  for (const [step, place] of cases) assertEquals(where(step), [place], JSON.stringify(step));
  assertMatch(faultsOf({ kind: "end" }, call())["actions[1]"]!, /never reached/);
  const either = (...otherwise: unknown[]) => ({
    kind: "branch",
    cases: [{ if: rule, actions: [call(), { kind: "end" }] }],
    otherwise,
  });
  assertEquals(where(either({ kind: "end" }), call()), ["actions[1]"]);
  parsed(either(call()), call());
  parsed(either(), call());
});

Deno.test("limits: 200 steps in all, 9 levels, 20 cases, and 100 at the same time", () => {
  const many = <Made>(count: number, make: (index: number) => Made) => Array.from({ length: count }, (_, n) => make(n));
  const loops = (width: number, inner: unknown) => ({
    kind: "loop",
    over: "$.webhook.tags",
    at_once: width,
    actions: [inner],
  });
  const tree = (lists: number) => many(lists, () => ({ kind: "try", actions: many(49, () => call()) }));
  assertEquals(parsed(...tree(4)).actions.length, 4);
  assertEquals(where(...tree(5)), ["actions"]);
  assertMatch(faultsOf(...tree(5)).actions!, /more than 200 steps/);
  const deep = (levels: number): unknown => levels === 1 ? call() : { kind: "try", actions: [deep(levels - 1)] };
  assertEquals(parsed(deep(9)).actions.length, 1);
  const [place] = where(deep(10));
  assertEquals(place, `actions[0]${".actions[0]".repeat(9)}`);
  // However deep, it is no more than a fault.
  assertEquals(where(deep(400)), [place]);
  assertEquals(where({ kind: "branch", cases: many(21, () => ({ if: rule })) }), ["actions[0].cases"]);
  // A heap of them, or of keys that are not known, is one fault or few, soon found.
  const heap = many(5_000, () => ({ if: rule, actions: [call()] }));
  assertEquals(where({ kind: "branch", cases: heap }), ["actions[0].cases"]);
  const keys = Object.fromEntries(many(5_000, (n) => [`key_${n}`, n]));
  assertEquals(where(call(keys)).length, 50);
  const names = many(1_000, (n) => `$.steps.absent_${n}.output`);
  assertEquals(where(call({ body: names })).length, 100);
  parsed(loops(10, loops(10, call())));
  assertEquals(where(loops(10, loops(11, call()))), ["actions[0].actions[0]"]);
  assertEquals(where({ kind: "loop", over: "$.webhook.tags", actions: many(51, () => call()) }), [
    "actions[0].actions",
  ]);
  const ids = [...everyStep(parsed(deep(9)).actions)].map(({ id }) => id);
  assert(ids.every((id) => /^[A-Za-z0-9_-]{1,64}$/.test(id)) && new Set(ids).size === ids.length, ids.join());
  const named = (inner: unknown) => parsed({ kind: "try", id: "x".repeat(64), actions: [inner, call()] }).actions;
  const [, one, two] = [...everyStep(named(call()))].map(({ id }) => id);
  assert(one!.length <= 64 && two!.length <= 64 && one !== two);
});

Deno.test("ids differ in the whole flow", () => {
  const faults = faultsOf(call({ id: "a" }), { kind: "try", id: "t", actions: [call({ id: "a" })] });
  assertMatch(faults["actions[1].actions[0].id"]!, /"a" is the id of actions\[0\] too/);
});

Deno.test("a step names what was walked before it, and nothing from another case, a loop that is over, or later on", () => {
  const use = (path: string) => call({ body: { name: path } });
  const refused = (path: string, message: RegExp, ...steps: unknown[]) => {
    const [found] = Object.values(faultsOf(...steps));
    assertMatch(found!, message, path);
  };
  const warned = (...steps: unknown[]): string[] => {
    const result = parseFlow(flowOf(...steps), deps);
    assert(result.ok, JSON.stringify(result));
    return result.warnings.map(({ path }) => path);
  };
  const branch = (one: unknown[], two: unknown[]) => ({
    kind: "branch",
    id: "size",
    cases: [{ if: rule, actions: one }, { if: rule, actions: two }],
  });
  const made = call({ id: "made" });
  const path = "$.steps.made.output.id";
  refused(path, /stands in another case of step "size"/, branch([made], [use(path)]));
  assertEquals(warned(branch([made, use(path)], [])), []);
  assertEquals(warned(branch([made], []), use(path)), ["actions[1].body.name"]);
  assertEquals(warned(branch([made], []), use(`{{ default(${path}, "none") }}`)), []);
  assertEquals(warned(branch([], []), use("$.steps.size.output.taken")), []);
  refused(path, /is not there yet/, branch([use(path)], []), made);
  refused(path, /\$\.steps\.each\.output\.outputs has the last of each/, {
    kind: "loop",
    id: "each",
    over: "$.webhook.tags",
    actions: [made],
  }, use(path));
  const both = (join: string) => ({
    kind: "parallel",
    id: "both",
    join,
    branches: [{ actions: [made] }, { actions: [call()] }],
  });
  assertEquals(warned(both("all"), use(path)), []);
  assertEquals(warned(both("any"), use(path)), ["actions[1].body.name"]);
  refused(path, /is walked at the same time/, {
    kind: "parallel",
    id: "both",
    branches: [{ actions: [made] }, { actions: [use(path)] }],
  });
  const tried = (fields: unknown) => ({ kind: "try", id: "t", actions: [made], ...fields as object });
  assertEquals(warned(tried({}), use(path)), []);
  assertEquals(warned(tried({ on_error: [use(path)] }), use(path)), [
    "actions[0].on_error[0].body.name",
    "actions[1].body.name",
  ]);
  assertEquals(warned(tried({ on_error: [use("$.error.message")] })), []);
  refused("$.error", /only steps in `on_error`/, tried({ finally: [use("$.error.code")] }));
  refused("$.error", /"cod" is not known/, tried({ on_error: [use("$.error.cod")] }));
  refused("$.approval", /only steps in `ask`/, {
    kind: "approval",
    roles: ["OWNER"],
    approved: [use("$.approval.link")],
  });
  assertEquals(
    warned({
      kind: "approval",
      roles: ["OWNER"],
      ask: [use("$.approval.link")],
      remind: { after: "1 d", actions: [use("$.approval.id")] },
    }),
    [],
  );
  // What is awaited is told from the event that comes, by what the run has.
  const wait = (field: string, value: string) => ({
    kind: "wait",
    event: { event_types: ["NEW_INVOICE"], conditions: { any: [{ field, operator: "==", value }] } },
    deadline: "1 d",
  });
  assertEquals(warned(made, wait("$.webhook.id", path)), []);
  assertEquals(where(made, wait(path, "$.webhook.id")), ["actions[1].event.conditions.any[0].field"]);
  assertEquals(where(wait("$.webhook.id", path), made), ["actions[0].event.conditions.any[0].value"]);
  // Numbers count where all steps are actions.
  assertEquals(warned(call(), use("$.action_1_result.id")), []);
  refused("$.action_1_result", /numbers count in flows of actions alone/, call(), {
    kind: "try",
    actions: [use("$.action_1_result.id")],
  });
});

Deno.test("$.loop is there in loops, as far out as there are any; variables where a step before may set them", () => {
  const use = (path: string) => call({ body: { name: path } });
  const loop = (...actions: unknown[]) => ({ kind: "loop", over: "$.webhook.tags", actions });
  parsed(loop(use("{{ $.loop.index }} {{ loop.item.name }}"), loop(use("$.loop.parent.item.id"))));
  assertMatch(Object.values(faultsOf(use("$.loop.item")))[0]!, /only steps in a loop/);
  assertMatch(Object.values(faultsOf(loop(use("$.loop.parent.item"))))[0]!, /no loop is around/);
  assertMatch(Object.values(faultsOf(loop(use("$.loop.itm"))))[0]!, /did you mean "item"/);
  const rounds = { field: "$.loop.index", operator: "<", value: 5 };
  const asked = { field: "$.steps.ask.output.done", operator: "!=", value: true };
  parsed({ kind: "loop", while: { all: [rounds, asked] }, actions: [call({ id: "ask" })] });
  assertMatch(
    Object.values(faultsOf({ kind: "loop", while: rounds, actions: [use("$.loop.item")] }))[0]!,
    /a loop with `while` has no list/,
  );

  const set = { type: "variables", set: { total: "$.webhook.total" } };
  parsed(set, use("$.vars.total"));
  assertMatch(Object.values(faultsOf(use("$.vars.total"), set))[0]!, /no step before this one sets variables/);
  assertMatch(Object.values(faultsOf(set, use("$.vars.totl")))[0]!, /did you mean "total"/);
  assertMatch(Object.values(faultsOf(loop(set), use("$.vars.total")))[0]!, /is never there/);
  // Rounds share their variables, and the condition of a loop sees those of the round before.
  const open = { field: "$.vars.total", operator: "not_exists" };
  parsed({ kind: "loop", while: open, actions: [use("{{ default($.vars.total, 0) }}"), set] });
  const result = parseFlow(
    flowOf({ kind: "branch", cases: [{ if: rule, actions: [set] }] }, use("$.vars.total")),
    deps,
  );
  assert(result.ok);
  assertMatch(result.warnings[0]!.message, /not set in every case/);
  // Before the first step there is none of it, and the event may have fields of these names.
  const first = { field: "$.vars.total", operator: "==", value: 1 };
  assert(parseFlow({ ...flowOf(call()), conditions: first }, deps).ok);
});

Deno.test("the plan has every kind, with the types of the fields in its conditions and templates for what is awaited", () => {
  const wait = {
    kind: "wait",
    id: "w",
    event: {
      event_types: ["NEW_INVOICE"],
      conditions: { all: [{ field: "$.webhook.id", operator: "==", value: "$.webhook.invoiceId" }] },
    },
    deadline: "2 d",
    expired: [call({ id: "late" })],
  };
  const flow = parsed(
    wait,
    {
      kind: "branch",
      id: "b",
      cases: [{ if: rule, actions: [call({ id: "x" })] }],
      otherwise: [{ kind: "end", id: "e" }],
    },
    {
      kind: "parallel",
      id: "p",
      branches: [{ actions: [call({ id: "p1" })] }, { actions: [call({ id: "p2" })] }],
      join: { at_least: 1 },
      time_limit_ms: 5_000,
    },
    { kind: "try", id: "t", actions: [call({ id: "t1" })], on_error: [call({ id: "t2" })] },
    { kind: "approval", id: "a", people: ["u1"], remind: { after: "1 d", actions: [call({ id: "r" })] } },
    { id: "v", type: "variables", set: { n: 1 } },
  );
  const { steps } = toPlan(flow).root as unknown as { steps: Record<string, unknown>[] };
  const id = (step: unknown) => (step as { id: string }).id;
  assertEquals(steps[0], {
    kind: "wait",
    id: "w",
    event: { types: ["NEW_INVOICE"], condition: { rules: wait.event.conditions, types: { "$.webhook.id": "id" } } },
    deadline: "2 d",
    expired: [{ ...(steps[0]!.expired as object[])[0]!, id: "late" }],
  });
  const { cases, otherwise } = steps[1] as { cases: { if: unknown; steps: unknown[] }[]; otherwise: unknown[] };
  assertEquals(cases[0]!.if, { rules: rule, types: { "$.webhook.billable": "boolean" } });
  assertEquals([cases[0]!.steps.map(id), otherwise], [["x"], [{ kind: "end", id: "e", outcome: "success" }]]);
  const { branches, join, timeLimitMs } = steps[2] as Record<string, unknown> & { branches: unknown[][] };
  assertEquals([branches.map((one) => one.map(id)), join, timeLimitMs], [[["p1"], ["p2"]], { atLeast: 1 }, 5_000]);
  const tried = steps[3] as Record<string, unknown[]>;
  assertEquals([tried.steps!.map(id), tried.onError!.map(id), tried.finally], [["t1"], ["t2"], []]);
  const { people, note, remind, rejected } = steps[4] as Record<string, unknown> & {
    remind: { after: string; steps: unknown[] };
  };
  assertEquals([people, note, remind.after, remind.steps.map(id), rejected], [["u1"], "", "1 d", ["r"], undefined]);
  assertEquals([steps[5]!.action, steps[5]!.input], ["variables", { set: { n: 1 } }]);
});
