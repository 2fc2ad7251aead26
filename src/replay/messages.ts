/** A replay in sentences, for people and for programs that show them. */

import type { ReplayedFlow, ReplayPlan } from "./replay.ts";

/** "1 run will be retried from step 2, 0 new runs"; `done`: is retried. */
export function replayMessage({ retried, runs, flows }: ReplayPlan, { done }: { done: boolean }): string {
  const verb = done ? (retried === 1 ? "is" : "are") : "will be";
  return `${runsText(retried)} ${verb} retried${stepsText(flows)}, ${runs} new ${runs === 1 ? "run" : "runs"}`;
}

/** What is done twice, a sentence for each flow that did something for these events before. */
export function repeatNotes({ flows }: ReplayPlan): string[] {
  return flows.filter(({ repeated }) => repeated > 0).map(({ name, repeated }) =>
    `Flow "${name}" ran before for ${
      repeated === 1 ? "1 of these events" : `${repeated} of these events`
    }: it starts again at step 1, and what it did is done twice`
  );
}

/** Note on a flow that a person named and that is switched off. */
export function offNote({ name }: { name: string }): string {
  return `Flow "${name}" is switched off: it makes no run`;
}

function stepsText(flows: readonly ReplayedFlow[]): string {
  const counts = new Map<number, number>();
  for (const { step, runs } of flows.flatMap(({ fromSteps }) => fromSteps)) {
    counts.set(step, (counts.get(step) ?? 0) + runs);
  }
  const steps = [...counts].toSorted(([a], [b]) => a - b);
  if (steps.length === 0) return "";
  if (steps.length === 1) return ` ${fromText(steps[0]![0])}`;
  return ` (${steps.map(([step, runs]) => `${runs} ${fromText(step)}`).join(", ")})`;
}

function fromText(step: number): string {
  return step === 0 ? "with no step left" : `from step ${step}`;
}

function runsText(runs: number): string {
  return runs === 1 ? "1 run" : `${runs} runs`;
}
