/**
 * Decisions of steps that hold others: made once in a run, whatever walks come after. A branch that was taken stays taken,
 * also where the plan of a later version, or a changed input, would take another.
 */

import { AppError, type ErrorCode } from "../base/errors.ts";
import { parentOf } from "./step_path.ts";
import { endWaits, type Parked, type StepEnd, type Walk } from "./walk.ts";

/** A step that holds others, where it is walked. */
export interface Composite {
  /** Of the plan. */
  kind: string;
  path: string;
  walk: Walk;
}

/** How a step ended that is over; undefined for one that is not. The code may be one of another version: it is handed on. */
export function endedBefore({ history }: Pick<Walk, "history">, path: string): Exclude<StepEnd, Parked> | undefined {
  const { state, output, errorCode, errorMessage } = history.get(path) ?? {};
  switch (state) {
    case "completed":
      return { kind: state, output };
    case "failed":
      return {
        kind: state,
        error: new AppError((errorCode ?? "INTERNAL") as ErrorCode, errorMessage ?? "Unknown failure"),
      };
    case "cancelled":
      return { kind: state, reason: errorMessage ?? "the step was cancelled" };
    default:
      return undefined;
  }
}

/**
 * The decision that was recorded, else the one that `make` gives, which is then recorded with what comes next: before any
 * call that follows from it begins. JSON.
 */
export async function decide<Decision>(
  { kind, path, walk }: Composite,
  make: () => Decision | Promise<Decision>,
): Promise<Decision> {
  const recorded = walk.history.get(path)?.decided;
  if (recorded) return recorded.decision as Decision;
  const decision = await make();
  walk.draft.add({ step: { kind, path, parentPath: parentOf(path), state: "running", decision: decision ?? null } });
  return decision;
}

/** Adds the end of a step that holds others to the record of its run; one that is parked is not over. */
export function endComposite({ kind, path, walk }: Composite, end: StepEnd): StepEnd {
  if (end.kind === "parked") return end;
  walk.draft.add({ step: { kind, path, parentPath: parentOf(path), ...endFields(end) }, waits: endWaits(walk, path) });
  return end;
}

/**
 * Adds to the record of what comes next that what is open of the step and of those below it is cancelled: the rest of a join
 * that is decided. Its calls have ended, or are those of another walk.
 */
export function cancelOpen(walk: Walk, path: string, reason: string): StepEnd {
  walk.draft.add({ waits: { ...endWaits(walk, path), cancelled: [{ path, reason }] } });
  return { kind: "cancelled", reason };
}

function endFields(end: Exclude<StepEnd, Parked>) {
  switch (end.kind) {
    case "completed":
      return { state: end.kind, output: end.output };
    case "failed":
      return { state: end.kind, errorCode: end.error.code, errorMessage: end.error.message };
    case "cancelled":
      return { state: end.kind, errorMessage: end.reason };
  }
}
