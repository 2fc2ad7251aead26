/**
 * Keeps hourly budgets and long pauses over restarts: read from the store when a key is first used, written after each
 * change.
 */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import type { BudgetStore, KeptBudget } from "./budget_store.ts";
import { DISPROVED, limitOf, usedOf } from "./hourly_budget.ts";
import type { KeyBucket } from "./key_bucket.ts";

/** No answer of Clockify closes a workspace's budget for longer; a step that was asked to wait longer waits by itself. */
export const MAX_PAUSE_MS = 3_600_000;
const MAX_KNOWN = 50_000;

export interface BudgetKeeper {
  /** Begins to read what was kept of a new bucket, which has `loading` set until then; nothing where that is known. */
  open(bucket: KeyBucket): void;
  /** Keeps what the bucket holds, once more after each change that came while it was being kept. */
  keep(bucket: KeyBucket): void;
  /** The key is no longer held: what was kept of it is read again when it is seen next. */
  forget(key: string): void;
  /** Ends when all that is to be kept is kept. */
  settled(): Promise<void>;
}

/** Without a store nothing is kept. */
export function createBudgetKeeper({ store, clock }: { store: BudgetStore | undefined; clock: Clock }): BudgetKeeper {
  /** Keys whose kept budget was read: those that are not held any more had none. */
  const known = createBoundedCache<string, true>({ max: MAX_KNOWN });
  const kept = new Set<Promise<void>>();

  async function load(store: BudgetStore, bucket: KeyBucket) {
    try {
      const saved = await store.load(bucket.key);
      if (saved) adopt(bucket, saved, clock);
      known.set(bucket.key, true);
    } catch {
      // The database is away: what was kept is read when the key is seen next.
    } finally {
      bucket.loading = undefined;
    }
  }

  async function save(store: BudgetStore, bucket: KeyBucket) {
    try {
      while (bucket.unsaved) {
        bucket.unsaved = false;
        // Another instance may have learnt more.
        const saved = await store.load(bucket.key);
        if (saved) adopt(bucket, saved, clock);
        await store.save(bucket.key, keptOf(bucket, clock));
      }
    } catch {
      // The next change retries; until then the values of this process apply.
    } finally {
      bucket.saving = false;
    }
  }

  return {
    open: (bucket) => {
      if (store && !known.get(bucket.key)) bucket.loading = load(store, bucket);
    },
    keep: (bucket) => {
      if (!store) return;
      bucket.unsaved = true;
      if (bucket.saving) return;
      bucket.saving = true;
      const done = save(store, bucket).finally(() => kept.delete(done));
      kept.add(done);
    },
    forget: (key) => known.delete(key),
    settled: async () => {
      while (kept.size > 0) await Promise.all(kept);
    },
  };
}

/** What another process, or this one before a restart, kept: of both the stricter holds. */
function adopt(bucket: KeyBucket, saved: KeptBudget, clock: Clock) {
  const now = clock.now();
  const { hour } = bucket;
  if (saved.pausedUntilMs > now) {
    const pauseMs = Math.min(MAX_PAUSE_MS, saved.pausedUntilMs - now);
    const until = clock.monotonicMs() + pauseMs;
    if (saved.cause && until > bucket.pausedUntil) bucket.cause = saved.cause;
    bucket.pausedUntil = Math.max(bucket.pausedUntil, until);
  }
  for (const [minute, calls] of saved.calls) hour.calls.set(minute, Math.max(calls, hour.calls.get(minute) ?? 0));
  const own = limitOf(hour, now) !== undefined || hour.untilMs === DISPROVED;
  if (saved.limitPerHour !== undefined && saved.learntUntilMs > now && !own) {
    hour.limit = saved.limitPerHour;
    hour.untilMs = saved.learntUntilMs;
    hour.probeAtMs = now;
  }
}

function keptOf(bucket: KeyBucket, clock: Clock): KeptBudget {
  const now = clock.now();
  const { hour } = bucket;
  usedOf(hour, now);
  const learnt = limitOf(hour, now) !== undefined && Number.isFinite(hour.untilMs);
  return {
    limitPerHour: learnt ? hour.limit : undefined,
    learntUntilMs: learnt ? hour.untilMs : 0,
    pausedUntilMs: now + Math.max(0, Math.ceil(bucket.pausedUntil - clock.monotonicMs())),
    cause: bucket.cause,
    calls: [...hour.calls],
  };
}
