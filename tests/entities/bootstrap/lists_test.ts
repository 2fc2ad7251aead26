/** Tests of src/entities/bootstrap/lists.ts: what is read at install, what only on demand, and that nothing is asked for that cannot be given. */

import { assert, assertEquals } from "@std/assert";
import { chooseLists, readableLists } from "../../../src/entities/bootstrap/lists.ts";
import { builtinCatalogue } from "../../../src/clockify/operations.ts";
import { SCOPES } from "../../../src/clockify/scopes.ts";
import { apiStudio } from "../../../src/profiles/api_studio.ts";

const LISTS = readableLists(builtinCatalogue());

function chosen(choice: { scopes?: readonly string[]; heavy?: boolean; timeEntries?: boolean }): string[] {
  return chooseLists(LISTS, { scopes: SCOPES, heavy: false, timeEntries: false, ...choice })
    .map(({ operation }) => operation.operationId).sort();
}

/** What docs/clockify-protocol.md "Operations" counts as ready to read, without time entries; and tasks per project. */
const BASIC = [
  "findPoliciesForWorkspace",
  "getApprovalRequests",
  "getBalancesForPolicy",
  "getClients",
  "getHolidays",
  "getLoggedUser",
  "getProjects",
  "getTags",
  "getTasks",
  "getUserGroups",
  "getUsersOfWorkspace",
  "getWorkspaceOfUser",
  "ofWorkspace",
];

Deno.test("chooseLists() takes the light lists, and heavy ones and time entries only where they are wanted", () => {
  assertEquals(chosen({}), BASIC);
  const heavy = chosen({ heavy: true }).filter((id) => !BASIC.includes(id));
  assertEquals(heavy, [
    "getAllAssignments",
    "getCategories",
    "getCustomFieldsOfProject",
    "getExpenses",
    "getInvoices",
    "getManagersOfUser",
    "getPaymentsForInvoice",
    "getSharedReportsV1",
  ]);
  const entries = chosen({ timeEntries: true }).filter((id) => !BASIC.includes(id));
  assertEquals(entries, ["getInProgressTimeEntries", "getTimeEntries"]);
});

Deno.test("chooseLists() leaves out what the add-on has no scope for, and what hangs on that", () => {
  const heavyOfStudio = chosen({ scopes: apiStudio.scopes, heavy: true });
  const studio = chosen({ scopes: apiStudio.scopes });
  assertEquals(heavyOfStudio.filter((id) => !studio.includes(id)), ["getCustomFieldsOfProject", "getManagersOfUser"]);
  assert(studio.includes("getProjects") && !studio.includes("getTasks") && !studio.includes("getUserGroups"));
  const noUsers = chosen({ scopes: SCOPES.filter((scope) => scope !== "USER_READ"), timeEntries: true });
  assert(!noUsers.includes("getTimeEntries"), "it is read below each user");
});

Deno.test("readableLists() has no deprecated operation and none that needs what nobody can say", () => {
  for (const { operation, query, parent, windowed } of LISTS) {
    assert(!operation.deprecated && !operation.experimental, operation.operationId);
    const given = ["workspaceId", parent?.param];
    assertEquals(operation.pathParams.filter((name) => !given.includes(name)), [], operation.operationId);
    for (const { name, required } of operation.queryParams) {
      assert(!required || name in query || (windowed && ["start", "end"].includes(name)), name);
    }
  }
  assertEquals(new Set(LISTS.map(({ entityType }) => entityType)).size, LISTS.length, "a type of its own each");
});

Deno.test("readableLists() says how each list ends and where its items are", () => {
  const by = new Map(LISTS.map((list) => [list.operation.operationId, list]));
  for (const id of ["ofWorkspace", "getHolidays"]) assertEquals(by.get(id)!.paging, "whole_list");
  assertEquals(by.get("getClients")!.paging, "last_page");
  assertEquals(by.get("getExpenses")!.member, ["expenses", "expenses"]);
  assertEquals(by.get("getApprovalRequests")!.id, ["approvalRequest", "id"]);
  assertEquals(by.get("getUsersOfWorkspace")!.query["include-roles"], "false");
  assertEquals([by.get("getTimeEntries")!.windowed, by.get("getTasks")!.parent!.param], [true, "projectId"]);
});
