/** Port of the queue: jobs claimed with a lease, run by handlers, settled under their fencing number. */

/** Each kind of job. */
export const JOB_KINDS = [
  "event",
  "waits",
  "run",
  "settings",
  "coverage",
  "poll",
  "reconcile",
  "bootstrap",
  "cleanup",
  "undo",
  "bulk",
  "history",
  "schedule_pause",
  "webhook",
] as const;

/** "event", "waits" (an event that steps may wait for) and "run" advance flows; the others are background work of an installation. */
export type JobKind = (typeof JOB_KINDS)[number];

/** One unit of work, as its worker claimed it. */
export interface Job {
  /** Row in the table `job`. */
  id: number;
  /** Which handler runs it. */
  kind: JobKind;
  /** The installation that the work is for. */
  installationId: number;
  /** What the handler needs, as it was enqueued. */
  payload: Record<string, unknown>;
  /** Failed attempts so far; of a standing job, since its last success. */
  attempt: number;
  /** Claims in a row that ended with their process, before anything could be said of the job. Absent: none. */
  rescues?: number;
  /** The claim's number: a write under an older one is refused. */
  fence: number;
  /** W3C trace context of what caused the job. */
  traceparent: string | null;
  /** True when later jobs may wait for this one: they share its order key. */
  ordered: boolean;
  /** Generation of the installation when the work of an event or a run was enqueued; none where that is unknown. */
  generation?: number | null;
  /** Signals that had come for the work when it was claimed (withdraw.ts, wakeJob). Absent: none. */
  wakes?: number;
}

/**
 * True for a job that recurs for as long as its add-on is installed, by its schedule (schedules/standing.ts): it is never
 * discarded, since the next would fail like it and each would stay as a dead letter. The removal of what coverage registered
 * (payload {remove: true}) has an end.
 */
export function isStanding({ kind, payload }: Pick<Job, "kind" | "payload">): boolean {
  return kind === "poll" || kind === "reconcile" || (kind === "coverage" && payload.remove !== true);
}

/** How a handler ends. `settled` says that the handler's own transaction already closed the job. */
export type JobOutcome =
  | { kind: "done" }
  /**
   * A failed attempt. `rescues`: lost leases that stay counted; without it they are forgotten, since this claim came to
   * its end.
   */
  | { kind: "retry"; delayMs: number; reason: string; rescues?: number }
  /**
   * No failure: the job runs again later (snooze). Of a standing job it is the success that forgets the failures before
   * it. With `keepsPlace` it stands where it stood among the others of its lane, which is paused.
   */
  | { kind: "snooze"; delayMs: number; reason: string; rescues?: number; keepsPlace?: boolean }
  | { kind: "cancel"; reason: string }
  | { kind: "discard"; reason: string }
  /**
   * `next`: jobs created under this worker's lease, to be worked on at once. `rescheduled`: the job runs again, maybe
   * sooner than the worker would look.
   */
  | { kind: "settled"; next?: Job[]; rescheduled?: boolean };

/** How many jobs of a kind are in a state. */
export interface JobCount {
  /** A JobKind. */
  kind: string;
  /** available, scheduled, executing, retryable, completed, discarded or cancelled. */
  state: string;
  /** Jobs. */
  count: number;
}

/** At least once, in order per key, published inside the caller's transaction. */
export interface Queue {
  /**
   * Takes due jobs, fair between installations, leased to `owner` until `leaseMs` from now (database time). With `held`, the
   * jobs that the caller works on by holder (shares.ts), `limit` are its free slots: the n-th job of a claim, which would be
   * the r-th that its holder has, is given where r <= limit - n + 1, so that no one holds more than stay free.
   */
  claim(
    options: { limit: number; owner: string; leaseMs: number; held?: ReadonlyMap<number, number> },
  ): Promise<Job[]>;
  /** Closes or reschedules a claimed job. Throws LEASE_LOST when another owner has it. */
  settle(job: Job, outcome: Exclude<JobOutcome, { kind: "settled" }>): Promise<void>;
  /** Renews the leases; returns the ids of jobs that are no longer this owner's. */
  renew(jobs: Job[], leaseMs: number): Promise<Set<number>>;
  /**
   * Gives the claims of every owner back, as lost leases: for a database that only this process can open, before it claims
   * anything itself.
   */
  releaseAll(): Promise<void>;
  /** Gives all claims of `owner` back at once, as if they had just become due. */
  release(owner: string): Promise<void>;
  /** Milliseconds until the next job may be claimed (0 when one may now), or undefined when none waits. */
  nextDueMs(): Promise<number | undefined>;
  /** Counts of jobs by kind and state, over at most 20,000 that are open and as many that ended. */
  counts(): Promise<JobCount[]>;
  /** Says that there may be work; also reaches other processes. */
  wake(): void;
  /** Calls `hint` for each wake of this or another process until stopped. */
  onWake(hint: () => void): Promise<{ stop(): Promise<void> }>;
  /** Says that a claim was withdrawn (withdraw.ts), so that its owner, here or in another process, stops at once. */
  sayWithdrawn(claim: Pick<Job, "id" | "fence">): void;
  /** Calls `onWithdrawn` for each such notice until stopped; it may be lost, and renew() finds the same. */
  onWithdrawn(onWithdrawn: (claim: Pick<Job, "id" | "fence">) => void): Promise<{ stop(): Promise<void> }>;
}
