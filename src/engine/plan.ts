/** The plan: what a flow or a workflow becomes. Plain data, frozen when a run starts; the engine walks it and knows no Clockify. */

import type { BackoffPolicy } from "../base/backoff.ts";

/** A JSON value whose strings may hold expressions (engine/mapping.ts). */
export type Template = unknown;

export interface RetryPolicy extends BackoffPolicy {
  /** Maximum attempts, the first one included; 1 means no retry. */
  maxAttempts: number;
}

export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 5, initialDelayMs: 1_000, maxDelayMs: 60_000, multiplier: 2 };

/** What to do with an attempt that was sent but whose answer was never recorded (the process died in between). */
export type OnUncertain = "retry" | "stop";

/** One action: `action` names an entry of the action list that the engine was handed. */
export interface ActionStep {
  kind: "action";
  /** Unique in the plan; part of the step's path and thus of its Idempotency-Key. */
  id: string;
  action: string;
  input: Template;
  retry: RetryPolicy;
  onUncertain: OnUncertain;
}

/** Steps one after another; a failed one ends the run. */
export interface SequenceStep {
  kind: "sequence";
  id: string;
  steps: PlanStep[];
}

/** The table of step kinds grows here and in engine/step.ts, nowhere else. */
export type PlanStep = ActionStep | SequenceStep;

export interface Plan {
  schema: 1;
  root: SequenceStep;
}
