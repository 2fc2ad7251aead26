/** "Make this a flow step": a call as an action of a flow. */

import { isTemplate } from "../clockify/operation_input.ts";
import { operationKey } from "../clockify/operations.ts";
import type { Catalogue } from "../clockify/operations.ts";
import { at } from "../engine/faults.ts";
import type { Prepared } from "./prepare.ts";

type Fields = Record<string, unknown>;

export interface FlowStep {
  /** As a flow's `actions` take it. */
  action: Fields;
  /** Texts that a flow would take for expressions. */
  warnings: { path: string; message: string }[];
}

/** `replace` is what the call said. */
export function flowStepOf(
  { operation, pathParams, queryParams, body }: Prepared,
  { catalogue, replace }: { catalogue: Catalogue; replace: boolean },
): FlowStep {
  const warnings: FlowStep["warnings"] = [];
  walk({ query_params: queryParams, body }, "", warnings);
  return {
    action: {
      id: idOf(operation.operationId),
      type: "clockify",
      operation_id: isUnique(catalogue, operation.operationId) ? operation.operationId : operationKey(operation),
      path_params: pathParams,
      query_params: queryParams,
      ...(body !== undefined && { body }),
      ...(replace && { replace }),
    },
    warnings,
  };
}

/** `createNewTag` becomes `create_new_tag`. */
function idOf(operationId: string): string {
  const id = operationId.replaceAll(/([a-z\d])([A-Z])/g, "$1_$2").replaceAll(/[^A-Za-z0-9_-]+/g, "_").toLowerCase();
  return id.slice(0, 64) || "call";
}

function isUnique(catalogue: Catalogue, operationId: string): boolean {
  try {
    return catalogue.find(operationId) !== undefined;
  } catch {
    return false;
  }
}

function walk(value: unknown, path: string, warnings: FlowStep["warnings"], depth = 0): void {
  if (warnings.length >= 20 || depth > 50) return;
  if (isTemplate(value)) {
    warnings.push({ path, message: "is an expression in a flow, and was plain text in this call" });
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(item, at(path, index), warnings, depth + 1);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) walk(item, at(path, name), warnings, depth + 1);
  }
}
