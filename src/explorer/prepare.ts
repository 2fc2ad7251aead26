/** Checks a call against the catalogue, with every fault at once, and fills in what the caller need not know: workspace and ids. */

import { AppError, toAppError } from "../base/errors.ts";
import { type FullReplace, fullReplaceOf, lossOf } from "../clockify/full_replace.ts";
import { encodeMultipart } from "../clockify/multipart.ts";
import { checkOperationInput, type Fault, isTemplate } from "../clockify/operation_input.ts";
import { type Catalogue, type Operation, operationKey } from "../clockify/operations.ts";
import { operationPath } from "../clockify/request.ts";
import { at, isObject } from "../engine/faults.ts";
import { findIds, type Searcher } from "./find_ids.ts";
import type { ExplorerRequest } from "./request.ts";
import { findTarget } from "./target.ts";

type Fields = Record<string, unknown>;

/** A call that fits the catalogue. */
export interface Prepared {
  operation: Operation;
  pathParams: Fields;
  queryParams: Fields;
  body: unknown;
  /** How the body becomes a whole object; undefined for a body that is sent as it is. */
  merge: FullReplace | undefined;
  /** What is lost by what the body leaves out, in words; undefined where nothing is. */
  loses: string | undefined;
  /** The path as it is sent, from `/v1`. */
  path: string;
  /** What each name was taken for, by place. */
  names: Record<string, { id: string; name: string }>;
}

export interface PrepareContext {
  catalogue: Catalogue;
  workspaceId: string;
  /** Clockify id of the caller; undefined for an operator. */
  userId: string | undefined;
  searcher: Searcher;
  /** Members read. */
  mayWrite: boolean;
}

/** Longest value in a path: ids have 24 characters. */
const MAX_PATH_VALUE = 200;
/** Longest query: what stands in an address must fit the line of a request. */
const MAX_QUERY_CHARS = 8_000;

/**
 * Throws what readRequest() and findTarget() throw, ROLE_INSUFFICIENT for another workspace and for a member's
 * write, and OPERATION_INPUT_INVALID with
 * `details.faults`.
 */
export async function prepare(request: ExplorerRequest, context: PrepareContext): Promise<Prepared> {
  const { catalogue, workspaceId } = context;
  const target = findTarget(catalogue, request);
  const { operation } = target;
  if (operation.access === "write" && !context.mayWrite) {
    throw new AppError("ROLE_INSUFFICIENT", "Cannot make the change: only owners and admins of the workspace may");
  }
  const faults: Fault[] = [];
  const places = sortLoose(request, { target, context, faults });
  requireOwnWorkspace(
    [request.workspaceId, places.pathParams.workspaceId, places.queryParams.workspaceId],
    workspaceId,
  );
  if (isObject(places.body)) requireOwnWorkspace([places.body.workspaceId], workspaceId);
  // The client fills it in.
  delete places.pathParams.workspaceId;

  const found = await findIds(operation, places, context.searcher);
  const merge = request.replace ? undefined : fullReplaceOf(operation);
  const { pathParams, queryParams } = found;
  const body = found.body ?? undefined;
  const named = new Set(found.faults.map(({ path }) => path));
  faults.push(...found.faults);
  // A name that was not found is a fault by itself, whatever the text in its place looks like.
  faults.push(
    ...checkOperationInput(operation, { pathParams, queryParams, body, isMerged: merge !== undefined })
      .filter(({ path }) => !named.has(path)),
  );
  faults.push(...checkTexts(operation, { pathParams, queryParams, body }));
  if (request.pages !== undefined) {
    const message = whyNoPages(operation, { queryParams, body });
    if (message !== undefined) faults.push({ path: "pages", message });
  }
  if (request.raw && request.pages !== undefined) {
    faults.push({ path: "raw", message: "is not supported with pages: their items are JSON" });
  }
  if (request.raw && operation.access !== "read") {
    faults.push({ path: "raw", message: `is not supported: ${operation.operationId} gives no file` });
  }
  if (request.replace && fullReplaceOf(operation) === undefined && lossOf(operation) === undefined) {
    faults.push({ path: "replace", message: `is not supported: ${operation.operationId} replaces nothing` });
  }
  if (faults.length > 0) throw inputInvalid(operation, faults);
  return {
    operation,
    pathParams,
    queryParams,
    body,
    merge,
    loses: lossOf(operation) ?? (merge && merge.unreadable.length > 0 ? merge.unreadable.join(", ") : undefined),
    path: operationPath(operation, pathParams, workspaceId),
    names: found.names,
  };
}

/** Why an answer cannot be read page by page; undefined where it can. */
function whyNoPages(
  { operationId, access, paging }: Operation,
  { queryParams, body }: { queryParams: Fields; body: unknown },
): string | undefined {
  if (access !== "read" || paging.length === 0) return `is not supported: ${operationId} has no pages`;
  const form = (isObject(body) ? body.exportType : undefined) ?? queryParams.exportType;
  if (form === undefined || form === null || /^JSON(_V1)?$/.test(textOf(form))) return undefined;
  return `is not supported with exportType ${textOf(form).slice(0, 20)}: a file has no pages`;
}

/** What a caller wrote side by side goes to the path where the operation has it there, else to the query. */
function sortLoose(
  { pathParams, queryParams, loose, body, bindings }: ExplorerRequest,
  { target, context, faults }: {
    target: ReturnType<typeof findTarget>;
    context: PrepareContext;
    faults: Fault[];
  },
): { pathParams: Fields; queryParams: Fields; body: unknown } {
  const { operation } = target;
  const path = new Map<string, unknown>(Object.entries(target.pathParams));
  const query = new Map<string, unknown>(Object.entries(target.queryParams));
  const isOfPath = (name: string) => operation.pathParams.includes(name) || name === "workspaceId";
  const add = (values: Map<string, unknown>, [name, value]: [string, unknown], place: string) => {
    if (values.has(name) && values.get(name) !== value) {
      faults.push({ path: at(place, name), message: "is given twice, with two values" });
    } else values.set(name, value);
  };
  for (const entry of Object.entries(pathParams)) add(path, entry, "path_params");
  for (const entry of Object.entries(queryParams)) add(query, entry, "query_params");
  for (const entry of Object.entries(loose)) add(isOfPath(entry[0]) ? path : query, entry, "params");
  for (const [name, id] of Object.entries(bindings)) {
    const value = id === "workspaceId" ? context.workspaceId : context.userId;
    const place = at("context_bindings", name);
    if (value === undefined) faults.push({ path: place, message: "has no user: an operator's key is no user" });
    else add(isOfPath(name) ? path : query, [name, value], "context_bindings");
  }
  return { pathParams: Object.fromEntries(path), queryParams: Object.fromEntries(query), body };
}

/** A call never leaves the caller's workspace. */
function requireOwnWorkspace(named: readonly unknown[], workspaceId: string): void {
  for (const name of named) {
    if (name === undefined || name === null || name === workspaceId || /^\{\w*\}$/.test(textOf(name))) continue;
    throw new AppError("ROLE_INSUFFICIENT", "Cannot make the call: it names a workspace other than the login's");
  }
}

/** What can be no part of an address, and expressions, which only a flow resolves. */
function checkTexts(
  operation: Operation,
  { pathParams, queryParams, body }: { pathParams: Fields; queryParams: Fields; body: unknown },
): Fault[] {
  const faults: Fault[] = [];
  const expression = "is an expression: only a flow resolves it";
  for (const [name, value] of Object.entries(pathParams)) {
    if (name === "workspaceId" || value === undefined || value === null) continue;
    const path = at("path_params", name);
    const text = textOf(value);
    if (isTemplate(value)) faults.push({ path, message: expression });
    else if (text.length > MAX_PATH_VALUE) {
      faults.push({ path, message: `must be at most ${MAX_PATH_VALUE} characters` });
    } else if (!text.isWellFormed()) faults.push({ path, message: "must be well-formed Unicode" });
  }
  let chars = 0;
  for (const [name, value] of Object.entries(queryParams)) {
    const path = at("query_params", name);
    const type = operation.queryParams.find((each) => each.name === name)?.type;
    if (isTemplate(value) && type !== "string") faults.push({ path, message: expression });
    for (const one of Array.isArray(value) ? value : [value]) {
      const text = textOf(one);
      chars += name.length + text.length + 2;
      if (!text.isWellFormed()) faults.push({ path, message: "must be well-formed Unicode" });
    }
  }
  if (chars > MAX_QUERY_CHARS) {
    faults.push({ path: "query_params", message: `must be at most ${MAX_QUERY_CHARS} characters together` });
  }
  if (isTemplate(body)) faults.push({ path: "body", message: expression });
  return faults;
}

/** Of a plain value; what is none is a fault elsewhere, and may be an object that has no text at all. */
function textOf(value: unknown): string {
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : "";
}

/**
 * What cannot be written as a form is refused before it is shown and confirmed, not after; a step of a flow may hold an
 * expression there. Throws OPERATION_INPUT_INVALID.
 */
export function requireForm({ operation, body }: Pick<Prepared, "operation" | "body">): void {
  if (operation.bodyKind !== "multipart") return;
  try {
    encodeMultipart(operation, body);
  } catch (error) {
    const { code, details, message } = toAppError(error);
    if (code !== "OPERATION_INPUT_INVALID") throw error;
    const path = String(details.path);
    throw inputInvalid(operation, [{ path, message: message.slice(message.indexOf(path) + path.length + 1) }]);
  }
}

function inputInvalid(operation: Operation, faults: Fault[]): AppError {
  const { path, message } = faults[0]!;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : "";
  return new AppError("OPERATION_INPUT_INVALID", `Cannot call ${operationKey(operation)}: ${path} ${message}${more}`, {
    details: { path, faults: faults.slice(0, MAX_FAULTS) },
  });
}

/** More are of no help. */
const MAX_FAULTS = 100;
