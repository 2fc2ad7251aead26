/** The search over the catalogue: plain phrases as people type them, and what they should lead to. */

import { assert, assertEquals } from "@std/assert";
import { createCatalogueSearch } from "../../src/clockify/catalogue_search.ts";
import { meantOperation } from "../../src/clockify/meant_operation.ts";
import { builtinCatalogue, operationKey } from "../../src/clockify/operations.ts";
import { searchWords } from "../../src/clockify/search_words.ts";
import { flowPhrases } from "../../src/flows/vocabulary/operation_phrases.ts";

const catalogue = builtinCatalogue();
const search = createCatalogueSearch(catalogue.list(), flowPhrases(catalogue));

/** What people type, and the operations of which one must be among the first three. */
const PHRASES: readonly (readonly [phrase: string, ...fitting: string[]])[] = [
  ["add a tag to a time entry", "updateTimeEntry"],
  ["stop the running timer", "stopRunningTimeEntry"],
  ["start a timer", "createTimeEntry", "createForOthers"],
  ["log 2 hours for a colleague", "createForOthers"],
  ["change the description of a time entry", "updateTimeEntry"],
  ["remove a time entry", "deleteTimeEntry"],
  ["delete a lot of time entries at once", "deleteMany"],
  ["show me everything Anna tracked last week", "getTimeEntries", "generateDetailedReport"],
  ["who is working right now", "getInProgressTimeEntries"],
  ["mark entries as billed", "updateInvoicedStatus"],
  ["new project", "createNewProject"],
  ["archive project", "updateProject"],
  ["delete project", "deleteProject"],
  ["project budget", "updateEstimate"],
  ["add someone to a project", "addUsersToProject"],
  ["hourly rate of a person on a project", "addUsersHourlyRate"],
  ["make a new project like the template", "createProjectFromTemplate"],
  ["close a task", "updateTask"],
  ["list todos of a project", "getTasks"],
  ["rename customer", "updateClient"],
  ["get all customers", "getClients"],
  ["create label", "createNewTag"],
  ["invite a new employee", "addUsers"],
  ["deactivate user", "updateUserStatus"],
  ["make somebody a project manager", "createUserRole"],
  ["find a user by e-mail", "getUsersOfWorkspace", "filterUsersOfWorkspace"],
  ["put a person into a group", "addUser"],
  ["who am I", "getLoggedUser"],
  ["approve timesheet", "updateApprovalStatus"],
  ["timesheets that wait for approval", "getApprovalRequests"],
  ["request vacation", "createTimeOffRequest"],
  ["reject leave request", "changeTimeOffRequestStatus"],
  ["how many days off does someone have left", "getBalancesForUser"],
  ["public holidays", "getHolidays", "getHolidaysInPeriod"],
  ["bill a client", "createInvoice"],
  ["invoice as pdf", "exportInvoice"],
  ["mark invoice paid", "changeInvoiceStatus"],
  ["record an expense", "createExpense"],
  ["hours per project last month", "generateSummaryReport"],
  ["who changed this entry", "searchAuditLogs"],
];

Deno.test("of 40 plain phrases at least 36 have a fitting operation among the first three", () => {
  assertEquals(PHRASES.length, 40);
  const missed = PHRASES.flatMap(([phrase, ...fitting]) => {
    for (const id of fitting) assert(catalogue.find(id), id);
    const found = search.find(phrase).slice(0, 3).map(({ operationId }) => operationId);
    return found.some((id) => fitting.includes(id)) ? [] : [`${phrase}: ${found.join(", ")}`];
  });
  assert(missed.length <= 4, missed.join("\n"));
});

Deno.test("each operation that is not old is the first for its own summary", () => {
  const missed = catalogue.list().filter(({ deprecated }) => !deprecated).flatMap((operation) => {
    const [first] = search.find(operation.summary);
    return first === operation ? [] : [`${operation.summary}: ${first && operationKey(first)}`];
  });
  assertEquals(missed, []);
});

Deno.test("an operation is found by its id, its path and the beginning of a word", () => {
  const first = (text: string) => search.find(text)[0]?.operationId;
  assertEquals(first("getUserGroups"), "getUserGroups");
  assertEquals(first("PATCH /scheduling/assignments/recurring"), "editRecurring");
  assertEquals(first("webho log"), "getLogsForWebhook");
});

Deno.test("what says nothing finds all, and what is unknown finds nothing", () => {
  assertEquals(search.find(" the, of ").length, catalogue.list().length);
  assertEquals(search.find("zzzz qqqq"), []);
  assertEquals(search.find("'\u0000<script>' 🙂").map(({ operationId }) => operationId), []);
});

Deno.test("searchWords() makes one of words that mean the same", () => {
  assertEquals(searchWords("Remove the customers’ labels"), searchWords("delete client tags"));
  assertEquals(searchWords("stopping timers"), searchWords("Stop the timer"));
  assertEquals(searchWords("Café über"), ["cafe", "uber"]);
  assertEquals(searchWords("vacation"), searchWords("time off"));
});

Deno.test("meantOperation() knows what others call an operation, a slip of a letter, and what is none", () => {
  for (
    const [name, meant] of [
      ["createTag", "createNewTag"],
      ["addTag", "createNewTag"],
      ["create_project", "createNewProject"],
      ["listProjects", "getProjects"],
      ["editTimeEntry", "updateTimeEntry"],
      ["getUser", "getLoggedUser"],
      ["updateTimeEnrty", "updateTimeEntry"],
      ["tag", undefined],
      ["fetchUnicorns", undefined],
      ["createTag".repeat(9), undefined],
    ]
  ) assertEquals(meantOperation(name!, catalogue.list()), meant, name);
});
