/**
 * What one add-on may call in one workspace in an hour: set by an operator, or learnt from Clockify's 429 answers. New FREE
 * workspaces have 30 requests an hour (Clockify's help, May 2026), and no answer says so beforehand.
 */

import type { Priority } from "./acquire.ts";

/** Calls by minute since 1970, as kept. */
export type MinuteCounts = [minute: number, calls: number][];

export interface HourlyBudget {
  /** Undefined: no limit is known. */
  limit: number | undefined;
  /** End of a learnt limit (epoch); Infinity for one that an operator set; DISPROVED. */
  untilMs: number;
  calls: Map<number, number>;
  /** Those of the calls that steps have reserved and not made. */
  aside: number;
  /** Instants at which those who were sent away come back, one for each call they need: the next one comes after them. */
  promised: number[];
  /** When the present series of 429 answers began. */
  refusedSinceMs: number | undefined;
  /** When a call beyond a learnt limit may find out whether it still holds. */
  probeAtMs: number;
}

/** The least that Clockify grants. */
const LEAST = 30;
/** A workspace that used more in an hour has no hourly limit that matters: what is refused there is something else. */
const MOST = 3_600;
/** A limit of the second or a busy neighbour is over by then: 429 answers that last longer mean a longer window. */
const EVIDENCE_MS = 60_000;
const LEARNT_MS = 86_400_000;
const PROBE_MS = 600_000;
const MINUTE_MS = 60_000;
/** Minutes that may hold calls of the last hour: the one that runs is the 61st. */
const MINUTES = 61;
const HOUR_MS = 3_600_000;
/** As the end of a limit: calls showed that it does not hold, whatever was kept of it. */
export const DISPROVED = -1;
const MAX_PROMISED = 10_000;
const MIN_WAIT_MS = 1_000;
/** A step in progress has made its calls by then, or given them back. */
const STEP_MS = 5_000;

/**
 * How much of an hour may be used up before a priority has to wait. Reading and polling leave two fifths to flows, and people
 * one fifth: whatever they do, flows have calls left.
 */
const SHARES: Record<Priority, number> = { flow: 1, interactive: 0.8, bulk: 0.6 };

/** `limit` is an operator's. */
export function newHourlyBudget(limit: number | undefined): HourlyBudget {
  return {
    limit,
    untilMs: limit === undefined ? 0 : Infinity,
    calls: new Map(),
    aside: 0,
    promised: [],
    refusedSinceMs: undefined,
    probeAtMs: 0,
  };
}

/** Counts calls. */
export function noteCall(hour: HourlyBudget, nowMs: number, calls = 1): void {
  const minute = Math.floor(nowMs / MINUTE_MS);
  hour.calls.set(minute, (hour.calls.get(minute) ?? 0) + calls);
  if (usedOf(hour, nowMs) > (hour.limit ?? Infinity)) hour.probeAtMs = nowMs + PROBE_MS;
}

/** Calls of the last hour, to the minute. Forgets older ones, and those of a clock that was set back since. */
export function usedOf({ calls }: HourlyBudget, nowMs: number): number {
  const minute = Math.floor(nowMs / MINUTE_MS);
  let used = 0;
  for (const [at, count] of calls) {
    if (at <= minute - MINUTES || at > minute) calls.delete(at);
    else used += count;
  }
  return used;
}

/** The effective limit. */
export function limitOf(hour: HourlyBudget, nowMs: number): number | undefined {
  if (hour.limit !== undefined && hour.untilMs <= nowMs) hour.limit = undefined;
  return hour.limit;
}

/** How many calls of an hour there may be before this priority waits. */
export function ceilingOf(limit: number, priority: Priority): number {
  return Math.max(1, Math.floor(limit * SHARES[priority]));
}

/** Takes back calls that were counted and not made. */
export function uncountCalls(hour: HourlyBudget, calls: number): void {
  for (let left = calls; left > 0; left--) uncount(hour);
}

/** 0 when so many calls of this priority may be made now, else the milliseconds until they may. Counts nothing. */
export function hourWaitMs(hour: HourlyBudget, priority: Priority, nowMs: number, calls = 1): number {
  const limit = limitOf(hour, nowMs);
  if (limit === undefined) return 0;
  const ceiling = ceilingOf(limit, priority);
  const used = usedOf(hour, nowMs);
  if (used + calls <= ceiling) return 0;
  if (priority === "flow" && Number.isFinite(hour.untilMs) && nowMs >= hour.probeAtMs) return 0;
  return freeAt(hour, { ceiling, needed: used + calls }) - nowMs;
}

/** Milliseconds until a flow may call: when a call of the hour is free, or one may find out whether a learnt limit still holds. */
export function nextFlowMs(hour: HourlyBudget, nowMs: number): number {
  const waitMs = hourWaitMs(hour, "flow", nowMs);
  return Number.isFinite(hour.untilMs) && hour.probeAtMs > nowMs ? Math.min(waitMs, hour.probeAtMs - nowMs) : waitMs;
}

/** As hourWaitMs(), for one who is sent away now: they come one after another as calls become free, an hour away at most. */
export function promiseWaitMs(hour: HourlyBudget, priority: Priority, nowMs: number, calls = 1): number {
  const limit = limitOf(hour, nowMs);
  if (limit === undefined || hourWaitMs(hour, priority, nowMs, calls) === 0) return MIN_WAIT_MS;
  hour.promised = hour.promised.filter((at) => at > nowMs);
  const ahead = hour.promised.length;
  const soon = hour.promised.filter((at) => at <= nowMs + STEP_MS).length;
  const comesBack = usedOf(hour, nowMs) - hour.aside + soon + calls <= ceilingOf(limit, priority);
  const needed = usedOf(hour, nowMs) + ahead + calls;
  const at = freeAt(hour, { ceiling: ceilingOf(limit, priority), needed });
  const probes = priority === "flow" && Number.isFinite(hour.untilMs) &&
    !hour.promised.some((at) => at <= hour.probeAtMs);
  const waitMs = Math.min(comesBack ? STEP_MS : HOUR_MS, (probes ? Math.min(at, hour.probeAtMs) : at) - nowMs);
  if (priority === "flow") {
    for (let left = Math.min(calls, MAX_PROMISED - ahead); left > 0; left--) hour.promised.push(nowMs + waitMs);
  }
  return Math.max(MIN_WAIT_MS, Math.ceil(waitMs));
}

/** When the calls of so many minutes have left the hour that of those `needed`, the counted ones among them, all fit. */
function freeAt({ calls }: HourlyBudget, { ceiling, needed }: { ceiling: number; needed: number }): number {
  let left = needed;
  let last = 0;
  for (const [minute, count] of [...calls].sort(([a], [b]) => a - b)) {
    left -= count;
    last = (minute + MINUTES) * MINUTE_MS;
    if (left <= ceiling) break;
  }
  return last;
}

/** After a 429: whether the limit changed. The refused call, which was not done, is not counted. */
export function noteRefusal(hour: HourlyBudget, { nowMs, askedMs = 0 }: { nowMs: number; askedMs?: number }): boolean {
  uncount(hour);
  hour.refusedSinceMs ??= nowMs;
  const limit = limitOf(hour, nowMs);
  if (limit !== undefined && !Number.isFinite(hour.untilMs)) return false;
  const lasting = askedMs >= EVIDENCE_MS || nowMs - hour.refusedSinceMs >= EVIDENCE_MS;
  const used = usedOf(hour, nowMs);
  if (limit === undefined && (!lasting || used > MOST)) return false;
  hour.limit = Math.max(LEAST, Math.min(limit ?? Infinity, used));
  hour.untilMs = nowMs + LEARNT_MS;
  hour.probeAtMs = nowMs + PROBE_MS;
  return true;
}

/** After any other answer: whether the limit changed. A call beyond a learnt limit that was taken doubles it. */
export function noteAccepted(hour: HourlyBudget, nowMs: number): boolean {
  hour.refusedSinceMs = undefined;
  const limit = limitOf(hour, nowMs);
  if (limit === undefined || !Number.isFinite(hour.untilMs) || usedOf(hour, nowMs) <= limit) return false;
  const raised = limit * 2;
  if (raised > MOST) hour.untilMs = DISPROVED;
  hour.limit = raised > MOST ? undefined : raised;
  return true;
}

function uncount({ calls }: HourlyBudget) {
  const latest = Math.max(-Infinity, ...calls.keys());
  const count = calls.get(latest);
  if (count === 1) calls.delete(latest);
  else if (count !== undefined) calls.set(latest, count - 1);
}
