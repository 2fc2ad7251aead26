/** What the program has stopped by itself in a workspace, why, until when, and how many runs wait for it. */

import type { Breaker } from "../breakers/store.ts";
import { waitReason } from "../breakers/store.ts";
import type { RateUsage } from "../clockify/rate_limit.ts";
import { CLOCKIFY_WAITS } from "../clockify/waits.ts";
import type { Database } from "../db/db.ts";
import { countWaitingRuns } from "../queue/open_jobs.ts";

/**
 * retry_after: Clockify named the time; too_many: it answered 429 without one, and the pause is Timewire's own; hour: what it
 * grants an hour is used up; failures: calls to a host kept failing.
 */
export const STOP_CAUSES = ["retry_after", "too_many", "hour", "failures"] as const;
export type StopCause = (typeof STOP_CAUSES)[number];

export interface Stop {
  kind: "clockify" | "host";
  /** Of the circuit breaker of a host. */
  id: number | null;
  /** Of a host, with its port where that is not the usual one. */
  host: string | null;
  cause: StopCause;
  since: Date | null;
  /** Calls are made again, or one is, to see. */
  until: Date;
  /** Of retry_after: how long Clockify asked to wait. */
  askedMs: number | null;
  runsWaiting: number;
}

/** What is known of a workspace beyond its rows. */
export interface StopFacts {
  nowMs: number;
  /** Of this process; undefined where it makes no calls. */
  usage: Pick<RateUsage, "pausedUntilMs" | "pausedBy"> | undefined;
  /** Of the installation. */
  breakers: readonly Pick<Breaker, "id" | "host" | "state" | "openedAt" | "probeAt">[];
}

export interface StopStore {
  /** The stops of an installation, Clockify's first. */
  stops(installationId: number, facts: StopFacts): Promise<Stop[]>;
}

/** A pause with less left than this is over before anyone has read of it. */
const LEAST_MS = 2_000;

interface Kept {
  until: Date;
  refused_at: Date | null;
  asked_ms: number | null;
}

export function createStopStore({ db }: { db: Pick<Database, "scoped"> }): StopStore {
  return {
    stops: (installationId, facts) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        // Pauses of half a minute and more are kept: another process may have been refused.
        const [kept] = await sql<Kept[]>`
          select paused_until as until, refused_at, asked_ms::float8 as asked_ms from upstream_budget
          where installation_id = ${installationId} and paused_until > ${new Date(facts.nowMs)}`;
        const pause = pauseOf(facts, kept);
        const open = facts.breakers.filter(({ state }) => state !== "closed");
        if (!pause && open.length === 0) return [];
        const waiting = await countWaitingRuns(sql, installationId);
        const runs = (reasons: readonly string[]) =>
          reasons.reduce((sum, reason) => sum + (waiting.get(reason) ?? 0), 0);
        return [
          ...pause ? [{ ...pause, runsWaiting: runs(Object.values(CLOCKIFY_WAITS)) }] : [],
          ...open.map(({ id, host, openedAt, probeAt }): Stop => ({
            kind: "host",
            id,
            host,
            cause: "failures",
            since: openedAt,
            until: probeAt,
            askedMs: null,
            runsWaiting: runs([waitReason(host)]),
          })),
        ];
      }),
  };
}

/** The later of what this process knows and what is kept holds. */
function pauseOf({ usage, nowMs }: StopFacts, kept: Kept | undefined): Omit<Stop, "runsWaiting"> | undefined {
  const knownMs = usage?.pausedUntilMs ?? 0;
  const ownMs = knownMs - nowMs < LEAST_MS ? 0 : knownMs;
  if (ownMs === 0 && !kept) return undefined;
  const isOwn = !kept || ownMs > kept.until.getTime();
  const by = isOwn
    ? usage?.pausedBy
    : kept.refused_at
    ? { atMs: kept.refused_at.getTime(), askedMs: kept.asked_ms ?? undefined }
    : undefined;
  return {
    kind: "clockify",
    id: null,
    host: null,
    // What an earlier version kept says nothing of its cause.
    cause: by === undefined ? isOwn ? "hour" : "too_many" : by.askedMs === undefined ? "too_many" : "retry_after",
    since: by ? new Date(by.atMs) : null,
    until: isOwn ? new Date(ownMs) : kept.until,
    askedMs: by?.askedMs ?? null,
  };
}
