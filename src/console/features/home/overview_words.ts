/** What Home says about numbers: changes, times of bars, and where an alarm leads. */

import { say } from "../../words/say.ts";
import type { Alarm } from "./api.ts";

export const PERIODS = [
  { value: "24h", label: say("Last 24 hours"), hours: 24 },
  { value: "3d", label: say("Last 3 days"), hours: 72 },
  { value: "7d", label: say("Last 7 days"), hours: 168 },
];

/** "+4 % vs. the previous period" */
export function changeText(total: number, previous: number): string {
  if (previous === 0) {
    return total === 0 ? say("none in the previous period either") : say("none in the previous period");
  }
  const percent = Math.round((total - previous) / previous * 100);
  if (percent === 0) return say("same as in the previous period");
  // Above this, the number itself is clearer than a percentage.
  if (percent > 999) return say("{count} in the previous period", { count: previous });
  return say("{change} % vs. the previous period", { change: `${percent > 0 ? "+" : "−"}${Math.abs(percent)}` });
}

/** Alarms of what the page of coverage says more about. */
const OF_COVERAGE = new Set(["RECEIVING_SILENT", "WEBHOOKS_OFF", "EVENTS_NOT_RECEIVED"]);

/** The settings tab with the details of an alarm, by its code. */
const TABS: Record<string, string> = {
  FLOWS_OFF: "effective",
  FORWARDING_PAUSED: "effective",
  SETTINGS_PROBLEM: "effective",
  SETTINGS_NOT_READ: "effective",
};

/** Where the workspace can be read again. */
const READ_AGAIN = new Set(["BOOTSTRAP_FAILED", "BOOTSTRAP_PARTIAL", "LIST_DOUBTED"]);

/** The path below the app that an alarm leads to. */
export function pathOfNext({ code, next }: Alarm): string | undefined {
  if (!next) return undefined;
  if (READ_AGAIN.has(code)) return "/data";
  if (OF_COVERAGE.has(code)) return "/coverage";
  const { tab, ...query } = next.query ?? {};
  const place = tab ?? (next.page === "settings" ? TABS[code] : undefined);
  return withQuery(`/${next.page}${place ? `/${place}` : ""}`, query);
}

export function withQuery(path: string, query: Record<string, string>): string {
  const search = new URLSearchParams(query).toString();
  return search === "" ? path : `${path}?${search}`;
}
