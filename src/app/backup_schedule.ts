/** Backups by BACKUP_SCHEDULE: made by the serving program itself, by one of its instances. */

import { readLastBackup } from "../backup/last.ts";
import type { Clock } from "../base/clock.ts";
import { toAppError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/db.ts";
import { createSlots, KEPT_SLOTS, slotAt } from "../retention/slots.ts";
import { lastSlot } from "../schedules/timing.ts";
import type { Logger } from "../telemetry/log.ts";
import { makeBackup } from "./make_backup.ts";

export interface BackupSchedule {
  /**
   * Makes a backup where it is time and no other instance is at it or was within the hour; settles behind it. To be called
   * each minute. Never rejects.
   */
  tick(): Promise<void>;
  /** Ends one in progress, of which nothing is kept; another instance begins it again at once. Never rejects. */
  stop(): Promise<void>;
}

export interface BackupScheduleOptions {
  config: Config;
  clock: Clock;
  log: Logger;
  /** Where instances agree on who makes it, and where it is read when the last one was made. */
  db: Database;
  /** Names this instance. */
  owner: string;
  /** Tests put another in its place. */
  make?: typeof makeBackup;
}

/** Of the rows of slots: half of what an owner may be silent for. */
const BEAT_MS = 60_000;

/** `schedule`: BACKUP_SCHEDULE. */
export function createBackupSchedule(
  schedule: string,
  { config, clock, log, db, owner, make = makeBackup }: BackupScheduleOptions,
): BackupSchedule {
  const slots = createSlots(db, { schedule: "backup", owner });
  const stopped = new AbortController();
  let current: Promise<void> | undefined;

  /** So it is too where no program ran at the time. */
  async function isDue(now: Date): Promise<boolean> {
    const dueAt = lastSlot({ cron: schedule, zone: "UTC" }, now);
    const last = await readLastBackup(db);
    return dueAt !== undefined && (last === undefined || last.madeAt * 1_000 < dueAt.getTime());
  }

  async function makeDue(): Promise<void> {
    const now = new Date(clock.now());
    if (!await isDue(now)) return;
    // An hour: a backup that failed is tried again in the next one, by whichever instance is first.
    const claim = await slots.claim(slotAt(now.getTime()));
    if (!claim) return;
    const over = new AbortController();
    const ended = AbortSignal.any([stopped.signal, over.signal]);
    const beats = (async () => {
      for (;;) {
        await clock.sleep(BEAT_MS, ended);
        await slots.beat(claim, 0).catch((error) => {
          // Another instance has it. A database that is away ends the backup by itself.
          if (toAppError(error).code === "LEASE_LOST") over.abort(error);
        });
      }
    })().catch(() => {});
    try {
      const { name, place, bytes, seconds, databases, kept, removed } = await make({
        config,
        clock,
        signal: ended,
        rests: true,
      });
      await slots.finish(claim, { state: "completed", errors: {} });
      await slots.forget(claim.slot - KEPT_SLOTS);
      log.info("backup.finished", { name, place, bytes, seconds, databases, kept, removed });
    } catch (error) {
      if (stopped.signal.aborted) await slots.finish(claim, { state: "interrupted", errors: {} });
      else {
        const { code } = toAppError(error);
        log.error("backup.failed", { code, error });
        await slots.finish(claim, { state: "failed", errors: { backup: code } });
      }
    } finally {
      over.abort();
      await beats;
    }
  }

  return {
    tick: () => {
      if (stopped.signal.aborted) return Promise.resolve();
      return current ??= makeDue()
        .catch((error) => log.warn("backup.not_begun", { code: toAppError(error).code, error }))
        .finally(() => current = undefined);
    },
    stop: async () => {
      stopped.abort(new Error("the program stops"));
      await current;
    },
  };
}
