/** What operations and their guard are called on the page. Pure. */

import type { Tone } from "../../ui/tag.tsx";
import type { Endpoint, EndpointDetail, Grade, GuardPolicy } from "./api.ts";
import { fieldWord } from "../entities/fields.ts";
import { capital } from "../entities/kinds.ts";
import { say, sayCount } from "../../words/say.ts";

type Kind = "read" | "write" | "delete";

export const KIND_WORDS: Record<Kind, string> = { read: say("read"), write: say("write"), delete: say("delete") };
const GRADE_WORDS: Readonly<Record<string, string>> = {
  read: say("read"),
  routine: say("routine"),
  business: say("business"),
  destructive: say("destructive"),
} satisfies Record<Grade, string>;

export function gradeWord(grade: string): string {
  return GRADE_WORDS[grade] ?? grade;
}

export const KIND_TONES: Record<Kind, Tone> = { read: "ok", write: "warn", delete: "bad" };
export const GRADE_TONES: Record<Grade, Tone> = { read: "ok", routine: "warn", business: "warn", destructive: "bad" };

export function kindOf({ access, method }: Pick<Endpoint, "access" | "method">): Kind {
  return access === "read" ? "read" : method === "DELETE" ? "delete" : "write";
}

const REFUSALS: Record<NonNullable<Endpoint["refusal"]>, string> = {
  closed_to_addons: say(
    "Clockify opens this operation to no add-on. A person's own API key can call it, outside of Timewire",
  ),
  scope: say("This add-on does not ask Clockify for the scope that the operation needs"),
  no_host: say(
    "Clockify gave this installation no address of the part that serves the operation; that of the audit log is known beside api.clockify.me alone, and an operator can set it for others (CLOCKIFY_AUDIT_LOG_BASE_URL)",
  ),
  writes_off: say(
    "This add-on's setting in Clockify allows reads only: an admin of the workspace can allow writes there",
  ),
};

/** Why it cannot be called here at all; null: it can. */
export function refusalOf({ refusal, scope }: Pick<Endpoint, "refusal" | "scope">): string | null {
  if (refusal === null) return null;
  return refusal === "scope" && scope !== null ? `${REFUSALS.scope}: ${scope}` : REFUSALS[refusal];
}

export type GuardOutcome = GuardPolicy["grades"][number]["by_hand"]["outcome"];

/** What the workspace asks for before such a call; a preview while that is not known. */
export function outcomeOf(policy: GuardPolicy | undefined, { grade }: Pick<Endpoint, "grade">): GuardOutcome {
  if (!policy) return grade === "read" ? "allow" : "preview";
  return policy.grades.find((one) => one.grade === grade)?.by_hand.outcome ?? "preview";
}

/** What the button does, in its words. `changes`: number of changed fields, where it is known. */
export function sendLabel(
  detail: Pick<EndpointDetail, "access" | "method">,
  { outcome, changes }: { outcome: GuardOutcome; changes: number | undefined },
): string {
  const kind = kindOf(detail);
  if (outcome === "second_person") return say("Ask for approval…");
  if (kind === "read") return outcome === "allow" ? say("Send") : say("Review…");
  if (kind === "delete") return say("Delete…");
  if (changes === undefined) return outcome === "allow" ? say("Send change") : say("Review change…");
  return outcome === "allow"
    ? sayCount(changes, "Send 1 change", "Send {count} changes", { count: changes })
    : sayCount(changes, "Review 1 change…", "Review {count} changes…", { count: changes });
}

const STATUS_WORDS: Readonly<Record<string, string>> = {
  success: say("success"),
  error: say("error"),
  unchanged: say("unchanged"),
  preview: say("preview"),
  second_person: say("second person"),
};

/** How a call ended that has no status code. */
export function statusWord(status: string): string {
  return STATUS_WORDS[status] ?? status.replace("_", " ");
}

/** As people read the name of a field: `projectId` is "Project", `page-size` "Page size". */
export function labelOf(name: string): string {
  const words = name.replace(/Ids$/, "s").replace(/(?<=.)Id$/, "").replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/[-_.]+/g, " ").trim().toLowerCase();
  return capital(fieldWord(words));
}
