/** Roles of the Workflow Management API, from the one that may the least, and what they are called. */

import { say } from "../../words/say.ts";
import type { User } from "./api.ts";

export type Role = User["role"];

export const ROLES: readonly Role[] = ["viewer", "editor", "operator", "admin"];

export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  viewer: say("viewer"),
  editor: say("editor"),
  operator: say("operator"),
  admin: say("admin"),
};
