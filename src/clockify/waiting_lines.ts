/**
 * Callers that wait for a token of the rate limit: one queue per priority, served as tokens come from Redis or from
 * this process's memory.
 */

import type { Clock } from "../base/clock.ts";
import { giveBackTokens, refill } from "../base/token_bucket.ts";
import type { SharedBuckets } from "../limits/shared_bucket.ts";
import { type AcquireRequest, type AcquireResult, PRIORITIES, type RateEvent } from "./acquire.ts";
import { askedOf, type CallReserve } from "./call_reserve.ts";
import type { HourGate } from "./hour_gate.ts";
import { ceilingOf, hourWaitMs, limitOf } from "./hourly_budget.ts";
import { expectedWaitMs, joinLine, type KeyBucket, nextLookAt, promiseMs, takeOwn, type Waiter } from "./key_bucket.ts";

export interface WaitingLines {
  /** RateLimiter.acquire() for a bucket whose kept budget was read. */
  take(bucket: KeyBucket, request: AcquireRequest): Promise<AcquireResult>;
}

export function createWaitingLines({ clock, shared, hour, onEvent }: {
  clock: Clock;
  shared: SharedBuckets | undefined;
  hour: HourGate;
  onEvent(event: RateEvent, key: string): void;
}): WaitingLines {
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
        const answer = hour.isFree(bucket, priority, waiter.reserve);
        const free = typeof answer === "boolean" ? answer : await answer;
        if (free) {
          grants -= 1;
          waiter.resolve({ ok: true, waitedMs: Math.round(clock.monotonicMs() - waiter.since) });
        } else waiter.resolve({ ok: false, retryInMs: hour.promisedMs(bucket, priority, waiter.reserve) });
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
      for (const { resolve, reserve } of late) {
        resolve({ ok: false, retryInMs: comeBackMs(bucket, expectedWaitMs(bucket, priority, { now }), reserve) });
      }
    }
  }

  /** Steps come back by themselves, all of them; others are asked by people, or one at a time. */
  function comeBackMs(bucket: KeyBucket, expectedMs: number, reserve: CallReserve | undefined): number {
    return reserve ? promiseMs(bucket, expectedMs, clock.monotonicMs()) : expectedMs;
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
      const retryInMs = Math.max(hour.promisedMs(bucket, priority, reserve), Math.ceil(bucket.pausedUntil - now));
      onEvent({ kind: "refused", ms: retryInMs }, bucket.key);
      return Promise.resolve({ ok: false, retryInMs });
    }
    if (!shared?.ready() && bucket.waiting === 0 && takeOwn(bucket, now, 1) === 1) {
      hour.grant(bucket, priority, reserve);
      return Promise.resolve({ ok: true, waitedMs: 0 });
    }
    const expectedMs = expectedWaitMs(bucket, priority, { now, reserve });
    if (expectedMs > maxWaitMs) {
      const retryInMs = comeBackMs(bucket, expectedMs, reserve);
      onEvent({ kind: "refused", ms: retryInMs }, bucket.key);
      return Promise.resolve({ ok: false, retryInMs });
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        reserve,
        since: now,
        deadline: now + maxWaitMs,
        resolve: (result) => {
          signal?.removeEventListener("abort", onAbort);
          if (!result.ok) onEvent({ kind: "refused", ms: result.retryInMs }, bucket.key);
          else if (result.waitedMs > 0) onEvent({ kind: "waited", ms: result.waitedMs }, bucket.key);
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
      joinLine(bucket, priority, waiter);
      if (!bucket.pumping) pump(bucket);
      else if (waiter.deadline < bucket.looksAt) bucket.wake?.abort();
    });
  }

  return { take };
}
