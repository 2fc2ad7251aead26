/** Who may decide an approval: the people whom it names, and those who have one of its roles in the workspace. */

/** Roles of a workspace, as Clockify names them and flows do. */
const OWNER = "OWNER";
const ADMIN = "WORKSPACE_ADMIN";

/** Who asks for something about approvals. */
export interface Viewer {
  /** Clockify user id, or "operator:" and the name of its key (clockify/call_origin.ts). */
  person: string;
  /** In the workspace, as approvals name roles. */
  roles: readonly string[];
  /** Owners, admins and operators: they may hand an approval to others, whoever it is for. */
  isAdmin: boolean;
}

/** An operator may what the workspace's owner may. */
export function rolesOf({ kind, roleClaim }: { kind: "user" | "operator"; roleClaim?: string }): string[] {
  const role = kind === "operator" ? OWNER : (roleClaim ?? "").toUpperCase();
  if (role === OWNER) return [OWNER, ADMIN];
  // Tokens and the API spell it differently.
  return role === "ADMIN" ? [ADMIN] : role === "" ? [] : [role];
}

export function mayDecide(
  { people, roles }: { people: readonly string[]; roles: readonly string[] },
  viewer: Pick<Viewer, "person" | "roles">,
): boolean {
  return people.includes(viewer.person) || roles.some((role) => viewer.roles.includes(role));
}

/** `Ana Lopez, Bob, and who is WORKSPACE_ADMIN`: people by the names that are known. */
export function whoMay(
  { people, roles }: { people: readonly { id: string; name: string | null }[]; roles: readonly string[] },
) {
  const named = people.map(({ id, name }) => name ?? `user ${id}`);
  if (roles.length > 0) named.push(`who is ${roles.join(" or ")} in the workspace`);
  return named.join(", ");
}
