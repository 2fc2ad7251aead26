/** docs/metrics.md and docs/errors.md hold every metric and error code of the program, and none that there is not. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ERROR_CODES } from "../../src/base/errors.ts";
import { statusOfCode } from "../../src/http/server/problem.ts";
import { KINDS } from "../../src/retention/kinds.ts";
import { HISTOGRAMS, type Instrument, INSTRUMENTS, type MetricName } from "../../src/telemetry/instruments.ts";

const pageOf = (name: string) => Deno.readTextFile(new URL(`../../docs/${name}.md`, import.meta.url));
/** The cells of each line of the page's tables, without their titles. */
const rowsOf = (page: string) =>
  page.split("\n").filter((line) => line.startsWith("| `")).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );

Deno.test("docs/metrics.md has each metric once, with its labels and their values", async () => {
  const rows = rowsOf(await pageOf("metrics"));
  const named = Object.entries({ ...INSTRUMENTS, ...HISTOGRAMS }).map(([name, { labels }]) =>
    labels.length === 0 ? `\`${name}\`` : `\`${name}{${labels.join(",")}}\``
  );
  assertEquals(rows.map(([name]) => name!).sort(), named.sort());
  for (const [name, what, todo] of rows) {
    assertMatch(what!, /\w/, name);
    const { values = {} }: Instrument = INSTRUMENTS[/\w+/.exec(name!)![0] as MetricName] ?? {};
    for (const value of Object.values(values).flat()) {
      assert(`${what}${todo}`.includes(`\`${value}\``), `${name}: ${value}`);
    }
  }
});

Deno.test("what retention deletes is counted by its table", () => {
  assertEquals(KINDS.map(({ table }) => table).sort(), [...INSTRUMENTS.retention_deleted_total.values.table].sort());
});

Deno.test("docs/errors.md has each code once, with its status, what it means and what to do", async () => {
  const rows = rowsOf(await pageOf("errors"));
  const codes = ERROR_CODES.map((code) => [`\`${code}\``, String(statusOfCode(code))]);
  assertEquals(rows.map(([code, status]) => [code!, status!]).sort(), codes.sort());
  for (const [code, , means, todo] of rows) {
    assertMatch(means!, /\w/, code);
    assertMatch(todo!, /\w/, code);
  }
});
