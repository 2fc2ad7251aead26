/** What the page of approvals says: states, what follows from an answer, and who may decide. Pure. */

import type { Tone } from "../../ui/tag.tsx";
import type { Approval, FollowingStep, Outcome } from "./api.ts";

export const STATE_TEXTS: Readonly<Record<Approval["state"], { text: string; tone: Tone }>> = {
  open: { text: "Waiting", tone: "wait" },
  approved: { text: "Approved", tone: "ok" },
  rejected: { text: "Rejected", tone: "bad" },
  expired: { text: "No answer in time", tone: "warn" },
  cancelled: { text: "Run ended without an answer", tone: "idle" },
};

/** What becomes of the run after the steps of an answer. */
export function thenText({ then }: Outcome, after: readonly FollowingStep[]): string {
  if (then === "is_cancelled") return "The run is cancelled.";
  if (then === "fails") return "The run fails.";
  return after.length === 0 ? "The run is completed." : "The run continues with:";
}

const ROLES: Readonly<Record<string, string>> = {
  OWNER: "the owner",
  WORKSPACE_ADMIN: "any workspace admin",
  PROJECT_MANAGER: "any project manager",
  TEAM_MANAGER: "any team manager",
};

/** "Ana Lopez, Bo Chen or any workspace admin" */
export function whoText({ people, roles }: Pick<Approval, "people" | "roles">): string {
  const all = [
    ...people.map(({ id, name }) => name ?? `user ${id}`),
    ...roles.map((role) => ROLES[role] ?? `any ${role.toLowerCase().replaceAll("_", " ")}`),
  ];
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
}

/** What the row is about in one line. */
export function titleText({ note, flow }: Pick<Approval, "note" | "flow">): string {
  return note ?? `${flow.name} asks for an approval`;
}
