/** Shared reports on the reports host: their settings in the list, the rendered report when one is read. */

import { businessOf } from "../business_data.ts";
import { fieldsOf, type Item, itemOf, listOf, takeItem } from "../items.ts";
import { rangeOf, reportRows } from "../report_entries.ts";
import { type ApiCall, ApiRefusal, objectBody, ok, refuse, type Route } from "../route.ts";
import { summaryOf } from "./reports.ts";

const SHARED = "/v1/workspaces/{workspaceId}/shared-reports";
const [READ, WRITE] = ["REPORTS_READ", "REPORTS_WRITE"];
const base = "/report";
const FILTERS = ["ALL", "ALL_ADMIN", "CREATED_BY_ME", "SHARED_WITH_ME"];
const WRITABLE = { name: "", fixedDate: false, isPublic: false, visibleToUsers: [], visibleToUserGroups: [] };

const allOf = ({ workspace }: ApiCall): Item[] => businessOf(workspace).sharedReports;

function list(call: ApiCall) {
  const filter = call.query.get("sharedReportsFilter") ?? "ALL";
  // As live: an unknown filter is no bad parameter but a fault of the server.
  if (!FILTERS.includes(filter)) throw new ApiRefusal(500, "Something went wrong", 500);
  const { id: own } = call.caller.user;
  const items = allOf(call).filter(({ userId, visibleToUsers }) =>
    filter === "CREATED_BY_ME"
      ? userId === own
      : filter !== "SHARED_WITH_ME" || (visibleToUsers as string[]).includes(own)
  );
  const [page, size] = ["page", "pageSize"].map((name, index) => Number(call.query.get(name) || [1, 50][index]));
  if (!(page! >= 1 && size! >= 1)) throw new ApiRefusal(400, "Bad parameter page", 3000);
  return ok({ reports: items.slice((page! - 1) * size!, page! * size!), count: items.length });
}

/** The rendered report; its settings stand under `filters`. */
function render(call: ApiCall) {
  const report = allOf(call).find(({ id }) => id === call.params.id);
  if (!report) throw new ApiRefusal(404, "Shared report not found", 404);
  const { dateRangeStart, dateRangeEnd, ...filter } = (report.filter ?? {}) as Record<string, unknown>;
  const bounds = {
    dateRangeStart: call.query.get("dateRangeStart") ?? dateRangeStart,
    dateRangeEnd: call.query.get("dateRangeEnd") ?? dateRangeEnd,
  };
  const asked = { ...call, body: { ...filter, ...bounds, timeZone: "UTC" } };
  const rows = reportRows(asked, rangeOf(asked));
  const { groups = "PROJECT" } = (filter.summaryFilter ?? {}) as { groups?: unknown };
  const { totals, groupOne } = summaryOf(rows, listOf(groups));
  const donutChart = groupOne.map(({ children: _children, days: _days, ...group }) => group);
  const { id, name, isPublic, fixedDate, type } = report;
  return ok({
    totals,
    groupOne,
    donutChart,
    groupTotals: { groupOneTotalCount: groupOne.length },
    filters: { ...filter, ...bounds, id, name, isPublic, fixedDate, type, timezone: "UTC", isAdminOrOwner: true },
  });
}

export const sharedReportRoutes: Route[] = [
  { method: "GET", base, path: SHARED, scope: READ, handle: list },
  {
    // 200, not 201.
    method: "POST",
    base,
    path: SHARED,
    scope: WRITE,
    handle(call) {
      const written = fieldsOf(call, { ...WRITABLE, type: "SUMMARY", filter: {} });
      if (!written.name) throw refuse("Shared report name is required");
      const made: Item = {
        id: call.world.newId(),
        workspaceId: call.workspace.id,
        userId: call.caller.user.id,
        ...written,
      };
      const range = { dateRangeStart: "2026-11-01T00:00:00Z", dateRangeEnd: "2026-11-30T23:59:59Z" };
      made.filter = { ...range, ...written.filter as Record<string, unknown> };
      allOf(call).push(made);
      return ok(made);
    },
  },
  {
    method: "PUT",
    base,
    path: `${SHARED}/{id}`,
    scope: WRITE,
    handle(call) {
      const report = itemOf(allOf(call), call.params.id, "Shared report");
      if (!objectBody(call).name) throw refuse("must not be null");
      return ok(Object.assign(report, fieldsOf(call, WRITABLE)));
    },
  },
  {
    method: "DELETE",
    base,
    path: `${SHARED}/{id}`,
    scope: WRITE,
    handle(call) {
      takeItem(allOf(call), call.params.id, "Shared report");
      return { status: 204 };
    },
  },
  { method: "GET", base, path: "/v1/shared-reports/{id}", scope: READ, handle: render },
];
