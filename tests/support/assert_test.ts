/** Tests of what stands in for @std/assert: each check lets pass and refuses what that package does. */

import * as checks from "@std/assert";
import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertGreater,
  assertIsError,
  assertNotEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
  equal,
} from "@std/assert";
import nodeAssert from "node:assert/strict";

const refuses = (work: () => void, part: RegExp = /./) =>
  nodeAssert.throws(work, (error) => error instanceof checks.AssertionError && part.test(error.message));

Deno.test("equal() compares by value as @std/assert does", () => {
  const bare = Object.assign(Object.create(null), { a: 1 });
  const ring: Record<string, unknown> = {};
  ring.self = ring;
  const other: Record<string, unknown> = {};
  other.self = other;
  const alike: [unknown, unknown][] = [
    [0, -0],
    [NaN, NaN],
    [bare, { a: 1 }],
    [[1, { b: [2] }], [1, { b: [2] }]],
    [new Date(5), new Date(5)],
    [/a/g, /a/g],
    [new URL("http://a.example/b"), new URL("http://a.example/b")],
    [new Set([{ a: 1 }, 2]), new Set([2, { a: 1 }])],
    [new Map([["a", [1]], ["b", [2]]]), new Map([["b", [2]], ["a", [1]]])],
    [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    [new Error("x"), new Error("x")],
    [ring, other],
  ];
  for (const [a, b] of alike) nodeAssert.ok(equal(a, b) && equal(b, a), Deno.inspect([a, b]));
  class Own {
    a = 1;
  }
  const unlike: [unknown, unknown][] = [
    [1, "1"],
    [null, undefined],
    [{ a: undefined }, {}],
    [{ a: undefined }, { b: undefined }],
    [[1, 2], [2, 1]],
    [[], {}],
    [new Own(), { a: 1 }],
    [new Date(5), new Date(6)],
    [/a/g, /a/i],
    [new Set([1, 1]), new Set([1, 2])],
    [new Map([["a", 1]]), new Map([["a", 2]])],
    [new Uint8Array([1, 2]), new Uint8Array([1, 3])],
    [new Error("x"), new Error("y")],
    [() => 1, () => 1],
  ];
  for (const [a, b] of unlike) nodeAssert.ok(!equal(a, b) && !equal(b, a), Deno.inspect([a, b]));
});

Deno.test("checks throw an AssertionError with what was found and the words of the caller", () => {
  assert(1, "fine");
  refuses(() => assert("", "no text"), /^no text$/);
  assertEquals({ a: [1] }, { a: [1] });
  refuses(() => assertEquals({ a: 1 }, { a: 2 }, "in its place"), /^in its place[^]*[-+]/);
  assertNotEquals({ a: 1 } as unknown, { a: 2 });
  refuses(() => assertNotEquals([1], [1]));
  assertStrictEquals(NaN, NaN);
  refuses(() => assertStrictEquals<unknown>({}, {}));
  refuses(() => assertStrictEquals(0, -0));
  assertAlmostEquals(0.1 + 0.2, 0.3);
  refuses(() => assertAlmostEquals(1, 1.1, 0.01));
  assertGreater(2, 1);
  refuses(() => assertGreater(1, 1));
  checks.assertGreaterOrEqual(1, 1);
  checks.assertLess(1, 2);
  refuses(() => checks.assertLessOrEqual(2, 1));
  checks.assertExists(0);
  refuses(() => checks.assertExists(null));
  checks.assertFalse(0);
  refuses(() => checks.assertFalse(1));
  checks.assertInstanceOf(new Date(), Date);
  refuses(() => checks.assertNotInstanceOf(new Date(), Date));
  checks.assertMatch("abc", /b/);
  refuses(() => checks.assertNotMatch("abc", /b/));
  checks.assertStringIncludes("abc", "bc");
  refuses(() => checks.assertStringIncludes("abc", "d"), /"d"/);
  assertArrayIncludes([{ a: 1 }, 2] as unknown[], [{ a: 1 }]);
  refuses(() => assertArrayIncludes([1], [2]));
  assertObjectMatch({ a: 1, b: { c: [{ d: 2, e: 3 }], f: 4 } }, { b: { c: [{ d: 2 }] } });
  refuses(() => assertObjectMatch({ a: 1 }, { a: 1, b: undefined }));
  refuses(() => assertObjectMatch({ a: [1, 2] }, { a: [1] }));
  refuses(() => checks.fail("so"), /^Failed: so$/);
});

Deno.test("assertThrows() and assertRejects() give the error, and refuse another or none", async () => {
  const wrong = () => {
    throw new TypeError("no such thing");
  };
  nodeAssert.equal(assertThrows(wrong, TypeError, "such").message, "no such thing");
  nodeAssert.equal(
    assertThrows(() => {
      throw "a text";
    }),
    "a text",
  );
  refuses(() => assertThrows(wrong, RangeError));
  refuses(() => assertThrows(wrong, TypeError, "another"));
  refuses(() => assertThrows(() => 1, "said"), /said$/);
  refuses(() => assertIsError("a text"));

  nodeAssert.ok(await assertRejects(() => Promise.reject(new TypeError("x")), TypeError, "x") instanceof TypeError);
  await nodeAssert.rejects(assertRejects(() => Promise.resolve(1)), checks.AssertionError);
  await nodeAssert.rejects(assertRejects(() => Promise.reject(new Error("x")), TypeError), checks.AssertionError);
  await nodeAssert.rejects(assertRejects(wrong as () => Promise<unknown>), checks.AssertionError);
});
