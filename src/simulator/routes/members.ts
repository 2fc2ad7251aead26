/** Members of a workspace: lists and search, status, managers, roles, and values of their own fields. */

import { businessOf } from "../business_data.ts";
import { bodyPage, itemOf, listOf, stableId, userOf } from "../items.ts";
import {
  type ApiCall,
  ApiRefusal,
  created,
  flagOf,
  objectBody,
  ok,
  paged,
  refuse,
  type Route,
  sorted,
} from "../route.ts";
import { membershipOf, searchUsers, userView } from "../user_search.ts";
import type { User } from "../workspace_data.ts";

const USERS = "/v1/workspaces/{workspaceId}/users";
const ONE = `${USERS}/{userId}`;
const [READ, WRITE] = ["USER_READ", "USER_WRITE"];
const ROLES = ["WORKSPACE_ADMIN", "TEAM_MANAGER", "PROJECT_MANAGER"];

const meant = (call: ApiCall): User => userOf(call, call.params.userId);

function list(call: ApiCall) {
  const { query, workspace } = call;
  const users = searchUsers(call, {
    email: query.get("email"),
    name: query.get("name"),
    projectId: query.get("project-id"),
    status: query.get("status"),
    accountStatuses: query.getAll("account-statuses").flatMap((text) => text.split(",")).filter(Boolean),
  });
  const roles = flagOf(query, "include-roles") ? { roles: { workspaceId: workspace.id } } : {};
  return paged(call, sorted(query, users).map((user) => userView(user, roles)));
}

/** The same search in a body. */
function search(call: ApiCall) {
  const body = objectBody(call);
  const textOf = (name: string) => body[name] ? String(body[name]) : undefined;
  const users = searchUsers(call, {
    email: textOf("email"),
    name: textOf("name"),
    projectId: textOf("projectId"),
    status: textOf("status"),
    accountStatuses: listOf(body.accountStatuses),
    userGroups: listOf(body.userGroups),
    roles: listOf(body.roles),
  });
  const shown = body.includeRoles ? { roles: { workspaceId: call.workspace.id } } : {};
  return ok(bodyPage(body, users).map((user) => userView(user, shown)));
}

function setStatus(call: ApiCall) {
  const { workspace, world } = call;
  const user = meant(call);
  const { status } = objectBody(call);
  if (status !== "ACTIVE" && status !== "INACTIVE") throw refuse("Status must be ACTIVE or INACTIVE");
  const inAbout = (workspace.about.memberships as { userId: string; membershipStatus: string }[])
    .find(({ userId }) => userId === user.id);
  for (const one of [membershipOf(user, workspace.id), inAbout]) if (one) one.membershipStatus = status;
  const event = status === "ACTIVE" ? "USER_ACTIVATED_ON_WORKSPACE" : "USER_DEACTIVATED_ON_WORKSPACE";
  world.emit(workspace.id, event, userView(user));
  return ok(workspace.about);
}

/** Deprecated; Clockify's own text says that it does nothing. Here the member goes, so that a call can be seen to act. */
function remove(call: ApiCall) {
  const { workspace, world } = call;
  const user = meant(call);
  if (user.role === "OWNER") throw refuse("Owner cannot be removed");
  workspace.users.delete(user.id);
  const { about } = workspace;
  about.memberships = (about.memberships as { userId: string }[]).filter(({ userId }) => userId !== user.id);
  world.emit(workspace.id, "USER_DELETED_FROM_WORKSPACE", userView(user));
  return ok(about);
}

/** Team managers of the groups that the person is in. */
function managersOf(call: ApiCall): User[] {
  const { workspace } = call;
  const { id } = meant(call);
  const ids = workspace.userGroups.filter(({ userIds }) => userIds.includes(id))
    .flatMap(({ teamManagers }) => teamManagers as { id: string }[]).map((manager) => manager.id);
  return [...new Set(ids)].flatMap((manager) => workspace.users.get(manager) ?? []);
}

function roleIn(call: ApiCall) {
  const { role, entityId, sourceType = null } = objectBody(call) as Record<string, string>;
  if (!ROLES.includes(role!)) throw new ApiRefusal(400, "Cannot parse role", 3002);
  return { userId: meant(call).id, role: role!, entityId: entityId!, sourceType };
}

function giveRole(call: ApiCall) {
  const { workspace } = call;
  const given = roleIn(call);
  const { roles } = businessOf(workspace);
  roles.push(given);
  const own = roles.filter(({ userId }) => userId === given.userId);
  return created(own.map(({ userId, role, entityId, sourceType }) => ({
    userId,
    workspaceId: workspace.id,
    role: {
      id: stableId(workspace, `role ${role} ${entityId}`),
      name: role,
      source: sourceType ? { id: entityId, type: sourceType } : null,
    },
  })));
}

function takeRole(call: ApiCall) {
  const asked = roleIn(call);
  const { roles } = businessOf(call.workspace);
  const index = roles.findIndex(({ userId, role, entityId }) =>
    userId === asked.userId && role === asked.role && entityId === asked.entityId
  );
  if (index === -1) throw refuse("User doesn't have that role");
  roles.splice(index, 1);
  return { status: 204 };
}

function setFieldValue(call: ApiCall) {
  const { workspace, params } = call;
  const { id: userId, customFields } = meant(call);
  const { id, name, type } = itemOf(workspace.customFields, params.customFieldId, "Custom field");
  const { value = null } = objectBody(call);
  const written = { customFieldId: id, customFieldName: name, customFieldType: type, userId, value };
  const values = customFields as { customFieldId: string }[];
  values.splice(0, values.length, ...values.filter((one) => one.customFieldId !== id), written);
  businessOf(workspace).userFieldValues.set(`${userId} ${id}`, value);
  return created(written);
}

export const memberRoutes: Route[] = [
  { method: "GET", path: USERS, scope: READ, handle: list },
  { method: "POST", path: `${USERS}/info`, scope: READ, handle: search },
  { method: "PUT", path: ONE, scope: WRITE, handle: setStatus },
  { method: "DELETE", path: ONE, scope: WRITE, known: "shape", handle: remove },
  {
    method: "GET",
    path: `${ONE}/managers`,
    scope: READ,
    handle: (call) => paged(call, managersOf(call).map((user) => userView(user))),
  },
  { method: "POST", path: `${ONE}/roles`, scope: WRITE, optional: ["sourceType"], handle: giveRole },
  { method: "DELETE", path: `${ONE}/roles`, scope: WRITE, optional: ["sourceType"], handle: takeRole },
  { method: "PUT", path: `${ONE}/custom-field/{customFieldId}/value`, scope: WRITE, handle: setFieldValue },
];
