/** Steps that go on later: how those of several children are one, and when the job of a run that waits comes back. */

import { HELD_MS } from "../queue/withdraw.ts";
import type { JournalClose } from "./journal.ts";
import type { Parked, StepEnd } from "./walk.ts";

/** The ends of children that are not over; undefined where all are: their parent goes on with the earliest, or with any thing that comes. */
export function mergeParked(ends: readonly StepEnd[]): Parked | undefined {
  const parked = ends.filter((end) => end.kind === "parked");
  const [first, ...more] = parked.toSorted((a, b) => (a.until ?? Infinity) - (b.until ?? Infinity));
  if (!first || more.length === 0) return first;
  const on = new Map(parked.flatMap((end) => end.on).map((key) => [JSON.stringify([key.type, key.key]), key]));
  return { ...first, on: [...on.values()], retry: parked.some(({ retry }) => retry) };
}

/** What becomes of the job of a run that waits; one that waits for no time comes back when something comes, or to end at its deadline. */
export function closeOfParked(
  { until = Infinity, reason, retry }: Parked,
  { nowMs, deadlineAt }: { nowMs: number; deadlineAt?: Date },
): JournalClose {
  const backAt = Math.min(until, deadlineAt?.getTime() ?? Infinity);
  const delayMs = Math.min(HELD_MS, Math.max(0, backAt - nowMs));
  return { kind: retry ? "retry" : "snooze", delayMs, reason };
}
