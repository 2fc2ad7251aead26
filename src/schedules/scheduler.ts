/** The loop that fires schedules: looks who has due ones, lets them fire, and sleeps until the next. */

import type { Clock } from "../base/clock.ts";
import { type Database, retryRolledBack } from "../db/db.ts";
import { fire, type Fired, type FireOptions, instant } from "./fire.ts";
import { fireStanding, keepStanding, type Standing } from "./standing.ts";
import { type DueInstallation, findDue, nextInMs, secondsLate } from "./store.ts";

export interface SchedulerOptions extends FireOptions {
  db: Pick<Database, "scoped">;
  /** Measures waits; whether a slot has come is decided by the database's time. */
  clock: Clock;
  /** What recurs for each installation. */
  standing: readonly Standing[];
  /** After a commit that made jobs. */
  wake(): void;
}

export interface Scheduler {
  /** Starts to fire until stop(). */
  run(): void;
  /** Fires the slots that have come, and gives how many runs and jobs began (tests, cron, request-driven hosts). */
  drain(): Promise<number>;
  /** Seconds that the oldest slot which has not fired is late, whoever is to fire it; 0: each has. */
  secondsLate(): Promise<number>;
  /** Ends after the firings in progress, or after `graceMs`: those are then rolled back, and fired by whoever is next. */
  stop(graceMs: number): Promise<void>;
}

/** Longest wait between two looks, which find a schedule that was added meanwhile too. */
const LOOK_MS = 1_000;
/** How often it is looked whether an installation lacks what recurs. */
const KEEP_MS = 600_000;
/** Installations that fire at once. */
const AT_ONCE = 4;
/** Rest of an installation whose firing failed, so that it does not keep others from theirs. */
const REST_MS = 60_000;

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { db, clock, log, now, wake } = options;
  const stopping = new AbortController();
  /** By installation: until when it rests. */
  const resting = new Map<number, number>();
  let loop: Promise<void> | undefined;
  /** When it is looked again whether an installation lacks what recurs. */
  let keepAtMs = -Infinity;

  /** Each installation fires once, so that one with many due schedules does not keep another waiting. */
  async function look(): Promise<Fired> {
    for (const [id, untilMs] of resting) if (untilMs <= clock.monotonicMs()) resting.delete(id);
    const total = await standing();
    const installations = await db.scoped(
      "all",
      (sql) => findDue(sql, { at: instant(sql, now), except: [...resting.keys()] }),
    );
    const waiting = installations.values();
    const one = async () => {
      for (const installation of waiting) {
        if (stopping.signal.aborted) return;
        const { started, moved } = await fireOne(installation);
        total.started += started;
        total.moved += moved;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    if (total.started > 0) wake();
    return total;
  }

  async function standing(): Promise<Fired> {
    try {
      if (clock.monotonicMs() >= keepAtMs) {
        await retryRolledBack(() => keepStanding(db, options.standing));
        keepAtMs = clock.monotonicMs() + KEEP_MS;
      }
      return await retryRolledBack(() => db.scoped("all", (sql) => fireStanding(sql, instant(sql, now))));
    } catch (error) {
      log.error("schedule.failed", { error });
      return { started: 0, moved: 0 };
    }
  }

  async function fireOne(installation: DueInstallation) {
    try {
      return await fire(installation, options);
    } catch (error) {
      log.error("schedule.failed", { installation_id: installation.id, error });
      resting.set(installation.id, clock.monotonicMs() + REST_MS);
      return { started: 0, moved: 0 };
    }
  }

  /** Gives how long nothing has to be looked at: not at all after a look that found something. */
  async function lookAndWait(): Promise<number> {
    const { moved } = await look();
    if (moved > 0) return 0;
    const nextMs = await db.scoped("all", (sql) => nextInMs(sql, instant(sql, now)));
    return Math.min(LOOK_MS, Math.max(0, nextMs ?? LOOK_MS));
  }

  async function serve() {
    while (!stopping.signal.aborted) {
      const waitMs = await lookAndWait().catch((error) => {
        log.warn("schedule.look_failed", { error });
        return LOOK_MS;
      });
      if (waitMs > 0) await clock.sleep(waitMs, stopping.signal).catch(() => {});
    }
  }

  return {
    run: () => void (loop ??= serve()),
    drain: async () => {
      let started = 0;
      for (let moved = 1; moved > 0 && !stopping.signal.aborted;) {
        const round = await look();
        started += round.started;
        moved = round.moved;
      }
      return started;
    },
    secondsLate: () => db.scoped("all", secondsLate),
    stop: async (graceMs) => {
      stopping.abort();
      const over = new AbortController();
      await Promise.race([loop, clock.sleep(graceMs, over.signal).catch(() => {})]);
      over.abort();
    },
  };
}
