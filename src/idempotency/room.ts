/**
 * How many keys and bytes of answers an installation may have. A count looks at every key of its 24 hours, so between two counts
 * what this process adds is added to the last one.
 */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { TransactionSql } from "../db/db.ts";

/** For so long a key stands for its first request. Retention deletes what is older (retention/kinds.ts). */
export const KEY_HOURS = 24;

export interface RoomLimits {
  keys: number;
  /** Of answers, sealed. */
  bytes: number;
}

/** An installation's: one request every 9 s around the clock, an ordinary answer having 1 to 5 kB. */
export const INSTALLATION_ROOM: RoomLimits = { keys: 10_000, bytes: 67_108_864 };
/** Of the Workflow Management API, which is one for all its callers: 11 executions a second around the clock. */
export const API_ROOM: RoomLimits = { keys: 1_000_000, bytes: 2_147_483_648 };

export interface Room {
  /** In the transaction that added a key. Throws RATE_LIMITED (`details.retryInMs`) past the limits. */
  requireRoom(sql: TransactionSql, installationId: number): Promise<void>;
  /** An answer of so many bytes was stored. */
  stored(installationId: number, bytes: number): void;
}

interface Count {
  keys: number;
  bytes: number;
  /** Until the oldest is free. */
  retryInMs: number;
  atMs: number;
  tookMs: number;
  /** Added here since. */
  addedKeys: number;
  addedBytes: number;
}

/** Of what is left between two counts: as many instances may add it, and some requests more. */
const SHARE = 0.1;
const MAX_AGE_MS = 60_000;
/** A count that takes longer, of hundreds of thousands of keys, is not repeated for each request past the limit. */
const LONG_MS = 50;
const REST_TIMES = 20;

export function createRoom({ keys: maxKeys, bytes: maxBytes }: RoomLimits, clock: Clock): Room {
  const counts = createBoundedCache<number, Count>({ max: 10_000 });

  function isGood({ keys, bytes, atMs, tookMs, addedKeys, addedBytes }: Count): boolean {
    const ageMs = clock.monotonicMs() - atMs;
    if (tookMs > LONG_MS && ageMs < REST_TIMES * tookMs) return true;
    return ageMs < MAX_AGE_MS && addedKeys < SHARE * (maxKeys - keys) && addedBytes < SHARE * (maxBytes - bytes);
  }

  async function count(sql: TransactionSql, installationId: number): Promise<Count> {
    const atMs = clock.monotonicMs();
    const [row] = await sql<{ keys: number; bytes: number; free_in_ms: number }[]>`
      select count(*)::int as keys, coalesce(sum(octet_length(sealed)), 0)::float8 as bytes,
        (extract(epoch from min(created_at) + ${KEY_HOURS}::int * interval '1 hour' - now()) * 1000)::float8 as free_in_ms
      from idempotency_key
      where installation_id = ${installationId} and created_at > now() - ${KEY_HOURS}::int * interval '1 hour'`;
    const { keys, bytes, free_in_ms: retryInMs } = row!;
    const tookMs = clock.monotonicMs() - atMs;
    const made = { keys, bytes, retryInMs, atMs, tookMs, addedKeys: 0, addedBytes: 0 };
    counts.set(installationId, made);
    return made;
  }

  return {
    requireRoom: async (sql, installationId) => {
      let known = counts.get(installationId);
      if (known && isGood(known)) known.addedKeys++;
      else known = await count(sql, installationId);
      const { keys, addedKeys, bytes, addedBytes, retryInMs } = known;
      if (keys + addedKeys <= maxKeys && bytes + addedBytes <= maxBytes) return;
      throw new AppError(
        "RATE_LIMITED",
        `Cannot serve the request: the workspace has used as many idempotency keys as are kept for ${KEY_HOURS} hours; send it without one, or later`,
        { retryable: true, details: { retryInMs } },
      );
    },
    stored: (installationId, bytes) => {
      const known = counts.get(installationId);
      if (known) known.addedBytes += bytes;
    },
  };
}
