/** Reads a shape so that every fault is said at once: what fields say beside each other is asked also where one of them is wrong. */

import type { z } from "zod";
import { type Fault, isObject } from "../../engine/faults.ts";
import { faultsOf, type KnownKeys } from "./parts.ts";

/** Right values for fields that cannot be left out, by where they stand: `event.event_types`, `cases.*` for each of them. */
export type StandIns = Readonly<Record<string, unknown>>;

/** What was read, `value` when all of it is right. */
export interface ReadShape<Value> {
  value?: Value;
  /** Where something is wrong: the value with that left out, for checks whose faults are said beside these. */
  mended?: Value;
  faults: Fault[];
}

/** Of an input with more wrong fields than this they alone are said. */
const MAX_MENDED = 100;

/**
 * What `read` makes of the input as the schema has it. Where fields are wrong it reads the input without them, or with what stands
 * in for them, and what it finds wrong elsewhere is said as well.
 */
export function readShape<Schema extends z.ZodType, Value>(
  schema: Schema,
  input: unknown,
  { path, keys, standIns = {} }: { path: string; keys: KnownKeys; standIns?: StandIns },
  read: (data: z.infer<Schema>) => { value: Value; faults: Fault[] },
): ReadShape<Value> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return read(parsed.data);
  const faults = faultsOf(parsed.error, path, keys);
  const { issues } = parsed.error;
  if (issues.length > MAX_MENDED) return { faults };
  const rest = schema.safeParse(issues.reduce((mended, issue) => mend(mended, issue, standIns), input));
  if (!rest.success) return { faults };
  const { value, faults: others } = read(rest.data);
  return { mended: value, faults: [...faults, ...besides(faults, others)] };
}

/** Those of `others` that are not at, or below, what `faults` says already. */
export function besides(faults: readonly Fault[], others: readonly Fault[]): Fault[] {
  return others.filter(({ path }) =>
    !faults.some((known) =>
      path === known.path || path.startsWith(`${known.path}.`) || path.startsWith(`${known.path}[`)
    )
  );
}

function mend(input: unknown, issue: z.core.$ZodIssue, standIns: StandIns): unknown {
  if (issue.code === "unrecognized_keys") {
    const unknown = new Set(issue.keys);
    return changeAt(input, issue.path, (place) => isObject(place) ? without(place, unknown) : place);
  }
  const last = issue.path.at(-1);
  if (last === undefined) return input;
  const place = issue.path.map((key) => typeof key === "string" ? key : "*").join(".");
  if (Object.hasOwn(standIns, place)) return changeAt(input, issue.path, () => standIns[place]);
  return changeAt(
    input,
    issue.path.slice(0, -1),
    (holder) => isObject(holder) ? without(holder, new Set([String(last)])) : holder,
  );
}

function without(object: Record<string, unknown>, keys: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.has(key)));
}

/** A copy with one place changed. */
function changeAt(
  value: unknown,
  [key, ...rest]: readonly PropertyKey[],
  change: (place: unknown) => unknown,
): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value)) return value.with(Number(key), changeAt(value[Number(key)], rest, change));
  if (!isObject(value)) return value;
  return { ...value, [key]: changeAt(value[String(key)], rest, change) };
}
