/** Every operation that writes, with what is known of its object and its undo. */

import type { ObjectWrite } from "./object_write.ts";
import { BUSINESS_ROWS } from "./object_write_business.ts";
import { TRACKING_ROWS, W } from "./object_write_rows.ts";
import { type Operation, operationKey, shapeOf } from "./operations.ts";

const ROWS = {
  ...TRACKING_ROWS,
  ...BUSINESS_ROWS,
  [`POST ${W}/projects/from-template`]: TRACKING_ROWS[`POST ${W}/projects`]!,
};
const BY_SHAPE = new Map(Object.entries(ROWS).map(([key, row]) => [shapeOf(key), row]));

/** True for an operation that the table knows; others of a catalogue from a file can be made and not undone. */
export function isKnownWrite(operation: Pick<Operation, "method" | "path">): boolean {
  return BY_SHAPE.has(shapeOf(operationKey(operation)));
}

/** What the operation writes; undefined for one that reads. */
export function objectWriteOf(operation: Pick<Operation, "method" | "path" | "access">): ObjectWrite | undefined {
  if (operation.access === "read") return undefined;
  return BY_SHAPE.get(shapeOf(operationKey(operation))) ?? unknown(operation);
}

/** The same by the `METHOD /path` that a change was stored with. */
export function objectWriteNamed(key: string): ObjectWrite {
  const space = key.indexOf(" ");
  return BY_SHAPE.get(shapeOf(key)) ?? unknown({ path: key.slice(space + 1) });
}

/** `METHOD /path` of each row. */
export function objectWriteKeys(): string[] {
  return Object.keys(ROWS);
}

function unknown({ path }: Pick<Operation, "path">): ObjectWrite {
  const parts = path.split("/").filter((part) => part !== "" && !part.startsWith("{"));
  const name = parts.at(-1) ?? "object";
  return {
    entity: name.replaceAll("-", "_"),
    noun: name.replaceAll("-", " "),
    id: /\{(\w+)\}$/.exec(path)?.[1],
    view: () => ({}),
    undo: { kind: "none", reason: "the operation is none that this version knows how to read and undo" },
  };
}
