/**
 * One token bucket per add-on and workspace for everything that calls Clockify, with priorities, penalties and the budget of
 * an hour where there is one: in Redis when instances share it, else, and while Redis is away, in this process's memory.
 */

import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { refill } from "../base/token_bucket.ts";
import type { SharedBuckets } from "../limits/shared_bucket.ts";
import type { AcquireRequest, AcquireResult, RateEvent } from "./acquire.ts";
import { createBudgetKeeper, MAX_PAUSE_MS } from "./budget_keeper.ts";
import type { BudgetStore } from "./budget_store.ts";
import { createHourGate } from "./hour_gate.ts";
import {
  limitOf,
  type MinuteCounts,
  newHourlyBudget,
  nextFlowMs,
  noteAccepted,
  noteRefusal,
  usedOf,
} from "./hourly_budget.ts";
import { bucketShape, type KeyBucket, newKeyBucket, noteGiven, type PauseCause } from "./key_bucket.ts";
import { createWaitingLines } from "./waiting_lines.ts";

/** Growth of the pause after a 429 that names none: a new FREE workspace has 30 requests an hour. */
const PENALTY = { initialDelayMs: 1_000, maxDelayMs: 600_000, multiplier: 2 };
/** More a second than can be sent: the rate of a limiter that keeps no budget of its own. */
export const UNLIMITED = 1e9;
/** A key that was not asked for this long is forgotten, and with it how often it was refused. */
const IDLE_MS = 3_600_000;
const SWEEP_EVERY_MS = 60_000;
/** Shorter pauses are over before a restart has come up. */
const KEPT_PAUSE_MS = 30_000;

export interface RateLimiter {
  /**
   * Takes one token, waiting for it if need be: higher priority first, first come first served within one. Low
   * priorities can starve under a steady load of higher ones; they then end in `ok: false`. Rejects with the signal's
   * reason when it aborts; the waiter has then left the line. Between instances a token goes to whoever asks first:
   * the order of priorities is that of one instance.
   */
  acquire(request: AcquireRequest): Promise<AcquireResult>;
  /** Nothing goes out for this key before `untilMs` (epoch); a later end already set stays. */
  penalise(key: string, untilMs: number): void;
  /**
   * After a 429: pauses the key for `askedMs`, an hour at most, or, when Clockify named no time, for a pause with
   * jitter that doubles with each refusal in a row up to 10 minutes. Calls that were in progress when a pause began
   * (`sentAtMs` by the monotonic clock, default now) make it no longer. Returns what is left of the pause in
   * milliseconds.
   */
  rejected(key: string, refusal?: { askedMs?: number; sentAtMs?: number }): number;
  /** After any other answer: the next refusal counts as the first again, unless the call was sent before the last one. */
  accepted(key: string, sentAtMs?: number): void;
  /** A workspace's own rate above 0 (a setting, or learnt); undefined goes back to the default. Kept until changed. */
  setRate(key: string, perSecond: number | undefined): void;
  /** What a key may send and sends, as far as this process knows. Never rejects. */
  usage(key: string): Promise<RateUsage>;
  /** How many keys are held in memory. */
  size(): number;
  /** Ends when all that is to be kept is kept. */
  settled(): Promise<void>;
}

export interface RateUsage {
  /** Undefined where no rate is kept. */
  limitPerSecond: number | undefined;
  /** Tokens given in the last second: those of this clock second and the due share of the one before. */
  usedLastSecond: number;
  /** Callers in line. */
  waiting: number;
  /** Undefined where none is known. */
  limitPerHour: number | undefined;
  /** Calls of the last hour, to the minute. */
  usedLastHour: number;
  /** The same by minute, oldest first. */
  callsByMinute: MinuteCounts;
  /** Until then (epoch) not even flows may call; undefined while they may. */
  pausedUntilMs: number | undefined;
  /** The answer that paused it; undefined while it may call, and where the hour's budget is used up. */
  pausedBy: PauseCause | undefined;
}

/** By what the calls of an add-on in a workspace are counted and kept. */
export function budgetKeyOf({ addon, workspaceId }: { addon: string; workspaceId: string }): string {
  return `${addon}:${workspaceId}`;
}

export interface RateLimiterOptions {
  clock: Clock;
  /** Clockify grants an add-on 50 requests a second in each workspace. */
  defaultPerSecond?: number;
  /** Budgets that several instances draw from together; 429 pauses are shared with them. */
  shared?: SharedBuckets;
  /** An operator's limit of an hour for a key; undefined: it is learnt from Clockify's answers. */
  perHour?(key: string): number | undefined;
  /** False: no budget of an hour is kept. */
  hourly?: boolean;
  /** Where budgets of an hour and long pauses outlive the process. */
  store?: BudgetStore;
  /** `key`: of the request, as acquire() was given it. */
  onEvent?(event: RateEvent, key: string): void;
  random?: () => number;
}

/** A rate limiter in this process's memory. Durations go by the monotonic clock, the hour by the wall clock. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, defaultPerSecond = 50, shared, hourly = true, store, perHour = () => undefined } = options;
  const { onEvent = () => {}, random = Math.random } = options;
  const buckets = new Map<string, KeyBucket>();
  const rates = new Map<string, number>();
  const keeper = createBudgetKeeper({ store, clock });
  const { keep } = keeper;
  const lines = createWaitingLines({ clock, shared, hour: createHourGate({ clock, shared, keep }), onEvent });
  let sweptAt = clock.monotonicMs();

  function bucketOf(key: string): KeyBucket {
    const now = clock.monotonicMs();
    if (now - sweptAt >= SWEEP_EVERY_MS) sweep(now);
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      const hour = newHourlyBudget(hourly ? perHour(key) : undefined);
      bucket = newKeyBucket(key, { perSecond: rates.get(key) ?? defaultPerSecond, now, hour });
      buckets.set(key, bucket);
      if (hourly) keeper.open(bucket);
    }
    bucket.usedAt = now;
    return bucket;
  }

  function sweep(now: number) {
    sweptAt = now;
    for (const [key, bucket] of buckets) {
      refill(bucket, bucket.shape, now);
      const resting = bucket.waiting === 0 && !bucket.loading && !bucket.saving && bucket.pausedUntil <= now &&
        bucket.tokens >= bucket.shape.burst;
      const plain = bucket.refusals === 0 && limitOf(bucket.hour, clock.now()) === undefined;
      if (resting && (plain || now - bucket.usedAt >= IDLE_MS)) {
        buckets.delete(key);
        if (!plain) keeper.forget(key);
      }
    }
  }

  function pause(bucket: KeyBucket, ms: number) {
    const now = clock.monotonicMs();
    bucket.pausedUntil = Math.max(bucket.pausedUntil, now + ms);
    if (shared?.ready() && bucket.pausedUntil > now) shared.pause(bucket.key, bucket.pausedUntil - now);
  }

  return {
    acquire(request) {
      const bucket = bucketOf(request.key);
      return bucket.loading ? bucket.loading.then(() => lines.take(bucket, request)) : lines.take(bucket, request);
    },

    penalise(key, untilMs) {
      pause(bucketOf(key), untilMs - clock.now());
    },

    rejected(key, { askedMs, sentAtMs = clock.monotonicMs() } = {}) {
      const bucket = bucketOf(key);
      const now = clock.monotonicMs();
      const until = bucket.pausedUntil;
      if (sentAtMs >= bucket.refusedAt) {
        bucket.refusals += 1;
        bucket.refusedAt = now;
        const ceilingMs = Math.min(PENALTY.maxDelayMs, PENALTY.initialDelayMs * 2 ** (bucket.refusals - 1));
        // Half the ceiling at least: full jitter alone may say "at once", which only earns the next 429.
        const ownMs = Math.ceil(ceilingMs / 2 + backoffMs(bucket.refusals, PENALTY, random) / 2);
        pause(bucket, Math.min(MAX_PAUSE_MS, askedMs ?? ownMs));
      } else if (askedMs !== undefined) pause(bucket, Math.min(MAX_PAUSE_MS, askedMs));
      if (bucket.pausedUntil > until) bucket.cause = { atMs: clock.now(), askedMs };
      const pauseMs = Math.max(0, Math.ceil(bucket.pausedUntil - now));
      onEvent({ kind: "paused", ms: pauseMs }, bucket.key);
      const changed = hourly && noteRefusal(bucket.hour, { nowMs: clock.now(), askedMs });
      if (changed || pauseMs >= KEPT_PAUSE_MS) keep(bucket);
      return pauseMs;
    },

    accepted(key, sentAtMs = clock.monotonicMs()) {
      const bucket = buckets.get(key);
      if (bucket === undefined || sentAtMs < bucket.refusedAt) return;
      bucket.refusals = 0;
      if (noteAccepted(bucket.hour, clock.now())) keep(bucket);
    },

    setRate(key, perSecond) {
      if (perSecond === undefined) rates.delete(key);
      else rates.set(key, perSecond);
      const bucket = buckets.get(key);
      if (bucket === undefined) return;
      refill(bucket, bucket.shape, clock.monotonicMs());
      bucket.shape = bucketShape(perSecond ?? defaultPerSecond);
      bucket.tokens = Math.min(bucket.tokens, bucket.shape.burst);
      bucket.wake?.abort();
    },

    async usage(key) {
      const bucket = bucketOf(key);
      await bucket.loading;
      const perSecond = rates.get(key) ?? defaultPerSecond;
      const now = clock.monotonicMs();
      noteGiven(bucket, now, 0);
      const { given, hour, waiting } = bucket;
      const hourMs = nextFlowMs(hour, clock.now());
      const pauseMs = Math.max(bucket.pausedUntil - now, hourMs);
      return {
        limitPerSecond: perSecond >= UNLIMITED ? undefined : perSecond,
        usedLastSecond: Math.round(given.now + given.before * (1 - now % 1000 / 1000)),
        waiting,
        limitPerHour: limitOf(hour, clock.now()),
        usedLastHour: usedOf(hour, clock.now()),
        callsByMinute: [...hour.calls].sort(([a], [b]) => a - b),
        pausedUntilMs: pauseMs > 0 ? clock.now() + Math.ceil(pauseMs) : undefined,
        pausedBy: pauseMs > 0 && pauseMs > hourMs ? bucket.cause : undefined,
      };
    },

    size: () => buckets.size,

    settled: keeper.settled,
  };
}
