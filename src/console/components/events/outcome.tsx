/** What became of an event, in words. */

import type { EventOutcome, RunCounts } from "../../api/events.ts";
import { Tag, type Tone } from "../tag.tsx";

/** Why flows did not run, by the server's word for it. */
const REASONS: Record<string, string> = {
  no_flow: "No flow listens to this event",
  no_match: "Flows listen, and the conditions of none were met",
  flows_off: "Flows are switched off for this workspace",
  installation_inactive: "The add-on was not active in the workspace",
  not_found: "The event is gone",
  waiting: "Its flows were not asked yet",
};

export function reasonText(reason: string): string {
  return REASONS[reason] ?? reason;
}

/** Pure: the words, the tone, and the reason behind them. */
export function describeOutcome(
  { outcome, reason, runs }: { outcome: EventOutcome; reason: string | null; runs: RunCounts },
): { text: string; tone: Tone; title?: string } {
  const title = reason === null ? undefined : reasonText(reason);
  if (outcome === "waiting") return { text: "Waiting for flows", tone: "wait", title };
  if (outcome === "dead") return { text: "Not processed", tone: "bad", title };
  if (outcome === "skipped" && runs.total === 0) {
    return { text: reason === "flows_off" ? "Flows are off" : "No match", tone: "idle", title };
  }
  if (runs.failed > 0) return { text: runs.failed === 1 ? "Flow failed" : `${runs.failed} runs failed`, tone: "bad" };
  if (runs.active > 0) return { text: "Running", tone: "wait" };
  if (runs.completed === 0) return { text: runs.total === 0 ? "No match" : "Cancelled", tone: "idle" };
  return { text: runs.completed === 1 ? "1 flow ran" : `${runs.completed} flows ran`, tone: "ok" };
}

export function OutcomeTag(props: { outcome: EventOutcome; reason: string | null; runs: RunCounts }) {
  const { text, tone, title } = describeOutcome(props);
  return <Tag tone={tone} title={title}>{text}</Tag>;
}

/** "1 duplicate dropped" */
export function duplicatesText(duplicates: number): string {
  return `${duplicates} duplicate${duplicates === 1 ? "" : "s"} dropped`;
}
