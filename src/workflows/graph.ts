/** The graph that a workflow's steps make: where each leads, and what is wrong with it. */

import { type Fault, meantName } from "../engine/faults.ts";
import { namedBelow, STEP_ID, type WorkflowStep } from "./definition.ts";
import type { Sketch } from "./sketch.ts";

export interface Graph {
  step(id: string): WorkflowStep | undefined;
  /** It is run for each item of a loop. */
  isInLoop(id: string): boolean;
  /** The nearest step that comes after each of these whichever way they go, or is one of them; undefined: there is none. */
  join(heads: readonly (string | null | undefined)[]): string | undefined;
}

/** To find what was meant costs a look at the name of each step. */
const MAX_MEANT = 50;

/**
 * Names that lead nowhere, cycles, and steps that nothing leads to; with their places, as in `steps.a.next_step`. `isWalkable`:
 * each name leads somewhere, and no way leads back.
 */
export function readGraph({ start_step, steps }: Sketch): { graph: Graph; faults: Fault[]; isWalkable: boolean } {
  const faults: Fault[] = [];
  const step = (id: string) => Object.hasOwn(steps, id) ? steps[id] : undefined;
  const leads = (id: string): string[] => {
    const found = step(id);
    return found ? [...namedBelow(found).map((one) => one.id), ...(found.next_step ? [found.next_step] : [])] : [];
  };
  const from = (heads: readonly string[]) => {
    const seen = new Set(heads.filter((id) => step(id)));
    for (const id of seen) for (const one of leads(id)) if (step(one)) seen.add(one);
    return [...seen];
  };
  let missing = 0;
  const require = (path: string, id: string) => {
    if (step(id)) return;
    missing++;
    // What is no id has a fault of its shape.
    if (!STEP_ID.test(id)) return;
    const meant = missing <= MAX_MEANT ? meantName(id, Object.keys(steps)) : undefined;
    const said = `names no step: "${id}"`;
    faults.push({ path, message: meant === undefined ? said : `${said}; did you mean "${meant}"?` });
  };

  if (start_step !== undefined) require("start_step", start_step);
  for (const [id, one] of Object.entries(steps)) {
    if (one.id !== undefined && one.id !== id) {
      faults.push({ path: `steps.${id}.id`, message: `is "${one.id}": it has to be the step's key, "${id}"` });
    }
    for (const { at, id: named } of namedBelow(one)) require(`steps.${id}.${at}`, named);
    if (one.next_step) require(`steps.${id}.next_step`, one.next_step);
  }
  const cycle = findCycle(Object.keys(steps), leads);
  if (cycle) {
    const words = cycle.join(" > ");
    faults.push({
      path: `steps.${cycle[0]}`,
      message: `leads back to itself: ${words}. Use a loop for what is repeated`,
    });
  }
  if (start_step !== undefined && step(start_step)) {
    const reached = new Set(from([start_step]));
    for (const id of Object.keys(steps)) {
      if (!reached.has(id)) faults.push({ path: `steps.${id}`, message: "is reached from no other step" });
    }
  }
  const loops = Object.values(steps).flatMap((one) => one.type === "loop" ? one.loop_config.loop_body : []);
  const inLoops = new Set(from(loops));
  const graph: Graph = { step, isInLoop: (id) => inLoops.has(id), join: createJoins(step) };
  return { graph, faults, isWalkable: missing === 0 && !cycle };
}

/** Only for graphs without cycles. */
function createJoins(step: Graph["step"]): Graph["join"] {
  const known = new Map<string, string | undefined>();

  /** The step that comes after this one whichever way it goes. */
  function after(id: string): string | undefined {
    if (known.has(id)) return known.get(id);
    const found = step(id);
    const heads = found?.type === "conditional"
      ? [found.if_true_step, found.if_false_step]
      : found?.type === "parallel"
      ? found.parallel_steps
      : [];
    const next = found?.next_step ?? join(heads);
    known.set(id, next);
    return next;
  }
  function way(head: string): string[] {
    const ids: string[] = [];
    for (let id: string | undefined = head; id !== undefined; id = after(id)) ids.push(id);
    return ids;
  }
  function join(heads: readonly (string | null | undefined)[]): string | undefined {
    // A way that ends at once comes to no step.
    if (heads.length < 2 || heads.some((head) => head == null)) return undefined;
    const [first, ...others] = heads.map((head) => way(head!));
    const sets = others.map((ids) => new Set(ids));
    return first!.find((id) => sets.every((set) => set.has(id)));
  }
  return join;
}

/** The ids of one cycle, the first of them again at the end. Without recursion: a chain may have 1,000 steps. */
function findCycle(ids: readonly string[], leads: (id: string) => readonly string[]): string[] | undefined {
  const done = new Set<string>();
  for (const start of ids) {
    const way: { id: string; rest: string[] }[] = [];
    const onWay = new Set<string>();
    const enter = (id: string) => {
      way.push({ id, rest: [...leads(id)] });
      onWay.add(id);
    };
    if (!done.has(start)) enter(start);
    while (way.length > 0) {
      const { id, rest } = way.at(-1)!;
      const next = rest.shift();
      if (next === undefined) {
        way.pop();
        onWay.delete(id);
        done.add(id);
      } else if (onWay.has(next)) {
        const names = way.map((one) => one.id);
        return [...names.slice(names.indexOf(next)), next];
      } else if (!done.has(next)) enter(next);
    }
  }
  return undefined;
}
