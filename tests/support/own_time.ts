/** How long work takes of the time in which the machine gives this process its turns: for bounds that a busy machine must not break. */

import { cpuUsage } from "node:process";
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

/** Ends after so much of such time: no sooner than `ms`, and as much later as timers of this process come late. */
export async function ownTimeOver(ms: number, signal?: AbortSignal): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += TICK_MS) await systemClock.sleep(TICK_MS, signal);
}

/**
 * Milliseconds of processors that this process has had so far, all of its threads together: for how long something holds up
 * what is in the same process. What others of a busy machine take does not count.
 */
export function processorMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1_000;
}

/**
 * For how long `work` makes others of its process wait: as long as it waits for something, or as long as processors were at
 * work meanwhile, whichever is more. Neither grows with what else the machine does.
 */
export async function heldMs(work: () => Promise<unknown>): Promise<number> {
  const fromMs = processorMs();
  const waitedMs = await ownTimeMs(work);
  return Math.max(waitedMs, processorMs() - fromMs);
}
