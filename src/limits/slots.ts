/**
 * Slots (a semaphore) for work that requests cause: so many at once, and a queue with a timeout. First come, first
 * served, at the same cost however many wait: thousands may. Where turns must be fair between a few keys, see
 * places.ts.
 */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";

export interface SlotsOptions {
  /** Name of the work for error sentences, e.g. "verify the token". */
  purpose: string;
  /** Works in progress at once. */
  atOnce: number;
  /** Others that may wait for a place; beyond them OVERLOADED at once. */
  maxQueued: number;
  /** Default 2 s: with the work itself below the 5 s within which a sender must have its answer. */
  maxWaitMs?: number;
  clock: Clock;
}

export interface Slots {
  /**
   * Does `work` in its turn, and gives what it gives. Throws OVERLOADED (retryable, `details.retryInMs`) when too many wait
   * already, or when the turn has not come within `maxWaitMs`.
   */
  run<T>(work: () => Promise<T>): Promise<T>;
}

interface Waiter {
  resolve(): void;
  reject(error: AppError): void;
  untilMs: number;
}

const RETRY_MS = 1_000;

export function createSlots({ purpose, atOnce, maxQueued, maxWaitMs = 2_000, clock }: SlotsOptions): Slots {
  let active = 0;
  // In order of arrival, which is the order of their ends too.
  const queue = new Set<Waiter>();
  let watch: AbortController | undefined;

  const refused = () =>
    new AppError("OVERLOADED", `Cannot ${purpose}: ${active} others are in progress and ${queue.size} wait`, {
      retryable: true,
      details: { retryInMs: RETRY_MS },
    });

  function enter(): Promise<void> {
    if (queue.size >= maxQueued) return Promise.reject(refused());
    return new Promise((resolve, reject) => {
      queue.add({ resolve, reject, untilMs: clock.monotonicMs() + maxWaitMs });
      if (!watch) void refuseLate(watch = new AbortController());
    });
  }

  function leave() {
    const [next] = queue;
    if (!next) {
      active--;
      return;
    }
    queue.delete(next);
    if (queue.size === 0) endWatch();
    next.resolve();
  }

  async function refuseLate({ signal }: AbortController) {
    while (!signal.aborted) {
      const [oldest] = queue;
      try {
        await clock.sleep(Math.max(1, oldest!.untilMs - clock.monotonicMs()), signal);
      } catch {
        return;
      }
      const now = clock.monotonicMs();
      for (const waiter of queue) {
        if (waiter.untilMs > now) break;
        queue.delete(waiter);
        waiter.reject(refused());
      }
      if (queue.size === 0) endWatch();
    }
  }

  function endWatch() {
    watch?.abort();
    watch = undefined;
  }

  return {
    run: async (work) => {
      if (active < atOnce) active++;
      else await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
