/**
 * `deno task test [file or folder or flag ...]`: the tests, or those that are named, with what this machine has. Files that
 * need a part that is missing are left out, with one sentence a part; with CI set that is a failure. `--of-databases` leaves
 * out what cannot differ from one database to the other. Files share isolates.
 */

import { chromiumPath } from "./browser.ts";
import { filesOfDatabases, filesOfPages, groupsOf, testFiles } from "./test_files.ts";

const IGNORE = "--ignore=";
const OF_DATABASES = "--of-databases";
const named = Deno.args.filter((arg) => !arg.startsWith("-")).map((path) => path.replace(/\/+$/, ""));
const flags = Deno.args.filter((arg) => arg.startsWith("-") && !arg.startsWith(IGNORE) && arg !== OF_DATABASES);
const ignored = Deno.args.filter((arg) => arg.startsWith(IGNORE)).flatMap((arg) => arg.slice(IGNORE.length).split(","));

const missing: { sentence: string; files: string[] }[] = [];
try {
  chromiumPath();
} catch (error) {
  missing.push({ sentence: (error as Error).message, files: await filesOfPages(await testFiles("tests")) });
}

const left = [...ignored, ...missing.flatMap(({ files }) => files)];
// Files by name: of several folders Deno 2.9 leaves out nothing, and of a workspace's own folder nothing or all.
const all = (await Promise.all((named.length > 0 ? named : ["tests"]).map(testFiles))).flat();
const wanted = all.filter((file) => !left.some((path) => file === path || file.startsWith(`${path}/`)));
const files = Deno.args.includes(OF_DATABASES) ? await filesOfDatabases(wanted) : wanted;
const isFailure = missing.length > 0 && Deno.env.get("CI") !== undefined;

const sayMissing = () => {
  for (const { sentence, files } of missing) console.warn(`Left out, ${files.length} files of tests. ${sentence}`);
};
sayMissing();
// Without a file Deno would run all there are.
if (files.length === 0) Deno.exit(isFailure ? 1 : 0);
const folder = await Deno.makeTempDir({ prefix: "timewire-tests-" });
const entries = await Promise.all((await groupsOf(files)).map(entryOf));
const { code } = await new Deno.Command(Deno.execPath(), { args: ["test", "-A", ...flags, ...entries] }).spawn().status
  .finally(() => Deno.remove(folder, { recursive: true }));
sayMissing();
Deno.exit(code === 0 && isFailure ? 1 : code);

/** The file itself, or a module that loads all files of a group. */
async function entryOf(files: string[]): Promise<string> {
  const [first] = files;
  if (files.length === 1) return first!;
  const addressOf = (path: string) => JSON.stringify(new URL(path, `file://${Deno.cwd()}/`).href);
  const path = `${folder}/${first!.slice(0, first!.lastIndexOf("/")).replaceAll("/", "_")}_test.ts`;
  await Deno.writeTextFile(
    path,
    [
      `import { addFile } from ${addressOf("tests/support/together.ts")};`,
      ...files.map((file) => `await addFile(${JSON.stringify(file)}, () => import(${addressOf(file)}));`),
    ].join("\n"),
  );
  return path;
}
