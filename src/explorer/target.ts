/** Which operation a call means: by its name, or by method and path, where the path may be a template or an address with ids in it. */

import { AppError } from "../base/errors.ts";
import { meantOperation } from "../clockify/meant_operation.ts";
import { type Catalogue, type Operation, operationKey } from "../clockify/operations.ts";
import { cut } from "../engine/faults.ts";
import type { ExplorerRequest } from "./request.ts";

type Fields = Record<string, unknown>;

export interface Target {
  operation: Operation;
  /** What the path itself says. */
  pathParams: Record<string, string>;
  /** What stands behind its question mark. */
  queryParams: Fields;
}

/**
 * Throws REQUEST_INVALID when no operation is named or its id is unknown (an id that stands for several has their names as
 * `details.candidates`), and OPERATION_UNKNOWN when method and path are none of the catalogue's.
 */
export function findTarget(catalogue: Catalogue, { operationId, method, path }: ExplorerRequest): Target {
  if (operationId !== undefined) {
    const operation = byName(catalogue, operationId);
    const other = method ?? path;
    if (other === undefined) return { operation, pathParams: {}, queryParams: {} };
    const target = byPath(catalogue, method ?? operation.method, path ?? operation.path);
    if (target?.operation === operation) return target;
    const message = `names another operation than operation_id: ${cut(`${method ?? ""} ${path ?? ""}`.trim())}`;
    throw invalid([{ path: path === undefined ? "method" : "path", message }]);
  }
  if (path === undefined || method === undefined) {
    const missing = path === undefined && method === undefined
      ? "operation_id"
      : path === undefined
      ? "path"
      : "method";
    const message = missing === "operation_id" ? "is required, or method and path" : "is required beside the other";
    throw invalid([{ path: missing, message }]);
  }
  const target = byPath(catalogue, method, path);
  if (target) return target;
  throw new AppError(
    "OPERATION_UNKNOWN",
    `Cannot call "${cut(`${method.toUpperCase()} ${path}`, 200)}": the catalogue has no such operation`,
  );
}

function byName(catalogue: Catalogue, name: string): Operation {
  let found: Operation | undefined;
  try {
    found = catalogue.find(name);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "OPERATION_UNKNOWN") throw error;
    const candidates = error.details.candidates as string[];
    const message = `names several operations: use one of ${candidates.join(", ")}`;
    throw new AppError("REQUEST_INVALID", `Cannot choose the operation: operation_id ${message}`, {
      details: { faults: [{ path: "operation_id", message }], candidates },
    });
  }
  if (found) return found;
  const meant = meantOperation(name, catalogue.list());
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  throw invalid([{ path: "operation_id", message: `"${cut(name, 100)}" is no operation of the catalogue${hint}` }]);
}

/** The template itself, else the one that the address fits: with the most fixed parts where it fits several. */
function byPath(catalogue: Catalogue, method: string, address: string): Target | undefined {
  const [pathText = "", queryText = ""] = splitOnce(address, "?");
  const queryParams = queryOf(queryText);
  const verb = method.toUpperCase();
  // A name without a space would be taken for an operationId.
  const exact = pathText.startsWith("/") ? catalogue.find(`${verb} ${pathText}`) : undefined;
  if (exact) return { operation: exact, pathParams: {}, queryParams };
  const given = segmentsOf(pathText);
  if (given === undefined) return undefined;
  let best: { target: Target; fixed: number } | undefined;
  for (const operation of catalogue.list()) {
    if (operation.method !== verb) continue;
    const fitted = fit(operation.path.split("/").slice(1), given);
    if (fitted && (!best || fitted.fixed > best.fixed)) {
      best = { target: { operation, pathParams: fitted.values, queryParams }, fixed: fitted.fixed };
    }
  }
  return best?.target;
}

function fit(template: string[], given: string[]): { values: Record<string, string>; fixed: number } | undefined {
  if (template.length !== given.length) return undefined;
  const values: [string, string][] = [];
  let fixed = 0;
  for (const [index, part] of template.entries()) {
    const value = given[index]!;
    const name = /^\{([^{}]+)\}$/.exec(part)?.[1];
    if (name === undefined) {
      if (part !== value) return undefined;
      fixed++;
    } else if (!/^\{[^{}]*\}$/.test(value)) values.push([name, value]);
  }
  return { values: Object.fromEntries(values), fixed };
}

/** Parts of `/v1/...`, decoded; undefined where the text is no path of ours. */
function segmentsOf(path: string): string[] | undefined {
  if (!path.startsWith("/")) return undefined;
  const parts = path.split("/").slice(1);
  if (parts.at(-1) === "") parts.pop();
  if (parts[0] === "api" && parts[1] === "v1") parts.shift();
  if (parts[0] !== "v1") parts.unshift("v1");
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

/** A name that stands several times is a list. */
function queryOf(text: string): Fields {
  const query = new URLSearchParams(text);
  return Object.fromEntries(
    [...new Set(query.keys())].map((name) => {
      const values = query.getAll(name);
      return [name, values.length > 1 ? values : values[0]!];
    }),
  );
}

function splitOnce(text: string, sign: string): [string, string?] {
  const place = text.indexOf(sign);
  return place === -1 ? [text] : [text.slice(0, place), text.slice(place + 1)];
}

/** For the catalogue's own name of an operation in sentences. */
export function nameOf(operation: Operation): string {
  return `${operation.operationId} (${operationKey(operation)})`;
}

function invalid(faults: { path: string; message: string }[]): AppError {
  const { path, message } = faults[0]!;
  return new AppError("REQUEST_INVALID", `Cannot choose the operation: ${path} ${message}`, { details: { faults } });
}
