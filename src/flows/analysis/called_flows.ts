/** Flows that a flow runs by its steps: which of them are not there or off, and which run it again. */

import type { Fault } from "../../engine/faults.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import { everyAction } from "../shape/steps.ts";

interface Named {
  id: number;
  definition: FlowDefinition;
}

/** A hint for each step of `flow` that runs a flow which fails it today, or which leads back to it. */
export function calledFlowHints(flow: Named, others: readonly Named[]): Fault[] {
  const known = new Map([...others, flow].map((one) => [one.id, one.definition]));
  return [...everyAction(flow.definition.actions)].flatMap(({ step, place }): Fault[] => {
    if (step.type !== "run_flow") return [];
    const called = known.get(step.flow_id);
    const path = `${place}.flow_id`;
    if (!called) {
      return [{ path, message: `is no flow of this workspace: the step fails until there is a flow ${step.flow_id}` }];
    }
    const name = `"${called.name}" (${step.flow_id})`;
    if (!called.enabled && step.flow_id !== flow.id) {
      return [{ path, message: `is flow ${name}, which is off: the step fails until it is on` }];
    }
    if (!leadsTo(flow.id, { from: step.flow_id, known })) return [];
    return [{
      path,
      message: `is flow ${name}, which leads to this one again: a chain of runs that does not end is stopped`,
    }];
  });
}

/** True where the flow `from` is the wanted one, or runs it, by itself or by those that it runs. */
function leadsTo(
  wanted: number,
  { from, known }: { from: number; known: ReadonlyMap<number, FlowDefinition> },
): boolean {
  const seen = new Set<number>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === wanted) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    for (const { step } of everyAction(known.get(id)?.actions ?? [])) {
      if (step.type === "run_flow") open.push(step.flow_id);
    }
  }
  return false;
}
