/**
 * Whether the hourly budget has the calls that a step needs: by this process's count, or by the count that instances
 * share.
 */

import type { Clock } from "../base/clock.ts";
import type { SharedBuckets } from "../limits/shared_bucket.ts";
import type { Priority } from "./acquire.ts";
import { askedOf, type CallReserve } from "./call_reserve.ts";
import { ceilingOf, hourWaitMs, limitOf, noteCall, promiseWaitMs, uncountCalls, usedOf } from "./hourly_budget.ts";
import { type KeyBucket, noteGiven } from "./key_bucket.ts";

export interface HourGate {
  /** Whether the hour has the calls that this one asks for; counts them. */
  isFree(bucket: KeyBucket, priority: Priority, reserve: CallReserve | undefined): boolean | Promise<boolean>;
  /** Counts what a call asks for, and sets aside what it leaves. Of a probe, and while no limit is known, only the call itself. */
  grant(bucket: KeyBucket, priority: Priority, reserve: CallReserve | undefined): void;
  /** When to ask again; 0 when there is nothing to wait for. */
  promisedMs(bucket: KeyBucket, priority: Priority, reserve: CallReserve | undefined): number;
}

/** `keep` is called when the count changed of a key whose limit is known. */
export function createHourGate(
  { clock, shared, keep }: { clock: Clock; shared: SharedBuckets | undefined; keep(bucket: KeyBucket): void },
): HourGate {
  const promisedMs = (bucket: KeyBucket, priority: Priority, reserve: CallReserve | undefined) =>
    promiseWaitMs(bucket.hour, priority, clock.now(), askedOf(reserve));

  function isFree(bucket: KeyBucket, priority: Priority, reserve: CallReserve | undefined): boolean | Promise<boolean> {
    const now = clock.now();
    const asked = askedOf(reserve);
    if (asked > 0 && hourWaitMs(bucket.hour, priority, now, asked) > 0) return false;
    const limit = limitOf(bucket.hour, now);
    if (asked > 0 && limit !== undefined && shared?.ready()) return isFreeForAll(bucket, { priority, limit, reserve });
    grant(bucket, priority, reserve);
    return true;
  }

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

  return { isFree, grant, promisedMs };
}
