/** One short transaction after another: sized by how long the last ones took, counted, and ended by a signal or a lost slot. */

import type { Clock } from "../base/clock.ts";
import { type Database, retryRolledBack, type TransactionSql } from "../db/db.ts";
import type { Claim, Counts, SlotStore } from "./slots.ts";

export interface BatchPlace {
  table: string;
  /** Undefined: rows of no tenant. */
  installationId?: number;
  /** Rows of the table's first batch; 500 when absent. */
  startRows?: number;
  /** False: what goes is not counted for the installation, which goes itself. */
  counted?: boolean;
}

export interface Batches {
  /**
   * Runs `work` with the rows it may take; rests afterwards when rows went. Throws LEASE_LOST, with the batch rolled back,
   * when another instance took the slot over, and the signal's reason once it is aborted.
   */
  run<T extends { deleted: Counts }>(
    place: BatchPlace,
    work: (sql: TransactionSql, limit: number) => Promise<T>,
  ): Promise<T>;
  /** Notes that this installation is done: a take-over begins behind it. */
  passed(installationId: number): void;
  /** The last one noted. */
  position(): number;
  /** So far: rows by table, transactions, and the longest of them. */
  totals(): { deleted: Counts; batches: number; longestBatchMs: number };
}

/** Well within the two minutes after which another instance takes over. */
const BEAT_MS = 15_000;

export function createBatches({ db, clock, slots, claim, signal, onDeleted }: {
  db: Database;
  clock: Clock;
  slots: SlotStore;
  claim: Claim;
  signal: AbortSignal;
  /** Called after each commit. */
  onDeleted(table: string, rows: number): void;
}): Batches {
  const paces = new Map<string, Pace>();
  const deleted: Counts = {};
  let batches = 0;
  let longestBatchMs = 0;
  let beatenAt = clock.monotonicMs();
  let { position } = claim;

  function paceOf({ table, startRows }: BatchPlace): Pace {
    const pace = paces.get(table) ?? createPace(startRows);
    paces.set(table, pace);
    return pace;
  }

  async function beat() {
    if (clock.monotonicMs() - beatenAt < BEAT_MS) return;
    beatenAt = clock.monotonicMs();
    await slots.beat(claim, position);
  }

  return {
    run: async (place, work) => {
      signal.throwIfAborted();
      const { installationId, counted = true } = place;
      const pace = paceOf(place);
      const scope = installationId === undefined ? "all" as const : { installationIds: [installationId] };
      let tookMs = 0;
      const { page, gone } = await retryRolledBack(async () => {
        let began = 0;
        const done = await db.scoped(scope, async (sql) => {
          await commitWithoutWaiting(sql);
          // From here on: the wait for a connection before holds no lock.
          began = clock.monotonicMs();
          const page = await work(sql, pace.rows());
          const gone = Object.fromEntries(Object.entries(page.deleted).filter(([, rows]) => rows > 0));
          if (Object.keys(gone).length > 0) {
            await slots.record(sql, claim, { installationId: counted ? installationId : undefined, deleted: gone });
          }
          return { page, gone };
        });
        tookMs = clock.monotonicMs() - began;
        return done;
      });
      const pauseMs = pace.took(tookMs);
      batches++;
      longestBatchMs = Math.max(longestBatchMs, tookMs);
      for (const [table, rows] of Object.entries(gone)) {
        deleted[table] = (deleted[table] ?? 0) + rows;
        onDeleted(table, rows);
      }
      if (Object.keys(gone).length > 0) await clock.sleep(pauseMs, signal);
      await beat();
      return page;
    },
    passed: (installationId) => void (position = installationId),
    position: () => position,
    totals: () => ({ deleted, batches, longestBatchMs }),
  };
}

/**
 * The commit does not wait for the disk: measured beside a checkpoint it waited for over 300 ms, with all its locks. A crash
 * of the database server may bring the last rows back, with their counts taken back too; the next sweep deletes them again.
 */
async function commitWithoutWaiting(sql: TransactionSql): Promise<void> {
  await sql`select set_config('synchronous_commit', 'off', true)`;
}

/** How many rows the next batch takes, and the rest after it, from how long batches took. */
interface Pace {
  /** Rows of the next batch. */
  rows(): number;
  /** Notes that a batch took `ms`; gives the rest to take after it, in milliseconds. */
  took(ms: number): number;
}

/** A third of what a batch may take at most (100 ms), so that one that comes out thrice as long still keeps it. */
const TARGET_MS = 30;
const MAX_ROWS = 1_000;
/** Rest between two batches, so that others get their turn. */
const PAUSE_MS = 100;

/** A batch over the target halves the next one, one under half of it doubles it. A database that is slow gets longer rests. */
function createPace(startRows = 500): Pace {
  let rows = startRows;
  return {
    rows: () => rows,
    took: (ms) => {
      if (ms > TARGET_MS) rows = Math.max(1, Math.floor(rows / 2));
      else if (ms < TARGET_MS / 2) rows = Math.min(MAX_ROWS, rows * 2);
      return PAUSE_MS * Math.max(1, ms / TARGET_MS);
    },
  };
}
