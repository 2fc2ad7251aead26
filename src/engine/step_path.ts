/**
 * The path of a step: what names it in its run's journal, and to receivers as the Idempotency-Key. The grammar is fixed, since
 * a key that changed would be another effect: `root/each#17/create` is the step create of item 17 of the step each.
 */

import { createHash } from "node:crypto";
import { AppError } from "../base/errors.ts";

export const STEP_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Steps of a path, the root included. */
export const MAX_PATH_DEPTH = 10;
/** Characters of a key: receivers keep them in columns of 255. */
const MAX_KEY_CHARS = 200;

export interface PathPart {
  id: string;
  /** Of a step that is walked once for each item of a list: which, from 0. */
  item?: number;
}

const PART = /^([A-Za-z0-9_-]{1,64})(?:#(0|[1-9]\d{0,8}))?$/;

/** The path of a step below `parentPath`, which is "" for the plan's root; `item` of a list. Throws RUN_LIMIT_REACHED beyond MAX_PATH_DEPTH. */
export function stepPath({ id, item }: PathPart, parentPath: string): string {
  const part = item === undefined ? id : `${id}#${item}`;
  if (parentPath === "") return part;
  if (parentPath.split("/").length >= MAX_PATH_DEPTH) {
    throw new AppError("RUN_LIMIT_REACHED", `Cannot walk step "${id}": steps may be ${MAX_PATH_DEPTH} deep`);
  }
  return `${parentPath}/${part}`;
}

/** The parts of a path, from the root; undefined for a text that is none. */
export function parsePath(path: string): PathPart[] | undefined {
  const parts = path.split("/").map((part) => PART.exec(part));
  if (parts.length > MAX_PATH_DEPTH || parts.some((part) => part === null)) return undefined;
  return parts.map((part) => {
    const [, id, item] = part!;
    return { id: id!, ...(item !== undefined && { item: Number(item) }) };
  });
}

/** The path of the step that holds this one; undefined for the root. */
export function parentOf(path: string): string | undefined {
  const end = path.lastIndexOf("/");
  return end === -1 ? undefined : path.slice(0, end);
}

/** The path of the step that has this item or list. */
export function ownerOf(path: string): string {
  return path.slice(0, path.lastIndexOf("#"));
}

/** True for the path itself, and for that of a step below it, also in one of its lists or items. */
export function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`) || path.startsWith(`${above}#`);
}

/**
 * What every try of a step carries as its Idempotency-Key, also after a person asked for the run again: `<run>/<path>`, or
 * `<run>/<SHA-256 of the path>` where that would be longer than 200 characters. Where a later plan made another request of
 * the step (`planId`), that one has a key of its own: receivers refuse a known key with another body.
 */
export function idempotencyKey(runId: string, path: string, planId: number | null = null): string {
  const plan = planId === null ? "" : `@${planId}`;
  const key = `${runId}/${path}${plan}`;
  if (key.length <= MAX_KEY_CHARS) return key;
  return `${runId}/${createHash("sha256").update(path).digest("hex")}${plan}`;
}
