/** The plan: what a flow or a workflow becomes. Plain data, frozen when a run starts; the engine walks it and knows no Clockify. */

import type { BackoffPolicy } from "../base/backoff.ts";
import type { ValueType } from "./value_type.ts";

/** A JSON value whose strings may hold expressions (engine/mapping.ts). */
export type Template = unknown;

/** When a step that failed is retried. */
export interface RetryPolicy extends BackoffPolicy {
  /** Maximum attempts, the first one included; 1 means no retry. */
  maxAttempts: number;
  /** Of the answers that failed these statuses alone are retried; absent: those that the action calls retryable. */
  statuses?: readonly number[];
  /** From the first attempt on: no attempt begins later, whatever it waited for. Absent: without end. */
  timeLimitMs?: number;
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
  /** One attempt is aborted after it, and has failed; absent: the action's own limits count. */
  tryTimeLimitMs?: number;
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

/** A condition as a plan holds it: the types that its fields had when the plan was made stay with it. */
export interface PlanCondition {
  /** As in the flow (condition_shape.ts). */
  rules: unknown;
  /** By the text of the field; absent: not known. */
  types?: Readonly<Record<string, ValueType>>;
}

/**
 * One of several lists of steps, or none. The steps of case 2 have paths as in `root/check#2/create`; those of `otherwise`
 * stand behind the last case.
 */
export interface BranchStep {
  /** The kind of step. */
  kind: "branch";
  /** As of an action. */
  id: string;
  /** A switch: the value that the cases name. */
  on?: Template;
  /** The first that fits is taken. Each has `if`, or in a switch `equals`; `name` is what people read of it. */
  cases: readonly { name?: string; if?: PlanCondition; equals?: readonly unknown[]; steps: PlanStep[] }[];
  /** Where no case fits. */
  otherwise: PlanStep[];
}

/** How many of the branches decide a parallel step; the rest is cancelled then. */
export type Join = "all" | "any" | "majority" | { atLeast: number };

/** Several lists of steps at the same time; branch 1 has the path `root/both#1`. */
export interface ParallelStep {
  /** The kind of step. */
  kind: "parallel";
  /** As of an action. */
  id: string;
  /** Each is walked as a sequence. */
  branches: readonly PlanStep[][];
  /** Branches that have to complete. */
  join: Join;
  /** Of each branch, from the step's begin; one that is not over then has failed. */
  timeLimitMs?: number;
  /** The same by branch; null: it has none. */
  timeLimitsMs?: readonly (number | null)[];
  /** Branches that are walked at the same time; absent: 20. */
  atOnce?: number;
  /** Names of the branches: all of them end before the step fails, which says by name what failed. Absent: the others are cancelled. */
  endTogether?: readonly string[];
}

/** Steps for each item of a list, or as long as a condition holds; item 17 has the path `root/each#17`. */
export interface LoopStep {
  /** The kind of step. */
  kind: "loop";
  /** As of an action. */
  id: string;
  /** A list. Absent in a while-loop. */
  over?: Template;
  /** Asked before each round. Absent where there is a list. */
  while?: PlanCondition;
  /** Items or rounds; more is a failure. */
  maxItems: number;
  /** Items that are walked at the same time; 1: one after another. */
  atOnce: number;
  /** Of an item that failed. collect: as continue, and the errors are part of the output. */
  onError: "stop" | "continue" | "collect";
  /** Of each item. */
  steps: PlanStep[];
}

/** Waits for a span, an instant or an event. Steps of `expired` have the path `root/pause#0`. */
export interface WaitStep {
  /** The kind of step. */
  kind: "wait";
  /** As of an action. */
  id: string;
  /** A duration (duration.ts). */
  for?: Template;
  /** An instant, or a time on the clock of `zone`. */
  until?: Template;
  /** IANA name; absent: the installation's. */
  zone?: string;
  /** The first event of one of these types that fits. `$.webhook` in its fields is the event that comes; the values are resolved when the wait begins. */
  event?: { types: readonly string[]; condition: PlanCondition };
  /** A duration: the wait for an event ends by then. */
  deadline?: Template;
  /** At the deadline, before the run goes on. */
  expired?: PlanStep[];
}

/** Asks people. The lists have the paths #0 approved, #1 rejected, #2 expired, #3 ask, #4 remind. */
export interface ApprovalStep {
  /** The kind of step. */
  kind: "approval";
  /** As of an action. */
  id: string;
  /** A list of ids of Clockify users. */
  people: Template;
  /** Who else may decide, by role in the workspace. */
  roles: readonly string[];
  /** What they read. */
  note: Template;
  /** A duration: without an answer by then it has expired. */
  deadline?: Template;
  /** Once it is asked, as a message with the link at `$.approval.link`. */
  ask: PlanStep[];
  /** As `ask`, after a duration without an answer. */
  remind?: { after: Template; steps: PlanStep[] };
  /** Before the run goes on. */
  approved: PlanStep[];
  /** Before the run goes on; absent: it is cancelled. */
  rejected?: PlanStep[];
  /** Before the run goes on; absent: it fails. */
  expired?: PlanStep[];
}

/** Steps with others for the case that they fail. The lists have the paths #0 steps, #1 onError, #2 finally. */
export interface TryStep {
  /** The kind of step. */
  kind: "try";
  /** As of an action. */
  id: string;
  /** What is tried. */
  steps: PlanStep[];
  /** Find the failure at `$.error`: code, message, step. Absent: it fails the try, after `finally`. */
  onError?: PlanStep[];
  /** Whatever came before, but for a cancel. */
  finally: PlanStep[];
}

/** Ends the run, wherever it stands; a `finally` around it is walked first. */
export interface EndStep {
  /** The kind of step. */
  kind: "end";
  /** As of an action. */
  id: string;
  /** What becomes of the run. */
  outcome: "success" | "failure";
  /** What people read. */
  message?: Template;
  /** What who started the run gets. */
  output?: Template;
}

/** Steps that hold others, wait or end. */
export type ControlStep = BranchStep | ParallelStep | LoopStep | WaitStep | ApprovalStep | TryStep | EndStep;

/** The table of step kinds grows here and in engine/kinds/table.ts, nowhere else. */
export type PlanStep = ActionStep | SequenceStep | ControlStep;

/** All that a run does. */
export interface Plan {
  /** Of this form; a version that does not know it leaves the run to one that does. */
  schema: 1;
  /** The steps of the flow or workflow. */
  root: SequenceStep;
  /** There is a loop: of such a run only what is open is read when it goes on (runs/load_steps.ts). */
  loops?: true;
}

/** The plan of these steps, one after another. */
export function planOf(steps: PlanStep[]): Plan {
  const root: SequenceStep = { kind: "sequence", id: "root", steps };
  return { schema: 1, root, ...(hasLoop(root) && { loops: true }) };
}

/** Steps below a step, which are walked one after another. */
export interface StepList {
  /** Of the path of what it holds, as in `root/size#2/create`; undefined for a sequence. Of a loop the first of many. */
  item?: number;
  /** In their order. */
  steps: readonly PlanStep[];
  /** Once for each item of a loop. */
  repeated?: true;
}

/** The lists below a step of any kind, each with its place in paths: what reads plans goes by this. */
export function listsOf(step: PlanStep): StepList[] {
  const lists = (...all: (readonly PlanStep[] | undefined)[]) =>
    all.flatMap((steps, item): StepList[] => steps ? [{ item, steps }] : []);
  switch (step.kind) {
    case "action":
    case "end":
      return [];
    case "branch":
      return lists(...step.cases.map(({ steps }) => steps), step.otherwise);
    case "parallel":
      return lists(...step.branches);
    case "loop":
      return [{ item: 0, steps: step.steps, repeated: true }];
    case "wait":
      return lists(step.expired);
    case "approval":
      return lists(step.approved, step.rejected, step.expired, step.ask, step.remind?.steps);
    case "try":
      return lists(step.steps, step.onError, step.finally);
    default:
      // A sequence; of kinds that only some versions know, not all hold others.
      return step.steps ? [{ steps: step.steps }] : [];
  }
}

function hasLoop(step: PlanStep): boolean {
  return step.kind === "loop" || listsOf(step).some(({ steps }) => steps.some(hasLoop));
}
