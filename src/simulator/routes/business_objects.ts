/** Single holidays, policies, expenses, categories, invoices and shared reports: read, and replaced whole as Clockify's PUT does. */

import { type ApiCall, ApiRefusal, objectBody, ok, refuse, type Route } from "../route.ts";
import { type Business, businessOf, type Item } from "./business_lists.ts";

const WORKSPACE = "/v1/workspaces/{workspaceId}";

interface Family {
  /** Below the workspace, with the parameter of the id last. */
  path: string;
  base?: Route["base"];
  scope: string;
  noun: string;
  items(business: Business): Item[];
  /** Clockify has a GET of one. */
  isRead?: true;
  /** Body fields without which the PUT is refused. */
  required: readonly string[];
  /** All that the PUT writes: what the body leaves out is as if it had never been there. */
  write(body: Record<string, unknown>, before: Item): Record<string, unknown>;
  event?: string;
}

/** The ids of a filter such as `{contains, ids, status}`. */
const idsOf = (filter: unknown): unknown => (filter as { ids?: unknown } | undefined)?.ids ?? [];

const writeHoliday: Family["write"] = (body) => {
  const { enabled = false, defaultEntities } = (body.automaticTimeEntryCreation ?? {}) as Record<string, unknown>;
  const { projectId = null, taskId = null } = (defaultEntities ?? {}) as Record<string, unknown>;
  const { name, datePeriod, occursAnnually, everyoneIncludingNew = false } = body;
  const members = { userIds: idsOf(body.users), userGroupIds: idsOf(body.userGroups) };
  const written = { name, datePeriod, occursAnnually, everyoneIncludingNew, ...members };
  return { ...written, automaticTimeEntryCreation: enabled, projectId, taskId };
};

const writePolicy: Family["write"] = (body) => {
  const { name, archived, allowHalfDay, allowNegativeBalance, approve, everyoneIncludingNew } = body;
  const { automaticAccrual = null, automaticTimeEntryCreation = null, negativeBalance = null } = body;
  const members = { userIds: idsOf(body.users), userGroupIds: idsOf(body.userGroups) };
  const switches = { archived, allowHalfDay, allowNegativeBalance, everyoneIncludingNew };
  return { name, approve, ...switches, ...members, automaticAccrual, automaticTimeEntryCreation, negativeBalance };
};

const policies: Omit<Family, "path" | "base"> = {
  scope: "TIME_OFF",
  noun: "Policy",
  items: (business) => business.policies,
  isRead: true,
  required: [
    ...["allowHalfDay", "allowNegativeBalance", "approve", "archived", "everyoneIncludingNew", "name"],
    ...["userGroups", "users"],
  ],
  write: writePolicy,
};

/** What changeFields calls the fields of an expense. */
const EXPENSE_FIELDS: Record<string, string> = {
  USER: "userId",
  DATE: "date",
  PROJECT: "projectId",
  TASK: "taskId",
  CATEGORY: "categoryId",
  NOTES: "notes",
  BILLABLE: "billable",
};

const FAMILIES: Family[] = [
  { path: "/time-off/policies/{id}", ...policies },
  { path: "/policies/{id}", base: "/pto", ...policies },
  {
    path: "/holidays/{holidayId}",
    scope: "WORKSPACE",
    noun: "Holiday",
    items: (business) => business.holidays,
    required: ["datePeriod", "name", "occursAnnually"],
    write: writeHoliday,
  },
  {
    path: "/expenses/categories/{categoryId}",
    scope: "EXPENSE",
    noun: "Expense category",
    items: (business) => business.categories,
    required: ["name"],
    write: ({ name, hasUnitPrice = false, priceInCents = 0, unit = "" }) => ({
      name,
      hasUnitPrice,
      priceInCents,
      unit,
    }),
  },
  {
    // A form; it changes what changeFields names and nothing else.
    path: "/expenses/{expenseId}",
    scope: "EXPENSE",
    noun: "Expense",
    items: (business) => business.expenses,
    isRead: true,
    required: ["amount", "categoryId", "changeFields", "date", "userId"],
    write: (body, before) => {
      const written: Record<string, unknown> = {};
      for (const name of [body.changeFields].flat().map(String)) {
        if (name === "AMOUNT") written.total = Math.round(Number(body.amount) * 100);
        const field = EXPENSE_FIELDS[name];
        if (field) written[field] = field === "billable" ? String(body[field]) === "true" : body[field] ?? null;
      }
      return { ...before, ...written };
    },
    event: "EXPENSE_UPDATED",
  },
  {
    path: "/invoices/{invoiceId}",
    scope: "INVOICE",
    noun: "Invoice",
    items: (business) => business.invoices,
    isRead: true,
    required: ["currency", "discountPercent", "dueDate", "issuedDate", "number", "tax2Percent", "taxPercent"],
    write: (body, { clientName }) => {
      const { clientId = null, companyId = null, currency, dueDate, issuedDate, number } = body;
      const { note = "", subject = "", taxType = "NONE", visibleZeroFields = null } = body;
      const percents = { discount: body.discountPercent, tax: body.taxPercent, tax2: body.tax2Percent };
      const names = { clientId, clientName: clientId === null ? null : clientName, companyId, number, subject, note };
      return { ...names, currency, dueDate, issuedDate, taxType, visibleZeroFields, ...percents };
    },
    event: "INVOICE_UPDATED",
  },
  {
    path: "/shared-reports/{id}",
    base: "/report",
    scope: "REPORTS",
    noun: "Shared report",
    items: (business) => business.sharedReports,
    required: ["name"],
    write: ({ name, fixedDate = false, isPublic = false, visibleToUsers = [], visibleToUserGroups = [] }) => ({
      name,
      fixedDate,
      isPublic,
      visibleToUsers,
      visibleToUserGroups,
    }),
  },
];

function routesOf({ path, base, scope, noun, items, isRead, required, write, event }: Family): Route[] {
  const idParam = /\{(\w+)\}$/.exec(path)![1]!;
  const found = (call: ApiCall): Item => {
    const item = items(businessOf(call.workspace)).find(({ id }) => id === call.params[idParam]);
    if (!item) throw refuse(`${noun} doesn't belong to Workspace`);
    return item;
  };
  const common = { path: WORKSPACE + path, ...(base && { base }) };
  const put: Route = {
    ...common,
    method: "PUT",
    scope: `${scope}_WRITE`,
    handle(call) {
      const item = found(call);
      const body = objectBody(call);
      requireAll(body, required);
      Object.assign(item, write(body, item));
      if (event) call.world.emit(call.workspace.id, event, item);
      return ok(item);
    },
  };
  if (!isRead) return [put];
  return [{ ...common, method: "GET", scope: `${scope}_READ`, handle: (call) => ok(found(call)) }, put];
}

function requireAll(body: Record<string, unknown>, names: readonly string[]): void {
  const missing = names.find((name) => body[name] === undefined || body[name] === null);
  if (missing) throw new ApiRefusal(400, `Missing parameter ${missing}`, 3001);
}

const SETTINGS = `${WORKSPACE}/invoices/settings`;

export const businessObjectRoutes: Route[] = [
  {
    method: "GET",
    path: SETTINGS,
    scope: "INVOICE_READ",
    handle: (call) => ok(businessOf(call.workspace).invoiceSettings),
  },
  {
    method: "PUT",
    path: SETTINGS,
    scope: "INVOICE_WRITE",
    handle(call) {
      const { labels, defaults = null, exportFields = null } = objectBody(call);
      requireAll({ labels }, ["labels"]);
      businessOf(call.workspace).invoiceSettings = { labels, defaults, exportFields };
      return { status: 200 };
    },
  },
  ...FAMILIES.flatMap(routesOf),
];
