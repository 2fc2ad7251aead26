/**
 * Bundles the programs that tests start and kill into the folder that its argument names, a file each: `startChild` takes those
 * of the folder TEST_PROGRAMS. Loading their 800 modules one by one was a third of each start.
 */

import { build } from "vite";

const ROOT = new URL("../../", import.meta.url);
const SUPPORT = new URL("./", import.meta.url);
const [outDir] = Deno.args;

const names = (await Array.fromAsync(Deno.readDir(SUPPORT))).flatMap(({ name }) =>
  /^(\w+_program)\.ts$/.exec(name)?.[1] ?? []
);
await build({
  configFile: false,
  root: ROOT.pathname,
  logLevel: "error",
  build: {
    ssr: true,
    // Deno knows all of the language: what is rewritten for older engines would import helpers.
    target: "esnext",
    outDir,
    emptyOutDir: false,
    rollupOptions: {
      input: Object.fromEntries(names.map((name) => [name, new URL(`${name}.ts`, SUPPORT).pathname])),
      // Packages stay packages: their versions and places are those of deno.json.
      external: (id) => !/^[./]/.test(id),
    },
  },
  plugins: [{
    name: "places",
    enforce: "pre",
    // What lies beside a source is found by the source's own place.
    transform: (code, id) => code.replaceAll("import.meta.url", JSON.stringify(`file://${id}`)),
  }],
});
