/** Filters of the list of events: how they stand in the address, what the server is asked, and which new rows fit. Pure. */

import type { EventQuery, EventRow, EventUpdate } from "./api.ts";
import type { ViewFilter } from "./views_api.ts";
import { beginOfDay } from "../../ui/wall_clock.ts";
import { say } from "../../words/say.ts";

export const OUTCOMES = {
  waiting: say("Waiting for flows"),
  dispatched: say("Flows ran"),
  failed: say("A flow failed"),
  skipped: say("No match"),
  dead: say("Not processed"),
};
export const SOURCES = { clockify: "Clockify", custom: say("Other systems") };
export const ARRIVALS = { true: say("Missed, found again"), false: say("Received") };
export const DUPLICATES = { true: say("With duplicates"), false: say("Without duplicates") };
export const TIMES = {
  "1h": say("Last hour"),
  "24h": say("Last 24 hours"),
  yesterday: say("Yesterday"),
  "7d": say("Last 7 days"),
  custom: say("From … to …"),
};

/** "" stands for any. */
export interface EventFilter {
  type: string;
  outcome: "" | keyof typeof OUTCOMES;
  source: "" | keyof typeof SOURCES;
  reconciled: "" | keyof typeof ARRIVALS;
  duplicates: "" | keyof typeof DUPLICATES;
  time: "" | keyof typeof TIMES;
  /** Of the time "custom": RFC 3339 text, "" where that side is open. */
  from: string;
  to: string;
  /** The search box as it was written: an id, or words and operators. */
  search: string;
}

export const NO_FILTER: EventFilter = {
  type: "",
  outcome: "",
  source: "",
  reconciled: "",
  duplicates: "",
  time: "",
  from: "",
  to: "",
  search: "",
};

/** Names in the address; links of other pages use them. */
const NAMES: Record<keyof EventFilter, string> = {
  type: "event_type",
  outcome: "outcome",
  source: "source",
  reconciled: "reconciled",
  duplicates: "duplicates",
  time: "time",
  from: "from",
  to: "to",
  search: "q",
};
const KEYS = Object.keys(NAMES) as (keyof EventFilter)[];

/** Words that are not known are left out. */
export function filterFromUrl(params: URLSearchParams): EventFilter {
  const filter = Object.fromEntries(KEYS.map((key) => [key, params.get(NAMES[key]) ?? ""])) as unknown as EventFilter;
  if (filter.from !== "" || filter.to !== "") filter.time = "custom";
  return {
    ...filter,
    outcome: filter.outcome in OUTCOMES ? filter.outcome : "",
    source: filter.source.toLowerCase() in SOURCES ? filter.source.toLowerCase() as EventFilter["source"] : "",
    reconciled: filter.reconciled in ARRIVALS ? filter.reconciled : "",
    duplicates: filter.duplicates in DUPLICATES ? filter.duplicates : "",
    time: filter.time in TIMES ? filter.time : "",
  };
}

/** What of a filter stands in the address; parameters of others stay. */
export function filterToUrl(filter: EventFilter, before: URLSearchParams): URLSearchParams {
  const params = new URLSearchParams(before);
  for (const key of KEYS) {
    const value = filter.time !== "custom" && (key === "from" || key === "to") ? "" : filter[key];
    if (value === "") params.delete(NAMES[key]);
    else params.set(NAMES[key], value);
  }
  return params;
}

export function isFiltered(filter: EventFilter): boolean {
  return KEYS.some((key) => filter[key] !== "");
}

/** A filter as a saved view keeps it: "last hour" stays that, whenever the view is opened. */
export function toView(
  { type, outcome, source, reconciled, duplicates, time, from, to, search }: EventFilter,
): ViewFilter {
  const filter: ViewFilter = {
    event_type: type || undefined,
    outcome: outcome || undefined,
    source: source === "" ? undefined : source.toUpperCase() as ViewFilter["source"],
    reconciled: reconciled === "" ? undefined : reconciled === "true",
    duplicates: duplicates === "" ? undefined : duplicates === "true",
    time: time === "" || time === "custom" ? undefined : time,
    from: time === "custom" ? readTime(from)?.toISOString() : undefined,
    to: time === "custom" ? readTime(to)?.toISOString() : undefined,
    search: oneLine(search) || undefined,
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

export function fromView(
  { event_type, outcome, source, reconciled, duplicates, time, from, to, search }: ViewFilter,
): EventFilter {
  return {
    type: event_type ?? "",
    outcome: outcome ?? "",
    source: (source?.toLowerCase() ?? "") as EventFilter["source"],
    reconciled: reconciled === undefined ? "" : reconciled ? "true" : "false",
    duplicates: duplicates === undefined ? "" : duplicates ? "true" : "false",
    time: time ?? (from === undefined && to === undefined ? "" : "custom"),
    from: from ?? "",
    to: to ?? "",
    search: search ?? "",
  };
}

/** Whether a filter is that of the view. */
export function isView(filter: EventFilter, view: ViewFilter): boolean {
  const [one, other] = [toView(filter), toView(fromView(view))];
  return Object.keys({ ...one, ...other }).every((key) =>
    one[key as keyof ViewFilter] === other[key as keyof ViewFilter]
  );
}

/** An id alone is asked for exactly; any other text is a search, whose words and operators the server reads. */
export function readSearch(search: string): Pick<EventQuery, "q" | "search"> {
  // Nothing before the text is cut off: the server names the place of a fault in it.
  const text = oneLine(search);
  const [, id] = /^\s*(?:id:)?((?:[A-Za-z]+:)?[0-9a-f]{24}|\d{1,15})$/.exec(text) ?? [];
  return text === "" ? {} : id === undefined ? { search: text } : { q: id };
}

function oneLine(search: string): string {
  return search.replace(/[\t\r\n]+/g, " ").trimEnd();
}

/** `now` and the days of the viewer's zone decide what "last hour" and "yesterday" are. */
export function toQuery(filter: EventFilter, { now, zone }: { now: Date; zone: string }): EventQuery {
  const { from, to } = spanOf(filter, { now, zone });
  const query: EventQuery = {
    event_type: filter.type || undefined,
    outcome: filter.outcome || undefined,
    source: filter.source === "" ? undefined : filter.source.toUpperCase() as EventQuery["source"],
    reconciled: filter.reconciled || undefined,
    duplicates: filter.duplicates || undefined,
    from: from?.toISOString(),
    to: to?.toISOString(),
    ...readSearch(filter.search),
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

function spanOf(
  { time, from, to }: EventFilter,
  { now, zone }: { now: Date; zone: string },
): { from?: Date; to?: Date } {
  const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
  if (time === "1h") return { from: hoursAgo(1) };
  if (time === "24h") return { from: hoursAgo(24) };
  if (time === "7d") return { from: hoursAgo(168) };
  if (time === "yesterday") {
    return { from: beginOfDay(now, { timeZone: zone, days: -1 }), to: beginOfDay(now, { timeZone: zone }) };
  }
  return time === "custom" ? { from: readTime(from), to: readTime(to) } : {};
}

function readTime(text: string): Date | undefined {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** Whether a new row matches the filter. "unknown": only the server knows, or it may match later. */
export function fits(query: EventQuery, row: EventRow): boolean | "unknown" {
  const { event_type, source, reconciled, duplicates, from, to, q, search, outcome } = query;
  if (event_type !== undefined && row.eventType !== event_type) return false;
  if (source !== undefined && row.source !== source) return false;
  if (reconciled !== undefined && row.reconciled !== (reconciled === "true")) return false;
  if (from !== undefined && row.receivedAt < new Date(from)) return false;
  if (to !== undefined && row.receivedAt >= new Date(to)) return false;
  if (q !== undefined && row.id !== q && row.entity !== q && !row.entity?.endsWith(`:${q}`)) return false;
  if (duplicates === "false" && row.duplicates > 0) return false;
  // A duplicate may still come, of which the tail says nothing.
  if (search !== undefined || duplicates === "true" && row.duplicates === 0) return "unknown";
  if (outcome === undefined || hasOutcome(row, outcome)) return true;
  // A new event is waiting, and a run may still fail: its outcome arrives later.
  return row.outcome === "waiting" || outcome === "failed" && row.runs.active > 0 ? "unknown" : false;
}

export function hasOutcome(
  { outcome, runs }: Pick<EventUpdate, "outcome" | "runs">,
  wanted: string,
): boolean {
  return wanted === "failed" ? runs.failed > 0 : outcome === wanted;
}
