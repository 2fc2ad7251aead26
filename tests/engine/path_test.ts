/** Paths: what is taken, what is refused, and that following one agrees with jsonpath-plus. */

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { JSONPath } from "jsonpath-plus";
import { evaluatePath } from "../../src/engine/follow_path.ts";
import { parsePath } from "../../src/engine/path.ts";
import { createWorkBudget, WorkSpent } from "../../src/engine/work_budget.ts";
import { AppError } from "../../src/base/errors.ts";

const scope = {
  webhook: {
    id: "e1",
    "first name": "Ada",
    "a'b": 1,
    tags: [{ id: "t1", name: "one" }, { id: "t2", name: "two" }],
    project: { name: "P", tasks: [{ id: "k1", sub: { id: "k2" } }] },
  },
};

const at = (path: string, value: unknown = scope) => evaluatePath(parsePath(path), value);

Deno.test("evaluatePath() gives the value at a definite path, or undefined", () => {
  assertEquals(at("$.webhook.id"), "e1");
  assertEquals(at("$['webhook'][\"first name\"]"), "Ada");
  assertEquals(at("$.webhook['a\\'b']"), 1);
  assertEquals(at("$.webhook.tags[0].id"), "t1");
  assertEquals(at("$.webhook.tags[-1].id"), "t2");
  assertEquals(at("$.webhook.tags[-3].id"), undefined);
  assertEquals(at("$.webhook.tags[7]"), undefined);
  assertEquals(at("$.webhook.id.x.y"), undefined);
  assertEquals(at("$.webhook.tags.length"), 2);
  assertStrictEquals(at("$"), scope);
});

Deno.test("evaluatePath() gives a list for wildcards and descendants", () => {
  assertEquals(at("$.webhook.tags[*].name"), ["one", "two"]);
  assertEquals(at("$.webhook.tags.*['id']"), ["t1", "t2"]);
  assertEquals(at("$.webhook.project..id"), ["k1", "k2"]);
  assertEquals(at("$.webhook.project.*[-1].id"), ["k1"]);
  assertEquals(at("$.webhook.nothing[*].id"), []);
  assertEquals(at("$.webhook.id[*]"), []);
});

Deno.test("evaluatePath() sees own properties only, and none of text", () => {
  const inherited = ["constructor", "__proto__", "toString", "hasOwnProperty", "__defineGetter__"];
  for (const name of inherited) {
    assertEquals(at(`$.webhook.${name}`), undefined, name);
    assertEquals(at(`$.webhook.tags.${name}`), undefined, name);
    assertEquals(at(`$.webhook.id.${name}`), undefined, name);
    assertEquals(at(`$.webhook.tags[*].${name}`), [], name);
  }
  assertEquals(at("$.webhook.id.length"), undefined);
  assertEquals(at("$.webhook.id[0]"), undefined);
  assertEquals(at("$.webhook.tags[*].name.length"), []);
  assertEquals(at("$.webhook.tags[*].name[0]"), []);
  assertEquals(at("$.webhook..name[0][0]"), []);
  assertEquals(at("$.__proto__.x", JSON.parse('{"__proto__": {"x": 1}}')), 1);
});

Deno.test("parsePath() refuses what the grammar does not hold, with the position", () => {
  const bad = [
    "",
    "webhook",
    "$webhook",
    "$.",
    "$..",
    "$.a.",
    "$[",
    "$[[[",
    "$[]",
    "$['a",
    "$['a'",
    "$[a]",
    "$[01]",
    "$[1:2]",
    "$[0,1]",
    "$['a','b']",
    "$.a..b..c",
    "$.a b",
    "$.a;b",
    `$${".a".repeat(33)}`,
    `$.${"a".repeat(500)}`,
  ];
  for (const text of bad) {
    assertThrowsLike(() => parsePath(text), (error) => {
      assert(error instanceof AppError && error.code === "EXPRESSION_INVALID", text);
      assertEquals(typeof error.details.position, "number", text);
      return true;
    }, text);
  }
});

Deno.test("parsePath() refuses the published attacks on jsonpath-plus and names the list operators", () => {
  const attacks = [
    // CVE-2024-21534
    "$[(this.constructor.constructor(\"return this.process.mainModule.require('child_process').execSync('id')\")())]",
    "$..[?(p=\"console.log(this.process.mainModule.require('child_process').execSync('id').toString())\";a=''[['constructor']][['constructor']](p);a())]",
    "$..[?(@root.constructor.constructor('return process')().exit())]",
    "$[?(con = constructor, dp = con.defineProperty, gopd = con.getOwnPropertyDescriptor, f = gopd(con, 'entries').value, alt = gopd(con.getPrototypeOf(f), 'apply'), dp(con.getPrototypeOf(_$_root.body), 'toString', alt))]",
    // CVE-2025-1302
    "$[?(eth0.constructor.constructor('return 1')())]",
    "$..[?(' '.sub.constructor('return process.exit(1)')())]",
    '$[?(__defineGetter__.call(_$_root, "x", "".constructor.constructor("return 1")))]',
    // Lookup getters (10.4.0) and what is alive without eval
    "$[?(@.__lookupGetter__('__proto__').call(1).constructor)]",
    '$[?(/^(a+)+$/.test("aaaaaaaaaaaaaaaaaaaaaaaa!"))]',
    "$.a[(@.length-1)]",
    "$.a^",
    "$.a~",
    "$.a@other()",
    "$.a.@string()",
    "$..`constructor",
  ];
  for (const attack of attacks) {
    assertThrowsLike(() => parsePath(attack), { code: "EXPRESSION_INVALID" }, attack);
  }
  for (const path of ["$.tags[?(@.id)]", "$.tags[(@.length-1)]", "$.a^", "$.a~", "$.a@other()"]) {
    assertThrowsLike(() => parsePath(path), /quantifier any or every, or by the operators in and contains/, path);
  }
});

Deno.test("evaluatePath() refuses to look at too much", () => {
  const wide = { list: Array.from({ length: 10_001 }, () => ({ id: 1 })) };
  assertThrowsLike(() => at("$.list[*].id", wide), { code: "EXPRESSION_FAILED", message: /more than 10000 values/ });
  assertEquals((at("$.list[*].x", wide) as unknown[]).length, 0);
  const spent = { code: "EXPRESSION_FAILED", message: /more than the 200000 steps of work that one path may take/ };
  assertThrowsLike(() => at("$.a[*]", { a: new Array(200_001).fill(0) }), spent);
  assertThrowsLike(() => at("$..x", { a: new Array(200_001).fill(0) }), spent);
});

Deno.test("evaluatePath() follows data of any depth, and names with any sign behind a wildcard", () => {
  let deep: unknown = { id: "end" };
  for (let i = 0; i < 50_000; i++) deep = { a: deep };
  assertEquals(at("$..id", deep), ["end"]);
  assertEquals(at("$.a[*]['x;y']", { a: [{ "x;y": 1 }, { "*": 2 }] }), [1]);
  assertEquals(at("$.a[*]['*']", { a: [{ "x;y": 1 }, { "*": 2 }] }), [2]);
});

Deno.test("evaluatePath() takes each value it looks at from the budget, and looks once for what a budget has found", () => {
  const work = createWorkBudget(1_000, "a test");
  const follow = (path: string) => evaluatePath(parsePath(path), scope, work);
  assertEquals(follow("$.webhook.tags[*].name"), ["one", "two"]);
  const once = 1_000 - work.left;
  assert(once >= 4 && once < 20, `${once} steps`);
  const again = evaluatePath(parsePath("$['webhook'].tags.*.name"), scope, work.share(100, "a share"));
  assertEquals(again, ["one", "two"]);
  assertEquals(1_000 - work.left, once + 1, "found by another spelling and in a share: not walked again");
  assertThrows(() => evaluatePath(parsePath("$..x"), scope, work.share(5, "a share")), WorkSpent);
  assert(work.left > 900, "a share that is spent takes no more than it had");
  assertEquals(follow("$.webhook.project..id"), ["k1", "k2"], "and leaves the rest to others");
});

const key = fc.constantFrom("a", "b", "c", "id", "first name", "0", "x-y", "é");
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 1, "text", ""),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
})).value;
const root = fc.oneof(fc.array(json, { minLength: 1, maxLength: 3 }), fc.dictionary(key, json, { minKeys: 1 }));
const definite = fc.oneof(
  key.map((name) => ({ ours: `['${name}']`, theirs: `['${name}']` })),
  fc.nat(2).map((index) => ({ ours: `[${index}]`, theirs: `[${index}]` })),
  fc.constant({ ours: "[-1]", theirs: "[-1:]" }),
);
const wild = fc.constantFrom({ ours: "[*]", theirs: "[*]" }, { ours: ".*", theirs: ".*" });
/** Once a path. The library's tokenizer takes no quoted name there: names of letters and digits only. */
const descendant = fc.constantFrom("a", "b", "id", "0", "é").map((name) => ({
  ours: `..${name}`,
  theirs: `..${name}`,
}));

/**
 * What the library finds, without what ours leaves out on purpose: it also gives the letters and the length of a text. Its
 * slices count from the end where ours has a negative index. All else is equal, the order of what is found too.
 */
function library(path: string, value: object): unknown[] {
  const nodes = JSONPath({ path, json: value, eval: false, resultType: "all" }) as {
    parent: unknown;
    value: unknown;
  }[];
  return nodes.filter(({ parent }) => typeof parent !== "string").map((node) => node.value);
}

function joined(parts: { ours: string; theirs: string }[]) {
  return {
    ours: `$${parts.map((part) => part.ours).join("")}`,
    theirs: `$${parts.map((part) => part.theirs).join("")}`,
  };
}

Deno.test("evaluatePath() agrees with jsonpath-plus on random data and definite paths", () => {
  fc.assert(
    fc.property(root, fc.array(definite, { minLength: 1, maxLength: 4 }), (value, parts) => {
      const { ours, theirs } = joined(parts);
      const found = at(ours, value);
      assertEquals(found === undefined ? [] : [found], library(theirs, value));
    }),
    { numRuns: 500 },
  );
});

Deno.test("evaluatePath() agrees with jsonpath-plus on random data and paths with wildcards", () => {
  const parts = fc.tuple(
    fc.array(definite, { maxLength: 2 }),
    wild,
    fc.array(fc.oneof(definite, wild), { maxLength: 3 }),
  );
  fc.assert(
    fc.property(root, parts, (value, [before, star, after]) => {
      const { ours, theirs } = joined([...before, star, ...after]);
      assertEquals(at(ours, value), library(theirs, value));
    }),
    { numRuns: 500 },
  );
});

Deno.test("evaluatePath() agrees with jsonpath-plus on random data and paths with a descendant", () => {
  const steps = fc.array(fc.oneof(definite, wild), { maxLength: 3 });
  fc.assert(
    fc.property(root, steps, descendant, steps, (value, before, below, after) => {
      const { ours, theirs } = joined([...before, below, ...after]);
      assertEquals(at(ours, value), library(theirs, value));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("parsePath() gives a path or EXPRESSION_INVALID for any text", () => {
  const piece = fc.constantFrom(
    "$",
    ".",
    "..",
    "[",
    "]",
    "'",
    "*",
    "a",
    "0",
    "-1",
    "?(",
    ")",
    "@",
    "^",
    "~",
    "\\",
    '"',
    ",",
  );
  const text = fc.oneof(fc.string(), fc.array(piece, { maxLength: 12 }).map((parts) => `$${parts.join("")}`));
  fc.assert(
    fc.property(text, json, (text, value) => {
      let path;
      try {
        path = parsePath(text);
      } catch (error) {
        assert(error instanceof AppError && error.code === "EXPRESSION_INVALID");
        return;
      }
      const found = evaluatePath(path, value);
      if (!path.definite) assert(Array.isArray(found));
    }),
    { numRuns: 1_000 },
  );
});
