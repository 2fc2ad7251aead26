/** How many deliveries a second a custom source takes, held in memory: one bucket per source, and one for strangers. */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { type Bucket, BURST_SECONDS, isFull, newBucket, takeTokens } from "../base/token_bucket.ts";
import { AppError } from "../base/errors.ts";
import { createMemoryBudget } from "../limits/limits.ts";

/** Beyond so many sources in use the oldest ones begin with a full bucket again. */
const MAX_BUCKETS = 10_000;
const UNPROVEN = { ratePerSecond: 5, burst: 50 };

export interface SourceRate {
  /** For a proven sender: takes one delivery's share. Throws RATE_LIMITED with `retryInMs` when the source has spent its own. */
  take(source: { id: number; ratePerSecond: number }): void;
  /**
   * For a request that proves no sender: takes of a small bucket beside the source's own, so that strangers who know the
   * address never keep the sender out. Throws RATE_LIMITED with `retryInMs` when it is empty.
   */
  takeUnproven(id: number): void;
}

export function createSourceRate(clock: Clock): SourceRate {
  const buckets = createBoundedCache<number, { bucket: Bucket; ratePerSecond: number }>({ max: MAX_BUCKETS });
  const unproven = createMemoryBudget(UNPROVEN, clock);

  function dropFull(nowMs: number) {
    buckets.deleteWhere(({ bucket, ratePerSecond }) => isFull(bucket, shapeOf(ratePerSecond), nowMs));
  }

  return {
    take: ({ id, ratePerSecond }) => {
      const nowMs = clock.monotonicMs();
      const shape = shapeOf(ratePerSecond);
      let entry = buckets.get(id);
      if (entry?.ratePerSecond !== ratePerSecond) {
        if (!entry && buckets.size() >= MAX_BUCKETS) dropFull(nowMs);
        entry = { bucket: newBucket(shape, nowMs), ratePerSecond };
        buckets.set(id, entry);
      }
      const retryInMs = takeTokens(entry.bucket, shape, nowMs);
      if (retryInMs > 0) throw refused(`the source may send ${ratePerSecond} a second`, retryInMs);
    },
    takeUnproven: (id) => {
      const retryInMs = unproven.take(String(id));
      if (retryInMs > 0) throw refused("too many requests to this address were not by its sender", retryInMs);
    },
  };
}

function refused(reason: string, retryInMs: number): AppError {
  return new AppError("RATE_LIMITED", `Cannot accept the event: ${reason}`, {
    retryable: true,
    details: { retryInMs },
  });
}

function shapeOf(ratePerSecond: number) {
  return { ratePerSecond, burst: ratePerSecond * BURST_SECONDS };
}
