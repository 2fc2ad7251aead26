/** People who are added to a workspace: invited by mail, or as limited users who have no account. */

import { itemOf } from "../items.ts";
import { type ApiCall, objectBody, ok, refuse, type Route } from "../route.ts";
import { userView } from "../user_search.ts";
import type { User } from "../workspace_data.ts";

const WORKSPACE = "/v1/workspaces/{workspaceId}";
const scope = "USER_WRITE";
const MAX_LIMITED = 250;

interface NewUser {
  email: string;
  name: string;
  status: string;
  membershipStatus: string;
}

function addUser({ workspace, world, caller }: ApiCall, { membershipStatus, ...person }: NewUser): User {
  const id = world.newId();
  const rates = { hourlyRate: null, costRate: null };
  const membership = { userId: id, ...rates, targetId: workspace.id, membershipType: "WORKSPACE", membershipStatus };
  const user: User = {
    ...{ id, ...person, role: "MEMBER", profilePicture: "", customFields: [], memberships: [membership] },
    ...{ activeWorkspace: workspace.id, defaultWorkspace: workspace.id },
    settings: structuredClone(caller.user.settings),
  };
  workspace.users.set(id, user);
  (workspace.about.memberships as unknown[]).push({ ...membership });
  return user;
}

/** A person without an account is pending until he comes. */
function invite(call: ApiCall) {
  const { workspace, world, caller } = call;
  const { email } = objectBody(call);
  if (typeof email !== "string" || !/^\S+@\S+\.\S+$/.test(email)) throw refuse("Email is not valid");
  if ([...workspace.users.values()].some((user) => user.email === email)) throw refuse("User is already a member");
  addUser(call, { email, name: email.split("@")[0]!, status: "NOT_REGISTERED", membershipStatus: "PENDING" });
  const payload = { workspaceId: workspace.id, inviter: userView(caller.user), invitedUserEmails: [email] };
  world.emit(workspace.id, "USERS_INVITED_TO_WORKSPACE", payload);
  return ok(workspace.about);
}

/** No call removes them again. */
function addLimited(call: ApiCall) {
  const { workspace, world, caller } = call;
  const { users } = objectBody(call) as { users: { name?: string; userGroups?: string[] }[] };
  if (users.length === 0 || users.length > MAX_LIMITED) throw refuse("must not be empty");
  if (users.some(({ name }) => !name)) throw refuse("must not be blank");
  const groups = users.map(({ userGroups = [] }) =>
    userGroups.map((id) => itemOf(workspace.userGroups, id, "User group"))
  );
  const added = users.map(({ name }, index) => {
    const user = addUser(call, { email: "", name: name!, status: "LIMITED", membershipStatus: "ACTIVE" });
    for (const group of groups[index]!) group.userIds.push(user.id);
    return userView(user);
  });
  const invitedUserNames = added.map(({ name }) => name);
  const payload = { workspaceId: workspace.id, inviter: userView(caller.user), invitedUserNames };
  world.emit(workspace.id, "LIMITED_USERS_ADDED_TO_WORKSPACE", payload);
  return ok({ users: added });
}

export const invitationRoutes: Route[] = [
  { method: "POST", path: `${WORKSPACE}/users`, scope, handle: invite },
  { method: "POST", path: `${WORKSPACE}/limited-users`, scope, known: "shape", handle: addLimited },
];
