/** A workflow whose parts do not all have their shape, as far as it leads from step to step: enough to say what is wrong with that. */

import { isObject } from "../engine/faults.ts";
import { stepShape, type WorkflowDefinition, type WorkflowStep } from "./definition.ts";

/** What is walked of a workflow; no start_step: it is missing. */
export type Sketch = Pick<WorkflowDefinition, "steps"> & { start_step?: string };

/** Undefined where there is nothing that could be walked. */
export function sketchOf({ start_step, steps }: { start_step?: unknown; steps?: unknown }): Sketch | undefined {
  if (!isObject(steps)) return undefined;
  return {
    ...(typeof start_step === "string" && { start_step }),
    steps: Object.fromEntries(
      Object.entries(steps).map(([id, step]) => [id, stepShape.safeParse(step).data ?? sketchOfStep(step)]),
    ),
  };
}

/** A step of which nothing but its links is looked at. */
function sketchOfStep(given: unknown): WorkflowStep {
  const step = isObject(given) ? given : {};
  const common = { id: textOf(step.id), next_step: textOf(step.next_step) };
  const loop = objectOf(step.loop_config);
  const fork = objectOf(step.fork_join_config);
  switch (step.type) {
    case "parallel":
      return { ...common, type: "parallel", parallel_steps: textsOf(step.parallel_steps) };
    case "conditional":
      return {
        ...common,
        type: "conditional",
        condition: "true",
        if_true_step: textOf(step.if_true_step),
        if_false_step: textOf(step.if_false_step),
      };
    case "loop": {
      const loop_body = textsOf(loop.loop_body);
      return {
        ...common,
        type: "loop",
        loop_config: { collection: [], loop_body, execution_mode: "sequential", on_error: "stop" },
      };
    }
    case "fork_join": {
      const branches = Object.entries(objectOf(fork.branches)).map(([name, branch]) =>
        [name, { steps: textsOf(objectOf(branch).steps) }] as const
      );
      return {
        ...common,
        type: "fork_join",
        fork_join_config: { branches: Object.fromEntries(branches), join_policy: "all" },
      };
    }
    default:
      return { ...common, type: "agent", agent_name: "", input_mapping: {} };
  }
}

function objectOf(given: unknown): Readonly<Record<string, unknown>> {
  return isObject(given) ? given : {};
}

function textOf(given: unknown): string | undefined {
  return typeof given === "string" && given !== "" ? given : undefined;
}

function textsOf(given: unknown): string[] {
  return Array.isArray(given) ? given.filter((one) => typeof one === "string") : [];
}
