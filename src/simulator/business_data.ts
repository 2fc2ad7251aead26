/** What a workspace holds beside its time: holidays, time off, approvals, expenses, invoices, assignments, shared reports. */

import { holidayOf, policyOf } from "./business_items.ts";
import { invoiceSettings, invoicesFor } from "./business_invoices.ts";
import { type Item, stableId } from "./items.ts";
import { ownerOf, type User, type Workspace } from "./workspace_data.ts";

/** Made from the workspace's people, clients and projects when it is first asked for; the same from start to start. */
export interface Business {
  holidays: Item[];
  policies: Item[];
  /** Used and given days or hours, by "policyId userId"; absent for the policy's own accrual. */
  balances: Map<string, Balance>;
  timeOffRequests: Item[];
  approvals: Item[];
  categories: Item[];
  expenses: Item[];
  /** Uploaded receipts by file id. */
  files: Map<string, { name: string; content: string }>;
  invoices: Item[];
  /** By invoice id. */
  payments: Map<string, Item[]>;
  invoiceSettings: Record<string, unknown>;
  /** Ids of time entries that are marked as invoiced. */
  invoiced: Set<string>;
  assignments: Item[];
  sharedReports: Item[];
  /** Profile fields beside those of the user, by user id. */
  profiles: Map<string, Record<string, unknown>>;
  /** Values of custom fields of people, by "userId customFieldId". */
  userFieldValues: Map<string, unknown>;
  /** Roles given to people, each with the entity it is for. */
  roles: { userId: string; role: string; entityId: string; sourceType: string | null }[];
}

/** In days or hours, as the policy has it. */
export interface Balance {
  total: number;
  used: number;
  /** The assignment was deleted. */
  isGone?: boolean;
}

const held = new WeakMap<Workspace, Business>();

export function businessOf(workspace: Workspace): Business {
  const known = held.get(workspace);
  if (known) return known;
  const made = makeBusiness(workspace);
  held.set(workspace, made);
  return made;
}

function makeBusiness(workspace: Workspace): Business {
  const users = [...workspace.users.values()];
  const members = users.filter(({ role }) => role === "MEMBER");
  const categories = ["Travel", "Printing"].map((name) => ({
    id: stableId(workspace, `category ${name}`),
    name,
    workspaceId: workspace.id,
    archived: false,
    hasUnitPrice: false,
    priceInCents: 0,
    unit: "",
  }));
  return {
    categories,
    holidays: ["New Year", "Midsummer"].map((name) => holidayOf(workspace, { id: stableId(workspace, name), name })),
    policies: ["Vacation", "Sick leave"].map((name) => ({
      ...policyOf(workspace, stableId(workspace, `policy ${name}`)),
      name,
      userIds: users.map((user) => user.id),
      automaticAccrual: { amount: 20, period: "YEAR", timeUnit: "DAYS" },
      negativeBalance: { amount: 2, amountValidForTimeUnit: true, period: "YEAR", timeUnit: "DAYS" },
    })),
    balances: new Map(),
    timeOffRequests: members.map((user) => timeOffRequest(workspace, user)),
    approvals: members.map((user) => approval(workspace, user)),
    expenses: [...workspace.projects.values()].map((project, index) => ({
      id: stableId(workspace, `expense ${project.id}`),
      workspaceId: workspace.id,
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
      isLocked: false,
    })),
    files: new Map(),
    invoices: invoicesFor(workspace),
    payments: new Map(),
    invoiceSettings: invoiceSettings(),
    invoiced: new Set(),
    assignments: [...workspace.projects.values()].filter(({ archived }) => !archived).slice(0, 4).map((
      project,
      index,
    ) => ({
      id: stableId(workspace, `assignment ${project.id}`),
      workspaceId: workspace.id,
      userId: users[index % users.length]!.id,
      projectId: project.id,
      taskId: null,
      period: { start: "2026-11-23T00:00:00Z", end: "2026-11-27T23:59:59Z" },
      hoursPerDay: 4,
      startTime: null,
      includeNonWorkingDays: false,
      excludeDays: [],
      billable: true,
      note: "",
      published: true,
      recurring: { repeat: false, seriesId: stableId(workspace, `series ${project.id}`), weeks: 1 },
    })),
    sharedReports: [{
      id: stableId(workspace, "report"),
      name: "Last month",
      type: "SUMMARY",
      isPublic: false,
      fixedDate: true,
      userId: ownerOf(workspace).id,
      visibleToUsers: users.slice(0, 2).map(({ id }) => id),
      visibleToUserGroups: workspace.userGroups.slice(0, 1).map(({ id }) => id),
      workspaceId: workspace.id,
      filter: {
        dateRangeStart: "2026-10-01T00:00:00Z",
        dateRangeEnd: "2026-10-31T23:59:59Z",
        summaryFilter: { groups: ["PROJECT"] },
      },
    }],
    profiles: new Map(),
    userFieldValues: new Map(),
    roles: [],
  };
}

function approval(workspace: Workspace, user: User): Item {
  return {
    id: stableId(workspace, `approval ${user.id}`),
    workspaceId: workspace.id,
    dateRange: { start: "2026-11-09T00:00:00Z", end: "2026-11-15T23:59:59Z" },
    owner: { userId: user.id, userName: user.name, timeZone: user.settings.timeZone, startOfWeek: "MONDAY" },
    creator: { userId: user.id, userName: user.name, userEmail: user.email },
    status: {
      state: "PENDING",
      updatedBy: user.id,
      updatedByUserName: user.name,
      updatedAt: "2026-11-16T08:00:00Z",
      note: "",
    },
  };
}

function timeOffRequest(workspace: Workspace, user: User): Item {
  return {
    id: stableId(workspace, `time off ${user.id}`),
    workspaceId: workspace.id,
    userId: user.id,
    requesterUserId: user.id,
    policyId: stableId(workspace, "policy Vacation"),
    note: "",
    balanceDiff: 2,
    createdAt: "2026-11-16T12:00:00Z",
    timeOffPeriod: {
      halfDay: false,
      halfDayHours: null,
      halfDayPeriod: "NOT_DEFINED",
      period: { start: "2026-12-21T00:00:00Z", end: "2026-12-22T23:59:59Z" },
    },
    status: {
      statusType: "PENDING",
      changedByUserId: null,
      changedByUserName: null,
      changedForUserName: user.name,
      changedAt: null,
      note: null,
    },
  };
}
