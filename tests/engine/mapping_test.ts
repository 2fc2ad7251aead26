/** Templates: paths, interpolation, escapes, limits, faults, and laws that hold for any JSON. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import fc from "fast-check";
import { parseTemplate, resolve, resolveTemplate, templateReferences } from "../../src/engine/mapping.ts";
import { buildScope } from "../../src/engine/scope.ts";
import { createWorkBudget } from "../../src/engine/work_budget.ts";
import { AppError } from "../../src/base/errors.ts";

const body = {
  id: "e1",
  billable: true,
  description: null,
  tagIds: ["t1"],
  user: { name: "Ada", id: "u1" },
  tags: [{ name: "one" }, { name: "two" }],
};
const scope = buildScope({
  body,
  installation: { workspaceId: "w1" },
  results: [{ id: "find", output: { id: "p1" } }, { id: "__proto__", output: { id: "p2" } }],
});
const fill = (value: unknown) => resolve(value, scope);
const faultsOf = (value: unknown) => parseTemplate(value, "actions[0].body").faults ?? [];

/** The template that gives exactly `value`: what an author writes who wants no expression. */
function escaped(value: unknown): unknown {
  if (typeof value === "string") {
    const text = value.replaceAll(/(\\*)\{\{/g, "$1$1\\{{");
    return /^\$+\./.test(text) ? `$${text}` : text;
  }
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, escaped(part)]));
}

Deno.test("resolve() keeps the type of a value that is one path or one expression", () => {
  assertEquals(fill("$.webhook.billable"), true);
  assertStrictEquals(fill("$.event.user"), body.user);
  assertEquals(fill("{{ $.webhook.billable }}"), true);
  assertEquals(fill("{{webhook.user.name}}"), "Ada");
  assertEquals(fill("{{actions[0].result.id}}"), "p1");
  assertEquals(fill("$.action_1_result.id"), "p1");
  assertEquals(fill("$.steps.find.output.id"), "p1");
  assertEquals(fill("$.steps.__proto__.output.id"), "p2");
  assertEquals(fill("$.installation.workspaceId"), "w1");
  assertEquals(fill("$.webhook.description"), null);
  assertEquals(fill("$.webhook.absent"), undefined);
  assertEquals(fill("$.webhook.tags[*].name"), ["one", "two"]);
  assertEquals(fill("{{ 12 }}"), 12);
  assertEquals(fill("{{ null }}"), null);
  assertEquals(fill("{{ 'a}}b' }}"), "a}}b");
});

Deno.test("resolve() writes values into text", () => {
  assertEquals(fill("Entry {{$.webhook.id}} of {{ webhook.user.name }}."), "Entry e1 of Ada.");
  assertEquals(fill("{{webhook.id}}{{webhook.id}}"), "e1e1");
  assertEquals(fill("[{{webhook.absent}}{{webhook.description}}]"), "[]");
  assertEquals(fill("{{webhook.tagIds}}!"), '["t1"]!');
  assertEquals(fill(' {{ default($.webhook.description, concat("by ", upper(webhook.user.name))) }}'), " by ADA");
});

Deno.test("resolve() reads escapes as the text itself", () => {
  assertEquals(fill("$$.webhook.id"), "$.webhook.id");
  assertEquals(fill("$$$.webhook.id"), "$$.webhook.id");
  assertEquals(fill("\\{{webhook.id}}"), "{{webhook.id}}");
  assertEquals(fill("\\\\{{webhook.id}}"), "\\e1");
  assertEquals(fill("$$.{{webhook.id}}"), "$.e1");
  assertEquals(fill("$5 and $$ and }} and \\n"), "$5 and $$ and }} and \\n");
  assertEquals(fill({ a: ["$$.x"] }), { a: ["$.x"] });
});

Deno.test("resolve() fills lists and objects and leaves out missing parts", () => {
  const template = {
    id: "$.webhook.id",
    gone: "$.webhook.absent",
    empty: "$.webhook.description",
    tagIds: ["$.webhook.tagIds[0]", "$.webhook.absent", "t9"],
    same: { deep: [1, null, { x: "y" }] },
  };
  assertEquals(fill(template), {
    id: "e1",
    empty: null,
    tagIds: ["t1", "t9"],
    same: { deep: [1, null, { x: "y" }] },
  });
  assertEquals(fill(template), fill(structuredClone(template)));
});

Deno.test("resolve() pollutes no prototype", () => {
  const template = JSON.parse(
    '{"__proto__": {"polluted": "$.webhook.id"}, "constructor": {"prototype": {"polluted": "$.webhook.id"}}}',
  );
  const filled = fill(template) as Record<string, unknown>;
  assertEquals(JSON.stringify(filled), '{"__proto__":{"polluted":"e1"},"constructor":{"prototype":{"polluted":"e1"}}}');
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
  assertStrictEquals(Object.getPrototypeOf(filled), Object.prototype);
});

Deno.test("resolve() names the part of the template that failed", () => {
  assertThrowsLike(() => fill({ body: { names: ["x", "{{ upper($.webhook.tags) }}"] } }), {
    code: "EXPRESSION_FAILED",
    message: "Cannot resolve body.names[1]: upper() takes text, not a list\n{{ upper($.webhook.tags) }}\n   ^ column 4",
    details: { path: "body.names[1]", position: 3 },
  });
  // The innermost call; texts in quotes, and what stands under a secret's name, are no part of what is recorded.
  assertThrowsLike(() => fill('key-71 {{ concat("a-secret", add(1, webhook.user)) }}'), {
    message: /not an object\n\{\{ concat\("…", add\(1, webhook\.user\)\) \}\}\n {15}\^ column 30$/,
  });
  assertThrowsLike(() => fill({ headers: { "X-Api-Key": 'key-71{{ upper(webhook.tags, "x") }}' } }), {
    code: "EXPRESSION_INVALID",
    message: /^(?!.*key-71)/s,
  });
  assertThrowsLike(() => fill({ headers: { "X-Api-Key": "key-71{{ upper(webhook.tags) }}" } }), {
    message: "Cannot resolve headers.X-Api-Key: upper() takes text, not a list",
  });
  assertThrowsLike(() => fill({ a: "$.nowhere" }), { code: "EXPRESSION_INVALID" });
});

Deno.test("resolve() limits the size and the depth of what it gives", () => {
  const large = buildScope({ body: { list: new Array(100_000).fill("abcdefgh") }, results: [] });
  assertThrowsLike(() => resolve(new Array(9).fill("$.webhook.list"), large), {
    code: "EXPRESSION_FAILED",
    message: /over 5000000/,
  });
  const twice = (inner: string) => `concat(${inner}, ${inner})`;
  const grown = twice(twice(twice(twice("join($.webhook.list)"))));
  assertThrowsLike(() => resolve(`{{ ${grown} }}`, large), { code: "EXPRESSION_FAILED" });
  let deep: unknown = [];
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const over = buildScope({ body: deep, results: [] });
  assertThrowsLike(() => resolve("{{ json($.webhook) }}", over), { code: "EXPRESSION_FAILED", message: /nested/ });
  assertThrowsLike(() => resolve("x{{ webhook }}", over), { code: "EXPRESSION_FAILED", message: /nested/ });
});

Deno.test("parseTemplate() reports every fault with its path and position", () => {
  const found = faultsOf({
    a: "$.project.name",
    b: ["{{ uper($.webhook.id) }}", "{{ webhook.id", "{{ }}", "ok"],
    c: "{{ join() }}",
    d: "{{ cache.x }}",
    e: "$.webhook[?(@.x)]",
    f: "{{ 'a }}",
    g: "{{ webhook.id webhook.id }}",
    h: "{{ $.webhook.a[(1)] }}",
    i: "{{ 1e999 }}",
    j: "$.50 off",
  });
  assertEquals(found.map(({ path, position }) => [path.replace("actions[0].body.", ""), position]), [
    ["a", 2],
    ["b[0]", 3],
    ["b[1]", 13],
    ["b[2]", 3],
    ["c", 3],
    ["d", 3],
    ["e", 10],
    ["f", 3],
    ["g", 14],
    ["h", 15],
    ["i", 3],
    ["j", 4],
  ]);
  for (const { excerpt = "", position } of found) {
    const [text = "", caret = ""] = excerpt.split("\n");
    assertEquals(caret.trimStart(), `^ column ${position! + 1}`);
    assert(caret.indexOf("^") <= text.length, excerpt);
  }
  assertEquals(found[1]!.excerpt, "{{ uper($.webhook.id) }}\n   ^ column 4");
  assertEquals(found[6]!.excerpt, "$.webhook[?(@.x)]\n          ^ column 11");
  assertMatch(found[0]!.message, /fields of the event are under \$\.webhook/);
  assertMatch(found[1]!.message, /did you mean "upper"\?/);
  assertMatch(found[4]!.message, /0 arguments: join\(list/);
  assertMatch(found[6]!.message, /quantifier/);
  assertMatch(found[11]!.message, /write "\$\$\." for the text itself/);
});

Deno.test("parseTemplate() limits depth, values and expressions", () => {
  let deep: unknown = "x";
  for (let i = 0; i < 100_000; i++) deep = [deep];
  assertMatch(faultsOf(deep)[0]!.message, /more than 32 deep/);
  assertMatch(
    faultsOf(new Array(200).fill(new Array(60).fill(1)))[0]!.message,
    /one value too many: at most 10000 are supported/,
  );
  assertMatch(faultsOf(`{{ ${"not(".repeat(20)}1${")".repeat(20)} }}`)[0]!.message, /more than 10 deep/);
  assertMatch(faultsOf(`{{ "${"a".repeat(3_000)}" }}`)[0]!.message, /2000 characters/);
});

Deno.test("templateReferences() lists the paths with their places", () => {
  const { template } = parseTemplate({
    a: "$.steps.find.output.id",
    b: ["x {{ default($.action_1_result, webhook.id) }}"],
    c: "plain",
  }, "body");
  assertEquals(
    templateReferences(template!).map(({ at, path }) => [at, path.text]),
    [["body.a", "$.steps.find.output.id"], ["body.b[0]", "$.action_1_result"], ["body.b[0]", "webhook.id"]],
  );
});

Deno.test("resolve() walks a path once for all places that name it, and ends where their sum is too much work", () => {
  const large = buildScope({
    body: { items: Array.from({ length: 5_000 }, (_, n) => ({ n, on: true })) },
    results: [],
  });
  const thousand = (each: (n: number) => string) =>
    Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [n, each(n)]));
  const work = createWorkBudget(200_000, "one step");
  const filled = resolve(thousand(() => "a{{$.webhook..zz}}"), large, work) as Record<string, unknown>;
  assertEquals([Object.keys(filled).length, filled[999]], [1_000, "a[]"]);
  assert(work.left > 150_000, `${work.left} steps are left: the event was walked once, not 1,000 times`);
  assertThrowsLike(() => resolve({ body: thousand((n) => `{{$.webhook..z${n}}}`) }, large), (error) => {
    assert(error instanceof AppError && error.code === "EXPRESSION_FAILED");
    assertMatch(
      error.message,
      /^Cannot resolve body\[?.+: it takes more than the 200000 steps of work that one step may/,
    );
    return true;
  });
  // The largest event there may be is sent on whole.
  const whole = buildScope({ body: { rows: Array(120_000).fill({ a: "x", b: 1 }) }, results: [] });
  assert(resolve({ payload: "$.event" }, whole));
});

const plain = fc.jsonValue({ maxDepth: 4 }).filter((value) => !/\{\{|\$\./.test(JSON.stringify(value)));

Deno.test("resolve() gives a template without expressions back as it is", () => {
  fc.assert(fc.property(plain, (value) => assertStrictEquals(fill(value), value)), { numRuns: 500 });
});

Deno.test("resolve() of an escaped value is the value", () => {
  const tricky = fc.array(fc.constantFrom("$", ".", "{", "{{", "}}", "\\", "a", "webhook"), { maxLength: 8 }).map((
    parts,
  ) => parts.join(""));
  const value = fc.oneof(
    tricky,
    fc.jsonValue({ stringUnit: "binary" }),
    fc.dictionary(fc.constantFrom("a", "__proto__"), tricky),
  )
    .map((value) => JSON.parse(JSON.stringify(value)));
  fc.assert(fc.property(value, (value) => assertEquals(fill(escaped(value)), value)), { numRuns: 1_000 });
});

Deno.test("parseTemplate() gives a template or faults for any JSON, and the template gives a value or EXPRESSION_FAILED", () => {
  const piece = fc.constantFrom(
    "{{",
    "}}",
    "$.webhook",
    ".a",
    "[0]",
    "[*]",
    "..b",
    "(",
    ")",
    ",",
    "upper",
    "add",
    "'",
    '"',
    "1",
    " ",
    "\\",
    "actions",
  );
  const text = fc.array(piece, { maxLength: 10 }).map((parts) => parts.join(""));
  const any = fc.oneof(text, text.map((inner) => `{{ ${inner} }}`), fc.jsonValue(), fc.dictionary(fc.string(), text));
  fc.assert(
    fc.property(any, fc.jsonValue(), (value, body) => {
      const { template, faults } = parseTemplate(value, "body");
      if (faults) return assert(faults.length > 0);
      try {
        resolveTemplate(template, buildScope({ body, results: [] }));
      } catch (error) {
        assert(error instanceof AppError && error.code === "EXPRESSION_FAILED", String(error));
      }
    }),
    { numRuns: 1_000 },
  );
});
