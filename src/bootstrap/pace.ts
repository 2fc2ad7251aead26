/** A rate below Clockify's budget: what reading a workspace may take of it, by a setting of the workspace. */

import type { Clock } from "../clock.ts";

/** Runs what asks for a turn of the budget, one after another, none before this rate allows a request. */
export type Pace = <T extends { ok: boolean }>(takeTurn: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * A window longer than the second it stands for: requests that leave evenly arrive unevenly. At most `perSecond` in it
 * keeps 96 % of the rate.
 */
const WINDOW_MS = 1_040;
/** Requests are spread over the window, with a tenth left to catch up after a late timer. */
const SPREAD = 0.9;
const MAX_KEYS = 1_000;

interface Line {
  /** When the last requests left, oldest first; as many as the rate. */
  sentAt: number[];
  /** Ends when the one before has left. */
  tail: Promise<unknown>;
}

/** Paces by key, in this process: an installation is read by one job at a time. */
export function createPaces(clock: Clock): (key: string, perSecond: number) => Pace {
  const lines = new Map<string, Line>();

  function lineOf(key: string): Line {
    const known = lines.get(key);
    if (known) return known;
    if (lines.size >= MAX_KEYS) lines.delete(lines.keys().next().value!);
    const line: Line = { sentAt: [], tail: Promise.resolve() };
    lines.set(key, line);
    return line;
  }

  async function waitForRoom({ sentAt }: Line, perSecond: number, signal?: AbortSignal) {
    for (;;) {
      const now = clock.now();
      const spreadAt = (sentAt.at(-1) ?? -Infinity) + SPREAD * 1000 / perSecond;
      const roomAt = (sentAt.at(-perSecond) ?? -Infinity) + WINDOW_MS;
      const waitMs = Math.max(spreadAt, roomAt) - now;
      if (waitMs <= 0) return;
      // A clock set back must not stop the reading.
      await clock.sleep(Math.min(Math.ceil(waitMs), WINDOW_MS), signal);
      if (clock.now() < now) sentAt.length = 0;
    }
  }

  return (key, perSecond) => async (takeTurn, signal) => {
    const line = lineOf(key);
    const before = line.tail;
    const mine = Promise.withResolvers<void>();
    line.tail = mine.promise;
    try {
      await before;
      await waitForRoom(line, perSecond, signal);
      // The budget last: after a 429 nothing may leave although it has waited its time here.
      const turn = await takeTurn();
      if (turn.ok) {
        line.sentAt.push(clock.now());
        if (line.sentAt.length > 50) line.sentAt.shift();
      }
      return turn;
    } finally {
      mine.resolve();
    }
  };
}
