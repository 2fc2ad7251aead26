/** Group commit: calls that arrive while a batch is in progress travel together in the next one. */

import { setImmediate } from "node:timers";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { isUnavailable } from "./db.ts";

export interface BatcherOptions<Item, Result> {
  /** Name of the work for error sentences, e.g. "store the delivery". */
  purpose: string;
  clock: Clock;
  /** Most items in one batch. */
  maxItems: number;
  /** Batches in progress at once. */
  maxInFlight: number;
  /** Items waiting beyond this are refused with OVERLOADED. */
  maxWaiting?: number;
  /** An item whose batch has not begun after this is given up with DATABASE_UNAVAILABLE: nothing was done for it. */
  maxWaitMs?: number;
  /**
   * An item unanswered for this long after submit() is given up with DATABASE_UNAVAILABLE although its batch is in
   * progress and may still be done; default `maxWaitMs`. Where that matters, `flush` bounds its work so that it ends
   * before.
   */
  maxAnswerMs?: number;
  /** Does one batch; the results stand in the order of the items. `leftMs`: until the first of them is given up. */
  flush(items: Item[], leftMs: number): Promise<Result[]>;
  /** Takes the next batch out of `waiting` (in order); the default takes the first `maxItems`. */
  take?(waiting: Item[], maxItems: number): Item[];
  /** In place of `take`: what waits is kept there. */
  line?: Line<Item>;
}

/** What waits, in an order of its own. */
export interface Line<Item> {
  /** True when a batch can be taken now. */
  push(item: Item): boolean;
  /** The next batch, out of the line; empty when nothing waits, or all that does waits for a batch in progress. */
  take(): Item[];
  /** A batch that was taken has ended. */
  ended(batch: Item[]): void;
  /** Takes out what does not stay. */
  keep(stays: (item: Item) => boolean): void;
}

export interface Batcher<Item, Result> {
  submit(item: Item): Promise<Result>;
  /** Items submitted and not yet answered. */
  size(): number;
}

interface Entry<Result> {
  resolve(result: Result): void;
  reject(error: unknown): void;
  submittedMs: number;
  begun: boolean;
}

const SWEEP_MS = 250;
/** Past this between two looks at the clock this process itself stood still: an answer may be there and wait to be read. */
const STANDSTILL_MS = 2 * SWEEP_MS;

export function createBatcher<Item extends object, Result>(
  options: BatcherOptions<Item, Result>,
): Batcher<Item, Result> {
  const { clock, maxInFlight, maxWaiting = Infinity, maxWaitMs = Infinity } = options;
  const { maxAnswerMs = maxWaitMs, line = createFifo(options) } = options;
  const open = new Map<Item, Entry<Result>>();
  let inFlight = 0;
  let pumping = false;
  let sweeping = false;
  let seenMs = clock.monotonicMs();
  let stoodStillMs = 0;

  /** Time in which something could be done: the waiting of items is measured by it. */
  function awakeMs(): number {
    const now = clock.monotonicMs();
    if (now - seenMs > STANDSTILL_MS) stoodStillMs += now - seenMs - SWEEP_MS;
    seenMs = now;
    return now - stoodStillMs;
  }

  function submit(item: Item): Promise<Result> {
    if (open.size >= maxWaiting) {
      return Promise.reject(
        new AppError("OVERLOADED", `Cannot ${options.purpose}: ${open.size} wait already`, { retryable: true }),
      );
    }
    return new Promise<Result>((resolve, reject) => {
      open.set(item, { resolve, reject, submittedMs: awakeMs(), begun: false });
      const ready = line.push(item);
      // The check comes after the current turn of the event loop, so that what was read together is written together.
      if (ready && inFlight < maxInFlight && !pumping) {
        pumping = true;
        setImmediate(pump);
      }
      if (maxWaitMs !== Infinity && !sweeping) void sweep();
    });
  }

  function pump() {
    pumping = false;
    while (inFlight < maxInFlight) {
      const batch = line.take();
      if (batch.length === 0) return;
      inFlight++;
      void flush(batch).finally(() => {
        inFlight--;
        line.ended(batch);
        pump();
      });
    }
  }

  /**
   * Items that may still begin, and the time until the first is given up. The others are rejected now: nothing was done
   * for them.
   */
  function begin(batch: Item[]): { items: Item[]; leftMs: number } {
    const now = awakeMs();
    const items: Item[] = [];
    let firstMs = Infinity;
    for (const item of batch) {
      const entry = open.get(item);
      if (entry === undefined) continue;
      if (now - entry.submittedMs >= maxWaitMs) {
        open.delete(item);
        entry.reject(notBegun());
        continue;
      }
      entry.begun = true;
      firstMs = Math.min(firstMs, entry.submittedMs);
      items.push(item);
    }
    return { items, leftMs: firstMs + maxAnswerMs - now };
  }

  async function flush(batch: Item[]) {
    const { items, leftMs } = begin(batch);
    if (items.length === 0) return;
    try {
      const results = await options.flush(items, leftMs);
      items.forEach((item, index) => settle(item, (entry) => entry.resolve(results[index]!)));
    } catch (error) {
      // One item may have spoilt the batch for the others: each is retried alone, unless the database is away.
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

  const late = (what: string) =>
    new AppError("DATABASE_UNAVAILABLE", `Cannot ${options.purpose}: ${what}`, { retryable: true });
  const notBegun = () => late(`timeout, it was not begun within ${maxWaitMs} ms`);
  const noAnswer = () => late(`timeout, no answer in ${maxAnswerMs} ms`);

  async function sweep() {
    sweeping = true;
    while (open.size > 0) {
      await clock.sleep(SWEEP_MS);
      const now = awakeMs();
      let expired = false;
      // In the order in which they came: behind the first that may wait on, all may.
      for (const [item, { begun, submittedMs }] of open) {
        const ageMs = now - submittedMs;
        if (begun) {
          if (ageMs >= maxAnswerMs) settle(item, ({ reject }) => reject(noAnswer()));
        } else if (ageMs >= maxWaitMs) {
          expired = true;
          settle(item, ({ reject }) => reject(notBegun()));
        } else break;
      }
      if (expired) line.keep((item) => open.has(item));
    }
    sweeping = false;
  }

  return { submit, size: () => open.size };
}

function createFifo<Item>(
  { maxItems, take = (waiting, count) => waiting.splice(0, count) }: Pick<
    BatcherOptions<Item, never>,
    "maxItems" | "take"
  >,
): Line<Item> {
  let waiting: Item[] = [];
  return {
    push: (item) => waiting.push(item) > 0,
    take: () => waiting.length === 0 ? [] : take(waiting, maxItems),
    ended: () => {},
    keep: (stays) => void (waiting = waiting.filter(stays)),
  };
}
