/** Prints the test files of the named folders that no database can change: `deno run -A tests/support/pure_files.ts tests/http`. */

import { filesOfDatabases, testFiles } from "./test_files.ts";

const files = (await Promise.all(Deno.args.map(testFiles))).flat();
const ofDatabases = new Set(await filesOfDatabases(files));
console.log(files.filter((file) => !ofDatabases.has(file)).join("\n"));
