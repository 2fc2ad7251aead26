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
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await filesOfPages(path));
    else if (name.endsWith("_test.ts") && BROWSER_IMPORT.test(await Deno.readTextFile(path))) found.push(path);
  }
  return found.sort();
}

const named = Deno.args.filter((arg) => !arg.startsWith("-"));
const flags = Deno.args.filter((arg) => arg.startsWith("-"));
const given = flags.filter((flag) => flag.startsWith("--ignore=")).map((flag) => flag.slice("--ignore=".length));
const ignored = [...given, ...missing.flatMap(({ files }) => files)];
for (const { sentence, files } of missing) console.warn(`Left out, ${files.length} files of tests. ${sentence}`);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["test", "-A", ...flags.filter((flag) => !flag.startsWith("--ignore="))],
    ...(ignored.length > 0 ? [`--ignore=${ignored.join()}`] : []),
    ...(named.length > 0 ? named : ["tests/"]),
  ],
}).spawn().status;
for (const { sentence, files } of missing) console.warn(`Left out, ${files.length} files of tests. ${sentence}`);
Deno.exit(code === 0 && missing.length > 0 && Deno.env.get("CI") ? 1 : code);
