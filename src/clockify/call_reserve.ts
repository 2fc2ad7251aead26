/** Calls of the hourly budget that are reserved for a step which makes several. */

/**
 * What the hour has set aside for one step: all calls that it needs from the first on, so that none is read in vain. A step
 * makes its calls one after another, and gives back what it has not used.
 */
export interface CallReserve {
  /** Calls from this one on, this one among them; 1 at least. */
  calls: number;
  /** The calls made before too. */
  inAll: number;
  /** Set aside and not made. */
  left: number;
  /** Ends the step's use of the hour. */
  giveBack(): void;
}

/** The reserve of a step that is about to make its first call. */
export function newCallReserve(): CallReserve {
  return { calls: 1, inAll: 1, left: 0, giveBack: () => {} };
}

/** True for a step that has made a call: what that one gave may be of no use when the next has to wait long. */
export function hasBegun(reserve: CallReserve | undefined): boolean {
  return reserve !== undefined && reserve.inAll > reserve.calls;
}

/** How many calls the hour is asked for; 0 when all that this one and those after it need are set aside. */
export function askedOf(reserve: CallReserve | undefined): number {
  return reserve ? Math.max(0, reserve.calls - reserve.left) : 1;
}
