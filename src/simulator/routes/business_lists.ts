/**
 * Holidays, time-off policies, approval requests, expenses, invoices and shared reports: little data in the lists'
 * own forms.
 * See docs/clockify-protocol.md "Lists".
 */

import { createHash } from "node:crypto";
import { type ApiAnswer, type ApiCall, created, objectBody, ok, paged, refuse, type Route } from "../route.ts";
import type { Workspace } from "../workspace_data.ts";

const WORKSPACE = "/v1/workspaces/{workspaceId}";

export type Item = { id: string } & Record<string, unknown>;

/** What a workspace holds of these: made from its people, clients and projects when it is first asked for. */
export interface Business {
  holidays: Item[];
  policies: Item[];
  approvals: Item[];
  categories: Item[];
  expenses: Item[];
  invoices: Item[];
  sharedReports: Item[];
  invoiceSettings: Record<string, unknown>;
}

const held = new WeakMap<Workspace, Business>();

export function businessOf(workspace: Workspace): Business {
  const known = held.get(workspace);
  if (known) return known;
  const made = makeBusiness(workspace);
  held.set(workspace, made);
  return made;
}

/** Ids that stay the same from start to start. */
function idOf(workspace: Workspace, name: string): string {
  return createHash("sha256").update(`${workspace.id} ${name}`).digest("hex").slice(0, 24);
}

function makeBusiness(workspace: Workspace): Business {
  const { id: workspaceId } = workspace;
  const users = [...workspace.users.values()];
  const projects = [...workspace.projects.values()];
  const clients = [...workspace.clients.values()];
  const owner = users.find(({ role }) => role === "OWNER")!;
  const categories = ["Travel", "Printing"].map((name) => ({
    id: idOf(workspace, `category ${name}`),
    name,
    workspaceId,
    archived: false,
    hasUnitPrice: false,
    priceInCents: 0,
    unit: "",
  }));
  return {
    categories,
    holidays: ["New Year", "Midsummer"].map((name) => holiday(workspace, { id: idOf(workspace, name), name })),
    policies: ["Vacation", "Sick leave"].map((name) => ({
      id: idOf(workspace, `policy ${name}`),
      name,
      workspaceId,
      archived: false,
      timeUnit: "DAYS",
      allowHalfDay: true,
      allowNegativeBalance: false,
      everyoneIncludingNew: true,
      userIds: users.map((user) => user.id),
      userGroupIds: [],
      projectId: null,
      approve: { requiresApproval: true, specificMembers: false, teamManagers: true, userIds: [] },
      automaticAccrual: { amount: 20, period: "YEAR", timeUnit: "DAYS" },
      negativeBalance: { amount: 2, amountValidForTimeUnit: true, period: "YEAR", timeUnit: "DAYS" },
      automaticTimeEntryCreation: { enabled: false, defaultEntities: { projectId: null, taskId: null } },
    })),
    approvals: users.filter(({ role }) => role === "MEMBER").map((user) => ({
      id: idOf(workspace, `approval ${user.id}`),
      workspaceId,
      dateRange: { start: "2026-11-09T00:00:00Z", end: "2026-11-15T23:59:59Z" },
      owner: { userId: user.id, userName: user.name, timeZone: user.settings.timeZone, startOfWeek: "MONDAY" },
      status: { state: "PENDING", updatedBy: user.id, updatedByUserName: user.name, note: "" },
    })),
    expenses: projects.map((project, index) => ({
      id: idOf(workspace, `expense ${project.id}`),
      workspaceId,
      userId: users[index % users.length]!.id,
      date: "2026-11-16T00:00:00Z",
      projectId: project.id,
      taskId: null,
      categoryId: categories[index % categories.length]!.id,
      notes: `For ${project.name}`,
      quantity: 1,
      billable: true,
      fileId: "",
      total: 1_000 + index,
      locked: false,
    })),
    invoices: clients.map((client, index) => ({
      id: idOf(workspace, `invoice ${client.id}`),
      number: `2026-${String(index + 1).padStart(4, "0")}`,
      status: "UNSENT",
      clientId: client.id,
      clientName: client.name,
      companyId: null,
      issuedDate: "2026-11-16T00:00:00Z",
      dueDate: "2026-12-16T00:00:00Z",
      subject: `Work for ${client.name}`,
      note: "Payable within 30 days",
      discount: 5,
      tax: 19,
      tax2: 0,
      taxType: "SIMPLE",
      visibleZeroFields: "TAX_2",
      items: [],
      amount: 10_000 * (index + 1),
      balance: 10_000 * (index + 1),
      currency: "EUR",
    })),
    sharedReports: [{
      id: idOf(workspace, "report"),
      name: "Last month",
      type: "SUMMARY",
      isPublic: false,
      fixedDate: true,
      userId: owner.id,
      visibleToUsers: users.slice(0, 2).map(({ id }) => id),
      visibleToUserGroups: workspace.userGroups.slice(0, 1).map(({ id }) => id),
      workspaceId,
    }],
    invoiceSettings: {
      defaults: {
        companyId: null,
        dueDays: 30,
        itemTypeId: null,
        notes: "Thank you",
        subject: "Invoice",
        taxPercent: 19,
      },
      exportFields: { itemType: true, quantity: true, rtl: false, tax: true, tax2: false, unitPrice: true },
      labels: Object.fromEntries(INVOICE_LABELS.map((name) => [name, name.toUpperCase()])),
    },
  };
}

const INVOICE_LABELS = [
  ...["amount", "billFrom", "billTo", "description", "discount", "dueDate", "issueDate", "itemType", "notes", "paid"],
  ...["quantity", "subtotal", "tax", "tax2", "total", "totalAmountDue", "unitPrice"],
];

function holiday({ id: workspaceId }: Workspace, { id, name }: { id: string; name: string }): Item {
  return {
    id,
    name,
    workspaceId,
    datePeriod: { startDate: "2026-12-31", endDate: "2026-12-31" },
    occursAnnually: true,
    everyoneIncludingNew: true,
    automaticTimeEntryCreation: false,
    userIds: [],
    userGroupIds: [],
    projectId: null,
    taskId: null,
  };
}

/** A page inside an envelope; Last-Page stands in the header all the same. */
function enveloped(call: ApiCall, items: Item[], envelope: (page: unknown) => unknown): ApiAnswer {
  const answer = paged(call, items);
  return { ...answer, body: envelope(answer.body) };
}

function take(items: Item[], id: string | undefined, noun: string): Item {
  const index = items.findIndex((item) => item.id === id);
  if (index === -1) throw refuse(`${noun} doesn't belong to Workspace`);
  return items.splice(index, 1)[0]!;
}

export const businessRoutes: Route[] = [
  {
    // Ignores page and page-size, as custom fields do.
    method: "GET",
    path: `${WORKSPACE}/holidays`,
    scope: "WORKSPACE_READ",
    handle: (call) => ok(businessOf(call.workspace).holidays),
  },
  {
    method: "POST",
    path: `${WORKSPACE}/holidays`,
    scope: "WORKSPACE_WRITE",
    handle(call) {
      const { name } = objectBody(call);
      if (typeof name !== "string" || name === "") throw refuse("Holiday name is required");
      const made = holiday(call.workspace, { id: call.world.newId(), name });
      businessOf(call.workspace).holidays.push(made);
      return created(made);
    },
  },
  {
    method: "GET",
    path: `${WORKSPACE}/time-off/policies`,
    scope: "TIME_OFF_READ",
    handle: (call) => paged(call, businessOf(call.workspace).policies, { maxSize: 200 }),
  },
  {
    method: "GET",
    path: `${WORKSPACE}/approval-requests`,
    scope: "APPROVAL_READ",
    handle(call) {
      const status = call.query.get("status");
      const requests = businessOf(call.workspace).approvals.filter((request) =>
        !status || (request.status as { state: string }).state === status
      );
      return paged(
        call,
        requests.map((approvalRequest) => ({ approvalRequest, entries: [], expenses: [], trackedTime: "PT0S" })),
      );
    },
  },
  {
    method: "GET",
    path: `${WORKSPACE}/expenses`,
    scope: "EXPENSE_READ",
    handle: (call) =>
      enveloped(call, businessOf(call.workspace).expenses, (page) => ({
        expenses: { expenses: page, count: businessOf(call.workspace).expenses.length },
        dailyTotals: [],
        weeklyTotals: [],
      })),
  },
  {
    method: "DELETE",
    path: `${WORKSPACE}/expenses/{expenseId}`,
    scope: "EXPENSE_WRITE",
    handle(call) {
      const gone = take(businessOf(call.workspace).expenses, call.params.expenseId, "Expense");
      const { id: expenseId, userId, projectId, categoryId } = gone;
      const workspaceId = call.workspace.id;
      call.world.emit(workspaceId, "EXPENSE_DELETED", { workspaceId, userId, projectId, expenseId, categoryId });
      return { status: 204 };
    },
  },
  {
    method: "GET",
    path: `${WORKSPACE}/expenses/categories`,
    scope: "EXPENSE_READ",
    handle: (call) =>
      enveloped(call, businessOf(call.workspace).categories, (page) => ({
        categories: page,
        count: businessOf(call.workspace).categories.length,
      })),
  },
  {
    method: "GET",
    path: `${WORKSPACE}/invoices`,
    scope: "INVOICE_READ",
    handle: (call) =>
      enveloped(call, businessOf(call.workspace).invoices, (page) => ({
        invoices: page,
        total: businessOf(call.workspace).invoices.length,
      })),
  },
  {
    method: "GET",
    path: `${WORKSPACE}/shared-reports`,
    base: "/report",
    scope: "REPORTS_READ",
    handle(call) {
      const { sharedReports } = businessOf(call.workspace);
      // Its page size is pageSize; there are fewer than one page of them.
      const page = Number(call.query.get("page") ?? 1);
      return ok({ reports: page === 1 ? sharedReports : [], count: sharedReports.length });
    },
  },
];
