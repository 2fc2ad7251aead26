/** Which runs and which events changed since the last look: the unfinished ones, and what was made meanwhile. */

import type { EventOutcome } from "../events/rows.ts";
import type { RunPlace, StreamReads } from "./read.ts";

export interface RunWatch {
  /** Waits for what comes of an event that was told before its flows were evaluated. */
  await(eventId: number): void;
  /** Runs that changed or are new; events to be read again, those of these runs included; the generation that is installed. */
  look(): Promise<{ generation: number | undefined; changed: string[]; events: number[] }>;
  /** True when readers are to be told of the event as it is now. */
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
  const open = new Map<string, string>();
  const ended = new Map<string, string>();
  const waiting = new Set<number>();
  let touched = new Set<number>();
  for (const { id, state } of openRuns) keep(open, { key: id, value: state, most: MAX_TRACKED });

  /** True when the run is new or has another state than before. */
  function note({ id, state }: RunPlace): boolean {
    if ((open.get(id) ?? ended.get(id)) === state) return false;
    open.delete(id);
    ended.delete(id);
    if (ENDED.has(state)) keep(ended, { key: id, value: state, most: MAX_REMEMBERED });
    else keep(open, { key: id, value: state, most: MAX_TRACKED });
    return true;
  }

  return {
    await: (eventId) => {
      waiting.add(eventId);
      if (waiting.size > MAX_TRACKED) waiting.delete(waiting.values().next().value!);
    },
    look: async () => {
      const { generation, runs } = await read.runs(installationId, [...open.keys()]);
      const changed = runs.filter(note);
      touched = new Set(changed.map(({ eventId }) => eventId));
      return {
        generation,
        changed: changed.map(({ id }) => id),
        events: [...new Set([...touched, ...waiting])],
      };
    },
    settle: (eventId, outcome) => {
      if (outcome === "waiting") return touched.has(eventId);
      return waiting.delete(eventId) || touched.has(eventId);
    },
  };
}

function keep<Key, Value>(map: Map<Key, Value>, { key, value, most }: { key: Key; value: Value; most: number }) {
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}
