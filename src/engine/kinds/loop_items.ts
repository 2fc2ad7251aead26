/** The items of a list, one after another or several at once; one that waits keeps its place among these. */

import type { Frame } from "../frame.ts";
import { createLoopState, type Loop } from "../loop_state.ts";
import { mergeParked } from "../parked.ts";
import { isTired, restedAt } from "../rest.ts";
import { walkTogether } from "../together.ts";
import type { Ended, Parked, StepEnd } from "../walk.ts";

/** An end of an item that ends the loop. */
interface Last {
  index: number;
  end: StepEnd;
}

export async function walkItems(
  loop: Loop,
  { count, frameOf }: { count: number; frameOf(index: number): Promise<Frame> },
): Promise<StepEnd> {
  const { step, walk, deps } = loop;
  const state = createLoopState(loop);
  const { open } = state;
  const again = [...open];
  const parked: Parked[] = [];
  let last: Last | undefined;
  const halted = (): Ended | undefined => {
    if (!last) return walk.halted?.();
    return { kind: "cancelled", reason: last.end.kind === "over" ? "the run ended" : "another item failed" };
  };

  /** Undefined: no more in this walk. */
  function nextItem(): number | undefined {
    if (last) return undefined;
    if (again.length > 0) return again.shift();
    const waits = open.size >= step.atOnce || state.begun() >= count || halted() || isTired(walk);
    return waits ? undefined : state.begin();
  }

  async function walkOn(): Promise<StepEnd> {
    for (let index = nextItem(); index !== undefined; index = nextItem()) {
      const frame = await frameOf(index);
      state.recordInTime();
      const end = await state.walkOne(index, frame, halted);
      if (end.kind === "parked") parked.push(end);
      else if (end.kind === "over" || end.kind === "cancelled" || (end.kind === "failed" && step.onError === "stop")) {
        if (!last || isBefore({ index, end }, last)) last = { index, end };
      }
    }
    return { kind: "completed", output: null };
  }

  await walkTogether(Array.from({ length: Math.max(1, step.atOnce) }, () => walkOn), { atOnce: step.atOnce });
  if (last) return state.stop((last as Last).end);
  const isOver = open.size === 0 && state.begun() >= count;
  if (isOver) return await state.end();
  const halt = walk.halted?.();
  if (halt) return state.stop(halt);
  if (open.size < step.atOnce && state.begun() < count) parked.push(restedAt(deps.clock.now()));
  state.recordChange();
  return mergeParked(parked)!;
}

/** An end of the run goes before a failure, and that before a cancel, which may follow from it. */
function isBefore(one: Last, other: Last): boolean {
  const rank = ({ end }: Last) => ["over", "failed", "cancelled"].indexOf(end.kind);
  return rank(one) !== rank(other) ? rank(one) < rank(other) : one.index < other.index;
}
