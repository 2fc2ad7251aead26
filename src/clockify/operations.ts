/** The catalogue of Clockify's REST operations: what one looks like and how it is found by name. */

import { AppError } from "../base/errors.ts";
import data from "./operations_data.json" with { type: "json" };

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Which host of the installation serves an operation; hosts.ts turns the token's claims into their addresses. */
export type ServiceName = "api" | "reports" | "pto" | "audit";

export interface OperationParam {
  name: string;
  type: "string" | "integer" | "number" | "boolean" | "date-time" | "array" | "object" | "binary";
  required?: boolean;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  /** Of a list: the type of its items, and the values that they may have. */
  items?: OperationParam["type"];
  itemEnum?: readonly string[];
  /** Of an object, or of each item of a list of objects; absent where they are not known. Three levels deep at most. */
  fields?: readonly OperationParam[];
}

export interface Operation {
  /** As upstream spells it: inconsistent (`ofWorkspace`, `create`) and not promised to be unique. */
  operationId: string;
  method: HttpMethod;
  /** Begins with `/v1/`, e.g. `/v1/workspaces/{workspaceId}/tags/{id}`. */
  path: string;
  service: ServiceName;
  tag: string;
  /** What it does, in one line of our own words; upstream's where it is new to us. */
  summary: string;
  /** Words that people look for it by, beside those of its summary; empty where it is new to us. */
  intents: readonly string[];
  /** Scope that the call needs (inferred: no document has a table of them). */
  scope: string;
  /** "read" also for the POSTs that only search. */
  access: "read" | "write";
  /** Names in the path, `workspaceId` included. */
  pathParams: readonly string[];
  /** Those of them that are more than any text. */
  pathTypes: readonly OperationParam[];
  queryParams: readonly OperationParam[];
  /** "multipart" is a form upload; a "none" operation takes no body. */
  bodyKind: "none" | "object" | "array" | "multipart";
  /** Top-level fields; for "array" those of each item. */
  bodyFields: readonly OperationParam[];
  /** "text": as it is, whatever its content type says. */
  answer: "array" | "object" | "binary" | "text" | "none";
  /** Names of the page parameters; `body:page` lies in the body, `body:detailedFilter.page` in a field of it. Empty: the list comes whole. */
  paging: readonly string[];
  /** "blocked": reported to answer add-on tokens with 401; "excluded": the specification says so. */
  addonToken: "allowed" | "blocked" | "excluded" | "unknown";
  deprecated: boolean;
  experimental: boolean;
}

export interface Catalogue {
  /**
   * The operation of this operationId, or of `METHOD /path` with or without `/v1` (placeholder names do not matter).
   * Undefined when there is none. Throws OPERATION_UNKNOWN when an operationId stands for several; `details.candidates`
   * lists their `METHOD /path` names, which are unique.
   */
  find(name: string): Operation | undefined;
  list(): readonly Operation[];
}

/** `METHOD /path`, the name that is always unique. */
export function operationKey(operation: Pick<Operation, "method" | "path">): string {
  return `${operation.method} ${operation.path}`;
}

/** `getTimeEntries` is "Get time entries"; an operation without an id keeps its `METHOD /path`. */
export function idInWords(operationId: string): string {
  if (operationId.includes("/")) return operationId;
  const words = operationId.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** A catalogue over these operations; no two may share method and path shape (the builder of the list sees to it). */
export function createCatalogue(operations: readonly Operation[]): Catalogue {
  const byId = new Map<string, Operation[]>();
  const byShape = new Map<string, Operation>();
  for (const operation of operations) {
    byShape.set(shapeOf(operationKey(operation)), operation);
    const same = byId.get(operation.operationId);
    if (same) same.push(operation);
    else byId.set(operation.operationId, [operation]);
  }
  return {
    list: () => operations,
    find(name) {
      const named = byId.get(name);
      if (named === undefined) return byShape.get(shapeOf(name));
      if (named.length === 1) return named[0];
      const candidates = named.map(operationKey);
      throw new AppError(
        "OPERATION_UNKNOWN",
        `Cannot choose operation "${name}": it names ${candidates.length} operations, use one of ${
          candidates.join(", ")
        }`,
        { details: { candidates } },
      );
    },
  };
}

/** `GET /workspaces/{ws}/tags/` and `get /v1/workspaces/{workspaceId}/tags` both give `GET /v1/workspaces/{}/tags`. */
export function shapeOf(name: string): string {
  const space = name.indexOf(" ");
  if (space < 1) return name;
  let path = name.slice(space + 1).trim().replace(/\{[^{}/]*\}/g, "{}");
  if (path.endsWith("/")) path = path.slice(0, -1);
  if (!path.startsWith("/v1/")) path = "/v1" + path;
  return name.slice(0, space).toUpperCase() + " " + path;
}

/** Names between braces, in the order of the path. */
export function pathParamsOf(path: string): string[] {
  return [...path.matchAll(/\{([^{}/]+)\}/g)].map((match) => match[1]!);
}

let builtin: Catalogue | undefined;

/** The catalogue in the project: the 184 operations of operations_data.json. */
export function builtinCatalogue(): Catalogue {
  return builtin ??= createCatalogue((data.operations as unknown as StoredOperation[]).map(operationOf));
}

/** One row of operations_data.json, which leaves out what is empty or false. */
interface StoredOperation
  extends Pick<Operation, "operationId" | "method" | "path" | "summary" | "service" | "tag" | "scope" | "access"> {
  intents?: string[];
  addonToken: Operation["addonToken"];
  pathTypes?: OperationParam[];
  query?: OperationParam[];
  body?: { kind: "object" | "array" | "multipart"; fields: OperationParam[] };
  answer: Operation["answer"];
  paging?: string[];
  deprecated?: boolean;
  experimental?: boolean;
}

function operationOf(
  { intents, pathTypes, query, body, paging, deprecated, experimental, ...row }: StoredOperation,
): Operation {
  return {
    ...row,
    intents: intents ?? [],
    pathParams: pathParamsOf(row.path),
    pathTypes: pathTypes ?? [],
    queryParams: query ?? [],
    bodyKind: body?.kind ?? "none",
    bodyFields: body?.fields ?? [],
    paging: paging ?? [],
    deprecated: deprecated ?? false,
    experimental: experimental ?? false,
  };
}
