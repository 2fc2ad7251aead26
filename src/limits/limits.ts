/**
 * Rate limits for requests that come in, one budget per key: in this process's memory, or drawn from Redis ahead of use
 * so that instances share one.
 */

import { type BoundedCache, createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import {
  type Bucket,
  type BucketShape,
  BURST_SECONDS,
  isFull,
  newBucket,
  refill,
  takeTokens,
  waitForTokens,
} from "../base/token_bucket.ts";
import type { HourlyTake, SharedBuckets, SharedTake } from "./shared_bucket.ts";

export type { BucketShape, HourlyTake, SharedBuckets, SharedTake };

/** What a budget is made of. */
export interface BudgetSpec {
  /** Part of the key in Redis: kind of request and add-on, e.g. `webhook:clockify-api-studio`. */
  name: string;
  /** Tokens a second for each key; above 0. */
  ratePerSecond: number;
  /** Default ten seconds' worth. */
  burst?: number;
  /** Most tokens that one call takes (default 1): no burst is smaller, and as many are kept at hand. */
  largest?: number;
  /** Called at each refusal. */
  onRefused?(): void;
}

/** How a budget stands for one key. */
export interface BudgetState {
  /** Most tokens at once. */
  burst: number;
  /** Milliseconds in which as many come again. */
  fillMs: number;
  /** Tokens there now; may be a fraction. With Redis those that this process holds: others may be there beside them. */
  left: number;
  /** Milliseconds until the burst is there whole; undefined with Redis, where other instances take of it too. */
  fullInMs?: number;
}

/** Tokens by key: a bucket for each. */
export interface Budget {
  /** At once and without waiting: 0 when the tokens were there, else the milliseconds after which to try again. */
  take(key: string, count?: number): number;
  /** How it stands for the key, with nothing taken and no key added. */
  look(key: string): BudgetState;
  /** Keys held in memory. */
  size(): number;
}

/** Makes budgets that share one connection to Redis. */
export interface Limits {
  /** A budget; names are used once. */
  budget(spec: BudgetSpec): Budget;
  /** Ends what is drawn in the background. */
  stop(): Promise<void>;
}

/** What createLimits() needs. */
export interface LimitsOptions {
  /** Monotonic time of the buckets in memory. */
  clock: Clock;
  /** Undefined: each process has budgets of its own. */
  shared?: SharedBuckets;
  /** Called for each decision that memory took because Redis is away. */
  onFallback?(): void;
}

/** Keys in memory: full buckets are forgotten each minute, and beyond this number the longest held one. */
const MAX_KEYS = 50_000;
const SWEEP_EVERY_MS = 60_000;
/** A saturated bucket is asked no more often. */
const ASK_EVERY_MS = 100;

/** Budgets of one process; with `shared` they draw ahead from Redis, and from memory while it is away. */
export function createLimits({ clock, shared, onFallback = () => {} }: LimitsOptions): Limits {
  const stopping = new AbortController();
  const drawing = new Set<Promise<void>>();
  return {
    budget: ({ name, ratePerSecond, burst = ratePerSecond * BURST_SECONDS, largest = 1, onRefused = () => {} }) => {
      const shape = { ratePerSecond, burst: Math.max(largest, burst) };
      const memory = createMemoryBudget(shape, clock);
      const { signal } = stopping;
      const leased = shared && createLeasedBudget(shape, { name, shared, clock, signal, drawing, largest });
      return {
        take(key, count = 1) {
          let waitMs: number;
          if (leased === undefined) waitMs = memory.take(key, count);
          else if (shared!.ready()) waitMs = leased.take(key, count);
          else {
            onFallback();
            waitMs = memory.take(key, count);
          }
          if (waitMs > 0) onRefused();
          return waitMs;
        },
        look: (key) => (leased && shared!.ready() ? leased : memory).look(key),
        size: () => memory.size() + (leased?.size() ?? 0),
      };
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(drawing);
    },
  };
}

/** Takes one token or throws RATE_LIMITED with `details.retryInMs`. */
export function requireBudget(budget: Budget, key: string): void {
  const retryInMs = budget.take(key);
  if (retryInMs > 0) throw limited("the installation sends more than its limit", retryInMs);
}

/** Takes as many tokens as the body has bytes, or throws RATE_LIMITED with `details.retryInMs`. */
export function requireBytes(budget: Budget, key: string, bytes: number): void {
  const retryInMs = budget.take(key, bytes);
  if (retryInMs > 0) throw limited("the installation sends more bytes than its limit", retryInMs);
}

function limited(reason: string, retryInMs: number): AppError {
  return new AppError("RATE_LIMITED", `Cannot serve the request: ${reason}`, {
    retryable: true,
    details: { retryInMs },
  });
}

/** A budget that can also be looked at. */
export interface MemoryBudget extends Budget {
  /** What take(key) would answer, with nothing taken and no key added. */
  wait(key: string): number;
}

/** A budget of this process alone. */
export function createMemoryBudget(shape: BucketShape, clock: Clock): MemoryBudget {
  const buckets = createBoundedCache<string, Bucket>({ max: MAX_KEYS });
  const sweep = createSweep(buckets, (bucket, now) => isFull(bucket, shape, now));
  return {
    take(key, count) {
      const now = clock.monotonicMs();
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        sweep(now);
        buckets.set(key, bucket = newBucket(shape, now));
      }
      return takeTokens(bucket, shape, now, count);
    },
    wait(key) {
      const bucket = buckets.get(key);
      return bucket === undefined ? 0 : waitForTokens(bucket, shape, clock.monotonicMs());
    },
    look(key) {
      const now = clock.monotonicMs();
      const bucket = buckets.get(key) ?? newBucket(shape, now);
      refill(bucket, shape, now);
      const { burst, ratePerSecond } = shape;
      const fullInMs = (burst - bucket.tokens) * 1000 / ratePerSecond;
      return { burst, fillMs: burst * 1000 / ratePerSecond, left: bucket.tokens, fullInMs };
    },
    size: buckets.size,
  };
}

/** Tokens that this process has drawn from Redis and not yet given. */
interface Lease {
  tokens: number;
  /** Given before Redis was asked: the next drawn ones pay for them. */
  owed: number;
  usedAt: number;
  retryInMs: number;
  drawing: boolean;
}

/**
 * A tenth of the burst (by default one second's worth), or what the largest call takes, is kept at hand for each key in
 * use and drawn again when half of it is gone, so that take() never waits. A key seen for the first time begins with a portion that is owed. Over N
 * instances at most burst + rate * t + N portions are given in any t seconds.
 */
function createLeasedBudget(
  shape: BucketShape,
  { name, shared, clock, signal, drawing, largest }: {
    name: string;
    shared: SharedBuckets;
    clock: Clock;
    signal: AbortSignal;
    drawing: Set<Promise<void>>;
    largest: number;
  },
): Budget {
  const portion = Math.max(largest, Math.ceil(shape.burst / BURST_SECONDS));
  const leases = createBoundedCache<string, Lease>({ max: MAX_KEYS });
  const sweep = createSweep(
    leases,
    ({ owed, usedAt, drawing }, now) => owed === 0 && !drawing && now - usedAt >= SWEEP_EVERY_MS,
  );

  function draw(key: string, lease: Lease) {
    lease.drawing = true;
    const done = drawPortion(`${name}:${key}`, lease).finally(() => {
      lease.drawing = false;
      drawing.delete(done);
    });
    drawing.add(done);
  }

  async function drawPortion(key: string, lease: Lease) {
    while (!signal.aborted) {
      const want = portion + lease.owed - Math.floor(lease.tokens);
      if (want <= 0) return;
      const given = await shared.take(key, shape, want);
      if (given === undefined) return;
      const paid = Math.min(lease.owed, given.granted);
      lease.owed -= paid;
      lease.tokens += given.granted - paid;
      if (given.granted === want) return;
      lease.retryInMs = Math.max(1, Math.ceil((1 - given.tokens) * 1000 / shape.ratePerSecond));
      await clock.sleep(Math.max(ASK_EVERY_MS, lease.retryInMs), signal).catch(() => {});
    }
  }

  return {
    take(key, count = 1) {
      const now = clock.monotonicMs();
      let lease = leases.get(key);
      if (lease === undefined) {
        sweep(now);
        lease = { tokens: portion, owed: portion, usedAt: now, retryInMs: ASK_EVERY_MS, drawing: false };
        leases.set(key, lease);
      }
      lease.usedAt = now;
      const granted = lease.tokens >= count;
      if (granted) lease.tokens -= count;
      if (!lease.drawing && (lease.owed > 0 || lease.tokens < portion / 2 || !granted)) draw(key, lease);
      if (granted) return 0;
      const missing = count - Math.max(1, lease.tokens);
      return missing <= 0
        ? lease.retryInMs
        : Math.max(lease.retryInMs, Math.ceil(missing * 1000 / shape.ratePerSecond));
    },
    look: (key) => ({
      burst: shape.burst,
      fillMs: shape.burst * 1000 / shape.ratePerSecond,
      left: leases.get(key)?.tokens ?? portion,
    }),
    size: leases.size,
  };
}

/** Called before a new key is added: forgets what may be forgotten, once a minute. */
function createSweep<Entry>(entries: BoundedCache<string, Entry>, mayGo: (entry: Entry, now: number) => boolean) {
  let sweptAt = -Infinity;
  return (now: number) => {
    if (now - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = now;
    entries.deleteWhere((entry) => mayGo(entry, now));
  };
}
