/**
 * One token bucket per add-on and workspace for everything that calls Clockify, with priorities, penalties and the budget of
 * an hour where there is one: in Redis when instances share it, else, and while Redis is away, in this process's memory.
 */

import { backoffMs } from "../base/backoff.ts";
import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import {
  type Bucket,
  type BucketShape,
  giveBackTokens,
  newBucket,
  refill,
  takeUpTo,
  waitForTokens,
} from "../base/token_bucket.ts";
import type { SharedBuckets } from "../limits/shared_bucket.ts";
import type { BudgetStore, KeptBudget } from "./budget_store.ts";
import {
  ceilingOf,
  DISPROVED,
  type HourlyBudget,
  hourWaitMs,
  limitOf,
  newHourlyBudget,
  noteAccepted,
  noteCall,
  noteRefusal,
  promiseWaitMs,
  uncountCalls,
  usedOf,
} from "./hourly_budget.ts";

/** Who waits: a person in front of a page, a flow's step, a first read of a workspace. Served in this order. */
export type Priority = "interactive" | "flow" | "bulk";

const PRIORITIES: readonly Priority[] = ["interactive", "flow", "bulk"];

/** Growth of the pause after a 429 that names none: a new FREE workspace has 30 requests an hour. */
const PENALTY = { initialDelayMs: 1_000, maxDelayMs: 600_000, multiplier: 2 };
/** More a second than can be sent: the rate of a limiter that keeps no budget of its own. */
export const UNLIMITED = 1e9;
/** A key that nobody asked for this long is forgotten, and with it how often it was refused. */
const IDLE_MS = 3_600_000;
const SWEEP_EVERY_MS = 60_000;
/** No answer of Clockify closes a workspace's budget for longer; a step that was asked to wait longer waits by itself. */
const MAX_PAUSE_MS = 3_600_000;
/** Shorter pauses are over before a restart has come up. */
const KEPT_PAUSE_MS = 30_000;
const MAX_KNOWN = 50_000;

export interface AcquireRequest {
  /** Add-on and workspace, e.g. `clockify-api-studio:64a687e29ae1f428e7ebe303`. */
  key: string;
  priority: Priority;
  /** Longest wait; when the token is not to be had in it, the answer is an immediate `ok: false`. */
  maxWaitMs: number;
  signal?: AbortSignal;
  /** For a call of a step that makes several. */
  reserve?: CallReserve;
}

/** `limitPerHour`: no wait helps, since the step needs more calls than an hour has. */
export type AcquireResult = { ok: true; waitedMs: number } | { ok: false; retryInMs: number; limitPerHour?: number };

/**
 * What the hour has set aside for one step: all calls that it needs from the first on, so that none is read in vain. A step
 * makes its calls one after another, and gives back what it has not used.
 */
export interface CallReserve {
  /** Calls from this one on, this one among them; 1 at least. */
  calls: number;
  /** The calls made before too. */
  inAll: number;
  /** Set aside and not made. */
  left: number;
  /** Ends the step's use of the hour. */
  giveBack(): void;
}

/** Of a step that is about to make its first call. */
export function newCallReserve(): CallReserve {
  return { calls: 1, inAll: 1, left: 0, giveBack: () => {} };
}

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
   * After a 429: pauses the key for `askedMs`, an hour at most, or, when Clockify named no time, for a pause with jitter
   * that doubles with each refusal in a row up to 10 minutes. Calls that were under way when a pause began (`sentAtMs` by
   * the monotonic clock, default now) make it no longer. Returns what is left of the pause in milliseconds.
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
  /** Until then (epoch) not even flows may call; undefined while they may. */
  pausedUntilMs: number | undefined;
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
  onEvent?(event: RateEvent): void;
  random?: () => number;
}

/** waited: granted after `ms` in line; refused: not to be had in time, next try in `ms`; paused: Clockify answered 429. */
export interface RateEvent {
  kind: "waited" | "refused" | "paused";
  ms: number;
}

interface Waiter {
  reserve: CallReserve | undefined;
  since: number;
  deadline: number;
  resolve: (result: AcquireResult) => void;
}

/** With Redis its tokens are what was left there at the last look, and what has come since if no other instance took it. */
interface KeyBucket extends Bucket {
  key: string;
  shape: BucketShape;
  pausedUntil: number;
  refusals: number;
  /** When the last refusal that counts was noted. */
  refusedAt: number;
  usedAt: number;
  /** By the wall clock: it outlives the process. */
  hour: HourlyBudget;
  /** Set until what was kept of it is read. */
  loading?: Promise<void>;
  saving: boolean;
  unsaved: boolean;
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
 * A burst of B refilled at R lets up to B + R through in one second, so a rate is split into the two: B is a tenth of it
 * (at least 1) and R the rest. No window of 1 s, both ends included, then holds more than the rate, and a full line moves
 * at nine tenths of it, which leaves room for what the network bunches together. Below 2 per second B is 1 and R the whole
 * rate: grants are spaced by 1 / rate.
 */
export function bucketShape(perSecond: number): BucketShape {
  const burst = Math.max(1, Math.floor(perSecond / 10));
  return { burst, ratePerSecond: perSecond < 2 ? perSecond : perSecond - burst };
}

/** A rate limiter in this process's memory. Durations go by the monotonic clock, the hour by the wall clock. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, defaultPerSecond = 50, shared, hourly = true, store, perHour = () => undefined } = options;
  const { onEvent = () => {}, random = Math.random } = options;
  const buckets = new Map<string, KeyBucket>();
  const rates = new Map<string, number>();
  /** Keys whose kept budget was read: those that are not held any more had none. */
  const known = createBoundedCache<string, true>({ max: MAX_KNOWN });
  const kept = new Set<Promise<void>>();
  let sweptAt = clock.monotonicMs();

  function bucketOf(key: string): KeyBucket {
    const now = clock.monotonicMs();
    if (now - sweptAt >= SWEEP_EVERY_MS) sweep(now);
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      const hour = newHourlyBudget(hourly ? perHour(key) : undefined);
      bucket = newKeyBucket(key, { perSecond: rates.get(key) ?? defaultPerSecond, now, hour });
      buckets.set(key, bucket);
      if (store && hourly && !known.get(key)) bucket.loading = load(bucket);
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
        if (!plain) known.delete(key);
      }
    }
  }

  async function load(bucket: KeyBucket) {
    try {
      const saved = await store!.load(bucket.key);
      if (saved) adopt(bucket, saved, clock);
      known.set(bucket.key, true);
    } catch {
      // The database is away: what was kept is read when the key is seen next.
    } finally {
      bucket.loading = undefined;
    }
  }

  /** Keeps what the bucket holds, once more after each change that came while it was being kept. */
  function keep(bucket: KeyBucket) {
    if (!store) return;
    bucket.unsaved = true;
    if (bucket.saving) return;
    bucket.saving = true;
    const done = save(bucket).finally(() => kept.delete(done));
    kept.add(done);
  }

  async function save(bucket: KeyBucket) {
    try {
      while (bucket.unsaved) {
        bucket.unsaved = false;
        // Another instance may have learnt more.
        const saved = await store!.load(bucket.key);
        if (saved) adopt(bucket, saved, clock);
        await store!.save(bucket.key, keptOf(bucket, clock));
      }
    } catch {
      // The next change tries again; what this process knows holds meanwhile.
    } finally {
      bucket.saving = false;
    }
  }

  async function pump(bucket: KeyBucket) {
    bucket.pumping = true;
    while (bucket.waiting > 0) {
      const grants = await takeShared(bucket) ?? takeOwn(bucket, clock.monotonicMs(), bucket.waiting);
      await serve(bucket, grants);
      if (bucket.waiting === 0) break;
      bucket.wake = new AbortController();
      const now = clock.monotonicMs();
      bucket.looksAt = nextLookAt(bucket, now);
      await clock.sleep(bucket.looksAt - now, bucket.wake.signal).catch(() => {});
    }
    bucket.wake = undefined;
    bucket.pumping = false;
  }

  /** Tokens for those in line, out of Redis; undefined when memory has to decide. */
  async function takeShared(bucket: KeyBucket): Promise<number | undefined> {
    if (!shared?.ready()) return undefined;
    const { key, shape } = bucket;
    const given = await shared.take(key, shape, Math.min(bucket.waiting, shape.burst));
    if (given === undefined) return undefined;
    const now = clock.monotonicMs();
    bucket.tokens = given.tokens;
    bucket.countedAt = now;
    if (given.pausedMs > 0) bucket.pausedUntil = Math.max(bucket.pausedUntil, now + given.pausedMs);
    return given.granted;
  }

  /** Hands out the grants and sends away those whose time is up, or ends before the pause does. */
  async function serve(bucket: KeyBucket, grants: number) {
    for (const priority of PRIORITIES) {
      while (bucket.lines[priority].length > 0 && grants > 0) {
        const waiter = bucket.lines[priority].shift()!;
        bucket.waiting -= 1;
        const answer = isFree(bucket, priority, waiter.reserve);
        const free = typeof answer === "boolean" ? answer : await answer;
        if (free) {
          grants -= 1;
          waiter.resolve({ ok: true, waitedMs: Math.round(clock.monotonicMs() - waiter.since) });
        } else waiter.resolve({ ok: false, retryInMs: promisedMs(bucket, priority, waiter.reserve) });
      }
    }
    // Taken for those whom the hour sent away.
    giveBackTokens(bucket, bucket.shape, grants);
    const now = clock.monotonicMs();
    const isLate = ({ deadline }: Waiter) => deadline <= now || deadline < bucket.pausedUntil;
    for (const priority of PRIORITIES) {
      const late = bucket.lines[priority].filter(isLate);
      if (late.length === 0) continue;
      bucket.lines[priority] = bucket.lines[priority].filter((waiter) => !isLate(waiter));
      bucket.waiting -= late.length;
      for (const waiter of late) waiter.resolve({ ok: false, retryInMs: expectedWaitMs(bucket, priority, now) });
    }
  }

  const promisedMs = (bucket: KeyBucket, priority: Priority, reserve: CallReserve | undefined) =>
    promiseWaitMs(bucket.hour, priority, clock.now(), askedOf(reserve));

  /** Whether the hour has the calls that this one asks for; counts them. */
  function isFree(bucket: KeyBucket, priority: Priority, reserve: CallReserve | undefined): boolean | Promise<boolean> {
    const now = clock.now();
    const asked = askedOf(reserve);
    if (asked > 0 && hourWaitMs(bucket.hour, priority, now, asked) > 0) return false;
    const limit = limitOf(bucket.hour, now);
    if (asked > 0 && limit !== undefined && shared?.ready()) return isFreeForAll(bucket, { priority, limit, reserve });
    grant(bucket, priority, reserve);
    return true;
  }

  /** Counts what a call asks for, and sets aside what it leaves. Of a probe, and while no limit is known, only the call itself. */
  function grant(bucket: KeyBucket, priority: Priority, reserve: CallReserve | undefined, counted?: number) {
    const limit = limitOf(bucket.hour, clock.now());
    const asked = askedOf(reserve);
    const whole = asked > 1 && limit !== undefined &&
      usedOf(bucket.hour, clock.now()) + asked <= ceilingOf(limit, priority);
    const calls = counted ?? (whole ? asked : Math.min(1, asked));
    noteGrant(bucket, counted === undefined ? calls : 0);
    if (!reserve) return;
    reserve.left += calls - 1;
    bucket.hour.aside += calls - 1;
    reserve.giveBack = () => giveBack(bucket, reserve);
  }

  function giveBack(bucket: KeyBucket, reserve: CallReserve) {
    const { left } = reserve;
    if (left === 0) return;
    reserve.left = 0;
    bucket.hour.aside -= left;
    uncountCalls(bucket.hour, left);
    if (shared?.ready()) void shared.returnHourly(bucket.key, left);
    keep(bucket);
  }

  /** As isFree(), of the hour that instances share. Without an answer this one's own count decides. */
  async function isFreeForAll(
    bucket: KeyBucket,
    { priority, limit, reserve }: { priority: Priority; limit: number; reserve: CallReserve | undefined },
  ): Promise<boolean> {
    const asked = askedOf(reserve);
    // Beyond the own count is a probe (hourly_budget.ts).
    const isProbe = usedOf(bucket.hour, clock.now()) + asked > limit;
    const calls = isProbe ? 1 : asked;
    const given = await shared!.takeHourly(bucket.key, isProbe ? Infinity : ceilingOf(limit, priority), calls);
    if (given) bucket.hour.calls = new Map(given.calls);
    if (given?.granted === false) return false;
    grant(bucket, priority, reserve, given && calls);
    return true;
  }

  function noteGrant(bucket: KeyBucket, calls: number) {
    noteGiven(bucket, clock.monotonicMs(), 1);
    if (calls > 0) noteCall(bucket.hour, clock.now(), calls);
    if (limitOf(bucket.hour, clock.now()) !== undefined) keep(bucket);
  }

  function pause(bucket: KeyBucket, ms: number) {
    const now = clock.monotonicMs();
    bucket.pausedUntil = Math.max(bucket.pausedUntil, now + ms);
    if (shared?.ready() && bucket.pausedUntil > now) shared.pause(bucket.key, bucket.pausedUntil - now);
  }

  function take(bucket: KeyBucket, { priority, maxWaitMs, signal, reserve }: AcquireRequest): Promise<AcquireResult> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const now = clock.monotonicMs();
    refill(bucket, bucket.shape, now);
    const asked = askedOf(reserve);
    const limit = limitOf(bucket.hour, clock.now());
    if (reserve && asked > 0 && limit !== undefined && reserve.inAll > ceilingOf(limit, priority)) {
      return Promise.resolve({ ok: false, retryInMs: 0, limitPerHour: limit });
    }
    if (asked > 0 && hourWaitMs(bucket.hour, priority, clock.now(), asked) > 0) {
      // No one waits in line for the hour: who is sent away comes back when a call is free.
      const retryInMs = Math.max(promisedMs(bucket, priority, reserve), Math.ceil(bucket.pausedUntil - now));
      onEvent({ kind: "refused", ms: retryInMs });
      return Promise.resolve({ ok: false, retryInMs });
    }
    if (!shared?.ready() && bucket.waiting === 0 && takeOwn(bucket, now, 1) === 1) {
      grant(bucket, priority, reserve);
      return Promise.resolve({ ok: true, waitedMs: 0 });
    }
    const expectedMs = expectedWaitMs(bucket, priority, now);
    if (expectedMs > maxWaitMs) {
      onEvent({ kind: "refused", ms: expectedMs });
      return Promise.resolve({ ok: false, retryInMs: expectedMs });
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        reserve,
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
        const index = line.indexOf(waiter);
        // Its turn is being given: the call that it is for finds the signal aborted.
        if (index === -1) return;
        line.splice(index, 1);
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
  }

  return {
    acquire(request) {
      const bucket = bucketOf(request.key);
      return bucket.loading ? bucket.loading.then(() => take(bucket, request)) : take(bucket, request);
    },

    penalise(key, untilMs) {
      pause(bucketOf(key), untilMs - clock.now());
    },

    rejected(key, { askedMs, sentAtMs = clock.monotonicMs() } = {}) {
      const bucket = bucketOf(key);
      const now = clock.monotonicMs();
      if (sentAtMs >= bucket.refusedAt) {
        bucket.refusals += 1;
        bucket.refusedAt = now;
        const ceilingMs = Math.min(PENALTY.maxDelayMs, PENALTY.initialDelayMs * 2 ** (bucket.refusals - 1));
        // Half the ceiling at least: full jitter alone may say "at once", which only earns the next 429.
        const ownMs = Math.ceil(ceilingMs / 2 + backoffMs(bucket.refusals, PENALTY, random) / 2);
        pause(bucket, Math.min(MAX_PAUSE_MS, askedMs ?? ownMs));
      } else if (askedMs !== undefined) pause(bucket, Math.min(MAX_PAUSE_MS, askedMs));
      const pauseMs = Math.max(0, Math.ceil(bucket.pausedUntil - now));
      onEvent({ kind: "paused", ms: pauseMs });
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
      const pauseMs = Math.max(bucket.pausedUntil - now, hourWaitMs(hour, "flow", clock.now()));
      return {
        limitPerSecond: perSecond >= UNLIMITED ? undefined : perSecond,
        usedLastSecond: Math.round(given.now + given.before * (1 - now % 1000 / 1000)),
        waiting,
        limitPerHour: limitOf(hour, clock.now()),
        usedLastHour: usedOf(hour, clock.now()),
        pausedUntilMs: pauseMs > 0 ? clock.now() + Math.ceil(pauseMs) : undefined,
      };
    },

    size: () => buckets.size,

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
    bucket.pausedUntil = Math.max(bucket.pausedUntil, clock.monotonicMs() + pauseMs);
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
    calls: [...hour.calls],
  };
}

function newKeyBucket(
  key: string,
  { perSecond, now, hour }: { perSecond: number; now: number; hour: HourlyBudget },
): KeyBucket {
  const shape = bucketShape(perSecond);
  return {
    ...newBucket(shape, now),
    key,
    shape,
    pausedUntil: 0,
    refusals: 0,
    refusedAt: -Infinity,
    usedAt: now,
    hour,
    saving: false,
    unsaved: false,
    lines: { interactive: [], flow: [], bulk: [] },
    waiting: 0,
    looksAt: 0,
    pumping: false,
    given: { second: Math.floor(now / 1000), now: 0, before: 0 },
  };
}

function noteGiven({ given }: KeyBucket, now: number, tokens: number) {
  const second = Math.floor(now / 1000);
  if (second !== given.second) {
    given.before = second === given.second + 1 ? given.now : 0;
    given.now = 0;
    given.second = second;
  }
  given.now += tokens;
}

/** How many calls the hour is asked for; 0 when all that this one and those after it need are set aside. */
function askedOf(reserve: CallReserve | undefined): number {
  return reserve ? Math.max(0, reserve.calls - reserve.left) : 1;
}

/** How many of `want` tokens this process's own bucket gives. */
function takeOwn(bucket: KeyBucket, now: number, want: number): number {
  return bucket.pausedUntil > now ? 0 : takeUpTo(bucket, bucket.shape, now, want);
}

/** When the next token or the first deadline is due, at least 1 ms ahead so that rounding never spins. */
function nextLookAt(bucket: KeyBucket, now: number): number {
  let at = Math.max(bucket.pausedUntil, now + waitForTokens(bucket, bucket.shape, now));
  for (const priority of PRIORITIES) {
    for (const waiter of bucket.lines[priority]) at = Math.min(at, waiter.deadline);
  }
  return Math.max(now + 1, Math.ceil(at));
}

/** When a newcomer of this priority would be served if nobody more urgent came after it. */
function expectedWaitMs(bucket: KeyBucket, priority: Priority, now: number): number {
  let ahead = 0;
  for (const each of PRIORITIES) {
    ahead += bucket.lines[each].length;
    if (each === priority) break;
  }
  const pauseMs = Math.max(0, bucket.pausedUntil - now);
  // Tokens gather during the pause too, up to a full bucket.
  const { ratePerSecond, burst } = bucket.shape;
  const tokens = Math.min(burst, bucket.tokens + pauseMs * ratePerSecond / 1000);
  return Math.ceil(pauseMs + Math.max(0, ahead + 1 - tokens) * 1000 / ratePerSecond);
}
