/** Bundles the console by Vite into src/console/dist, with each asset compressed beside itself. Run by build.ts. */

import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

const HERE = new URL("./", import.meta.url);
const DIST = new URL("dist/", HERE);
/** Built beside, then put in place: a failed or interrupted build leaves the present one as it was. */
const NEXT = new URL(`.dist-${Deno.pid}/`, HERE);

await build({
  root: HERE.pathname,
  // Assets are named relative to the page; http/api/console.ts gives them whole paths.
  base: "./",
  logLevel: "error",
  build: {
    outDir: NEXT.pathname,
    emptyOutDir: true,
    target: "es2022",
    // Under the page's policy a data: URL would be refused, and the polyfill is not needed by these browsers.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});

for await (const { name } of Deno.readDir(new URL("assets/", NEXT))) {
  const file = new URL(`assets/${name}`, NEXT);
  const bytes = await Deno.readFile(file);
  await Deno.writeFile(new URL(`${file.href}.gz`), gzipSync(bytes, { level: 9 }));
  await Deno.writeFile(
    new URL(`${file.href}.br`),
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  );
}
await Deno.remove(DIST, { recursive: true }).catch(() => {});
await Deno.rename(NEXT, DIST);
