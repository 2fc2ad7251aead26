/** How late timers fire: the time for which something held the thread, which every request and every step waits for. */

import type { Clock } from "../base/clock.ts";
import type { Metrics } from "./metrics.ts";

/** Ten looks a second cost nothing, and find what holds the thread for longer than a request may take. */
const EVERY_MS = 100;

/** Observes event_loop_delay_seconds until stopped. */
export function watchLoopDelay({ metrics, clock }: { metrics: Pick<Metrics, "observe">; clock: Clock }): {
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      const beforeMs = clock.monotonicMs();
      await clock.sleep(EVERY_MS, stopping.signal);
      metrics.observe("event_loop_delay_seconds", [], Math.max(0, clock.monotonicMs() - beforeMs - EVERY_MS) / 1000);
    }
  })().catch(() => {});
  return {
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}
