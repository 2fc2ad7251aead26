/** Paths into a definition, spelt as the server spells them in faults: "actions[1].path_params.projectId". Pure. */

import type { Fault } from "../shell/client.ts";

/** The path of `key` below `path`: `at("rules", 0)` is `rules[0]`, `at("body", "a b")` is `body["a b"]`. */
export function at(path: string, key: string | number): string {
  if (typeof key === "number") return `${path}[${key}]`;
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** True for `place` itself and for all below it. */
export function isWithin(path: string, place: string): boolean {
  return path === place || place === "" || path.startsWith(`${place}.`) || path.startsWith(`${place}[`);
}

/** Faults that the field of `place` shows: its own and those of the parts inside its value. */
export function faultsAt(faults: readonly Fault[], place: string): Fault[] {
  return faults.filter(({ path }) => isWithin(path, place));
}

/** The path and all that it lies in, innermost first: where the focus may go when the place itself has no field. */
export function enclosingPaths(path: string): string[] {
  const paths = [path];
  let inner = path;
  while (inner !== "") {
    inner = parentOf(inner);
    paths.push(inner);
  }
  return paths;
}

/** What stands at the place in a definition; undefined when nothing does. */
export function valueAt(definition: unknown, path: string): unknown {
  const steps = path.match(/\["(?:[^"\\]|\\.)*"\]|\[\d+\]|[\w-]+/g) ?? [];
  return steps.reduce<unknown>((value, step) => {
    if (typeof value !== "object" || value === null) return undefined;
    const key = step.startsWith("[") ? JSON.parse(step.slice(1, -1)) : step;
    return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  }, definition);
}

function parentOf(path: string): string {
  const quoted = /\["(?:[^"\\]|\\.)*"\]$/.exec(path);
  if (quoted) return path.slice(0, quoted.index);
  return path.slice(0, Math.max(0, path.lastIndexOf("."), path.lastIndexOf("[")));
}
