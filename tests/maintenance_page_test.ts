/** docs/maintenance.md and the checklist of docs/operations.md: what they name is there, and what they compute is right. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readPages } from "./support/readme.ts";

const PAGES = new Map((await readPages()).map(({ path, text }) => [path, text]));
const GUIDE = PAGES.get("docs/maintenance.md")!;
const OPERATIONS = PAGES.get("docs/operations.md")!;
const ROOT = new URL("../", import.meta.url);
const OF_PROMETHEUS = new Set(["histogram_quantile", "max_over_time"]);

/** The rows of the table with this first heading, each as its cells. */
function rowsOf(page: string, heading: string): string[][] {
  const table = page.split(/\n{2,}/).find((part) => new RegExp(`^\\| ${heading} +\\|`).test(part));
  assert(table, `a table of ${heading}`);
  return table.trim().split("\n").slice(2).map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("every metric that docs/maintenance.md names or asks Prometheus for has a row in docs/metrics.md", () => {
  const known = PAGES.get("docs/metrics.md")!;
  const quoted = [...GUIDE.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);
  const names = new Set(
    quoted.filter((text) => /^[a-z_]+$|\(/.test(text)).flatMap((text) =>
      (text.match(/\b[a-z]+(?:_[a-z]+)+\b/g) ?? []).map((name) => name.replace(/_bucket$/, ""))
    ),
  );
  const metrics = [...names].filter((name) =>
    !OF_PROMETHEUS.has(name) && name !== "max_connections" && name !== "nearly_full"
  );
  assert(metrics.length > 12, `${metrics}`);
  for (const name of metrics) assertMatch(known, new RegExp(`\`${name}[\`{]`), name);
});

Deno.test("every variable that the guide and the checklist name is one that the program reads", () => {
  const known = PAGES.get("docs/configuration.md")!;
  const others = new Set(["UPGRADE_FROM", "AWS_ENDPOINT_URL_S3", "OTEL_EXPORTER_OTLP_ENDPOINT"]);
  const parts = OPERATIONS.split(/^## Security checklist$/m)[1]!;
  for (const [, name] of `${GUIDE}\n${parts}`.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g)) {
    assert(others.has(name!) || known.includes(`\`${name}\``), name);
  }
});

Deno.test("every file that the checklist names is there", async () => {
  const parts = OPERATIONS.split(/^## Security checklist$/m)[1]!;
  const files = [...parts.matchAll(/`((?:deploy|tests|\.github)\/[\w./-]+|compose\.yaml)`/g)].map(([, path]) => path!);
  assert(files.length > 25, `${files.length} files`);
  for (const path of files) await Deno.stat(new URL(path, ROOT));
});

Deno.test("the plan for each number of workspaces comes from the figures above it", () => {
  const figures =
    /(\d\.\d+) ms of a listener, (\d\.\d+) ms of a worker and (\d\.\d+) ms of PostgreSQL; (\d\.\d) kB of tables and (\d\.\d) kB/
      .exec(GUIDE.replaceAll("\n", " "))!.slice(1).map(Number);
  const [tablesKb, logKb] = figures.slice(3) as [number, number];
  const rows = rowsOf(GUIDE, "Workspaces");
  assertEquals(rows.map(([count]) => count), ["100", "1,000", "10,000"]);
  for (const [count, listeners, workers, server, log, tables] of rows) {
    const events = Number(count!.replace(",", ""));
    for (const [index, cell] of [listeners!, workers!, server!].entries()) {
      const cost = figures[index]!;
      const cores = (events * cost / 1000 / 0.6).toFixed(2);
      assertEquals(cell, `${count} x ${cost.toFixed(2)} ms / 0.6 = ${cores}`);
    }
    assertEquals(Number.parseFloat(log!).toPrecision(1), (events * logKb / 1000).toPrecision(1), log);
    const gigabytes = Math.round(events * tablesKb * 86_400 / 1e6);
    assertEquals(Number.parseFloat(tables!.replace(",", "")).toPrecision(2), gigabytes.toPrecision(2), tables);
  }
  // The same costs of an event as the plan for 10,000 goes by.
  const plan = PAGES.get("docs/performance.md")!.replaceAll(/\s+/g, " ");
  for (const cost of figures.slice(0, 3)) assertStringIncludes(plan, `10,000 x ${cost.toFixed(2)} ms`);
});

Deno.test("the policy for dependencies is the one of the workflow", async () => {
  const workflow = await Deno.readTextFile(new URL(".github/workflows/security.yml", ROOT));
  for (const text of ["deno audit --level=high", "within seven days"]) {
    assertStringIncludes(workflow.replaceAll(/\n# /g, " "), text);
    assertStringIncludes(GUIDE.replaceAll(/\s+/g, " "), text);
  }
});
