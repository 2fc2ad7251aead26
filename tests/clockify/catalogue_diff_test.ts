/** Upstream documents as JSON and YAML, what they change of the catalogue, and which flows meet that. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertThrowsLike } from "../support/assert_like.ts";
import type { AppError } from "../../src/base/errors.ts";
import { type CatalogueDiff, diffCatalogues, type OperationChange } from "../../src/clockify/catalogue_diff.ts";
import { sourcedFromText } from "../../src/clockify/catalogue_file.ts";
import { catalogueFromOpenApi } from "../../src/clockify/openapi.ts";
import { readOpenApiText } from "../../src/clockify/openapi_text.ts";
import { builtinCatalogue, createCatalogue, type Operation } from "../../src/clockify/operations.ts";
import { touchedActions } from "../../src/flows/analysis/catalogue_use.ts";
import type { FlowAction } from "../../src/flows/shape/definition.ts";

const builtin = builtinCatalogue();
const operation = (name: string): Operation => builtin.find(name)!;

const YAML = `# A comment, and a folded text
openapi: 3.0.1
info: { title: Clockify API, version: v1 }
servers: [{ url: https://api.clockify.me/api }]
x-parts:
  page: &page { name: page, in: query, schema: { type: integer, minimum: 1, default: 1 } }
paths:
  /v1/workspaces/{workspaceId}/tags:
    get:
      operationId: getTags
      tags: [Tag]
      summary: >-
        Upstream's own
        words
      parameters: [*page]
      responses: { "200": { content: { application/json: { schema: { type: array, items: {} } } } } }
  /v1/workspaces/{workspaceId}/days/{day}/parts/{kind}:
    post:
      operationId: setDay
      summary: |
        Set a day of the plan
        and more that is not shown
      parameters:
        - { name: day, in: path, required: true, schema: { type: integer, minimum: 1, maximum: 31 } }
        - { name: kind, in: path, required: true, schema: { type: string, enum: [AM, PM] } }
      requestBody:
        content:
          application/json:
            schema:
              required: [since, people]
              properties:
                since: { type: string, default: 2026-01-01, example: no }
                people:
                  type: array
                  items: { $ref: "#/components/schemas/Person" }
      responses: { "204": { description: done } }
components:
  schemas:
    # Holds itself.
    Person: { type: object, properties: { id: { type: string }, boss: { $ref: "#/components/schemas/Person" } } }
`;

Deno.test("an upstream document may be YAML, with references, aliases and dates that stay texts", () => {
  const { catalogue, source } = sourcedFromText(YAML, "/etc/timewire/clockify.yaml");
  assertEquals([source.kind, source.file, source.title, source.version], [
    "file",
    "clockify.yaml",
    "Clockify API",
    "v1",
  ]);
  assertMatch(source.sha256!, /^[0-9a-f]{64}$/);
  const tags = catalogue.find("getTags")!;
  assertEquals(tags.summary, "List tags", "ours, where it is known");
  assertEquals(tags.queryParams, [{ name: "page", type: "integer", minimum: 1, default: 1 }]);
  const day = catalogue.find("setDay")!;
  assertEquals([day.summary, day.intents, day.answer], ["Set a day of the plan", [], "none"]);
  assertEquals(day.pathTypes, [
    { name: "day", type: "integer", minimum: 1, maximum: 31 },
    { name: "kind", type: "string", enum: ["AM", "PM"] },
  ]);
  const [since, people] = day.bodyFields;
  assertEquals(since, { name: "since", type: "string", required: true, default: "2026-01-01" });
  assertEquals(people?.items, "object");
  // A schema that holds itself ends at the third level.
  assertEquals(people?.fields?.find(({ name }) => name === "boss")?.fields, [
    { name: "id", type: "string" },
    { name: "boss", type: "object" },
  ]);
});

Deno.test("the same document as JSON gives the same catalogue", () => {
  const { document } = readOpenApiText(YAML);
  assertEquals(
    sourcedFromText(JSON.stringify(document), "x.json").catalogue.list(),
    sourcedFromText("\uFEFF" + YAML, "x.yaml").catalogue.list(),
  );
});

Deno.test("readOpenApiText() refuses what is neither, too long, or a heap of aliases", () => {
  const refusal = (text: string) => {
    let message = "";
    assertThrowsLike(() => readOpenApiText(text), (error: AppError) => {
      message = error.message;
      return error.code === "CONFIG_INVALID" && !message.includes("\n");
    });
    return message;
  };
  assertMatch(refusal("openapi: 3\n  paths: [\n"), /at line \d+, column \d+: it is neither JSON nor YAML/);
  assertMatch(refusal('{"openapi": "3.0.0", '), /at line 1/);
  assertMatch(refusal("x".repeat(20 * 1024 * 1024 + 1)), /at most 20971520 are read/);
  const levels = Array.from(
    { length: 12 },
    (_, n) => `l${n}: &l${n} [${n === 0 ? "x" : Array(9).fill(`*l${n - 1}`).join()}]`,
  );
  assertMatch(refusal(levels.join("\n")), /alias/i);
});

Deno.test("a document whose schemas multiply is refused, not read for ever", () => {
  const schemas: Record<string, unknown> = {};
  for (const level of [1, 2, 3, 4]) {
    const next = { $ref: `#/components/schemas/L${level + 1}` };
    schemas[`L${level}`] = {
      properties: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`f${n}`, level === 4 ? {} : next])),
    };
  }
  const body = { content: { "application/json": { schema: { $ref: "#/components/schemas/L1" } } } };
  assertThrowsLike(
    () =>
      catalogueFromOpenApi({
        openapi: "3.0.0",
        paths: { "/v1/x": { post: { requestBody: body } } },
        components: { schemas },
      }),
    (error: AppError) => error.code === "CONFIG_INVALID" && /more than 5000 fields/.test(error.message),
  );
});

const withChange = (name: string, change: Partial<Operation>) =>
  createCatalogue(builtin.list().map((each) => each === operation(name) ? { ...each, ...change } : each));
const changesOf = (name: string, change: Partial<Operation>): OperationChange[] => {
  const { added, removed, changed } = diffCatalogues(builtin, withChange(name, change));
  assertEquals([added, removed], [[], []]);
  assert(changed.length <= 1);
  return changed[0]?.changes ?? [];
};

Deno.test("diffCatalogues() finds nothing between a catalogue and itself, or with other placeholders", () => {
  const none: CatalogueDiff = { added: [], removed: [], changed: [] };
  assertEquals(diffCatalogues(builtin, builtin), none);
  const renamed = { path: "/v1/workspaces/{ws}/tags/{tagId}", pathParams: ["ws", "tagId"] };
  assertEquals(changesOf("getTag", renamed), []);
});

Deno.test("diffCatalogues() names what came, what went, and each part that changed, with what breaks a call", () => {
  const { operationId, summary } = operation("getTag");
  const fresh = { ...operation("getTag"), operationId: "newOne", path: "/v1/workspaces/{workspaceId}/new" };
  const less = builtin.list().filter((each) => each.operationId !== operationId);
  const { added, removed } = diffCatalogues(builtin, createCatalogue([...less, fresh]));
  assertEquals([added.map((each) => each.operationId), removed.map((each) => each.summary)], [["newOne"], [summary]]);

  const body = (fields: Operation["bodyFields"]) => changesOf("createNewTag", { bodyFields: fields });
  assertEquals(body([{ name: "name", type: "string" }, { name: "color", type: "string", required: true }]), [{
    part: "body_field",
    name: "color",
    change: "added",
    before: null,
    after: "string, required",
    breaking: true,
  }]);
  assertEquals(body([]), [{
    part: "body_field",
    name: "name",
    change: "removed",
    before: "string",
    after: null,
    breaking: true,
  }]);
  const [first] = changesOf("changeInvoiceStatus", {
    bodyFields: [{
      name: "invoiceStatus",
      type: "string",
      enum: ["UNSENT", "SENT", "PAID", "PARTIALLY_PAID", "OVERDUE", "DRAFT"],
    }],
  });
  assertEquals(first?.values, { added: ["DRAFT"], removed: ["VOID"] });
  assertEquals(first?.breaking, true);
  const flags = changesOf("getTags", { operationId: "listTags", paging: [], deprecated: true, answer: "object" });
  assertEquals(flags.map(({ part, name, breaking }) => `${part} ${name} ${breaking}`), [
    "operation_id operation_id true",
    "flag answer true",
    "flag paging true",
    "flag deprecated false",
  ]);
  const path = changesOf("removeInvoiceItem", { pathTypes: [] });
  assertEquals(path.map(({ part, name, before, after }) => [part, name, before, after]), [
    ["path_param", "order", "integer, required, at least 1", "string, required"],
  ]);
});

Deno.test("diffCatalogues() compares the fields within fields, and says a new one once", () => {
  const fields = operation("createTimeOffRequest").bodyFields.map((field) =>
    field.name === "timeOffPeriod"
      ? {
        ...field,
        fields: [...field.fields!, {
          name: "zone",
          type: "object" as const,
          fields: [{ name: "id", type: "string" as const }],
        }],
      }
      : field
  );
  assertEquals(
    changesOf("createTimeOffRequest", { bodyFields: fields }).map(({ name, change }) => `${name} ${change}`),
    ["timeOffPeriod.zone added"],
  );
});

Deno.test("touchedActions() finds the actions whose operation changed or went, and those that read before they write", () => {
  const without = (...names: string[]) => builtin.list().filter(({ operationId }) => !names.includes(operationId));
  const touched = (catalogue: ReturnType<typeof createCatalogue>, ...names: string[]) => {
    const actions = names.map((operation_id, index) =>
      ({ type: "clockify", id: `a${index}`, operation_id }) as FlowAction
    );
    return touchedActions({ actions }, { catalogue, diff: diffCatalogues(builtin, catalogue) })
      .map(({ actionId, key, effect, breaking }) => [actionId, key?.split("/").slice(4).join("/"), effect, breaking]);
  };
  assertEquals(touched(builtin, "updateTag", "findOrCreateTag"), []);
  assertEquals(touched(createCatalogue(without("deleteTag")), "getTags", "deleteTag"), [
    ["a1", "tags/{id}", "removed", true],
  ]);
  // updateTag reads by getTag; findOrCreateTag looks through getTags.
  assertEquals(touched(createCatalogue(without("getTag", "getTags")), "updateTag", "findOrCreateTag"), [
    ["a0", "tags/{id}", "removed", true],
    ["a1", "tags", "removed", true],
  ]);
  assertEquals(touched(withChange("getTags", { tag: "Labels" }), "getTags"), [["a0", "tags", "changed", false]]);
  const renamed = withChange("getTags", { operationId: "listTags" });
  assertEquals(touched(renamed, "getTags"), [["a0", "tags", "removed", true]]);
  assertEquals(touched(renamed, "GET /workspaces/{w}/tags"), [["a0", "tags", "changed", false]]);
  const twice = createCatalogue([...builtin.list(), { ...operation("getTag"), operationId: "getTags", path: "/v1/x" }]);
  assertEquals(touched(twice, "getTags"), [["a0", "tags", "ambiguous", true]]);
});
