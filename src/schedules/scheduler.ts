/** The loop that fires schedules: looks who has due ones, lets them fire, and sleeps until the next. */

import type { Clock } from "../base/clock.ts";
import { toAppError } from "../base/errors.ts";
import { type Database, isUnavailable, retryRolledBack } from "../db/db.ts";
import { fire, type Fired, type FireOptions, instant } from "./fire.ts";
import { fireStanding, keepStanding, type Standing } from "./standing.ts";
import { type DueInstallation, findDue, firstSlots } from "./store.ts";

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
const NONE: Fired = { started: 0, moved: 0 };
/** Rest of an installation whose firing failed: it does not keep others from theirs, and its next slot is still in time. */
const REST_MS = 10_000;

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { db, clock, log, now, wake } = options;
  const stopping = new AbortController();
  /** By installation: until when it rests. */
  const resting = new Map<number, number>();
  let loop: Promise<void> | undefined;
  /** When it is looked again whether an installation lacks what recurs. */
  let keepAtMs = -Infinity;

  /** One statement where nothing has come. */
  async function look(): Promise<Fired & { nextInMs: number }> {
    await keep();
    const first = await db.scoped("all", (sql) => firstSlots(sql, instant(sql, now)));
    const standing = first.standing <= 0 ? await fireRecurring() : NONE;
    const flows = first.flows <= 0 ? await fireFlows() : NONE;
    const started = standing.started + flows.started;
    if (started > 0) wake();
    return { started, moved: standing.moved + flows.moved, nextInMs: Math.min(first.standing, first.flows) };
  }

  async function keep() {
    if (clock.monotonicMs() < keepAtMs) return;
    await retryRolledBack(() => keepStanding(db, options.standing));
    keepAtMs = clock.monotonicMs() + KEEP_MS;
  }

  async function fireRecurring(): Promise<Fired> {
    try {
      return await retryRolledBack(() => db.scoped("all", (sql) => fireStanding(sql, instant(sql, now))));
    } catch (error) {
      if (isUnavailable(error)) throw error;
      log.error("schedule.failed", { error });
      return NONE;
    }
  }

  /** Each installation fires once, so that one with many due schedules does not keep another waiting. */
  async function fireFlows(): Promise<Fired> {
    for (const [id, untilMs] of resting) if (untilMs <= clock.monotonicMs()) resting.delete(id);
    const except = [...resting.keys()];
    const installations = await db.scoped("all", (sql) => findDue(sql, { at: instant(sql, now), except }));
    const total = { started: 0, moved: 0 };
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
    return total;
  }

  async function fireOne(installation: DueInstallation): Promise<Fired> {
    try {
      return await fire(installation, options);
    } catch (error) {
      // Not the installation's fault: all of them are tried again with the next look.
      if (isUnavailable(error) || isUnavailable(toAppError(error).cause)) throw error;
      log.error("schedule.failed", { installation_id: installation.id, error });
      resting.set(installation.id, clock.monotonicMs() + REST_MS);
      return NONE;
    }
  }

  /** Gives how long nothing has to be looked at: not at all after a look that found something. */
  async function lookAndWait(): Promise<number> {
    const { moved, nextInMs } = await look();
    if (moved > 0) return 0;
    // What has come and did not fire rests, or is about to be fired by another instance.
    return nextInMs > 0 ? Math.min(LOOK_MS, nextInMs) : LOOK_MS;
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
    secondsLate: async () => {
      const { flows, standing } = await db.scoped("all", (sql) => firstSlots(sql, instant(sql, now)));
      return Math.max(0, -Math.min(flows, standing) / 1_000);
    },
    stop: async (graceMs) => {
      stopping.abort();
      const over = new AbortController();
      await Promise.race([loop, clock.sleep(graceMs, over.signal).catch(() => {})]);
      over.abort();
    },
  };
}
