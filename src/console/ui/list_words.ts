/** What the lists say of their rows, by what a row is: "12 runs", "Loading agents". */

import { say, sayCount } from "../words/say.ts";

/** What a row of a list with pages is. */
export type ListNoun =
  | "agent"
  | "issue"
  | "key"
  | "line"
  | "run"
  | "schedule"
  | "session"
  | "slot"
  | "step"
  | "user"
  | "version"
  | "workflow";

/** `count`: the total as the viewer writes numbers. */
type Counted = (total: number, count: string) => string;

const TOTALS: Record<ListNoun, Counted> = {
  agent: (total, count) => sayCount(total, "{count} agent", "{count} agents", { count }),
  issue: (total, count) => sayCount(total, "{count} issue", "{count} issues", { count }),
  key: (total, count) => sayCount(total, "{count} key", "{count} keys", { count }),
  line: (total, count) => sayCount(total, "{count} line", "{count} lines", { count }),
  run: (total, count) => sayCount(total, "{count} run", "{count} runs", { count }),
  schedule: (total, count) => sayCount(total, "{count} schedule", "{count} schedules", { count }),
  session: (total, count) => sayCount(total, "{count} session", "{count} sessions", { count }),
  slot: (total, count) => sayCount(total, "{count} slot", "{count} slots", { count }),
  step: (total, count) => sayCount(total, "{count} step", "{count} steps", { count }),
  user: (total, count) => sayCount(total, "{count} user", "{count} users", { count }),
  version: (total, count) => sayCount(total, "{count} version", "{count} versions", { count }),
  workflow: (total, count) => sayCount(total, "{count} workflow", "{count} workflows", { count }),
};

/** "12 runs" */
export function totalText(noun: ListNoun, total: number, count: string): string {
  return TOTALS[noun](total, count);
}

/** Of the lists that have filters. */
export type FilteredNoun = "agent" | "issue" | "schedule" | "workflow";

interface ListWords {
  loading: string;
  /** What could not be loaded. */
  what: string;
  noneMatches: string;
  showAll: string;
}

export const LIST_WORDS: Record<FilteredNoun, ListWords> = {
  agent: {
    loading: say("Loading agents"),
    what: say("the agents"),
    noneMatches: say("No agent matches these filters"),
    showAll: say("Show all agents"),
  },
  issue: {
    loading: say("Loading issues"),
    what: say("the issues"),
    noneMatches: say("No issue matches these filters"),
    showAll: say("Show all issues"),
  },
  schedule: {
    loading: say("Loading schedules"),
    what: say("the schedules"),
    noneMatches: say("No schedule matches these filters"),
    showAll: say("Show all schedules"),
  },
  workflow: {
    loading: say("Loading workflows"),
    what: say("the workflows"),
    noneMatches: say("No workflow matches these filters"),
    showAll: say("Show all workflows"),
  },
};
