/** What reports read: the entries that their filters let through, with names, seconds and amounts in cents. */

import { passes, timeOf } from "./items.ts";
import { type ApiCall, ApiRefusal, objectBody, refuse } from "./route.ts";
import { localTime } from "./wall_clock.ts";
import type { TimeEntry, Workspace } from "./workspace_data.ts";

const DAY_MS = 86_400_000;
/** Longer ranges are refused on FREE. */
const MAX_FREE_DAYS = 366;

export interface ReportRow {
  entry: TimeEntry;
  /** Local date in the report's zone. */
  date: string;
  seconds: number;
  /** Cents at the hourly rate; 0 for what is not billable. */
  earned: number;
  userName: string;
  userEmail: string;
  projectName: string;
  projectColor: string;
  clientId: string;
  clientName: string;
  taskName: string;
}

export interface ReportRange {
  /** Local times without a zone: the suffix of what is sent selects nothing. */
  start: string;
  end: string;
  days: number;
  timeZone: string;
}

/** Throws 400/501 for an end before the start, and on FREE for more than 366 days. */
export function rangeOf(call: ApiCall): ReportRange {
  const body = objectBody(call);
  const [from, until] = [timeOf(body.dateRangeStart), timeOf(body.dateRangeEnd)];
  if (until < from) throw refuse("End date must be after start date");
  const days = Math.ceil((until - from) / DAY_MS);
  if (call.workspace.about.featureSubscriptionType === "FREE" && days > MAX_FREE_DAYS) {
    throw refuse(`Please select date range of at most ${MAX_FREE_DAYS} days`);
  }
  const timeZone = String(body.timeZone ?? call.caller.user.settings.timeZone);
  try {
    localTime("2026-01-01T00:00:00Z", timeZone);
  } catch {
    throw new ApiRefusal(400, "Bad parameter timeZone", 3000);
  }
  const text = (value: unknown) => String(value).slice(0, 19);
  return { start: text(body.dateRangeStart), end: text(body.dateRangeEnd), days, timeZone };
}

function rowOf(workspace: Workspace, entry: TimeEntry, { timeZone }: ReportRange): ReportRow {
  const { start, end } = entry.timeInterval;
  const seconds = end === null ? 0 : (Date.parse(end) - Date.parse(start)) / 1000;
  const project = workspace.projects.get(entry.projectId ?? "");
  const user = workspace.users.get(entry.userId);
  const rate = entry.hourlyRate ?? project?.hourlyRate ?? workspace.about.hourlyRate as { amount: number } | null;
  return {
    entry,
    date: localTime(start, timeZone).slice(0, 10),
    seconds,
    earned: entry.billable ? Math.round((rate?.amount ?? 0) * seconds / 3600) : 0,
    userName: user?.name ?? "",
    userEmail: user?.email ?? "",
    projectName: project?.name ?? "",
    projectColor: project?.color ?? "",
    clientId: project?.clientId ?? "",
    clientName: project?.clientName ?? "",
    taskName: workspace.tasks.get(entry.taskId ?? "")?.name ?? "",
  };
}

/** Newest first. */
export function reportRows(call: ApiCall, range: ReportRange): ReportRow[] {
  const { workspace } = call;
  const { users, clients, projects, tasks, tags, billable, description, withoutDescription } = objectBody(call);
  const [ofUser, ofClient, ofProject, ofTask, ofTag] = [users, clients, projects, tasks, tags].map(passes);
  const text = typeof description === "string" ? description.toLowerCase() : "";
  return [...workspace.timeEntries.values()].map((entry) => rowOf(workspace, entry, range)).filter((row) => {
    const { entry } = row;
    const local = localTime(entry.timeInterval.start, range.timeZone);
    return local >= range.start && local <= range.end &&
      ofUser!([entry.userId]) && ofClient!([row.clientId]) && ofProject!([entry.projectId]) &&
      ofTask!([entry.taskId]) && ofTag!(entry.tagIds) &&
      (typeof billable !== "boolean" || entry.billable === billable) &&
      (withoutDescription ? entry.description === "" : entry.description.toLowerCase().includes(text));
  }).sort((a, b) => a.entry.timeInterval.start < b.entry.timeInterval.start ? 1 : -1);
}

/** The one row of `totals`. */
export function totalsOf(rows: readonly ReportRow[]) {
  const sum = (of: readonly ReportRow[]) => of.reduce((total, { seconds }) => total + seconds, 0);
  const earned = rows.reduce((total, row) => total + row.earned, 0);
  return {
    _id: "",
    id: "",
    totalTime: sum(rows),
    totalBillableTime: sum(rows.filter(({ entry }) => entry.billable)),
    entriesCount: rows.length,
    totalAmount: earned,
    amounts: [{ type: "EARNED", value: earned }],
  };
}
