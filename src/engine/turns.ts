/**
 * Cooperative turns: long computation is done in pieces, with a turn of the event loop between them. Counted in steps,
 * at the cost of an addition; requests that read many bodies share the thread by time (limits/thread_turns.ts).
 */

import { nextLoopTurn } from "../base/event_loop.ts";

/**
 * Steps of work (work_budget.ts) that may be done between two turns of the event loop, by all askers together: some 3 ms. A
 * piece that was begun is ended first, so the thread is held for this and the largest piece.
 */
const STEPS_PER_TURN = 50_000;

let done = 0;
let next: Promise<void> | undefined;

/** Says that so many steps were just done. */
export function countSteps(steps: number): void {
  done += steps;
}

/** Of a fault: its trace, its words and what is recorded of it, some 0.2 ms. */
const STEPS_PER_FAULT = 4_000;

/** Bytes of JSON that are read or written in the time of a step. */
const JSON_BYTES_PER_STEP = 10;

/** Says that so many bytes of JSON were just parsed or made. */
export function countJson(bytes: number): void {
  countSteps(bytes / JSON_BYTES_PER_STEP);
}

/**
 * Does a piece of work: at once while little was done since the last turn, else when the event loop has served what waited,
 * signals and health checks among it. Of several that wait one after another is done, each in a turn of its own. Fails
 * as `work` does.
 */
export async function inTurn<Result>(work: () => Result): Promise<Result> {
  // Checked and done without an await between: all that waited are woken together, and the first may fill the turn.
  while (done >= STEPS_PER_TURN) await (next ??= nextTurn());
  try {
    return work();
  } catch (error) {
    countSteps(STEPS_PER_FAULT);
    throw error;
  }
}

async function nextTurn(): Promise<void> {
  await nextLoopTurn();
  done = 0;
  next = undefined;
}
