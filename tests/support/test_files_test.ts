/** Tests of what the runs of tests leave out and put together. */

import { assert, assertEquals } from "@std/assert";
import { filesOfDatabases, filesOfPages, groupsOf, testFiles } from "./test_files.ts";

const ROOT = new URL("../../", import.meta.url);

/** What deno itself finds behind the files, as paths from the root of the repository. */
async function graphOf(files: string[]): Promise<string[]> {
  const entry = await Deno.makeTempFile({ prefix: "timewire-graph-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      entry,
      files.map((file) => `import ${JSON.stringify(new URL(file, ROOT).href)};`).join("\n"),
    );
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
      cwd: ROOT,
      stderr: "null",
    }).output();
    assert(success);
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { specifier: string }[] };
    return modules.flatMap(({ specifier }) =>
      specifier.startsWith(ROOT.href) ? [specifier.slice(ROOT.href.length)] : []
    );
  } finally {
    await Deno.remove(entry);
  }
}

Deno.test("what a run on a server leaves out cannot know that it would run there", async () => {
  const all = await testFiles("tests");
  const kept = await filesOfDatabases(all);
  const left = all.filter((file) => !kept.includes(file));
  assert(kept.length > 100 && left.length > 80, `${kept.length} of ${all.length} files`);
  const graph = await graphOf(left);
  assert(graph.includes("tests/support/test_files.ts"), "the graph has what tests import");
  const reads = /\benv\.get\("DATABASE_URL"\)/;
  for (const path of graph.filter((path) => path.startsWith("tests/"))) {
    assert(!reads.test(await Deno.readTextFile(new URL(path, ROOT))), `${path} is behind a file that is left out`);
  }
  assert(reads.test(await Deno.readTextFile(new URL("tests/support/database.ts", ROOT))), "database.ts reads it");
});

Deno.test("every file of tests is in one group, and those that begin programs or browsers are alone", async () => {
  const all = await testFiles("tests");
  const groups = await groupsOf(all);
  assertEquals(groups.flat().toSorted(), all.toSorted());
  const alone = new Set(groups.filter(({ length }) => length === 1).flat());
  for (const file of await filesOfPages(all)) assert(alone.has(file), file);
});
