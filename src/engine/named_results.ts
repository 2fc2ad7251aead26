/** Which results of earlier steps a template names: the others need not be there when it is filled. */

import { type CompiledTemplate, templateReferences } from "./mapping.ts";
import type { Path } from "./path.ts";
import { actionNumber, type StepResult } from "./scope.ts";

/** What is named, by place and by id. */
export interface NamedResults {
  /** A path goes over the results themselves, as `$.steps.*.output` does. */
  all: boolean;
  /** Places, from 1. */
  numbers: ReadonlySet<number>;
  ids: ReadonlySet<string>;
}

const known = new WeakMap<CompiledTemplate, NamedResults>();

/** What the template names. */
export function namedResults(template: CompiledTemplate): NamedResults {
  let named = known.get(template);
  if (!named) known.set(template, named = namesIn(templateReferences(template).map(({ path }) => path)));
  return named;
}

/** True for a result that is named; `place` in the list of results, from 0. */
export function isNamed({ all, numbers, ids }: NamedResults, { id }: Pick<StepResult, "id">, place: number): boolean {
  return all || numbers.has(place + 1) || ids.has(id);
}

/** What the paths name. */
export function namesIn(paths: readonly Path[]): NamedResults {
  const numbers = new Set<number>();
  const ids = new Set<string>();
  let all = false;
  for (const { segments: [root, step] } of paths) {
    if (root?.kind !== "name") continue;
    const number = actionNumber(root.name);
    if (number !== undefined) numbers.add(number);
    if (root.name !== "steps") continue;
    if (step?.kind === "name") ids.add(step.name);
    else if (step?.kind === "index") ids.add(String(step.index));
    else all = true;
  }
  return { all, numbers, ids };
}
