/** What differs between two versions of a workflow, step by step. */

import { isDeepStrictEqual } from "node:util";
import { isObject } from "../engine/faults.ts";
import type { WorkflowDefinition } from "./definition.ts";

export interface Difference {
  /** As in `steps.classify.input_mapping.text`. */
  path: string;
  kind: "added" | "removed" | "changed";
  /** Null where it is added. */
  before: unknown;
  /** Null where it is removed. */
  after: unknown;
}

/** Whole steps that are added or removed; of others each field that differs, lists as a whole. */
export function compareWorkflows(before: WorkflowDefinition, after: WorkflowDefinition): Difference[] {
  const facts = ({ start_step, steps, input_schema, description }: WorkflowDefinition) => ({
    description: description ?? null,
    start_step,
    input_schema: input_schema ?? null,
    steps,
  });
  return differences(facts(before), facts(after), "");
}

function differences(before: unknown, after: unknown, path: string): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [{ path, kind: "changed", before, after }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name): Difference[] => {
    const place = path === "" ? name : `${path}.${name}`;
    const [old, next] = [before[name], after[name]];
    if (old === undefined && next === undefined) return [];
    if (old === undefined) return [{ path: place, kind: "added", before: null, after: next }];
    if (next === undefined) return [{ path: place, kind: "removed", before: old, after: null }];
    return differences(old, next, place);
  });
}
