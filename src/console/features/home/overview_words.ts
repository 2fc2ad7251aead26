/** What the dashboard says about numbers: changes, times of bars, and where an alarm leads. */

import type { Alarm, Overview } from "./api.ts";

export const PERIODS = [
  { value: "24h", label: "Last 24 hours", hours: 24 },
  { value: "3d", label: "Last 3 days", hours: 72 },
  { value: "7d", label: "Last 7 days", hours: 168 },
];

/** An event may come so long before the numbers of the overview know of it (src/ingest/tally.ts). */
const COUNTED_MS = 2_000;

/** The overview, which is some seconds old, after the newest event. */
export function withNewest(overview: Overview, receivedAt: Date | undefined): Overview {
  const { receiving, period } = overview;
  if (!receivedAt || receiving.lastEventAt && receiving.lastEventAt >= receivedAt) return overview;
  // An older one that the numbers lack makes nothing less quiet.
  const cameSince = receivedAt.getTime() > period.to.getTime() - COUNTED_MS;
  const state = cameSince ? "receiving" : receiving.state;
  return { ...overview, receiving: { ...receiving, state, lastEventAt: receivedAt } };
}

/** "+4 % against the period before" */
export function changeText(total: number, previous: number): string {
  if (previous === 0) return total === 0 ? "none in the period before either" : "none in the period before";
  const percent = Math.round((total - previous) / previous * 100);
  if (percent === 0) return "as many as in the period before";
  // Beyond that a share says less than the number itself.
  if (percent > 999) return `${previous} in the period before`;
  return `${percent > 0 ? "+" : "−"}${Math.abs(percent)} % against the period before`;
}

/** Tabs of the settings that tell more about an alarm, by its code. */
const TABS: Record<string, string> = {
  RECEIVING_SILENT: "coverage",
  WEBHOOKS_OFF: "coverage",
  EVENTS_WITHOUT_WAY: "coverage",
  FLOWS_OFF: "in-force",
  FORWARDING_PAUSED: "in-force",
  SETTINGS_PROBLEM: "in-force",
  SETTINGS_NOT_READ: "in-force",
};

/** The path below the app that an alarm leads to. */
export function pathOfNext({ code, next }: Alarm): string | undefined {
  if (!next) return undefined;
  const { tab, ...query } = next.query ?? {};
  const place = tab ?? (next.page === "settings" ? TABS[code] : undefined);
  return withQuery(`/${next.page}${place ? `/${place}` : ""}`, query);
}

export function withQuery(path: string, query: Record<string, string>): string {
  const search = new URLSearchParams(query).toString();
  return search === "" ? path : `${path}?${search}`;
}
