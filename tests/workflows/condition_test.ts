/** Tests of the conditions of workflows: what they read, what they give, and that nothing in them is executed. */

import { assertEquals, assertThrows } from "@std/assert";
import { holdsTest, parseTest } from "../../src/workflows/condition.ts";

/** Holds the condition over values by the name of their reference. */
function holds(text: string, values: Record<string, unknown> = {}): boolean {
  const { test, references } = parseTest(text);
  return holdsTest(test, references.map((name) => values[name]));
}

Deno.test("every operator of the documents, over values and literals", () => {
  const values = { "step-1.output.n": 5, "workflow.input.tag": "vip", "loop.index": 0, "s.output.list": ["a", "b"] };
  const cases: [string, boolean][] = [
    ["${step-1.output.n} == 5", true],
    ["step-1.output.n == '5'", true],
    ["step-1.output.n != 5", false],
    ["step-1.output.n > 4 and step-1.output.n < 6", true],
    ["step-1.output.n >= 5 and step-1.output.n <= 5", true],
    ["not step-1.output.n > 5", true],
    ["workflow.input.tag in ['vip', \"gold\"]", true],
    ["workflow.input.tag not in ['gold']", true],
    ["s.output.list contains 'a'", true],
    ["'c' contains s.output.list or 'a' in s.output.list", false],
    ["workflow.input.tag contains 'ip'", true],
    ["len(s.output.list) == 2", true],
    ["loop.index", false],
    ["(loop.index == 0 or step-1.output.n == 1) and true", true],
    ["loop.index == 1 or step-1.output.n == 5 and false", false],
    ["null == None", true],
    ["'it\\'s' == \"it's\"", true],
    ["-1.5e1 == -15", true],
  ];
  for (const [text, expected] of cases) assertEquals(holds(text, values), expected, text);
});

Deno.test("what is missing, or no operator can take, makes the whole condition false", () => {
  for (
    const text of [
      "x.output == null",
      "not x.output",
      "x.output or true",
      "len(5) > 0",
      "1 < 'a'",
      "1 in 2",
      "not (1 < true)",
    ]
  ) {
    assertEquals(holds(text), false, text);
  }
  // Not asked for.
  assertEquals(holds("true or x.output"), true);
});

Deno.test("a fault names the character; code is no condition", () => {
  for (
    const [text, message] of [
      ["", "found the end"],
      ["a ==", "expected a value, found the end"],
      ["a.output == 1 1", 'found "1" at character 15'],
      ["(a.output", 'expected ")"'],
      ["[1, 2", 'expected "]"'],
      ["a.output = 1", "cannot be read at character 10"],
      ["a.output == 'x", "cannot be read at character 13"],
      ["__import__('os').system('x')", "cannot be read at character 17"],
      ["constructor.constructor('return 1')()", 'found "("'],
      ["and", "expected a value"],
      [`${"(".repeat(60)}1${")".repeat(60)}`, "nested more than 50"],
      [`${"not ".repeat(60)}1`, "nested more than 50"],
    ] as const
  ) assertThrows(() => parseTest(text), Error, message, text);
});

Deno.test("2,000 characters of anything are read or refused at once", () => {
  for (const part of ["(", "[", "not ", "a.b", "'", "${", "1 and ", "len(", " ", "\\", "x[0]"]) {
    const text = part.repeat(2_000 / part.length);
    try {
      parseTest(text);
    } catch (error) {
      assertEquals(error instanceof Error && !(error instanceof RangeError), true, text.slice(0, 20));
    }
  }
});
