/** What is kept, for how long, and what deletes it, in words: of the retention and of an uninstall. Pure. */

import type { Wire } from "../../wire.ts";
import { say, sayCount } from "../../words/say.ts";
import type { RetentionReport } from "./api.ts";

export type UninstallPreview = Wire<"UninstallPreview">;
export type Stopped = UninstallPreview["stops"][number]["kind"];
export type DeletedKind = UninstallPreview["deletes"][number]["kind"];
export type KeptKind = RetentionReport["kept"][number]["kind"];

export const STOPPED_WORDS: Readonly<Record<Stopped, readonly [what: string, becomes: string]>> = {
  runs: [say("Runs in progress"), say("cancelled; a request that was sent stays sent")],
  waits: [say("Waits for times, events and people"), say("ended with their runs")],
  approvals: [say("Open approvals"), say("cancelled##approvals")],
  events: [say("Events whose flows were not decided yet"), say("skipped##events")],
  schedules: [say("Schedules of flows"), say("not fired any more")],
  jobs: [say("Bulk jobs, undo jobs and runs over history"), say("stopped where they are")],
  sources: [say("Sources of other systems"), say("their deliveries are refused")],
  webhooks: [say("Webhooks of the add-on in Clockify"), say("removed by Clockify")],
  own_webhooks: [say("Webhooks registered with an admin's API key"), say("removed from Clockify, as is the key")],
};

/** Kinds that both name alike. */
const SAME_KINDS = {
  events: say("Received events"),
  entities: say("Entities read from Clockify"),
  journal: say("Journal of changes in Clockify"),
  audit: say("Audit"),
} as const;

export const KEPT_WORDS: Readonly<Record<KeptKind, string>> = {
  ...SAME_KINDS,
  runs: say("Runs of flows"),
  calls: say("Records of requests to Clockify"),
  uninstalled: say("All of it, after an uninstall"),
};

export const DELETED_WORDS: Readonly<Record<DeletedKind, string>> = {
  ...SAME_KINDS,
  flows: say("Flows, their versions and drafts"),
  runs: say("Runs with steps and outputs"),
  calls: say("Records of requests"),
  saved_calls: say("Saved requests of the Explorer, saved views of events"),
  sources: say("Sources of other systems"),
  guard: say("Guard and its approvals"),
  secrets: say("Tokens and secrets"),
  other: say("Jobs, schedules and counters"),
};

type Numbering = (value: number) => string;

/** "1,200", or "more than 20,000". */
export function countWords(count: number, isPart: boolean, number: Numbering): string {
  return isPart ? say("more than {count}", { count: number(count) }) : number(count);
}

/** "1,200 event, 3 run"; "" of no table. */
export function rowsByTable(rows: Readonly<Record<string, number>>, number: Numbering): string {
  return Object.entries(rows).map(([table, count]) => `${number(count)} ${table}`).join(", ");
}

/** For how long a kind is kept. */
export function keptWords(kind: KeptKind, days: number): string {
  if (days > 0) return daysText(days);
  return kind === "uninstalled" ? say("not at all") : say("forever");
}

/** When all of it is deleted. */
export function graceWords(days: number): string {
  return days === 0
    ? say("Is deleted with the next sweep, within an hour")
    : sayCount(days, "Is deleted after 1 day", "Is deleted after {count} days", { count: days });
}

/** For how long backups hold it. */
export function backupWords({ daily, weekly, monthly }: UninstallPreview["backups"]): string {
  const spans = [
    daily > 0 && daysText(daily),
    weekly > 0 && sayCount(weekly, "1 week", "{count} weeks", { count: weekly }),
    monthly > 0 && sayCount(monthly, "1 month", "{count} months", { count: monthly }),
  ].filter((span) => span !== false);
  if (spans.length === 0) {
    return say("In backups, until the operator deletes them: none is deleted by itself.");
  }
  const last = spans.at(-1)!;
  const kept = spans.length === 1 ? last : say("{before} and {last}", { before: spans.slice(0, -1).join(", "), last });
  return say("In backups, as long as they are kept: those of {kept}.", { kept });
}

function daysText(days: number): string {
  return sayCount(days, "1 day", "{count} days", { count: days });
}
