/** What the page of approvals says: states, what follows from an answer, and who may decide. Pure. */

import type { Tone } from "../../ui/tag.tsx";
import { say } from "../../words/say.ts";
import type { Approval, FollowingStep, Outcome } from "./api.ts";

export const STATE_TEXTS: Readonly<Record<Approval["state"], { text: string; tone: Tone }>> = {
  open: { text: say("Waiting"), tone: "wait" },
  approved: { text: say("Approved"), tone: "ok" },
  rejected: { text: say("Rejected"), tone: "bad" },
  expired: { text: say("No answer in time"), tone: "warn" },
  cancelled: { text: say("Run ended without an answer"), tone: "idle" },
};

/** What becomes of the run after the steps of an answer. */
export function thenText({ then }: Outcome, after: readonly FollowingStep[]): string {
  if (then === "is_cancelled") return say("The run is cancelled.");
  if (then === "fails") return say("The run fails.");
  return after.length === 0 ? say("The run is completed.") : say("The run continues with:");
}

const ROLES: Readonly<Record<string, string>> = {
  OWNER: say("the owner"),
  WORKSPACE_ADMIN: say("any workspace admin"),
  PROJECT_MANAGER: say("any project manager"),
  TEAM_MANAGER: say("any team manager"),
};

/** "Ana Lopez, Bo Chen or any workspace admin" */
export function whoText({ people, roles }: Pick<Approval, "people" | "roles">): string {
  const all = [
    ...people.map(({ id, name }) => name ?? say("user {id}", { id })),
    ...roles.map((role) => ROLES[role] ?? say("any {role}", { role: role.toLowerCase().replaceAll("_", " ") })),
  ];
  return all.length < 2
    ? all.join("")
    : say("{names} or {last}", { names: all.slice(0, -1).join(", "), last: all.at(-1)! });
}

/** What the row is about in one line. */
export function titleText({ note, flow }: Pick<Approval, "note" | "flow">): string {
  return note ?? say("{flow} asks for an approval", { flow: flow.name });
}
