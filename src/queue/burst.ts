/** Work in bursts, for hosts that stop a program without requests: for a time behind each of them, then not a statement more. */

import type { Clock } from "../base/clock.ts";

/** What a worker has for its bursts. */
export interface BurstParts {
  clock: Clock;
  stopping: AbortSignal;
  /** Claims and starts the due jobs until nothing more is to be had, or `isOver`; `dueMs`: when there will be. */
  work(isOver: () => boolean): Promise<{ claimed: number; dueMs: number | undefined }>;
  /** Ends at a hint, after `ms`, at stop, or as soon as a job has ended and `isEnough`. */
  wait(ms: number, isEnough?: () => boolean): Promise<void>;
  hint(): void;
  /** A hint came since the last claim. */
  isHinted(): boolean;
  /** The jobs in progress. */
  inProgress(): Promise<unknown>[];
  /** How long a claim that found nothing is not tried again. */
  idleMs(dueMs: number | undefined): number;
  /** Renews leases until `end`. */
  renewLeases(end: AbortSignal): Promise<void>;
}

export interface Bursts {
  /** As Worker.serveFor(). */
  serveFor(ms: number): Promise<void>;
  /** Settles when none is in progress. */
  ended(): Promise<unknown>;
}

interface Burst {
  /** Monotonic; nothing is claimed from then on. */
  untilMs: number;
  /** Settles at the next moment without work; absent where none waits for it. */
  idle?: PromiseWithResolvers<void>;
}

export function createBursts(
  { clock, stopping, work, wait, hint, isHinted, inProgress, idleMs, renewLeases }: BurstParts,
): Bursts {
  let present: Burst | undefined;
  let loop: Promise<void> | undefined;

  async function serve(burst: Burst) {
    const over = new AbortController();
    const renewed = renewLeases(over.signal);
    const leftMs = () => burst.untilMs - clock.monotonicMs();
    const isOver = () => stopping.aborted || leftMs() <= 0;
    const isQuiet = () => inProgress().length === 0;
    do {
      while (!isOver()) {
        const { claimed, dueMs } = await work(isOver);
        if (claimed > 0 && dueMs === 0) continue;
        if (!isQuiet()) await wait(idleMs(dueMs), isQuiet);
        else {
          if (dueMs !== 0 && !isHinted()) settle(burst);
          // What comes meanwhile comes with a hint, or with an instance of its own: the table is left alone.
          await wait(Math.min(leftMs(), dueMs === 0 ? idleMs(0) : dueMs ?? Infinity));
        }
      }
      while (!isQuiet()) await Promise.all(inProgress());
    } while (!isOver());
    present = undefined;
    settle(burst);
    over.abort();
    await renewed;
  }

  function settle(burst: Burst) {
    burst.idle?.resolve();
    burst.idle = undefined;
  }

  return {
    serveFor: (ms) => {
      if (stopping.aborted) return Promise.resolve();
      const untilMs = clock.monotonicMs() + ms;
      if (present) {
        present.untilMs = Math.max(present.untilMs, untilMs);
        hint();
      } else {
        present = { untilMs };
        loop = serve(present);
      }
      present.idle ??= Promise.withResolvers();
      return present.idle.promise;
    },
    ended: () => Promise.resolve(loop),
  };
}
