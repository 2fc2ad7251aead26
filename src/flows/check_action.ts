/** What is wrong with an action's operation and parameters, asked of the catalogue when a flow is saved. */

import { type Catalogue, checkOperationInput, type Operation } from "../clockify/operations.ts";
import { type Fault, unknownName } from "../engine/faults.ts";
import { toAppError } from "../errors.ts";
import type { FlowAction } from "./definition.ts";

/** Faults with paths relative to the action, as in "path_params.id". */
export function checkClockifyAction(catalogue: Catalogue, action: FlowAction): Fault[] {
  let operation: Operation | undefined;
  try {
    operation = catalogue.find(action.operation_id);
  } catch (error) {
    // An ambiguous operationId: the sentence names the candidates.
    return [{ path: "operation_id", message: toAppError(error).message }];
  }
  if (!operation) {
    const known = catalogue.list().map(({ operationId }) => operationId);
    return [{ path: "operation_id", message: unknownName(action.operation_id, known) }];
  }
  return checkOperationInput(operation, {
    pathParams: action.path_params,
    queryParams: action.query_params,
    body: action.body,
  });
}
