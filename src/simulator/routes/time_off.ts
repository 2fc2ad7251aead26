/** Time off: policies, balances and requests; the older host serves the same under shorter paths. */

import { businessOf } from "../business_data.ts";
import { policyOf } from "../business_items.ts";
import { bodyPage, idsOf, type Item, itemOf, listOf, requireAll, takeItem, userOf } from "../items.ts";
import { type ApiCall, ApiRefusal, created, objectBody, ok, paged, refuse, type Route } from "../route.ts";
import type { User } from "../workspace_data.ts";
import {
  balanceOf,
  changeBalance,
  decideRequest,
  emitRequest,
  fullRequest,
  requestOf,
  requestTimeOff,
} from "../time_off_requests.ts";

const TIME_OFF = "/v1/workspaces/{workspaceId}/time-off";
const POLICIES = `${TIME_OFF}/policies`;
const REQUESTS = `${POLICIES}/{policyId}/requests`;
const [READ, WRITE] = ["TIME_OFF_READ", "TIME_OFF_WRITE"];
const MAX_SIZE = 200;
const SEARCHED_STATUSES = ["PENDING", "APPROVED", "REJECTED", "ALL"];

const policiesOf = ({ workspace }: ApiCall): Item[] => businessOf(workspace).policies;
const policyIn = (call: ApiCall): Item => itemOf(policiesOf(call), call.params.policyId ?? call.params.id, "Policy");

/** What a whole body says; what it leaves out is as in a new policy. */
function writtenPolicy(call: ApiCall): Record<string, unknown> {
  const body = objectBody(call);
  if (typeof body.name !== "string" || body.name.length < 2 || body.name.length > 100) {
    throw refuse("Policy name is not valid");
  }
  requireAll(body, ["approve"]);
  const { id: _id, workspaceId: _workspaceId, timeUnit: _unit, ...blank } = policyOf(call.workspace, "");
  const written = Object.fromEntries(Object.entries(blank).map(([name, value]) => [name, body[name] ?? value]));
  return { ...written, userIds: idsOf(body.users), userGroupIds: idsOf(body.userGroups) };
}

function createPolicy(call: ApiCall) {
  const { timeUnit = "DAYS", users, userGroups, everyoneIncludingNew = !users && !userGroups } = objectBody(call);
  const blank = policyOf(call.workspace, call.world.newId());
  const made = { ...blank, ...writtenPolicy(call), everyoneIncludingNew, timeUnit };
  policiesOf(call).push(made);
  return created(made);
}

function replacePolicy(call: ApiCall) {
  const policy = policyIn(call);
  const needed = ["allowHalfDay", "allowNegativeBalance", "approve", "archived", "everyoneIncludingNew", "name"];
  requireAll(objectBody(call), [...needed, "userGroups", "users"]);
  const { automaticAccrual, automaticTimeEntryCreation, negativeBalance } = objectBody(call);
  const emptied = {
    automaticAccrual: automaticAccrual ?? null,
    automaticTimeEntryCreation: automaticTimeEntryCreation ?? null,
    negativeBalance: negativeBalance ?? null,
  };
  return ok(Object.assign(policy, writtenPolicy(call), emptied));
}

function setPolicyStatus(call: ApiCall) {
  const policy = policyIn(call);
  const { status } = objectBody(call);
  // ALL is read without a fault and refused all the same.
  if (status === "ALL") throw refuse("Invalid status");
  if (status !== "ACTIVE" && status !== "ARCHIVED") throw new ApiRefusal(400, "Cannot parse status", 3002);
  return ok(Object.assign(policy, { archived: status === "ARCHIVED" }));
}

function balances(call: ApiCall, pairs: readonly { policy: Item; user: User }[]) {
  const rows = pairs.map(({ policy, user }) => balanceOf(call.workspace, policy, user));
  const answer = paged(call, rows, { maxSize: MAX_SIZE });
  return { ...answer, body: { balances: answer.body, count: rows.length } };
}

function search(call: ApiCall) {
  const body = objectBody(call);
  const [statuses, users] = [listOf(body.statuses ?? "ALL"), listOf(body.users)];
  if (!statuses.every((one) => SEARCHED_STATUSES.includes(one))) {
    throw refuse(`Value must be from the following set: ${SEARCHED_STATUSES.join(", ")}`);
  }
  const { start = "", end = "9" } = body as { start?: string; end?: string };
  const items = businessOf(call.workspace).timeOffRequests.filter(({ status, userId, timeOffPeriod }) => {
    const { period } = timeOffPeriod as { period: { start: string; end: string } };
    const { statusType } = status as { statusType: string };
    return (statuses.includes("ALL") || statuses.includes(statusType)) && period.start <= end && period.end >= start &&
      (users.length === 0 || users.includes(String(userId)));
  });
  const requests = bodyPage(body, items, { maxSize: MAX_SIZE }).map((one) => fullRequest(call.workspace, one));
  return ok({ requests, count: items.length });
}

const routes: Route[] = [
  {
    method: "GET",
    path: POLICIES,
    scope: READ,
    handle(call) {
      const [status, name] = [call.query.get("status"), call.query.get("name")?.toLowerCase()];
      const items = policiesOf(call).filter((policy) =>
        (!status || status === "ALL" || policy.archived === (status === "ARCHIVED")) &&
        (!name || String(policy.name).toLowerCase().includes(name))
      );
      return paged(call, items, { maxSize: MAX_SIZE });
    },
  },
  { method: "POST", path: POLICIES, scope: WRITE, handle: createPolicy },
  { method: "GET", path: `${POLICIES}/{id}`, scope: READ, handle: (call) => ok(policyIn(call)) },
  { method: "PUT", path: `${POLICIES}/{id}`, scope: WRITE, optional: ["hasExpiration"], handle: replacePolicy },
  { method: "PATCH", path: `${POLICIES}/{id}`, scope: WRITE, handle: setPolicyStatus },
  {
    method: "DELETE",
    path: `${POLICIES}/{id}`,
    scope: WRITE,
    handle(call) {
      if (!policyIn(call).archived) throw refuse("Cannot delete an active policy: archive it first");
      takeItem(policiesOf(call), call.params.id, "Policy");
      return { status: 200 };
    },
  },
  {
    method: "GET",
    path: `${TIME_OFF}/balance/policy/{policyId}`,
    scope: READ,
    handle(call) {
      const policy = policyIn(call);
      return balances(call, [...call.workspace.users.values()].map((user) => ({ policy, user })));
    },
  },
  {
    method: "PATCH",
    path: `${TIME_OFF}/balance/policy/{policyId}`,
    scope: WRITE,
    handle(call) {
      const policy = policyIn(call);
      const { userIds, value, note } = objectBody(call);
      for (const user of (userIds as unknown[]).map((id) => userOf(call, id))) {
        changeBalance(call, { policy, user, value: Number(value), note });
      }
      return { status: 204 };
    },
  },
  {
    method: "GET",
    path: `${TIME_OFF}/balance/user/{userId}`,
    scope: READ,
    handle(call) {
      const user = userOf(call, call.params.userId);
      return balances(call, policiesOf(call).map((policy) => ({ policy, user })));
    },
  },
  {
    method: "POST",
    path: REQUESTS,
    scope: WRITE,
    handle: (call) => ok(requestTimeOff(call, policyIn(call), call.caller.user)),
  },
  {
    method: "POST",
    path: `${POLICIES}/{policyId}/users/{userId}/requests`,
    scope: WRITE,
    handle: (call) => ok(requestTimeOff(call, policyIn(call), userOf(call, call.params.userId))),
  },
  {
    method: "PATCH",
    path: `${REQUESTS}/{requestId}`,
    scope: WRITE,
    handle: (call) => ok(decideRequest(call, requestOf(call, policyIn(call)))),
  },
  {
    // What is decided stays for ever.
    method: "DELETE",
    path: `${REQUESTS}/{requestId}`,
    scope: WRITE,
    handle(call) {
      const request = requestOf(call, policyIn(call));
      if ((request.status as { statusType: string }).statusType !== "PENDING") {
        throw refuse("Only pending requests can be deleted");
      }
      takeItem(businessOf(call.workspace).timeOffRequests, request.id, "Time off request");
      emitRequest(call, "REQUEST_WITHDRAWN", request);
      return ok(request);
    },
  },
  { method: "POST", path: `${TIME_OFF}/requests`, scope: READ, handle: search },
];

export const timeOffRoutes: Route[] = routes.flatMap((route) => [
  route,
  { ...route, base: "/pto", path: route.path.replace("/time-off/", "/") } as Route,
]);
