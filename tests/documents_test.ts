/** Tests of the pages for people: what they name to show a line is there, and what they link to leads somewhere. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { dirname } from "node:path";
import { type Page, readPages } from "./support/readme.ts";

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
        assert(files.get(path!)!.includes(title!), `${page}: ${path} has no "${title}"`);
      }
    }
  }
  const [asvs, walls] = ["docs/asvs.md", "docs/security.md"].map((page) => named.get(page) ?? 0);
  assert(asvs! > 100 && walls! > 15, `${asvs} and ${walls} named`);
});

Deno.test("every link within the repository leads to a file, and to a heading where it names one", async () => {
  for (const { path: page, text } of PAGES) {
    for (const [, target] of text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      const [file, anchor] = target!.split("#");
      const path = file === "" ? page : new URL(file!, new URL(`${dirname(page)}/`, ROOT));
      const to = typeof path === "string" ? new URL(path, ROOT) : path;
      assert((await Deno.stat(to).catch(() => undefined))?.isFile, `${page} links to ${target}`);
      if (anchor !== undefined) {
        assert(anchors(await Deno.readTextFile(to)).has(anchor), `${page} links to ${target}`);
      }
    }
  }
});

Deno.test("every page that code, tests or pages name is there, with the headings they name", async () => {
  const pages = new Map(PAGES.map(({ path, text }) => [path, text]));
  pages.set("fixtures/README.md", await Deno.readTextFile(new URL("fixtures/README.md", ROOT)));
  let headings = 0;
  for (const { path, text } of [...PAGES, ...await sources()]) {
    for (const [named] of text.matchAll(/(?<![\w*])[\w./-]*\w\.md\b/g)) {
      const candidates = [
        named,
        `${dirname(path)}/${named}`,
        new URL(named, new URL(path, "file:///")).pathname.slice(1),
      ];
      assert(candidates.some((one) => pages.has(one)), `${path} names ${named}, which is not in the repository`);
    }
    for (const [, page, names] of text.matchAll(/(docs\/[\w-]+\.md)((?:,? "[^"\n]+")+)/g)) {
      for (const [, heading] of names!.matchAll(/"([^"]+)"/g)) {
        headings++;
        const written = new RegExp(`^#+ ${RegExp.escape(heading!)}$`, "m");
        assertMatch(pages.get(page!) ?? "", written, `${path} names "${heading}" of ${page}`);
      }
    }
  }
  assert(headings > 25, `${headings} headings named`);
});

Deno.test("no comment cites a numbered line of a document that is not in the repository", async () => {
  const CITED =
    /\brequirements? [A-Z]+[.\d]|\b(?:document|source) 0\d\d\b|\((?:[A-Z]\d{1,3})(?:(?:,|;| and| to) [A-Z]\d{1,3})*\)/;
  for (const { path, text } of await sources()) {
    for (const line of text.split("\n")) {
      if (/^\s*(?:\/\/|\/?\*|--)|\s\/\/ /.test(line)) assertNotMatch(line, CITED, `${path}: ${line.trim()}`);
    }
  }
});

/** Words for which docs/glossary.md has a better one; tests/console/words_test.ts has the same for the console. */
const REPLACED =
  /\b(?:told|nobody|anew|(?:is|are) due|are (?:not )?taken|under way|in force|(?:obey|heed|honou?r)(?:s|ed)?|time limit)\b/gi;

Deno.test("the pages use the trade's words", () => {
  for (const { path, text } of PAGES) {
    // Titles of tests are quoted as they are.
    const prose = text.replaceAll(/`tests\/[\w/]+\.ts`(?:,? "[^"]+")*/g, "");
    assertEquals(prose.match(REPLACED) ?? [], [], path);
  }
});

/** Words that a person does not search for, and those of docs/glossary.md that stand for them. */
const OTHER_WORDS: readonly [RegExp, instead: string][] = [
  [/\b(?:told|tells)\b/gi, "reported, returned, sent, shown"],
  [/\b(?:is|are) due\b/gi, "expected ..."],
  [/\b(?:(?:is|are) not|are) taken\b/gi, "are not supported, are rejected"],
  [/\bnobody\b/gi, "no one, or unguessable"],
  [/\banew\b/gi, "again"],
  [/\bin force\b/gi, "effective"],
  [/\bunder way\b/gi, "in progress"],
  [/\b(?:heeds|honou?rs|obey\w*)\b/gi, "applies"],
  [/\btries in all\b/gi, "maximum attempts"],
  [/\bstands beside\b/gi, "cannot be combined with"],
];

Deno.test("errors, descriptions, metrics, pages and comments of src use the trade's words", async () => {
  const found: string[] = [];
  for (const { path, text } of await sources()) {
    if (!path.startsWith("src/")) continue;
    for (const [words, instead] of OTHER_WORDS) {
      for (const { 0: word, index } of text.matchAll(words)) {
        found.push(`${path}:${text.slice(0, index).split("\n").length}: "${word}" (use: ${instead})`);
      }
    }
  }
  assertEquals(found, []);
});

/** The texts of src/, tests/ and migrations/, without what a build made. */
async function sources(): Promise<Page[]> {
  const found: Page[] = [];
  const look = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
      if (isDirectory && !/^\.?dist/.test(name)) await look(`${folder}${name}/`);
      if (/\.(?:tsx?|js|css|sql)$/.test(name)) {
        found.push({ path: `${folder}${name}`, text: await Deno.readTextFile(new URL(`${folder}${name}`, ROOT)) });
      }
    }
  };
  for (const folder of ["src/", "tests/", "migrations/"]) await look(folder);
  return found;
}

/** The names under which a page's headings are reached, as code hosts make them. */
function anchors(page: string): Set<string> {
  return new Set(
    [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-")
    ),
  );
}
