/**
 * Few places with fair turns: a caller that finds none waits, for a limited time and in a bounded queue, and is let in
 * by turns over the keys. `fits` looks at all that are inside, so it costs as much as there are; for thousands of equal
 * callers see slots.ts.
 */

import type { Clock } from "../base/clock.ts";
import type { AppError } from "../base/errors.ts";

export interface PlacesOptions<Who extends object> {
  clock: Clock;
  /** Whether there is room for `who` beside those inside. */
  fits(who: Who, inside: Iterable<Who>): boolean;
  /** Whether `who` may wait beside those that wait. */
  mayWait(who: Who, waiting: Iterable<Who>): boolean;
  /** Turns go round over the keys: one with many waiting keeps another out for one turn, not for all of them. */
  keyOf(who: Who): string;
  waitMs: number;
  /** `waited` is false for one that was not let wait. */
  refusal(who: Who, facts: { waited: boolean }): AppError;
}

export interface Places<Who extends object> {
  /** Gives what leaves the place, which may be called twice. Rejects with `refusal`. */
  enter(who: Who, options?: { waitMs?: number }): Promise<() => void>;
  waiting(): number;
}

interface Entry<Who> {
  guest: Who;
  admit(leave: () => void): void;
}

export function createPlaces<Who extends object>(options: PlacesOptions<Who>): Places<Who> {
  const { clock, fits, mayWait, keyOf, refusal } = options;
  const inside = new Set<Who>();
  /** In the order of their turns. */
  const lines = new Map<string, Entry<Who>[]>();
  let waiting = 0;

  function take(guest: Who): () => void {
    inside.add(guest);
    return () => {
      if (inside.delete(guest)) serve();
    };
  }

  function serve() {
    while (waiting > 0 && serveOne());
  }
  function serveOne(): boolean {
    for (const [key, line] of lines) {
      const entry = line.find(({ guest }) => fits(guest, inside));
      if (!entry) continue;
      remove(key, entry);
      const rest = lines.get(key);
      // Behind the others: Map keeps the order of insertion.
      if (rest && lines.delete(key)) lines.set(key, rest);
      entry.admit(take(entry.guest));
      return true;
    }
    return false;
  }
  function remove(key: string, entry: Entry<Who>): boolean {
    const line = lines.get(key);
    const at = line?.indexOf(entry) ?? -1;
    if (at === -1) return false;
    line!.splice(at, 1);
    if (line!.length === 0) lines.delete(key);
    waiting--;
    return true;
  }

  return {
    enter: async (who, { waitMs = options.waitMs } = {}) => {
      // The same object may ask twice.
      const guest = { ...who };
      if (fits(guest, inside)) return take(guest);
      if (!mayWait(guest, waitingGuests(lines))) throw refusal(guest, { waited: false });
      const key = keyOf(guest);
      const admitted = Promise.withResolvers<() => void>();
      const entry: Entry<Who> = { guest, admit: admitted.resolve };
      const line = lines.get(key);
      if (line) line.push(entry);
      else lines.set(key, [entry]);
      waiting++;
      const end = new AbortController();
      clock.sleep(waitMs, end.signal).then(() => {
        if (remove(key, entry)) admitted.reject(refusal(guest, { waited: true }));
      }, () => {});
      try {
        return await admitted.promise;
      } finally {
        end.abort();
      }
    },
    waiting: () => waiting,
  };
}

function* waitingGuests<Who>(lines: ReadonlyMap<string, Entry<Who>[]>): Iterable<Who> {
  for (const line of lines.values()) for (const { guest } of line) yield guest;
}
