/**
 * The pace of a long walk beside others: it leaves half of the time to them, and records little at a time. A loop over
 * thousands of items else has the thread and the database to itself for as long as it takes, and what each of the others' steps
 * waits for adds up.
 */

import type { Clock } from "../base/clock.ts";

export interface Pace {
  /** So many parts may wait for their record. */
  mostParts(): number;
  /** Parts were recorded. */
  recorded(parts: number): void;
  /** Ends with the rest that is in progress; to be awaited where nothing has begun that must go on. */
  rested(): Promise<void>;
}

/** Parts of a record; an output in them has 32 kB at most. */
const MOST_PARTS = 100;
/** The same beside others: some 2 ms of the thread. */
const FEW_PARTS = 32;
/** Of a walk: 50 steps, or 25 items of two, are none of a long one. */
const FREE_PARTS = 200;
const MAX_REST_MS = 100;

/** `hasOthers`: whether another installation has work. */
export function createPace({ clock, hasOthers }: { clock: Clock; hasOthers(): boolean }): Pace {
  let parts = 0;
  let sinceMs = clock.monotonicMs();
  let rest: Promise<void> | undefined;
  const isLong = () => parts >= FREE_PARTS && hasOthers();

  function begin() {
    rest = clock.sleep(Math.min(MAX_REST_MS, clock.monotonicMs() - sinceMs)).then(() => {
      rest = undefined;
      sinceMs = clock.monotonicMs();
    });
  }

  return {
    mostParts: () => isLong() ? FEW_PARTS : MOST_PARTS,
    recorded: (count) => {
      parts += count;
      if (rest) return;
      if (isLong()) begin();
      else sinceMs = clock.monotonicMs();
    },
    rested: async () => await rest,
  };
}
