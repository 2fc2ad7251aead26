/** Dry run of a change whose object the test has read: what is found or made, several objects of one call, and other writes. */

import type { StepRead } from "../../actions/test_reads.ts";
import { ownId, partsOf, viewAfter } from "../../changes/recorder.ts";
import { type Change, changesBetween, type FullReplace, mergeWritten, writtenOf } from "../../clockify/full_replace.ts";
import { objectWriteOf } from "../../clockify/object_writes.ts";
import type { Operation } from "../../clockify/operations.ts";
import { isObject } from "../../engine/faults.ts";
import { listed } from "../compare/words.ts";

type Fields = Record<string, unknown>;

export interface DryRunChange {
  /**
   * merge: read, changed, written back. replace: sent as it is. find: looked for, and made when there is none. create, update
   * and delete: other writes, in a test that makes reads.
   */
  mode: "merge" | "replace" | "find" | "create" | "update" | "delete";
  noun: string;
  /** operationId of the read that is made when the step runs; null when there is none. */
  reads: string | null;
  /**
   * The object as it was read, else as the event shows it, in the fields that are written; null where neither is. Of several
   * objects by their ids, and empty for what is made.
   */
  before: Fields | null;
  /** The object as it would be written; null where `before` is. */
  after: Fields | null;
  /** Differences between `before` and `after`; without them the fields that the action names, with null as before. */
  changed: Change[];
  /** What a replace leaves out: with the value that goes, or null where it is not known. */
  loses: { field: string; before: unknown }[];
  /** A sentence for people. */
  summary: string;
}

type Made = Extract<StepRead, { kind: "made" }>;

/** Of what is looked for by its name. */
export function foundOf(
  { objects }: Made,
  { noun, find, body }: { noun: string; find: string; body: unknown },
): DryRunChange {
  const named = isObject(body) ? body : {};
  const name = typeof named.name === "string" ? `, "${named.name}",` : "";
  const found = objects?.find(isObject);
  if (found) {
    const summary = `The ${noun} of exactly this name${name} is there: it is taken, and nothing is made.`;
    return { mode: "find", noun, reads: find, before: found, after: found, changed: [], loses: [], summary };
  }
  const summary = `There is no ${noun} of exactly this name${name} so it is made.`;
  const changed = changesBetween({}, named);
  return { mode: "find", noun, reads: find, before: {}, after: named, changed, loses: [], summary };
}

/** Of a call that changes several objects: by their ids. */
export function listOf(
  objects: readonly Fields[],
  { replace, body }: { replace: FullReplace; body: unknown },
): DryRunChange {
  const items = Array.isArray(body) ? body.filter(isObject) : [];
  const before: Fields = {};
  const after: Fields = {};
  const changed = objects.flatMap((object, index) => {
    const id = String(object.id ?? index);
    const was = writtenOf(replace, object);
    const is = mergeWritten(replace, was, items[index] ?? {});
    before[id] = was;
    after[id] = is;
    return changesBetween(was, is).filter(({ field }) => field !== "id")
      .map((change) => ({ ...change, field: `${id}: ${change.field}` }));
  });
  const summary = changed.length === 0
    ? `Changes nothing: all ${objects.length} are so already, and nothing is written.`
    : `Changes ${objects.length} objects of the kind ${replace.noun}; everything else of them stays.`;
  return { mode: "merge", noun: replace.noun, reads: null, before, after, changed, loses: [], summary };
}

/** Of a write that is no full replace; null where nothing is known of its object. */
export function otherOf(
  operation: Operation,
  { object, input }: { object: Fields | undefined; input: Fields },
): DryRunChange | null {
  const row = objectWriteOf(operation);
  if (!row) return null;
  const { noun } = row;
  const body = isObject(input.body) ? input.body : {};
  if (row.id === "answer" && !row.items) {
    const changed = changesBetween({}, body);
    const summary = `Makes one more of the kind ${noun}.`;
    return { mode: "create", noun, reads: null, before: {}, after: body, changed, loses: [], summary };
  }
  if (!object) return null;
  const own = partsOf({
    operation,
    pathParams: isObject(input.path_params) ? input.path_params : {},
    queryParams: isObject(input.query_params) ? input.query_params : {},
    body: input.body,
    installation: { id: 0 },
  });
  const parts = { ...own, id: ownId(row, own) };
  if (row.undo.kind === "recreate") {
    const before = row.whole?.(object, parts) ?? object;
    const loses = Object.entries(before).filter(([, value]) => value !== null && value !== undefined)
      .map(([field, value]) => ({ field, before: value }));
    const summary = `Deletes the ${noun}.`;
    return { mode: "delete", noun, reads: null, before, after: {}, changed: [], loses, summary };
  }
  const before = row.view(object, parts);
  const after = viewAfter(row, parts, { before: object });
  if (Object.keys(after).length === 0) return null;
  const changed = changesBetween(before, after);
  const summary = changed.length === 0
    ? `Changes nothing of the ${noun}: it is so already.`
    : `Changes ${listed(changed.map(({ field }) => field))} of the ${noun}.`;
  return { mode: "update", noun, reads: null, before, after, changed, loses: [], summary };
}
