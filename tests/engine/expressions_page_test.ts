/** docs/expressions.md: every example gives what the page says, every function has one, and every fault points there. */

import { assert, assertEquals } from "@std/assert";
import { type EntityQuery, withEntities } from "../../src/engine/entity_lookup.ts";
import { FUNCTIONS } from "../../src/engine/functions.ts";
import { parseTemplate, resolve } from "../../src/engine/mapping.ts";
import { buildScope } from "../../src/engine/scope.ts";

const PAGE = await Deno.readTextFile(new URL("../../docs/expressions.md", import.meta.url));
const body = JSON.parse(/^```json\n(.+?)^```/ms.exec(PAGE)![1]!);
const lookups: [EntityQuery, string, string][] = [
  [{ type: "tag", key: "urgent" }, "t1", "urgent"],
  [{ type: "user", key: "u1" }, "u1", "Ada"],
];
const scope = withEntities(
  buildScope({ body, installation: { workspaceId: "w1", timeZone: "UTC" }, results: [] }),
  lookups.map(([query]) => query),
  lookups.map(([, id, name]) => ({ entity: { id, name, archived: false } })),
);

/** Cells of the rows of the tables below the heading; code without its backticks. */
function rowsOf(heading: string): string[][] {
  const section = PAGE.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))!;
  return [...section.matchAll(/^\| (`.*) \|$/gm)].map(([, row]) =>
    row!.split(" | ").map((cell) => cell.trim().replace(/^`+(.*?)`+$/s, "$1"))
  );
}

function given(text: string): string {
  const value = resolve(text, scope);
  return value === undefined ? "" : JSON.stringify(value);
}

Deno.test("docs/expressions.md: what is written gives what the page says", () => {
  const written = rowsOf("Grammar");
  const calls = ["Functions", "Look-ups", "Time zones"].flatMap(rowsOf);
  assert(written.length > 9 && calls.length > 30, `${written.length} texts and ${calls.length} calls`);
  for (const [text, result] of written) assertEquals(given(text!), result, text);
  for (const [call, result] of calls) assertEquals(given(`{{ ${call} }}`), result, call);
});

Deno.test("docs/expressions.md: every function has an example, and there is no other", () => {
  const shown = rowsOf("Functions").map(([call]) => /^\w+/.exec(call!)![0]);
  assertEquals(shown.toSorted(), [...FUNCTIONS.keys()].toSorted());
});

Deno.test("docs/expressions.md: faults point at the character that the page names", () => {
  const faults = rowsOf("Faults");
  assert(faults.length > 5);
  for (const [text, column, words] of faults) {
    const [fault] = parseTemplate(text, "actions[0].body.name").faults ?? [];
    assertEquals(fault?.position, Number(column) - 1, text);
    assert(fault!.message.includes(words!), `${text}: ${fault!.message}`);
    const [line, caret] = fault!.excerpt!.split("\n");
    assertEquals(caret!.trimStart(), `^ column ${column}`, text);
    assertEquals(line![caret!.indexOf("^")], text![Number(column) - 1], text);
  }
});
