/** Valid requests for every operation of the catalogue, made from its parameters and body fields and from what a workspace holds. */

import type { Operation, OperationParam } from "../../src/clockify/operations.ts";
import { businessOf } from "../../src/simulator/business_data.ts";
import { collectionOf } from "../../src/simulator/catalogue/objects.ts";
import { stableId } from "../../src/simulator/items.ts";
import type { Workspace } from "../../src/simulator/workspace_data.ts";
import { answerFields } from "../../src/clockify/answer_fields.ts";

// deno-lint-ignore no-explicit-any -- as Clockify answers
export type Json = any;

export interface CatalogueRequest {
  pathParams: Record<string, string>;
  query: Record<string, string>;
  body?: Json;
}

/** Calls below the workspace as a person; the answer's body. */
export type Person = (method: string, path: string, body?: unknown) => Promise<Json>;

const START = "2026-11-16T00:00:00Z";
const END = "2026-11-22T23:59:59Z";

/** Ids of objects that are there, by the name of the parameter and, for `id`, by the path before it. */
function idsOf(workspace: Workspace): Record<string, string> {
  const business = businessOf(workspace);
  const project = [...workspace.projects.values()].find((one) => one.memberships.length > 0)!;
  const task = [...workspace.tasks.values()].find(({ projectId }) => projectId === project.id)!;
  const [userId] = project.memberships.map((one) => one.userId);
  const entry = [...workspace.timeEntries.values()].find((one) => one.userId === userId)!;
  return {
    workspaceId: workspace.id,
    userId: userId!,
    projectId: project.id,
    taskId: task.id,
    clientId: [...workspace.clients.keys()][0]!,
    tagId: [...workspace.tags.keys()][0]!,
    timeEntryId: entry.id,
    customFieldId: workspace.customFields[0]!.id,
    userGroupId: workspace.userGroups[0]!.id,
    policyId: business.policies[0]!.id,
    requestId: business.timeOffRequests[0]!.id,
    holidayId: business.holidays[0]!.id,
    invoiceId: business.invoices[0]!.id,
    order: "1",
    expenseId: business.expenses[0]!.id,
    categoryId: business.categories[0]!.id,
    approvalRequestId: business.approvals[0]!.id,
    assignmentId: business.assignments[0]!.id,
    sharedReportId: business.sharedReports[0]!.id,
    webhookId: [...workspace.webhooks.keys()][0] ?? "",
    addonId: "0".repeat(24),
    type: "TIMESHEET",
    balanceAssignmentId: stableId(workspace, `balance ${business.policies[0]!.id} ${userId}`),
    currency: "EUR",
    entityId: project.id,
  };
}

/** What `{id}` means by the name in the path before it. */
const ID_OF: Record<string, string> = {
  clients: "clientId",
  tags: "tagId",
  tasks: "taskId",
  "time-entries": "timeEntryId",
  "user-groups": "userGroupId",
  policies: "policyId",
  "shared-reports": "sharedReportId",
};

function pathParamsOf(operation: Operation, workspace: Workspace): Record<string, string> {
  const ids = idsOf(workspace);
  const segments = operation.path.split("/");
  const places = segments.flatMap((segment, index) => segment.startsWith("{") ? [index] : []);
  return Object.fromEntries(places.map((index) => {
    const [before, name] = [segments[index - 1], segments[index]!.slice(1, -1)];
    const known = name === "id" ? ids[ID_OF[before!] ?? ""] : ids[name];
    if (known !== undefined) return [name, known];
    // Of an operation that no family serves: one of the objects that its collection begins with.
    const cut = operation.path.slice(0, operation.path.indexOf(`/{${name}}`));
    const collection = cut.replace(/\{(\w+)\}/g, (_, own) => ids[own] ?? workspace.id);
    return [name, collectionOf(workspace, { collection, fields: answerFields(operation) })[0]!.id];
  }));
}

function valueOf({ name, type, enum: known, minimum }: OperationParam, ids: Record<string, string>): Json {
  if (ids[name] !== undefined) return ids[name];
  if (name === "userIds") return [ids.userId];
  if (name === "timeEntryIds") return [ids.timeEntryId];
  if (known) return type === "array" ? [known[0]] : known[0];
  if (/^(start|from|dateRangeStart|periodStart|issuedDate|date|paymentDate)$/.test(name)) return START;
  if (/^(end|to|dateRangeEnd|dueDate)$/.test(name)) return END;
  switch (type) {
    case "integer":
    case "number":
      return minimum === undefined || minimum < 1 ? 1 : minimum;
    case "boolean":
      return true;
    case "array":
      return [];
    case "object":
      return {};
    case "binary":
      return "content";
    default:
      return "Sample";
  }
}

/** Required parameters and fields with a value of their type; what more is needed stands in `BODIES` and `QUERIES`. */
export function requestFor(operation: Operation, workspace: Workspace): CatalogueRequest {
  const ids = idsOf(workspace);
  const required = (params: readonly OperationParam[]) =>
    Object.fromEntries(params.filter((one) => one.required).map((one) => [one.name, one.default ?? valueOf(one, ids)]));
  const pathParams = pathParamsOf(operation, workspace);
  const query = { ...required(operation.queryParams), ...QUERIES[operation.operationId]?.(ids) };
  if (operation.bodyKind === "none") return { pathParams, query };
  const fields = required(operation.bodyFields);
  const more = BODIES[operation.operationId]?.(ids, pathParams) ?? {};
  const body = operation.bodyKind === "array" ? [{ ...fields, ...more }] : { ...fields, ...more };
  return { pathParams, query, body };
}

type Ids = Record<string, string>;

const QUERIES: Record<string, (ids: Ids) => Record<string, string>> = {
  getCreatedEntityInfo: () => ({ type: "CLIENTS", start: "2026-01-01T00:00:00Z", end: END }),
  getDeletedEntityInfo: () => ({ type: "CLIENTS" }),
  getUpdatedEntityInfo: () => ({ type: "CLIENTS" }),
  getHolidaysInPeriod: ({ userId }) => ({ "assigned-to": userId!, start: "2026-12-01", end: "2026-12-31" }),
  deleteMany: ({ timeEntryId }) => ({ "time-entry-ids": timeEntryId! }),
  getProjectTotals: () => ({ start: START, end: END }),
  getAllAssignments: () => ({ start: START, end: "2026-11-30T00:00:00Z" }),
};

const range = { dateRangeStart: START, dateRangeEnd: END, timeZone: "UTC" };
const policy = { name: "Parental leave", approve: { requiresApproval: true } };
const wholePolicy = { ...policy, users: { ids: [] }, userGroups: { ids: [] } };
const timeOff = { timeOffPeriod: { period: { start: "2027-02-01", days: 2 } } };
const october = { periodStart: "2026-10-05T00:00:00Z" };
const november = { periodStart: "2026-11-09T00:00:00Z" };
const hook = {
  name: "Hook",
  url: "https://hooks.example.com/",
  webhookEvent: "NEW_TAG",
  triggerSourceType: "WORKSPACE_ID",
  triggerSource: [],
};
const period = { startDate: "2027-01-06", endDate: "2027-01-06" };

const BODIES: Record<string, (ids: Ids, path: Ids) => Json> = {
  createWorkspace: () => ({ name: "Second studio" }),
  createApprrovalRequest: () => october,
  createApprovalForOther: () => october,
  resubmitApprovalRequest: () => november,
  resubmitApprovalRequestForOther: () => november,
  updateApprovalStatus: () => ({ state: "APPROVED" }),
  createClient: () => ({ name: "Newly found" }),
  updateClient: () => ({ name: "Renamed" }),
  create: () => ({ name: "Room", type: "TXT" }),
  editCustomField: () => ({ name: "Room", type: "TXT" }),
  createExpense: () => ({ amount: 12.5 }),
  updateExpense: () => ({ amount: 12.5, changeFields: ["AMOUNT"] }),
  createExpenseCategory: () => ({ name: "Meals" }),
  updateCategory: () => ({ name: "Meals" }),
  updateExpenseCategoryStatus: () => ({ archived: true }),
  createHoliday: () => ({ name: "Epiphany", datePeriod: period }),
  updateHoliday: () => ({ name: "Epiphany", datePeriod: period, occursAnnually: true }),
  createInvoice: () => ({ number: "2026-0900" }),
  updateInvoice: () => ({ number: "2026-0900" }),
  changeInvoiceStatus: () => ({ invoiceStatus: "SENT" }),
  addLimitedUsersWithInfo: () => ({ users: [{ name: "Kiosk one" }] }),
  createInvoicePayment: () => ({ amount: 500 }),
  addInvoiceItem: () => ({ applyTaxes: "TAX1", itemType: "Service", quantity: 100, unitPrice: 10_000 }),
  createNewProject: () => ({ name: "Newly found" }),
  updateProject: () => ({ name: "Renamed" }),
  createTask: () => ({ name: "Newly found" }),
  updateTask: () => ({ name: "Renamed" }),
  updateMemberships: ({ userId }) => ({ memberships: [{ userId }] }),
  addUsersToProject: ({ userId }) => ({ userIds: [userId] }),
  createNewTag: () => ({ name: "Newly found" }),
  updateTag: () => ({ name: "Renamed" }),
  createTimeEntry: () => ({ start: START, end: "2026-11-16T01:00:00Z" }),
  createForOthers: () => ({ start: START, end: "2026-11-16T01:00:00Z" }),
  updateTimeEntry: () => ({ start: START, end: "2026-11-16T01:00:00Z" }),
  replaceMany: ({ timeEntryId }) => ({ id: timeEntryId, start: START, end: "2026-11-16T01:00:00Z" }),
  stopRunningTimeEntry: () => ({ end: END }),
  updateInvoicedStatus: ({ timeEntryId }) => ({ timeEntryIds: [timeEntryId] }),
  updateBalance: ({ userId }) => ({ userIds: [userId], value: 12 }),
  updateBalancesForUsers: ({ userId }) => ({ userIds: [userId], value: 12 }),
  createPolicy: () => policy,
  createPtoPolicy: () => policy,
  updatePolicy: () => wholePolicy,
  updatePtoPolicy: () => wholePolicy,
  updatePolicyStatus: () => ({ status: "ARCHIVED" }),
  updatePtoPolicyStatus: () => ({ status: "ARCHIVED" }),
  createTimeOffRequest: () => timeOff,
  createTimeOffRequestForOther: () => timeOff,
  createPtoTimeOffRequest: () => timeOff,
  createPtoTimeOffRequestForOther: () => timeOff,
  changeTimeOffRequestStatus: () => ({ status: "APPROVED" }),
  changePtoTimeOffRequestStatus: () => ({ status: "APPROVED" }),
  createUserGroup: () => ({ name: "Newly found" }),
  updateUserGroup: () => ({ name: "Renamed" }),
  addUsers: () => ({ email: "new.person@harbour-pine.example" }),
  updateUserStatus: () => ({ status: "INACTIVE" }),
  upsertUserCustomFieldValue: () => ({ value: "Dock 4" }),
  createWebhook: () => hook,
  updateWebhook: () => ({ ...hook, name: "Renamed" }),
  createRecurring: () => ({ hoursPerDay: 4 }),
  editRecurringPeriod: () => ({ repeat: true, weeks: 3 }),
  generateDetailedReport: () => range,
  generateDetailedReportV1: () => range,
  generateSummaryReport: () => ({ ...range, summaryFilter: { groups: ["PROJECT"] } }),
  generateWeeklyReport: () => ({ ...range, weeklyFilter: { group: "PROJECT" } }),
  generateAttendanceReport: () => range,
  saveSharedReportV1: () => ({ name: "This month" }),
};

/** What has to be so before an operation succeeds: archived, withdrawn, running, uploaded; it may say other ids. */
export const PREPARE: Record<string, (person: Person, request: CatalogueRequest) => Promise<void>> = {
  deleteClient: (person, { pathParams: { id } }) => person("PUT", `/clients/${id}`, { name: "Gone", archived: true }),
  deleteProject: (person, { pathParams: { projectId } }) =>
    person("PUT", `/projects/${projectId}`, { name: "Gone", archived: true }),
  deleteTask: (person, { pathParams: { projectId, taskId } }) =>
    person("PUT", `/projects/${projectId}/tasks/${taskId}`, { name: "Gone", status: "DONE" }),
  deleteCategory: (person, { pathParams: { categoryId } }) =>
    person("PATCH", `/expenses/categories/${categoryId}/status`, { archived: true }),
  deletePolicy: (person, { pathParams: { id } }) => person("PATCH", `/time-off/policies/${id}`, { status: "ARCHIVED" }),
  deletePtoPolicy: (person, { pathParams: { id } }) =>
    person("PATCH", `/time-off/policies/${id}`, { status: "ARCHIVED" }),
  async resubmitApprovalRequest(person) {
    const { id } = await person("POST", "/approval-requests", { periodStart: "2026-11-09T00:00:00Z" });
    await person("PATCH", `/approval-requests/${id}`, { state: "REJECTED" });
  },
  async resubmitApprovalRequestForOther(person, { pathParams: { userId } }) {
    const { id } = await person("POST", `/approval-requests/users/${userId}`, { periodStart: "2026-11-09T00:00:00Z" });
    await person("PATCH", `/approval-requests/${id}`, { state: "REJECTED" });
  },
  async downloadFile(person, { pathParams }) {
    const path = `/expenses/${pathParams.expenseId}`;
    const { userId, categoryId, date } = await person("GET", path);
    const body = { userId, categoryId, date, amount: 1, changeFields: ["FILE"], file: "content" };
    pathParams.fileId = (await person("PUT", path, body)).fileId;
  },
  async deletePaymentById(person, { pathParams }) {
    const path = `/invoices/${pathParams.invoiceId}/payments`;
    await person("POST", path, { amount: 500 });
    pathParams.paymentId = (await person("GET", path))[0].id;
  },
  async addUser(person, { body }) {
    const users: Json[] = await person("GET", "/users");
    const [{ userIds }]: Json[] = await person("GET", "/user-groups");
    body.userId = users.find(({ id }) => !userIds.includes(id)).id;
  },
  async deleteUser(person, { pathParams }) {
    pathParams.userId = (await person("GET", "/user-groups"))[0].userIds[0];
  },
  async removeMember(person, { pathParams }) {
    pathParams.userId = (await person("GET", "/users")).at(-1).id;
  },
  deleteUserRole: (person, { pathParams: { userId }, body }) => person("POST", `/users/${userId}/roles`, body),
  stopRunningTimeEntry: (person, { pathParams: { userId } }) =>
    person("POST", `/user/${userId}/time-entries`, { start: START }),
  async createProjectFromTemplate(person, { body }) {
    const [{ id }] = await person("GET", "/projects");
    await person("PATCH", `/projects/${id}/template`, { isTemplate: true });
    Object.assign(body, { templateProjectId: id, name: "From a template" });
  },
};
