/**
 * Decisions of steps that hold others: made once in a run, whatever walks come after. A branch that was taken stays taken,
 * also where the plan of a later version, or a changed input, would take another.
 */

import { AppError, type ErrorCode } from "../base/errors.ts";
import type { CompositeRecord } from "./journal.ts";
import { keepOutput } from "./keep_output.ts";
import { ownerOf, parentOf } from "./step_path.ts";
import { type Ended, endWaits, type RunOver, type StepEnd, type Walk } from "./walk.ts";

const FAILURES: ReadonlySet<ErrorCode> = new Set([
  "EXPRESSION_FAILED",
  "EXPRESSION_INVALID",
  "STEP_OUTPUT_TOO_LARGE",
  "RUN_LIMIT_REACHED",
]);

/** A step that holds others, where it is walked. */
export interface Composite {
  /** Of the plan. */
  kind: string;
  path: string;
  walk: Walk;
}

/** How a step ended that is over; undefined for one that is not. The code may be one of another version: it is handed on. */
export function endedBefore({ history }: Pick<Walk, "history">, path: string): Ended | undefined {
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

/** What goes with the end of a step that holds others. */
export type EndFields = Pick<CompositeRecord, "progress">;

/**
 * Adds the end of a step that holds others to the record of its run; one that is parked is not over. Where the plan ends the run,
 * it is recorded with that.
 */
export function endComposite({ kind, path, walk }: Composite, end: StepEnd, fields: EndFields = {}): StepEnd {
  if (end.kind === "parked") return end;
  const parentPath = kind === "item" ? ownerOf(path) : parentOf(path);
  const step = { kind, path, parentPath, ...endFields(end), ...fields };
  if (end.kind === "over") walk.closing.push(step);
  else walk.draft.add({ step, waits: endWaits(walk, path) });
  return end;
}

/** As endComposite(), for one that completes with a value of any size. */
export async function completeComposite(
  composite: Composite,
  value: unknown,
  { maxBytes, ...fields }: EndFields & { maxBytes: number },
): Promise<StepEnd> {
  const { path, walk } = composite;
  try {
    const { output, kept, bytes } = await keepOutput(value, { id: `${path}@end`, maxBytes });
    walk.counts.add("outputBytes", bytes);
    if (kept) walk.draft.add({ output: kept });
    const end = endComposite(composite, { kind: "completed", output }, fields);
    if (kept) {
      await walk.draft.commit();
      walk.outputs.hold(walk.run.id, kept);
    }
    return end;
  } catch (error) {
    return endComposite(composite, { kind: "failed", error: failureOf(error) }, fields);
  }
}

/** What makes a step fail: a template or condition of its own. Anything else is thrown on, and walked again. */
export function failureOf(error: unknown): AppError {
  if (error instanceof AppError && FAILURES.has(error.code)) return error;
  throw error;
}

/**
 * Adds to the record of what comes next that what is open of the step and of those below it is cancelled: the rest of a join
 * that is decided. Its calls have ended, or are those of another walk.
 */
export function cancelOpen(walk: Walk, path: string, reason: string): StepEnd {
  walk.draft.add({ waits: { ...endWaits(walk, path), cancelled: [{ path, reason }] } });
  return { kind: "cancelled", reason };
}

function endFields(end: Ended | RunOver): Pick<CompositeRecord, "state" | "output" | "errorCode" | "errorMessage"> {
  switch (end.kind) {
    case "completed":
      return { state: end.kind, output: end.output };
    case "failed":
      return { state: end.kind, errorCode: end.error.code, errorMessage: end.error.message };
    case "cancelled":
      return { state: end.kind, errorMessage: end.reason };
    case "over":
      return end.error
        ? { state: "failed", errorCode: end.error.code, errorMessage: end.error.message }
        : { state: "completed" };
  }
}
