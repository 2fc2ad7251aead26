/** Reads a call that a person describes, in every spelling that the documents have, into one form. */

import { at, type Fault, isObject, kindOf, unknownName } from "../engine/faults.ts";
import { AppError } from "../base/errors.ts";

type Fields = Record<string, unknown>;

/** A call as it was asked for; which parameter `loose` ones are is known once the operation is. */
export interface ExplorerRequest {
  /** operationId, or our name of it. */
  operationId?: string;
  /** With `path`, where the operation is not named by its id. */
  method?: string;
  /** Template or address: `/v1/workspaces/{workspaceId}/tags`, `/workspaces/64a6.../tags?page=2`. */
  path?: string;
  workspaceId?: string;
  pathParams: Fields;
  queryParams: Fields;
  /** Of `params`, where it does not say which are of the path and which of the query. */
  loose: Fields;
  body: unknown;
  /** The body takes the place of the whole object; without it what it leaves out stays. */
  replace: boolean;
  /** By parameter name: whose id stands there. */
  bindings: Record<string, "workspaceId" | "userId">;
  /** How many pages of a list are wanted, as a stream; undefined: the one that the parameters name. */
  pages?: number | "all";
  confirmToken?: string;
  /** Whose rights are used; undefined: what fits the caller. */
  as?: "addon" | "viewer";
  /** The answer shows what was sent. */
  developerMode: boolean;
  /** A file comes as it is, and not within JSON. */
  raw: boolean;
}

/** Most pages of one stream. */
export const MAX_PAGES = 1_000;
const MAX_NAME = 300;
const MAX_PATH = 4_000;

/** Each field with its spellings; the first is ours. */
const SPELLINGS = {
  operationId: ["operation_id", "operationId"],
  method: ["method"],
  path: ["path", "endpoint"],
  workspaceId: ["workspace_id", "workspaceId"],
  params: ["params"],
  pathParams: ["path_params", "pathParams"],
  queryParams: ["query_params", "queryParams", "query"],
  body: ["body"],
  replace: ["replace"],
  bindings: ["context_bindings", "contextBindings"],
  pages: ["pages"],
  confirmToken: ["confirm_token", "confirmToken"],
  as: ["as"],
  developerMode: ["developer_mode", "developerMode"],
  raw: ["raw"],
} as const;
type FieldName = keyof typeof SPELLINGS;

/** Throws REQUEST_INVALID with every fault of the form as `details.faults`. */
export function readRequest(input: unknown): ExplorerRequest {
  if (!isObject(input)) throw invalid([{ path: "", message: `must be an object, not ${kindOf(input)}` }]);
  const faults: Fault[] = [];
  const given = readFields(input, faults);
  const text = (name: FieldName, max: number) => {
    const value = given.get(name)?.value;
    if (value === undefined) return undefined;
    if (typeof value === "string" && value.trim() !== "" && value.length <= max) return value.trim();
    faults.push({ path: given.get(name)!.key, message: `must be text of 1 to ${max} characters` });
    return undefined;
  };
  const flag = (name: FieldName) => {
    const value = given.get(name)?.value;
    if (value !== undefined && typeof value !== "boolean") {
      faults.push({ path: given.get(name)!.key, message: "must be true or false" });
    }
    return value === true;
  };
  const fields = (name: FieldName): Fields => {
    const value = given.get(name)?.value;
    if (value === undefined) return {};
    if (isObject(value)) return value;
    faults.push({ path: given.get(name)!.key, message: `must be an object of names and values, not ${kindOf(value)}` });
    return {};
  };
  const named = {
    pathParams: fields("pathParams"),
    queryParams: fields("queryParams"),
    body: given.get("body")?.value,
  };
  const parts = partsOf(fields("params"), { named, given, faults });
  const request: ExplorerRequest = {
    operationId: text("operationId", MAX_NAME),
    method: text("method", 10),
    path: text("path", MAX_PATH),
    workspaceId: text("workspaceId", 128),
    ...parts,
    replace: flag("replace"),
    bindings: readBindings(fields("bindings"), faults),
    pages: readPages(given.get("pages")?.value, faults),
    confirmToken: text("confirmToken", 200),
    as: readAs(given.get("as")?.value, faults),
    developerMode: flag("developerMode"),
    raw: flag("raw"),
  };
  if (faults.length > 0) throw invalid(faults);
  return request;
}

function readFields(input: Fields, faults: Fault[]): Map<FieldName, { key: string; value: unknown }> {
  const known = new Map(
    Object.entries(SPELLINGS).flatMap(([name, keys]) => keys.map((key) => [key as string, name as FieldName])),
  );
  const given = new Map<FieldName, { key: string; value: unknown }>();
  for (const [key, value] of Object.entries(input)) {
    const name = known.get(key);
    if (name === undefined) {
      faults.push({
        path: at("", key.slice(0, MAX_NAME)),
        message: unknownName(key.slice(0, MAX_NAME), [...known.keys()]),
      });
      continue;
    }
    // A null stands for nothing, as other programs write it; a body may be null where it is the whole of it.
    if (value === null && name !== "body") continue;
    const other = given.get(name);
    if (other) faults.push({ path: key, message: `cannot be combined with ${other.key}: give one of them` });
    else given.set(name, { key, value });
  }
  return given;
}

/** `params` is a list of the three parts, or holds parameters of path and query side by side. */
function partsOf(
  params: Fields,
  { named, given, faults }: {
    named: { pathParams: Fields; queryParams: Fields; body: unknown };
    given: Map<FieldName, { key: string; value: unknown }>;
    faults: Fault[];
  },
): Pick<ExplorerRequest, "pathParams" | "queryParams" | "loose" | "body"> {
  const entries = Object.entries(params);
  const isParts = entries.length > 0 &&
    entries.every(([key, value]) =>
      key === "body" || ((key === "path" || key === "query") && (value === null || isObject(value)))
    );
  if (!isParts) return { ...named, loose: params };
  const twice = (field: FieldName, part: string) => {
    if (params[part] !== undefined && params[part] !== null && given.has(field)) {
      faults.push({
        path: `params.${part}`,
        message: `cannot be combined with ${given.get(field)!.key}: give one of them`,
      });
    }
  };
  twice("pathParams", "path");
  twice("queryParams", "query");
  twice("body", "body");
  return {
    pathParams: (params.path as Fields | null | undefined) ?? named.pathParams,
    queryParams: (params.query as Fields | null | undefined) ?? named.queryParams,
    loose: {},
    body: params.body ?? named.body,
  };
}

function readBindings(bindings: Fields, faults: Fault[]): ExplorerRequest["bindings"] {
  const read: [string, "workspaceId" | "userId"][] = [];
  for (const [name, value] of Object.entries(bindings)) {
    if (value === "workspaceId" || value === "userId") read.push([name, value]);
    else faults.push({ path: at("context_bindings", name), message: 'must be "workspaceId" or "userId"' });
  }
  return Object.fromEntries(read);
}

function readPages(value: unknown, faults: Fault[]): ExplorerRequest["pages"] {
  if (value === undefined || value === "all") return value;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_PAGES) return value;
  faults.push({ path: "pages", message: `must be "all" or a whole number from 1 to ${MAX_PAGES}` });
  return undefined;
}

function readAs(value: unknown, faults: Fault[]): ExplorerRequest["as"] {
  if (value === undefined || value === "addon" || value === "viewer") return value;
  faults.push({ path: "as", message: 'must be "addon" or "viewer"' });
  return undefined;
}

function invalid(faults: Fault[]): AppError {
  const first = faults[0]!;
  const place = first.path === "" ? "the body" : first.path;
  return new AppError("REQUEST_INVALID", `Cannot read the call: ${place} ${first.message}`, { details: { faults } });
}
