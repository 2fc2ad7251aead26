/** Tests of the grades of Clockify's operations. */

import { assert, assertEquals } from "@std/assert";
import { builtinCatalogue, type Operation, operationKey } from "../../src/clockify/operations.ts";
import { compareGrades, type Grade, gradeOf, GRADES, gradeWithReason } from "../../src/guard/grades.ts";

/**
 * The grade of each operation that is no GET, as it was decided: a change of a rule, or a new operation of Clockify, shows here.
 * Without `/v1/workspaces/{}/`.
 */
const DECIDED: Readonly<Record<Grade, readonly string[]>> = {
  read: [
    "POST audit-log",
    "POST invoices/info",
    "POST reports/attendance",
    "POST reports/detailed",
    "POST reports/expenses/detailed",
    "POST reports/summary",
    "POST reports/weekly",
    "POST requests",
    "POST scheduling/assignments/projects/totals",
    "POST scheduling/assignments/user-filter/totals",
    "POST time-entries/batch",
    "POST time-off/requests",
    "POST users/info",
    "POST webhooks/{}/logs",
  ],
  routine: [
    "PATCH projects/{}/custom-fields/{}",
    "PATCH projects/{}/template",
    "PATCH scheduling/assignments/recurring/{}",
    "PATCH user/{}/time-entries",
    "POST /v1/file/image",
    "POST clients",
    "POST custom-fields",
    "POST projects",
    "POST projects/from-template",
    "POST projects/{}/tasks",
    "POST scheduling/assignments/recurring",
    "POST scheduling/assignments/{}/copy",
    "POST tags",
    "POST time-entries",
    "POST user/{}/time-entries",
    "POST user/{}/time-entries/{}/duplicate",
    "PUT clients/{}",
    "PUT custom-fields/{}",
    "PUT projects/{}",
    "PUT projects/{}/tasks/{}",
    "PUT scheduling/assignments/publish",
    "PUT scheduling/assignments/series/{}",
    "PUT tags/{}",
    "PUT time-entries/{}",
  ],
  business: [
    "PATCH approval-requests/{}",
    "PATCH balance/policy/{}",
    "PATCH expenses/categories/{}/status",
    "PATCH invoices/{}/status",
    "PATCH member-profile/{}",
    "PATCH policies/{}",
    "PATCH policies/{}/requests/{}",
    "PATCH projects/{}/estimate",
    "PATCH projects/{}/memberships",
    "PATCH time-entries/invoiced",
    "PATCH time-off/balance/policy/{}",
    "PATCH time-off/policies/{}",
    "PATCH time-off/policies/{}/requests/{}",
    "POST /v1/workspaces",
    "POST approval-requests",
    "POST approval-requests/resubmit-entries-for-approval",
    "POST approval-requests/users/{}",
    "POST approval-requests/users/{}/resubmit-entries-for-approval",
    "POST approval-requests/users/{}/{}",
    "POST approval-requests/{}",
    "POST expenses",
    "POST expenses/categories",
    "POST holidays",
    "POST invoices",
    "POST invoices/{}/duplicate",
    "POST invoices/{}/items",
    "POST invoices/{}/items/import",
    "POST invoices/{}/payments",
    "POST limited-users",
    "POST policies",
    "POST policies/{}/requests",
    "POST policies/{}/users/{}/requests",
    "POST projects/{}/memberships",
    "POST shared-reports",
    "POST time-off/balance/assignment",
    "POST time-off/policies",
    "POST time-off/policies/{}/requests",
    "POST time-off/policies/{}/users/{}/requests",
    "POST user-groups",
    "POST user-groups/{}/users",
    "POST users",
    "POST webhooks",
    "PUT cost-rate",
    "PUT expenses/categories/{}",
    "PUT expenses/{}",
    "PUT holidays/{}",
    "PUT hourly-rate",
    "PUT invoices/settings",
    "PUT invoices/{}",
    "PUT policies/{}",
    "PUT projects/{}/tasks/{}/cost-rate",
    "PUT projects/{}/tasks/{}/hourly-rate",
    "PUT projects/{}/users/{}/cost-rate",
    "PUT projects/{}/users/{}/hourly-rate",
    "PUT shared-reports/{}",
    "PUT time-off/balance/assignment/{}/user/{}/policy/{}",
    "PUT time-off/policies/{}",
    "PUT user-groups/{}",
    "PUT users/{}/cost-rate",
    "PUT users/{}/custom-field/{}/value",
    "PUT users/{}/hourly-rate",
    "PUT webhooks/{}",
  ],
  destructive: [
    "DELETE clients/{}",
    "DELETE custom-fields/{}",
    "DELETE expenses/categories/{}",
    "DELETE expenses/{}",
    "DELETE holidays/{}",
    "DELETE invoices/{}",
    "DELETE invoices/{}/items/{}",
    "DELETE invoices/{}/payments/{}",
    "DELETE policies/{}",
    "DELETE policies/{}/requests/{}",
    "DELETE projects/{}",
    "DELETE projects/{}/custom-fields/{}",
    "DELETE projects/{}/tasks/{}",
    "DELETE scheduling/assignments/recurring/{}",
    "DELETE shared-reports/{}",
    "DELETE tags/{}",
    "DELETE time-entries/{}",
    "DELETE time-off/balance/assignment/{}/user/{}/policy/{}",
    "DELETE time-off/policies/{}",
    "DELETE time-off/policies/{}/requests/{}",
    "DELETE user-groups/{}",
    "DELETE user-groups/{}/users/{}",
    "DELETE user/{}/time-entries",
    "DELETE users/{}",
    "DELETE users/{}/roles",
    "DELETE webhooks/{}",
    "PATCH webhooks/{}/token",
    "POST users/{}/roles",
    "PUT user/{}/time-entries",
    "PUT users/{}",
  ],
};

const all = builtinCatalogue().list();

function shortName(operation: Operation): string {
  return operationKey(operation).replace("/v1/workspaces/{workspaceId}/", "").replaceAll(/\{[^}]*\}/g, "{}");
}

/** An operation of a later edition of Clockify's API. */
function later(method: Operation["method"], path: string, access: Operation["access"] = "write") {
  return gradeOf({ method, path, access });
}

Deno.test("gradeOf() grades every operation of the catalogue as it was decided", () => {
  assert(all.length >= 184, `${all.length} operations`);
  const graded: Record<Grade, string[]> = { read: [], routine: [], business: [], destructive: [] };
  for (const operation of all) {
    const grade = gradeOf(operation);
    assert(GRADES.includes(grade), operationKey(operation));
    if (operation.method === "GET") assertEquals(grade, "read", operationKey(operation));
    else graded[grade].push(shortName(operation));
  }
  for (const grade of GRADES) assertEquals(graded[grade].sort(), [...DECIDED[grade]], grade);
});

Deno.test("gradeOf() has every DELETE destructive, and no other write lighter than its subject", () => {
  for (const operation of all) {
    if (operation.method === "DELETE") assertEquals(gradeOf(operation), "destructive", operationKey(operation));
    if (operation.access === "read") assertEquals(gradeOf(operation), "read", operationKey(operation));
    else assert(gradeOf(operation) !== "read", operationKey(operation));
    const isMoney = /invoice|expense|rate\b|payment/i.test(operation.path) && operation.access === "write";
    if (isMoney) assert(compareGrades(gradeOf(operation), "business") >= 0, operationKey(operation));
  }
});

Deno.test("gradeOf() grades operations that no catalogue of ours has by the words of their path", () => {
  assertEquals(later("POST", "/v1/workspaces/{workspaceId}/invoices/{invoiceId}/items"), "business");
  assertEquals(later("POST", "/v1/workspaces/{workspaceId}/limited-users"), "business");
  assertEquals(later("PUT", "/v1/workspaces/{workspaceId}/limited-users/{userId}"), "destructive");
  assertEquals(later("PUT", "/v1/workspaces/{workspaceId}/time-entries/batch"), "destructive");
  assertEquals(later("POST", "/v1/workspaces/{workspaceId}/projects/from-template"), "routine");
  assertEquals(later("DELETE", "/v1/anything"), "destructive");
  assertEquals(later("DELETE", "/v1/anything", "read"), "destructive", "whatever a document says of it");
  assertEquals(later("PATCH", "/v1/anything", "read"), "routine");
  assertEquals(later("POST", "/v1/anything", "read"), "read");
  assertEquals(later("GET", "/v1/anything"), "read");
});

Deno.test("gradeOf() has an ordinary write that names a rate or a budget as a business write", () => {
  const named = (operationId: string, body: unknown) => gradeOf(builtinCatalogue().find(operationId)!, body);
  assertEquals(named("updateProject", { name: "P", color: "#000000", hourlyRate: undefined }), "routine");
  assertEquals(named("updateProject", { hourlyRate: { amount: 1 } }), "business");
  assertEquals(named("updateProject", { costRate: null }), "business");
  assertEquals(named("createNewProject", { name: "P", memberships: [{ userId: "u", hourlyRate: 1 }] }), "business");
  assertEquals(named("updateTask", { budgetEstimate: 5 }), "business");
  // An expression of a flow in the place of the body.
  assertEquals([named("updateProject", "$.x"), named("updateTag", "$.x")], ["business", "routine"]);
  assertEquals(named("deleteProject", { hourlyRate: 1 }), "destructive");
  const whole = gradeWithReason(builtinCatalogue().find("updateProject")!, { hourlyRate: 1 });
  assertEquals(whole.reason, "Its body names a rate or a budget");
});

Deno.test("gradeWithReason() says why of each", () => {
  for (const operation of all) {
    const { reason } = gradeWithReason(operation);
    assert(/^(?:It|An|The) [a-z].*[a-z]$/.test(reason), `${operationKey(operation)}: ${reason}`);
  }
});
