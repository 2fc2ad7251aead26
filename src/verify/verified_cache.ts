/** Cache of verified tokens by hash, for a short time, so that a repeated token costs no public-key operation. */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";

export interface Verified<T> {
  value: T;
  /** No use of `value` at or after this instant. */
  expiresAtMs: number;
}

export interface VerifiedCacheOptions {
  /** Entries kept; the longest kept one gives way. */
  maxCached: number;
  /**
   * An entry is verified again after this time: bounds what a retired key or an uninstall on another instance leaves
   * open.
   */
  maxAgeMs: number;
  clock: Clock;
}

export interface VerifiedCache<T> {
  get(key: string): T | undefined;
  /**
   * Runs `verify`, shared by all who ask for `key` meanwhile, and keeps its value. A failure is not kept, so forged tokens
   * take no entry away. How many run at once is the caller's to say (limits/slots.ts).
   */
  load(key: string, verify: () => Promise<Verified<T>>): Promise<T>;
  /** Drops the entries whose value matches, and keeps nothing of what is being verified now. */
  forget(matches: (value: T) => boolean): void;
}

export function createVerifiedCache<T>(options: VerifiedCacheOptions): VerifiedCache<T> {
  const { clock, maxCached, maxAgeMs } = options;
  const entries = createBoundedCache<string, Verified<T> & { untilMs: number }>({ max: maxCached });
  let waiting = new Map<string, Promise<T>>();

  function keep(key: string, { value, expiresAtMs }: Verified<T>): void {
    // The end of a token is an instant; how long it is kept until then is not to depend on a clock that is set back.
    const leftMs = Math.min(maxAgeMs, expiresAtMs - clock.now());
    entries.set(key, { value, expiresAtMs, untilMs: clock.monotonicMs() + leftMs });
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry || clock.monotonicMs() >= entry.untilMs || clock.now() >= entry.expiresAtMs) return undefined;
      return entry.value;
    },
    load(key, verify) {
      const shared = waiting.get(key);
      if (shared) return shared;
      const group = waiting;
      const loading = verify().then((verified) => {
        // forget() starts a new group: what was read before it may be outdated.
        if (group === waiting) keep(key, verified);
        return verified.value;
      }).finally(() => group.delete(key));
      group.set(key, loading);
      return loading;
    },
    forget(matches) {
      waiting = new Map();
      entries.deleteWhere(({ value }) => matches(value));
    },
  };
}
