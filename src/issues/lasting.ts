/** Causes that last: what is not called for a time, and webhooks that are off. They are over when that is, with no row of their own. */

import { createHash } from "node:crypto";
import { isAlarm } from "../coverage/gauges.ts";
import type { CoverageRow } from "../coverage/store.ts";
import type { Stop } from "../overview/stops.ts";
import type { Cause, Marks } from "./issue.ts";

/** No pause of Clockify is longer: one whose begin is not known began at most so long before its end. */
const LONGEST_PAUSE_MS = 3_600_000;

/** A shorter pause of Clockify is over before anyone can look, and known to the process alone that was refused. */
const SHORTEST_PAUSE_MS = 30_000;

/** One for what is stopped. It is new where it was stopped again since it was resolved. */
export function stopCauses(stops: readonly Stop[], marks: Marks): Cause[] {
  const isShort = ({ kind, since, until }: Stop) =>
    kind === "clockify" && since !== null && until.getTime() - since.getTime() < SHORTEST_PAUSE_MS;
  return stops.filter((stop) => !isShort(stop)).map((stop): Cause => {
    const id = issueId("stopped", stop.host === null ? "clockify" : `host ${stop.host}`);
    const sinceAt = stop.since ?? new Date(stop.until.getTime() - LONGEST_PAUSE_MS);
    const isFresh = isSince(sinceAt, marks, id);
    return {
      id,
      kind: "stopped",
      total: null,
      fresh: isFresh ? 1 : 0,
      firstAt: stop.since,
      freshFirstAt: isFresh ? stop.since : null,
      lastAt: sinceAt,
      stop,
    };
  });
}

/** One for a state that webhooks are in. Those count as new that came to be so since it was resolved. */
export function webhookCauses(
  { rows, checkedAt }: { rows: readonly CoverageRow[]; checkedAt?: Date },
  marks: Marks,
): Cause[] {
  if (!checkedAt) return [];
  const byState = Map.groupBy(rows.filter(isAlarm), ({ state }) => state);
  return [...byState].map(([state, off]): Cause => {
    const id = issueId("webhook", state);
    const sorted = off.toSorted((a, b) => a.eventType < b.eventType ? -1 : 1);
    const fresh = sorted.filter(({ stateSince = new Date(0) }) => isSince(stateSince, marks, id));
    const { reason, nextStep = null } = sorted[0]!;
    const shown = fresh.length > 0 ? fresh : sorted;
    return {
      id,
      kind: "webhook",
      total: sorted.length,
      fresh: fresh.length,
      firstAt: firstOf(sorted),
      freshFirstAt: firstOf(fresh),
      lastAt: checkedAt,
      webhooks: { state, eventTypes: shown.map(({ eventType }) => eventType), reason, nextStep },
    };
  });
}

function isSince(at: Date, marks: Marks, issue: string): boolean {
  const resolvedAt = marks.get(issue)?.resolvedAt;
  return !resolvedAt || at >= resolvedAt;
}

/** Null where one of them is not known. */
function firstOf(rows: readonly CoverageRow[]): Date | null {
  if (rows.some(({ stateSince }) => !stateSince)) return null;
  return rows.map(({ stateSince }) => stateSince!).sort((a, b) => a.getTime() - b.getTime())[0] ?? null;
}

function issueId(kind: "stopped" | "webhook", what: string): string {
  return `${kind}-${createHash("sha256").update(what).digest("hex").slice(0, 32)}`;
}
