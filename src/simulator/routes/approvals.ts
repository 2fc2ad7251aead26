/** Approval requests: submitted for a week, half a month or a month, decided, withdrawn, sent again; approved entries are locked. */

import { businessOf } from "../business_data.ts";
import { type Item, itemOf, timeOf, userOf } from "../items.ts";
import {
  type ApiAnswer,
  type ApiCall,
  ApiRefusal,
  created,
  objectBody,
  ok,
  paged,
  refuse,
  type Route,
} from "../route.ts";
import { instant, isoDuration } from "../wall_clock.ts";
import type { TimeEntry, User } from "../workspace_data.ts";

const REQUESTS = "/v1/workspaces/{workspaceId}/approval-requests";
const DAY_MS = 86_400_000;
const WRITE = "APPROVAL_WRITE";
const TYPES = ["TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE"];
/** Which state leads where. */
const NEXT: Record<string, readonly string[]> = {
  PENDING: ["APPROVED", "REJECTED", "WITHDRAWN_SUBMISSION"],
  APPROVED: ["WITHDRAWN_APPROVAL"],
};

interface Status {
  state: string;
  [field: string]: unknown;
}
type Range = { start: string; end: string };

const allOf = ({ workspace }: ApiCall): Item[] => businessOf(workspace).approvals;
const stateOf = (request: Item) => (request.status as Status).state;

function entriesOf({ workspace }: ApiCall, request: Item): TimeEntry[] {
  const { start, end } = request.dateRange as Range;
  const { userId } = request.owner as { userId: string };
  return [...workspace.timeEntries.values()].filter(({ userId: own, timeInterval }) =>
    own === userId && timeInterval.start >= start && timeInterval.start <= end
  );
}

/** A row of the list: the request with what it holds and its sums. */
function row(call: ApiCall, approvalRequest: Item) {
  const entries = entriesOf(call, approvalRequest);
  const sum = (of: readonly TimeEntry[]) =>
    isoDuration(
      of.reduce((ms, { timeInterval: { start, end } }) => ms + (end ? Date.parse(end) - Date.parse(start) : 0), 0),
    );
  const isApproved = stateOf(approvalRequest) === "APPROVED";
  return {
    approvalRequest,
    entries,
    expenses: [],
    trackedTime: sum(entries),
    billableTime: sum(entries.filter(({ billable }) => billable)),
    breakTime: sum(entries.filter(({ type }) => type === "BREAK")),
    approvedTime: sum(isApproved ? entries : []),
    pendingTime: sum(isApproved ? [] : entries),
    billableAmount: 0,
    costAmount: 0,
    expenseTotal: 0,
  };
}

function rangeOf(body: Record<string, unknown>): Range {
  const start = timeOf(body.periodStart);
  const from = new Date(start);
  const end = body.period === "MONTHLY"
    ? Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, from.getUTCDate())
    : start + (body.period === "SEMI_MONTHLY" ? 15 : 7) * DAY_MS;
  return { start: instant(start), end: instant(end - 1000) };
}

function setState(call: ApiCall, request: Item, state: string, note: unknown = ""): void {
  const { id, name } = call.caller.user;
  const at = { updatedAt: instant(call.world.clock.now()), updatedBy: id, updatedByUserName: name };
  request.status = { state, note, ...at };
  for (const entry of entriesOf(call, request)) entry.isLocked = state === "APPROVED";
}

/** As the events have it: the zone under another name. */
function payload({ id, workspaceId, dateRange, owner, status }: Item) {
  const { timeZone, ...rest } = owner as { timeZone: string };
  return { id, workspaceId, dateRange, owner: { ...rest, timezone: timeZone }, status };
}

function submit(call: ApiCall, owner: User): ApiAnswer {
  const { type = "TIMESHEET" } = call.params;
  if (!TYPES.includes(type)) throw new ApiRefusal(400, "Bad parameter type", 3000);
  const dateRange = rangeOf(objectBody(call));
  const taken = allOf(call).some((request) => {
    const { start, end } = request.dateRange as Range;
    const isOpen = stateOf(request) === "PENDING" || stateOf(request) === "APPROVED";
    return isOpen && (request.owner as { userId: string }).userId === owner.id && start <= dateRange.end &&
      end >= dateRange.start;
  });
  if (taken) throw refuse("Approval request already exists for that period");
  const { user } = call.caller;
  const { timeZone, weekStart = "MONDAY" } = owner.settings;
  const request: Item = {
    id: call.world.newId(),
    workspaceId: call.workspace.id,
    type,
    dateRange,
    owner: { userId: owner.id, userName: owner.name, timeZone, startOfWeek: weekStart },
    creator: { userId: user.id, userName: user.name, userEmail: user.email },
    status: {},
  };
  setState(call, request, "PENDING");
  allOf(call).push(request);
  call.world.emit(call.workspace.id, "NEW_APPROVAL_REQUEST", payload(request));
  return created(request);
}

/** Sends a rejected or withdrawn request of that period again. */
function resubmit(call: ApiCall, owner: User): ApiAnswer {
  const { start } = rangeOf(objectBody(call));
  const request = allOf(call).find((one) =>
    (one.owner as { userId: string }).userId === owner.id && (one.dateRange as Range).start === start &&
    NEXT[stateOf(one)] === undefined
  );
  if (!request) throw refuse("Approval request doesn't exist for that period");
  setState(call, request, "PENDING");
  call.world.emit(call.workspace.id, "APPROVAL_REQUEST_STATUS_UPDATED", payload(request));
  return ok(request);
}

function decide(call: ApiCall): ApiAnswer {
  const request = itemOf(allOf(call), call.params.approvalRequestId, "Approval request");
  const { state, note } = objectBody(call);
  if (!NEXT[stateOf(request)]?.includes(String(state))) {
    throw refuse(`Approval request cannot go from ${stateOf(request)} to that state`);
  }
  setState(call, request, String(state), note);
  call.world.emit(call.workspace.id, "APPROVAL_REQUEST_STATUS_UPDATED", payload(request));
  return ok(request);
}

const self = ({ caller }: ApiCall): User => caller.user;
const other = (call: ApiCall): User => userOf(call, call.params.userId);

export const approvalRoutes: Route[] = [
  {
    // A user and bounds of time in the query are ignored.
    method: "GET",
    path: REQUESTS,
    scope: "APPROVAL_READ",
    handle(call) {
      const status = call.query.get("status");
      const types = call.query.getAll("types").flatMap((one) => one.split(","));
      if (!types.every((one) => TYPES.includes(one))) throw new ApiRefusal(400, "Bad parameter types", 3000);
      const requests = allOf(call).filter((request) => !status || stateOf(request) === status);
      return paged(call, requests.map((request) => row(call, request)));
    },
  },
  { method: "POST", path: REQUESTS, scope: WRITE, handle: (call) => submit(call, self(call)) },
  { method: "POST", path: `${REQUESTS}/{type}`, scope: WRITE, handle: (call) => submit(call, self(call)) },
  {
    method: "POST",
    path: `${REQUESTS}/users/{userId}/{type}`,
    scope: WRITE,
    handle: (call) => submit(call, other(call)),
  },
  {
    method: "POST",
    path: `${REQUESTS}/resubmit-entries-for-approval`,
    scope: WRITE,
    handle: (call) => resubmit(call, self(call)),
  },
  { method: "POST", path: `${REQUESTS}/users/{userId}`, scope: WRITE, handle: (call) => submit(call, other(call)) },
  {
    method: "POST",
    path: `${REQUESTS}/users/{userId}/resubmit-entries-for-approval`,
    scope: WRITE,
    handle: (call) => resubmit(call, other(call)),
  },
  { method: "PATCH", path: `${REQUESTS}/{approvalRequestId}`, scope: WRITE, handle: decide },
];
