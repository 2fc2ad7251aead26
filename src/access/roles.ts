/** Roles of the Workflow Management API, each of which may what the one before it may. */

/** Reads; defines agents, workflows and webhooks; also runs, schedules, cancels and retries; also users, keys and the audit. */
export const API_ROLES = ["viewer", "editor", "operator", "admin"] as const;
export type ApiRole = (typeof API_ROLES)[number];

/** Who asks, once the login is known. */
export interface ApiCaller {
  kind: "user" | "key" | "operator";
  /** Name of the user, of the API key, or of the operator's key. */
  name: string;
  role: ApiRole;
}

/** True where the role may what `least` may. */
export function mayAs(role: ApiRole, least: ApiRole): boolean {
  return API_ROLES.indexOf(role) >= API_ROLES.indexOf(least);
}
