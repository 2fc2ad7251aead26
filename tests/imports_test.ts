/** No circle of imports: a file can be read, and moved, with what it needs alone. */

import assert from "node:assert/strict";

const SRC = new URL("../src/", import.meta.url);
/** Rooms whose files need each other in no circle of types either. */
const ROOMS = /^(retention|stream|entities|runs|overview|coverage|installations|secrets|sources|verify|limits|base)\//;

interface Imports {
  values: string[];
  types: string[];
}

async function importsOfTree(): Promise<Map<string, Imports>> {
  const found = new Map<string, Imports>();
  const visit = async (folder: URL) => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const url = new URL(isDirectory ? `${name}/` : name, folder);
      if (isDirectory) await visit(url);
      else if (/\.tsx?$/.test(name)) found.set(nameOf(url), importsOf(url, await Deno.readTextFile(url)));
    }
  };
  await visit(SRC);
  return found;
}

const nameOf = (url: URL) => url.href.slice(SRC.href.length);

function importsOf(file: URL, text: string): Imports {
  const imports: Imports = { values: [], types: [] };
  for (const [, clause, path] of text.matchAll(/^(?:import|export) ([^;"]*?) from "(\.[^"]+)";$/gm)) {
    const named = /^\{(.*)\}$/s.exec(clause!.trim())?.[1]?.split(",").map((one) => one.trim()).filter((one) =>
      one !== ""
    );
    const isType = clause!.startsWith("type ") || named?.every((one) => one.startsWith("type ")) === true;
    imports[isType ? "types" : "values"].push(nameOf(new URL(path!, file)));
  }
  return imports;
}

/** Each way from a file back to itself, once: the files on it, in alphabetical order. */
function circles(files: Iterable<string>, next: (file: string) => readonly string[]): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (file: string, way: string[]) => {
    const at = way.indexOf(file);
    if (at !== -1) return void found.add(way.slice(at).sort().join(" "));
    if (done.has(file)) return;
    for (const one of next(file)) visit(one, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return [...found];
}

Deno.test("no file needs itself by way of others", async () => {
  const tree = await importsOfTree();
  assert.ok(tree.size > 400, `${tree.size} files`);
  const circle = circles(tree.keys(), (file) => tree.get(file)?.values ?? []);
  // The console's forms contain each other: a field of a body may be the body of an operation.
  assert.deepEqual(circle.filter((files) => !files.startsWith("console/")), []);
});

Deno.test("nor does one for its types, in rooms that hold to it", async () => {
  const tree = await importsOfTree();
  const rooms = [...tree.keys()].filter((file) => ROOMS.test(file));
  const next = (file: string) => {
    const { values = [], types = [] } = tree.get(file) ?? {};
    return [...values, ...types].filter((one) => ROOMS.test(one));
  };
  assert.deepEqual(circles(rooms, next), []);
});

Deno.test("circles() finds a circle of two and of three, and no way that only meets again", () => {
  const next: Record<string, string[]> = {
    a: ["b", "c"],
    b: ["d"],
    c: ["d"],
    d: [],
    e: ["f"],
    f: ["g"],
    g: ["e", "h"],
    h: ["g"],
  };
  assert.deepEqual(circles(Object.keys(next), (file) => next[file]!), ["e f g", "g h"]);
});
