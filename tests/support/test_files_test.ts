/** Tests of what the runs of tests leave out and put together. */

import { assert, assertEquals } from "@std/assert";
import { filesOfDatabases, groupsOf, testFiles } from "./test_files.ts";

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

Deno.test("every file of tests is in one group, and what begins servers or ends connections of its database is alone", async () => {
  const all = await testFiles("tests");
  const groups = await groupsOf(all);
  assertEquals(groups.flat().toSorted(), all.toSorted());
  const isAlone = (file: string) => /^tests\/(e2e|db)\//.test(file);
  for (const group of groups) assert(group.length === 1 || !group.some(isAlone), group.join());
});

Deno.test("a file that begins a world where it loads has an isolate of its own", async () => {
  const folder = await Deno.makeTempDir({ prefix: "timewire-files-" });
  try {
    const [begins, first, second] = ["a", "b", "c"].map((name) => `${folder}/${name}_test.ts`) as [
      string,
      string,
      string,
    ];
    await Deno.writeTextFile(begins, "const world = await startConsoleWorld({ sample: false });\n");
    for (const file of [first, second]) {
      await Deno.writeTextFile(file, "Deno.test.beforeAll(async () => {\n  world = await startWorld();\n});\n");
    }
    assertEquals(await groupsOf([begins, first, second]), [[first, second], [begins]]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
