/** The worker: claims jobs while it has free slots, runs their handlers, renews its leases, gives back what it cannot finish. */

import { backoffMs, type BackoffPolicy } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import type { OnPoint } from "../crash_point.ts";
import { isUnavailable } from "../db/db.ts";
import { AppError, toAppError } from "../errors.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Job, JobKind, JobOutcome, Queue } from "./queue.ts";

export interface JobContext {
  /** Aborts when the lease is lost or the worker stops without waiting any longer. */
  signal: AbortSignal;
  /** Name of the claim's owner, for jobs a handler creates under the same lease. */
  owner: string;
  leaseMs: number;
}

export type JobHandler = (job: Job, context: JobContext) => Promise<JobOutcome>;

export interface WorkerOptions {
  queue: Queue;
  /** A job of a kind that is missing here is left to an instance that knows it. */
  handlers: Partial<Record<JobKind, JobHandler>>;
  clock: Clock;
  log: Logger;
  /** Unique among all workers of the database. */
  owner: string;
  /** Jobs worked on at once. */
  concurrency: number;
  leaseMs: number;
  /** Called before a job is discarded by the worker itself, so that its concept can close what the job stood for. */
  onDiscard?(job: Job, reason: string): Promise<void>;
  onPoint?: OnPoint;
}

export interface Worker {
  /** Starts to serve until stop(). */
  run(): void;
  /** Works off what is due now, at most `limit` jobs, and returns how many it ran (tests, cron, request-driven hosts). */
  drain(limit?: number): Promise<number>;
  /** Ends claiming, waits up to `graceMs` for the jobs under way, aborts the rest and gives their claims back. */
  stop(graceMs: number): Promise<void>;
}

/** Tries before a job whose handler keeps failing for reasons of our own becomes a dead letter. */
const MAX_ATTEMPTS = 20;
/** Longest idle wait between two looks at the table: a wake-up is only a hint. */
const POLL_MS = 1_000;
/** Wait before jobs that are due, yet could not be claimed, are looked at again. */
const HELD_MS = 100;
const RELISTEN_MS = 10_000;
/** Wait of a job whose kind this version does not know, as in a rolling upgrade. */
const UNKNOWN_MS = 10_000;
const RETRY: BackoffPolicy = { initialDelayMs: 500, maxDelayMs: 60_000, multiplier: 2 };

export function createWorker(options: WorkerOptions): Worker {
  const { queue, handlers, clock, log, owner, concurrency, leaseMs } = options;
  const active = new Map<number, { job: Job; abort: AbortController; done: Promise<void> }>();
  const stopping = new AbortController();
  const stopped = Promise.withResolvers<void>();
  let loop: Promise<void> | undefined;
  let hinted = false;
  let ring = () => {};

  function hint() {
    hinted = true;
    ring();
  }

  /** Ends at a hint, when a slot frees, after `ms`, or at stop. */
  async function wait(ms: number) {
    if (hinted) return;
    const bell = new AbortController();
    ring = () => bell.abort();
    const end = AbortSignal.any([bell.signal, stopping.signal]);
    await clock.sleep(ms, end).catch(() => {});
    ring = () => {};
  }

  async function serve() {
    const wakeUps = listenForHints();
    while (!stopping.signal.aborted) {
      await enoughSlots();
      if (stopping.signal.aborted) break;
      hinted = false;
      const jobs = await claim(freeSlots());
      jobs.forEach(start);
      if (jobs.length === 0) await wait(await idleMs());
    }
    await (await wakeUps)?.stop().catch(() => {});
  }

  /** Asks to be woken, again and again while the database does not take it; until then the table is looked at every second. */
  async function listenForHints() {
    while (!stopping.signal.aborted) {
      try {
        return await queue.onWake(hint);
      } catch {
        await clock.sleep(RELISTEN_MS, stopping.signal).catch(() => {});
      }
    }
    return undefined;
  }

  async function claim(limit: number): Promise<Job[]> {
    try {
      const jobs = await queue.claim({ limit, owner, leaseMs });
      if (jobs.length > 0) options.onPoint?.("after_claim");
      return jobs;
    } catch (error) {
      log.warn("queue.claim_failed", { error });
      await wait(POLL_MS);
      return [];
    }
  }

  async function idleMs(): Promise<number> {
    const dueMs = await queue.nextDueMs().catch(() => undefined);
    if (dueMs === undefined) return POLL_MS;
    // Due now, yet not claimed: another worker is about to take it, or its key waits for an earlier job.
    return dueMs === 0 ? HELD_MS : Math.min(dueMs, POLL_MS);
  }

  function freeSlots(): number {
    return concurrency - active.size;
  }

  /**
   * Ends when a quarter of the slots is free, after a moment when one is, or at stop: larger batches cost the database
   * less, yet a few slow jobs must not keep the other slots empty.
   */
  async function enoughSlots() {
    if (active.size === 0 || freeSlots() >= concurrency / 4) return;
    const end = new AbortController();
    let over = false;
    const moment = clock.sleep(HELD_MS, end.signal).then(() => void (over = true), () => {});
    while (active.size > 0 && (freeSlots() <= 0 || (!over && freeSlots() < concurrency / 4))) {
      if (stopping.signal.aborted) break;
      const ends = [...active.values()].map(({ done }) => done);
      await Promise.race(over ? [stopped.promise, ...ends] : [stopped.promise, moment, ...ends]);
    }
    end.abort();
  }

  function start(job: Job): Promise<void> {
    const abort = new AbortController();
    // Our own older claim of it, whose lease ended unnoticed: only the newer may go on.
    active.get(job.id)?.abort.abort(leaseEnded(job));
    const entry = { job, abort, done: Promise.resolve() };
    entry.done = execute(job, { signal: abort.signal, owner, leaseMs }).finally(() => {
      if (active.get(job.id) === entry) active.delete(job.id);
      if (job.ordered) hint();
    });
    active.set(job.id, entry);
    return entry.done;
  }

  async function execute(job: Job, context: JobContext): Promise<void> {
    let outcome: JobOutcome;
    try {
      outcome = await (handlers[job.kind] ?? unknownKind)(job, context);
    } catch (error) {
      outcome = await outcomeOf(error, job);
    }
    if (outcome.kind === "settled") {
      if (outcome.rescheduled) hint();
      // Work that the handler created under its own lease goes on in this slot, without another trip through the table.
      if (outcome.next?.length) active.delete(job.id);
      await Promise.all((outcome.next ?? []).map(start));
      return;
    }
    await settle(job, outcome);
  }

  async function outcomeOf(error: unknown, job: Job): Promise<JobOutcome> {
    const failure = toAppError(error);
    if (failure.code === "LEASE_LOST" || isUnavailable(error) || isUnavailable(failure.cause)) {
      // Nothing can be recorded: the lease ends by itself and the job is taken again.
      log.warn("job.abandoned", { job_id: job.id, kind: job.kind, code: failure.code });
      return { kind: "settled" };
    }
    log.error("job.failed", { job_id: job.id, kind: job.kind, attempt: job.attempt, error });
    if (job.attempt + 1 < MAX_ATTEMPTS) {
      return { kind: "retry", delayMs: backoffMs(job.attempt + 1, RETRY), reason: failure.message };
    }
    const reason = `${failure.message} (${MAX_ATTEMPTS} tries)`;
    try {
      await options.onDiscard?.(job, reason);
    } catch (error) {
      // What the job stood for could not be closed: the lease ends by itself, and the discard is tried again.
      log.warn("job.abandoned", { job_id: job.id, kind: job.kind, error });
      return { kind: "settled" };
    }
    return { kind: "discard", reason };
  }

  async function settle(job: Job, outcome: Exclude<JobOutcome, { kind: "settled" }>) {
    try {
      await queue.settle(job, outcome);
      if (outcome.kind === "retry" || outcome.kind === "snooze") hint();
    } catch (error) {
      log.warn("job.abandoned", { job_id: job.id, kind: job.kind, error });
    }
  }

  async function renewLeases() {
    while (!stopping.signal.aborted || active.size > 0) {
      await clock.sleep(leaseMs / 3, renewing.signal).catch(() => {});
      if (renewing.signal.aborted) return;
      const held = [...active.values()];
      if (held.length === 0) continue;
      const lost = await queue.renew(held.map(({ job }) => job), leaseMs).catch(() => new Set<number>());
      for (const { job, abort } of held) {
        if (!lost.has(job.id) || active.get(job.id)?.job.fence !== job.fence) continue;
        abort.abort(leaseEnded(job));
      }
    }
  }
  const renewing = new AbortController();

  return {
    run: () => {
      loop ??= Promise.all([serve(), renewLeases()]).then(() => {});
    },
    drain: async (limit = Infinity) => {
      let count = 0;
      while (count < limit) {
        const jobs = await queue.claim({ limit: Math.min(concurrency, limit - count), owner, leaseMs });
        if (jobs.length === 0) break;
        await Promise.all(jobs.map(start));
        count += jobs.length;
      }
      return count;
    },
    stop: async (graceMs) => {
      stopping.abort();
      stopped.resolve();
      ring();
      const finished = Promise.all([...active.values()].map(({ done }) => done));
      await Promise.race([finished, clock.sleep(graceMs, renewing.signal).catch(() => {})]);
      renewing.abort();
      for (const { abort } of active.values()) {
        abort.abort(new AppError("LEASE_LOST", "Cannot go on: the worker stops"));
      }
      await loop;
      await queue.release(owner).catch((error) => log.warn("queue.release_failed", { error }));
    },
  };
}

function leaseEnded(job: Job): AppError {
  return new AppError("LEASE_LOST", `Cannot go on with job "${job.id}": claim ${job.fence} ended`);
}

function unknownKind(): Promise<JobOutcome> {
  return Promise.resolve({ kind: "snooze", delayMs: UNKNOWN_MS, reason: "no handler in this version" });
}
