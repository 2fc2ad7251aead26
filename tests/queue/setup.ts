/** A worker over a real queue with handlers and a clock of the test's choosing, and what it logged. */

import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import type { JobKind, Queue } from "../../src/queue/queue.ts";
import { createWorker, type JobHandler, type WorkerOptions } from "../../src/queue/worker.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";

export const LEASE_MS = 30_000;

export interface WorkerSetup extends Partial<Omit<WorkerOptions, "queue" | "handlers" | "log">> {
  event?: JobHandler;
  run?: JobHandler;
  /** Of other kinds. */
  handlers?: Partial<Record<JobKind, JobHandler>>;
  /** Takes the place of some of the queue's methods. */
  queue?: Partial<Queue>;
}

/** The worker's clock stands still until the test moves it; leases go by the database's time. */
export function setUpWorker(db: Database, { event, run, handlers, queue: methods, ...options }: WorkerSetup) {
  const done: JobHandler = () => Promise.resolve({ kind: "done" });
  const queue: Queue = { ...createPostgresQueue(db, systemClock), ...methods };
  const clock = createFakeClock();
  const logs: Record<string, unknown>[] = [];
  const log = createLogger({ level: "INFO", format: "json", clock, write: (line) => logs.push(JSON.parse(line)) });
  const worker = createWorker({
    queue,
    handlers: { event: event ?? done, run: run ?? done, ...handlers },
    clock,
    log,
    owner: "worker-1",
    concurrency: 4,
    leaseMs: LEASE_MS,
    ...options,
  });
  return { worker, queue, clock, logs };
}

/** A promise and its way to be answered; `at(n)` waits for the n-th value given to `give`. */
export function stream<T>() {
  const values: T[] = [];
  const waiting: { count: number; resolve(value: T): void }[] = [];
  return {
    values,
    give(value: T) {
      values.push(value);
      for (const one of waiting) if (one.count === values.length) one.resolve(value);
    },
    at: (count: number): Promise<T> =>
      values.length >= count
        ? Promise.resolve(values[count - 1]!)
        : new Promise((resolve) => void waiting.push({ count, resolve })),
  };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
