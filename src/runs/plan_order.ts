/** What stands before a step of a plan, in the order of its walk: what a run that begins again at the step has from the older one. */

import { listsOf, type PlanStep } from "../engine/plan.ts";
import { parsePath } from "../engine/step_path.ts";

/** taken: it came before, and is over. open: it holds the step, and what it decided stays. left: it is walked again, or was not walked. */
export type Place = "taken" | "open" | "left";

export interface PlanOrder {
  /** Of the step at this path of the same plan. */
  placeOf(path: string): Place;
  /** Paths of the steps before it in its list, and in the lists around it. */
  before: string[];
  /** The branches that hold it, each with the number of the list that it is in. */
  around: { path: string; item: number }[];
}

/**
 * Undefined where the plan has no such step. `within` is the path of what holds it where nothing can begin in the middle: a loop
 * or parallel branches have come so far each for itself, a try, a wait and an approval have an end that led to the step.
 */
export function orderBefore(root: PlanStep, from: string): PlanOrder | { within: string } | undefined {
  const parts = parsePath(from);
  if (!parts || parts.length < 2 || parts[0]!.id !== root.id || parts.at(-1)!.item !== undefined) return undefined;
  /** Of each part, the steps of its list; its own among them. */
  const lists: (readonly PlanStep[])[] = [[root]];
  const around: PlanOrder["around"] = [];
  let within: string | undefined;
  for (const [depth, { id, item }] of parts.slice(0, -1).entries()) {
    const holder = lists[depth]!.find((step) => step.id === id)!;
    const list = listsOf(holder).find((one) => (one.repeated ? item !== undefined : one.item === item));
    if (!list?.steps.some((step) => step.id === parts[depth + 1]!.id)) return undefined;
    lists.push(list.steps);
    const path = [...parts.slice(0, depth).map(textOf), id].join("/");
    if (holder.kind === "branch") around.push({ path, item: item! });
    else if (holder.kind !== "sequence") within ??= path;
  }
  if (within !== undefined) return { within };
  const indexIn = (depth: number, id: string) => lists[depth]!.findIndex((step) => step.id === id);

  return {
    placeOf(path) {
      const own = parsePath(path) ?? [];
      for (const [depth, { id, item }] of own.entries()) {
        const wanted = parts[depth];
        if (!wanted) return "left";
        if (id !== wanted.id) {
          const index = indexIn(depth, id);
          return index !== -1 && index < indexIn(depth, wanted.id) ? "taken" : "left";
        }
        if (depth === own.length - 1 && item === undefined) return depth === parts.length - 1 ? "left" : "open";
        if (item !== wanted.item) return "left";
      }
      return "left";
    },
    before: parts.flatMap(({ id }, depth) =>
      lists[depth]!.slice(0, indexIn(depth, id)).filter(({ kind }) => kind !== "sequence")
        .map((step) => [...parts.slice(0, depth).map(textOf), step.id].join("/"))
    ),
    around,
  };
}

function textOf({ id, item }: { id: string; item?: number }): string {
  return item === undefined ? id : `${id}#${item}`;
}
