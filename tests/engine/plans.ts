/** Steps of the kinds that hold others, as plans have them. */

import type { Action } from "../../src/engine/action.ts";
import type {
  ActionStep,
  BranchStep,
  EndStep,
  LoopStep,
  ParallelStep,
  PlanStep,
  TryStep,
} from "../../src/engine/plan.ts";
import { step } from "./setup.ts";

export const branchOf = (id: string, fields: Partial<BranchStep>): BranchStep => ({
  kind: "branch",
  id,
  cases: [],
  otherwise: [],
  ...fields,
});

/** True for an event with this id. */
export const idIs = (value: unknown) => ({ rules: { field: "id", operator: "==", value } });

export const tryOf = (id: string, steps: PlanStep[], fields: Partial<TryStep> = {}): TryStep => ({
  kind: "try",
  id,
  steps,
  finally: [],
  ...fields,
});

export const endOf = (id: string, fields: Partial<EndStep> = {}): EndStep => ({
  kind: "end",
  id,
  outcome: "success",
  ...fields,
});

export const parallelOf = (
  id: string,
  branches: PlanStep[][],
  fields: Partial<ParallelStep> = {},
): ParallelStep => ({ kind: "parallel", id, branches, join: "all", ...fields });

export const loopOf = (id: string, steps: PlanStep[], fields: Partial<LoopStep>): LoopStep => ({
  kind: "loop",
  id,
  steps,
  maxItems: 10_000,
  atOnce: 1,
  onError: "stop",
  ...fields,
});

export const transform = (id: string, value: unknown): ActionStep =>
  step(id, { action: "transform", input: { output: value } });

export const setVars = (id: string, input: Record<string, unknown>): ActionStep =>
  step(id, { action: "variables", input: { set: input } });

/** A step that is tried once, and named by its id in what `fakeAction` answers. */
export const once = (id: string, fields: Partial<ActionStep> = {}): ActionStep =>
  step(id, { retry: { maxAttempts: 1, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 }, ...fields });

/** The paths that the action was called for. */
export const pathsOf = ({ calls }: { calls: { stepPath: string }[] } & Action): string[] =>
  calls.map(({ stepPath }) => stepPath);
