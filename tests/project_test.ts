/** Tests of what a project states about itself: deno.json, the version, licence and the workflow. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import project from "../deno.json" with { type: "json" };
import { VERSION } from "../src/app/version.ts";
import { readSources } from "./support/sources.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

/** A task of deno.json may be a plain string, which has no description. */
type Tasks = Record<string, string | { description?: string }>;

Deno.test("deno.json has name, version, licence and an export that exists, and freezes its lock", async () => {
  assertMatch(project.name, /^@[\w-]+\/[\w-]+$/);
  assertEquals(project.license, "MIT");
  assertMatch(await read("LICENSE"), /^MIT License\n\nCopyright \(c\) \d{4} Timewire contributors\n/);
  assert((await Deno.stat(new URL(project.exports, ROOT))).isFile);
  assertEquals(project.lock, { path: "./deno.lock", frozen: true });
});

Deno.test("the version is semantic, is the program's own, and has its place in the changelog", async () => {
  assertMatch(project.version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/);
  assertStrictEquals(VERSION, project.version);
  assertMatch(await read("CHANGELOG.md"), /^## \[Unreleased\]$/m);
});

Deno.test("every task has a description of one sentence without a full stop", async () => {
  const members = await Promise.all(project.workspace.map((folder) => read(`${folder}/deno.json`)));
  for (const { tasks } of [project, ...members.map((text) => JSON.parse(text))] as { tasks?: Tasks }[]) {
    for (const [name, task] of Object.entries(tasks ?? {})) {
      assertMatch(typeof task === "string" ? "" : task.description ?? "", /^\S.*[^.]$/, name);
    }
  }
});

Deno.test("every package has an exact version", () => {
  for (const [name, target] of Object.entries(project.imports)) {
    if (target.startsWith("npm:")) {
      assertMatch(target, /^npm:\/?(?:@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+[\w.-]*(?:\/.*)?$/, name);
    }
  }
});

Deno.test("the workflow runs what runs on a machine of one's own", async () => {
  assertMatch(await read(".github/workflows/test.yml"), /^ +- run: bash \.ci\/run$/m);
});

Deno.test("tests check with @std/assert alone, but for what stands in for it", async () => {
  const others = (await readSources("tests")).filter(({ text }) => /^import .* from "node:assert\b/m.test(text));
  assertEquals(others.map(({ path }) => path), ["tests/support/assert.ts", "tests/support/assert_test.ts"]);
});
