/** What every operation of the catalogue asks of a request, before its route looks at it. */

import type { Operation, OperationParam } from "../../clockify/operations.ts";
import { type ApiCall, ApiRefusal, flagOf, refuse, type Route } from "../route.ts";

const bad = (name: string) => new ApiRefusal(400, `Bad parameter ${name}`, 3000);

/** Throws 400/3001 for a missing parameter, 3000 or 3002 for one that cannot be. */
export function checkQuery({ queryParams }: Operation, { query }: ApiCall): void {
  for (const param of queryParams) {
    const text = query.get(param.name);
    if (text === null) {
      // With a default, "required" is an empty word.
      if (param.required && param.default === undefined) {
        throw new ApiRefusal(400, `Missing parameter ${param.name}`, 3001);
      }
    } else if (text !== "") checkValue(param, text, query);
  }
}

function checkValue(param: OperationParam, text: string, query: URLSearchParams): void {
  const { name, type } = param;
  if (type === "boolean") flagOf(query, name);
  if (type === "integer" || type === "number") {
    const value = Number(text);
    if (!Number.isFinite(value) || (type === "integer" && !Number.isInteger(value))) {
      throw new ApiRefusal(400, `Cannot parse parameter ${name}`, 3002);
    }
    if (value < (param.minimum ?? -Infinity) || value > (param.maximum ?? Infinity)) throw bad(name);
  }
  // What Clockify does not check is refused by its route, as a fault of the server.
  const known = name === "sharedReportsFilter" ? undefined : param.enum;
  if (known && !query.getAll(name).flatMap((one) => one.split(",")).every((one) => known.includes(one))) {
    throw bad(name);
  }
}

/**
 * Throws 400/501, as live, for a required body field that is absent, and 3002 for one of another type. Files may be left
 * out: only the ones that a route needs are asked for there.
 */
export function checkBody(operation: Operation, { optional = [] }: Route, { body }: ApiCall): void {
  const { bodyKind, bodyFields } = operation;
  if (bodyKind === "none") return;
  if (bodyKind === "array" ? !Array.isArray(body) : typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ApiRefusal(400, "Cannot parse request body", 3002);
  }
  for (const item of bodyKind === "array" ? body as unknown[] : [body]) {
    const values = (item ?? {}) as Record<string, unknown>;
    for (const field of bodyFields) {
      const value = values[field.name];
      if (value === undefined || value === null) {
        // With a default, "required" is an empty word here too; what a route needs all the same it asks for itself.
        if (!field.required || field.default !== undefined || field.type === "binary") continue;
        if (optional.includes(field.name)) continue;
        throw refuse("must not be null");
      }
      if (bodyKind !== "multipart" && !fits(field, value)) {
        throw new ApiRefusal(400, `Cannot parse field ${field.name}`, 3002);
      }
    }
  }
}

function fits({ type, enum: known }: OperationParam, value: unknown): boolean {
  switch (type) {
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return Number.isInteger(value);
    case "number":
      return typeof value === "number";
    case "array":
      return Array.isArray(value);
    case "string":
    case "date-time":
      // The catalogue calls some lists of names a string.
      return Array.isArray(value) || (typeof value === "string" && (!known || known.includes(value)));
    default:
      return true;
  }
}
