/** The outcome of an event, in words. */

import type { EventOutcome, RunCounts } from "./api.ts";
import { Tag, type Tone } from "../../ui/tag.tsx";

/** Why flows did not run, by the reason code of the server. */
const REASONS: Record<string, string> = {
  no_flow: "No flow listens to this event",
  no_match: "Flows listen to this event, but none of their conditions were met",
  flows_off: "Flows are switched off for this workspace",
  installation_inactive: "The add-on was not active in the workspace",
  uninstalled: "The add-on was uninstalled",
  flow_unreadable: "A flow that this version cannot read was skipped",
  flow_too_costly: "A flow whose conditions take too much work was skipped",
  flow_lookup_failed: "A flow whose conditions look up what is not there, or not unique, was skipped",
  waits_ended: "No flow began with this event, but runs that waited for it went on",
  not_found: "The event was deleted",
  waiting: "Its flows were not evaluated yet",
  no_failed_run: "No run failed",
  flow_off: "The flow is switched off",
  flow_deleted: "The flow was deleted",
  steps_changed: "The flow as it is now does not begin with the steps that it finished",
};

/** An event without runs, where "No match" would be untrue. */
const SKIPPED: Record<string, { text: string; tone: Tone }> = {
  flows_off: { text: "Flows are off", tone: "idle" },
  uninstalled: { text: "Uninstalled", tone: "idle" },
  flow_unreadable: { text: "Flow not readable", tone: "bad" },
  flow_too_costly: { text: "Flow too costly", tone: "bad" },
  flow_lookup_failed: { text: "Look-up failed", tone: "bad" },
  throttled: { text: "Throttled", tone: "idle" },
  concurrency_full: { text: "Concurrency full", tone: "idle" },
  debounced: { text: "Debounced", tone: "idle" },
  loop_detected: { text: "Loop stopped", tone: "bad" },
};

/** Why flows that a reason names did not run. */
const NAMED: Record<string, string> = {
  flow_unreadable: "this version cannot read it",
  flow_too_costly: "its conditions take too much work",
  flow_lookup_failed: "its conditions look up what is not there, or not unique",
  throttled: "as many of its runs have begun as its throttle allows",
  concurrency_full: "as many of its runs are in progress as its concurrency allows",
  debounced: "a later event took its place",
  loop_detected: "it goes round on changes that flows make",
};

/** A reason of the server; several are held apart by "; ". */
export function reasonText(reason: string): string {
  return reason.split(/; (?=[a-z_]+: ")/).map(oneReason).join("; ");
}

function oneReason(reason: string): string {
  const [, word = "", names] = /^([a-z_]+): (.+)$/s.exec(reason) ?? [];
  if (names === undefined || !Object.hasOwn(NAMED, word)) return REASONS[reason] ?? reason;
  return `Skipped, ${NAMED[word]}: ${names}`;
}

/** Pure: the words, the tone, and the reason behind them. */
export function describeOutcome(
  { outcome, reason, runs }: { outcome: EventOutcome; reason: string | null; runs: RunCounts },
): { text: string; tone: Tone; title?: string } {
  const title = reason === null ? undefined : reasonText(reason);
  if (outcome === "waiting") return { text: "Waiting for flows", tone: "wait", title };
  if (outcome === "dead") return { text: "Not processed", tone: "bad", title };
  if (outcome === "skipped" && runs.total === 0) {
    return { ...SKIPPED[reason?.split(":", 1)[0] ?? ""] ?? { text: "No match", tone: "idle" }, title };
  }
  if (runs.failed > 0) {
    return { text: runs.failed === 1 ? "Flow failed" : `${runs.failed} runs failed`, tone: "bad", title };
  }
  if (runs.active > 0) return { text: "Running", tone: "wait", title };
  if (reason === "waits_ended" && runs.total === 0) return { text: "Runs went on", tone: "ok", title };
  if (runs.completed === 0) return { text: runs.total === 0 ? "No match" : "Cancelled", tone: "idle", title };
  return { text: runs.completed === 1 ? "1 flow ran" : `${runs.completed} flows ran`, tone: "ok", title };
}

export function OutcomeTag(props: { outcome: EventOutcome; reason: string | null; runs: RunCounts }) {
  const { text, tone, title } = describeOutcome(props);
  return <Tag tone={tone} title={title}>{text}</Tag>;
}

/** "1 duplicate dropped" */
export function duplicatesText(duplicates: number): string {
  return `${duplicates} duplicate${duplicates === 1 ? "" : "s"} dropped`;
}
