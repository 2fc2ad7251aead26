/** Reports on the reports host: POSTs that read, with bounds as wall clock in the zone of the body. */

import { businessOf } from "../business_data.ts";
import { bodyPage, listOf, passes, requireAll } from "../items.ts";
import { rangeOf, type ReportRange, type ReportRow, reportRows, totalsOf } from "../report_entries.ts";
import { daily, grouped, isGroup } from "../report_groups.ts";
import { type ApiAnswer, type ApiCall, ApiRefusal, objectBody, ok, refuse, type Route } from "../route.ts";
import { localTime, offsetSeconds } from "../wall_clock.ts";

const REPORTS = "/v1/workspaces/{workspaceId}/reports";
const DAY_MS = 86_400_000;
const MAX_DETAILED = 1000;
const DAILY_CAPACITY_SECONDS = 8 * 3600;

type Body = Record<string, unknown>;
const partOf = (body: Body, name: string): Body => (body[name] ?? {}) as Body;

/** Instants of a report are shown in its zone: `2026-11-16T10:00:00+01:00`. */
function zoned(at: string | null, timeZone: string): string | null {
  if (at === null) return null;
  const offset = offsetSeconds(at, timeZone);
  const minutes = Math.abs(offset) / 60;
  const two = (value: number) => String(value).padStart(2, "0");
  const suffix = offset === 0
    ? "Z"
    : `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(Math.round(minutes % 60))}`;
  return localTime(at, timeZone) + suffix;
}

function detailedRow({ workspace }: ApiCall, row: ReportRow, timeZone: string) {
  const { entry, seconds, date: _date, earned, ...names } = row;
  const { start, end } = entry.timeInterval;
  return {
    _id: entry.id,
    ...{ description: entry.description, userId: entry.userId, billable: entry.billable, taskId: entry.taskId },
    ...{ projectId: entry.projectId, approvalRequestId: null, locked: entry.isLocked, ...names },
    timeInterval: { start: zoned(start, timeZone), end: zoned(end, timeZone), duration: seconds },
    tags: entry.tagIds.flatMap((id) => workspace.tags.get(id) ?? []).map(({ id, name }) => ({ _id: id, name })),
    amount: earned,
    amounts: [{ type: "EARNED", value: earned }],
    customFields: entry.customFieldValues,
    type: entry.type,
    isInvoiced: businessOf(workspace).invoiced.has(entry.id),
  };
}

function detailed(call: ApiCall): ApiAnswer {
  const range = rangeOf(call);
  const filter = partOf(objectBody(call), "detailedFilter");
  const rows = reportRows(call, range);
  const page = bodyPage(filter, rows, { maxSize: MAX_DETAILED });
  const totals = (filter.options as Body | undefined)?.totals === "EXCLUDE" ? [] : [totalsOf(rows)];
  return ok({ totals, timeentries: page.map((row) => detailedRow(call, row, range.timeZone)) });
}

/** Groups are one to three of the known ones; any other is refused. */
export function summaryOf(rows: readonly ReportRow[], groups: readonly string[]) {
  if (groups.length === 0 || groups.length > 3 || !groups.every(isGroup)) throw refuse("Invalid group name");
  return { totals: [totalsOf(rows)], groupOne: grouped(rows, groups) };
}

function summary(call: ApiCall): ApiAnswer {
  const { groups } = partOf(objectBody(call), "summaryFilter");
  const rows = reportRows(call, rangeOf(call));
  return ok({ ...summaryOf(rows, listOf(groups)), chart: grouped(rows, ["DATE"]).map(chartPoint) });
}

const chartPoint = ({ id, duration, amount }: { id: string; duration: number; amount: number }) => ({
  id,
  totalTime: duration,
  totalBillableTime: duration,
  totalAmount: amount,
  earned: amount,
});

const datesOf = ({ start }: ReportRange, count: number): string[] =>
  Array.from(
    { length: count },
    (_, day) => new Date(Date.parse(`${start.slice(0, 10)}T00:00:00Z`) + day * DAY_MS).toISOString().slice(0, 10),
  );

function weekly(call: ApiCall): ApiAnswer {
  const range = rangeOf(call);
  if (range.days !== 7) throw refuse("Please select date range of exactly 7 days for weekly report");
  const { group = "" } = partOf(objectBody(call), "weeklyFilter") as { group?: string };
  if (group !== "PROJECT" && group !== "USER") throw refuse("Invalid group name");
  const [rows, dates] = [reportRows(call, range), datesOf(range, 7)];
  const worked = new Set(rows.map(({ entry }) => entry.userId));
  return ok({
    totals: [totalsOf(rows)],
    totalsByDay: daily(rows, dates),
    groupOne: grouped(rows, [group], dates),
    decimalFormat: false,
    trackTimeDownToSeconds: true,
    includeUsersWithoutTime: false,
    usersWithoutTime: [...call.workspace.users.values()].filter(({ id }) => !worked.has(id)).map((user) => {
      const { timeZone, weekStart, dateFormat, timeFormat } = user.settings;
      return { id: user.id, name: user.name, email: user.email, timeZone, weekStart, dateFormat, timeFormat };
    }),
  });
}

/** A row for each person and day with time. */
function attendance(call: ApiCall): ApiAnswer {
  const range = rangeOf(call);
  const filter = partOf(objectBody(call), "attendanceFilter");
  const days = Map.groupBy(reportRows(call, range), ({ entry, date }) => `${date} ${entry.userId}`);
  const entities = [...days.values()].map((rows) => {
    const of = (type: string) =>
      rows.filter(({ entry }) => entry.type === type).reduce((sum, { seconds }) => sum + seconds, 0);
    const [first, last] = [rows.at(-1)!, rows[0]!];
    const total = totalsOf(rows).totalTime - of("BREAK");
    return {
      userId: first.entry.userId,
      userName: first.userName,
      imageUrl: call.workspace.users.get(first.entry.userId)?.profilePicture ?? "",
      date: first.date,
      startTime: zoned(first.entry.timeInterval.start, range.timeZone),
      endTime: zoned(last.entry.timeInterval.end, range.timeZone),
      break: of("BREAK"),
      timeOff: of("TIME_OFF"),
      totalDuration: total,
      capacity: DAILY_CAPACITY_SECONDS,
      overtime: Math.max(0, total - DAILY_CAPACITY_SECONDS),
      remainingCapacity: Math.max(0, DAILY_CAPACITY_SECONDS - total),
      hasRunningEntry: rows.some(({ entry }) => entry.timeInterval.end === null),
    };
  });
  return ok({ entities: bodyPage(filter, entities), totals: [totalsOf(reportRows(call, range))] });
}

function expenses(call: ApiCall): ApiAnswer {
  const body = objectBody(call);
  const [start, end] = [rangeOf(call).start, rangeOf(call).end];
  const { workspace } = call;
  const [ofUser, ofProject, ofCategory] = [body.users, body.projects, body.categories].map(passes);
  const { expenses, categories, files } = businessOf(workspace);
  const items = expenses.filter(({ date, userId, projectId, categoryId }) =>
    String(date) >= start && String(date).slice(0, 19) <= end && ofUser!([String(userId)]) &&
    ofProject!([String(projectId)]) && ofCategory!([String(categoryId)])
  ).map(({ isLocked: _isLocked, total, fileId, ...expense }) => {
    const user = workspace.users.get(String(expense.userId));
    const project = workspace.projects.get(String(expense.projectId));
    const category = categories.find(({ id }) => id === expense.categoryId);
    return {
      ...expense,
      ...{ amount: total, fileId, fileName: files.get(String(fileId))?.name ?? null, approvalRequestId: null },
      ...{ userName: user?.name, userEmail: user?.email, userStatus: user?.status, time: null },
      ...{ projectName: project?.name ?? null, projectColor: project?.color ?? null, clientName: project?.clientName },
      ...{ categoryName: category?.name, categoryHasUnitPrice: category?.hasUnitPrice, categoryUnit: category?.unit },
      ...{ invoicingInfo: null, exportFields: [], reportName: "" },
    };
  });
  const sum = (of: typeof items) => of.reduce((total, { amount }) => total + Number(amount), 0);
  return ok({
    expenses: bodyPage(body, items),
    totals: {
      expensesCount: items.length,
      totalAmount: sum(items),
      totalAmountBillable: sum(items.filter((one) => (one as Body).billable)),
    },
  });
}

/** JSON unless exportType names a file form, which comes as that. */
const report = (path: string, make: (call: ApiCall) => ApiAnswer, filter?: string): Route => ({
  method: "POST",
  base: "/report",
  path: `${REPORTS}/${path}`,
  scope: "REPORTS_READ",
  handle(call) {
    const { exportType = "JSON", ...body } = objectBody(call);
    requireAll(body, ["dateRangeStart", "dateRangeEnd", ...filter ? [filter] : []]);
    const answer = make(call);
    if (exportType === "JSON" || exportType === "JSON_V1") return answer;
    const type = FILE_TYPES[String(exportType)];
    if (!type) throw new ApiRefusal(400, "You entered invalid value for field: [exportType]", 501);
    return { status: 200, headers: { "content-type": type }, body: `Report ${path}` };
  },
});

const FILE_TYPES: Record<string, string> = {
  PDF: "application/pdf",
  CSV: "text/csv",
  XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  ZIP: "application/zip",
};

export const reportRoutes: Route[] = [
  report("detailed", detailed, "detailedFilter"),
  report("summary", summary, "summaryFilter"),
  report("weekly", weekly, "weeklyFilter"),
  report("attendance", attendance, "attendanceFilter"),
  report("expenses/detailed", expenses),
];
