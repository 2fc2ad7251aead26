/**
 * Flows that a flow has run, by its steps and by the events that they make: which of them are not there or off, and which have it
 * run again.
 */

import type { Fault } from "../../engine/faults.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import { everyAction } from "../shape/steps.ts";

interface Named {
  id: number;
  definition: FlowDefinition;
}

/** A hint for each step of `flow` that runs a flow which fails it today, or that leads back to it by whatever other flows. */
export function calledFlowHints(flow: Named, others: readonly Named[]): Fault[] {
  const starts = startsOf(flow, others);
  const circle = (id: number) =>
    `${starts.name(id)}, which leads to this one again: a chain of runs that does not end is stopped`;
  return [...everyAction(flow.definition.actions)].flatMap(({ step, place }): Fault[] => {
    if (step.type === "emit_event") {
      const back = starts.listeners(step.event).find((id) => starts.leadsBack(id));
      return back === undefined ? [] : [{ path: `${place}.event`, message: `starts flow ${circle(back)}` }];
    }
    if (step.type !== "run_flow") return [];
    const path = `${place}.flow_id`;
    const called = starts.find(step.flow_id);
    if (!called) {
      return [{ path, message: `is no flow of this workspace: the step fails until there is a flow ${step.flow_id}` }];
    }
    if (!called.enabled && step.flow_id !== flow.id) {
      return [{ path, message: `is flow ${starts.name(step.flow_id)}, which is off: the step fails until it is on` }];
    }
    return starts.leadsBack(step.flow_id) ? [{ path, message: `is flow ${circle(step.flow_id)}` }] : [];
  });
}

/** Which flow starts which: each is gone over once, when it is first asked for. */
function startsOf(flow: Named, others: readonly Named[]) {
  const known = new Map([...others, flow].map((one) => [one.id, one.definition]));
  const byEvent = new Map<string, number[]>();
  for (const [id, { enabled, trigger_event_types: types }] of known) {
    // One that is off is not started; this one may be switched on as it is.
    if (enabled || id === flow.id) { for (const type of types) byEvent.set(type, [...byEvent.get(type) ?? [], id]); }
  }
  const edges = new Map<number, ReadonlySet<number>>();
  const back = new Map<number, boolean>();
  const listeners = (event: string): readonly number[] => byEvent.get(`flow:${event}`) ?? [];

  function startedBy(id: number): ReadonlySet<number> {
    let found = edges.get(id);
    if (!found) {
      const started = [...everyAction(known.get(id)?.actions ?? [])].flatMap(({ step }) =>
        step.type === "run_flow" ? [step.flow_id] : step.type === "emit_event" ? listeners(step.event) : []
      );
      edges.set(id, found = new Set(started));
    }
    return found;
  }

  /** True where the flow is this one, or has it run, by itself or by those that it has run. */
  function leadsBack(from: number): boolean {
    const before = back.get(from);
    if (before !== undefined) return before;
    const seen = new Set([from]);
    // A set is gone over to its end, with what is added on the way.
    for (const id of seen) if (id !== flow.id) { for (const next of startedBy(id)) seen.add(next); }
    back.set(from, seen.has(flow.id));
    return seen.has(flow.id);
  }

  return {
    find: (id: number) => known.get(id),
    name: (id: number) => `"${known.get(id)!.name}" (${id})`,
    listeners,
    leadsBack,
  };
}
