/** What stands before a step of a plan, in the order of its walk: what a run that begins again at the step has from the older one. */

import { listsOf, type LoopStep, type ParallelStep, type PlanStep } from "../engine/plan.ts";
import { parsePath, type PathPart } from "../engine/step_path.ts";

/**
 * taken: it came before, and is over. open: it holds the step, and what it decided stays. beside: it is in another branch of a
 * parallel step around. left: it is walked again, or was not walked.
 */
export type Place = "taken" | "open" | "beside" | "left";

/** A step that holds the one to begin at. */
export type Holder =
  /** It chose this list. */
  | { kind: "branch"; path: string; item: number }
  /** It goes on with this item; those before it are over. */
  | { kind: "loop"; path: string; item: number; step: LoopStep }
  /** This branch is walked again; the others are `beside`. */
  | { kind: "parallel"; path: string; item: number; step: ParallelStep }
  /** 1: the steps that were tried have failed. 2: they are over, whatever came. */
  | { kind: "try"; path: string; item: number };

export interface PlanOrder {
  /** Of the step, item or branch at this path of the same plan. */
  placeOf(path: string): Place;
  /** The same of a path as plans have it: of a loop that of its first item. */
  placeInPlan(path: string): Place;
  /** Paths of the steps before it in its list, and in the lists around it: each has to be completed. */
  before: string[];
  /** From the outermost one. Waits and approvals are not among them: they begin again. */
  around: Holder[];
}

const APPROVAL_ASKS = 3;

/** Undefined where the plan has no such step; `cannot` says why nothing begins there, and what to choose. */
export function orderBefore(root: PlanStep, from: string): PlanOrder | { cannot: string } | undefined {
  const parts = parsePath(from);
  if (!parts || parts.length < 2 || parts[0]!.id !== root.id || parts.at(-1)!.item !== undefined) return undefined;
  /** Of each part, the steps of its list; its own among them. */
  const lists: (readonly PlanStep[])[] = [[root]];
  const holders: PlanStep[] = [];
  const around: Holder[] = [];
  for (const [depth, { id, item }] of parts.slice(0, -1).entries()) {
    const holder = lists[depth]!.find((step) => step.id === id)!;
    const list = listsOf(holder).find((one) => (one.repeated ? item !== undefined : one.item === item));
    if (!list?.steps.some((step) => step.id === parts[depth + 1]!.id)) return undefined;
    lists.push(list.steps);
    holders.push(holder);
    const path = [...parts.slice(0, depth).map(textOf), id].join("/");
    if (holder.kind === "approval" && item! >= APPROVAL_ASKS) {
      return { cannot: `it is part of how the approval "${path}" asks; begin at the approval, which asks again` };
    }
    switch (holder.kind) {
      case "branch":
      case "try":
        around.push({ kind: holder.kind, path, item: item! });
        break;
      case "loop":
        around.push({ kind: "loop", path, item: item!, step: holder });
        break;
      case "parallel":
        around.push({ kind: "parallel", path, item: item!, step: holder });
    }
  }
  const indexIn = (depth: number, id: string) => lists[depth]!.findIndex((step) => step.id === id);

  function placeOf(own: readonly PathPart[]): Place {
    for (const [depth, { id, item }] of own.entries()) {
      const wanted = parts![depth];
      if (!wanted) return "left";
      if (id !== wanted.id) {
        const index = indexIn(depth, id);
        return index !== -1 && index < indexIn(depth, wanted.id) ? "taken" : "left";
      }
      const isLast = depth === own.length - 1;
      const holder = holders[depth];
      if (isLast && item === undefined) return holder ? placeOfHolder(holder, wanted.item) : "left";
      if (item !== wanted.item) return placeOfOther(holder, { item: item!, wanted: wanted.item!, isLast });
    }
    return "left";
  }

  return {
    placeOf: (path) => placeOf(parsePath(path) ?? []),
    placeInPlan: (path) => {
      const own = parsePath(path) ?? [];
      const isOn = (depth: number) => own.slice(0, depth + 1).every(({ id }, place) => parts[place]?.id === id);
      return placeOf(
        own.map((part, depth) =>
          holders[depth]?.kind === "loop" && part.item !== undefined && isOn(depth)
            ? { ...part, item: parts[depth]!.item }
            : part
        ),
      );
    },
    before: parts.flatMap(({ id }, depth) =>
      lists[depth]!.slice(0, indexIn(depth, id)).filter(({ kind }) => kind !== "sequence")
        .map((step) => [...parts.slice(0, depth).map(textOf), step.id].join("/"))
    ),
    around,
  };
}

/** Of one that begins again what it decided is decided again: the end of a time limit, whom to ask, how its first list ends. */
function placeOfHolder({ kind }: PlanStep, item: number | undefined): Place {
  const begins = kind === "parallel" || kind === "wait" || kind === "approval" || (kind === "try" && item === 0);
  return begins ? "left" : "open";
}

/** Of what is in another list, item or branch of what holds the step. */
function placeOfOther(
  holder: PlanStep | undefined,
  { item, wanted, isLast }: { item: number; wanted: number; isLast: boolean },
): Place {
  switch (holder?.kind) {
    case "parallel":
      return "beside";
    case "try":
      return item < wanted ? "taken" : "left";
    case "loop":
      // What an item gave is all that is known of it behind it.
      return item < wanted && isLast ? "taken" : "left";
    default:
      return "left";
  }
}

function textOf({ id, item }: PathPart): string {
  return item === undefined ? id : `${id}#${item}`;
}
