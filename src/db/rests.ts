/** Rests between pieces of heavy work, so that what others ask of the same database comes in between. */

import type { Clock } from "../base/clock.ts";

export interface Rests {
  /** Does `work` once as much time has passed since the end of the one before as that took. To be called one at a time. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** `maxMs`: the longest rest, whatever the work took. */
export function createRests({ clock, maxMs }: { clock: Clock; maxMs: number }): Rests {
  let untilMs = -Infinity;
  return {
    run: async (work) => {
      const restMs = untilMs - clock.monotonicMs();
      if (restMs > 0) await clock.sleep(restMs);
      const beganMs = clock.monotonicMs();
      try {
        return await work();
      } finally {
        const endMs = clock.monotonicMs();
        untilMs = endMs + Math.min(maxMs, endMs - beganMs);
      }
    },
  };
}
