/** What wants a person, and the sentence about it all: pure. */

import { type Stop, waitingText } from "../../shell/stop_words.ts";
import type { Tone } from "../../ui/tag.tsx";
import type { Wire } from "../../wire.ts";
import { say, sayCount } from "../../words/say.ts";
import { listWord } from "../entities/kinds.ts";
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

const WORDS: Record<Alarm["severity"], string> = {
  bad: say("Problem"),
  warn: say("Warning"),
  info: say("Note##an alarm"),
};
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
    tag: sayCount(count, "{count} failed", "{count} failed", { count: number(count) }),
    subject: flowName,
    text: message ?? errorCode,
    next: count === 1 || flowId === null ? { label: say("Show the run"), path: `/runs/${runId}` } : {
      label: sayCount(count, "Show the run", "Show the {count} runs", { count: number(count) }),
      path: withQuery("/runs", { state: "failed", flow_id: flowId }),
    },
  }));
  const grouped = failures.reduce((sum, { count }) => sum + count, 0);
  const rest = runs.failed - grouped;
  if (rest > 0) {
    failed.push({
      key: "failed",
      tone: "bad",
      tag: failed.length > 0
        ? sayCount(rest, "{count} more failed", "{count} more failed", { count: number(rest) })
        : sayCount(rest, "{count} failed", "{count} failed", { count: number(rest) }),
      text: say("Runs of other flows, or with other causes"),
      next: { label: say("Show failed runs"), path: "/runs?state=failed" },
    });
  }
  const asked: Want[] = approvals === undefined || approvals.count === 0 ? [] : [{
    key: "approvals",
    tone: "wait",
    tag: sayCount(approvals.count, "{count} approval", "{count} approvals", {
      count: `${approvals.count}${approvals.hasMore ? "+" : ""}`,
    }),
    text: approvals.oldest,
    next: { label: say("Decide"), path: "/approvals" },
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
  if (alarms.some(({ code }) => code === "STORAGE_FULL")) {
    return say("Events are refused until there is room for them.");
  }
  const wanted = act === 0
    ? ""
    : sayCount(act, "One thing wants you", "{count} things want you", { count: number(act) });
  if (stops.length > 0) {
    const wait = waitText(waiting, { isClockify: stops.every(({ kind }) => kind === "clockify"), number });
    return wanted === ""
      ? `${wait[0]!.toUpperCase()}${wait.slice(1)}.`
      : say("{wanted}, and {waiting}.", { wanted, waiting: wait });
  }
  if (receiving.state === "never") return wanted === "" ? say("Ready for the first event.") : `${wanted}.`;
  const values = {
    events: sayCount(events.total, "{count} event came in", "{count} events came in", { count: number(events.total) }),
    runs: sayCount(runs.completed, "{count} run completed", "{count} runs completed", {
      count: number(runs.completed),
    }),
  };
  const came = period.hours === 24
    ? say("{events} and {runs} in 24 hours", values)
    : say("{events} and {runs} in {count} days", { ...values, count: period.hours / 24 });
  return wanted === "" ? say("All is well: {what}.", { what: came }) : `${wanted}; ${came}.`;
}

function waitText(
  runsWaiting: number,
  { isClockify, number }: { isClockify: boolean; number(value: number): string },
): string {
  if (runsWaiting === 0) return say("calls are stopped for a while, and no run waits");
  const waiting = waitingText({ runsWaiting }, { number });
  return isClockify ? say("{waiting} for Clockify", { waiting }) : say("{waiting} for what is stopped", { waiting });
}

const DONE: Record<Wire<"DoneCount">["verb"], (things: string) => string> = {
  created: (things) => say("{things} created", { things }),
  changed: (things) => say("{things} changed", { things }),
  tagged: (things) => say("{things} tagged", { things }),
  deleted: (things) => say("{things} deleted", { things }),
};

/** "Time entries tagged" */
export function doneText({ entity_type: type, verb }: Pick<Wire<"DoneCount">, "entity_type" | "verb">): string {
  return DONE[verb](listWord(type));
}
