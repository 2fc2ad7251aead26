/** The plan: what a flow or a workflow becomes. Plain data, frozen when a run starts; the engine walks it and knows no Clockify. */

import type { BackoffPolicy } from "../base/backoff.ts";

/** A JSON value whose strings may hold expressions (engine/mapping.ts). */
export type Template = unknown;

/** When a step that failed is retried. */
export interface RetryPolicy extends BackoffPolicy {
  /** Maximum attempts, the first one included; 1 means no retry. */
  maxAttempts: number;
}

/** Of a step that names none: 5 attempts within some 15 s. */
export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 5, initialDelayMs: 1_000, maxDelayMs: 60_000, multiplier: 2 };

/** What to do with an attempt that was sent but whose answer was never recorded (the process died in between). */
export type OnUncertain = "retry" | "stop";

/** One action: `action` names an entry of the action list that the engine was handed. */
export interface ActionStep {
  /** The kind of step. */
  kind: "action";
  /** Unique in the plan; part of the step's path and thus of its Idempotency-Key. */
  id: string;
  /** Entry of the list of actions. */
  action: string;
  /** What the action is handed, once its expressions are resolved. */
  input: Template;
  /** Of attempts that failed and may be repeated. */
  retry: RetryPolicy;
  /** Of an attempt whose answer is not known. */
  onUncertain: OnUncertain;
}

/** Steps one after another; a failed one ends the run. */
export interface SequenceStep {
  /** The kind of step. */
  kind: "sequence";
  /** Unique in the plan; part of the path of all that it holds. */
  id: string;
  /** In their order. */
  steps: PlanStep[];
}

/** The table of step kinds grows here and in engine/step.ts, nowhere else. */
export type PlanStep = ActionStep | SequenceStep;

/** All that a run does. */
export interface Plan {
  /** Of this form; a version that does not know it leaves the run to one that does. */
  schema: 1;
  /** The steps of the flow or workflow. */
  root: SequenceStep;
}
