/** A worker's slots and who holds them: one installation takes another only while it holds fewer than are free. */

export interface Shares {
  free(): number;
  /** Slots by installation id; those that hold none are absent. */
  held(): ReadonlyMap<number, number>;
  /** True when some installation holds as many as are free: it may have work that waits for one of its own to end. */
  isUsedUp(): boolean;
  /** Takes a slot for a job that was given out already. */
  take(installationId: number): void;
  /** Takes as many of `wanted` as the installation may have now, and returns their number. */
  takeUpTo(installationId: number, wanted: number): number;
  leave(installationId: number, count: number): void;
}

/**
 * The same rule as for bytes in flight (ingest/room.ts), and as for cells in the buffer of a switch: alone an installation
 * gets half of all, two a third each, and whatever one of them holds, another that holds nothing finds a free slot. No
 * number of installations has to be known, and what others leave is used but for that reserve.
 */
export function createShares(total: number): Shares {
  const held = new Map<number, number>();
  let free = total;

  function add(installationId: number, count: number) {
    const left = (held.get(installationId) ?? 0) + count;
    if (left > 0) held.set(installationId, left);
    else held.delete(installationId);
    free -= count;
  }

  return {
    free: () => free,
    held: () => held,
    isUsedUp: () => free <= 0 || Math.max(0, ...held.values()) >= free,
    take: (installationId) => add(installationId, 1),
    takeUpTo(installationId, wanted) {
      let taken = 0;
      while (taken < wanted && (held.get(installationId) ?? 0) < free) {
        add(installationId, 1);
        taken++;
      }
      return taken;
    },
    leave: (installationId, count) => add(installationId, -count),
  };
}
