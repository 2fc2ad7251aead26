/** How many bytes of deliveries may wait for their commit: in all, and of one installation. */

import { AppError } from "../errors.ts";

export interface Room {
  /**
   * Counts the bytes of a delivery, `least` of them at least. Throws RATE_LIMITED (429) when the bytes of the installation fill
   * its share already, and OVERLOADED (503) when it is their number (`least`), as with a database that does not answer, or
   * when others hold so much that nothing of it fits. Both are retryable, and nothing is counted.
   */
  enter(installationId: number, bytes: number, least?: number): void;
  leave(installationId: number, bytes: number, least?: number): void;
  /** Counted now. */
  bytes(): number;
}

const RETRY_MS = 1_000;

/**
 * An installation may hold as much as is left free after it: alone half of all, two of them a third each. So there is
 * always some left for one that holds nothing, however many others send large bodies. Half of `totalBytes` must be as
 * much as the largest delivery, or it could never be stored.
 */
export function createRoom(totalBytes: number): Room {
  const held = new Map<number, number>();
  let all = 0;
  return {
    enter(installationId, given, least = 0) {
      const bytes = Math.max(given, least);
      const own = held.get(installationId) ?? 0;
      if (own + bytes > totalBytes - all - bytes) throw own > 0 && given >= least ? shareUsed(own) : full(all);
      held.set(installationId, own + bytes);
      all += bytes;
    },
    leave(installationId, given, least = 0) {
      const bytes = Math.max(given, least);
      const own = held.get(installationId)! - bytes;
      if (own > 0) held.set(installationId, own);
      else held.delete(installationId);
      all -= bytes;
    },
    bytes: () => all,
  };
}

function shareUsed(bytes: number): AppError {
  return new AppError("RATE_LIMITED", `Cannot store the delivery: ${bytes} bytes of the installation wait already`, {
    retryable: true,
    details: { retryInMs: RETRY_MS },
  });
}

function full(bytes: number): AppError {
  return new AppError("OVERLOADED", `Cannot store the delivery: ${bytes} bytes wait already`, {
    retryable: true,
    details: { retryInMs: RETRY_MS },
  });
}
