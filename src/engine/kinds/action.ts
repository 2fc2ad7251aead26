/**
 * One attempt of an action: prepare, record its start, call, classify the answer, settle. A step that is recorded as
 * completed, failed or cancelled is never attempted again, and one that waits for its next attempt not before its time.
 */

import { type Attempt, callAction, prepare, recordStart } from "../attempt.ts";
import { classify } from "../classify.ts";
import { endedBefore } from "../decision.ts";
import type { ActionStep } from "../plan.ts";
import { refuse, settle } from "../settle.ts";
import { idempotencyKey } from "../step_path.ts";
import type { StepEnd, Walker } from "../walk.ts";

export const walkAction: Walker<ActionStep> = async (step, path, walk, deps): Promise<StepEnd> => {
  const history = walk.history.get(path);
  const ended = endedBefore(walk, path);
  if (ended) return ended;
  if (history?.dueAt !== undefined && history.dueAt > deps.clock.now()) {
    // The walk came for something else.
    const reason = history.errorMessage ?? "waits for its next attempt";
    return { kind: "parked", until: history.dueAt, on: [], reason, retry: false };
  }
  const attempt: Attempt = {
    step,
    path,
    walk,
    deps,
    number: (history?.attempts ?? 0) + 1,
    idempotencyKey: idempotencyKey(walk.run.id, path, history?.keyPlanId),
    history,
    action: deps.actions.get(step.action)!,
  };
  walk.counts.add("tries", 1);
  return await walk.calls.within(async () => {
    const prepared = await prepare(attempt);
    if ("refused" in prepared) return refuse(attempt, prepared.refused);
    await recordStart(prepared);
    const called = await callAction(prepared);
    const end = settle(called, classify(called));
    if (called.output) {
      // Its bytes wait for nothing that comes later: what a walk holds of them is bounded.
      await walk.draft.commit();
      walk.outputs.hold(walk.run.id, called.output);
    }
    return end;
  });
};
