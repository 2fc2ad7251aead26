/** Bounded caches, for keys that others choose: when one is full, the entry that was set longest ago is dropped. */

import type { Clock } from "./clock.ts";

/** A map of bounded size. */
export interface BoundedCache<Key, Value> {
  /** The entry's value; undefined when it is not, or no longer, kept. */
  get(key: Key): Value | undefined;
  /** Sets the entry, which is the newest from now on. */
  set(key: Key, value: Value): void;
  /** Deletes the entry, if there is one. */
  delete(key: Key): void;
  /** Deletes the entries that match. */
  deleteWhere(matches: (value: Value) => boolean): void;
  /** Oldest first. */
  keys(): Iterable<Key>;
  /** Entries kept now. */
  size(): number;
}

/** `max`: entries kept, 1 at least. */
export function createBoundedCache<Key, Value>({ max }: { max: number }): BoundedCache<Key, Value> {
  /** Map keeps the order of insertion. */
  const entries = new Map<Key, Value>();
  /**
   * Goes on where the last eviction was. A Map looks over the places of deleted entries from its beginning each time it is
   * asked for the first one: 30 us for each new key in a full cache of 50,000, where this has some 0.3 us.
   */
  let oldest: IterableIterator<Key> | undefined;
  let sets = 0;

  function makeRoom() {
    if (entries.size < max) return void (oldest = undefined);
    // An iterator that is kept for long holds on to the storage that the Map has left meanwhile.
    if (!oldest || ++sets >= max) {
      oldest = entries.keys();
      sets = 0;
    }
    let next = oldest.next();
    if (next.done) next = (oldest = entries.keys()).next();
    entries.delete(next.value!);
  }

  return {
    get: (key) => entries.get(key),
    set(key, value) {
      if (!entries.delete(key)) makeRoom();
      else if (oldest && ++sets >= max) oldest = undefined;
      entries.set(key, value);
    },
    delete: (key) => void entries.delete(key),
    deleteWhere(matches) {
      for (const [key, value] of entries) if (matches(value)) entries.delete(key);
    },
    keys: () => entries.keys(),
    size: () => entries.size,
  };
}

/** What is remembered for a time: that a question was answered, that something was done a moment ago. */
export interface Reminders<Key> {
  /** True until the time is over. */
  has(key: Key): boolean;
  /** Remembers the key for `forMs` from now. */
  add(key: Key, forMs: number): void;
  /** Forgets the key. */
  delete(key: Key): void;
}

/** Reminders in a bounded cache, by the monotonic clock. */
export function createReminders<Key>({ max, clock }: { max: number; clock: Clock }): Reminders<Key> {
  const untilMs = createBoundedCache<Key, number>({ max });
  return {
    has: (key) => (untilMs.get(key) ?? -Infinity) > clock.monotonicMs(),
    add: (key, forMs) => untilMs.set(key, clock.monotonicMs() + forMs),
    delete: untilMs.delete,
  };
}
