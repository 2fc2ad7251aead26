/** What people change about members: their status in the workspace, and user groups. */

import { type ApiCall, created, objectBody, ok, refuse, type Route } from "../route.ts";
import type { UserGroup } from "../workspace_data.ts";
import { userView } from "./workspace.ts";

const WORKSPACE = "/v1/workspaces/{workspaceId}";

function groupOf(call: ApiCall): UserGroup {
  const group = call.workspace.userGroups.find(({ id }) => id === call.params.id);
  if (!group) throw refuse("User group doesn't belong to Workspace");
  return group;
}

function nameOf(call: ApiCall): string {
  const { name } = objectBody(call);
  if (typeof name !== "string" || name === "") throw refuse("User group name is required");
  return name;
}

export const memberRoutes: Route[] = [
  {
    method: "PUT",
    path: `${WORKSPACE}/users/{userId}`,
    scope: "USER_WRITE",
    handle(call) {
      const { id: workspaceId } = call.workspace;
      const user = call.workspace.users.get(call.params.userId!);
      if (!user) throw refuse("User doesn't belong to Workspace");
      const { status } = objectBody(call);
      if (status !== "ACTIVE" && status !== "INACTIVE") throw refuse("Status must be ACTIVE or INACTIVE");
      const memberships = user.memberships as { targetId: string; membershipStatus: string }[];
      for (const membership of memberships) {
        if (membership.targetId === workspaceId) membership.membershipStatus = status;
      }
      const event = status === "ACTIVE" ? "USER_ACTIVATED_ON_WORKSPACE" : "USER_DEACTIVATED_ON_WORKSPACE";
      call.world.emit(workspaceId, event, userView(user));
      return ok(call.workspace.about);
    },
  },
  {
    method: "POST",
    path: `${WORKSPACE}/user-groups`,
    scope: "GROUP_WRITE",
    handle(call) {
      const { id: workspaceId, userGroups } = call.workspace;
      const group = { id: call.world.newId(), name: nameOf(call), workspaceId, userIds: [], teamManagers: [] };
      userGroups.push(group);
      call.world.emit(workspaceId, "USER_GROUP_CREATED", group);
      return created(group);
    },
  },
  {
    method: "PUT",
    path: `${WORKSPACE}/user-groups/{id}`,
    scope: "GROUP_WRITE",
    handle(call) {
      const group = groupOf(call);
      group.name = nameOf(call);
      call.world.emit(call.workspace.id, "USER_GROUP_UPDATED", group);
      return ok(group);
    },
  },
  {
    method: "DELETE",
    path: `${WORKSPACE}/user-groups/{id}`,
    scope: "GROUP_WRITE",
    handle(call) {
      const group = groupOf(call);
      call.workspace.userGroups.splice(call.workspace.userGroups.indexOf(group), 1);
      call.world.emit(call.workspace.id, "USER_GROUP_DELETED", group);
      return ok(group);
    },
  },
];
