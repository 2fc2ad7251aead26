/** Retention: one sweep per slot over all instances, driven by the ticker or called directly. */

import type { Clock } from "../base/clock.ts";
import { toAppError } from "../base/errors.ts";
import { createBatches } from "./batches.ts";
import { type Claim, type Counts, createSlots, KEPT_SLOTS, SCHEDULE, SLOT_MS, slotAt, type SlotEnd } from "./slots.ts";
import { walk, type WalkOptions } from "./walk.ts";

export interface RetentionOptions extends WalkOptions {
  /** Decides the slot, measures batches and rests between them; ages are measured by the database's clock. */
  clock: Clock;
  /** Names this instance in the table of slots. */
  owner: string;
  /** Called after each commit that deleted rows. */
  onDeleted(table: string, rows: number): void;
}

export interface SweepResult {
  slot: number;
  state: SlotEnd;
  /** Rows by table, of this instance's part of the slot. */
  deleted: Counts;
  /** Error codes by table; the other tables were swept all the same. */
  errors: Record<string, string>;
  batches: number;
  /** Longest transaction: as long may a row have been locked. */
  longestBatchMs: number;
}

export interface Retention {
  /** Sweeps the slot of this moment, unless it is done or another instance is at it: then undefined. Never rejects. */
  tick(): Promise<SweepResult | undefined>;
  /** As tick(), but only when no sweep was finished in the last two hours: for the start of the program. */
  catchUp(): Promise<SweepResult | undefined>;
  /**
   * Sweeps this slot, hours since 1970. Throws when the database cannot be reached; the slot is then left for a later
   * attempt.
   */
  sweep(slot: number): Promise<SweepResult | undefined>;
  /** Seconds since any instance finished a sweep; undefined when none did. */
  secondsSinceFinish(): Promise<number | undefined>;
  /** Ends a sweep in progress after its present batch; another instance may continue it at once. */
  stop(): Promise<void>;
}

const CATCH_UP_AFTER_SECONDS = 2 * SLOT_MS / 1_000;

export function createRetention(options: RetentionOptions): Retention {
  const { db, clock, log, owner, onDeleted } = options;
  const slots = createSlots(db, { schedule: SCHEDULE, owner });
  const stopped = new AbortController();
  const { signal } = stopped;
  let current: Promise<SweepResult | undefined> | undefined;

  async function sweepSlot(slot: number): Promise<SweepResult | undefined> {
    if (signal.aborted) return undefined;
    const claim = await slots.claim(slot);
    if (!claim) return undefined;
    const result = await sweepClaimed(claim);
    if (result.state !== "interrupted") await slots.forget(slot - KEPT_SLOTS);
    const { state, deleted, errors, batches, longestBatchMs } = result;
    const level = state === "failed" ? "error" : "info";
    log[level]("retention.finished", { slot, state, deleted, errors, batches, longest_batch_ms: longestBatchMs });
    return result;
  }

  async function sweepClaimed(claim: Claim): Promise<SweepResult> {
    const { slot } = claim;
    const batches = createBatches({ db, clock, slots, claim, signal, onDeleted });
    const interrupted = async () => {
      await slots.beat(claim, batches.position());
      await slots.finish(claim, { state: "interrupted", errors: {} });
    };
    try {
      const errors = await walk({ ...options, batches, slot });
      const state = Object.keys(errors).length > 0 ? "failed" : "completed";
      await slots.finish(claim, { state, errors });
      return { slot, state, errors, ...batches.totals() };
    } catch (error) {
      // Without a database nothing can be noted: the heartbeat gets old and says the same.
      await interrupted().catch(() => {});
      if (signal.aborted || toAppError(error).code === "LEASE_LOST") {
        return { slot, state: "interrupted", errors: {}, ...batches.totals() };
      }
      throw error;
    }
  }

  const sweep: Retention["sweep"] = (slot) => current ??= sweepSlot(slot).finally(() => current = undefined);

  async function tick(): Promise<SweepResult | undefined> {
    try {
      return await sweep(slotAt(clock.now()));
    } catch (error) {
      log.warn("retention.interrupted", { code: toAppError(error).code, error });
      return undefined;
    }
  }

  return {
    sweep,
    tick,
    catchUp: async () => {
      const seconds = await slots.secondsSinceFinish().catch(() => undefined);
      return seconds === undefined || seconds > CATCH_UP_AFTER_SECONDS ? await tick() : undefined;
    },
    secondsSinceFinish: slots.secondsSinceFinish,
    stop: async () => {
      stopped.abort();
      await current?.catch(() => {});
    },
  };
}
