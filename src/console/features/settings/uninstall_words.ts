/** What an uninstall ends and deletes, in words. Pure. */

import type { Wire } from "../../wire.ts";

export type UninstallPreview = Wire<"UninstallPreview">;
export type Stopped = UninstallPreview["stops"][number]["kind"];
export type DeletedKind = UninstallPreview["deletes"][number]["kind"];

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

export const KIND_WORDS: Readonly<Record<DeletedKind, string>> = {
  flows: "Flows, their versions and drafts",
  events: "Received events",
  runs: "Runs with steps and outputs",
  journal: "Journal of changes in Clockify",
  calls: "Records of requests",
  saved_calls: "Saved requests of the Explorer, saved views of events",
  sources: "Sources of other systems",
  entities: "Entities read from Clockify",
  guard: "Guard and its approvals",
  secrets: "Tokens and secrets",
  audit: "Audit",
  other: "Jobs, schedules and counters",
};

/** "1,200", or "more than 20,000". */
export function countWords(count: number, isPart: boolean, number: (value: number) => string): string {
  return isPart ? `more than ${number(count)}` : number(count);
}

/** When all of it is deleted. */
export function graceWords(days: number): string {
  return days === 0 ? "with the next sweep, within an hour" : days === 1 ? "after 1 day" : `after ${days} days`;
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
