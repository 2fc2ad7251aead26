/** The files of tests, and what each needs: a browser, a database, an isolate for itself. */

import { closures } from "./imports.ts";

/** Whoever imports it learns whether the tests run on the embedded database or on a server, and nobody else does. */
const DATABASE = "tests/support/database.ts";
const BROWSER = "tests/support/browser.ts";

/** A folder's test files, in the order of their names, as paths from the root of the repository; of a file itself. */
export async function testFiles(path: string): Promise<string[]> {
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

/** Those that open a browser. */
export function filesOfPages(files: string[]): Promise<string[]> {
  return filesThatImport(BROWSER, files);
}

/** Those whose tests may differ from one database to the other. */
export function filesOfDatabases(files: string[]): Promise<string[]> {
  return filesThatImport(DATABASE, files);
}

/** Some of their files begin servers and programs where they load, and tests of the database end its connections under it. */
const ALONE = ["tests/e2e", "tests/db"];

/** Files of one folder that may share an isolate; pages open a browser where their file loads, so each has its own. */
export async function groupsOf(files: string[]): Promise<string[][]> {
  const pages = new Set(await filesOfPages(files));
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const folder = file.slice(0, file.lastIndexOf("/"));
    const name = ALONE.includes(folder) || pages.has(file) ? file : folder;
    groups.set(name, [...groups.get(name) ?? [], file]);
  }
  return [...groups.values()];
}

async function filesThatImport(target: string, files: string[]): Promise<string[]> {
  const closureOf = await closures();
  return files.filter((file) => closureOf(file).has(target));
}
