/** The files of src and tests, for what reads the tree. */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";

export interface Source {
  /** From the root of the repository: "src/queue/queue.ts". */
  path: string;
  /** Without its comments. */
  text: string;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** All TypeScript files of a folder, src when none is named, by path. */
export async function readSources(folder: "src" | "tests" = "src"): Promise<Source[]> {
  const sources: Source[] = [];
  await read(`${ROOT}${folder}`, sources);
  return sources.sort((a, b) => a.path < b.path ? -1 : 1);
}

async function read(folder: string, sources: Source[]): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory && name !== "dist" && name !== "node_modules") await read(path, sources);
    else if (/\.tsx?$/.test(name)) {
      sources.push({ path: relative(ROOT, path), text: withoutComments(await Deno.readTextFile(path)) });
    }
  }
}

/** Comments that fill a line or end one; a "//" within a string, as in an address, stays. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, "");
}
