/** What the page of issues calls a cause, and what can be done about it. */

import type { BulkFilter } from "../bulk/api.ts";
import type { Issue } from "./api.ts";

/** Kinds of jobs that are given up without a run or an event. */
const JOBS: Readonly<Record<string, string>> = {
  settings: "Reading the settings",
  coverage: "Checking how events arrive",
  poll: "Looking for changes",
  reconcile: "Looking for missed events",
  bootstrap: "Reading the workspace",
  cleanup: "Cleaning up",
  undo: "Undoing changes",
  bulk: "Sending again",
  history: "Looking at past events",
  schedule_pause: "Pausing schedules",
  webhook: "Reporting a run",
};

/** "Weekly report, step 2 Change the time entry" */
export function whereText({ kind, run, job, examples }: Issue): string {
  if (run) {
    const { flow_name, failed_step_number, failed_step_name } = run;
    if (failed_step_name === null) return flow_name;
    return `${flow_name}, step ${failed_step_number ?? ""} ${failed_step_name}`.replace("  ", " ");
  }
  if (kind === "event") return `Events of type ${examples[0]?.event?.event_type ?? "that is not known any more"}`;
  return JOBS[job] ?? job;
}

/** "23 runs" */
export function countText({ kind, count }: Pick<Issue, "kind" | "count">, number: (value: number) => string): string {
  const noun = { run: "run", event: "event", background: "time" }[kind];
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** What of it is sent again; undefined: it is done again by itself. */
export function bulkFilterOf({ id, kind, since }: Issue): BulkFilter | undefined {
  return kind === "background" ? undefined : { issue: id, ...(since !== null && { since }) };
}

/** The error without the name of what was called: the step says it. */
export function causeText({ words, run, kind }: Issue): string {
  if (words !== null && words !== "") {
    return words.replace(/^Cannot [^:]{1,80}: (?=.)/, "").replace(/^./, (first) => first.toUpperCase());
  }
  return run?.error?.code ?? (kind === "event" ? "It was given up" : "No reason was kept");
}
