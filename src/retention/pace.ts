/** How many rows the next batch takes and how long the sweep rests after it, from how long batches took. */

export interface Pace {
  /** Rows of the next batch. */
  rows(): number;
  /** Notes that a batch took `ms`; gives the rest to take after it, in milliseconds. */
  took(ms: number): number;
}

/** A third of what a batch may take at most (100 ms), so that one that comes out thrice as long still keeps it. */
const TARGET_MS = 30;
const MAX_ROWS = 1_000;
/** Rest between two batches, so that others get their turn. */
const PAUSE_MS = 100;

/** A batch over the target halves the next one, one under half of it doubles it. A database that is slow gets longer rests. */
export function createPace(startRows = 500): Pace {
  let rows = startRows;
  return {
    rows: () => rows,
    took: (ms) => {
      if (ms > TARGET_MS) rows = Math.max(1, Math.floor(rows / 2));
      else if (ms < TARGET_MS / 2) rows = Math.min(MAX_ROWS, rows * 2);
      return PAUSE_MS * Math.max(1, ms / TARGET_MS);
    },
  };
}
