/**
 * Rate limit state of one add-on in one workspace: its token bucket, pause, hourly budget and waiters, and the
 * decisions that follow.
 */

import { type Bucket, type BucketShape, newBucket, takeUpTo, waitForTokens } from "../base/token_bucket.ts";
import { type AcquireResult, PRIORITIES, type Priority } from "./acquire.ts";
import { type CallReserve, hasBegun } from "./call_reserve.ts";
import type { HourlyBudget } from "./hourly_budget.ts";

/** A 429 that paused a key. */
export interface PauseCause {
  /** Epoch, milliseconds. */
  atMs: number;
  /** What its Retry-After asked for; undefined: it named no time. */
  askedMs: number | undefined;
}

export interface Waiter {
  reserve: CallReserve | undefined;
  since: number;
  deadline: number;
  resolve: (result: AcquireResult) => void;
}

/** With Redis its tokens are what was left there at the last look, and what has come since if no other instance took it. */
export interface KeyBucket extends Bucket {
  key: string;
  shape: BucketShape;
  pausedUntil: number;
  refusals: number;
  /** When the last refusal that counts was noted. */
  refusedAt: number;
  /** The answer that made the pause; of a pause by another process, as it was kept. */
  cause?: PauseCause;
  usedAt: number;
  /** The latest time that a step which was sent away was given to come back. */
  promisedAt: number;
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

export function newKeyBucket(
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
    promisedAt: -Infinity,
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

/** Counts tokens that were given, by the clock second; with 0 it only moves on. */
export function noteGiven({ given }: KeyBucket, now: number, tokens: number) {
  const second = Math.floor(now / 1000);
  if (second !== given.second) {
    given.before = second === given.second + 1 ? given.now : 0;
    given.now = 0;
    given.second = second;
  }
  given.now += tokens;
}

/** How many of `want` tokens this process's own bucket gives. */
export function takeOwn(bucket: KeyBucket, now: number, want: number): number {
  return bucket.pausedUntil > now ? 0 : takeUpTo(bucket, bucket.shape, now, want);
}

/** When the next token or the first deadline comes, at least 1 ms ahead so that rounding never spins. */
export function nextLookAt(bucket: KeyBucket, now: number): number {
  let at = Math.max(bucket.pausedUntil, now + waitForTokens(bucket, bucket.shape, now));
  for (const priority of PRIORITIES) {
    for (const waiter of bucket.lines[priority]) at = Math.min(at, waiter.deadline);
  }
  return Math.max(now + 1, Math.ceil(at));
}

/** Puts the waiter into its line: the next call of a step that has begun stands before those of steps that have not. */
export function joinLine(bucket: KeyBucket, priority: Priority, waiter: Waiter) {
  const line = bucket.lines[priority];
  if (hasBegun(waiter.reserve)) line.splice(begunIn(line), 0, waiter);
  else line.push(waiter);
  bucket.waiting += 1;
}

function begunIn(line: readonly Waiter[]): number {
  const first = line.findIndex(({ reserve }) => !hasBegun(reserve));
  return first === -1 ? line.length : first;
}

/** When a newcomer of this priority would be served if no more urgent caller came after it. */
export function expectedWaitMs(
  bucket: KeyBucket,
  priority: Priority,
  { now, reserve }: { now: number; reserve?: CallReserve },
): number {
  let ahead = 0;
  for (const each of PRIORITIES) {
    const line = bucket.lines[each];
    if (each === priority) {
      ahead += hasBegun(reserve) ? begunIn(line) : line.length;
      break;
    }
    ahead += line.length;
  }
  const pauseMs = Math.max(0, bucket.pausedUntil - now);
  // Tokens gather during the pause too, up to a full bucket.
  const { ratePerSecond, burst } = bucket.shape;
  const tokens = Math.min(burst, bucket.tokens + pauseMs * ratePerSecond / 1000);
  return Math.ceil(pauseMs + Math.max(0, ahead + 1 - tokens) * 1000 / ratePerSecond);
}

/** Steps are spread over so long at most: who was promised a time may be gone by then. */
const MAX_PROMISE_MS = 60_000;

/**
 * When a step that would have to wait `expectedMs` is to come back: one after another at the bucket's rate, behind those
 * that were sent away before. Without that a thousand steps would all come back for the next ten tokens, again and again.
 */
export function promiseMs(bucket: KeyBucket, expectedMs: number, now: number): number {
  const next = Math.min(bucket.promisedAt + 1000 / bucket.shape.ratePerSecond, now + MAX_PROMISE_MS);
  bucket.promisedAt = Math.max(now + expectedMs, next);
  return Math.ceil(bucket.promisedAt - now);
}
