/** The worker: claims jobs while it has free slots, runs their handlers, renews its leases, gives back what it cannot finish. */

import { backoffMs, type BackoffPolicy } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { OnPoint } from "../base/crash_point.ts";
import { isUnavailable } from "../db/db.ts";
import { AppError, type ErrorCode, toAppError } from "../base/errors.ts";
import type { Logger } from "../telemetry/log.ts";
import { createBursts } from "./burst.ts";
import { isStanding, type Job, type JobKind, type JobOutcome, type Queue } from "./queue.ts";
import { createShares, holderOf } from "./shares.ts";

export interface JobContext {
  /** Aborts when the lease is lost or the worker stops without waiting any longer. */
  signal: AbortSignal;
  /** Name of the claim's owner, for jobs a handler creates under the same lease. */
  owner: string;
  leaseMs: number;
  /**
   * Takes slots for jobs that the handler creates under its claim, to be handed over as `next`: so many of `wanted` may be.
   * The handler's own slot is among them, so at least one is; the others have to go through the table. Absent: all may.
   */
  takeSlots?(wanted: number): number;
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
  /** Jobs worked on at once; those of one holder only while they are fewer than the slots that are free (shares.ts). */
  concurrency: number;
  leaseMs: number;
  /** Makes a dead letter of a job that the worker gives up, and closes what the job stood for; by default the job alone. */
  discard?(job: Job, failure: { code: ErrorCode; reason: string }): Promise<void>;
  /** A job became a dead letter, unless its handler made it one. */
  onDiscarded?(kind: JobKind): void;
  onPoint?: OnPoint;
  /** Work of an installation begins: on an event or a run of it. */
  onBegin?(installationId: number): void;
}

export interface Worker {
  /** Starts to serve until stop(). */
  run(): void;
  /**
   * Works off the jobs that may be claimed now, at most `limit` jobs, and returns how many it ran (tests, cron,
   * request-driven hosts).
   */
  drain(limit?: number): Promise<number>;
  /**
   * For hosts that stop a program without requests, in place of run(): serves until `ms` from now, or, where it does so
   * already, until the later of both, without listening for what other processes make. Settles when nothing is in progress or
   * due, at the latest when that time is over and what was in progress has ended. Never rejects.
   */
  serveFor(ms: number): Promise<void>;
  /** Ends claiming, waits up to `graceMs` for the jobs in progress, aborts the rest and gives their claims back. */
  stop(graceMs: number): Promise<void>;
}

/** Attempts before a job whose handler keeps failing for reasons of our own becomes a dead letter. */
const MAX_ATTEMPTS = 20;
/** Lost leases in a row after which a job is held to end the process each time it is tried. */
const MAX_RESCUES = 10;
/** From so many lost leases on, a job runs beside no other of its sort: of several that lost them together, one is the cause. */
const SUSPECT_RESCUES = 3;
/** Wait of a suspect while another one runs. */
const SUSPECT_MS = 200;
/** Pause of a standing job that keeps failing, or ending the process: it is never discarded. */
const STANDING_PAUSE_MS = 600_000;
/** Longest idle wait between two looks at the table: a wake-up is only a hint. */
const POLL_MS = 1_000;
/** Wait before due jobs that could not be claimed are looked at again. */
const HELD_MS = 100;
/** Shortest time between two claims while some installation has all that it may have: hints may come by the thousand. */
const HINTED_MS = 10;
const RELISTEN_MS = 10_000;
/** Wait of a job whose kind this version does not know, as in a rolling upgrade. */
const UNKNOWN_MS = 10_000;
const RETRY: BackoffPolicy = { initialDelayMs: 500, maxDelayMs: 60_000, multiplier: 2 };

export function createWorker(options: WorkerOptions): Worker {
  const { queue, handlers, clock, log, owner, concurrency, leaseMs } = options;
  const active = new Map<number, Entry>();
  const shares = createShares(concurrency);
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;
  let hinted = false;
  /** Jobs that ended since the last claim. */
  let ended = 0;
  let ring = () => {};

  function hint() {
    hinted = true;
    ring();
  }

  /** Ends at a hint, after `ms`, at stop, or as soon as something has ended and `isEnough`. */
  async function wait(ms: number, isEnough = () => false) {
    const endMs = clock.monotonicMs() + ms;
    while (!hinted && !isEnough() && !stopping.signal.aborted) {
      const leftMs = endMs - clock.monotonicMs();
      if (leftMs <= 0) return;
      await rungOr(leftMs);
    }
  }

  /** Ends at a hint, when a job ended, after `ms`, or at stop. */
  async function rungOr(ms: number) {
    const bell = new AbortController();
    ring = () => bell.abort();
    if (!stopping.signal.aborted) await clock.sleep(ms, bell.signal).catch(() => {});
    ring = () => {};
  }

  async function serve() {
    const wakeUps = listening(() => queue.onWake(hint));
    // For what came before it listened.
    void wakeUps.then(hint);
    const withdrawals = listening(() => queue.onWithdrawn(withdraw));
    while (!stopping.signal.aborted) {
      const next = await work();
      if (next.claimed === 0 || next.dueMs !== 0) await wait(idleMs(next.dueMs));
    }
    for (const one of [wakeUps, withdrawals]) await (await one)?.stop().catch(() => {});
  }

  /** Claims while there is something and somewhere to put it; gives what the last claim brought, and when it is worth another. */
  async function work(isOver = () => false): Promise<{ claimed: number; dueMs: number | undefined }> {
    while (true) {
      if (shares.isUsedUp()) await somethingEnded();
      if (stopping.signal.aborted || isOver()) return { claimed: 0, dueMs: undefined };
      hinted = false;
      ended = 0;
      const free = shares.free();
      const jobs = await claim(free);
      (await admit(jobs)).forEach(start);
      if (jobs.length >= free || hinted || shares.isUsedUp()) continue;
      // Nearly always nothing is left behind so few: that costs less to ask than another claim in vain.
      return { claimed: jobs.length, dueMs: await queue.nextDueMs().catch(() => undefined) };
    }
  }

  /** Listens; asks again and again while the database does not accept it; until then the table is looked at every second. */
  async function listening<Listener>(listen: () => Promise<Listener>): Promise<Listener | undefined> {
    while (!stopping.signal.aborted) {
      try {
        return await listen();
      } catch {
        await clock.sleep(RELISTEN_MS, stopping.signal).catch(() => {});
      }
    }
    return undefined;
  }

  /** Stops the work on a job that was taken out of the queue; a newer claim of it goes on. */
  function withdraw({ id, fence }: Pick<Job, "id" | "fence">) {
    const entry = active.get(id);
    if (entry && entry.job.fence <= fence) entry.abort.abort(withdrawn(entry.job));
  }

  async function claim(limit: number): Promise<Job[]> {
    try {
      const jobs = await queue.claim({ limit, owner, leaseMs, held: shares.held() });
      if (jobs.length > 0) options.onPoint?.("after_claim");
      return jobs;
    } catch (error) {
      log.warn("queue.claim_failed", { error });
      await wait(POLL_MS);
      return [];
    }
  }

  function idleMs(dueMs: number | undefined): number {
    if (dueMs === undefined) return POLL_MS;
    // Due now, yet not claimed: another worker is about to take it, or its key waits for an earlier job.
    return dueMs === 0 ? HELD_MS : Math.min(dueMs, POLL_MS);
  }

  /**
   * Ends when a quarter of what was worked on has ended, after a moment when a slot is free, or at stop: larger batches cost
   * the database less. A hint may be of an installation that has slots left, so it ends this sooner.
   */
  async function somethingEnded() {
    const enough = Math.ceil((concurrency - shares.free() + ended) / 4);
    const sinceMs = clock.monotonicMs();
    while (!stopping.signal.aborted) {
      const waitedMs = clock.monotonicMs() - sinceMs;
      const atMostMs = hinted ? HINTED_MS : HELD_MS;
      if (shares.free() > 0 && (ended >= enough || waitedMs >= atMostMs)) return;
      await rungOr(waitedMs < atMostMs ? atMostMs - waitedMs : POLL_MS);
    }
  }

  /** The jobs that may start now. A suspect starts beside no other one: what it does to the process, it does to itself. */
  async function admit(jobs: Job[]): Promise<Job[]> {
    if (!jobs.some(isSuspect)) return jobs;
    let taken = [...active.values()].some(({ job }) => isSuspect(job));
    const admitted: Job[] = [];
    for (const job of jobs) {
      if (!isSuspect(job) || !taken) admitted.push(job);
      else await settle(job, { kind: "snooze", delayMs: SUSPECT_MS, reason: SUSPECT_REASON, rescues: job.rescues });
      taken ||= isSuspect(job);
    }
    return admitted;
  }

  function start(job: Job): Promise<void> {
    const abort = new AbortController();
    // Our own older claim of it, whose lease ended unnoticed: only the newer may continue.
    active.get(job.id)?.abort.abort(leaseEnded(job));
    const entry: Entry = { job, abort, slots: 1, done: Promise.resolve() };
    const holder = holderOf(job);
    shares.take(holder);
    if (holder === job.installationId) options.onBegin?.(holder);
    entry.done = execute(entry).finally(() => {
      if (leave(entry)) {
        ended++;
        ring();
      }
      if (job.ordered) hint();
    });
    active.set(job.id, entry);
    return entry.done;
  }

  /** False where it was left before, for the jobs that its handler created. */
  function leave(entry: Entry): boolean {
    const { job, slots } = entry;
    if (slots === 0) return false;
    entry.slots = 0;
    shares.leave(holderOf(job), slots);
    if (active.get(job.id) === entry) active.delete(job.id);
    return true;
  }

  function contextOf(entry: Entry): JobContext {
    return {
      signal: entry.abort.signal,
      owner,
      leaseMs,
      takeSlots: (wanted) => {
        entry.slots += shares.takeUpTo(holderOf(entry.job), wanted - entry.slots);
        return Math.min(wanted, entry.slots);
      },
    };
  }

  async function execute(entry: Entry): Promise<void> {
    const { job } = entry;
    const startedMs = clock.monotonicMs();
    const outcome = await endOf(job, contextOf(entry));
    if (log.enabled("DEBUG")) {
      log.debug("job.finished", {
        ...namesOf(job),
        attempt: job.attempt,
        outcome: outcome.kind,
        duration_ms: clock.monotonicMs() - startedMs,
      });
    }
    if (outcome.kind === "settled") {
      if (outcome.rescheduled) hint();
      // Work that the handler created under its own lease continues in its slots, without another trip through the
      // table.
      if (outcome.next?.length) leave(entry);
      await Promise.all((outcome.next ?? []).map(start));
      return;
    }
    await settle(job, outcome);
  }

  async function endOf(job: Job, context: JobContext): Promise<JobOutcome> {
    if ((job.rescues ?? 0) > MAX_RESCUES) {
      const reason = `Cannot continue the job: the process ended ${job.rescues} times while it ran`;
      return await giveUp(job, { code: "RUN_LIMIT_REACHED", reason });
    }
    try {
      return await (handlers[job.kind] ?? unknownKind)(job, context);
    } catch (error) {
      return await outcomeOf(error, job);
    }
  }

  async function outcomeOf(error: unknown, job: Job): Promise<JobOutcome> {
    const failure = toAppError(error);
    if (failure.code === "LEASE_LOST" || isUnavailable(error) || isUnavailable(failure.cause)) {
      // Nothing can be recorded: the lease ends by itself and the job is claimed again (rescue). Withdrawn ones were by a person.
      const level = failure.details.withdrawn === true ? "info" : "warn";
      log[level]("job.abandoned", { ...namesOf(job), code: failure.code });
      return { kind: "settled" };
    }
    log.error("job.failed", { ...namesOf(job), attempt: job.attempt, error });
    if (job.attempt + 1 < MAX_ATTEMPTS) {
      return { kind: "retry", delayMs: backoffMs(job.attempt + 1, RETRY), reason: failure.message };
    }
    return await giveUp(job, { code: "INTERNAL", reason: `${failure.message} (${job.attempt + 1} attempts)` });
  }

  /** A dead letter, or of a standing job the longest pause: after it one more lost lease is enough for the next. */
  async function giveUp(job: Job, failure: { code: ErrorCode; reason: string }): Promise<JobOutcome> {
    const { reason } = failure;
    if (isStanding(job)) {
      log.error("job.paused", { ...namesOf(job), reason });
      const rescues = Math.min(job.rescues ?? 0, MAX_RESCUES);
      return { kind: "retry", delayMs: STANDING_PAUSE_MS, reason, rescues };
    }
    log.error("job.discarded", { ...namesOf(job), reason });
    if (!options.discard) return { kind: "discard", reason };
    try {
      await options.discard(job, failure);
      options.onDiscarded?.(job.kind);
    } catch (error) {
      // Nothing was recorded: the lease ends by itself, and the job is given up again.
      log.warn("job.abandoned", { ...namesOf(job), error });
    }
    return { kind: "settled" };
  }

  async function settle(job: Job, outcome: Exclude<JobOutcome, { kind: "settled" }>) {
    try {
      await queue.settle(job, outcome);
      if (outcome.kind === "discard") options.onDiscarded?.(job.kind);
      if (outcome.kind === "retry" || outcome.kind === "snooze") hint();
    } catch (error) {
      log.warn("job.abandoned", { ...namesOf(job), error });
    }
  }

  async function renewLeases(end: AbortSignal) {
    while (!stopping.signal.aborted || active.size > 0) {
      await clock.sleep(leaseMs / 3, end).catch(() => {});
      if (end.aborted) return;
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
  const bursts = createBursts({
    clock,
    stopping: stopping.signal,
    work,
    wait,
    hint,
    isHinted: () => hinted,
    inProgress: () => [...active.values()].map(({ done }) => done),
    idleMs,
    renewLeases,
  });

  return {
    run: () => {
      loop ??= Promise.all([serve(), renewLeases(renewing.signal)]).then(() => {});
    },
    drain: async (limit = Infinity) => {
      const over = new AbortController();
      const renewed = renewLeases(over.signal);
      let count = 0;
      try {
        while (count < limit) {
          const jobs = await queue.claim({ limit: Math.min(concurrency, limit - count), owner, leaseMs });
          if (jobs.length === 0) break;
          const admitted = await admit(jobs);
          await Promise.all(admitted.map(start));
          count += admitted.length;
        }
      } finally {
        over.abort();
        await renewed;
      }
      return count;
    },
    serveFor: bursts.serveFor,
    stop: async (graceMs) => {
      stopping.abort();
      ring();
      const finished = Promise.all([...active.values()].map(({ done }) => done));
      await Promise.race([finished, clock.sleep(graceMs, renewing.signal).catch(() => {})]);
      renewing.abort();
      for (const { abort } of active.values()) {
        abort.abort(new AppError("LEASE_LOST", "Cannot continue the job: the worker stops"));
      }
      await Promise.all([loop, bursts.ended()]);
      await queue.release(owner).catch((error) => log.warn("queue.release_failed", { error }));
    },
  };
}

/** A job that is worked on. */
interface Entry {
  job: Job;
  abort: AbortController;
  /** Held for it, and for the jobs that its handler creates; 0 once they are given back. */
  slots: number;
  done: Promise<void>;
}

const SUSPECT_REASON = "waits until another job, whose process ended, has finished";

function isSuspect({ rescues = 0 }: Job): boolean {
  return rescues >= SUSPECT_RESCUES;
}

/** What a line of the log says of a job. */
function namesOf({ id, kind, installationId }: Job) {
  return { job_id: id, kind, installation_id: installationId };
}

function leaseEnded(job: Job): AppError {
  return new AppError("LEASE_LOST", `Cannot continue job "${job.id}": the lease of claim ${job.fence} ended`);
}

function withdrawn(job: Job): AppError {
  return new AppError("LEASE_LOST", `Cannot continue job "${job.id}": it was withdrawn`, {
    details: { withdrawn: true },
  });
}

function unknownKind(): Promise<JobOutcome> {
  return Promise.resolve({ kind: "snooze", delayMs: UNKNOWN_MS, reason: "no handler in this version" });
}
