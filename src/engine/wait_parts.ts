/** What steps that wait have in common: the facts of their workspace, and what makes them fail. */

import { AppError } from "../base/errors.ts";
import { isPassing } from "./passing.ts";
import { type InstallationFacts, installationFacts } from "./scope.ts";
import type { StepEnd, Walk } from "./walk.ts";

export function factsOf({ run: { workspaceId, timeZone } }: Pick<Walk, "run">): InstallationFacts {
  return installationFacts({ workspaceId, timeZone });
}

/** What `make` gives, or the failure of the step that it throws: an expression that cannot be resolved, or a limit. */
export async function orFailure<T>(make: () => Promise<T>): Promise<{ made: T } | { failed: StepEnd }> {
  try {
    return { made: await make() };
  } catch (error) {
    if (error instanceof AppError && error.code !== "LEASE_LOST" && !isPassing(error)) {
      return { failed: { kind: "failed", error } };
    }
    throw error;
  }
}
