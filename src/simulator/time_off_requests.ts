/** Requests for time off and what they do to balances: asked in days or hours, pending until decided. */

import { type Balance, businessOf } from "./business_data.ts";
import { type Item, itemOf, stableId, timeOf } from "./items.ts";
import { type ApiCall, ApiRefusal, objectBody, refuse } from "./route.ts";
import { instant } from "./wall_clock.ts";
import type { User, Workspace } from "./workspace_data.ts";

const DAY_MS = 86_400_000;

/** What was given and used, in the policy's unit; the accrual of the policy unless it was changed. */
export function balanceIn(workspace: Workspace, policy: Item, userId: string): Balance {
  const { balances } = businessOf(workspace);
  const key = `${policy.id} ${userId}`;
  const { amount = 0 } = (policy.automaticAccrual ?? {}) as { amount?: number };
  const known = balances.get(key);
  if (known) delete known.isGone;
  return known ?? balances.set(key, { total: amount, used: 0 }).get(key)!;
}

/** The balance as an assignment; undefined after it was deleted. */
export function assignedBalance(workspace: Workspace, { policy, userId }: { policy: Item; userId: string }) {
  if (businessOf(workspace).balances.get(`${policy.id} ${userId}`)?.isGone) return undefined;
  const { total, used } = balanceIn(workspace, policy, userId);
  return {
    id: stableId(workspace, `balance ${policy.id} ${userId}`),
    ...{ workspaceId: workspace.id, policyId: policy.id, userId, balance: total - used, accrued: total },
    dateRange: null,
  };
}

/** A row of the balances of a policy or a person. */
export function balanceOf(workspace: Workspace, policy: Item, user: User) {
  const { total, used } = balanceIn(workspace, policy, user.id);
  return {
    id: stableId(workspace, `balance ${policy.id} ${user.id}`),
    workspaceId: workspace.id,
    userId: user.id,
    userName: user.name,
    policyId: policy.id,
    policyName: policy.name,
    policyArchived: policy.archived,
    policyTimeUnit: policy.timeUnit,
    balance: total - used,
    total,
    used,
    negativeBalanceAmount: ((policy.negativeBalance ?? {}) as { amount?: number }).amount ?? 0,
    negativeBalanceUsed: Math.max(0, used - total),
    negativeBalanceLimit: policy.negativeBalance !== null,
  };
}

/** Sets the balance, whatever was used before. */
export function changeBalance(
  call: ApiCall,
  { policy, user, value, note = "" }: { policy: Item; user: User; value: number; note: unknown },
): void {
  const balance = balanceIn(call.workspace, policy, user.id);
  balance.total = value + balance.used;
  const { workspace: { id: workspaceId }, caller } = call;
  const payload = { workspaceId, userId: user.id, value: String(value), note, updatedBy: caller.user.id };
  call.world.emit(workspaceId, "BALANCE_UPDATED", payload);
}

export function requestOf(call: ApiCall, policy: Item): Item {
  const ofPolicy = businessOf(call.workspace).timeOffRequests.filter(({ policyId }) => policyId === policy.id);
  return itemOf(ofPolicy, call.params.requestId, "Time off request");
}

/** With what searching and creating show beside the request itself. */
export function fullRequest(workspace: Workspace, request: Item): Item {
  const policy = businessOf(workspace).policies.find(({ id }) => id === request.policyId);
  const user = workspace.users.get(String(request.userId));
  const requester = workspace.users.get(String(request.requesterUserId));
  return {
    ...request,
    balance: policy && user ? balanceOf(workspace, policy, user).balance : 0,
    policyName: policy?.name ?? null,
    timeUnit: policy?.timeUnit ?? "DAYS",
    requesterUserName: requester?.name ?? null,
    userName: user?.name ?? null,
    userEmail: user?.email ?? null,
    userTimeZone: user?.settings.timeZone ?? null,
  };
}

/** Policies in days want `start` and `days`, those in hours `start` and `end`. */
function periodOf(body: Record<string, unknown>, policy: Item) {
  const { period, isHalfDay = false, halfDayPeriod = "NOT_DEFINED" } = (body.timeOffPeriod ?? {}) as Record<
    string,
    unknown
  >;
  const { start, end, days } = (period ?? {}) as { start?: string; end?: string; days?: number };
  if (!start) throw refuse("must not be null");
  const from = timeOf(start);
  const isInDays = policy.timeUnit === "DAYS";
  if (isInDays ? typeof days !== "number" : !end) throw refuse("Value for number of days is not allowed");
  const until = isInDays ? from + days! * DAY_MS - 1000 : timeOf(end);
  const asked = isInDays ? (isHalfDay ? days! / 2 : days!) : (until - from) / 3_600_000;
  if (asked <= 0) throw refuse("End time must be after start time");
  const timeOffPeriod = {
    halfDay: isHalfDay,
    halfDayHours: null,
    halfDayPeriod,
    period: { start: instant(from), end: instant(until) },
  };
  return { timeOffPeriod, asked };
}

/** The request as webhooks show it: with the zone of the person and the balance that he had. */
export function emitRequest({ workspace, world }: ApiCall, event: string, request: Item): void {
  const user = workspace.users.get(String(request.userId));
  const policy = businessOf(workspace).policies.find(({ id }) => id === request.policyId);
  const balance = policy && user ? balanceIn(workspace, policy, user.id) : { total: 0, used: 0 };
  const { halfDay } = request.timeOffPeriod as { halfDay: boolean };
  world.emit(workspace.id, `TIME_OFF_${event}`, {
    ...request,
    ...{ timeZone: user?.settings.timeZone ?? "UTC", halfDay, excludeDays: [], negativeBalanceUsed: 0 },
    balanceValueAtRequest: balance.total - balance.used + Number(request.balanceDiff),
  });
}

/** A new request, pending unless the policy needs no approval. */
export function requestTimeOff(call: ApiCall, policy: Item, user: User): Item {
  const { workspace, world, caller } = call;
  if (policy.archived) throw refuse("Policy is archived");
  const body = objectBody(call);
  const { timeOffPeriod, asked } = periodOf(body, policy);
  const balance = balanceIn(workspace, policy, user.id);
  if (!policy.allowNegativeBalance && balance.total - balance.used < asked) throw refuse("Balance is too low");
  const { requiresApproval } = policy.approve as { requiresApproval?: boolean };
  const request: Item = {
    id: world.newId(),
    workspaceId: workspace.id,
    userId: user.id,
    requesterUserId: caller.user.id,
    policyId: policy.id,
    note: body.note ?? "",
    balanceDiff: asked,
    createdAt: instant(world.clock.now()),
    timeOffPeriod,
    status: {
      statusType: requiresApproval ? "PENDING" : "APPROVED",
      ...{ changedByUserId: null, changedByUserName: null, changedForUserName: user.name, changedAt: null, note: null },
    },
  };
  balance.used += asked;
  businessOf(workspace).timeOffRequests.push(request);
  emitRequest(call, "REQUESTED", request);
  return fullRequest(workspace, request);
}

/** APPROVED or REJECTED; no other state can be written. */
export function decideRequest(call: ApiCall, request: Item): Item {
  const { status, note = null } = objectBody(call);
  if (status !== "APPROVED" && status !== "REJECTED") throw new ApiRefusal(400, "Cannot parse status", 3002);
  const { id, name } = call.caller.user;
  const by = { changedByUserId: id, changedByUserName: name, changedAt: instant(call.world.clock.now()) };
  const before = request.status as { statusType: string; changedForUserName: string };
  if (status === "REJECTED" && before.statusType !== "REJECTED") {
    const policy = itemOf(businessOf(call.workspace).policies, request.policyId, "Policy");
    balanceIn(call.workspace, policy, String(request.userId)).used -= Number(request.balanceDiff);
  }
  request.status = { statusType: status, ...by, changedForUserName: before.changedForUserName, note };
  emitRequest(call, `REQUEST_${status}`, request);
  return request;
}
