/** The catalogue of operations: names, input checks, and upstream OpenAPI documents. */

import { assert, assertEquals, assertMatch, assertStrictEquals, fail } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import type { AppError } from "../../src/base/errors.ts";
import { catalogueFromOpenApi } from "../../src/clockify/openapi.ts";
import { checkOperationInput } from "../../src/clockify/operation_input.ts";
import {
  builtinCatalogue,
  createCatalogue,
  type Operation,
  operationKey,
  shapeOf,
} from "../../src/clockify/operations.ts";

const catalogue = builtinCatalogue();

function operation(name: string): Operation {
  const found = catalogue.find(name);
  assert(found, name);
  return found;
}

Deno.test("builtinCatalogue() holds 184 operations, each found by its id and by method and path", () => {
  assertEquals(catalogue.list().length, 184);
  assertEquals(new Set(catalogue.list().map((each) => shapeOf(operationKey(each)))).size, 184);
  for (const each of catalogue.list()) {
    assertStrictEquals(catalogue.find(each.operationId), each);
    assertStrictEquals(catalogue.find(operationKey(each)), each);
  }
});

Deno.test("find() takes METHOD /path with or without /v1, in any case, whatever the placeholders are called", () => {
  const tag = operation("getTag");
  for (
    const name of [
      "GET /v1/workspaces/{workspaceId}/tags/{id}",
      "GET /workspaces/{workspaceId}/tags/{id}",
      "get /workspaces/{ws}/tags/{tagId}/",
    ]
  ) assertStrictEquals(catalogue.find(name), tag, name);
  assertEquals(catalogue.find("GET /workspaces/{workspaceId}/nothing"), undefined);
  assertEquals(catalogue.find("nothing"), undefined);
  assertEquals(catalogue.find(""), undefined);
});

Deno.test("find() refuses an operationId that stands for several operations and names them", () => {
  const twice = createCatalogue([operation("getTag"), { ...operation("getClient"), operationId: "getTag" }]);
  assertThrowsLike(() => twice.find("getTag"), (error: AppError) => {
    assertEquals(error.code, "OPERATION_UNKNOWN");
    assertEquals(error.details.candidates, [
      "GET /v1/workspaces/{workspaceId}/tags/{id}",
      "GET /v1/workspaces/{workspaceId}/clients/{id}",
    ]);
    return true;
  });
  assertEquals(twice.find("GET /workspaces/{w}/clients/{id}")?.path, "/v1/workspaces/{workspaceId}/clients/{id}");
});

Deno.test("checkOperationInput() names each body field whose value cannot be read as its type, and takes numbers as text", () => {
  const entry = operation("createTimeEntry");
  assertEquals(
    checkOperationInput(entry, {
      body: {
        start: "yesterday",
        billable: "perhaps",
        tagIds: "one",
        description: ["a"],
        type: "NONE",
        projectId: null,
      },
    }),
    [
      { path: "body.billable", message: "must be true or false" },
      { path: "body.description", message: "must be one string, not a list or an object" },
      { path: "body.start", message: "must be a time, as in 2026-11-29T08:00:00Z" },
      { path: "body.tagIds", message: "must be a list" },
      { path: "body.type", message: "must be one of REGULAR, BREAK" },
    ],
  );
  const whole = { start: "2026-11-29T08:00:00Z", billable: "true", tagIds: [], description: 5, type: "$.webhook.type" };
  assertEquals(checkOperationInput(entry, { body: whole }), []);
});

Deno.test("checkOperationInput() accepts templates anywhere and leaves workspaceId to us", () => {
  const update = operation("updateTimeEntry");
  const body = { start: "$.webhook.timeInterval.start", anythingNew: 1 };
  assertEquals(checkOperationInput(update, { pathParams: { id: "$.webhook.id" }, body }), []);
  assertEquals(
    checkOperationInput(update, { pathParams: { id: "e", workspaceId: "w" }, body: "$.action_1_result" }),
    [],
  );
  assertEquals(
    checkOperationInput(operation("getUsersOfWorkspace"), { queryParams: { page: "{{webhook.n}}" } }),
    [],
  );
});

Deno.test("checkOperationInput() names each fault by its path", () => {
  const paths = (name: string, input: Parameters<typeof checkOperationInput>[1]) =>
    checkOperationInput(operation(name), input).map((fault) => fault.path);
  assertEquals(paths("updateTimeEntry", {}), ["path_params.id", "body.start"]);
  assertEquals(paths("updateTimeEntry", { pathParams: { id: null, idd: "x" }, body: { start: null } }), [
    "path_params.idd",
    "path_params.id",
    "body.start",
  ]);
  for (const id of ["", "a/b", "..", "a\\b", true, {}, ["x"]]) {
    assertEquals(paths("getTag", { pathParams: { id } }), ["path_params.id"], String(id));
  }
  assertEquals(paths("getTag", { pathParams: ["x"] }), ["path_params"]);
  assertEquals(paths("getTag", { pathParams: { id: "x" }, body: {} }), ["body"]);
  assertEquals(paths("getHolidaysInPeriod", { queryParams: { start: "2026-01-01" } }), [
    "query_params.assigned-to",
    "query_params.end",
  ]);
  assertEquals(paths("getTags", { queryParams: { nonsense: 1, "sort-order": "UP", "page-size": 0, page: "x" } }), [
    "query_params.nonsense",
    "query_params.sort-order",
    "query_params.page-size",
    "query_params.page",
  ]);
  assertEquals(paths("getTags", { queryParams: { archived: "maybe", name: {}, page: 1.5, "page-size": [5] } }), [
    "query_params.archived",
    "query_params.name",
    "query_params.page",
    "query_params.page-size",
  ]);
  assertEquals(paths("getTags", { queryParams: { archived: true, page: "2", "page-size": 50, name: null } }), []);
  assertEquals(paths("replaceMany", { pathParams: { userId: "u" }, body: {} }), ["body"]);
  assertEquals(paths("replaceMany", { pathParams: { userId: "u" }, body: [{ id: "e" }, {}] }), ["body[1].id"]);
});

Deno.test("catalogueFromOpenApi() reads parameters, bodies and references, and keeps what the project knows", () => {
  const loaded = catalogueFromOpenApi({
    openapi: "3.0.1",
    servers: [{ url: "https://api.clockify.me/api" }],
    paths: {
      "/v1/workspaces/{workspaceId}/tags": {
        parameters: [{ name: "workspaceId", in: "path", required: true, schema: { type: "string" } }],
        get: {
          operationId: "getTags",
          tags: ["Tag"],
          parameters: [{ $ref: "#/components/parameters/page" }, {
            name: "sort-order",
            in: "query",
            schema: { type: "string", enum: ["ASCENDING"] },
          }],
          responses: { 200: { content: { "application/json": { schema: { type: "array", items: {} } } } } },
        },
        post: {
          requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Tag" } } } },
          responses: { 201: { content: { "application/json": { schema: { type: "object" } } } } },
        },
      },
      "/v1/workspaces/{workspaceId}/reports/new": {
        post: { operationId: "newReport", servers: [{ url: "https://reports.api.clockify.me" }] },
      },
      // The body of a report has the filters of all reports; its pages are those of its own.
      ...Object.fromEntries(["detailed", "weekly"].map((name) => [
        `/v1/workspaces/{workspaceId}/reports/${name}`,
        {
          post: {
            requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Report" } } } },
          },
        },
      ])),
    },
    components: {
      parameters: { page: { name: "page", in: "query", schema: { type: "integer", minimum: 1 } } },
      schemas: {
        Tag: { allOf: [{ $ref: "#/components/schemas/Named" }] },
        Report: {
          type: "object",
          properties: {
            detailedFilter: {
              type: "object",
              properties: { page: { type: "integer" }, pageSize: { type: "integer" }, sortColumn: { type: "string" } },
            },
            weeklyFilter: { type: "object", properties: { group: { type: "string" } } },
          },
        },
        Named: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
      },
    },
  });
  const tags = loaded.find("getTags")!;
  assertEquals(tags.queryParams, [{ name: "page", type: "integer", minimum: 1 }, {
    name: "sort-order",
    type: "string",
    enum: ["ASCENDING"],
  }]);
  assertEquals(tags.scope, "TAG_READ");
  assertEquals(tags.answer, "array");
  assertEquals(tags.paging, ["page"]);
  const create = loaded.find("POST /workspaces/{workspaceId}/tags")!;
  assertEquals(create.bodyFields, [{ name: "name", type: "string", required: true }]);
  assertEquals(create.access, "write");
  assertEquals(loaded.find("newReport")!.service, "reports");
  const pagesOf = (name: string) => loaded.find(`POST /workspaces/{workspaceId}/reports/${name}`)!.paging;
  assertEquals(pagesOf("detailed"), ["body:detailedFilter.page", "body:detailedFilter.pageSize"]);
  assertEquals(pagesOf("weekly"), []);
});

Deno.test("catalogueFromOpenApi() says what is wrong with a document", () => {
  const faultsOf = (document: unknown) => {
    try {
      catalogueFromOpenApi(document);
    } catch (error) {
      assertEquals((error as AppError).code, "CONFIG_INVALID");
      return (error as AppError).details.faults as string[];
    }
    return fail("it was accepted");
  };
  assertMatch(faultsOf(null)[0]!, /^document: /);
  assertMatch(faultsOf({ openapi: "2.0", paths: {} })[0]!, /^document\.openapi: must be an OpenAPI 3 document/);
  assertEquals(faultsOf({ openapi: "3.1.0", paths: {} }), ["paths: holds no operation"]);
  const at = "/v1/workspaces/{workspaceId}/tags";
  const parameters = [{ $ref: "#/components/parameters/gone" }];
  assertEquals(
    faultsOf({ openapi: "3.0.0", paths: { [at]: { get: { parameters } } } })[0],
    [
      `GET ${at}: reference #/components/parameters/gone cannot be resolved`,
    ][0],
  );
  const circle = { requestBody: { $ref: "#/x/a" } };
  const document = { openapi: "3.0.0", paths: { [at]: { post: circle } }, x: { a: { $ref: "#/x/a" } } };
  assertMatch(faultsOf(document)[0]!, /references are circular/);
  assertMatch(
    faultsOf({ openapi: "3.0.0", paths: { "/v1/tags/{a}": { get: {} }, "/v1/tags/{b}": { get: {} } } })[0]!,
    /is the same call as GET \/v1\/tags\/\{a\}/,
  );
});
