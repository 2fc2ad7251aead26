/** A JSON value as the lines of a tree. */

import { assert, assertEquals } from "@std/assert";
import { jsonLines, type JsonView, readText, visibleText } from "../../src/console/ui/json_lines.ts";

const CLOSED: JsonView = { opened: new Map(), shown: new Map() };

function linesOf(value: unknown, view = CLOSED) {
  return jsonLines(value, { name: "payload", root: "$", view });
}

Deno.test("jsonLines() opens two levels, and names the path of each value as flows write it", () => {
  const lines = linesOf({ user: { name: "Dana", deep: { er: 1 } }, "a b": [true] });
  assertEquals(lines.map(({ path }) => path), [
    "$",
    "$.user",
    "$.user.name",
    "$.user.deep",
    "$['a b']",
    "$['a b'][0]",
  ]);
  const deep = lines[3]!;
  assert(deep.kind === "branch" && !deep.open);
  const opened = linesOf({ user: { deep: { er: 1 } } }, { ...CLOSED, opened: new Map([["$.user.deep", true]]) });
  assertEquals(opened.at(-1)!.path, "$.user.deep.er");
});

Deno.test("jsonLines() shows a large list page by page and keeps large branches closed", () => {
  const value = { list: Array.from({ length: 10_000 }, (_, index) => ({ index })) };
  assertEquals(linesOf(value).length, 2);
  const view = { opened: new Map([["$.list", true]]), shown: new Map([["$.list", 200]]) };
  const lines = linesOf(value, view);
  assertEquals(lines.length, 2 + 200 + 1);
  assertEquals(lines.at(-1), { kind: "more", parent: "$.list", path: "$.list more", left: 9_800, depth: 2 });
  assert(linesOf(Array.from({ length: 100 }, () => Array(90).fill(0))).length < 400);
});

Deno.test("jsonLines() takes values that are no objects, and empty ones", () => {
  assertEquals(linesOf(null), [{ kind: "value", name: "payload", value: null, path: "$", depth: 0 }]);
  const [empty] = linesOf({});
  assert(empty!.kind === "branch" && !empty!.open);
});

Deno.test("readText() reads instants and durations, and nothing else", () => {
  assertEquals(readText("PT1H12M"), { lasts: "1 h 12 min" });
  assertEquals(readText("PT0S"), { lasts: "0 s" });
  assertEquals(readText("P1DT2H"), { lasts: "1 d 2 h" });
  assertEquals(readText("2026-11-21T08:00:00Z"), { at: new Date("2026-11-21T08:00:00Z") });
  for (const text of ["P", "PT", "2026-11-21", "2026-99-21T08:00:00Z", "Project", ""]) {
    assertEquals(readText(text), undefined, text);
  }
});

Deno.test("visibleText() writes out what would hide or turn the text around it", () => {
  assertEquals(visibleText("a\u202Eb\u0007\tc\n\u200Bd"), "a\\u202Eb\\u0007\tc\n\\u200Bd");
  assertEquals(visibleText("שלום, 你好"), "שלום, 你好");
});
