/** /ui/api-explorer/endpoints: the operations of Clockify that there are, found by words, and everything about one. */

import { hash } from "node:crypto";
import type { Context, Hono } from "hono";
import { z } from "zod";
import { answerFields } from "../../clockify/answer_fields.ts";
import { type CatalogueSearch, createCatalogueSearch } from "../../clockify/catalogue_search.ts";
import { entityParams } from "../../clockify/entity_params.ts";
import { formFillOf } from "../../clockify/form_fill.ts";
import { fullReplaceOf, lossOf } from "../../clockify/full_replace.ts";
import { serviceHosts } from "../../clockify/hosts.ts";
import { type Caller, refusalOf } from "../../clockify/operation_access.ts";
import { flagsOf, planFactOf } from "../../clockify/operation_facts.ts";
import { answerSample, bodySample, requestSample } from "../../clockify/operation_sample.ts";
import { type Catalogue, type Operation, operationKey, type OperationParam } from "../../clockify/operations.ts";
import { AppError } from "../../base/errors.ts";
import { readableLists } from "../../entities/bootstrap/lists.ts";
import { snippetsOf } from "../../explorer/snippets.ts";
import { flowPhrases } from "../../flows/vocabulary/operation_phrases.ts";
import { gradeOf, gradeWithReason } from "../../guard/grades.ts";
import type { Installation } from "../../installations/store.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { oneOf, text } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { DETAIL_EXAMPLE, endpointDetail, endpointList, LIST_EXAMPLE, METHODS } from "./endpoint_schemas.ts";

export interface EndpointRoutesDeps extends AuthDeps {
  catalogue: Catalogue;
  /** Whether people of the workspace may write to Clockify by hand. */
  mayWrite(installation: Installation): Promise<boolean>;
  /** Where Clockify's audit log is served, where an operator says so. */
  auditBaseUrl?: string;
}

const PATH = "/ui/api-explorer/endpoints";

const listEndpoints = defineRoute({
  method: "get",
  path: PATH,
  tag: "Explorer",
  summary: "Clockify's operations, by tag",
  about:
    "Every filter narrows what the others leave. Operations that cannot be called here are listed, with the reason.",
  who: "member",
  query: z.object({
    q: text("Plain words, as in: stop the running timer"),
    tag: text("One tag, in any case"),
    method: oneOf("One method", METHODS),
    access: oneOf("Those that read, or those that write", ["read", "write"]),
  }),
  answer: {
    status: 200,
    about: "Those that fit",
    schema: endpointList,
    example: LIST_EXAMPLE,
    headers: { ETag: "For If-None-Match" },
    also: { 304: "The caller has it, by If-None-Match" },
  },
});

const getEndpoint = defineRoute({
  method: "get",
  path: `${PATH}/{operation_id}`,
  tag: "Explorer",
  summary: "Everything about an operation",
  about: "An id that stands for several operations is refused with their keys as `candidates`.",
  who: "member",
  params: {
    operation_id: z.string().meta({
      description: "The operation_id, or METHOD /path with its spaces, slashes and braces encoded",
      example: "updateTag",
    }),
  },
  answer: { status: 200, about: "The operation", schema: endpointDetail, example: DETAIL_EXAMPLE },
  problems: ["OPERATION_UNKNOWN"],
});
export const endpointRoutes = [listEndpoints, getEndpoint];

export function mountEndpoints(app: Hono<AppEnv>, deps: EndpointRoutesDeps) {
  const { catalogue, profile } = deps;
  let search: CatalogueSearch | undefined;
  const lists = new Map(
    readableLists(catalogue).map(({ entityType, operation }) => [entityType, operation.operationId]),
  );
  const uses = new Map<string, number>();
  for (const { operationId } of catalogue.list()) uses.set(operationId, (uses.get(operationId) ?? 0) + 1);
  const isUnique = ({ operationId }: Operation) => uses.get(operationId) === 1;
  const callerFor = async (installation: Installation): Promise<Caller> => ({
    scopes: profile.scopes,
    mayWrite: await deps.mayWrite(installation),
    hosts: serviceHosts({ ...installation.hosts, auditUrl: deps.auditBaseUrl }),
  });

  mount(app, deps, listEndpoints, async ({ c, login: { installation }, query: { q, tag, method, access } }) => {
    const caller = await callerFor(installation);
    search ??= createCatalogueSearch(catalogue.list(), flowPhrases(catalogue));
    const found = (q === undefined ? catalogue.list() : search.find(q)).filter((operation) =>
      (tag === undefined || operation.tag.toLowerCase() === tag.toLowerCase()) &&
      (method === undefined || operation.method === method) && (access === undefined || operation.access === access)
    );
    const rows = found.map((operation, index) => ({
      ...endpointJson(operation, { isUnique: isUnique(operation), caller }),
      ...(q !== undefined && { rank: index + 1 }),
    }));
    const groups = Map.groupBy(rows, (row) => row.tag);
    return withEtag(c, {
      workspace_id: installation.workspaceId,
      total: rows.length,
      total_operations: catalogue.list().length,
      groups: [...groups].map(([tag, endpoints]) => ({ tag, count: endpoints.length, endpoints })),
    });
  });

  mount(app, deps, getEndpoint, async ({ login: { installation }, params: { operation_id: name } }) => {
    const operation = findOperation(catalogue, name);
    const caller = await callerFor(installation);
    const { workspaceId } = installation;
    return {
      workspace_id: workspaceId,
      ...endpointJson(operation, { isUnique: isUnique(operation), caller }),
      ...detailJson(operation, { catalogue, lists }),
      ...snippetsOf({
        ...requestSample(operation, workspaceId),
        method: operation.method,
        bodyKind: operation.bodyKind,
        // Paths begin with the /v1 that the host's address ends in.
        base: caller.hosts[operation.service]?.slice(0, -"/v1".length),
      }),
    };
  });
}

/** Longer names are none of a catalogue's. */
const MAX_NAME = 500;

/** Throws OPERATION_UNKNOWN where there is none, with `candidates` where the id stands for several. */
function findOperation(catalogue: Catalogue, name: string): Operation {
  const operation = name.length <= MAX_NAME ? catalogue.find(name) : undefined;
  if (operation) return operation;
  throw new AppError("OPERATION_UNKNOWN", "Cannot show the operation: the catalogue has none of this name");
}

function endpointJson(
  operation: Operation,
  { isUnique, caller }: { isUnique: boolean; caller: Caller },
) {
  const { operationId, method, path, tag, summary, access, service, scope, deprecated, experimental } = operation;
  const { safe, heavy, paged, fullReplace } = flagsOf(operation);
  const refusal = refusalOf(operation, caller);
  const key = operationKey(operation);
  return {
    operation_id: operationId,
    key,
    name: isUnique ? operationId : key,
    method,
    path,
    tag,
    summary,
    access,
    grade: gradeOf(operation),
    service,
    safe,
    heavy,
    paged,
    full_replace: fullReplace,
    deprecated,
    experimental,
    scope: scope || null,
    plan: planFactOf(operation).plan,
    addon_token: operation.addonToken,
    executable: refusal === null,
    refusal,
  };
}

const SHAPES = { array: "list", object: "object", none: "none", binary: "file", text: "text" } as const;

function detailJson(
  operation: Operation,
  { catalogue, lists }: { catalogue: Catalogue; lists: ReadonlyMap<string, string> },
) {
  const entities = entityParams(operation);
  const fields = answerFields(operation);
  return {
    grade_reason: gradeWithReason(operation).reason,
    plan_about: planFactOf(operation).about,
    intents: operation.intents,
    path_params: operation.pathParams.map((name) => {
      const entity = entities[name] ?? null;
      const { type, enum: values, minimum, maximum } = operation.pathTypes.find((each) => each.name === name) ??
        { type: "string" };
      return {
        name,
        type,
        ...(values && { enum: values }),
        ...(minimum !== undefined && { minimum }),
        ...(maximum !== undefined && { maximum }),
        injected: name === "workspaceId",
        entity,
        list: entity === null ? null : lists.get(entity) ?? null,
      };
    }),
    query_params: operation.queryParams.map(fieldJson),
    body_kind: operation.bodyKind,
    body_fields: operation.bodyFields.map(fieldJson),
    body_sample: bodySample(operation),
    entity_params: entities,
    answer: { shape: SHAPES[operation.answer], fields, sample: answerSample(operation, fields) },
    paging: operation.paging,
    fill: fillJson(operation, catalogue),
    loses: lossOf(operation) ?? null,
  };
}

function fieldJson({ itemEnum, fields, ...field }: OperationParam): OperationFieldJson {
  return {
    ...field,
    ...(itemEnum && { item_enum: itemEnum }),
    ...(fields && { fields: fields.map(fieldJson) }),
  };
}
type OperationFieldJson = Omit<OperationParam, "itemEnum" | "fields"> & {
  item_enum?: readonly string[];
  fields?: readonly OperationFieldJson[];
};

function fillJson(operation: Operation, catalogue: Catalogue) {
  const fill = formFillOf(operation, catalogue);
  if (!fill) return null;
  const { noun, unreadable } = fullReplaceOf(operation)!;
  return {
    operation_id: fill.read.operationId,
    key: operationKey(fill.read),
    path_params: fill.pathParams,
    list_at: fill.listAt,
    id_param: fill.idParam,
    noun,
    unreadable,
  };
}

/** A browser keeps the list and asks whether it is still so: it is as large as it changes seldom. */
function withEtag(c: Context<AppEnv>, answer: object): Response {
  const json = JSON.stringify(answer);
  const headers = {
    etag: `"${hash("sha256", json).slice(0, 32)}"`,
    "cache-control": "private, no-cache",
    vary: "X-Addon-Token, Authorization, X-API-Key",
  };
  const known = c.req.header("if-none-match")?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if (known?.includes(headers.etag)) return c.body(null, 304, headers);
  return c.body(json, 200, { ...headers, "content-type": "application/json" });
}
