/** Tests of what stands in for @std/dotenv. */

import { assertEquals, assertRejects } from "@std/assert";
import { load, parse } from "@std/dotenv";

Deno.test("parse() reads names, quotes, comments and lines, and leaves a $ as it was written", () => {
  const text = [
    "# a comment",
    "PLAIN=one two # and why",
    "export EXPORTED=yes",
    "SINGLE='as $it is # whole'",
    'LINES="first\\nsecond"',
    "MONEY=pa$$word",
    "EMPTY=",
  ].join("\n");
  assertEquals(parse(text), {
    PLAIN: "one two",
    EXPORTED: "yes",
    SINGLE: "as $it is # whole",
    LINES: "first\nsecond",
    MONEY: "pa$$word",
    EMPTY: "",
  });
});

Deno.test("load() gives what the file has, none without one, and exports what the environment lacks", async () => {
  const folder = await Deno.makeTempDir();
  const envPath = `${folder}/.env`;
  try {
    assertEquals(await load({ envPath }), {});
    assertEquals(await load({ envPath: null }), {});
    await Deno.writeTextFile(envPath, "TIMEWIRE_DOTENV_A=file\nTIMEWIRE_DOTENV_B=file\n");
    Deno.env.set("TIMEWIRE_DOTENV_A", "process");
    const both = { TIMEWIRE_DOTENV_A: "file", TIMEWIRE_DOTENV_B: "file" };
    assertEquals(await load({ envPath }), both);
    assertEquals(Deno.env.get("TIMEWIRE_DOTENV_B"), undefined);
    assertEquals(await load({ envPath, export: true }), both);
    assertEquals([Deno.env.get("TIMEWIRE_DOTENV_A"), Deno.env.get("TIMEWIRE_DOTENV_B")], ["process", "file"]);
    await assertRejects(() => load({ envPath: folder }));
  } finally {
    Deno.env.delete("TIMEWIRE_DOTENV_A");
    Deno.env.delete("TIMEWIRE_DOTENV_B");
    await Deno.remove(folder, { recursive: true });
  }
});
