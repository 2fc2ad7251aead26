/** The console and the simulator use the trade's words, in what people read and in comments. */

import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

/** Words that were used once, and the words in their place: docs/glossary.md has the list. */
const BETTER: [RegExp, string][] = [
  [/\b(?:is|was|are|were|be|been)? ?told\b|\btells\b/i, "reported, returned, notified"],
  [/\b(?:is|are) due\b/i, "expected; scheduled"],
  [/\b(?:is|are|was|were) (?:not )?taken\b/i, "accepted, supported, rejected"],
  [/\bnobody\b|\banew\b/i, "no one; again"],
  [/\b(?:obey|heed|honou?r)(?:s|ed)?\b/i, "applies"],
  [/\bunder way\b/i, "in progress"],
  [/\bgo(?:es)? on\b/i, "resume, continue"],
  [/\btries\b|\btries? in all\b/i, "attempts; maximum attempts"],
  [/\bhalf are\b|\b95 of 100\b/i, "median, 95th percentile"],
  [/\blonger by the factor\b/i, "backoff multiplier"],
  [/\bmake (?:the|a) source\b/i, "create source"],
  [/\bin force\b/i, "effective value; applies"],
  [/\bin (?:the|his|her|a user's) name\b/i, "act as user"],
  [/\bbudget\b(?=[^.:,]* (?:was|is) empty)|\brate budget\b/i, "rate limit"],
  [/\btime limit in\b/i, "timeout"],
  [/\bon (?:its|the|their) way\b/i, "in flight"],
  [/\btrial\b/i, "dry run"],
  [/>(?:Way|Took|Began|Due|Part|Check)</, "delivery path; duration; started; scheduled; component; authentication"],
  [/"(?:Fine|Look at it|Good to know)"/, "OK; warning; note"],
];

Deno.test("the console and the simulator use the trade's words", async () => {
  const found: string[] = [];
  let files = 0;
  for await (const path of sources("src/console/", "src/simulator/")) {
    files++;
    const text = await Deno.readTextFile(new URL(path, ROOT));
    for (const [index, line] of text.split("\n").entries()) {
      for (const [word, better] of BETTER) {
        const [hit] = word.exec(line) ?? [];
        if (hit !== undefined) found.push(`${path}:${index + 1}: "${hit.trim()}", better: ${better}`);
      }
    }
  }
  assert(files > 180, `${files} files read`);
  assertEquals(found, []);
});

Deno.test("the table finds what it is for, and leaves its better words alone", () => {
  const hits = (text: string) => BETTER.filter(([word]) => word.test(text)).length;
  for (
    const text of [
      "what it was told",
      "the next one is due",
      "values are not taken",
      "it goes on",
      "Tries in all",
      "Half are faster than",
      "In force",
      ">Way<",
    ]
  ) assert(hits(text) > 0, text);
  for (const text of ["Median", "95th percentile", "Maximum attempts", "Resume", "In progress", "Delivery path"]) {
    assertEquals(hits(text), 0, text);
  }
});

/** Files that people or newcomers read; not the types that are written by a program, nor what a build made. */
async function* sources(...folders: string[]): AsyncGenerator<string> {
  for (const folder of folders) {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
      if (isDirectory && name !== "node_modules" && !/^\.?dist/.test(name)) yield* sources(`${folder}${name}/`);
      else if (/\.(?:tsx?|js|css|html)$/.test(name) && name !== "wire.ts") yield `${folder}${name}`;
    }
  }
}
