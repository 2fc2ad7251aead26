/** Checks the parameters and the body of one operation: used when a flow is saved and again before the call is made. */

import type { Operation, OperationParam } from "./operations.ts";

/** One thing wrong, `path` being the way to it: `path_params.id`, `body.start`. */
export interface Fault {
  path: string;
  message: string;
}

export interface OperationInput {
  pathParams?: unknown;
  queryParams?: unknown;
  body?: unknown;
  /** The body is merged into what is read before (full_replace.ts): a field may be left out, and only not emptied. */
  isMerged?: boolean;
}

/**
 * What is wrong with this input, empty when nothing is. A template (a string that begins with `$.` or holds `{{`) stands
 * for any value. `workspaceId` is filled in by the client and may be left out. Unknown parameters are faults; unknown
 * body fields are not, as the facts about bodies are incomplete. A known one is a fault where Clockify cannot read its value
 * as the field's type.
 */
export function checkOperationInput(operation: Operation, input: OperationInput): Fault[] {
  const faults: Fault[] = [];
  checkPath(operation, input.pathParams, faults);
  checkQuery(operation, input.queryParams, faults);
  checkBody(operation, input, faults);
  return faults;
}

/** True for a string that is resolved when the step runs. */
export function isTemplate(value: unknown): value is string {
  return typeof value === "string" && (value.startsWith("$.") || value.includes("{{"));
}

/** Why `value` cannot stand in a path, or undefined when it can. Ids hold no slash; `..` would climb to another route. */
export function pathValueFault(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return "must be a string or a number";
  const text = String(value);
  if (text === "") return "must not be empty";
  if (text === "." || text.includes("..") || text.includes("/") || text.includes("\\")) {
    return 'must not hold "/", "\\" or ".."';
  }
  return undefined;
}

function checkPath(operation: Operation, given: unknown, faults: Fault[]) {
  const values = record(given, "path_params", faults);
  if (values === undefined) return;
  for (const name of Object.keys(values)) {
    const value = values[name];
    const path = `path_params.${name}`;
    if (!operation.pathParams.includes(name)) {
      if (name === "workspaceId") continue; // The client knows it anyway; operations without it ignore it.
      faults.push({ path, message: unknownName(name, operation.pathParams) });
    } else if (value !== undefined && value !== null && !isTemplate(value)) {
      const type = operation.pathTypes.find((each) => each.name === name);
      const message = pathValueFault(value) ?? (type && queryValueFault(type, value));
      if (message) faults.push({ path, message });
    }
  }
  for (const name of operation.pathParams) {
    if (name === "workspaceId" || (values[name] !== undefined && values[name] !== null)) continue;
    faults.push({ path: `path_params.${name}`, message: "is required" });
  }
}

function checkQuery(operation: Operation, given: unknown, faults: Fault[]) {
  const values = record(given, "query_params", faults);
  if (values === undefined) return;
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value === undefined || value === null) continue;
    const path = `query_params.${name}`;
    const param = operation.queryParams.find((each) => each.name === name);
    if (param === undefined) {
      faults.push({ path, message: unknownName(name, operation.queryParams.map((each) => each.name)) });
    } else if (!isTemplate(value)) {
      const message = queryValueFault(param, value);
      if (message) faults.push({ path, message });
    }
  }
  for (const param of operation.queryParams) {
    if (!param.required || param.default !== undefined) continue; // A default upstream makes "required" an empty word.
    const value = values[param.name];
    if (value === undefined || value === null) {
      faults.push({ path: `query_params.${param.name}`, message: "is required" });
    }
  }
}

function queryValueFault(param: OperationParam, value: unknown): string | undefined {
  if (Array.isArray(value)) {
    if (param.type !== "array") return `must be one ${param.type}, not a list`;
    return value.every((item) => isTemplate(item) || isScalar(item)) ? undefined : "must be a list of plain values";
  }
  if (!isScalar(value)) return "must be a string, a number or a boolean";
  const text = String(value);
  if (param.type === "boolean" && text !== "true" && text !== "false") return "must be true or false";
  if (param.type === "integer" || param.type === "number") {
    const number = text.trim() === "" ? NaN : Number(text);
    if (!Number.isFinite(number)) return `must be ${param.type === "integer" ? "an integer" : "a number"}`;
    if (param.type === "integer" && !Number.isInteger(number)) return "must be an integer";
    if (param.minimum !== undefined && number < param.minimum) return `must be at least ${param.minimum}`;
    if (param.maximum !== undefined && number > param.maximum) return `must be at most ${param.maximum}`;
  }
  if (param.enum && !param.enum.includes(text)) return `must be one of ${param.enum.join(", ")}`;
  return undefined;
}

function checkBody(operation: Operation, { body, isMerged }: OperationInput, faults: Fault[]) {
  if (isTemplate(body)) return;
  if (operation.bodyKind === "none") {
    if (body !== undefined && body !== null) {
      faults.push({ path: "body", message: "is not supported by this operation" });
    }
    return;
  }
  if (operation.bodyKind === "array") {
    if (!Array.isArray(body)) return void faults.push({ path: "body", message: "must be a list" });
    body.forEach((item, index) => checkFields(operation, { value: item, path: `body[${index}]`, isMerged }, faults));
    return;
  }
  checkFields(operation, { value: body ?? {}, path: "body", isMerged }, faults);
}

interface FieldsAt {
  value: unknown;
  path: string;
  isMerged?: boolean;
}

function checkFields(operation: Operation, at: FieldsAt, faults: Fault[]) {
  if (isTemplate(at.value)) return;
  const values = record(at.value, at.path, faults);
  if (values === undefined) return;
  for (const field of operation.bodyFields) {
    // A flow rarely holds a file: whether it can be left out is for Clockify to say.
    if (!field.required || field.type === "binary") continue;
    const value = values[field.name];
    // The id of an item says what is read at all.
    const mayBeAbsent = at.isMerged && !(operation.bodyKind === "array" && field.name === "id");
    if (value === undefined ? !mayBeAbsent : value === null) {
      faults.push({ path: `${at.path}.${field.name}`, message: "is required" });
    }
  }
  for (const field of operation.bodyFields) {
    const value = values[field.name];
    const path = `${at.path}.${field.name}`;
    if (at.isMerged && field.type === "array") checkList(value, path, faults);
    else if (value !== undefined && value !== null && !isTemplate(value)) {
      const message = bodyValueFault(field, value);
      if (message) faults.push({ path, message });
    }
  }
}

/** A number or boolean may be written as text, which Clockify reads as well. */
function bodyValueFault(field: OperationParam, value: unknown): string | undefined {
  switch (field.type) {
    case "array":
      return Array.isArray(value) ? undefined : "must be a list";
    // Also of values of any type, as a custom field's default has.
    case "object":
    case "binary":
      return undefined;
    case "date-time":
      return typeof value === "string" && !Number.isNaN(Date.parse(value))
        ? undefined
        : "must be a time, as in 2026-11-29T08:00:00Z";
    default:
      return typeof value === "object"
        ? `must be one ${field.type}, not a list or an object`
        : queryValueFault(field, value);
  }
}

/** A list that is merged: itself, or what joins and leaves it. What is missing there would leave the list as it is, unnoticed. */
function checkList(value: unknown, path: string, faults: Fault[]) {
  if (value === undefined || value === null || isTemplate(value) || Array.isArray(value)) return;
  const changes = typeof value === "object" ? Object.entries(value) : [];
  if (changes.length === 0 || !changes.every(([key]) => key === "$add" || key === "$remove")) {
    faults.push({ path, message: 'must be a list, or {"$add": ...} or {"$remove": ...} with a value that is there' });
    return;
  }
  for (const [key, change] of changes) {
    const all = Array.isArray(change) ? change : [change];
    if (all.length > 0 && all.every((one) => one !== null && one !== undefined && one !== "")) continue;
    faults.push({ path: `${path}["${key}"]`, message: "must not be missing or empty" });
  }
}

/** The object itself; {} when absent; undefined when it is a template; a fault and undefined when it is anything else. */
function record(value: unknown, path: string, faults: Fault[]): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  if (!isTemplate(value)) faults.push({ path, message: "must be an object" });
  return undefined;
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function unknownName(name: string, known: readonly string[]): string {
  return `"${name}" is not a parameter of this operation${known.length ? `, which has ${known.join(", ")}` : ""}`;
}
