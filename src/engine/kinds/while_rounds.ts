/**
 * The rounds of a while-loop. Its condition sees what the round before gave, and all rounds share variables; that a round
 * begins is recorded with its first step, so that the condition is not asked for it again.
 */

import { AppError } from "../../base/errors.ts";
import { endedBefore, failureOf } from "../decision.ts";
import { holds } from "../evaluate.ts";
import { createFrame, type Frame } from "../frame.ts";
import { createLoopState, type Loop } from "../loop_state.ts";
import { recallList } from "../recall.ts";
import { isTired, restedAt } from "../rest.ts";
import type { StepEnd } from "../walk.ts";

export async function walkRounds(loop: Loop): Promise<StepEnd> {
  const { step, walk, deps } = loop;
  const state = createLoopState(loop);
  const around = createFrame(walk.frame);
  Object.assign(around.vars, state.varsBefore);
  const roundOf = (index: number): Frame => ({
    ...createFrame(around, { item: null, index, total: null, is_first: index === 0, is_last: null }),
    vars: around.vars,
  });
  const halted = () => walk.halted?.();
  let last: Frame | undefined;
  for (;;) {
    let [index] = state.open;
    if (index === undefined) {
      index = state.begun();
      const halt = halted();
      if (halt) return state.stop(halt);
      // The round before is read again when the loop goes on: the condition sees it.
      if (isTired(walk)) return restedAt(deps.clock.now());
      const round = roundOf(index);
      try {
        const frame = last ? { ...last, loop: round.loop } : round;
        if (!await holds({ ...walk, frame }, step.while!)) return await state.end();
        if (index >= step.maxItems) throw tooMany(step.maxItems);
      } catch (error) {
        return state.stop({ kind: "failed", error: failureOf(error) });
      }
      state.begin();
      state.record({ ...around.vars });
    }
    const frame = roundOf(index);
    const path = state.pathOf(index);
    if (endedBefore(walk, path)) recallList(step.steps, path, { history: walk.history, frame });
    const end = await state.walkOne(index, frame, halted);
    if (end.kind === "parked") return end;
    if (end.kind !== "completed" && (end.kind !== "failed" || step.onError === "stop")) return state.stop(end);
    last = frame;
  }
}

function tooMany(rounds: number): AppError {
  return new AppError("RUN_LIMIT_REACHED", `Cannot begin another round: ${rounds} are allowed`);
}
