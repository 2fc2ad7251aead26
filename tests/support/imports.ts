/** Who imports whom in src and tests, for tests that read the tree and for what runs them. */

import { dirname, normalize } from "node:path/posix";
import { readSources, type Source } from "./sources.ts";

export interface Import {
  /** Paths from the root of the repository: "src/queue/queue.ts". */
  from: string;
  to: string;
  /** It is gone when the program runs. */
  typeOnly: boolean;
}

/** `import ... from "./x.ts"`, `export ... from`, `import "./x.ts"` and `import("./x.ts")`; of packages none. */
const IMPORT = /^(?:import|export)\s+(?:(type)\s+)?(?:([^;"']*?)\s*from\s*)?"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"/gm;

/** All imports of one file of src by another. */
export async function readImports(): Promise<Import[]> {
  return (await readSources()).flatMap(importsOf);
}

export function importsOf(source: Source): Import[] {
  return relativeImports(source).filter(({ to }) => to.startsWith("src/"));
}

/** Gives, for a file of src or tests, the files that load with it: itself, and what it imports but for types, however far. */
export async function closures(): Promise<(path: string) => ReadonlySet<string>> {
  const sources = (await Promise.all((["src", "tests"] as const).map((folder) => readSources(folder)))).flat();
  const loadedBy = new Map(
    sources.map((source) => [source.path, relativeImports(source).filter(({ typeOnly }) => !typeOnly)]),
  );
  return (path) => {
    // A set gives what is added while one goes through it, too.
    const found = new Set([path]);
    for (const file of found) for (const { to } of loadedBy.get(file) ?? []) found.add(to);
    return found;
  };
}

function relativeImports({ path, text }: Source): Import[] {
  return [...text.matchAll(IMPORT)].map(([, type, names = "", address, lazy]): Import => ({
    from: path,
    to: normalize(`${dirname(path)}/${address ?? lazy}`),
    typeOnly: type !== undefined || onlyTypes(names),
  }));
}

/** `{ type A, type B }` */
function onlyTypes(names: string): boolean {
  const inner = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
  if (inner === undefined) return false;
  const each = inner.split(",").map((name) => name.trim()).filter((name) => name !== "");
  return each.length > 0 && each.every((name) => name.startsWith("type "));
}

/** Files that import each other in a circle, each circle's sorted; by Tarjan's strongly connected components. */
export function circlesOf(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...targets.get(from) ?? [], to]);
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string) => {
    order.set(file, order.size);
    low.set(file, order.get(file)!);
    stack.push(file);
    for (const target of targets.get(file) ?? []) {
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) low.set(file, Math.min(low.get(file)!, low.get(target)!));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1 || targets.get(file)?.includes(file)) circles.push(circle.sort());
  };
  for (const file of targets.keys()) if (!order.has(file)) visit(file);
  return circles;
}
