/** User groups and who is in them; a single group is read from the list alone. */

import { itemOf, takeItem, userOf } from "../items.ts";
import {
  type ApiCall,
  created,
  flagOf,
  matchesListFilter,
  objectBody,
  ok,
  paged,
  refuse,
  type Route,
  sorted,
} from "../route.ts";
import type { UserGroup } from "../workspace_data.ts";

const GROUPS = "/v1/workspaces/{workspaceId}/user-groups";
const [READ, WRITE] = ["GROUP_READ", "GROUP_WRITE"];

const groupOf = ({ workspace, params }: ApiCall): UserGroup =>
  itemOf(workspace.userGroups, params.id ?? params.userGroupId, "User group");

function nameOf(call: ApiCall): string {
  const { name } = objectBody(call);
  if (typeof name !== "string" || name === "") throw refuse("User group name is required");
  if (name.length > 100) throw refuse("User group name is too long");
  if (call.workspace.userGroups.some((other) => other.name === name && other.id !== call.params.id)) {
    throw refuse("User group with that name already exists");
  }
  return name;
}

function emit(call: ApiCall, event: string, group: UserGroup): void {
  call.world.emit(call.workspace.id, `USER_GROUP_${event}`, group);
}

export const userGroupRoutes: Route[] = [
  {
    method: "GET",
    path: GROUPS,
    scope: READ,
    handle(call) {
      flagOf(call.query, "includeTeamManagers");
      return paged(call, sorted(call.query, call.workspace.userGroups.filter(matchesListFilter(call.query))));
    },
  },
  {
    method: "POST",
    path: GROUPS,
    scope: WRITE,
    handle(call) {
      const { id: workspaceId, userGroups } = call.workspace;
      const group = { id: call.world.newId(), name: nameOf(call), workspaceId, userIds: [], teamManagers: [] };
      userGroups.push(group);
      emit(call, "CREATED", group);
      return created(group);
    },
  },
  {
    method: "PUT",
    path: `${GROUPS}/{id}`,
    scope: WRITE,
    handle(call) {
      const group = groupOf(call);
      group.name = nameOf(call);
      emit(call, "UPDATED", group);
      return ok(group);
    },
  },
  {
    method: "DELETE",
    path: `${GROUPS}/{id}`,
    scope: WRITE,
    handle(call) {
      const group = takeItem(call.workspace.userGroups, call.params.id, "User group");
      emit(call, "DELETED", group);
      return ok(group);
    },
  },
  {
    method: "POST",
    path: `${GROUPS}/{userGroupId}/users`,
    scope: WRITE,
    handle(call) {
      const group = groupOf(call);
      const { id } = userOf(call, objectBody(call).userId);
      if (group.userIds.includes(id)) throw refuse("User is already in that group");
      group.userIds.push(id);
      emit(call, "UPDATED", group);
      return ok(group);
    },
  },
  {
    method: "DELETE",
    path: `${GROUPS}/{userGroupId}/users/{userId}`,
    scope: WRITE,
    handle(call) {
      const group = groupOf(call);
      const { id } = userOf(call, call.params.userId);
      if (!group.userIds.includes(id)) throw refuse("User doesn't belong to User group");
      group.userIds = group.userIds.filter((other) => other !== id);
      emit(call, "UPDATED", group);
      return ok(group);
    },
  },
];
