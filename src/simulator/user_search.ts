/** Users as REST answers show them, and the search that the list and users/info share. */

import { type ApiCall, ApiRefusal } from "./route.ts";
import type { User } from "./workspace_data.ts";

/** A user as REST answers show it; the role stands there only when asked for. */
export function userView(user: User, options: { roles?: { workspaceId: string } } = {}): Record<string, unknown> {
  const { role, ...shown } = user;
  return options.roles ? { ...shown, roles: [{ role, entities: [{ id: options.roles.workspaceId }] }] } : shown;
}

export interface Membership {
  targetId: string;
  membershipStatus: string;
  membershipType: string;
  userId: string;
  hourlyRate: unknown;
  costRate: unknown;
}

/** The user's membership in this workspace. */
export function membershipOf(user: User, workspaceId: string): Membership | undefined {
  return (user.memberships as Membership[]).find(({ targetId }) => targetId === workspaceId);
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

export interface UserSearch {
  email?: string | null;
  name?: string | null;
  projectId?: string | null;
  /** Of memberships; null and ALL for every one. */
  status?: string | null;
  accountStatuses: readonly string[];
  userGroups?: readonly string[];
  roles?: readonly string[];
}

/** Throws 400/3000 for a state that there is not. */
export function searchUsers({ workspace }: ApiCall, search: UserSearch): User[] {
  const { email, status, projectId, accountStatuses, userGroups = [], roles = [] } = search;
  const name = search.name?.toLowerCase();
  const known = (list: readonly string[], value: string) => list.includes(value);
  if (status && !known(MEMBERSHIP_STATUSES, status)) throw new ApiRefusal(400, "Bad parameter status", 3000);
  if (!accountStatuses.every((one) => known(ACCOUNT_STATUSES, one))) {
    throw new ApiRefusal(400, "Bad parameter account-statuses", 3000);
  }
  const inGroups = new Set(
    workspace.userGroups.filter(({ id }) => userGroups.includes(id)).flatMap(({ userIds }) => userIds),
  );
  const inProject = new Set(workspace.projects.get(projectId ?? "")?.memberships.map(({ userId }) => userId));
  return [...workspace.users.values()].filter((user) => {
    const own = membershipOf(user, workspace.id)?.membershipStatus;
    return (!email || user.email.includes(email)) && (!status || status === "ALL" || own === status) &&
      (accountStatuses.length === 0 || accountStatuses.includes(user.status)) &&
      (!name || user.name.toLowerCase().includes(name)) && (!projectId || inProject.has(user.id)) &&
      (userGroups.length === 0 || inGroups.has(user.id)) && (roles.length === 0 || roles.includes(user.role));
  });
}
