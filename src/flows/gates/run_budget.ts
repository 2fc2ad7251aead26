/** How many runs an installation may start: one count for all that starts them, events, schedules, people, programs, flows. */

import type { Clock } from "../../base/clock.ts";
import { BURST_SECONDS } from "../../base/token_bucket.ts";
import { createMemoryBudget } from "../../limits/limits.ts";

export interface RunBudget {
  /** MAX_RUNS_PER_MINUTE. */
  perMinute: number;
  ratePerSecond: number;
  /** As many may start at once. */
  most: number;
  /** 0 when the runs may start, which counts them; else the milliseconds after which to try again. */
  take(installationId: number, runs?: number): number;
  /** Counts runs that start whatever the budget says, as those of schedules do: what others may start gets less. */
  charge(installationId: number, runs: number): void;
}

/** Of one process. Ten seconds' worth of runs may start at once. */
export function createRunBudget({ perMinute, clock }: { perMinute: number; clock: Clock }): RunBudget {
  // A flow whose change in Clockify is an event for itself goes round for ever: this bounds its pace.
  const shape = { ratePerSecond: perMinute / 60, burst: perMinute / 60 * BURST_SECONDS };
  const budget = createMemoryBudget(shape, clock);
  return {
    perMinute,
    ratePerSecond: shape.ratePerSecond,
    most: Math.max(1, Math.floor(shape.burst)),
    take: (installationId, runs = 1) => budget.take(String(installationId), Math.min(runs, shape.burst)),
    charge: (installationId, runs) => {
      const key = String(installationId);
      budget.take(key, Math.min(runs, budget.look(key).left));
    },
  };
}
