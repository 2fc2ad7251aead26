/** JSON Patch (RFC 6902): a list of changes to a JSON value, by JSON Pointers (RFC 6901). */

import { AppError } from "./errors.ts";

/** One change. `from` is of move and copy, `value` of add, replace and test. */
export interface PatchOperation {
  /** What is done. */
  op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  /** JSON Pointer of the place. */
  path: string;
  /** JSON Pointer of where the value is taken from. */
  from?: string;
  /** JSON. */
  value?: unknown;
}

type Container = Record<string, unknown> | unknown[];

/**
 * The value with all changes made, in their order; `value` itself stays as it is. Throws REQUEST_INVALID that names the first
 * change which cannot be made.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const order = { id: "7", tags: ["a"] };
 * assertEquals(applyPatch(order, [{ op: "add", path: "/tags/-", value: "b" }]), { id: "7", tags: ["a", "b"] });
 * assertEquals(applyPatch(order, [{ op: "move", from: "/id", path: "/key" }]), { key: "7", tags: ["a"] });
 * ```
 */
export function applyPatch(value: unknown, operations: readonly PatchOperation[]): unknown {
  const holder = { root: structuredClone(value) };
  operations.forEach((operation, index) => apply(holder, operation, index));
  return holder.root;
}

function apply(holder: { root: unknown }, { op, path, from, value }: PatchOperation, index: number): void {
  const refuse = (why: string): never => {
    throw new AppError("REQUEST_INVALID", `Cannot change the input: patch[${index}] ${why}`);
  };
  const needed = (pointer: string | undefined) => pointer ?? refuse("needs from");
  const taken = () => structuredClone(read(holder, needed(from), refuse));
  switch (op) {
    case "test":
      if (canonical(read(holder, path, refuse)) !== canonical(value)) refuse("finds another value at its path");
      return;
    case "add":
      return write(holder, { path, value: structuredClone(value ?? null), inserts: true }, refuse);
    case "replace":
      read(holder, path, refuse);
      return write(holder, { path, value: structuredClone(value ?? null), inserts: false }, refuse);
    case "remove":
      return remove(holder, path, refuse);
    case "copy":
      return write(holder, { path, value: taken(), inserts: true }, refuse);
    case "move": {
      if (path === from) return void read(holder, path, refuse);
      if (path.startsWith(`${needed(from)}/`)) refuse("moves a value into itself");
      const value = taken();
      remove(holder, from!, refuse);
      return write(holder, { path, value, inserts: true }, refuse);
    }
  }
}

type Refuse = (why: string) => never;

/** The names of a pointer, below the holder's own. */
function namesOf(pointer: string, refuse: Refuse): string[] {
  if (pointer !== "" && !pointer.startsWith("/")) refuse("has no JSON Pointer as its path");
  return ["root", ...pointer.split("/").slice(1).map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"))];
}

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}

function read(holder: { root: unknown }, pointer: string, refuse: Refuse): unknown {
  return namesOf(pointer, refuse).reduce<unknown>((value, name) => {
    if (!isContainer(value) || !has(value, name)) refuse("names a place that is not there");
    return (value as Record<string, unknown>)[name];
  }, holder);
}

function has(value: Container, name: string): boolean {
  return Array.isArray(value) ? indexOf(value, name) !== undefined : Object.hasOwn(value, name);
}

/** Of an entry that is there. */
function indexOf(list: readonly unknown[], name: string): number | undefined {
  return /^(0|[1-9]\d{0,9})$/.test(name) && Number(name) < list.length ? Number(name) : undefined;
}

function parentOf(holder: { root: unknown }, pointer: string, refuse: Refuse): { parent: Container; name: string } {
  const name = namesOf(pointer, refuse).at(-1)!;
  const parent = pointer === "" ? holder : read(holder, pointer.slice(0, pointer.lastIndexOf("/")), refuse);
  return isContainer(parent) ? { parent, name } : refuse("names a place that is not there");
}

function write(
  holder: { root: unknown },
  { path, value, inserts }: { path: string; value: unknown; inserts: boolean },
  refuse: Refuse,
): void {
  const { parent, name } = parentOf(holder, path, refuse);
  if (Array.isArray(parent)) {
    const index = name === "-" ? parent.length : name === String(parent.length) ? parent.length : indexOf(parent, name);
    if (index === undefined) return refuse("names a place that is not there");
    parent.splice(index, inserts ? 0 : 1, value);
    return;
  }
  // A name of an object's prototype becomes a name of its own.
  Object.defineProperty(parent, name, { value, configurable: true, enumerable: true, writable: true });
}

function remove(holder: { root: unknown }, path: string, refuse: Refuse): void {
  read(holder, path, refuse);
  if (path === "") refuse("removes the whole input");
  const { parent, name } = parentOf(holder, path, refuse);
  if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else delete parent[name];
}

/** The same text for equal values. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value ?? null,
    (_, one) =>
      isContainer(one) && !Array.isArray(one)
        ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => a < b ? -1 : 1))
        : one,
  );
}
