/**
 * Faults of an action that only the module of its kind can find, when a flow is saved: in the operation, or in the
 * address.
 */

import { headerFaults, takesBody } from "../../actions/http_request.ts";
import { literalValue } from "../../actions/http_secrets.ts";
import { findOrCreateOf, findOrCreates } from "../../clockify/find_or_create.ts";
import { fullReplaceOf, lossOf } from "../../clockify/full_replace.ts";
import { meantOperation } from "../../clockify/meant_operation.ts";
import { checkOperationInput } from "../../clockify/operation_input.ts";
import type { Catalogue, Operation } from "../../clockify/operations.ts";
import type { EgressAllow } from "../../egress/allow.ts";
import { addressFault, ownAddresses } from "../../egress/classify.ts";
import { readTarget } from "../../egress/target.ts";
import { at, cut, type Fault, isObject, unknownName } from "../../engine/faults.ts";
import { toAppError } from "../../base/errors.ts";
import { isSecretName } from "../../telemetry/secret_names.ts";
import { operationOf } from "./results.ts";
import type { ClockifyFlowAction, FlowAction, HttpFlowAction } from "../shape/definition.ts";

export interface ActionChecks {
  catalogue: Catalogue;
  egressAllow: EgressAllow;
  /** Scopes that the add-on asks for in its manifest. */
  scopes: readonly string[];
}

/** Faults with paths relative to the action, as in "path_params.id". */
export function checkAction(checks: ActionChecks, action: FlowAction): Fault[] {
  if (action.type === "http") return checkHttpAction(action, checks.egressAllow);
  return action.type === "clockify" ? checkClockifyAction(checks, action) : [];
}

/** What may go wrong, with paths as those of `checkAction`. */
export function warnAction({ catalogue }: Pick<ActionChecks, "catalogue">, action: FlowAction): Fault[] {
  const warnings = [...unbracedPaths(action), ...openSecrets(action)];
  if (action.type !== "clockify") return warnings;
  const operation = operationOf(catalogue, action.operation_id);
  if (!operation) return warnings;
  if (operation.addonToken === "blocked") {
    warnings.push({ path: "operation_id", message: "is reported to refuse add-ons: Clockify may answer it with 401" });
  }
  const replace = fullReplaceOf(operation);
  if (replace && action.replace) {
    warnings.push({
      path: "replace",
      message: `replaces the whole ${replace.noun}: what body leaves out is lost`,
    });
  }
  if (replace && !action.replace && replace.unreadable.length > 0) {
    const lost = replace.unreadable.filter((name) => !isObject(action.body) || !Object.hasOwn(action.body, name));
    if (lost.length > 0) {
      warnings.push({ path: "body", message: `sets ${lost.join(" and ")} back: Clockify shows no value to keep` });
    }
  }
  if (replace && isObject(action.body)) {
    const known = operation.bodyFields.map(({ name }) => name);
    for (const name of Object.keys(action.body)) {
      if (!known.includes(name)) warnings.push({ path: at("body", name), message: unknownName(name, known) });
    }
  }
  const loss = lossOf(operation);
  if (loss !== undefined) {
    warnings.push({ path: "operation_id", message: `replaces without a read before; lost is ${loss}` });
  }
  return warnings;
}

const PATH_IN_TEXT =
  /\$\.(?:webhook|event|steps|delivery|installation|vars|loop|error|approval|action_\d+_result)\b[\w.[\]]*/;

/** A path amid other text is no expression: without braces it would be sent letter by letter. */
function unbracedPaths(action: FlowAction): Fault[] {
  const places = valuesOf(action);
  const faults: Fault[] = [];
  const look = (value: unknown, path: string) => {
    if (typeof value === "string") {
      const found = value.startsWith("$.") ? undefined : PATH_IN_TEXT.exec(value.replaceAll(/\{\{.*?\}\}/gs, ""))?.[0];
      if (found !== undefined) {
        faults.push({ path, message: `holds ${found} as plain text: write {{ ${found} }} for its value` });
      }
    } else if (Array.isArray(value)) value.forEach((one, index) => look(one, at(path, index)));
    else if (isObject(value)) { for (const [name, one] of Object.entries(value)) look(one, at(path, name)); }
  };
  for (const [name, value] of Object.entries(places)) look(value, name);
  return faults;
}

/** The parts of an action that hold values. */
function valuesOf(action: FlowAction): Record<string, unknown> {
  switch (action.type) {
    case "clockify":
      return { path_params: action.path_params, query_params: action.query_params, body: action.body };
    case "http":
      return { url: action.url, headers: action.headers, query: action.query, body: action.body };
    case "transform":
      return { output: action.output };
    case "variables":
      return { set: action.set };
    case "emit_event":
      return { body: action.body };
    case "run_flow":
      return { input: action.input };
  }
}

/** Literals under a secret's name in an action that is stored, recorded and shown as it is. */
function openSecrets(action: FlowAction): Fault[] {
  if (action.type === "clockify" || action.type === "http") return [];
  const faults: Fault[] = [];
  const look = (value: unknown, { path, isSecret }: { path: string; isSecret: boolean }) => {
    if (Array.isArray(value)) value.forEach((one, index) => look(one, { path: at(path, index), isSecret }));
    else if (isObject(value)) {
      for (const [name, one] of Object.entries(value)) {
        look(one, { path: at(path, name), isSecret: isSecret || isSecretName(name) });
      }
    } else if (isSecret && typeof value === "string" && value !== "" && literalValue(value) !== undefined) {
      faults.push({
        path,
        message:
          "is stored and shown as it is: a secret is sealed only in the headers, query or body of a request to another system",
      });
    }
  };
  for (const [name, value] of Object.entries(valuesOf(action))) look(value, { path: name, isSecret: false });
  return faults;
}

function checkClockifyAction({ catalogue, scopes }: ActionChecks, action: ClockifyFlowAction): Fault[] {
  let operation: Operation | undefined;
  try {
    operation = findOrCreateOf(action.operation_id)?.operation ?? catalogue.find(action.operation_id);
  } catch (error) {
    // An ambiguous operationId: the sentence names the candidates.
    return [{ path: "operation_id", message: toAppError(error).message }];
  }
  if (!operation) {
    const ours = findOrCreates().map((one) => one.operation);
    const meant = meantOperation(action.operation_id, [...catalogue.list(), ...ours]);
    const hint = meant === undefined ? "the Explorer finds operations by words" : `did you mean "${meant}"?`;
    return [{ path: "operation_id", message: `"${cut(action.operation_id)}" is not known here; ${hint}` }];
  }
  const wanted = findOrCreateOf(action.operation_id);
  const merge = action.replace || wanted ? undefined : fullReplaceOf(operation);
  const faults = rightFaults(operation, { catalogue, scopes, reads: wanted?.find ?? merge?.read });
  faults.push(...checkOperationInput(operation, {
    pathParams: action.path_params,
    queryParams: action.query_params,
    body: action.body,
    isMerged: merge !== undefined,
  }));
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

/** Scopes that the operation, or the read before it, needs and the add-on does not ask for: each call would be refused. */
function rightFaults(
  operation: Operation,
  { catalogue, scopes, reads }: { catalogue: Catalogue; scopes: readonly string[]; reads: string | undefined },
): Fault[] {
  const path = "operation_id";
  if (operation.addonToken === "excluded") return [{ path, message: "is closed to add-ons by Clockify" }];
  const read = reads === undefined ? undefined : operationOf(catalogue, reads);
  const needed = new Set([operation.scope, read?.scope ?? ""]);
  const missing = [...needed].filter((scope) => scope !== "" && !scopes.includes(scope));
  if (missing.length === 0) return [];
  const why = read && missing.includes(read.scope) && !missing.includes(operation.scope)
    ? " to read before it writes"
    : "";
  return [{
    path,
    message: `needs the scope ${
      missing.join(" and ")
    }${why}, which this add-on does not have: each call would be refused`,
  }];
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
