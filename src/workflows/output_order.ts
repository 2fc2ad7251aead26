/** Outputs that steps name: which can never be there by then, in the order in which the plan walks. */

import type { Fault } from "../engine/faults.ts";
import { listsOf, type PlanStep } from "../engine/plan.ts";
import { stepOfPlan } from "./plan_parts.ts";

/** A part of a step names what another step gave. */
export interface NamedOutput {
  /** The step that names it. */
  by: string;
  /** The step that it names. */
  id: string;
  /** Of the part, as in steps.a.input_mapping. */
  path: string;
}

/**
 * A step finds what ended before it on its own way: no later step, none of a way beside its own, and none of a loop that it is not
 * in, whose output is that of the loop's step. Of steps that have no place in the plan nothing is said: they have a fault already.
 */
export function orderFaults(made: readonly PlanStep[], named: readonly NamedOutput[]): Fault[] {
  const byStep = Map.groupBy(named, ({ by }) => by);
  /** By the place and the step: a part may name one twice. */
  const found = new Map<string, NamedOutput>();
  const ended = new Set<string>();
  const begun = new Set<string>();

  function begin(id: string): void {
    if (begun.has(id)) return;
    begun.add(id);
    for (const one of byStep.get(id) ?? []) if (!ended.has(one.id)) found.set(`${one.path} ${one.id}`, one);
  }
  /** The steps whose output is there for what follows the list. */
  function walk(steps: readonly PlanStep[]): string[] {
    const all: string[] = [];
    const end = (ids: readonly string[]) => {
      all.push(...ids);
      for (const id of ids) ended.add(id);
    };
    for (const step of steps) {
      const owner = stepOfPlan(step.id);
      begin(owner);
      const within = listsOf(step).flatMap(({ steps, repeated }) => {
        const ids = walk(steps);
        for (const id of ids) ended.delete(id);
        return repeated ? [] : ids;
      });
      end(within);
      if (step.id === owner) end([owner]);
    }
    return all;
  }
  walk(made);
  return [...found.values()].filter(({ id }) => begun.has(id)).map(({ by, id, path }) => {
    const why = id === by
      ? "it is the same step"
      : "that step comes later, beside it, or within a loop that it is not in";
    return { path, message: `names the output of "${id}", which is never there when "${by}" begins: ${why}` };
  });
}
