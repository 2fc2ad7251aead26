/** Tests of the pages for people: what they name to show a line is there, and what they link to leads somewhere. */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { readPages } from "./support/readme.ts";

const ROOT = new URL("../", import.meta.url);
const PAGES = await readPages();

Deno.test("every test that SECURITY.md and docs/ name is there", async () => {
  const files = new Map<string, string>();
  const named = new Map(PAGES.map(({ path }) => [path, 0]));
  for (const { path: page, text } of PAGES) {
    for (const [, path, titles] of text.matchAll(/`(tests\/[\w/]+\.ts)`((?:,? "[^"]+")*)/g)) {
      if (!files.has(path!)) files.set(path!, await Deno.readTextFile(new URL(path!, ROOT)));
      for (const [, title] of titles!.matchAll(/"([^"]+)"/g)) {
        named.set(page, named.get(page)! + 1);
        assert.ok(files.get(path!)!.includes(title!), `${page}: ${path} has no "${title}"`);
      }
    }
  }
  const [asvs, walls] = ["docs/asvs.md", "docs/security.md"].map((page) => named.get(page) ?? 0);
  assert.ok(asvs! > 100 && walls! > 15, `${asvs} and ${walls} named`);
});

Deno.test("every link within the repository leads to a file, and to a heading where it names one", async () => {
  for (const { path: page, text } of PAGES) {
    for (const [, target] of text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      const [file, anchor] = target!.split("#");
      const path = file === "" ? page : new URL(file!, new URL(`${dirname(page)}/`, ROOT));
      const to = typeof path === "string" ? new URL(path, ROOT) : path;
      assert.ok((await Deno.stat(to).catch(() => undefined))?.isFile, `${page} links to ${target}`);
      if (anchor !== undefined) {
        assert.ok(anchors(await Deno.readTextFile(to)).has(anchor), `${page} links to ${target}`);
      }
    }
  }
});

/** The names under which a page's headings are reached, as code hosts make them. */
function anchors(page: string): Set<string> {
  return new Set(
    [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-")
    ),
  );
}
