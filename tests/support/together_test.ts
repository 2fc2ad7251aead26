/** Tests of what runs several files in one isolate, by the deno that runs them: each file keeps hooks of its own, and fails alone. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

/** Two files and the module that loads both; what happens is printed. */
const FILES: Record<string, string> = {
  "a_test.ts": `
    Deno.test.beforeAll(() => console.log("> begins a"));
    Deno.test.beforeEach(() => console.log("> before each of a"));
    Deno.test.afterEach(() => console.log("> after each of a"));
    Deno.test.afterAll(() => console.log("> ends a"));
    Deno.test("by name", () => console.log("> a by name"));
    Deno.test({ name: "by definition", fn: (t) => console.log("> a", t.name) });
    Deno.test("with options", { ignore: true }, () => console.log("> ignored"));
    Deno.test(function byFunction() { throw new Error("on purpose"); });
    Deno.test("with a step", async (t) => void await t.step("inner", () => console.log("> a inner")));`,
  "b_test.ts": `
    const begun = "b";
    Deno.test.beforeAll(() => console.log("> begins " + begun));
    Deno.test.afterAll(() => { throw new Error("cannot end b"); });
    Deno.test("of b", () => console.log("> b"));`,
  "c_test.ts": `
    Deno.test.beforeAll(() => { throw new Error("cannot begin c"); });
    Deno.test("first of c", () => console.log("> never"));
    Deno.test("second of c", () => console.log("> never"));`,
  "d_test.ts": `
    Deno.test.afterAll(() => console.log("> ends d"));
    Deno.test({ name: "of d", ignore: true, fn: () => {} });`,
  "e_test.ts": `
    Deno.test.beforeAll(() => console.log("> never"));
    Deno.test.afterAll(() => console.log("> never"));
    Deno.test({ name: "of e", ignore: true, fn: () => {} });`,
};

async function run(...flags: string[]): Promise<{ code: number; text: string; happened: string[] }> {
  const folder = await Deno.makeTempDir({ prefix: "timewire-together-" });
  try {
    for (const [name, text] of Object.entries(FILES)) await Deno.writeTextFile(`${folder}/${name}`, text);
    const lines = [
      `import { addFile, isKept } from ${JSON.stringify(new URL("together.ts", import.meta.url).href)};`,
      ...Object.keys(FILES).map((name) => `await addFile("${name}", () => import("./${name}"));`),
      `console.log("> kept", isKept(() => console.log("> stops")), isKept(() => console.log("> stops too")));`,
    ];
    await Deno.writeTextFile(`${folder}/all_test.ts`, lines.join("\n"));
    const args = ["test", "-A", "--no-check", ...flags, `${folder}/all_test.ts`];
    const options = { args, env: { NO_COLOR: "1" } };
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), options).output();
    const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    const happened = [...text.matchAll(/^> (.*)$/gm)].map(([, line]) => line!);
    return { code, text, happened };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ofA = (...lines: string[]) => ["before each of a", ...lines, "after each of a"];

Deno.test("files in one isolate keep their hooks, tests keep their names and places, and what fails is said", async () => {
  const { code, text, happened } = await run();
  assertEquals(happened, [
    "kept true true",
    "begins a",
    ...ofA("a by name"),
    ...ofA("a by definition"),
    ...ofA(),
    ...ofA("a inner"),
    "ends a",
    "begins b",
    "b",
    "ends d",
    "stops",
    "stops too",
  ]);
  for (const name of ["by name", "by definition", "with a step", "of b"]) {
    assertMatch(text, new RegExp(`^${name} \\.\\.\\..*ok`, "ms"));
  }
  for (const name of ["with options", "of d", "of e"]) assertMatch(text, new RegExp(`^${name} \\.\\.\\. ignored`, "m"));
  for (const name of ["byFunction", "first of c", "second of c"]) {
    assertMatch(text, new RegExp(`^${name} \\.\\.\\. FAILED`, "m"));
  }
  assertMatch(text, /^byFunction => .*a_test\.ts:9:10$/m);
  for (const reason of ["on purpose", "cannot begin c", "What ends b_test.ts failed"]) {
    assertStringIncludes(text, reason);
  }
  assertEquals(code, 1);
});

Deno.test("of files in one isolate those with a wanted test begin and end", async () => {
  const { code, happened } = await run("--filter=by name");
  assertEquals(happened, ["kept true true", "begins a", ...ofA("a by name"), "ends a", "ends d", "stops", "stops too"]);
  assertEquals(code, 0);
});
