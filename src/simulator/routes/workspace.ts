/** Users, workspaces, user groups, custom fields, and the families that are closed to add-ons. */

import { type ApiCall, ApiRefusal, matchesListFilter, ok, paged, type Route } from "../route.ts";
import type { User } from "../workspace_data.ts";

const WORKSPACE = "/v1/workspaces/{workspaceId}";

/** A user as REST answers show it; the role stands there only when asked for. */
export function userView(user: User, options: { roles?: { workspaceId: string } } = {}): Record<string, unknown> {
  const { role, ...shown } = user;
  return options.roles ? { ...shown, roles: [{ role, entities: [{ id: options.roles.workspaceId }] }] } : shown;
}

function listUsers(call: ApiCall) {
  const [email, status, name] = [call.query.get("email"), call.query.get("status"), call.query.get("name")];
  const roles = call.query.get("include-roles") === "true" ? { roles: { workspaceId: call.workspace.id } } : {};
  const users = [...call.workspace.users.values()].filter((user) =>
    (!email || user.email.includes(email)) && (!status || status === "ALL" || user.status === status) &&
    (!name || user.name.toLowerCase().includes(name.toLowerCase()))
  );
  return paged(call, users.map((user) => userView(user, roles)));
}

/** A route that exists for people only; the simulator builds no more of it than its refusal (protocol.md 3.4). */
const closed = (method: string, path: string): Route => ({
  method,
  path,
  closedToAddons: true,
  handle: () => {
    throw new ApiRefusal(404, "No static resource", 3000);
  },
});

export const workspaceRoutes: Route[] = [
  { method: "GET", path: "/v1/user", scope: "USER_READ", handle: (call) => ok(userView(call.caller.user)) },
  {
    method: "GET",
    path: "/v1/workspaces",
    closedToAddons: true,
    handle: (call) => ok([call.workspace.about]),
  },
  closed("POST", "/v1/workspaces"),
  { method: "GET", path: WORKSPACE, scope: "WORKSPACE_READ", handle: (call) => ok(call.workspace.about) },
  { method: "GET", path: `${WORKSPACE}/users`, scope: "USER_READ", handle: listUsers },
  {
    method: "GET",
    path: `${WORKSPACE}/user-groups`,
    scope: "GROUP_READ",
    handle: (call) => paged(call, call.workspace.userGroups.filter(matchesListFilter(call.query))),
  },
  {
    // Ignores page and page-size and has no Last-Page: the whole list each time (protocol.md 6.2).
    method: "GET",
    path: `${WORKSPACE}/custom-fields`,
    scope: "CUSTOM_FIELDS_READ",
    handle: (call) => ok(call.workspace.customFields.filter(matchesListFilter(call.query))),
  },
  closed("POST", `${WORKSPACE}/custom-fields`),
  closed("PUT", `${WORKSPACE}/custom-fields/{customFieldId}`),
  closed("DELETE", `${WORKSPACE}/custom-fields/{customFieldId}`),
  closed("POST", `${WORKSPACE}/webhooks/{webhookId}/logs`),
];
