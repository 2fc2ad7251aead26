/** What a workspace is shown about retention: its days, the next sweep, and what the last sweeps took from it. */

import type { Clock } from "../base/clock.ts";
import type { Database } from "../db/db.ts";
import { type Counts, SCHEDULE, SLOT_MS, slotAt, TICK_MS } from "./slots.ts";

export interface RetentionReport {
  nextRunAt: Date;
  /** Newest first. */
  lastRuns: {
    /** Beginning of the hour that the sweep stands for. */
    slotAt: Date;
    state: string;
    finishedAt: Date | null;
    /** Rows of this installation, by table. */
    deleted: Counts;
  }[];
}

const SHOWN_RUNS = 10;

export function createRetentionReport(
  { db, clock }: { db: Database; clock: Clock },
): (installationId: number) => Promise<RetentionReport> {
  return async (installationId) => {
    const rows = await db.scoped(
      { installationIds: [installationId] },
      (sql) =>
        sql<{ slot: number; state: string; finished_at: Date | null; deleted: Counts }[]>`
        select slot, state, finished_at, coalesce((
          select json_object_agg(table_name, rows order by table_name) from retention_count
          where installation_id = ${installationId} and retention_count.slot = retention_run.slot), '{}') as deleted
        from retention_run where schedule = ${SCHEDULE} order by slot desc limit ${SHOWN_RUNS}`,
    );
    return {
      nextRunAt: nextRunAt(clock.now(), rows[0]),
      lastRuns: rows.map(({ slot, state, finished_at, deleted }) => ({
        slotAt: new Date(slot * SLOT_MS),
        state,
        finishedAt: finished_at,
        deleted,
      })),
    };
  };
}

/** The next tick, or the next hour when this one is done. */
function nextRunAt(nowMs: number, newest: { slot: number; state: string } | undefined): Date {
  const done = newest && newest.slot >= slotAt(nowMs) && newest.state !== "interrupted";
  const stepMs = done ? SLOT_MS : TICK_MS;
  return new Date((Math.floor(nowMs / stepMs) + 1) * stepMs);
}
