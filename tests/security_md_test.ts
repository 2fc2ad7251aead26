/** Test of SECURITY.md: each test that it names to show a line is there. */

import assert from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);

Deno.test("every test that SECURITY.md names is there", async () => {
  const text = await Deno.readTextFile(new URL("SECURITY.md", ROOT));
  const files = new Map<string, string>();
  let named = 0;
  for (const [, path, titles] of text.matchAll(/`(tests\/[\w/]+\.ts)`((?:,? "[^"]+")*)/g)) {
    if (!files.has(path!)) files.set(path!, await Deno.readTextFile(new URL(path!, ROOT)));
    for (const [, title] of titles!.matchAll(/"([^"]+)"/g)) {
      named++;
      assert.ok(files.get(path!)!.includes(title!), `${path} has no "${title}"`);
    }
  }
  assert.ok(named > 50, `${named} named`);
});
