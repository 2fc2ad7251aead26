/**
 * Evaluates a path on JSON: plain loops over own properties, each value that is looked at charged to a budget of work.
 */

import { AppError } from "../base/errors.ts";
import { cut } from "./faults.ts";
import type { Path, Segment } from "./path.ts";
import { createWorkBudget, WORK, type WorkBudget } from "./work_budget.ts";

/** Most values that a path with wildcards may give. */
const MAX_FOUND = 10_000;
/** Listing the keys of an object of 450,000 takes 0.14 s: of one with more than these it is done once, to count them. */
const WIDE = 10_000;

/**
 * The value at a definite path, or undefined; for any other path the list of the values found, possibly empty: lists in their
 * order, objects in that of their keys, a value before what is below it. Sees own properties only, and none of text. Throws
 * EXPRESSION_FAILED: WorkSpent when the budget is spent, and when more than 10,000 values are found.
 */
export function evaluatePath(
  path: Path,
  scope: unknown,
  work: WorkBudget = createWorkBudget(WORK.path, "one path"),
): unknown {
  let value = scope;
  for (const key of path.head) {
    value = typeof key === "number" ? fromEnd(value, key) : own(value, key);
    if (value === undefined) return path.definite ? undefined : [];
  }
  if (path.definite) return value;
  if (typeof value !== "object" || value === null) return [];
  return known(value, path, work);
}

/** What the path's tail gives below `root`, looked for once a budget. */
function known(root: object, path: Path, work: WorkBudget): unknown[] {
  let below = work.found.get(root);
  if (!below) work.found.set(root, below = new Map());
  let found = below.get(path.tailText);
  if (!found) below.set(path.tailText, found = select(root, path, work));
  else work.spend(1);
  // Shared by all that ask: read, never changed, as results of paths are (mapping.ts).
  return found as unknown[];
}

/**
 * Depth first, with a stack of our own: data of any depth does not exhaust the thread's. On the stack lie values and the
 * segment that comes next for each; what the last segment gives is found.
 */
function select(root: object, path: Path, work: WorkBudget): unknown[] {
  const { tail } = path;
  const found: unknown[] = [];
  const values: unknown[] = [root];
  const nexts: number[] = [0];
  const give = (value: unknown) => {
    if (found.length === MAX_FOUND) {
      throw new AppError(
        "EXPRESSION_FAILED",
        `Cannot follow ${cut(path.text)}: it gives more than ${MAX_FOUND} values`,
      );
    }
    found.push(value);
  };
  const push = (value: unknown, next: number) => {
    values.push(value);
    nexts.push(next);
  };
  while (values.length > 0) {
    const value = values.pop();
    const next = nexts.pop()!;
    const segment = tail[next]!;
    const isLast = next === tail.length - 1;
    if (segment.kind === "wildcard") {
      const children = childrenOf(value, work);
      if (isLast) children.forEach(give);
      else for (let i = children.length; i-- > 0;) if (isParent(children[i])) push(children[i], next + 1);
      continue;
    }
    if (segment.kind === "descendant") {
      const children = childrenOf(value, work);
      for (let i = children.length; i-- > 0;) if (isParent(children[i])) push(children[i], next);
    }
    work.spend(1);
    const one = step(value, segment);
    if (one === undefined) continue;
    if (isLast) give(one);
    else if (isParent(one)) push(one, next + 1);
  }
  return found;
}

function step(value: unknown, segment: Exclude<Segment, { kind: "wildcard" }>): unknown {
  if (segment.kind !== "index") return own(value, segment.name);
  return segment.index < 0 ? fromEnd(value, segment.index) : own(value, String(segment.index));
}

/** The values in a list or object, taken from the budget before they are gone through. */
function childrenOf(value: unknown, work: WorkBudget): unknown[] {
  if (Array.isArray(value)) {
    work.spend(value.length);
    return value;
  }
  if (!isParent(value)) return [];
  const wide = work.wide.size > 0 ? work.wide.get(value) : undefined;
  if (wide !== undefined) work.spend(wide);
  const keys = Object.keys(value);
  if (keys.length > WIDE) work.wide.set(value, keys.length);
  if (wide === undefined) work.spend(keys.length);
  const children = new Array<unknown>(keys.length);
  for (let i = 0; i < keys.length; i++) children[i] = (value as Record<string, unknown>)[keys[i]!];
  return children;
}

function isParent(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function own(value: unknown, name: string): unknown {
  return isParent(value) && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function fromEnd(value: unknown, index: number): unknown {
  return Array.isArray(value) ? value[value.length + index] : undefined;
}
