/** How long work takes of the time in which the machine gives this process its turns: for bounds that a busy machine must not break. */

import { systemClock } from "../../src/base/clock.ts";

const TICK_MS = 20;

/**
 * Milliseconds from the call to the end of `work`, without those by which timers of this process came late meanwhile: what
 * waits for something that does not come takes as long on any machine, and what waits for a processor alone does not count.
 */
export async function ownTimeMs(work: () => Promise<unknown>): Promise<number> {
  const beganMs = systemClock.monotonicMs();
  let lateMs = 0;
  let isOver = false;
  const ticking = (async () => {
    while (!isOver) {
      const fromMs = systemClock.monotonicMs();
      await systemClock.sleep(TICK_MS);
      lateMs += Math.max(0, systemClock.monotonicMs() - fromMs - TICK_MS);
    }
  })();
  let tookMs: number;
  try {
    await work();
  } finally {
    tookMs = systemClock.monotonicMs() - beganMs;
    isOver = true;
    await ticking;
  }
  return tookMs - lateMs;
}
