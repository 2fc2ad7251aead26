/** The outcome of an event, in words. */

import type { EventOutcome, RunCounts } from "./api.ts";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { say, sayCount } from "../../words/say.ts";

/** Why flows did not run, by the reason code of the server. */
const REASONS: Record<string, string> = {
  no_flow: say("No flow listens to this event"),
  no_match: say("Flows listen to this event, but none of their conditions were met"),
  flows_off: say("Flows are switched off for this workspace"),
  installation_inactive: say("The add-on was not active in the workspace"),
  uninstalled: say("The add-on was uninstalled"),
  flow_unreadable: say("A flow that this version cannot read was skipped"),
  flow_too_costly: say("A flow whose conditions take too much work was skipped"),
  flow_lookup_failed: say("A flow whose conditions look up what is not there, or not unique, was skipped"),
  waits_ended: say("No flow began with this event, but runs that waited for it went on"),
  not_found: say("The event was deleted"),
  waiting: say("Its flows were not evaluated yet"),
  no_failed_run: say("No run failed"),
  flow_off: say("The flow is switched off"),
  flow_deleted: say("The flow was deleted"),
  steps_changed: say("The flow as it is now does not begin with the steps that it finished"),
};

/** An event without runs, where "No match" would be untrue. */
const SKIPPED: Record<string, { text: string; tone: Tone }> = {
  flows_off: { text: say("Flows are off"), tone: "idle" },
  uninstalled: { text: say("Uninstalled"), tone: "idle" },
  flow_unreadable: { text: say("Flow not readable"), tone: "bad" },
  flow_too_costly: { text: say("Flow too costly"), tone: "bad" },
  flow_lookup_failed: { text: say("Look-up failed"), tone: "bad" },
  throttled: { text: say("Throttled"), tone: "idle" },
  concurrency_full: { text: say("Concurrency full"), tone: "idle" },
  debounced: { text: say("Debounced"), tone: "idle" },
  loop_detected: { text: say("Loop stopped"), tone: "bad" },
};

/** Why flows that a reason names did not run. */
const NAMED: Record<string, string> = {
  flow_unreadable: say("this version cannot read it"),
  flow_too_costly: say("its conditions take too much work"),
  flow_lookup_failed: say("its conditions look up what is not there, or not unique"),
  throttled: say("as many of its runs have begun as its throttle allows"),
  concurrency_full: say("as many of its runs are in progress as its concurrency allows"),
  debounced: say("a later event took its place"),
  loop_detected: say("it goes round on changes that flows make"),
};

/** A reason of the server; several are held apart by "; ". */
export function reasonText(reason: string): string {
  return reason.split(/; (?=[a-z_]+: ")/).map(oneReason).join("; ");
}

function oneReason(reason: string): string {
  const [, word = "", names] = /^([a-z_]+): (.+)$/s.exec(reason) ?? [];
  if (names === undefined || !Object.hasOwn(NAMED, word)) return REASONS[reason] ?? reason;
  return say("Skipped, {why}: {flows}", { why: NAMED[word]!, flows: names });
}

/** Pure: the words, the tone, and the reason behind them. */
export function describeOutcome(
  { outcome, reason, runs }: { outcome: EventOutcome; reason: string | null; runs: RunCounts },
): { text: string; tone: Tone; title?: string } {
  const title = reason === null ? undefined : reasonText(reason);
  if (outcome === "waiting") return { text: say("Waiting for flows"), tone: "wait", title };
  if (outcome === "dead") return { text: say("Not processed"), tone: "bad", title };
  if (outcome === "skipped" && runs.total === 0) {
    return { ...SKIPPED[reason?.split(":", 1)[0] ?? ""] ?? { text: say("No match"), tone: "idle" }, title };
  }
  if (runs.failed > 0) {
    return {
      text: sayCount(runs.failed, "Flow failed", "{count} runs failed", { count: runs.failed }),
      tone: "bad",
      title,
    };
  }
  if (runs.active > 0) return { text: say("Running"), tone: "wait", title };
  if (reason === "waits_ended" && runs.total === 0) return { text: say("Runs went on"), tone: "ok", title };
  if (runs.completed === 0) return { text: runs.total === 0 ? say("No match") : say("Cancelled"), tone: "idle", title };
  return {
    text: sayCount(runs.completed, "1 flow ran", "{count} flows ran", { count: runs.completed }),
    tone: "ok",
    title,
  };
}

export function OutcomeTag(props: { outcome: EventOutcome; reason: string | null; runs: RunCounts }) {
  const { text, tone, title } = describeOutcome(props);
  return <Tag tone={tone} title={title}>{text}</Tag>;
}

/** "1 duplicate dropped" */
export function duplicatesText(duplicates: number): string {
  return sayCount(duplicates, "{count} duplicate dropped", "{count} duplicates dropped", { count: duplicates });
}
