/** What is open, and how it ends: one after the other, the last that was opened first. */

import type { Logger } from "../telemetry/log.ts";

export interface Stops {
  /** `part` is its name in the log. */
  add(part: string, stop: () => Promise<unknown>): void;
  /** Stops what was added; one that fails is logged and keeps no other open. Never rejects. */
  stopAll(): Promise<void>;
}

export function createStops(log: Logger): Stops {
  const open: { part: string; stop: () => Promise<unknown> }[] = [];
  return {
    add: (part, stop) => void open.push({ part, stop }),
    stopAll: async () => {
      for (let last = open.pop(); last; last = open.pop()) {
        try {
          await last.stop();
        } catch (error) {
          log.warn("stop.failed", { part: last.part, error });
        }
      }
    },
  };
}
