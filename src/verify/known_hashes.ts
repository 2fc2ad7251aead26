/** Hashes of the stored tokens or source keys, in memory: a guess is recognised without a query. */

import type { Clock } from "../base/clock.ts";
import { answerWithin } from "../db/within.ts";
import { createHashSet, PREFIX_BYTES } from "./hash_set.ts";

/** First 8 bytes of SHA-256 hashes, one after another. */
export interface StoredHashes {
  prefixes: Uint8Array;
  /** When the database was asked, by its own clock; undefined where it did not say. */
  at: Date | undefined;
}

export interface HashReads {
  /** Everything that is stored now, in pages. `at` of the first page counts. */
  all(): AsyncIterable<StoredHashes>;
  /** Hashes that were stored since. */
  since(at: Date): Promise<StoredHashes>;
}

export interface KnownHashes {
  /** False for what is surely not stored, as of the last look. */
  has(sha256: Uint8Array): boolean;
  /** Adds what this process stored itself, at once. */
  add(sha256: Uint8Array): void;
  /**
   * Resolves after a look at what other instances stored, which began after this call. All who ask in one second (or
   * `everyMs`) share one look, however many they are. Rejects with what the database throws.
   */
  refresh(): Promise<void>;
  /** Hashes in memory. */
  size(): number;
}

/** Read once more, for what was committed late: no transaction that stores a token lasts longer than 10 s. */
const OVERLAP_MS = 60_000;

/** Reads everything, however long that takes, and gives the set when that is done; later looks have `lookMs` each. */
export async function loadKnownHashes(
  { reads, clock, everyMs, lookMs }: {
    reads: HashReads;
    clock: Clock;
    /** Between two looks that strangers cause. */
    everyMs: number;
    lookMs: number;
  },
): Promise<KnownHashes> {
  const since = answerWithin(reads.since, { ms: lookMs, clock });
  const hashes = createHashSet();
  let readAt: Date | undefined;
  for await (const { prefixes, at } of reads.all()) {
    readAt ??= at;
    hashes.add(prefixes);
  }
  let startedMs = -Infinity;
  let scheduled: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();

  async function look() {
    const { prefixes, at } = await since(new Date((readAt?.getTime() ?? 0) - OVERLAP_MS));
    hashes.add(prefixes);
    readAt = at ?? readAt;
  }

  async function lookInTurn() {
    await running.catch(() => {});
    const pauseMs = startedMs + everyMs - clock.monotonicMs();
    if (pauseMs > 0) await clock.sleep(pauseMs);
    startedMs = clock.monotonicMs();
    scheduled = undefined;
    running = look();
    await running;
  }

  return {
    has: hashes.has,
    add: (sha256) => hashes.add(sha256.subarray(0, PREFIX_BYTES)),
    refresh: () => scheduled ??= lookInTurn(),
    size: hashes.size,
  };
}
