/** Tests of src/db/share_asked.ts: one question for all who ask it at once, and a new one afterwards. */

import { assertEquals } from "@std/assert";
import { shareAsked } from "../../src/db/share_asked.ts";

Deno.test("shareAsked() asks once for all who ask the same at once, apart for others, and again afterwards", async () => {
  let asked = 0;
  const ask = shareAsked((addon: string, workspace: string) => Promise.resolve(`${addon} ${workspace} ${++asked}`));
  assertEquals(await Promise.all([ask("a", "b"), ask("a", "b"), ask("a", "c")]), ["a b 1", "a b 1", "a c 2"]);
  assertEquals(await ask("a", "b"), "a b 3");
});

Deno.test("shareAsked() keeps no failure", async () => {
  let away = true;
  const ask = shareAsked((_: number) => away ? Promise.reject(new Error("away")) : Promise.resolve("there"));
  for (const answer of await Promise.allSettled([ask(1), ask(1)])) assertEquals(answer.status, "rejected");
  away = false;
  assertEquals(await ask(1), "there");
});
