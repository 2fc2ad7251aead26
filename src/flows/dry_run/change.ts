/**
 * Dry run of a change: what an action would change of an object, before and after where the event shows the object or the
 * test has read it, and what a replace loses.
 */

import { findOrCreateOf } from "../../clockify/find_or_create.ts";
import {
  changesBetween,
  type FullReplace,
  fullReplaceOf,
  lossOf,
  mergeWritten,
  writtenOf,
} from "../../clockify/full_replace.ts";
import { builtinCatalogue, type Catalogue, type Operation } from "../../clockify/operations.ts";
import { withoutStaleNulls } from "../../clockify/literal_nulls.ts";
import { isObject } from "../../engine/faults.ts";
import type { StepRead } from "../../actions/test_reads.ts";
import type { FlowAction } from "../shape/definition.ts";
import { type DryRunChange, foundOf, listOf, otherOf } from "./read_change.ts";
import { operationOf } from "../parse/results.ts";
import { listed } from "../compare/words.ts";

export type { DryRunChange } from "./read_change.ts";

type Fields = Record<string, unknown>;

export interface ChangeContext {
  catalogue: Catalogue;
  /** The event's body. */
  event: unknown;
  /** The action's input with its expressions resolved. */
  input: Fields;
  /** What the test has read for the action; undefined where reads are assumed. */
  read?: StepRead;
}

/** Null for an action that changes no whole object. */
export function changeOf(action: FlowAction, { catalogue, event, input, read }: ChangeContext): DryRunChange | null {
  if (action.type !== "clockify") return null;
  const wanted = findOrCreateOf(action.operation_id);
  if (wanted) {
    const { noun, find } = wanted;
    if (read?.kind === "made") return foundOf(read, { noun, find, body: input.body });
    const name = isObject(input.body) ? input.body.name : undefined;
    const summary = `Looks for the ${noun} of exactly this name${
      typeof name === "string" ? `, "${name}",` : ""
    } and makes it when there is none.`;
    return { mode: "find", noun, reads: find, before: null, after: null, changed: [], loses: [], summary };
  }
  const operation = operationOf(catalogue, action.operation_id);
  if (!operation) return null;
  const replace = fullReplaceOf(operation);
  const objects = read?.kind === "made" ? read.objects?.filter(isObject) : undefined;
  if (replace) {
    if (replace.isList && objects && objects.length > 1) return listOf(objects, { replace, body: input.body });
    return wholeOf(action.replace === true, { replace, operation, event, input, object: objects?.[0] });
  }
  const other = read && otherOf(operation, { object: objects?.[0], input });
  if (other) return other;
  const loss = lossOf(operation);
  if (loss === undefined) return null;
  const summary = `Replaces without a read before: what is lost is ${loss}.`;
  const none = { before: null, after: null, changed: [], loses: [] };
  return { mode: "replace", noun: "object", reads: null, ...none, summary };
}

function wholeOf(
  sendsAsIs: boolean,
  { replace, operation, event, input, object }: {
    replace: FullReplace;
    operation: Operation;
    event: unknown;
    input: Fields;
    object: Fields | undefined;
  },
): DryRunChange {
  const { noun } = replace;
  const body = sendsAsIs ? input.body : withoutStaleNulls(input.body, input.nulls as string[] | undefined);
  const one = replace.isList && Array.isArray(body) && body.length === 1 ? body[0] : body;
  const named = isObject(one) ? one : {};
  const shown = object ?? shownBy(event, { replace, operation, input });
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
