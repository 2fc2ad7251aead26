/** What the page of issues calls a cause, and what can be done about it. */

import { stopText, toStop } from "../../shell/stop_words.ts";
import type { Format } from "../../ui/format.tsx";
import { say, sayCount } from "../../words/say.ts";
import type { BulkFilter } from "../bulk/api.ts";
import { refusalWords } from "../sources/refusal_words.ts";
import type { Issue } from "./api.ts";

/** Kinds of jobs that are given up without a run or an event. */
const JOBS: Readonly<Record<string, string>> = {
  settings: say("Reading the settings"),
  coverage: say("Checking how events arrive"),
  poll: say("Looking for changes"),
  reconcile: say("Looking for missed events"),
  bootstrap: say("Reading the workspace"),
  cleanup: say("Cleaning up"),
  undo: say("Undoing changes"),
  bulk: say("Sending again"),
  history: say("Looking at past events"),
  schedule_pause: say("Pausing schedules"),
  webhook: say("Reporting a run"),
};

/** Of webhooks in these states. */
const OFF: Readonly<Record<string, string>> = {
  disabled: say("Webhooks are switched off in Clockify"),
  delivery_disabled: say("Clockify stopped deliveries after too many failures"),
  plan_disabled: say("The Clockify plan does not include webhooks"),
  missing: say("Webhooks are missing in Clockify"),
  silent: say("Nothing arrives although the workspace is used"),
};
const NAMED = 3;

/** "Weekly report, step 2 Change the time entry" */
export function whereText({ kind, run, job, refused, stop, webhooks, examples }: Issue): string {
  if (refused) return say("Source {name}", { name: refused.source });
  if (stop) {
    return stop.host === null
      ? say("Every step that calls Clockify")
      : say("Every step that calls {host}", { host: stop.host });
  }
  if (webhooks) return namesText(webhooks.event_types);
  if (run) {
    const { flow_name, failed_step_number, failed_step_name } = run;
    if (failed_step_name === null) return flow_name;
    const values = { flow: flow_name, name: failed_step_name };
    return failed_step_number === null
      ? say("{flow}, step {name}", values)
      : say("{flow}, step {number} {name}", { ...values, number: failed_step_number });
  }
  if (kind === "event") {
    const type = examples[0]?.event?.event_type;
    return type === undefined
      ? say("Events of type that is not known any more")
      : say("Events of type {type}", { type });
  }
  return JOBS[job ?? ""] ?? job ?? "";
}

/** "NEW_TAG, NEW_TASK, NEW_CLIENT and 2 more" */
function namesText(names: readonly string[]): string {
  const more = names.length - NAMED;
  return more > 0
    ? say("{names} and {count} more", { names: names.slice(0, NAMED).join(", "), count: more })
    : names.join(", ");
}

const COUNTED: Readonly<Record<Issue["kind"], (total: number, count: string) => string>> = {
  run: (total, count) => sayCount(total, "{count} run", "{count} runs", { count }),
  event: (total, count) => sayCount(total, "{count} event", "{count} events", { count }),
  background: (total, count) => sayCount(total, "{count} time", "{count} times", { count }),
  refused: (total, count) => sayCount(total, "{count} delivery", "{count} deliveries", { count }),
  stopped: (total, count) => sayCount(total, "{count} stop", "{count} stops", { count }),
  webhook: (total, count) => sayCount(total, "{count} event type", "{count} event types", { count }),
};

/** "23 runs"; "" of what is not counted. */
export function countText({ kind, count }: Pick<Issue, "kind" | "count">, number: (value: number) => string): string {
  return count === null ? "" : COUNTED[kind](count, number(count));
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
  if (refused) return say("Deliveries refused: {why}", { why: refusalWords(refused.reason) });
  if (stop) return stopText(toStop(stop), format);
  if (webhooks) return OFF[webhooks.state] ?? webhooks.reason;
  if (words !== null && words !== "") {
    return words.replace(/^Cannot [^:]{1,80}: (?=.)/, "").replace(/^./, (first) => first.toUpperCase());
  }
  return run?.error?.code ?? (kind === "event" ? say("It was given up") : say("No reason was kept"));
}
