/** Reads an upstream OpenAPI 3 document (CLOCKIFY_OPENAPI_FILE) into a catalogue of operations. */

import { z } from "zod";
import { AppError } from "../base/errors.ts";
import {
  builtinCatalogue,
  type Catalogue,
  createCatalogue,
  type HttpMethod,
  idInWords,
  type Operation,
  operationKey,
  type OperationParam,
  pathParamsOf,
  type ServiceName,
  shapeOf,
} from "./operations.ts";
import { check, fieldsOf, type Reader, readSchema, resolve, toParam, typeOf } from "./openapi_schema.ts";

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

const parameterSchema = z.looseObject({
  name: z.string().min(1),
  in: z.enum(["path", "query", "header", "cookie"]),
  required: z.boolean().optional(),
  schema: z.unknown().optional(),
});

const servers = z.array(z.looseObject({ url: z.string() })).optional();

const operationSchema = z.looseObject({
  operationId: z.string().min(1).max(200).optional(),
  summary: z.string().optional(),
  tags: z.array(z.string()).optional(),
  deprecated: z.boolean().optional(),
  parameters: z.array(z.unknown()).optional(),
  requestBody: z.unknown().optional(),
  responses: z.record(z.string(), z.unknown()).optional(),
  servers,
});

const pathItemSchema = z.looseObject({ parameters: z.array(z.unknown()).optional(), servers });

const contentSchema = z.looseObject({
  content: z.record(z.string(), z.looseObject({ schema: z.unknown() })).optional(),
});

const documentSchema = z.looseObject({
  openapi: z.string().regex(/^3\./, "must be an OpenAPI 3 document"),
  paths: z.record(z.string().startsWith("/"), z.looseObject({})),
  servers,
});

/**
 * The operations of an OpenAPI 3 document. What the document cannot say (scope, access, whether add-on tokens may call)
 * is taken from the catalogue in the project where method and path agree; an operation new to us counts as a read when
 * it is a GET. Throws CONFIG_INVALID with `details.faults` (at most 20) when the document is not usable.
 */
export function catalogueFromOpenApi(document: unknown): Catalogue {
  const faults: string[] = [];
  const root = check(documentSchema, { value: document, at: "document" }, faults);
  const operations: Operation[] = [];
  const shapes = new Map<string, string>();
  for (const [path, item] of Object.entries(root?.paths ?? {})) {
    const pathItem = check(pathItemSchema, { value: item, at: path }, faults);
    for (const method of METHODS) {
      if (pathItem?.[method] === undefined) continue;
      const at = `${method.toUpperCase()} ${path}`;
      const source = check(operationSchema, { value: pathItem[method], at }, faults);
      if (source === undefined) continue;
      const shape = shapeOf(at);
      const same = shapes.get(shape);
      if (same !== undefined) faults.push(`${at}: is the same call as ${same}`);
      shapes.set(shape, at);
      const reader: Reader = { root: document, at, faults, fields: 0 };
      const parameters = [...pathItem.parameters ?? [], ...source.parameters ?? []];
      const serverUrl = (source.servers ?? pathItem.servers ?? root?.servers)?.[0]?.url ?? "";
      operations.push(readOperation(reader, { method, path, source, parameters, serverUrl }));
    }
  }
  if (faults.length === 0 && operations.length === 0) faults.push("paths: holds no operation");
  if (faults.length > 0) {
    throw new AppError(
      "CONFIG_INVALID",
      `Cannot use the OpenAPI document: ${faults[0]}${faults.length > 1 ? ` (and ${faults.length - 1} more)` : ""}`,
      { details: { faults: faults.slice(0, 20) } },
    );
  }
  return createCatalogue(operations);
}

interface Source {
  method: typeof METHODS[number];
  path: string;
  source: z.infer<typeof operationSchema>;
  parameters: unknown[];
  serverUrl: string;
}

function readOperation(reader: Reader, { method, path, source, parameters, serverUrl }: Source): Operation {
  const fullPath = path.startsWith("/v1/") ? path : "/v1" + path;
  const upper = method.toUpperCase() as HttpMethod;
  const known = builtinCatalogue().find(operationKey({ method: upper, path: fullPath }));
  const params = parameters.map((parameter) => readParam(reader, parameter)).filter((param) => param !== undefined);
  const queryParams = params.filter((param) => param.in === "query").map(({ param }) => param);
  const body = readBody(reader, source.requestBody);
  const operationId = source.operationId ?? `${upper} ${fullPath}`;
  return {
    operationId,
    method: upper,
    path: fullPath,
    service: known?.service ?? serviceOf(serverUrl, fullPath),
    tag: source.tags?.[0] ?? "Other",
    summary: known?.summary ?? oneLine(source.summary ?? "") ?? idInWords(operationId),
    intents: known?.intents ?? [],
    scope: known?.scope ?? "",
    access: known?.access ?? (method === "get" ? "read" : "write"),
    pathParams: pathParamsOf(fullPath),
    pathTypes: params.filter((param) => param.in === "path").map(({ param }) => param).filter(isMoreThanText),
    queryParams,
    bodyKind: body.kind,
    bodyFields: body.fields,
    answer: readAnswer(reader, source.responses ?? {}),
    paging: pagingOf(queryParams, { fields: body.fields, method, path: fullPath }),
    addonToken: known?.addonToken ?? "unknown",
    deprecated: source.deprecated ?? false,
    experimental: known?.experimental ?? (source.tags?.[0]?.includes("Experimental") ?? false),
  };
}

function readParam(reader: Reader, value: unknown): { in: "path" | "query"; param: OperationParam } | undefined {
  const parameter = check(parameterSchema, { value: resolve(reader, value), at: reader.at }, reader.faults);
  if (parameter?.in !== "query" && parameter?.in !== "path") return undefined;
  const { name, in: place, required = false } = parameter;
  const schema = readSchema(reader, parameter.schema);
  // A path has no parameter that could be left out, and no list or object in it.
  return { in: place, param: toParam(reader, { name, schema, required: required && place === "query", level: 9 }) };
}

function isMoreThanText({ type, enum: values }: OperationParam): boolean {
  return type !== "string" || values !== undefined;
}

/** The first line of upstream's summary, as long as a list shows it; undefined for an empty one. */
function oneLine(text: string): string | undefined {
  const [line = ""] = text.trim().split("\n");
  return line === "" ? undefined : line.slice(0, 200);
}

function readBody(reader: Reader, value: unknown): { kind: Operation["bodyKind"]; fields: OperationParam[] } {
  const content = check(contentSchema, { value: resolve(reader, value) ?? {}, at: reader.at }, reader.faults)?.content;
  const type = Object.keys(content ?? {})[0];
  if (content === undefined || type === undefined) return { kind: "none", fields: [] };
  const schema = readSchema(reader, content[type]?.schema);
  if (typeOf(schema) === "array") return { kind: "array", fields: fieldsOf(reader, readSchema(reader, schema.items)) };
  return { kind: type.startsWith("multipart/") ? "multipart" : "object", fields: fieldsOf(reader, schema) };
}

function readAnswer(reader: Reader, responses: Record<string, unknown>): Operation["answer"] {
  const success = Object.keys(responses).find((status) => status.startsWith("2"));
  const value = success === undefined ? {} : resolve(reader, responses[success]);
  const content = check(contentSchema, { value, at: reader.at }, reader.faults)?.content;
  const first = Object.values(content ?? {})[0];
  if (first === undefined) return "none";
  const schema = readSchema(reader, first.schema);
  if (typeOf(schema) === "array") return "array";
  return typeOf(schema) === "string" && (schema.format === "byte" || schema.format === "binary") ? "binary" : "object";
}

/** Only for operations new to us: PTO servers say localhost in the published file, so the path counts too. */
function serviceOf(serverUrl: string, path: string): ServiceName {
  if (serverUrl.includes("//pto.")) return "pto";
  if (serverUrl.includes("//auditlog")) return "audit";
  if (serverUrl.includes("//reports.") || /\/(reports|shared-reports)(\/|$)/.test(path)) return "reports";
  return "api";
}

function pageNamesOf(fields: readonly OperationParam[]): string[] {
  return fields.map(({ name }) => name).filter((name) => ["page", "pageSize", "page-size"].includes(name));
}

function pagingOf(query: OperationParam[], from: { fields: OperationParam[]; method: string; path: string }): string[] {
  const known = ["page", "page-size", "pageSize", "size", "limit"];
  const inQuery = query.map((param) => param.name).filter((name) => known.includes(name));
  if (inQuery.includes("page") || from.method !== "post") return inQuery.includes("page") ? inQuery : [];
  const inBody = pageNamesOf(from.fields);
  if (inBody.length === 2) return inBody.map((name) => `body:${name}`);
  // The bodies of all reports have the filters of all; each has its pages in its own: /reports/detailed in detailedFilter.
  const own = `${from.path.split("/").at(-1)}Filter`;
  const inFilter = pageNamesOf(from.fields.find(({ name }) => name === own)?.fields ?? []);
  return inFilter.length === 2 ? inFilter.map((name) => `body:${own}.${name}`) : [];
}
