/** Group commit: calls that arrive while a batch is under way travel together in the next one. */

import { setImmediate } from "node:timers";
import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import { isUnavailable } from "./db.ts";

export interface BatcherOptions<Item, Result> {
  /** Name of the work for error sentences, e.g. "store the delivery". */
  purpose: string;
  clock: Clock;
  /** Most items in one batch. */
  maxItems: number;
  /** Batches under way at once. */
  maxInFlight: number;
  /** Items waiting beyond this are refused with OVERLOADED. */
  maxWaiting?: number;
  /** An item unanswered for this long is given up with DATABASE_UNAVAILABLE; its batch may still commit. */
  maxWaitMs?: number;
  /** Does one batch; the results stand in the order of the items. */
  flush(items: Item[]): Promise<Result[]>;
  /** Takes the next batch out of `waiting` (in order); the default takes the first `maxItems`. */
  take?(waiting: Item[], maxItems: number): Item[];
}

export interface Batcher<Item, Result> {
  submit(item: Item): Promise<Result>;
  /** Items submitted and not yet answered. */
  size(): number;
}

interface Entry<Result> {
  resolve(result: Result): void;
  reject(error: unknown): void;
  deadlineMs: number;
}

const SWEEP_MS = 250;

export function createBatcher<Item extends object, Result>(
  options: BatcherOptions<Item, Result>,
): Batcher<Item, Result> {
  const { clock, maxItems, maxInFlight, maxWaiting = Infinity, maxWaitMs = Infinity } = options;
  const take = options.take ?? ((waiting, count) => waiting.splice(0, count));
  // Insertion order is deadline order, so the sweep looks at the oldest only.
  const open = new Map<Item, Entry<Result>>();
  let waiting: Item[] = [];
  let inFlight = 0;
  let sweeping = false;

  function submit(item: Item): Promise<Result> {
    if (open.size >= maxWaiting) {
      return Promise.reject(
        new AppError("OVERLOADED", `Cannot ${options.purpose}: ${open.size} wait already`, { retryable: true }),
      );
    }
    return new Promise<Result>((resolve, reject) => {
      open.set(item, { resolve, reject, deadlineMs: clock.monotonicMs() + maxWaitMs });
      waiting.push(item);
      // The check comes after the current turn of the event loop, so that what was read together is written together.
      if (inFlight < maxInFlight && waiting.length === 1) setImmediate(pump);
      if (maxWaitMs !== Infinity && !sweeping) void sweep();
    });
  }

  function pump() {
    while (inFlight < maxInFlight && waiting.length > 0) {
      const items = take(waiting, maxItems);
      inFlight++;
      void flush(items).finally(() => {
        inFlight--;
        pump();
      });
    }
  }

  async function flush(items: Item[]) {
    try {
      const results = await options.flush(items);
      items.forEach((item, index) => settle(item, (entry) => entry.resolve(results[index]!)));
    } catch (error) {
      // One item may have spoilt the batch for the others: each gets a try of its own, unless the database is away.
      if (items.length > 1 && !isUnavailable(error)) {
        for (const item of items) await flush([item]);
      } else {
        items.forEach((item) => settle(item, (entry) => entry.reject(error)));
      }
    }
  }

  function settle(item: Item, answer: (entry: Entry<Result>) => void) {
    const entry = open.get(item);
    if (!entry) return;
    open.delete(item);
    answer(entry);
  }

  async function sweep() {
    sweeping = true;
    while (open.size > 0) {
      await clock.sleep(SWEEP_MS);
      const now = clock.monotonicMs();
      let expired = false;
      for (const [item, entry] of open) {
        if (entry.deadlineMs > now) break;
        expired = true;
        settle(item, ({ reject }) =>
          reject(
            new AppError("DATABASE_UNAVAILABLE", `Cannot ${options.purpose}: no answer in ${maxWaitMs} ms`, {
              retryable: true,
            }),
          ));
      }
      if (expired) waiting = waiting.filter((item) => open.has(item));
    }
    sweeping = false;
  }

  return { submit, size: () => open.size };
}
