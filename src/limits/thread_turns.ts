/**
 * Time slices of the one thread: long work over many bodies is done in slices of a few milliseconds, and in one turn of
 * the event loop one slice of all of it is done, so that other requests are answered in between. For requests, by time
 * and fair between workspaces; what the engine computes counts its steps instead, and has no workspace
 * (engine/turns.ts).
 */

import { setImmediate } from "node:timers";
import type { Clock } from "../base/clock.ts";
import { nextLoopTurn } from "../base/event_loop.ts";

/** Waits for the next slice once the present one is used up; called before each body. */
export type Pace = () => Promise<void>;

export interface ThreadTurns {
  /**
   * For one request. Slices go round over the keys (workspaces), however many requests one has. `atOnce`: the first slice
   * is not waited for, where most requests need no second one.
   */
  pace(key: string, options?: { atOnce?: boolean }): Pace;
}

/** A slice ends with the body in whose midst this is over. */
const SLICE_MS = 8;
/** After a longer one others have the thread for as long, up to this: an answer takes several turns of the event loop. */
const MAX_REST_MS = 100;

export function createThreadTurns(clock: Clock): ThreadTurns {
  /** In the order of their turns. */
  const lines = new Map<string, (() => void)[]>();
  let serving = false;

  function serve() {
    const [next] = lines;
    if (!next) return void (serving = false);
    const [key, line] = next;
    lines.delete(key);
    const begin = line.shift()!;
    if (line.length > 0) lines.set(key, line);
    const beganMs = clock.monotonicMs();
    begin();
    // What was waited for runs before the next turn of the loop.
    setImmediate(() => {
      const tookMs = clock.monotonicMs() - beganMs;
      void (tookMs <= SLICE_MS ? nextLoopTurn() : clock.sleep(Math.min(tookMs, MAX_REST_MS))).then(serve);
    });
  }
  function turn(key: string): Promise<void> {
    return new Promise((begin) => {
      if (!serving) setImmediate(serve);
      serving = true;
      const line = lines.get(key);
      if (line) line.push(begin);
      else lines.set(key, [begin]);
    });
  }

  return {
    pace: (key, { atOnce = false } = {}) => {
      let endsAtMs = atOnce ? clock.monotonicMs() + SLICE_MS : -Infinity;
      return async () => {
        if (clock.monotonicMs() < endsAtMs) return;
        await turn(key);
        endsAtMs = clock.monotonicMs() + SLICE_MS;
      };
    },
  };
}
