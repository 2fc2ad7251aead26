/** Users, workspaces, user groups, custom fields, and the families that are closed to add-ons. */

import {
  type ApiCall,
  ApiRefusal,
  flagOf,
  matchesListFilter,
  objectBody,
  ok,
  paged,
  refuse,
  type Route,
} from "../route.ts";
import type { User } from "../workspace_data.ts";

const WORKSPACE = "/v1/workspaces/{workspaceId}";

/** A user as REST answers show it; the role stands there only when asked for. */
export function userView(user: User, options: { roles?: { workspaceId: string } } = {}): Record<string, unknown> {
  const { role, ...shown } = user;
  return options.roles ? { ...shown, roles: [{ role, entities: [{ id: options.roles.workspaceId }] }] } : shown;
}

/** States of an account, which every workspace of the person shares. */
const ACCOUNT_STATUSES = [
  "ACTIVE",
  "PENDING_EMAIL_VERIFICATION",
  "DELETED",
  "NOT_REGISTERED",
  "LIMITED",
  "LIMITED_DELETED",
];
/** States of a membership in one workspace. */
const MEMBERSHIP_STATUSES = ["PENDING", "ACTIVE", "DECLINED", "INACTIVE", "ALL"];

function oneOf(query: URLSearchParams, name: string, known: readonly string[]): string[] {
  const asked = query.getAll(name).flatMap((text) => text.split(",")).filter(Boolean);
  if (!asked.every((one) => known.includes(one))) throw new ApiRefusal(400, `Bad parameter ${name}`, 3000);
  return asked;
}

function listUsers(call: ApiCall) {
  const { query, workspace } = call;
  const [email, name] = [query.get("email"), query.get("name")?.toLowerCase()];
  const [status] = oneOf(query, "status", MEMBERSHIP_STATUSES);
  const accounts = oneOf(query, "account-statuses", ACCOUNT_STATUSES);
  const roles = flagOf(query, "include-roles") ? { roles: { workspaceId: workspace.id } } : {};
  const users = [...workspace.users.values()].filter((user) => {
    const memberships = user.memberships as { targetId: string; membershipStatus: string }[];
    const own = memberships.find(({ targetId }) => targetId === workspace.id)?.membershipStatus;
    return (!email || user.email.includes(email)) && (!status || status === "ALL" || own === status) &&
      (accounts.length === 0 || accounts.includes(user.status)) && (!name || user.name.toLowerCase().includes(name));
  });
  return paged(call, users.map((user) => userView(user, roles)));
}

/** A route that exists for people only; the simulator builds no more of it than its refusal. */
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
    // Ignores page and page-size and has no Last-Page: the whole list each time.
    method: "GET",
    path: `${WORKSPACE}/custom-fields`,
    scope: "CUSTOM_FIELDS_READ",
    handle: (call) => ok(call.workspace.customFields.filter(matchesListFilter(call.query))),
  },
  closed("POST", `${WORKSPACE}/custom-fields`),
  {
    method: "PUT",
    path: `${WORKSPACE}/custom-fields/{customFieldId}`,
    closedToAddons: true,
    handle(call) {
      const field = call.workspace.customFields.find(({ id }) => id === call.params.customFieldId);
      if (!field) throw refuse("Custom field doesn't belong to Workspace");
      const { name, type, ...body } = objectBody(call);
      if (typeof name !== "string" || typeof type !== "string") throw new ApiRefusal(400, "Missing parameter", 3001);
      const { allowedValues = [], description = "", onlyAdminCanEdit = false, placeholder = "" } = body;
      const { required = false, status = "VISIBLE", workspaceDefaultValue = null } = body;
      const written = { name, type, allowedValues, description, onlyAdminCanEdit, placeholder };
      return ok(Object.assign(field, written, { required, status, workspaceDefaultValue }));
    },
  },
  closed("DELETE", `${WORKSPACE}/custom-fields/{customFieldId}`),
  closed("POST", `${WORKSPACE}/webhooks/{webhookId}/logs`),
];
