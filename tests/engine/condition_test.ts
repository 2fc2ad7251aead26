/** Conditions: shapes, operators, quantifiers, verdicts, and laws that hold for any of them. */

import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { type Condition, evaluateCondition, matches } from "../../src/engine/condition.ts";
import { parseCondition } from "../../src/engine/condition_shape.ts";
import type { Fault } from "../../src/engine/faults.ts";
import { buildScope } from "../../src/engine/scope.ts";
import { createWorkBudget, WorkSpent } from "../../src/engine/work_budget.ts";

const body = {
  id: "e1",
  description: "Call with Ada",
  invoice: "4711 to 4712",
  empty: "",
  billable: true,
  nothing: null,
  value: "12.5",
  count: 3,
  tagIds: ["t1", "t2"],
  tags: [{ id: "t1", name: "on site" }, { id: "t2", name: "On call" }],
  none: [],
  timeInterval: { start: "2026-11-16T09:00:00Z", end: null, duration: "PT10H" },
  project: { name: "Signage", clientName: "Northgate" },
};
const scope = buildScope({
  body,
  installation: { workspaceId: "w1" },
  results: [{ id: "find", output: { id: "p1" } }],
});

function holds(input: unknown, over = scope): boolean {
  const parsed = parseCondition(input, "conditions");
  assertEquals(parsed.faults, undefined);
  assertStrictEquals(evaluateCondition(parsed.condition!, over).matched, matches(parsed.condition!, over));
  return matches(parsed.condition!, over);
}
const rule = (field: string, operator: string, value?: unknown, more = {}) => ({ field, operator, value, ...more });
const faults = (input: unknown) => parseCondition(input, "conditions").faults ?? [];

const TRUE: [string, string, unknown?][] = [
  ["description", "==", "Call with Ada"],
  ["$.webhook.description", "==", "Call with Ada"],
  ["$.event.project.name", "==", "Signage"],
  ["$.project.name", "==", "Signage"],
  ["$.installation.workspaceId", "==", "w1"],
  ["$.action_1_result.id", "==", "p1"],
  ["$.steps.find.output.id", "==", "p1"],
  ["billable", "==", true],
  ["value", "==", 12.5],
  ["value", "!=", "12.50"],
  ["count", "==", "3"],
  ["tagIds", "==", ["t1", "t2"]],
  ["nothing", "==", null],
  ["absent", "==", null],
  ["id", "!=", null],
  ["absent", "!=", "x"],
  ["nothing", "!=", 1],
  ["count", ">", 2],
  ["value", ">", 9],
  ["value", "<", "9"],
  ["value", "<=", 12.5],
  ["timeInterval.duration", ">", "PT8H"],
  ["timeInterval.start", "<", "2026-11-16T11:00:00+01:00"],
  ["timeInterval.start", ">=", "2026-11-16"],
  ["description", "<", "Dial"],
  ["tagIds.length", "==", 2],
  ["description", "contains", "with"],
  ["invoice", "contains", 4711],
  ["invoice", "starts_with", 47],
  ["invoice", "ends_with", 12],
  ["invoice", "not_contains", 99],
  ["timeInterval.start", "weekday_in", ["Monday"]],
  ["timeInterval.start", "weekday in", ["sun", "MON"]],
  ["tagIds", "contains", "t2"],
  ["tagIds", "not_contains", "t9"],
  ["absent", "not_contains", "x"],
  ["id", "in", ["e0", "e1"]],
  ["count", "in", ["3"]],
  ["absent", "not in", ["e1"]],
  ["empty", "exists"],
  ["none", "exists", true],
  ["nothing", "exists", false],
  ["absent", "not_exists"],
  ["nothing", "not exists", ""],
  ["description", "matches", "^Call .*da$"],
  ["description", "starts with", "Call"],
  ["description", "ENDS_WITH", "Ada"],
];

Deno.test("matches() holds for each operator where it should", () => {
  for (const [field, operator, value] of TRUE) {
    assert(holds(rule(field, operator, value)), `${field} ${operator} ${value}`);
  }
});

Deno.test("matches() does not hold where it should not", () => {
  const cases: [string, string, unknown?][] = [
    ["absent", "==", ""],
    ["nothing", "==", false],
    ["billable", "==", "true"],
    ["id", "==", "E1"],
    ["count", "==", "3a"],
    ["absent", "<", 1],
    ["nothing", "<=", 0],
    ["billable", ">", 0],
    ["count", "<", "many"],
    ["tags", ">", 1],
    ["absent", "contains", ""],
    ["count", "contains", "3"],
    ["project", "contains", "name"],
    ["absent", "in", ["x"]],
    ["absent", "exists"],
    ["nothing", "exists", true],
    ["count", "matches", "3"],
    ["absent", "starts_with", ""],
    ["constructor", "exists"],
    ["__proto__", "exists"],
    ["id.length", "exists"],
    ["timeInterval.start", "weekday_in", ["Tuesday"]],
    ["description", "weekday_in", ["Monday"]],
    ["absent", "weekday_in", ["Monday"]],
  ];
  for (const [field, operator, value] of cases) {
    assert(!holds(rule(field, operator, value)), `${field} ${operator} ${value}`);
  }
});

Deno.test("matches() compares two texts as texts, and a number with a text by all their digits", () => {
  const holdsOf = (x: unknown, operator: string, value: unknown) =>
    holds(rule("x", operator, value), buildScope({ body: { x }, results: [] }));
  const same = (a: unknown, b: unknown) => holdsOf(a, "==", b);
  assert(!same("1.10", "1.1"));
  assert(!same("007", "7"));
  assert(!same("1e3", "1000"));
  assert(same("1.10", 1.1));
  assert(same(1.1, "1.10"));
  assert(!same("007", 7));
  assert(!same("9007199254740993", 9007199254740991));
  assert(!same(9007199254740992, "9007199254740993"));
  assert(same("9007199254740993", "9007199254740993"));
  assert(same("1234567890123456789", "1234567890123456789"));
  assert(!same("1234567890123456789", "1234567890123456788"));
  assert(holdsOf("9007199254740993", ">", 9007199254740991));
  assert(holdsOf("1234567890123456789", ">", 9));
});

Deno.test("matches() ignores case where it is asked to", () => {
  const more = { case_insensitive: true };
  assert(holds(rule("description", "==", "CALL WITH ADA", more)));
  assert(holds(rule("description", "contains", "ADA", more)));
  assert(holds(rule("tagIds", "contains", "T1", more)));
  assert(holds(rule("id", "in", ["E1"], more)));
  assert(holds(rule("description", "matches", "^call", more)));
  assert(holds(rule("description", "starts_with", "cALL", more)));
  assert(!holds(rule("description", "matches", "^call")));
});

Deno.test("matches() asks the elements of a list as the quantifier says", () => {
  const any = { quantifier: "any" }, every = { quantifier: "every" };
  assert(holds(rule("tagIds", "==", "t2", any)));
  assert(!holds(rule("tagIds", "==", "t2", every)));
  assert(holds(rule("tagIds", "starts_with", "t", every)));
  assert(holds(rule("$.tags[*].name", "==", "on site")));
  assert(holds(rule("tags[*].name", "starts_with", "on", { ...every, case_insensitive: true })));
  assert(holds(rule("$..name", "==", "Signage")));
  for (const field of ["none", "absent", "description", "none[*].id"]) {
    assert(!holds(rule(field, "!=", "x", any)), field);
    assert(!holds(rule(field, "!=", "x", every)), field);
  }
});

Deno.test("matches() takes every shape of a group", () => {
  const yes = rule("id", "==", "e1"), no = rule("id", "==", "e2");
  assert(holds({ type: "ALL", rules: [yes, yes] }));
  assert(!holds({ type: "ALL", rules: [yes, no] }));
  assert(holds({ type: "any", rules: [no, yes] }));
  assert(!holds({ type: "ANY", rules: [no, no] }));
  assert(holds({ all: [yes, { any: [no, { not: no }] }] }));
  assert(holds({ type: "ALL", rules: [{ type: "ANY", rules: [no, yes] }, { not: { all: [yes, no] } }] }));
  assert(holds(yes));
  for (const empty of [undefined, null, {}, { type: "ALL", rules: [] }, { type: "ANY" }, { any: [] }]) {
    assert(holds(empty));
  }
});

Deno.test("evaluateCondition() says of every rule what it found and why it did not match", () => {
  const parsed = parseCondition({
    type: "ANY",
    rules: [
      rule("billable", "==", false),
      rule("absent", ">", 1),
      rule("none", "==", 1, { quantifier: "every" }),
      rule("id", "==", "e1"),
    ],
  }, "conditions");
  assertEquals(evaluateCondition(parsed.condition!, scope), {
    matched: true,
    problem: null,
    rules: [
      {
        path: "conditions.rules[0]",
        field: "billable",
        operator: "==",
        expected: false,
        matched: false,
        actual: true,
        reason: "== does not hold for true or false",
      },
      {
        path: "conditions.rules[1]",
        field: "absent",
        operator: ">",
        expected: 1,
        matched: false,
        reason: "the field is missing",
      },
      {
        path: "conditions.rules[2]",
        field: "none",
        operator: "==",
        expected: 1,
        matched: false,
        actual: [],
        reason: "the list is empty",
      },
      { path: "conditions.rules[3]", field: "id", operator: "==", expected: "e1", matched: true, actual: "e1" },
    ],
  });
  const long = parseCondition(rule("x", "==", "y"), "c").condition!;
  const [verdict] = evaluateCondition(long, buildScope({ body: { x: "z".repeat(1_000) }, results: [] })).rules;
  assertEquals((verdict!.actual as string).length, 201);
});

Deno.test("parseCondition() gives what it can read beside the faults", () => {
  const { readable, faults } = parseCondition({
    type: "ANY",
    rules: [rule("id", "==", "e1"), rule("id", "sounds like", 1)],
  }, "conditions") as { readable: Condition; faults: Fault[] };
  assertEquals(faults.map(({ path }) => path), ["conditions.rules[1].operator"]);
  assertEquals(evaluateCondition(readable, scope).rules.map(({ path }) => path), ["conditions.rules[0]"]);
});

Deno.test("parseCondition() reports every fault with its path", () => {
  const found = faults({
    type: "SOME",
    rules: [
      { field: "a", operator: "resembles", value: 1 },
      { feild: "a", operator: "==", value: 1 },
      rule("a", "=="),
      rule("a", "in", "x"),
      rule("$.a[?(@.b)]", "exists"),
      rule("a[", "exists"),
      rule("a", "matches", "(a"),
      rule("a", "matches", "(?=a)b"),
      rule("a", "exists", "yes"),
      rule("a", "==", "$.webhook.b"),
      rule("a", "weekday_in", ["Saterday"]),
      rule("a", "==", 9007199254740993),
      rule("a", "==", 1, { quantifier: "some", case_insensitive: "yes" }),
      { not: 5 },
      { all: "x", more: 1 },
      "rule",
    ],
    extra: true,
  });
  assertEquals(found.map(({ path }) => path), [
    "conditions.extra",
    "conditions.type",
    "conditions.rules[0].operator",
    "conditions.rules[1].feild",
    "conditions.rules[1].field",
    "conditions.rules[2].value",
    "conditions.rules[3].value",
    "conditions.rules[4].field",
    "conditions.rules[5].field",
    "conditions.rules[6].value",
    "conditions.rules[7].value",
    "conditions.rules[8].value",
    "conditions.rules[9].value",
    "conditions.rules[10].value",
    "conditions.rules[11].value",
    "conditions.rules[12].quantifier",
    "conditions.rules[12].case_insensitive",
    "conditions.rules[13].not",
    "conditions.rules[14].more",
    "conditions.rules[14].all",
    "conditions.rules[15]",
  ]);
  const messageAt = (path: string) => found.find((fault) => fault.path === path)!.message;
  assertMatch(messageAt("conditions.rules[1].feild"), /did you mean "field"\?/);
  assertMatch(messageAt("conditions.rules[0].operator"), /==, !=, >/);
  assertMatch(messageAt("conditions.rules[4].field"), /quantifier any or every/);
  assertMatch(messageAt("conditions.rules[7].value"), /at "\(\?="/);
  assertMatch(messageAt("conditions.rules[10].value"), /did you mean "Saturday"\?/);
  assertMatch(messageAt("conditions.rules[11].value"), /write it as text/);
  assertEquals(found.find(({ path }) => path === "conditions.rules[7].value")!.position, 0);
  // A field without "$." is pointed at as it is written.
  assertEquals(faults(rule("project.name[?(1)]", "exists"))[0], {
    path: "conditions.field",
    message: 'Cannot read the path at "?(1)]": filters, scripts and slices are not supported; compare list elements ' +
      "by a rule with the quantifier any or every, or by the operators in and contains",
    position: 13,
    excerpt: "project.name[?(1)]\n             ^ column 14",
  });
});

Deno.test("parseCondition() limits depth, rules and patterns", () => {
  let deep: unknown = rule("a", "exists");
  for (let i = 0; i < 12; i++) deep = { not: deep };
  assertMatch(faults(deep)[0]!.message, /more than 10 deep/);
  const many = {
    all: Array.from({ length: 4 }, () => ({ all: Array.from({ length: 60 }, () => rule("a", "exists")) })),
  };
  assertMatch(faults(many)[0]!.message, /240 rules/);
  assertMatch(faults(rule("a", "matches", "a".repeat(501)))[0]!.message, /at most 500/);
  assertMatch(faults(rule("a", "matches", "((a?){30}){30}"))[0]!.message, /instructions/);
  const large = { any: Array.from({ length: 100 }, (_, n) => rule("a", "matches", `a.{400}[x-z]${n}`)) };
  assertMatch(faults(large)[0]!.message, /^the patterns before it make 10\d+ instructions, at most 10000/);
  assert(parseCondition(large, "c", { stored: true }).condition, "what is stored is read");
});

Deno.test("matches() answers a pattern that would hold a backtracking engine, and skips too long a text", () => {
  const slow = rule("x", "matches", "(a+)+b");
  assert(!holds(slow, buildScope({ body: { x: "a".repeat(50_000) }, results: [] })));
  assert(holds(slow, buildScope({ body: { x: "a".repeat(49_999) + "b" }, results: [] })));
  const parsed = parseCondition(slow, "c").condition!;
  const [verdict] = evaluateCondition(parsed, buildScope({ body: { x: "a".repeat(50_001) + "b" }, results: [] })).rules;
  assertEquals(verdict!.reason, "the text is longer than 50000 characters");
});

Deno.test("matches() follows data of any depth, and compares it with what is not so deep", () => {
  let deep: unknown = { id: 1 };
  for (let i = 0; i < 50_000; i++) deep = { a: deep };
  const over = buildScope({ body: { deep }, results: [] });
  assert(holds(rule("$..id", "==", 1), over));
  assert(!holds(rule("deep", "==", { a: { a: 1 } }), over));
});

Deno.test("matches() does not hold where a path gives too many values", () => {
  const over = buildScope({ body: { list: Array(10_001).fill({ id: 1 }) }, results: [] });
  assert(!holds(rule("list[*].id", "==", 1), over));
});

const BUSY = buildScope({
  body: { list: Array.from({ length: 5_000 }, (_, i) => ({ n: i })), text: "ab".repeat(20_000) },
  results: [],
});

Deno.test("matches() ends with the rule's name, and with neither true nor false, once a flow's work is spent", () => {
  const spent = (input: unknown) => {
    const { condition } = parseCondition(input, "conditions");
    const work = createWorkBudget(200_000, "this flow");
    assertThrowsLike(() => matches(condition!, BUSY, work), (error) => {
      assert(error instanceof WorkSpent && error.code === "EXPRESSION_FAILED");
      return true;
    });
    assertEquals(work.left, 0);
    const { matched, problem, rules } = evaluateCondition(condition!, BUSY);
    assertEquals(matched, null);
    assertMatch(problem!, /^Cannot evaluate conditions\.\S+ \(".+"\): it takes more than the 200000 steps of work/);
    assert(rules.some(({ reason }) => reason === problem), "the verdict of the rule says it too");
  };
  const many = (each: (index: number) => unknown) => Array.from({ length: 200 }, (_, index) => each(index));
  // Each walked, or each asked of every element: the sum counts.
  spent({ any: many((index) => rule(`$..x${index}`, "exists")) });
  spent({ any: many(() => rule("list[*].n", "==", -1)) });
  spent({ not: { any: many(() => rule("list[*].n", "in", Array(50).fill(-1))) } });
  spent({ all: [rule("list[*].n", "exists"), { not: rule("list[*].n", "in", Array.from({ length: 100 }, String)) }] });
  const noisy = { body: { texts: Array.from({ length: 20 }, (_, i) => noise(50_000, i + 1)) }, results: [] };
  const { condition } = parseCondition(rule("texts[*]", "matches", "a.{200}b.{200}[x-z]"), "conditions");
  assertThrows(() => matches(condition!, buildScope(noisy)), WorkSpent);
});

Deno.test("matches() takes the patterns and lists that people write, on long texts too, within a flow's work", () => {
  const words = "The invoice INV-2024 of Über GmbH is überfällig since Monday, please call ada@example.com. ";
  const text = words.repeat(550);
  const body = { text, lines: Array.from({ length: 500 }, (_, id) => ({ id, note: words })) };
  const over = buildScope({ body, results: [] });
  const patterns = [
    "(?i)overdue|urgent",
    "^\\[[A-Z]+-\\d+\\]",
    "\\b(foo|bar|baz)\\b",
    "[a-z]+@[a-z]+\\.org",
    "INV-\\d{5,}",
    "(\\w+\\s){3}zzz",
    "^.{0,200}XYZ",
    "\\p{Lu}\\p{L}{5,20}$",
  ];
  for (const pattern of patterns) {
    assert(!holds(rule("text", "matches", pattern), over), pattern);
    assert(!holds(rule("lines[*].note", "matches", pattern), over), pattern);
  }
  const all = patterns.map((pattern) => rule("lines[0].note", "not_contains", pattern, { case_insensitive: true }));
  assert(holds({ all: [...all, ...Array(90).fill(rule("$..note", "exists"))] }, over));
});

/** Text of a and b without a period: an automaton meets ever new states in it. */
function noise(length: number, seed: number): string {
  let text = "";
  for (let state = seed; text.length < length;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += state & 65_536 ? "a" : "b";
  }
  return text;
}

const field = fc.constantFrom(
  "id",
  "count",
  "tagIds",
  "absent",
  "$.tags[*].name",
  "$.webhook.value",
  "project.name",
  "$..id",
);
const operator = fc.constantFrom("==", "!=", ">", "<=", "contains", "in", "exists", "matches", "starts_with", "not_in");
const anyRule = fc.record({
  field,
  operator,
  value: fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom("e1", 3, ["t1"], "12.5", "^t")),
  quantifier: fc.constantFrom(undefined, "any", "every"),
  case_insensitive: fc.boolean(),
}).filter((input) => parseCondition(input, "").condition !== undefined);
const bodies = fc.oneof(
  fc.constant(body),
  fc.jsonValue(),
  fc.record({ id: fc.jsonValue(), tagIds: fc.jsonValue(), count: fc.jsonValue() }),
);

Deno.test("conditions keep De Morgan's law, and a double not changes nothing", () => {
  fc.assert(
    fc.property(fc.array(anyRule, { minLength: 1, maxLength: 4 }), bodies, (rules, body) => {
      const over = buildScope({ body, results: [] });
      const negated = rules.map((each) => ({ not: each }));
      assertStrictEquals(holds({ not: { all: rules } }, over), holds({ any: negated }, over));
      assertStrictEquals(holds({ not: { any: rules } }, over), holds({ all: negated }, over));
      assertStrictEquals(holds({ not: { not: { all: rules } } }, over), holds({ all: rules }, over));
    }),
    { numRuns: 300 },
  );
});

Deno.test("parseCondition() gives a condition or faults for any JSON, and the condition decides any body", () => {
  const anyShape = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      fc.jsonValue(),
      anyRule,
      fc.record({ type: fc.constantFrom("ALL", "ANY", "x"), rules: fc.array(tie("node"), { maxLength: 3 }) }),
      fc.record({ not: tie("node") }),
      fc.dictionary(fc.constantFrom("all", "any", "field", "operator", "__proto__"), tie("node")),
    ),
  })).node;
  fc.assert(
    fc.property(anyShape, fc.jsonValue(), (input, body) => {
      const { condition, faults } = parseCondition(input, "conditions");
      if (faults) assert(faults.length > 0);
      else {
        const over = buildScope({ body, results: [] });
        assertStrictEquals(evaluateCondition(condition, over).matched, matches(condition, over));
      }
    }),
    { numRuns: 500 },
  );
});
