/**
 * `deno task test [file or folder or flag ...]`: the tests, or those that are named, with what this machine has. Files that
 * need a part that is missing are left out, with one sentence a part; with CI set that is a failure.
 */

import { chromiumPath } from "./browser.ts";

const BROWSER_IMPORT = /from "[./]*support\/browser\.ts"/;

const missing: { sentence: string; files: string[] }[] = [];
try {
  chromiumPath();
} catch (error) {
  missing.push({ sentence: (error as Error).message, files: await filesOfPages("tests") });
}

/** Test files that open a browser. */
async function filesOfPages(folder: string): Promise<string[]> {
  const files = await testFiles(folder);
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  return files.filter((_, index) => BROWSER_IMPORT.test(texts[index]!));
}

/** A folder's test files, in the order of their names; of a file itself. */
async function testFiles(path: string): Promise<string[]> {
  if (!(await Deno.stat(path)).isDirectory) return [path];
  const entries = await Array.fromAsync(Deno.readDir(path));
  const found = await Promise.all(
    entries.map(({ name, isDirectory }) => {
      if (isDirectory) return testFiles(`${path}/${name}`);
      return name.endsWith("_test.ts") ? [`${path}/${name}`] : [];
    }),
  );
  return found.flat().sort();
}

const IGNORE = "--ignore=";
const named = Deno.args.filter((arg) => !arg.startsWith("-")).map((path) => path.replace(/\/+$/, ""));
const flags = Deno.args.filter((arg) => arg.startsWith("-") && !arg.startsWith(IGNORE));
const ignored = Deno.args.filter((arg) => arg.startsWith(IGNORE)).flatMap((arg) => arg.slice(IGNORE.length).split(","));
const left = [...ignored, ...missing.flatMap(({ files }) => files)];
// Files by name: of several folders Deno 2.9 leaves out nothing, and of a workspace's own folder nothing or all.
const all = (await Promise.all((named.length > 0 ? named : ["tests"]).map(testFiles))).flat();
const files = all.filter((file) => !left.some((path) => file === path || file.startsWith(`${path}/`)));

const sayMissing = () => {
  for (const { sentence, files } of missing) console.warn(`Left out, ${files.length} files of tests. ${sentence}`);
};
sayMissing();
const { code } = await new Deno.Command(Deno.execPath(), { args: ["test", "-A", ...flags, ...files] }).spawn().status;
sayMissing();
Deno.exit(code === 0 && missing.length > 0 && Deno.env.get("CI") ? 1 : code);
