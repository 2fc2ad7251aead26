/** What is wrong with an action that only its room knows, asked when a flow is saved: the operation, or the address. */

import { headerFaults, takesBody } from "../actions/http_request.ts";
import { literalValue } from "../actions/http_secrets.ts";
import { findOrCreateOf, findOrCreates } from "../clockify/find_or_create.ts";
import { fullReplaceOf } from "../clockify/full_replace.ts";
import { type Catalogue, checkOperationInput, type Operation } from "../clockify/operations.ts";
import type { EgressAllow } from "../egress/allow.ts";
import { addressFault, ownAddresses } from "../egress/classify.ts";
import { readTarget } from "../egress/target.ts";
import { at, type Fault, isObject, unknownName } from "../engine/faults.ts";
import { toAppError } from "../errors.ts";
import type { ClockifyFlowAction, FlowAction, HttpFlowAction } from "./definition.ts";

export interface ActionChecks {
  catalogue: Catalogue;
  egressAllow: EgressAllow;
}

/** Faults with paths relative to the action, as in "path_params.id". */
export function checkAction({ catalogue, egressAllow }: ActionChecks, action: FlowAction): Fault[] {
  return action.type === "http" ? checkHttpAction(action, egressAllow) : checkClockifyAction(catalogue, action);
}

function checkClockifyAction(catalogue: Catalogue, action: ClockifyFlowAction): Fault[] {
  let operation: Operation | undefined;
  try {
    operation = findOrCreateOf(action.operation_id)?.operation ?? catalogue.find(action.operation_id);
  } catch (error) {
    // An ambiguous operationId: the sentence names the candidates.
    return [{ path: "operation_id", message: toAppError(error).message }];
  }
  if (!operation) {
    const ours = findOrCreates().map((one) => one.operation);
    const known = [...catalogue.list(), ...ours].map(({ operationId }) => operationId);
    return [{ path: "operation_id", message: unknownName(action.operation_id, known) }];
  }
  const merge = action.replace ? undefined : fullReplaceOf(operation);
  const faults = checkOperationInput(operation, {
    pathParams: action.path_params,
    queryParams: action.query_params,
    body: action.body,
    isMerged: merge !== undefined,
  });
  if (action.replace && !fullReplaceOf(operation)) {
    faults.push({ path: "replace", message: "is for operations that replace a whole object; this one does not" });
  }
  if (
    merge && !merge.isList && (!isObject(action.body) ? action.body == null : Object.keys(action.body).length === 0)
  ) {
    faults.push({
      path: "body",
      message: `must name what changes of the ${merge.noun}: everything else stays as it is`,
    });
  }
  return faults;
}

/** What is fixed is checked now, what expressions give is checked when the step runs. */
function checkHttpAction({ method, url, headers, body }: HttpFlowAction, egressAllow: EgressAllow): Fault[] {
  const faults: Fault[] = [];
  const text = literalValue(url);
  const rule = typeof text === "string" ? targetFault(text, egressAllow) : undefined;
  if (rule !== undefined) faults.push({ path: "url", message: rule });
  const scalars: Record<string, string | number | boolean | undefined> = {};
  for (const [name, value] of Object.entries(headers)) {
    const known = literalValue(value);
    if (known === null || typeof known === "object") {
      faults.push({ path: at("headers", name), message: "must be text, a number, true or false" });
    } else scalars[name] = known as string | number | boolean | undefined;
  }
  faults.push(...headerFaults(scalars));
  if (body !== undefined && !takesBody(method)) faults.push({ path: "body", message: `is not sent with ${method}` });
  return faults;
}

/** The rule that the address breaks by its text; what a name resolves to is judged by each request. */
function targetFault(text: string, allow: EgressAllow): string | undefined {
  try {
    const { address, opened } = readTarget(text, { allow });
    return address === undefined || opened ? undefined : addressFault(address, ownAddresses());
  } catch (error) {
    return String(toAppError(error).details.rule);
  }
}
