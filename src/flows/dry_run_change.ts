/**
 * Dry run of a change: what an action would change of an object, before and after where the event shows the object, and
 * what a replace loses.
 */

import { findOrCreateOf } from "../clockify/find_or_create.ts";
import {
  type Change,
  changesBetween,
  type FullReplace,
  fullReplaceOf,
  lossOf,
  mergeWritten,
  writtenOf,
} from "../clockify/full_replace.ts";
import { builtinCatalogue, type Catalogue, type Operation } from "../clockify/operations.ts";
import { withoutStaleNulls } from "../clockify/literal_nulls.ts";
import { isObject } from "../engine/faults.ts";
import type { FlowAction } from "./definition.ts";
import { operationOf } from "./results.ts";
import { listed } from "./compare_words.ts";

type Fields = Record<string, unknown>;

export interface DryRunChange {
  /** merge: read, changed, written back. replace: sent as it is. find: looked for, and made when there is none. */
  mode: "merge" | "replace" | "find";
  noun: string;
  /** operationId of the read that is made when the step runs; null when there is none. */
  reads: string | null;
  /** The object as the event shows it, in the fields that are written; null when the event is none of this object. */
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

export interface ChangeContext {
  catalogue: Catalogue;
  /** The event's body. */
  event: unknown;
  /** The action's input with its expressions resolved. */
  input: Fields;
}

/** Null for an action that changes no whole object. */
export function changeOf(action: FlowAction, { catalogue, event, input }: ChangeContext): DryRunChange | null {
  if (action.type !== "clockify") return null;
  const wanted = findOrCreateOf(action.operation_id);
  if (wanted) {
    const { noun, find } = wanted;
    const name = isObject(input.body) ? input.body.name : undefined;
    const summary = `Looks for the ${noun} of exactly this name${
      typeof name === "string" ? `, "${name}",` : ""
    } and makes it when there is none.`;
    return { mode: "find", noun, reads: find, before: null, after: null, changed: [], loses: [], summary };
  }
  const operation = operationOf(catalogue, action.operation_id);
  if (!operation) return null;
  const replace = fullReplaceOf(operation);
  if (replace) return wholeOf(action.replace === true, { replace, operation, event, input });
  const loss = lossOf(operation);
  if (loss === undefined) return null;
  const summary = `Replaces without a read before: what is lost is ${loss}.`;
  const none = { before: null, after: null, changed: [], loses: [] };
  return { mode: "replace", noun: "object", reads: null, ...none, summary };
}

function wholeOf(
  sendsAsIs: boolean,
  { replace, operation, event, input }: {
    replace: FullReplace;
    operation: Operation;
    event: unknown;
    input: Fields;
  },
): DryRunChange {
  const { noun } = replace;
  const body = sendsAsIs ? input.body : withoutStaleNulls(input.body, input.nulls as string[] | undefined);
  const named = isObject(body) ? body : {};
  const shown = shownBy(event, { replace, operation, input });
  const before = shown && writtenOf(replace, shown);
  if (sendsAsIs) {
    const gone = before ? Object.keys(before) : Object.keys(replace.fields);
    const loses = gone.filter((field) => !Object.hasOwn(named, field) && isThere(before ? before[field] : true))
      .map((field) => ({ field, before: before?.[field] ?? null }));
    const summary = loses.length === 0
      ? `Replaces the whole ${noun} with what the body says.`
      : `Replaces the whole ${noun}: ${listed(loses.map(({ field }) => wordsOf(field)))} ${
        before ? "would be lost" : "would be lost where set"
      }.`;
    const changed = before ? changesBetween(before, named) : [];
    return { mode: "replace", noun, reads: null, before: before ?? null, after: named, changed, loses, summary };
  }
  const reads = builtinCatalogue().find(replace.read)!.operationId;
  if (!before) {
    const changed = Object.entries(named).map(([field, after]) => ({ field, before: null, after }));
    const summary = `The ${noun} is read when the step runs; only ${
      listed(Object.keys(named)) || "nothing"
    } changes, everything else stays.`;
    return { mode: "merge", noun, reads, before: null, after: null, changed, loses: [], summary };
  }
  const after = mergeWritten(replace, before, named);
  const changed = changesBetween(before, after);
  const summary = changed.length === 0
    ? `Changes nothing: the ${noun} is so already, and nothing is written.`
    : `Changes ${listed(changed.map(({ field }) => field))} of the ${noun}; everything else stays.`;
  return { mode: "merge", noun, reads, before, after, changed, loses: [], summary };
}

/** The event's body, when it is the object that the action changes. */
function shownBy(
  event: unknown,
  { replace, operation, input }: { replace: FullReplace; operation: Operation; input: Fields },
): Fields | undefined {
  if (!isObject(event) || replace.isList || !isObject(input.path_params)) return undefined;
  const name = operation.pathParams.at(-1)!;
  const id = input.path_params[name];
  return name !== "workspaceId" && typeof id === "string" && event.id === id ? event : undefined;
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0);
}

/** What losing the field means, where its name does not say so. */
function wordsOf(field: string): string {
  return field === "end" ? "end (the timer would run again)" : field;
}
