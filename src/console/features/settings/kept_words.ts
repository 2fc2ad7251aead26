/** What is kept, for how long, and what deletes it, in words: of the retention and of an uninstall. Pure. */

import type { Wire } from "../../wire.ts";
import type { RetentionReport } from "./api.ts";

export type UninstallPreview = Wire<"UninstallPreview">;
export type Stopped = UninstallPreview["stops"][number]["kind"];
export type DeletedKind = UninstallPreview["deletes"][number]["kind"];
export type KeptKind = RetentionReport["kept"][number]["kind"];

export const STOPPED_WORDS: Readonly<Record<Stopped, readonly [what: string, becomes: string]>> = {
  runs: ["Runs in progress", "cancelled; a request that was sent stays sent"],
  waits: ["Waits for times, events and people", "ended with their runs"],
  approvals: ["Open approvals", "cancelled"],
  events: ["Events whose flows were not decided yet", "skipped"],
  schedules: ["Schedules of flows", "not fired any more"],
  jobs: ["Bulk jobs, undo jobs and runs over history", "stopped where they are"],
  sources: ["Sources of other systems", "their deliveries are refused"],
  webhooks: ["Webhooks of the add-on in Clockify", "removed by Clockify"],
  own_webhooks: ["Webhooks registered with an admin's API key", "removed from Clockify, as is the key"],
};

/** Kinds that both name alike. */
const SAME_KINDS = {
  events: "Received events",
  entities: "Entities read from Clockify",
  journal: "Journal of changes in Clockify",
  audit: "Audit",
} as const;

export const KEPT_WORDS: Readonly<Record<KeptKind, string>> = {
  ...SAME_KINDS,
  runs: "Runs of flows",
  calls: "Records of requests to Clockify",
  uninstalled: "All of it, after an uninstall",
};

export const DELETED_WORDS: Readonly<Record<DeletedKind, string>> = {
  ...SAME_KINDS,
  flows: "Flows, their versions and drafts",
  runs: "Runs with steps and outputs",
  calls: "Records of requests",
  saved_calls: "Saved requests of the Explorer, saved views of events",
  sources: "Sources of other systems",
  guard: "Guard and its approvals",
  secrets: "Tokens and secrets",
  other: "Jobs, schedules and counters",
};

type Numbering = (value: number) => string;

/** "1,200", or "more than 20,000". */
export function countWords(count: number, isPart: boolean, number: Numbering): string {
  return isPart ? `more than ${number(count)}` : number(count);
}

/** "1,200 event, 3 run"; "" of no table. */
export function rowsByTable(rows: Readonly<Record<string, number>>, number: Numbering): string {
  return Object.entries(rows).map(([table, count]) => `${number(count)} ${table}`).join(", ");
}

/** For how long a kind is kept. */
export function keptWords(kind: KeptKind, days: number): string {
  if (days > 0) return daysText(days);
  return kind === "uninstalled" ? "not at all" : "forever";
}

/** When all of it is deleted. */
export function graceWords(days: number): string {
  return days === 0 ? "with the next sweep, within an hour" : `after ${daysText(days)}`;
}

/** For how long backups hold it, as the end of a sentence. */
export function backupWords({ daily, weekly, monthly }: UninstallPreview["backups"]): string {
  const parts = [[daily, "day"], [weekly, "week"], [monthly, "month"]] as const;
  const kept = parts.flatMap(([count, unit]) => count === 0 ? [] : [count === 1 ? `1 ${unit}` : `${count} ${unit}s`]);
  if (kept.length === 0) return "until the operator deletes them: none is deleted by itself";
  const [last, ...before] = kept.toReversed();
  return `as long as they are kept: those of ${
    before.length === 0 ? last : `${before.toReversed().join(", ")} and ${last}`
  }`;
}

function daysText(days: number): string {
  return days === 1 ? "1 day" : `${days} days`;
}
