/**
 * Decisions of steps that hold others: made once in a run, whatever walks come after. A branch that was taken stays taken,
 * also where the plan of a later version, or a changed input, would take another.
 */

import type { StepEnd, Walk } from "./walk.ts";
import { parentOf } from "./step_path.ts";

/** A step that holds others, where it is walked. */
export interface Composite {
  /** Of the plan. */
  kind: string;
  path: string;
  walk: Walk;
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
  const parentPath = parentOf(path);
  walk.draft.add({
    step: end.kind === "completed" ? { kind, path, parentPath, state: "completed", output: end.output } : {
      kind,
      path,
      parentPath,
      state: "failed",
      errorCode: end.error.code,
      errorMessage: end.error.message,
    },
  });
  return end;
}
