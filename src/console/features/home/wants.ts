/** What wants a person, and the sentence about it all: pure. */

import { type Stop, waitingText } from "../../shell/stop_words.ts";
import type { Tone } from "../../ui/tag.tsx";
import type { Wire } from "../../wire.ts";
import type { Alarm, Overview } from "./api.ts";
import { pathOfNext, withQuery } from "./overview_words.ts";

/** One thing that wants a person, with the one button that helps; none where no one here can do anything. */
export interface Want {
  key: string;
  tone: Tone;
  /** "23 failed" */
  tag: string;
  /** Stands before the text, as the name of a flow. */
  subject?: string;
  text: string;
  next?: { label: string; path: string };
}

/** Open approvals that the viewer may decide, oldest first. */
export interface OwnApprovals {
  count: number;
  hasMore: boolean;
  /** What the oldest asks. */
  oldest: string;
}

const WORDS: Record<Alarm["severity"], string> = { bad: "Problem", warn: "Warning", info: "Note" };
/** What Home says elsewhere: the failures are rows of their own, the first steps a panel; the other never ends on its own. */
const ELSEWHERE = new Set(["RUNS_FAILED", "NOTHING_RECEIVED", "EVENTS_NOT_RECEIVED"]);

export function wantsOf(
  { failures, runs, alarms }: Pick<Overview, "failures" | "runs" | "alarms">,
  approvals: OwnApprovals | undefined,
  number: (value: number) => string,
): Want[] {
  const failed = failures.map(({ flowId, flowName, errorCode, message, count, runId }): Want => ({
    key: `${flowId} ${errorCode}`,
    tone: "bad",
    tag: `${number(count)} failed`,
    subject: flowName,
    text: message ?? errorCode,
    next: count === 1 || flowId === null
      ? { label: "Show the run", path: `/runs/${runId}` }
      : { label: `Show the ${number(count)} runs`, path: withQuery("/runs", { state: "failed", flow_id: flowId }) },
  }));
  const grouped = failures.reduce((sum, { count }) => sum + count, 0);
  const rest = runs.failed - grouped;
  if (rest > 0) {
    failed.push({
      key: "failed",
      tone: "bad",
      tag: `${number(rest)}${failed.length > 0 ? " more" : ""} failed`,
      text: "Runs of other flows, or with other causes",
      next: { label: "Show failed runs", path: "/runs?state=failed" },
    });
  }
  const asked: Want[] = approvals === undefined || approvals.count === 0 ? [] : [{
    key: "approvals",
    tone: "wait",
    tag: `${approvals.count}${approvals.hasMore ? "+" : ""} ${approvals.count === 1 ? "approval" : "approvals"}`,
    text: approvals.oldest,
    next: { label: "Decide", path: "/approvals" },
  }];
  const alarmed = alarms.filter(({ code }) => !ELSEWHERE.has(code)).map((alarm): Want => {
    const path = pathOfNext(alarm);
    return {
      key: alarm.code,
      tone: alarm.severity === "info" ? "idle" : alarm.severity,
      tag: WORDS[alarm.severity],
      subject: alarm.title,
      text: alarm.detail,
      next: path === undefined ? undefined : { label: alarm.next!.label, path },
    };
  });
  const bad = alarmed.filter(({ tone }) => tone === "bad");
  return [...bad, ...failed, ...asked, ...alarmed.filter(({ tone }) => tone !== "bad")];
}

/** How all of it stands, in one sentence. */
export function verdictOf(
  { overview, wants, stops }: {
    overview: Pick<Overview, "receiving" | "events" | "runs" | "period" | "alarms">;
    wants: readonly Want[];
    stops: readonly Pick<Stop, "kind" | "runsWaiting">[];
  },
  number: (value: number) => string,
): string {
  const { receiving, events, runs, period, alarms } = overview;
  const act = wants.filter(({ tone }) => tone !== "idle").length;
  const waiting = stops.reduce((sum, { runsWaiting }) => sum + runsWaiting, 0);
  if (alarms.some(({ code }) => code === "STORAGE_FULL")) return "Events are refused until there is room for them.";
  const wanted = act === 0 ? "" : act === 1 ? "One thing wants you" : `${number(act)} things want you`;
  if (stops.length > 0) {
    const wait = waiting === 0
      ? "calls are stopped for a while, and no run waits"
      : `${waitingText({ runsWaiting: waiting }, { number })} for ${
        stops.every(({ kind }) => kind === "clockify") ? "Clockify" : "what is stopped"
      }`;
    return wanted === "" ? `${wait[0]!.toUpperCase()}${wait.slice(1)}.` : `${wanted}, and ${wait}.`;
  }
  if (receiving.state === "never") return wanted === "" ? "Ready for the first event." : `${wanted}.`;
  const came = `${number(events.total)} ${events.total === 1 ? "event" : "events"} came in and ${
    number(runs.completed)
  } ${runs.completed === 1 ? "run" : "runs"} completed in ${
    period.hours === 24 ? "24 hours" : `${period.hours / 24} days`
  }`;
  return wanted === "" ? `All is well: ${came}.` : `${wanted}; ${came}.`;
}

/** "Time entries tagged" */
export function doneText({ entity_type: type, verb }: Pick<Wire<"DoneCount">, "entity_type" | "verb">): string {
  const noun = type.replaceAll("_", " ");
  const many = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : noun.endsWith("s") ? noun : `${noun}s`;
  return `${many[0]!.toUpperCase()}${many.slice(1)} ${verb}`;
}
