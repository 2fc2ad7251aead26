/**
 * One token bucket per add-on and workspace for everything that calls Clockify, with priorities and penalties: in Redis
 * when instances share it, else, and while Redis is away, in this process's memory.
 */

import { backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import type { SharedBuckets } from "../limits/shared_bucket.ts";

/** Who waits: a person in front of a page, a flow's step, a first read of a workspace. Served in this order. */
export type Priority = "interactive" | "flow" | "bulk";

const PRIORITIES: readonly Priority[] = ["interactive", "flow", "bulk"];

/** Growth of the pause after a 429 that names none: a new FREE workspace has 30 requests an hour (protocol.md 6.1). */
const PENALTY = { initialDelayMs: 1_000, maxDelayMs: 600_000, multiplier: 2 };
/** More a second than can be sent: the rate of a limiter that keeps no budget of its own. */
export const UNLIMITED = 1e9;
/** A key that nobody asked for this long is forgotten, and with it how often it was refused. */
const IDLE_MS = 3_600_000;
const SWEEP_EVERY_MS = 60_000;

export interface AcquireRequest {
  /** Add-on and workspace, e.g. `clockify-api-studio:64a687e29ae1f428e7ebe303`. */
  key: string;
  priority: Priority;
  /** Longest wait; when the token is not to be had in it, the answer is an immediate `ok: false`. */
  maxWaitMs: number;
  signal?: AbortSignal;
}

export type AcquireResult = { ok: true; waitedMs: number } | { ok: false; retryInMs: number };

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
   * After a 429: pauses the key for `retryAfterMs`, or, when Clockify named no time, for a pause with jitter that
   * doubles with each refusal in a row up to 10 minutes. Returns the pause in milliseconds.
   */
  rejected(key: string, retryAfterMs?: number): number;
  /** After any other answer: the next refusal counts as the first again. */
  accepted(key: string): void;
  /** A workspace's own rate above 0 (a setting, or learnt); undefined goes back to the default. Kept until changed. */
  setRate(key: string, perSecond: number | undefined): void;
  /** What a key may send and sends, as far as this process knows. */
  usage(key: string): RateUsage;
  /** How many keys are held in memory. */
  size(): number;
}

export interface RateUsage {
  /** Undefined where no rate is kept. */
  limitPerSecond: number | undefined;
  /** Tokens given in the last second: those of this clock second and the due share of the one before. */
  usedLastSecond: number;
  /** Callers in line. */
  waiting: number;
}

export interface RateLimiterOptions {
  clock: Clock;
  /** Clockify grants an add-on 50 requests a second in each workspace (protocol.md 6.1). */
  defaultPerSecond?: number;
  /** Budgets that several instances draw from together; 429 pauses are shared with them. */
  shared?: SharedBuckets;
  onEvent?(event: RateEvent): void;
  random?: () => number;
}

/** waited: granted after `ms` in line; refused: not to be had in time, next try in `ms`; paused: Clockify answered 429. */
export interface RateEvent {
  kind: "waited" | "refused" | "paused";
  ms: number;
}

interface Waiter {
  since: number;
  deadline: number;
  resolve: (result: AcquireResult) => void;
}

interface Bucket {
  key: string;
  capacity: number;
  refillPerMs: number;
  /** With Redis: what was left there at the last look, and what has come since if nobody else took it. */
  tokens: number;
  refilledAt: number;
  pausedUntil: number;
  refusals: number;
  usedAt: number;
  lines: Record<Priority, Waiter[]>;
  waiting: number;
  /** Set while the bucket's pump sleeps: aborting it makes the pump look again. */
  wake?: AbortController;
  /** When the sleeping pump wakes by itself. */
  looksAt: number;
  pumping: boolean;
  /** Tokens given in the clock second `second`, and in the one before it. */
  given: { second: number; now: number; before: number };
}

/**
 * A bucket of capacity C refilled at R lets up to C + R through in one second, so a rate is split into the two: C is a
 * tenth of it (at least 1) and R the rest. No window of 1 s, both ends included, then holds more than the rate, and a
 * full line moves at nine tenths of it, which leaves room for what the network bunches together. Below 2 per second C is
 * 1 and R the whole rate: grants are spaced by 1 / rate.
 */
export function bucketShape(perSecond: number): { capacity: number; refillPerSecond: number } {
  const capacity = Math.max(1, Math.floor(perSecond / 10));
  return { capacity, refillPerSecond: perSecond < 2 ? perSecond : perSecond - capacity };
}

/** A rate limiter in this process's memory. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, defaultPerSecond = 50, shared, onEvent = () => {}, random = Math.random } = options;
  const buckets = new Map<string, Bucket>();
  const rates = new Map<string, number>();
  let sweptAt = clock.now();

  function bucketOf(key: string): Bucket {
    const now = clock.now();
    if (now - sweptAt >= SWEEP_EVERY_MS) sweep(now);
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      bucket = newBucket(key, { perSecond: rates.get(key) ?? defaultPerSecond, now });
      buckets.set(key, bucket);
    }
    bucket.usedAt = now;
    return bucket;
  }

  function sweep(now: number) {
    sweptAt = now;
    for (const [key, bucket] of buckets) {
      refill(bucket, now);
      const resting = bucket.waiting === 0 && bucket.tokens >= bucket.capacity && bucket.pausedUntil <= now;
      if (resting && (bucket.refusals === 0 || now - bucket.usedAt >= IDLE_MS)) buckets.delete(key);
    }
  }

  async function pump(bucket: Bucket) {
    bucket.pumping = true;
    while (bucket.waiting > 0) {
      const grants = await takeShared(bucket) ?? takeOwn(bucket, clock.now(), bucket.waiting);
      serve(bucket, clock.now(), grants);
      if (bucket.waiting === 0) break;
      bucket.wake = new AbortController();
      const now = clock.now();
      bucket.looksAt = nextLookAt(bucket, now);
      await clock.sleep(bucket.looksAt - now, bucket.wake.signal).catch(() => {});
    }
    bucket.wake = undefined;
    bucket.pumping = false;
  }

  /** Tokens for those in line, out of Redis; undefined when memory has to decide. */
  async function takeShared(bucket: Bucket): Promise<number | undefined> {
    if (!shared?.ready()) return undefined;
    const { key, capacity, refillPerMs } = bucket;
    const shape = { ratePerSecond: refillPerMs * 1000, burst: capacity };
    const given = await shared.take(key, shape, Math.min(bucket.waiting, capacity));
    if (given === undefined) return undefined;
    const now = clock.now();
    bucket.tokens = given.tokens;
    bucket.refilledAt = now;
    if (given.pausedMs > 0) bucket.pausedUntil = Math.max(bucket.pausedUntil, now + given.pausedMs);
    return given.granted;
  }

  function pause(bucket: Bucket, untilMs: number) {
    const now = clock.now();
    bucket.pausedUntil = Math.max(bucket.pausedUntil, untilMs);
    if (shared?.ready() && bucket.pausedUntil > now) shared.pause(bucket.key, bucket.pausedUntil - now);
  }

  return {
    acquire({ key, priority, maxWaitMs, signal }) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      const bucket = bucketOf(key);
      const now = clock.now();
      refill(bucket, now);
      if (!shared?.ready() && bucket.waiting === 0 && takeOwn(bucket, now, 1) === 1) {
        noteGiven(bucket, now, 1);
        return Promise.resolve({ ok: true, waitedMs: 0 });
      }
      const expectedMs = expectedWaitMs(bucket, priority, now);
      if (expectedMs > maxWaitMs) {
        onEvent({ kind: "refused", ms: expectedMs });
        return Promise.resolve({ ok: false, retryInMs: expectedMs });
      }
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          since: now,
          deadline: now + maxWaitMs,
          resolve: (result) => {
            signal?.removeEventListener("abort", onAbort);
            if (!result.ok) onEvent({ kind: "refused", ms: result.retryInMs });
            else if (result.waitedMs > 0) onEvent({ kind: "waited", ms: result.waitedMs });
            resolve(result);
          },
        };
        const onAbort = () => {
          const line = bucket.lines[priority];
          line.splice(line.indexOf(waiter), 1);
          bucket.waiting -= 1;
          bucket.wake?.abort();
          reject(signal!.reason);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        bucket.lines[priority].push(waiter);
        bucket.waiting += 1;
        if (!bucket.pumping) pump(bucket);
        else if (waiter.deadline < bucket.looksAt) bucket.wake?.abort();
      });
    },

    penalise(key, untilMs) {
      pause(bucketOf(key), untilMs);
    },

    rejected(key, retryAfterMs) {
      const bucket = bucketOf(key);
      bucket.refusals += 1;
      const now = clock.now();
      const ceilingMs = Math.min(PENALTY.maxDelayMs, PENALTY.initialDelayMs * 2 ** (bucket.refusals - 1));
      // Half the ceiling at least: full jitter alone may say "at once", which only earns the next 429.
      const pauseMs = retryAfterMs ?? Math.ceil(ceilingMs / 2 + backoffMs(bucket.refusals, PENALTY, random) / 2);
      pause(bucket, now + pauseMs);
      onEvent({ kind: "paused", ms: bucket.pausedUntil - now });
      return bucket.pausedUntil - now;
    },

    accepted(key) {
      const bucket = buckets.get(key);
      if (bucket !== undefined) bucket.refusals = 0;
    },

    setRate(key, perSecond) {
      if (perSecond === undefined) rates.delete(key);
      else rates.set(key, perSecond);
      const bucket = buckets.get(key);
      if (bucket === undefined) return;
      refill(bucket, clock.now());
      const shape = bucketShape(perSecond ?? defaultPerSecond);
      bucket.capacity = shape.capacity;
      bucket.refillPerMs = shape.refillPerSecond / 1000;
      bucket.tokens = Math.min(bucket.tokens, shape.capacity);
      bucket.wake?.abort();
    },

    usage(key) {
      const bucket = buckets.get(key);
      const perSecond = rates.get(key) ?? defaultPerSecond;
      const now = clock.now();
      if (bucket) noteGiven(bucket, now, 0);
      const given = bucket?.given ?? { now: 0, before: 0 };
      return {
        limitPerSecond: perSecond >= UNLIMITED ? undefined : perSecond,
        usedLastSecond: Math.round(given.now + given.before * (1 - now % 1000 / 1000)),
        waiting: bucket?.waiting ?? 0,
      };
    },

    size: () => buckets.size,
  };
}

function newBucket(key: string, { perSecond, now }: { perSecond: number; now: number }): Bucket {
  const { capacity, refillPerSecond } = bucketShape(perSecond);
  return {
    key,
    capacity,
    refillPerMs: refillPerSecond / 1000,
    tokens: capacity,
    refilledAt: now,
    pausedUntil: 0,
    refusals: 0,
    usedAt: now,
    lines: { interactive: [], flow: [], bulk: [] },
    waiting: 0,
    looksAt: 0,
    pumping: false,
    given: { second: Math.floor(now / 1000), now: 0, before: 0 },
  };
}

function noteGiven({ given }: Bucket, now: number, tokens: number) {
  const second = Math.floor(now / 1000);
  if (second !== given.second) {
    given.before = second === given.second + 1 ? given.now : 0;
    given.now = 0;
    given.second = second;
  }
  given.now += tokens;
}

function refill(bucket: Bucket, now: number) {
  // A clock set back gives nothing and takes nothing.
  const elapsedMs = Math.max(0, now - bucket.refilledAt);
  bucket.tokens = Math.min(bucket.capacity, bucket.tokens + elapsedMs * bucket.refillPerMs);
  bucket.refilledAt = now;
}

/** How many of `want` tokens this process's own bucket gives. */
function takeOwn(bucket: Bucket, now: number, want: number): number {
  refill(bucket, now);
  if (bucket.pausedUntil > now) return 0;
  const granted = Math.min(want, Math.floor(bucket.tokens));
  bucket.tokens -= granted;
  return granted;
}

/** Hands out the grants and sends away those whose time is up, or ends before the pause does. */
function serve(bucket: Bucket, now: number, grants: number) {
  const isLate = ({ deadline }: Waiter) => deadline <= now || deadline < bucket.pausedUntil;
  for (const priority of PRIORITIES) {
    const line = bucket.lines[priority];
    while (line.length > 0 && grants > 0) {
      const waiter = line.shift()!;
      bucket.waiting -= 1;
      grants -= 1;
      noteGiven(bucket, now, 1);
      waiter.resolve({ ok: true, waitedMs: now - waiter.since });
    }
    const late = line.filter(isLate);
    if (late.length === 0) continue;
    bucket.lines[priority] = line.filter((waiter) => !isLate(waiter));
    bucket.waiting -= late.length;
    for (const waiter of late) waiter.resolve({ ok: false, retryInMs: expectedWaitMs(bucket, priority, now) });
  }
}

/** When the next token or the first deadline is due, at least 1 ms ahead so that rounding never spins. */
function nextLookAt(bucket: Bucket, now: number): number {
  let at = Math.max(bucket.pausedUntil, now + (1 - bucket.tokens) / bucket.refillPerMs);
  for (const priority of PRIORITIES) {
    for (const waiter of bucket.lines[priority]) at = Math.min(at, waiter.deadline);
  }
  return Math.max(now + 1, Math.ceil(at));
}

/** When a newcomer of this priority would be served if nobody more urgent came after it. */
function expectedWaitMs(bucket: Bucket, priority: Priority, now: number): number {
  let ahead = 0;
  for (const each of PRIORITIES) {
    ahead += bucket.lines[each].length;
    if (each === priority) break;
  }
  const pauseMs = Math.max(0, bucket.pausedUntil - now);
  // Tokens gather during the pause too, up to a full bucket.
  const tokens = Math.min(bucket.capacity, bucket.tokens + pauseMs * bucket.refillPerMs);
  return Math.ceil(pauseMs + Math.max(0, ahead + 1 - tokens) / bucket.refillPerMs);
}
