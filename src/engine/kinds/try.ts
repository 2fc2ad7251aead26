/** Steps with others for the case that they fail (`onError`), and with some that follow whatever came (`finally`). */

import { AppError, type ErrorCode } from "../../base/errors.ts";
import { cancelOpen, completeComposite, type Composite, decide, endComposite, endedBefore } from "../decision.ts";
import { type ErrorFacts, errorFacts, seeing } from "../frame.ts";
import type { TryStep } from "../plan.ts";
import { recall, recallList } from "../recall.ts";
import { walkList } from "../step.ts";
import { isWithin, parsePath } from "../step_path.ts";
import type { StepEnd, Walker } from "../walk.ts";

/** JSON: how the steps that are tried have ended, so that they are not walked again. */
interface Tried {
  error: ErrorFacts | null;
  /** Other steps follow the failure, so that a person's retry goes on with those. */
  handled: boolean;
}

/** Its output is {failed, error}. A cancel is no failure: neither list follows it. */
export const walkTry: Walker<TryStep> = async (step, path, walk, deps) => {
  const composite: Composite = { kind: step.kind, path, walk };
  const over = endedBefore(walk, path);
  if (over) {
    recall(step, path, walk);
    return over;
  }
  const before = walk.history.get(path)?.decided?.decision as Tried | undefined;
  let error: ErrorFacts | null = null;
  let end: StepEnd = { kind: "completed", output: null };
  if (before) {
    recallList(step.steps, `${path}#0`, walk);
    error = before.error;
  } else {
    end = await walkList(step.steps, `${path}#0`, walk, deps);
    if (isLeft(end)) return endComposite(composite, end);
    if (end.kind === "failed") error = errorFacts(end.error, idOf(end.at ?? path));
    if (end.kind !== "over") await decide(composite, (): Tried => ({ error, handled: step.onError !== undefined }));
  }
  if (error) {
    end = { kind: "failed", error: new AppError(error.code as ErrorCode, error.message) };
    if (step.onError) {
      const frame = seeing(walk.frame, { error });
      end = await walkList(step.onError, `${path}#1`, { ...walk, frame }, deps);
      if (isLeft(end)) return endComposite(composite, end);
    }
  }
  const last = await walkList(step.finally, `${path}#2`, walk, deps);
  if (last.kind !== "completed") {
    // The run would have ended here, and what follows failed: it goes on with that.
    if (end.kind === "over" && (last.kind === "failed" || last.kind === "cancelled")) withdrawEnd(composite);
    return endComposite(composite, last);
  }
  if (end.kind !== "completed") return endComposite(composite, end);
  return completeComposite(composite, { failed: error !== null, error }, { maxBytes: deps.maxOutputBytes });
};

/** The steps that were to be closed with the run are cancelled. */
function withdrawEnd({ path, walk }: Composite): void {
  const { closing } = walk;
  closing.splice(0, closing.length, ...closing.filter((step) => !isWithin(step.path, path)));
  cancelOpen(walk, path, "finally failed");
}

/** It goes on later, or not at all. */
function isLeft({ kind }: StepEnd): boolean {
  return kind === "parked" || kind === "cancelled";
}

function idOf(path: string): string {
  return parsePath(path)?.at(-1)?.id ?? path;
}
