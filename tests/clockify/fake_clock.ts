/** A clock that stands still until a test moves it: sleepers wake in order as it passes their time. */

import type { Clock } from "../../src/base/clock.ts";

export interface FakeClock extends Clock {
  /** Moves time forward, waking each sleeper at its own instant and letting it act before the next. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock back, as an administrator does: no time passes by it. */
  setBack(ms: number): void;
}

export function createFakeClock(startMs = 1_700_000_000_000): FakeClock {
  let wallOffset = startMs;
  // As in a process that has just started: an age counted from 0 would not be an old one.
  let now = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  return {
    now: () => wallOffset + now,
    monotonicMs: () => now,
    setBack: (ms) => void (wallOffset -= ms),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = {
          at: now + ms,
          wake: () => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
        };
        const onAbort = () => {
          sleepers.delete(sleeper);
          reject(signal!.reason);
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        sleepers.add(sleeper);
      }),
    async advance(ms) {
      const target = now + ms;
      await settle();
      while (true) {
        let next: { at: number; wake: () => void } | undefined;
        for (const sleeper of sleepers) {
          if (sleeper.at <= target && (next === undefined || sleeper.at < next.at)) next = sleeper;
        }
        if (next === undefined) break;
        sleepers.delete(next);
        now = Math.max(now, next.at);
        next.wake();
        await settle();
      }
      now = target;
    },
  };
}

/** Lets everything that is already resolved run. */
export async function settle() {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}
