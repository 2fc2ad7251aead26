/** What steps that wait have in common: how their templates are resolved, and how the lists below them are walked. */

import { AppError } from "../base/errors.ts";
import { resolve } from "./mapping.ts";
import type { PlanStep, Template } from "./plan.ts";
import { buildScope, type InstallationFacts, installationFacts } from "./scope.ts";
import { walkStep } from "./step.ts";
import { inTurn } from "./turns.ts";
import type { StepDeps, StepEnd, Walk } from "./walk.ts";
import { WORK } from "./work_budget.ts";

/** What the template comes to where the step stands. Throws EXPRESSION_FAILED. */
export async function resolveFor(walk: Walk, template: Template): Promise<unknown> {
  const { run, results, outputs, work } = walk;
  return await outputs.withNamed({ run, results, template }, (named) =>
    inTurn(() =>
      resolve(
        template,
        buildScope({ body: run.event, delivery: run.delivery, installation: factsOf(walk), results: named }),
        work.share(WORK.step, "one step"),
      )
    ));
}

export function factsOf({ run: { workspaceId, timeZone } }: Pick<Walk, "run">): InstallationFacts {
  return installationFacts({ workspaceId, timeZone });
}

/** One after another, below `path`, which has the list's number. */
export async function walkList(steps: readonly PlanStep[], path: string, walk: Walk, deps: StepDeps): Promise<StepEnd> {
  let last: StepEnd = { kind: "completed", output: null };
  for (const child of steps) {
    last = await walkStep(child, path, walk, deps);
    if (last.kind !== "completed") return last;
    walk.results.push({ id: child.id, output: last.output });
  }
  return last;
}

/** What `make` gives, or the failure of the step that it throws: an expression that cannot be resolved, or a limit. */
export async function orFailure<T>(make: () => Promise<T>): Promise<{ made: T } | { failed: StepEnd }> {
  try {
    return { made: await make() };
  } catch (error) {
    if (error instanceof AppError && error.code !== "LEASE_LOST") return { failed: { kind: "failed", error } };
    throw error;
  }
}
