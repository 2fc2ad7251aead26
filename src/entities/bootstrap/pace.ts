/** A rate limit for reading a workspace, below Clockify's own: set by the workspace's setting. */

import { createBoundedCache } from "../../base/bounded_cache.ts";
import type { Clock } from "../../base/clock.ts";

/** Runs what asks for a turn of the budget, one after another, none before this rate allows a request. */
export type Pace = <T extends { ok: boolean }>(takeTurn: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * `perSecond` requests are spread over somewhat more than a second, since what leaves evenly arrives unevenly. This keeps
 * 95 % of the rate, and with LATE_MS no second has more than `perSecond`, as they leave.
 */
const SECOND_MS = 1_050;
/** How much a late timer may make up for: the ones after it are not late because it was. */
const LATE_MS = 25;
const MAX_KEYS = 1_000;

interface Line {
  /** When the next request may leave. */
  nextAt: number;
  /** Ends when the one before has left. */
  tail: Promise<void>;
}

/** Paces by key, in this process: an installation is read by one job at a time. */
export function createPaces(clock: Clock): (key: string, perSecond: number) => Pace {
  const lines = createBoundedCache<string, Line>({ max: MAX_KEYS });

  function lineOf(key: string): Line {
    const known = lines.get(key);
    if (known) return known;
    const line: Line = { nextAt: -Infinity, tail: Promise.resolve() };
    lines.set(key, line);
    return line;
  }

  return (key, perSecond) => async (takeTurn, signal) => {
    const line = lineOf(key);
    const before = line.tail;
    const mine = Promise.withResolvers<void>();
    line.tail = mine.promise;
    try {
      await before;
      const everyMs = SECOND_MS / perSecond;
      const waitMs = line.nextAt - clock.monotonicMs();
      if (waitMs > 0) await clock.sleep(Math.ceil(waitMs), signal);
      // The budget last: after a 429 nothing may leave although it has waited its time here.
      const turn = await takeTurn();
      if (turn.ok) {
        const now = clock.monotonicMs();
        line.nextAt = Math.min(Math.max(line.nextAt, now - LATE_MS), now) + everyMs;
      }
      return turn;
    } finally {
      mine.resolve();
    }
  };
}
