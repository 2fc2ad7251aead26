/** When a walk has done so much that others have their turn: it gives its job back, and goes on at once. */

import type { Parked, Walk } from "./walk.ts";

/** True where no further item of a loop is to begin in this walk. */
export function isTired({ turn }: Walk): boolean {
  return turn.steps <= 0 || turn.work <= 0;
}

/** The loop goes on at once, in another walk. */
export function restedAt(nowMs: number): Parked {
  return { kind: "parked", until: nowMs, on: [], reason: "goes on with its next items", retry: false };
}
