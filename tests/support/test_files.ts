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

/** Some of their files begin servers where they load, and tests of the database end its connections under it. */
const ALONE = /(^|\/)tests\/(e2e|db)\//;
/** At the left margin: a world that begins where its file loads, on the database that the other files would empty. */
const WORLD_AT_LOAD = /^\S.*\bawait start\w*World\(/m;
/** In one isolate: loading the program and opening the embedded database cost 2 s of a processor, what files leave behind stays. */
const MOST = 60;

/** Files that may share an isolate, folder after folder. */
export async function groupsOf(files: string[]): Promise<string[][]> {
  const isAlone = await Promise.all(
    files.map(async (file) => ALONE.test(file) || WORLD_AT_LOAD.test(await Deno.readTextFile(file))),
  );
  const alone = files.filter((_, index) => isAlone[index]);
  const others = files.filter((_, index) => !isAlone[index]);
  const groups: string[][] = [];
  for (const folder of Map.groupBy(others, (file) => file.slice(0, file.lastIndexOf("/"))).values()) {
    const last = groups.at(-1);
    if (last && last.length + folder.length <= MOST) last.push(...folder);
    else groups.push(folder);
  }
  return [...groups, ...alone.map((file) => [file])];
}

async function filesThatImport(target: string, files: string[]): Promise<string[]> {
  const closureOf = await closures();
  return files.filter((file) => closureOf(file).has(target));
}
