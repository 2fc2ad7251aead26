/** Two definitions of a flow compared, in sentences: each kind of difference, at every kind of step. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { compareFlows } from "../../src/flows/compare/compare.ts";
import type { StepWords } from "../../src/flows/compare/steps.ts";

const LONG = "64c777ddd3fcab07cfbb210c";
const SHORT = "64c777ddd3fcab07cfbb210d";
const ADA = "5e6a0f7c1f3b2a0012345678";

const NAMES: Record<string, string> = { [LONG]: "long entry", [SHORT]: "short", [ADA]: "Ada", "flow:7": "Report" };
const OPERATIONS: Record<string, string> = {
  getTags: "Get tags",
  updateTag: "Update tag",
  updateTimeEntry: "Update time entry",
};
const words: StepWords = {
  nameOf: (id) => NAMES[id],
  operationWords: (name) => OPERATIONS[name],
  entityOf: (operation, name) =>
    name === "id" ? { updateTag: "tag", updateTimeEntry: "time_entry" }[operation] : undefined,
  typeOf: (field) => field === "$.webhook.timeInterval.duration" ? "duration" : undefined,
};

// deno-lint-ignore no-explicit-any
type Json = any;

const READ = { id: "read", operation_id: "getTags", path_params: {}, query_params: {} };
const MARK = {
  id: "add_tag",
  operation_id: "updateTimeEntry",
  path_params: { id: "$.webhook.id" },
  body: { tagIds: { $add: SHORT } },
};
const flow = (fields: Json = {}): Json => ({
  name: "Marks",
  trigger_event_types: ["TIMER_STOPPED"],
  conditions: null,
  actions: [READ, MARK],
  ordered: false,
  ...fields,
});
const withSteps = (...actions: Json[]) => flow({ actions });

const compare = (before: Json, after: Json) => compareFlows({ definition: before }, { definition: after }, words);
const said = (before: Json, after: Json) => compare(before, after).map(({ kind, words }) => `${kind}: ${words}`);

/** Sentences for a step before and after, without their subject. */
function changes(before: Json, after: Json): string[] {
  const subject = /^Step 1 "[^"]*" /;
  return compare(withSteps({ id: "it", ...before }), withSteps({ id: "it", ...after })).map(({ words }) =>
    words.replace(subject, "")
  );
}

const rule = (field: string, operator: string, value?: unknown) => ({ field, operator, value });
const LONGER = rule("$.webhook.timeInterval.duration", ">", "8 h");

Deno.test("equal definitions differ in nothing, also where one leaves out what the other says by default", () => {
  assertEquals(compare(flow(), structuredClone(flow())), []);
  assertEquals(compare(flow(), flow({ conditions: undefined, enabled: true })), []);
  assertEquals(compare({}, {}), []);
});

Deno.test("what stands above the steps", () => {
  assertEquals(said(flow(), flow({ name: "Labels", ordered: true, trigger_event_types: ["NEW_TAG"] })), [
    'changed: The flow is called "Labels" (before: "Marks")',
    "added: Starts on NEW_TAG too",
    "removed: No longer starts on TIMER_STOPPED",
    "changed: Runs for one entity go one after another",
  ]);
  assertEquals(said(flow(), flow({ concurrency: { at_once: 2 } })), [
    "added: At most 2 runs are in progress at once; the next ones wait in line, 1,000 at most",
  ]);
});

Deno.test("what starts it beside events", () => {
  const cron = (cron: string, missed = "one") => ({ cron, zone: "Europe/Berlin", missed });
  const weekly = { triggers: { schedules: [cron("0 9 * * MON")], api: true } };
  const daily = { triggers: { schedules: [cron("30 7 * * *", "all")], manual: { inputs: [{ name: "project" }] } } };
  const [first, ...others] = said(flow(weekly), flow(daily));
  assertMatch(first!, /^added: Starts every day at .*7:30 in Berlin \(makes up for all that it missed\) too$/);
  assertMatch(others[0]!, /^removed: No longer starts .*Monday.* in Berlin$/);
  assertEquals(others.slice(1), [
    'added: Can be started by hand, and asks for "project"',
    "removed: Can no longer be started by a program",
  ]);
  const asks = (...names: string[]) => flow({ triggers: { manual: { inputs: names.map((name) => ({ name })) } } });
  assertEquals(said(asks("a"), asks("a", "b")), [
    'changed: Asks who starts it by hand for "a" and "b" (before: "a")',
  ]);
  assertEquals(said(asks("a"), flow()), ["removed: Can no longer be started by hand"]);
  assertEquals(said(flow(), flow({ triggers: { schedules: [7, { cron: "x" }] } })), [
    "added: Starts at a time too",
    "added: Starts at a time too",
  ]);
});

Deno.test("conditions rule by rule, else as a whole", () => {
  const all = (...rules: unknown[]) => flow({ conditions: { all: rules } });
  const other = rule("project.name", "contains", "Quay");
  assertEquals(said(flow(), all(LONGER)), ["added: Runs only when Duration is longer than 8 h"]);
  assertEquals(said(all(LONGER), flow()), ["removed: No longer asks that Duration is longer than 8 h"]);
  assertEquals(said(all(LONGER), all(other, { ...LONGER, value: "PT6H30M" })), [
    'added: Runs only when Project name contains "Quay"',
    "changed: Runs only when Duration is longer than 6 h 30 min (before: Duration is longer than 8 h)",
  ]);
  // The documents' own form, and a list of one rule, say the same.
  assertEquals(said(all(LONGER), flow({ conditions: { type: "ANY", rules: [LONGER] } })), []);
  assertEquals(said(all(LONGER, other), flow({ conditions: { any: [LONGER, { not: other }] } })), [
    'changed: Runs only when Duration is longer than 8 h or not (Project name contains "Quay") ' +
    '(before: Duration is longer than 8 h and Project name contains "Quay")',
  ]);
  assertEquals(said(flow({ conditions: { any: [LONGER, other] } }), flow()), [
    'changed: Runs on every event (before: Duration is longer than 8 h or Project name contains "Quay")',
  ]);
  const [{ path, before, after }] = compare(all(other), all(other, LONGER)) as [Json];
  assertEquals([path, before, after], ["conditions.all[1]", undefined, LONGER]);
});

Deno.test("steps added, removed and moved are known by their ids", () => {
  const third = { id: "third", operation_id: "updateTag", path_params: { id: LONG } };
  assertEquals(said(withSteps(READ, MARK), withSteps(third, READ, MARK)), ['added: Step 1 "Third" is new']);
  assertEquals(said(withSteps(READ, MARK, third), withSteps(MARK, third)), ['removed: Step 1 "Read" is gone']);
  assertEquals(said(withSteps(READ, MARK, third), withSteps(READ, third, MARK)), [
    'moved: Step 2 "Third" now stands behind "Read" (before: step 3)',
  ]);
  assertEquals(said(withSteps(READ, MARK, third), withSteps(third, READ, MARK)), [
    'moved: Step 1 "Third" now stands first (before: step 3)',
  ]);
  const [{ path, before, after }] = compare(withSteps(READ, MARK), withSteps(MARK)) as [Json];
  assertEquals([path, before, after], ["actions[0]", READ, undefined]);
});

Deno.test("a step that moves into another, and one that a removed step held", () => {
  const loop = (...actions: Json[]) => ({ kind: "loop", id: "each", over: "$.webhook.tags", actions });
  assertEquals(said(withSteps(loop(), MARK), withSteps(loop(MARK))), [
    'moved: Step 1.1 "Add tag" moved to each round of "Each" (before: the flow itself)',
  ]);
  assertEquals(said(withSteps(loop(MARK, READ)), withSteps(MARK)), [
    'moved: Step 1 "Add tag" moved to the flow itself (before: each round of "Each")',
    'removed: Step 1 "Each" is gone',
  ]);
  // What came with the loop is the loop's.
  assertEquals(said(withSteps(READ), withSteps(READ, loop(MARK))), ['added: Step 2 "Each" is new']);
  assertEquals(said(withSteps(READ, loop()), withSteps(READ, loop(MARK))), [
    'added: Step 2.1 "Add tag" is new in each round of "Each"',
  ]);
});

Deno.test("what a Clockify call does, in the words of its fields", () => {
  const call = (fields: Json) => ({ operation_id: "updateTimeEntry", path_params: { id: "$.webhook.id" }, ...fields });
  const body = (body: Json) => call({ body });
  const cases: [Json, Json, string[]][] = [
    [body({ tagIds: { $add: SHORT } }), body({ tagIds: { $add: LONG } }), [
      'now adds the tag "long entry" (before: "short")',
    ]],
    [body({}), body({ tagIds: { $add: [LONG, SHORT] } }), ['now adds the tags "long entry" and "short"']],
    [body({ tagIds: { $add: LONG } }), body({ tagIds: { $remove: LONG } }), [
      'now removes the tag "long entry" (before: adds the tag "long entry")',
    ]],
    [body({ description: "a", billable: true }), body({ description: "{{ $.webhook.description }}" }), [
      'now sets the description to the description of the event (before: "a")',
      "no longer sets the billable to yes",
    ]],
    [body({ projectId: LONG }), body({ projectId: null }), [
      'now empties the project (before: sets the project to "long entry")',
    ]],
    [body({}), body({ taskId: "$.steps.find_task.output.id" }), [
      'now sets the task to the id of step "Find task"',
    ]],
    [call({}), call({ path_params: { id: LONG } }), [
      'now acts on the time entry "long entry" (before: the id of the event)',
    ]],
    [call({}), call({ operation_id: "updateTag" }), [
      'now calls "Update tag" (before: "Update time entry")',
    ]],
    [call({}), call({ query_params: { hydrated: true } }), ['now sets the parameter "hydrated" to yes']],
    [call({}), call({ as_user: ADA }), ['now acts as the user "Ada"']],
    [call({ as_user: ADA }), call({}), ['no longer acts as the user "Ada"']],
    [call({}), call({ replace: true }), [
      "now replaces the whole object (before: changes only the fields that it names)",
    ]],
    [call({ on_uncertain: "retry" }), call({ on_uncertain: "stop" }), [
      "now stops where the answer of a call is lost (before: repeats a call whose answer is lost)",
    ]],
    [call({}), call({ retry: { max_attempts: 3, initial_delay_ms: 1_000, max_delay_ms: 60_000, multiplier: 2 } }), [
      "now tries 3 times at most, 1 s to 1 min apart (before: 5 times at most)",
    ]],
    [
      call({ retry: { max_attempts: 3, initial_delay_ms: 1_000, max_delay_ms: 60_000, multiplier: 2 } }),
      call({
        retry: {
          max_attempts: 3,
          initial_delay_ms: 1_000,
          max_delay_ms: 60_000,
          backoff: "fixed",
          statuses: [500, 503],
        },
        try_time_limit_ms: 5_000,
      }),
      [
        "now tries 3 times at most, 1 s to 1 min apart, with fixed delays, for 500 or 503 (before: 3 times at most, 1 s to 1 min apart)",
        "now gives an attempt 5 s",
      ],
    ],
    [
      { operation_id: "findOrCreateTag", body: { name: "short" } },
      { operation_id: "findOrCreateTag", body: { name: "long entry" } },
      ['now finds or creates the tag "long entry" (before: "short")'],
    ],
  ];
  for (const [before, after, expected] of cases) assertEquals(changes(before, after), expected);
});

Deno.test("calls of other systems, and the actions that stay inside", () => {
  const http = (fields: Json) => ({
    type: "http",
    method: "POST",
    url: "https://shop.example/a",
    headers: {},
    ...fields,
  });
  const cases: [Json, Json, string[]][] = [
    [http({}), http({ url: "https://shop.example/b", method: "PUT" }), [
      'now sends "PUT" (before: "POST")',
      "now sends to https://shop.example/b (before: https://shop.example/a)",
    ]],
    [http({ body: { a: { b: 1, c: 2 } } }), http({ body: { a: { b: 3, c: 2 } } }), [
      'now sets the body "a b" to 3 (before: 1)',
    ]],
    [http({ body: "x" }), http({ body: { a: 1 } }), ['now sets its body to {"a":1} (before: "x")']],
    [http({}), http({ headers: { "X-Shop": "quay" } }), ['now sets the header "X-Shop" to "quay"']],
    [http({ timeout_ms: 10_000 }), http({ timeout_ms: 30_000 }), ["now waits 30 s for the answer (before: 10 s)"]],
    [http({}), { operation_id: "getTags" }, [
      'is another step now: "Get tags" (before: "POST shop.example")',
    ]],
    [{ type: "transform", output: 1 }, { type: "transform", output: "$.webhook.id" }, [
      "now gives the id of the event (before: 1)",
    ]],
    [{ type: "variables", set: { total: 1 } }, { type: "variables", set: { total: 2, more: 3 } }, [
      'now sets the variable "total" to 2 (before: 1)',
      'now sets the variable "more" to 3',
    ]],
    [{ type: "emit_event", event: "a" }, { type: "emit_event", event: "b" }, [
      'now emits the event "b" (before: "a")',
    ]],
    [{ type: "run_flow", flow_id: 6, wait: false }, { type: "run_flow", flow_id: 7, wait: true }, [
      'now runs the flow "Report" (before: 6)',
      "now waits until that flow is over (before: does not wait for that flow)",
    ]],
  ];
  for (const [before, after, expected] of cases) assertEquals(changes(before, after), expected);
});

Deno.test("steps that hold, wait and end", () => {
  const cases: [Json, Json, string[]][] = [
    [{ kind: "loop", over: "$.webhook.tags", at_once: 1, actions: [] }, {
      kind: "loop",
      over: "$.webhook.users",
      at_once: 5,
      max_items: 10,
      on_error: "collect",
      actions: [],
    }, [
      "now goes over the users of the event (before: the tags of the event)",
      "now takes 5 items at the same time (before: one item after another)",
      "now takes at most this many items: 10 (before: 1000)",
      "now goes on where an item failed, and keeps its error (before: stops at the first item that fails)",
    ]],
    [{ kind: "loop", while: { all: [LONGER] }, actions: [] }, { kind: "loop", actions: [] }, [
      "no longer asks that Duration is longer than 8 h",
    ]],
    [{ kind: "parallel", branches: [], join: "all" }, { kind: "parallel", branches: [], join: { at_least: 2 } }, [
      "now goes on once 2 of its branches are done (before: once all of its branches are done)",
    ]],
    [{ kind: "wait", for: "1 h" }, { kind: "wait", for: "PT2H" }, ['now waits for 2 h (before: "1 h")']],
    [{ kind: "wait", for: "1 h" }, { kind: "wait", until: "$.webhook.end", zone: "Asia/Tokyo" }, [
      'no longer waits for "1 h"',
      "now waits until the end of the event",
      'now reads times in the zone "Asia/Tokyo"',
    ]],
    [
      { kind: "wait", event: { event_types: ["NEW_TAG"] }, deadline: "PT1H" },
      { kind: "wait", event: { event_types: ["NEW_TAG", "TAG_UPDATED"], conditions: LONGER }, deadline: "PT1H" },
      [
        "now waits for NEW_TAG or TAG_UPDATED (before: NEW_TAG)",
        "waits for it only when Duration is longer than 8 h",
      ],
    ],
    [
      { kind: "approval", people: [ADA], roles: [], ask: [], approved: [] },
      { kind: "approval", people: [ADA], roles: ["OWNER"], ask: [], approved: [], rejected: [], deadline: "P1D" },
      [
        'now lets decide by role: "OWNER"',
        "now expires after 24 h",
        "no longer cancels the run where it is rejected: it has steps for that",
      ],
    ],
    [
      { kind: "approval", people: [ADA], remind: { after: "1 h", actions: [] } },
      { kind: "approval", people: [ADA], remind: { after: "2 h", actions: [] } },
      ['now reminds after "2 h" (before: "1 h")'],
    ],
    [{ kind: "end", outcome: "success" }, { kind: "end", outcome: "failure", message: "No project" }, [
      'now ends the run with "failure" (before: "success")',
      'now says "No project"',
    ]],
    [{ kind: "try", actions: [], on_error: [] }, { kind: "try", actions: [] }, [
      "fails where one of its steps fails now",
    ]],
    [{ kind: "end", outcome: "success" }, { kind: "wait", for: "1 h" }, [
      'is another step now: "Wait" (before: "End")',
    ]],
  ];
  for (const [before, after, expected] of cases) assertEquals(changes(before, after), expected);
});

Deno.test("cases and branches are known by what they hold, not by their number", () => {
  const branch = (...cases: Json[]) => withSteps({ kind: "branch", id: "size", cases, otherwise: [READ] });
  const long = { name: "Long", if: { all: [LONGER] }, actions: [MARK] };
  const odd = { if: { all: [rule("billable", "==", true)] }, actions: [] };
  assertEquals(said(branch(long), branch(odd, long)), ['added: Step 1 "Size" has a new case 1']);
  assertEquals(said(branch(odd, long), branch(long)), ['removed: Step 1 "Size" no longer has case 1']);
  assertEquals(said(branch(odd, long), branch(long, odd)), [
    'moved: Step 1 "Size" asks for case "Long" at another place (before: case 2)',
  ]);
  const longer = { ...long, name: "Very long", if: { all: [{ ...LONGER, value: "10 h" }] } };
  assertEquals(said(branch(odd, long), branch(odd, longer)), [
    'changed: Step 1 "Size" takes case "Very long" only when Duration is longer than 10 h (before: Duration is longer than 8 h)',
    'changed: Step 1 "Size" calls case "Very long" "Very long" now (before: "Long")',
  ]);
  assertEquals(said(branch(long, odd), branch({ ...long, actions: [] }, { ...odd, actions: [MARK] })), [
    'moved: Step 1.1 "Add tag" moved to case 2 of "Size" (before: case "Long" of "Size")',
  ]);
  const [{ path }] = compare(branch(odd, long), branch(odd, longer)) as [Json];
  assertEquals(path, "actions[0].cases[1].if.all[0]");
  const both = (...branches: Json[]) => withSteps({ kind: "parallel", id: "both", branches, join: "all" });
  const [one, two] = [{ actions: [READ] }, { actions: [MARK] }];
  assertEquals(said(both(one, two), both(two, one)), [], "their order says nothing");
  assertEquals(said(both(one), both(one, two)), ['added: Step 1 "Both" has a new branch 2']);
});

Deno.test("a secret that is another one is said, and none is shown", () => {
  const masked = withSteps({
    id: "call",
    type: "http",
    url: "https://a.example",
    headers: { Authorization: "[redacted]" },
  });
  const secrets = (value: string) => new Map([["call headers.Authorization", value]]);
  const differ = (one: string, other: string) =>
    compareFlows({ definition: masked, secrets: secrets(one) }, { definition: masked, secrets: secrets(other) }, words);
  assertEquals(differ("MARK-1", "MARK-1"), []);
  assertEquals(differ("MARK-1", "MARK-2"), [{
    path: "actions[0].headers.Authorization",
    kind: "changed",
    words: 'Step 1 "Call" has another secret at headers.Authorization',
    before: "[redacted]",
    after: "[redacted]",
  }]);
});

Deno.test("drafts with faults are compared as far as they go", () => {
  const odd = {
    name: 7,
    trigger_event_types: "x",
    conditions: [1],
    actions: [null, 3, { kind: "branch", cases: "no" }, {}],
  };
  assertEquals(compare(odd, odd), []);
  assert(compare(flow(), odd).length > 0);
  assert(compare(odd, flow()).length > 0);
  const twice = withSteps(READ, { ...READ, operation_id: "updateTag" });
  assertEquals(compare(twice, twice), []);
});

/** Steps nested at random, with ids of a small set, so that they meet again elsewhere. */
const record = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) => fc.record(model, { noNullPrototype: true });
const { steps } = fc.letrec<{ steps: Json[]; step: Json }>((tie) => ({
  step: fc.oneof(
    { depthSize: "small" },
    record({
      id: fc.constantFrom(..."abcdefgh"),
      operation_id: fc.constantFrom("getTags", "updateTag"),
      body: fc.jsonValue(),
    }),
    record({ kind: fc.constant("loop"), id: fc.constantFrom(..."ijkl"), actions: tie("steps") }),
    record({
      kind: fc.constant("branch"),
      id: fc.constantFrom(..."mnop"),
      cases: fc.array(
        record({ name: fc.constantFrom("x", "y", ""), if: fc.constant(null), actions: tie("steps") }),
        {
          maxLength: 3,
        },
      ),
      otherwise: tie("steps"),
    }),
    fc.jsonValue(),
  ),
  steps: fc.array(tie("step"), { maxLength: 4 }),
}));

Deno.test("of any two definitions: equal ones have no change, and each change has a place and a sentence", () => {
  fc.assert(
    fc.property(steps, steps, (one, other) => {
      assertEquals(compare({ actions: one }, { actions: structuredClone(one) }), []);
      const found = compare({ actions: one }, { actions: other });
      for (const { path, words } of found) {
        assert(path.startsWith("actions["));
        assert(words.length > 0 && words.length < 3_000 && !words.includes("undefined"), words);
      }
      // What is added one way is removed the other way.
      const count = (list: typeof found, kind: string) =>
        list.filter((one) => one.kind === kind && / is (new|gone)/.test(one.words)).length;
      const back = compare({ actions: other }, { actions: one });
      assertEquals(count(found, "added") === 0, count(back, "removed") === 0);
    }),
    { numRuns: 300 },
  );
});
