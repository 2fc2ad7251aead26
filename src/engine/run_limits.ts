/** What one run may come to, whatever its plan says: each limit with its reason. Beyond one the run fails with RUN_LIMIT_REACHED. */

import type { Counted } from "./journal.ts";
import { AppError } from "../base/errors.ts";

export const RUN_LIMITS = {
  /** Each leaves a row of some 500 bytes: five steps for each of 10,000 items, in some 10 minutes where each takes 10 ms. */
  steps: 50_000,
  /** Attempts of all steps: two for each step, so that a receiver that is down ends the run and not a week later. */
  tries: 100_000,
  /** Of outputs and of the lists of loops: 16 of the largest, or 5 kB for each step. Counted in the workspace's storage. */
  outputBytes: 268_435_456,
  /** Branches and items that have begun and are not over: each is walked when the run goes on, and held in memory then. */
  open: 1_000,
  /** Calls in progress at once: as many as one loop or parallel step may have, so that nesting does not multiply them. */
  callsAtOnce: 20,
  /** From the run's creation, or a person's retry: a step waits for 366 days at most (wait_time.ts), and a run not for two. */
  wallMs: 400 * 86_400_000,
} as const;

/** Steps that begin in one walk before it rests (rest.ts): its memory ends with it, and others of its workspace have their turn. */
export const STEPS_PER_WALK = 2_000;

/** What a walk may still do before it rests; steps that had begun before it do not count. */
export interface Turn {
  steps: number;
  /** Of its templates and conditions, as in work_budget.ts. */
  work: number;
}

/** By then the run is over, or fails: also a wait that has no end of its own ends by then. */
export function deadlineOf({ createdAt, deadlineAt }: { createdAt: Date; deadlineAt?: Date }): Date {
  return deadlineAt ?? new Date(createdAt.getTime() + RUN_LIMITS.wallMs);
}

/** Counts of a run, and of the items in it, whose counts are those of the run too. */
export class RunCounts implements Counted {
  steps = 0;
  tries = 0;
  outputBytes = 0;
  /** Branches and items that are open now. */
  open = 0;
  readonly #parent: RunCounts | undefined;
  /** Of the run: the limit that it went over. What had been called is recorded, and no step follows. */
  #over: keyof typeof RUN_LIMITS & (keyof Counted | "open") | undefined;

  constructor(parent?: RunCounts) {
    this.#parent = parent;
  }

  /** Counts of a part, which are added to these. */
  part(): RunCounts {
    return new RunCounts(this);
  }

  /** What was counted in earlier walks; the parent has it. */
  restore(before: Counted): void {
    this.steps += before.steps;
    this.tries += before.tries;
    this.outputBytes += before.outputBytes;
  }

  /** Throws RUN_LIMIT_REACHED before what would go over a limit. */
  add(key: keyof Counted | "open", count: number): void {
    this.#parent?.add(key, count);
    if (!this.#parent && (this.#over || this[key] + count > RUN_LIMITS[key])) throw reached(this.#over ??= key);
    this[key] += count;
  }
}

function reached(key: keyof Counted | "open"): AppError {
  const limit = RUN_LIMITS[key];
  const what = {
    steps: `a run may walk ${limit} steps in all`,
    tries: `the steps of a run may be attempted ${limit} times in all`,
    outputBytes: `the outputs of a run may come to ${limit} bytes`,
    open: `${limit} branches and items of a run may be open at once`,
  }[key];
  return new AppError("RUN_LIMIT_REACHED", `Cannot go on with the run: ${what}`);
}
