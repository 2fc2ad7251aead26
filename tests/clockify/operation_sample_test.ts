/** Samples of operations: what they show is what the operation takes, and a shell reads it as it stands. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { answerFields } from "../../src/clockify/answer_fields.ts";
import { formFillOf } from "../../src/clockify/form_fill.ts";
import { fullReplaceKeys } from "../../src/clockify/full_replace.ts";
import { checkOperationInput } from "../../src/clockify/operation_input.ts";
import { refusalOf } from "../../src/clockify/operation_access.ts";
import { answerSample, bodySample, requestSample } from "../../src/clockify/operation_sample.ts";
import { builtinCatalogue, createCatalogue, type Operation, operationKey } from "../../src/clockify/operations.ts";

const catalogue = builtinCatalogue();
const operation = (name: string): Operation => catalogue.find(name)!;

Deno.test("the sample of each body passes the check of its operation", () => {
  for (const each of catalogue.list()) {
    const pathParams = Object.fromEntries(each.pathParams.map((name) => {
      const type = each.pathTypes.find((one) => one.name === name);
      return [name, type?.enum?.[0] ?? (type?.type === "integer" ? 1 : "64a687e29ae1f428e7ebe303")];
    }));
    const queryParams = Object.fromEntries(
      each.queryParams.filter(({ required }) => required).map((
        param,
      ) => [param.name, param.enum?.[0] ?? param.default ?? "x"]),
    );
    const body = bodySample(each) ?? undefined;
    assertEquals(checkOperationInput(each, { pathParams, queryParams, body }), [], operationKey(each));
    assertEquals(answerSample(each, answerFields(each)) === null, !["array", "object"].includes(each.answer));
  }
});

Deno.test("requestSample() fills in the workspace, and names in capitals what else is missing", () => {
  const sample = (name: string) => requestSample(operation(name), "w1");
  assertEquals(sample("updateTag"), {
    path: "/v1/workspaces/w1/tags/ID",
    query: {},
    body: { archived: false, name: "text" },
  }, "all that the replace would empty");
  assertEquals(sample("createNewTag").body, { name: "text" });
  assertEquals(sample("getHolidaysInPeriod").query, { "assigned-to": "ASSIGNED_TO", start: "START", end: "END" });
  assertEquals(sample("getTask").path, "/v1/workspaces/w1/projects/PROJECT_ID/tasks/TASK_ID");
  assertEquals([sample("getTask").body, sample("uploadImage").body], [undefined, { file: { base64: "" } }]);
});

Deno.test("formFillOf() finds the read of every operation that is merged, with a value for each of its parameters", () => {
  for (const name of fullReplaceKeys()) {
    const replace = operation(name);
    const fill = formFillOf(replace, catalogue)!;
    assertEquals(fill.read.access, "read", name);
    assertEquals(Object.keys(fill.pathParams), fill.read.pathParams.filter((one) => one !== "workspaceId"), name);
    for (const own of Object.values(fill.pathParams)) {
      assert(own === "body:id" || replace.pathParams.includes(own), `${own} of ${name}`);
    }
    assertEquals(fill.listAt === null, fill.idParam === null, name);
  }
  const renamed = {
    ...operation("updateTag"),
    path: "/v1/workspaces/{ws}/tags/{tagId}",
    pathParams: ["workspaceId", "tagId"],
  };
  assertEquals(formFillOf(renamed, catalogue)?.pathParams, { id: "tagId" }, "by its place");
  const without = createCatalogue(catalogue.list().filter(({ operationId }) => operationId !== "getTag"));
  assertStrictEquals(formFillOf(operation("updateTag"), without), undefined);
  assertStrictEquals(formFillOf(operation("createNewTag"), catalogue), undefined);
});

Deno.test("refusalOf() names what no setting can change before what one can", () => {
  const hosts = { api: "https://api.clockify.me/api/v1" };
  const reader = { scopes: ["TAG_READ", "WORKSPACE_WRITE"], mayWrite: false, hosts };
  assertEquals(["getTags", "createNewTag", "createWebhook"].map((name) => refusalOf(operation(name), reader)), [
    null,
    "scope",
    "closed_to_addons",
  ]);
  const writer = { scopes: ["TAG_WRITE", "REPORTS_READ"], mayWrite: false, hosts };
  assertEquals(refusalOf(operation("createNewTag"), writer), "writes_off");
  assertEquals(refusalOf(operation("createNewTag"), { ...writer, mayWrite: true }), null);
  const report = operation("generateSummaryReport");
  assertEquals(refusalOf(report, writer), "no_host");
  const reports = "https://reports.api.clockify.me/v1";
  assertEquals(refusalOf(report, { ...writer, hosts: { ...hosts, reports } }), null);
});
