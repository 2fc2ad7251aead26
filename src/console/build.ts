/** `deno task console:build`: builds the console into src/console/dist when its sources changed since; start, demo and test call it. */

import { createHash } from "node:crypto";

const HERE = new URL("./", import.meta.url);
const STAMP = new URL("dist/stamp", HERE);

/** Hash of all that the build is made of. */
async function fingerprint(): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify(JSON.parse(await Deno.readTextFile(new URL("../../deno.json", HERE))).imports));
  for (const file of await sourcesIn(HERE)) {
    hash.update(file.pathname.slice(HERE.pathname.length)).update(await Deno.readFile(file));
  }
  return hash.digest("hex");
}

async function sourcesIn(folder: URL): Promise<URL[]> {
  const found: URL[] = [];
  for (const entry of await Array.fromAsync(Deno.readDir(folder))) {
    if (entry.isFile) found.push(new URL(entry.name, folder));
    else if (!/^\.?dist/.test(entry.name)) found.push(...await sourcesIn(new URL(`${entry.name}/`, folder)));
  }
  return found.sort((a, b) => a.pathname < b.pathname ? -1 : 1);
}

const wanted = await fingerprint();
const built = await Deno.readTextFile(STAMP).catch(() => "");
if (built !== wanted) {
  // Vite finds packages in a node_modules folder alone; the program itself has none.
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--node-modules-dir=auto", new URL("bundle.ts", HERE).href],
    cwd: new URL("../../", HERE),
  }).output().then(async (result) => {
    if (result.code !== 0) {
      await Deno.stdout.write(result.stdout);
      await Deno.stderr.write(result.stderr);
    }
    return result;
  });
  if (code !== 0) {
    console.error("Cannot build the console: see above");
    Deno.exit(1);
  }
  await Deno.writeTextFile(STAMP, wanted);
}
