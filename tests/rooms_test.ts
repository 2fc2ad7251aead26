/**
 * Tests of how the files of src depend on each other: imports point down the order of folders, and none goes in a circle, so
 * that a file can be read, and moved, with what it needs alone.
 */

import { assert, assertEquals } from "@std/assert";
import { circlesOf, type Import, importsOf, readImports } from "./support/imports.ts";

/**
 * The folders of src from the top down. A folder imports what stands below its line; those of one line do not know each
 * other. A new folder gets its place here.
 */
const ORDER = [
  "main simulator console",
  // Commands: one asks a running program, another is done by parts of app.
  "cli",
  // The composition root, and the only one that knows all adapters.
  "app",
  // Variables are read by the rules of who uses their values; those get the values handed in.
  "config",
  "http kafka",
  "workflows doctor issues",
  "replay stream overview reconcile",
  "runs approvals",
  "flows entities explorer",
  "actions agents backup coverage sources ingest retention",
  "events installations idempotency calls guard changes breakers access",
  "schedules",
  "signals",
  "engine verify profiles",
  "queue secrets audit clockify",
  "db egress",
  "telemetry limits",
  "base",
].map((line) => line.split(" "));

/** What a profile is: data that every folder may read as a type. */
const DATA = ["src/profiles/profile.ts"];

/** Imports that point up all the same, "from -> to", each with its reason. This list only gets shorter. */
const EXCEPTIONS: Readonly<Record<string, string>> = {};

function folderOf(path: string): string {
  const [, folder] = path.split("/");
  return folder!.includes(".") ? "main" : folder!;
}

function lineOf(path: string): number {
  return ORDER.findIndex((line) => line.includes(folderOf(path)));
}

function pointsUp({ from, to, typeOnly }: Import): boolean {
  if (folderOf(from) === folderOf(to) || (typeOnly && DATA.includes(to))) return false;
  return lineOf(from) >= lineOf(to);
}

Deno.test("every folder of src has its place in the order", async () => {
  const imports = await readImports();
  assert(imports.length > 1_000, `${imports.length} imports found`);
  const files = new Set(imports.flatMap(({ from, to }) => [from, to]));
  assertEquals([...files].filter((file) => lineOf(file) === -1), []);
});

Deno.test("imports point down the order of folders, but for the exceptions, each of which is needed", async () => {
  const up = (await readImports()).filter(pointsUp).map(({ from, to }) => `${from} -> ${to}`);
  assertEquals([...new Set(up)].sort(), Object.keys(EXCEPTIONS).sort());
});

Deno.test("no files import each other in a circle, not even types", async () => {
  assertEquals(circlesOf(await readImports()), []);
});

Deno.test("importsOf() finds each form of an import, and says which are of types alone", () => {
  const text = `
import { a } from "./a.ts";
import type { B } from "../queue/b.ts";
import {
  type C,
  type D,
} from "./c.ts";
import { type E, f } from "./f.ts";
import "./g.ts";
export { h } from "./h.ts";
export type { I } from "./i.ts";
import { readFile } from "node:fs";
const lazy = await import("./j.ts");
`;
  assertEquals(
    importsOf({ path: "src/db/x.ts", text }).map(({ to, typeOnly }) => [to, typeOnly]),
    [
      ["src/db/a.ts", false],
      ["src/queue/b.ts", true],
      ["src/db/c.ts", true],
      ["src/db/f.ts", false],
      ["src/db/g.ts", false],
      ["src/db/h.ts", false],
      ["src/db/i.ts", true],
      ["src/db/j.ts", false],
    ],
  );
});

Deno.test("pointsUp() and circlesOf() see what they are for", () => {
  const one = (from: string, to: string, typeOnly = false): Import => ({ from, to, typeOnly });
  assertEquals(pointsUp(one("src/flows/a.ts", "src/queue/b.ts")), false);
  assertEquals(pointsUp(one("src/queue/b.ts", "src/flows/a.ts", true)), true);
  assertEquals(pointsUp(one("src/flows/a.ts", "src/entities/b.ts")), true, "of one line");
  assertEquals(pointsUp(one("src/clockify/a.ts", "src/profiles/profile.ts", true)), false);
  assertEquals(pointsUp(one("src/clockify/a.ts", "src/profiles/profile.ts")), true);
  assertEquals(
    circlesOf([one("a", "b"), one("b", "c"), one("c", "a"), one("c", "d"), one("e", "e")]),
    [["a", "b", "c"], ["e"]],
  );
  const meetsAgain = [one("a", "b"), one("a", "c"), one("b", "d"), one("c", "d")];
  assertEquals(circlesOf(meetsAgain), []);
  assertEquals(
    circlesOf([...meetsAgain, one("e", "f"), one("f", "g"), one("g", "e"), one("g", "h"), one("h", "g")]),
    [["e", "f", "g", "h"]],
  );
});
