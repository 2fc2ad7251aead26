/** Ids of events seen lately: an id is drawn before its transaction commits, so a lower one may appear after a higher one. */

import type { Clock } from "../base/clock.ts";

export interface SeenIds {
  add(id: number): void;
  has(id: number): boolean;
  /** All ids up to it are settled: none of them is looked for any more. */
  floor(): number;
}

/** Longer than an ingest transaction may take (ingest/ingest.ts). */
export const SETTLED_MS = 5_000;
export const MAX_SEEN = 10_000;

/** `floor`: where looking for late ones begins. */
export function createSeenIds({ clock, floor }: { clock: Clock; floor: number }): SeenIds {
  // In the order of being seen; ids within one look ascend.
  const seen = new Map<number, number>();
  let settled = floor;
  return {
    add: (id) => void seen.set(id, clock.monotonicMs()),
    has: (id) => seen.has(id),
    floor() {
      const now = clock.monotonicMs();
      for (const [id, seenAt] of seen) {
        if (now - seenAt < SETTLED_MS && seen.size <= MAX_SEEN) break;
        seen.delete(id);
        settled = Math.max(settled, id);
      }
      return settled;
    },
  };
}
