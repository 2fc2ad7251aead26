/**
 * Frames: what a step can name of the steps before it. Steps of one list, and of the branches and tries below it, share a
 * frame; each item of a loop and each branch of a parallel step has one of its own, whose names hide those around it.
 */

import type { AppError } from "../base/errors.ts";
import type { NamedResults } from "./named_results.ts";
import type { Plan, PlanStep } from "./plan.ts";
import type { NamedResult, StepResult } from "./scope.ts";

/** What steps of a loop find at `$.loop`. */
export interface LoopFacts {
  /** Null in a while-loop, as `total` is. */
  item: unknown;
  /** From 0. */
  index: number;
  total: number | null;
  is_first: boolean;
  /** Null in a while-loop: it is not known. */
  is_last: boolean | null;
  /** Of the loop around. */
  parent?: LoopFacts;
}

/** What the steps of `on_error` find at `$.error`. */
export interface ErrorFacts {
  code: string;
  message: string;
  /** Id of the step that failed. */
  step: string;
}

/** What is found at `$.approval` where people are asked. */
export interface ApprovalFacts {
  link: string;
  id: string;
}

/** Names and what they stand for. */
export interface Frame {
  /** Outputs of the finished steps, in their order. Large ones as a KeptOutput. */
  results: StepResult[];
  /** What the steps of this frame have set. */
  vars: Record<string, unknown>;
  loop?: LoopFacts;
  error?: ErrorFacts;
  approval?: ApprovalFacts;
  /** Looked up for what is not found here. */
  parent?: Frame;
}

/** Without `parent` that of the plan's root. */
export function createFrame(parent?: Frame, loop?: Omit<LoopFacts, "parent">): Frame {
  const around = parent && nearest(parent, "loop");
  return {
    results: [],
    vars: Object.create(null),
    ...(parent && { parent }),
    ...(loop && { loop: { ...loop, ...(around && { parent: around }) } }),
  };
}

/** The same frame, as some of its steps see it. */
export function seeing(frame: Frame, facts: Pick<Frame, "error" | "approval">): Frame {
  return { ...frame, ...facts };
}

/** The error as `$.error` shows it. */
export function errorFacts({ code, message }: AppError, step: string): ErrorFacts {
  return { code, message, step };
}

/** Adds what a finished step gave. */
export function remember({ results, vars }: Frame, step: PlanStep, output: unknown): void {
  results.push({ id: step.id, output });
  if (step.kind === "action" && step.action === "variables") Object.assign(vars, output);
}

/** The results that are named, of the nearest frame that has them; by number only where the plan holds actions alone. */
export function resultsNamed(frame: Frame, names: NamedResults, plan: Plan): NamedResult[] {
  const found: NamedResult[] = [];
  if (names.all) { for (const one of framesOf(frame)) found.unshift(...one.results); }
  else {
    for (const id of names.ids) {
      const result = findResult(frame, id);
      if (result) found.push(result);
    }
  }
  if (names.numbers.size === 0 || !plan.root.steps.every(({ kind }) => kind === "action")) return found;
  for (const number of names.numbers) {
    const result = frame.results[number - 1];
    if (result) found.push({ ...result, number });
  }
  return found;
}

/** What the scope has beside the results and what started the run. */
export function factsOf(
  frame: Frame,
): { loop?: LoopFacts; error?: ErrorFacts; approval?: ApprovalFacts; vars: unknown } {
  const vars: Record<string, unknown> = Object.create(null);
  for (const one of [...framesOf(frame)].reverse()) Object.assign(vars, one.vars);
  return {
    loop: nearest(frame, "loop"),
    error: nearest(frame, "error"),
    approval: nearest(frame, "approval"),
    vars,
  };
}

function findResult(frame: Frame, id: string): StepResult | undefined {
  for (const { results } of framesOf(frame)) {
    const result = results.findLast((one) => one.id === id);
    if (result) return result;
  }
  return undefined;
}

function nearest<Key extends "loop" | "error" | "approval">(frame: Frame, key: Key): Frame[Key] {
  for (const one of framesOf(frame)) if (one[key] !== undefined) return one[key];
  return undefined;
}

/** From the nearest one outwards. */
function* framesOf(frame: Frame): Generator<Frame> {
  for (let one: Frame | undefined = frame; one; one = one.parent) yield one;
}
