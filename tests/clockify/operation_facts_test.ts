/** What the catalogue says of each operation: summaries, flags, plans, typed paths and fields within fields. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { answerFields } from "../../src/clockify/answer_fields.ts";
import { flagsOf, planFactOf, planOf } from "../../src/clockify/operation_facts.ts";
import { checkOperationInput } from "../../src/clockify/operation_input.ts";
import {
  builtinCatalogue,
  idInWords,
  type Operation,
  operationKey,
  type OperationParam,
} from "../../src/clockify/operations.ts";
import { SCOPES } from "../../src/clockify/scopes.ts";

const catalogue = builtinCatalogue();
const operation = (name: string): Operation => catalogue.find(name) ?? assert(false, name) as never;

/** Those of 2026, as the protocol page lists them. */
const NEW = [
  "POST /v1/workspaces/{workspaceId}/approval-requests/{type}",
  "POST /v1/workspaces/{workspaceId}/approval-requests/users/{userId}/{type}",
  "POST /v1/workspaces/{workspaceId}/audit-log",
  "POST /v1/workspaces/{workspaceId}/invoices/{invoiceId}/items",
  "POST /v1/workspaces/{workspaceId}/invoices/{invoiceId}/items/import",
  "DELETE /v1/workspaces/{workspaceId}/invoices/{invoiceId}/items/{order}",
  "POST /v1/workspaces/{workspaceId}/limited-users",
  "POST /v1/workspaces/{workspaceId}/projects/from-template",
  "POST /v1/workspaces/{workspaceId}/time-entries/batch",
  "POST /v1/workspaces/{workspaceId}/time-off/balance/assignment",
  "GET /v1/workspaces/{workspaceId}/time-off/balance/assignment/user/{userId}/policy/{policyId}",
  "PUT /v1/workspaces/{workspaceId}/time-off/balance/assignment/{balanceAssignmentId}/user/{userId}/policy/{policyId}",
  "DELETE /v1/workspaces/{workspaceId}/time-off/balance/assignment/{balanceAssignmentId}/user/{userId}/policy/{policyId}",
  "GET /v1/workspaces/{workspaceId}/webhooks/{webhookId}/statuses",
];

Deno.test("each operation says in one line of its own what it does, and has a scope of Clockify", () => {
  const summaries = new Set<string>();
  for (const each of catalogue.list()) {
    assertMatch(each.summary, /^[A-Z].{5,90}[^.]$/, operationKey(each));
    assert(!summaries.has(each.summary), `${each.summary} twice`);
    summaries.add(each.summary);
    assert((SCOPES as readonly string[]).includes(each.scope), `${each.scope} of ${operationKey(each)}`);
    for (const phrase of each.intents) assertMatch(phrase, /^\S.{1,58}\S$/, operationKey(each));
    for (const { name } of each.pathTypes) assert(each.pathParams.includes(name), operationKey(each));
  }
});

Deno.test("the operations of 2026 are there, with what is known of their answers", () => {
  for (const name of NEW) {
    const found = operation(name);
    assertEquals(operationKey(found), name);
    const isKnown = found.answer === "none" || found.operationId === "addLimitedUsersWithInfo";
    assertEquals(answerFields(found).length > 0, !isKnown, name);
  }
  const audit = operation("searchAuditLogs");
  assertEquals([audit.service, audit.access, audit.scope], ["audit", "read", "WORKSPACE_READ"]);
  assertEquals(operation("getMultipleTimeEntries").access, "read");
  assertEquals(operation("getWebhookEventStatusesWithLatestLog").addonToken, "blocked");
});

Deno.test("flagsOf() says what is safe, heavy, paged and replaces", () => {
  const flags = (name: string) =>
    Object.entries(flagsOf(operation(name))).flatMap(([flag, is]) => is ? [flag] : []).join();
  assertEquals(flags("getTags"), "safe,paged");
  assertEquals(flags("getTag"), "safe");
  assertEquals(flags("updateTag"), "fullReplace");
  assertEquals(flags("updateMemberships"), "fullReplace");
  assertEquals(flags("createNewTag"), "");
  assertEquals(["generateDetailedReport", "generateAttendanceReport"].map(flags), ["heavy,paged", "heavy,paged"]);
  assertEquals(flags("generateSummaryReport"), "heavy", "its groups come whole");
  assertEquals(flags("searchAuditLogs"), "heavy,paged");
  assertEquals(flags("exportInvoice"), "safe,heavy");
  assertEquals(flags("getWebhookEventStatusesWithLatestLog"), "safe,paged");
  assertEquals(flags("getTimeOffRequest"), "paged", "a POST that only searches");
});

Deno.test("planOf() names the least plan where it is known", () => {
  const plan = (name: string) => planOf(operation(name));
  assertEquals(plan("searchAuditLogs"), "ENTERPRISE");
  assertEquals([plan("createExpense"), plan("generateDetailedReportV1")], ["PRO", "PRO"]);
  assertEquals(["addInvoiceItem", "getHolidays", "updateBalance", "getApprovalRequests"].map(plan), [
    "STANDARD",
    "STANDARD",
    "STANDARD",
    "STANDARD",
  ]);
  assertEquals(["getTags", "createTimeEntry", "getAllAssignments", "addLimitedUsersWithInfo"].map(plan), [
    null,
    null,
    null,
    null,
  ]);
});

Deno.test("planFactOf() says FREE only where a source does, and that it is not known where none does", () => {
  const of = (name: string) => planFactOf(operation(name));
  assertEquals(["getWebhooks", "generateSummaryReport"].map((name) => of(name).plan), ["FREE", "FREE"]);
  for (const name of ["getAllAssignments", "addLimitedUsersWithInfo", "getTags", "getCustomFieldsOfProject"]) {
    if (catalogue.find(name) === undefined) continue;
    assertEquals(of(name).plan, "unknown", name);
    assertMatch(of(name).about, /documents do not say/);
  }
  for (const each of catalogue.list()) assert(planFactOf(each).about.length > 20, each.operationId);
});

Deno.test("a path parameter that is more than any text is checked as what it is", () => {
  const faults = (name: string, pathParams: Record<string, unknown>, body?: unknown) =>
    checkOperationInput(operation(name), { pathParams, body }).map(({ path, message }) => `${path} ${message}`);
  assertEquals(faults("removeInvoiceItem", { invoiceId: "i", order: 1 }), []);
  assertEquals(faults("removeInvoiceItem", { invoiceId: "i", order: "2" }), []);
  assertEquals(faults("removeInvoiceItem", { invoiceId: "i", order: "$.webhook.order" }), []);
  assertEquals(faults("removeInvoiceItem", { invoiceId: "i", order: "first" }), [
    "path_params.order must be an integer",
  ]);
  assertEquals(faults("removeInvoiceItem", { invoiceId: "i", order: 0 }), ["path_params.order must be at least 1"]);
  assertEquals(faults("createApprrovalRequest_1", { type: "WEEK" }, { periodStart: "2026-11-23T00:00:00Z" }), [
    "path_params.type must be one of TIMESHEET, EXPENSE",
  ]);
});

Deno.test("bodies say what their lists and objects hold, three levels deep at most", () => {
  const field = (name: string, ...path: string[]) =>
    path.reduce<OperationParam | undefined>(
      (found, part) => found?.fields?.find((each) => each.name === part),
      { name: "", type: "object", fields: operation(name).bodyFields },
    );
  assertEquals(field("updateTimeEntry", "tagIds")?.items, "string");
  assertEquals(field("createTimeOffRequest", "timeOffPeriod", "period", "start")?.type, "string");
  assertEquals(field("importTimeEntriesAndExpenses", "projectFilter", "status")?.enum, ["ACTIVE", "ARCHIVED", "ALL"]);
  assertEquals(field("searchAuditLogs", "actions")?.itemEnum?.length, 37);
  const depth = (fields: readonly OperationParam[]): number =>
    fields.length === 0 ? 0 : 1 + Math.max(...fields.map((one) => depth(one.fields ?? [])));
  assertEquals(Math.max(...catalogue.list().map(({ bodyFields }) => depth(bodyFields))), 3);
});

Deno.test("idInWords() reads an id as words, and leaves METHOD /path alone", () => {
  assertEquals(idInWords("getTimeEntries"), "Get time entries");
  assertEquals(idInWords("GET /v1/user"), "GET /v1/user");
});
