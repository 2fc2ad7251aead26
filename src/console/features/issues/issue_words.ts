/** What the page of issues calls a cause, and what can be done about it. */

import { stopText, toStop } from "../../shell/stop_words.ts";
import type { Format } from "../../ui/format.tsx";
import type { BulkFilter } from "../bulk/api.ts";
import { refusalWords } from "../sources/refusal_words.ts";
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

/** Of webhooks in these states. */
const OFF: Readonly<Record<string, string>> = {
  disabled: "Webhooks are switched off in Clockify",
  delivery_disabled: "Clockify stopped deliveries after too many failures",
  plan_disabled: "The Clockify plan does not include webhooks",
  missing: "Webhooks are missing in Clockify",
  silent: "Nothing arrives although the workspace is used",
};
const NAMED = 3;

/** "Weekly report, step 2 Change the time entry" */
export function whereText({ kind, run, job, refused, stop, webhooks, examples }: Issue): string {
  if (refused) return `Source ${refused.source}`;
  if (stop) return stop.host === null ? "Every step that calls Clockify" : `Every step that calls ${stop.host}`;
  if (webhooks) return namesText(webhooks.event_types);
  if (run) {
    const { flow_name, failed_step_number, failed_step_name } = run;
    if (failed_step_name === null) return flow_name;
    return `${flow_name}, step ${failed_step_number ?? ""} ${failed_step_name}`.replace("  ", " ");
  }
  if (kind === "event") return `Events of type ${examples[0]?.event?.event_type ?? "that is not known any more"}`;
  return JOBS[job ?? ""] ?? job ?? "";
}

/** "NEW_TAG, NEW_TASK, NEW_CLIENT and 2 more" */
function namesText(names: readonly string[]): string {
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(", ")} and ${more} more` : names.join(", ");
}

const NOUNS: Readonly<Record<Issue["kind"], string>> = {
  run: "run",
  event: "event",
  background: "time",
  refused: "delivery",
  stopped: "stop",
  webhook: "event type",
};

/** "23 runs"; "" of what is not counted. */
export function countText({ kind, count }: Pick<Issue, "kind" | "count">, number: (value: number) => string): string {
  if (count === null) return "";
  const noun = NOUNS[kind];
  return `${number(count)} ${count === 1 ? noun : `${noun}s`.replace("ys", "ies")}`;
}

/** What of it is sent again; undefined: nothing can be. */
export function bulkFilterOf({ id, kind, since }: Issue): BulkFilter | undefined {
  return kind === "run" || kind === "event" ? { issue: id, ...(since !== null && { since }) } : undefined;
}

/** The error without the name of what was called: the step says it. */
export function causeText(
  { words, run, kind, refused, stop, webhooks }: Issue,
  format: Pick<Format, "hour" | "number" | "duration">,
): string {
  if (refused) return `Deliveries refused: ${refusalWords(refused.reason)}`;
  if (stop) return stopText(toStop(stop), format);
  if (webhooks) return OFF[webhooks.state] ?? webhooks.reason;
  if (words !== null && words !== "") {
    return words.replace(/^Cannot [^:]{1,80}: (?=.)/, "").replace(/^./, (first) => first.toUpperCase());
  }
  return run?.error?.code ?? (kind === "event" ? "It was given up" : "No reason was kept");
}
