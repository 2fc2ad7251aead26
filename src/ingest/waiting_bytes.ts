/** Limit of the bytes of deliveries that wait for their commit: in all, and per installation. */

import { AppError } from "../base/errors.ts";

export interface WaitingBytes {
  /**
   * Counts a delivery of so many bytes. Throws RATE_LIMITED (429) when the bytes of the installation fill its share
   * already, and OVERLOADED (503) when it is their number (`leastBytes`), as with a database that does not answer, or
   * when others hold so much that nothing of it fits. Both are retryable, and nothing is counted.
   */
  enter(installationId: number, bytes: number): void;
  leave(installationId: number, bytes: number): void;
  /** Bytes that wait now. */
  bytes(): number;
}

const RETRY_MS = 1_000;

/**
 * An installation may hold as much as is left free after it: alone half of all, two of them a third each. So there is
 * always some left for one that holds nothing, however many others send large bodies. Half of `totalBytes` must be as
 * much as the largest delivery, or it could never be stored. A delivery counts as `leastBytes` at least, which
 * bounds their number.
 */
export function createWaitingBytes(totalBytes: number, { leastBytes = 0 } = {}): WaitingBytes {
  const taken = new Map<number, number>();
  let allTaken = 0;
  let waiting = 0;
  return {
    enter(installationId, bytes) {
      const needed = Math.max(bytes, leastBytes);
      const own = taken.get(installationId) ?? 0;
      if (own + needed > totalBytes - allTaken - needed) {
        throw own > 0 && bytes >= leastBytes ? shareUsed(own) : full(waiting);
      }
      taken.set(installationId, own + needed);
      allTaken += needed;
      waiting += bytes;
    },
    leave(installationId, bytes) {
      const needed = Math.max(bytes, leastBytes);
      const own = taken.get(installationId)! - needed;
      if (own > 0) taken.set(installationId, own);
      else taken.delete(installationId);
      allTaken -= needed;
      waiting -= bytes;
    },
    bytes: () => waiting,
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
