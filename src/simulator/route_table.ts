/** Every route of the fake API: the families served by hand, then what else the catalogue has, by its shapes. */

import { builtinCatalogue, type Operation } from "../clockify/operations.ts";
import { baseOf, genericRoute } from "./catalogue/generic_routes.ts";
import type { Route } from "./route.ts";
import { addonRoutes } from "./routes/addon.ts";
import { approvalRoutes } from "./routes/approvals.ts";
import { balanceAssignmentRoutes } from "./routes/balance_assignments.ts";
import { customFieldRoutes } from "./routes/custom_fields.ts";
import { entityRoutes } from "./routes/entities.ts";
import { expenseCategoryRoutes } from "./routes/expense_categories.ts";
import { expenseRoutes } from "./routes/expenses.ts";
import { holidayRoutes } from "./routes/holidays.ts";
import { invoicePartRoutes } from "./routes/invoice_parts.ts";
import { invoiceRoutes } from "./routes/invoices.ts";
import { invitationRoutes } from "./routes/invitations.ts";
import { memberProfileRoutes } from "./routes/member_profiles.ts";
import { memberRoutes } from "./routes/members.ts";
import { namedEntityRoutes } from "./routes/named_entities.ts";
import { projectPartRoutes } from "./routes/project_parts.ts";
import { rateRoutes } from "./routes/rates.ts";
import { reportRoutes } from "./routes/reports.ts";
import { schedulingReadRoutes } from "./routes/scheduling_reads.ts";
import { schedulingRoutes } from "./routes/scheduling.ts";
import { sharedReportRoutes } from "./routes/shared_reports.ts";
import { timeEntryRoutes } from "./routes/time_entries.ts";
import { timeOffRoutes } from "./routes/time_off.ts";
import { userGroupRoutes } from "./routes/user_groups.ts";
import { webhookLogRoutes } from "./routes/webhook_logs.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { workspaceRoutes } from "./routes/workspace.ts";

export interface TableRow {
  route: Route;
  /** Undefined for the add-on's own API, which no catalogue lists. */
  operation: Operation | undefined;
  segments: readonly string[];
}

export interface Found extends TableRow {
  params: Record<string, string>;
}

/** Of these the body is checked in its own order. */
const CHECKING: Route[] = [...namedEntityRoutes, ...timeEntryRoutes, ...webhookRoutes];

const BY_HAND: Route[] = [
  ...workspaceRoutes,
  ...CHECKING.map((route) => ({ ...route, checksBody: true as const })),
  ...projectPartRoutes,
  ...rateRoutes,
  ...webhookLogRoutes,
  ...customFieldRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  ...memberProfileRoutes,
  ...userGroupRoutes,
  ...approvalRoutes,
  ...expenseRoutes,
  ...expenseCategoryRoutes,
  ...holidayRoutes,
  ...invoiceRoutes,
  ...invoicePartRoutes,
  ...timeOffRoutes,
  ...balanceAssignmentRoutes,
  ...schedulingRoutes,
  ...schedulingReadRoutes,
  ...entityRoutes,
  ...reportRoutes,
  ...sharedReportRoutes,
  ...addonRoutes,
];

/** Names of parameters do not matter. */
const keyOf = (method: string, base: string, path: string) => `${method} ${base}${path.replace(/\{\w+\}/g, "{}")}`;

function rowsOf(operations: readonly Operation[]): TableRow[] {
  const byKey = new Map(operations.map((one) => [keyOf(one.method, baseOf(one.service), one.path), one]));
  const row = (route: Route): TableRow => {
    const base = route.base ?? "/api";
    const operation = byKey.get(keyOf(route.method, base, route.path));
    return { route, operation, segments: `${base}${route.path}`.split("/") };
  };
  const rows = BY_HAND.map(row);
  const served = new Set(rows.map(({ operation }) => operation));
  return [...rows, ...operations.filter((one) => !served.has(one)).map(genericRoute).map(row)];
}

/** The path is known, by these methods. */
export interface WrongMethod {
  allow: string[];
}

export interface RouteTable {
  rows: readonly TableRow[];
  find(method: string, path: string): Found | WrongMethod | "unknown";
}

/** `operations` are those of the catalogue in the project unless given. */
export function createRouteTable(operations: readonly Operation[] = builtinCatalogue().list()): RouteTable {
  const rows = rowsOf(operations);
  return { rows, find: (method, path) => findIn(rows, method, path) };
}

/** The row that fits best: a name in the path goes before a parameter, so that `projects/from-template` is no project. */
function findIn(rows: readonly TableRow[], method: string, path: string): Found | WrongMethod | "unknown" {
  const parts = path.split("/");
  const methods = new Set<string>();
  let best: { found: Found; names: number } | undefined;
  for (const row of rows) {
    const { segments, route } = row;
    if (segments.length !== parts.length) continue;
    const params: Record<string, string> = {};
    let names = 0;
    const fits = segments.every((segment, index) => {
      if (!segment.startsWith("{")) return ++names && segment === parts[index];
      params[segment.slice(1, -1)] = parts[index]!;
      return parts[index] !== "";
    });
    if (!fits) continue;
    methods.add(route.method);
    if (route.method === method && names > (best?.names ?? -1)) best = { found: { ...row, params }, names };
  }
  return best?.found ?? (methods.size > 0 ? { allow: [...methods].sort() } : "unknown");
}
