/** Whether an installation has the process to itself: what one alone may do at once is more than what it may do beside others. */

import type { Clock } from "../base/clock.ts";

export interface Company {
  /** Work of the installation begins. */
  saw(installationId: number): void;
  /** True where another one had work a moment ago: it may have more before long. */
  hasOthers(installationId: number): boolean;
}

/** Most items of one installation in a batch beside others: some 5 ms of the database, which the others' items wait for. */
const FEW_OF_ONE = 24;

/** As `mostOfOne` of batches (db/turns.ts). */
export function mostBeside({ hasOthers }: Pick<Company, "hasOthers">): (installationId: number) => number {
  return (installationId) => hasOthers(installationId) ? FEW_OF_ONE : Infinity;
}

/** Of events that come once a second to the process, each finds the one before. */
const MOMENT_MS = 1_000;

/** The two that were seen last are enough to know of another than any. */
export function createCompany(clock: Pick<Clock, "monotonicMs">): Company {
  let last = { id: NaN, atMs: -Infinity };
  let other = last;
  return {
    saw: (id) => {
      if (id !== last.id) other = last;
      last = { id, atMs: clock.monotonicMs() };
    },
    hasOthers: (id) => {
      const { atMs } = id === last.id ? other : last;
      return clock.monotonicMs() - atMs < MOMENT_MS;
    },
  };
}
