/** Which runs and events changed since the last look: the unfinished ones, and those made meanwhile. */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { EventOutcome } from "../events/rows.ts";
import type { RunPlace, StreamReads } from "./read.ts";

export interface RunWatch {
  /** Waits for the outcome of an event that was sent before its flows were evaluated. */
  await(eventId: number): void;
  /** Runs that changed or are new; events to be read again, those of these runs included; the generation that is installed. */
  look(): Promise<{ generation: number | undefined; changed: string[]; events: number[] }>;
  /** True when readers are to get the event as it is now. */
  settle(eventId: number, outcome: EventOutcome): boolean;
}

/** Runs and events that are waited for, of each at most so many: the newest. */
const MAX_TRACKED = 500;
/** Runs that ended are remembered while they may still be among the new ones. */
const MAX_REMEMBERED = 5_000;

const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"]);

export function createRunWatch(
  { installationId, read, openRuns }: {
    installationId: number;
    read: Pick<StreamReads, "runs">;
    openRuns: readonly RunPlace[];
  },
): RunWatch {
  const open = createBoundedCache<string, string>({ max: MAX_TRACKED });
  const ended = createBoundedCache<string, string>({ max: MAX_REMEMBERED });
  const waiting = createBoundedCache<number, true>({ max: MAX_TRACKED });
  let touched = new Set<number>();
  for (const { id, state } of openRuns) open.set(id, state);

  /** True when the run is new or has another state than before. */
  function note({ id, state }: RunPlace): boolean {
    if ((open.get(id) ?? ended.get(id)) === state) return false;
    open.delete(id);
    ended.delete(id);
    (ENDED.has(state) ? ended : open).set(id, state);
    return true;
  }

  return {
    await: (eventId) => waiting.set(eventId, true),
    look: async () => {
      const { generation, runs } = await read.runs(installationId, [...open.keys()]);
      const changed = runs.filter(note);
      touched = new Set(changed.flatMap(({ eventId }) => eventId ?? []));
      return {
        generation,
        changed: changed.map(({ id }) => id),
        events: [...new Set([...touched, ...waiting.keys()])],
      };
    },
    settle: (eventId, outcome) => {
      if (outcome === "waiting") return touched.has(eventId);
      const isWaiting = waiting.get(eventId) !== undefined;
      waiting.delete(eventId);
      return isWaiting || touched.has(eventId);
    },
  };
}
