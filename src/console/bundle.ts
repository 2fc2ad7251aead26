/** Bundles the console by Vite into src/console/dist, with each asset compressed beside itself. Run by build.ts. */

import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build, type Plugin } from "vite";

const HERE = new URL("./", import.meta.url);
const DIST = new URL("dist/", HERE);
/** Built beside, then put in place: a failed or interrupted build leaves the present one as it was. */
const NEXT = new URL(`.dist-${Deno.pid}/`, HERE);

/** What start.tsx needs, named in the page: it is loaded while the catalogue is, and not only when it is asked for. */
const preloaded: Plugin = {
  name: "timewire:preloaded",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle = {} }) {
      const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
      const first = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith("/start.tsx"));
      if (!first) throw new Error("The bundle has no chunk of start.tsx");
      const wanted = new Set([first]);
      for (const chunk of wanted) {
        for (const one of chunks) if (chunk.imports.includes(one.fileName)) wanted.add(one);
      }
      const styles = new Set([...wanted].flatMap(({ viteMetadata }) => [...viteMetadata?.importedCss ?? []]));
      const links = [
        ...[...wanted].map(({ fileName }) => ({ rel: "modulepreload", file: fileName })),
        ...[...styles].map((file) => ({ rel: "stylesheet", file })),
      ];
      return links.filter(({ file }) => !html.includes(file)).map(({ rel, file }) => ({
        tag: "link",
        attrs: { rel, crossorigin: true, href: `./${file}` },
        injectTo: "head",
      }));
    },
  },
};

await build({
  root: HERE.pathname,
  plugins: [preloaded],
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
