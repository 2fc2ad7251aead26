/**
 * Steps added, moved, copied and taken out where they stand in the outline: the names that lead from one to the next follow.
 * Each gives a copy; what it does not have to change is the same in it. Pure.
 */

import { idsIn, isJump, type OutlineList, type OutlineStep, rootOf } from "../outline.ts";
import { type Definition, type Fields, isFields, type Path, stepsOf, textIn, valueIn, withValue } from "./fields.ts";
import { withReferences, withStepNames } from "./names.ts";

/** A step's fields that name the one that comes next. */
const LINKS = ["next_step", "if_true_step", "if_false_step"] as const;

interface Link {
  step: string;
  field: string;
}

/** A step of a list, and the fields in it and below it that lead to what follows it. */
interface Item {
  /** Its id; of an array whatever stands there. */
  names: unknown;
  links: Link[];
}

/** Where a step stands. */
export interface Standing {
  step: OutlineStep;
  list: OutlineList;
  index: number;
  /** The step whose list it is. */
  owner?: OutlineStep;
}

export function standingOf(definition: Definition, id: string): Standing | undefined {
  return standingsOf(definition).get(id);
}

/** By id, of all that something leads to. */
export function standingsOf(definition: Definition): Map<string, Standing> {
  const found = new Map<string, Standing>();
  const visit = (list: OutlineList, owner?: OutlineStep) =>
    list.steps.forEach((step, index) => {
      if (isJump(step)) return;
      found.set(step.id, { step, list, index, owner });
      for (const below of step.lists) visit(below, step);
    });
  visit(rootOf(definition));
  return found;
}

/** The list that begins at a path; undefined: that of the workflow itself. */
export function listAt(definition: Definition, path: Path | undefined): OutlineList | undefined {
  const root = rootOf(definition);
  if (path === undefined) return root;
  const key = listKey(path);
  const visit = (list: OutlineList): OutlineList | undefined => {
    if (listKey(list.path) === key) return list;
    for (const one of list.steps) {
      if (isJump(one)) continue;
      for (const below of one.lists) {
        const found = visit(below);
        if (found) return found;
      }
    }
    return undefined;
  };
  return visit(root);
}

export function listKey(path: Path): string {
  return JSON.stringify(path);
}

/** An id that no step has: "agent-1". */
export function freeIds(definition: Definition): (base: string) => string {
  const taken = new Set(Object.keys(stepsOf(definition)));
  return (base) => {
    // 50 characters at most, and no two _ in a row.
    const stem = base.replaceAll(/[^A-Za-z0-9-]+/g, "-").replace(/-\d+$/, "").slice(0, 40) || "step";
    let number = 1;
    while (taken.has(`${stem}-${number}`)) number++;
    taken.add(`${stem}-${number}`);
    return `${stem}-${number}`;
  };
}

/** `steps`: the new ones by id, the one that comes to the spot first. */
export function addSteps(
  definition: Definition,
  { list: path, index, steps }: { list: Path | undefined; index: number; steps: Readonly<Record<string, Fields>> },
): Definition {
  const list = listAt(definition, path);
  const [id] = Object.keys(steps);
  if (!list || id === undefined) return definition;
  const items = itemsOf(definition, list).toSpliced(index, 0, { names: id, links: [] });
  return rewired({ ...definition, steps: { ...stepsOf(definition), ...steps } }, list, items);
}

export interface Removal {
  /** Ids of what is removed: the step, and all below it that nothing else leads to. */
  removed: string[];
  definition: Definition;
}

export function removeStep(definition: Definition, id: string): Removal {
  const standing = standingOf(definition, id);
  const next = standing && followerOf(standing);
  let made = standing ? rewired(definition, standing.list, without(definition, standing)) : definition;
  // What else leads to it leads to what follows it.
  for (const [other, step] of Object.entries(stepsOf(made))) {
    const left = other !== id && isFields(step) ? withoutName(step, { id, next }) : step;
    if (left !== step) made = withValue(made, ["steps", other], left);
  }
  if (made.start_step === id) made = withValue(made, ["start_step"], next);
  const before = reachedIn(definition);
  made = withValue(made, ["steps", id], undefined);
  const after = reachedIn(made);
  const lost = Object.keys(stepsOf(made)).filter((one) => before.has(one) && !after.has(one));
  for (const one of lost) made = withValue(made, ["steps", one], undefined);
  return { removed: [id, ...lost], definition: made };
}

/** A copy of the step and of all below it, behind it. */
export function duplicateStep(definition: Definition, id: string): { definition: Definition; copy?: string } {
  const standing = standingOf(definition, id);
  if (!standing) return { definition };
  const freeId = freeIds(definition);
  const names = new Map(idsIn([standing.step]).map((one) => [one, freeId(one)]));
  const copies = Object.fromEntries([...names].map(([from, to]) => {
    const step = valueIn(stepsOf(definition), [from]) as Fields;
    return [to, withReferences(withStepNames(step, names), names)];
  }));
  const { list, index } = standing;
  const items = itemsOf(definition, list);
  const links = items[index]!.links.map(({ step, field }) => ({ step: names.get(step)!, field }));
  const copy = names.get(id)!;
  const made = { ...definition, steps: { ...stepsOf(definition), ...copies } };
  return { definition: rewired(made, list, items.toSpliced(index + 1, 0, { names: copy, links })), copy };
}

export type Way = "up" | "down" | "out" | "into";

/** The ways that a step can be moved: within its list, out of it, and into the one before it. */
export function waysOf(definition: Definition, id: string): Way[] {
  const standing = standingOf(definition, id);
  if (!standing) return [];
  const { list: { steps }, index, owner } = standing;
  const before = steps[index - 1];
  const after = steps[index + 1];
  return [
    ...(owner || index > 0 ? ["up" as const] : []),
    ...(owner || (after && !isJump(after)) ? ["down" as const] : []),
    ...(owner ? ["out" as const] : []),
    ...(before && !isJump(before) && before.lists.length > 0 ? ["into" as const] : []),
  ];
}

/** Past the end of its list, up and down lead out of it. */
export function moveStep(definition: Definition, id: string, way: Way): Definition {
  const standing = standingOf(definition, id);
  if (!standing || !waysOf(definition, id).includes(way)) return definition;
  const { list, index, owner } = standing;
  const to = index + (way === "up" ? -1 : 1);
  const beside = list.steps[to];
  if ((way === "up" || way === "down") && beside && !isJump(beside)) {
    const items = itemsOf(definition, list);
    [items[index], items[to]] = [items[to]!, items[index]!];
    return rewired(definition, list, items);
  }
  const before = list.steps[index - 1] as OutlineStep | undefined;
  const alone = detached(definition, standing);
  if (way === "into") {
    const into = standingOf(alone, before!.id)?.step.lists[0];
    return into ? attached(alone, { id, list: into, index: into.steps.length }) : definition;
  }
  const around = standingOf(alone, owner!.id);
  return around ? attached(alone, { id, list: around.list, index: around.index + (way === "up" ? 0 : 1) }) : definition;
}

/** Out of its list, with nothing that leads on from it. */
function detached(definition: Definition, standing: Standing): Definition {
  const { links } = itemsOf(definition, standing.list)[standing.index]!;
  const alone = rewired(definition, standing.list, without(definition, standing));
  return withLinks(alone, links, undefined);
}

function attached(
  definition: Definition,
  { id, list, index }: { id: string; list: OutlineList; index: number },
): Definition {
  const items = itemsOf(definition, list);
  return rewired(definition, list, items.toSpliced(Math.min(index, items.length), 0, { names: id, links: [] }));
}

function without(definition: Definition, { list, index }: Standing): Item[] {
  return itemsOf(definition, list).toSpliced(index, 1);
}

/** What follows a step: the next of its list, else what that leads to. */
function followerOf({ list, index }: Standing): string | undefined {
  const next = list.steps[index + 1];
  return next === undefined ? list.end : isJump(next) ? next.jumpsTo : next.id;
}

/** The steps of a list; the jump that a chain ends with is its end. */
function itemsOf(definition: Definition, list: OutlineList): Item[] {
  const raw = list.kind === "array" ? valueIn(definition, list.path) : undefined;
  return list.steps.flatMap((one, index): Item[] => {
    if (isJump(one)) return list.kind === "array" ? [{ names: (raw as unknown[])[index], links: [] }] : [];
    const next = list.steps[index + 1];
    const to = next === undefined ? list.end : isJump(next) ? next.jumpsTo : next.id;
    return [{ names: one.id, links: to === undefined ? [] : linksTo(definition, { from: idsIn([one]), to }) }];
  });
}

function linksTo(definition: Definition, { from, to }: { from: readonly string[]; to: string }): Link[] {
  const steps = stepsOf(definition);
  return from.flatMap((step) =>
    LINKS.filter((field) => textIn(steps[step], field) === to).map((field) => ({ step, field }))
  );
}

/** The list with these steps in this order: each leads to the next, and the last to where the list led. */
function rewired(definition: Definition, list: OutlineList, items: readonly Item[]): Definition {
  const { kind, path, end } = list;
  let made = definition;
  if (kind === "array") made = withValue(made, path, items.map(({ names }) => names));
  else {
    // A lane of a parallel step that has no step left is none; what came after all lanes is no lane of its own.
    const isLane = typeof path.at(-1) === "number";
    const first = items[0]?.names ?? (!isLane && leadsToEnd(definition, list) ? end : undefined);
    if (valueIn(made, path) !== first) made = withValue(made, path, first);
    const owner = isLane && first === undefined ? standingOf(definition, String(path[1]))?.step : undefined;
    if (owner) made = withEndOfLanes(definition, { owner, left: made, end });
  }
  const isLed = kind === "chain" && leadsToEnd(definition, list);
  items.forEach(({ names, links }, index) => {
    const next = items[index + 1];
    const to = next ? next.names : isLed ? end : undefined;
    if (links.length > 0) made = withLinks(made, links, to as string | undefined);
    else if (kind === "chain" && to !== undefined) {
      made = withLinks(made, [{ step: names as string, field: "next_step" }], to as string);
    }
  });
  return made;
}

/**
 * Lanes join where two of them lead. Where one is left or none, the parallel step itself leads to what came after them, which
 * would be a part of the one lane.
 */
function withEndOfLanes(
  definition: Definition,
  { owner, left, end }: { owner: OutlineStep; left: Definition; end: string | undefined },
): Definition {
  const step = stepsOf(left)[owner.id];
  const lanes = valueIn(step, ["parallel_steps"]);
  const isJoined = Array.isArray(lanes) && lanes.length > 1;
  if (end === undefined || isJoined || textIn(step, "next_step") !== undefined) return left;
  const alone = withLinks(left, linksTo(definition, { from: idsIn([owner]), to: end }), undefined);
  return withValue(alone, ["steps", owner.id, "next_step"], end);
}

/** Whether its last step names what comes after the list; else the steps around do. */
function leadsToEnd(definition: Definition, list: OutlineList): boolean {
  const { end, path } = list;
  if (end === undefined) return false;
  const last = list.steps.findLast((one) => !isJump(one)) as OutlineStep | undefined;
  if (!last) return valueIn(definition, path) === end;
  return linksTo(definition, { from: idsIn([last]), to: end }).length > 0;
}

function withLinks(definition: Definition, links: readonly Link[], to: string | undefined): Definition {
  let made = definition;
  for (const { step, field } of links) {
    const path = ["steps", step, field];
    if (valueIn(made, path) !== to) made = withValue(made, path, to);
  }
  return made;
}

/** Without a step's name in its fields; what led to it leads to `next`. */
function withoutName(step: Fields, { id, next }: { id: string; next: string | undefined }): Fields {
  let made = step;
  for (const field of LINKS) if (made[field] === id) made = withValue(made, [field], next);
  for (const path of arraysOf(step)) {
    const ids = valueIn(made, path) as unknown[];
    if (ids.includes(id)) made = withValue(made, path, ids.filter((one) => one !== id));
  }
  return made;
}

/** Paths of the arrays in a step that name steps. */
export function arraysOf(step: unknown): Path[] {
  const branches = valueIn(step, ["fork_join_config", "branches"]);
  const paths: Path[] = [
    ["parallel_steps"],
    ["loop_config", "loop_body"],
    ...Object.keys(isFields(branches) ? branches : {}).map((name) => ["fork_join_config", "branches", name, "steps"]),
  ];
  return paths.filter((path) => Array.isArray(valueIn(step, path)));
}

/** Ids of the steps that something leads to, from the first on. */
export function reachedIn(definition: Definition): Set<string> {
  const steps = stepsOf(definition);
  const start = textIn(definition, "start_step");
  const reached = new Set(start !== undefined && Object.hasOwn(steps, start) ? [start] : []);
  for (const id of reached) {
    const step = steps[id];
    const named = [
      ...LINKS.map((field) => textIn(step, field)),
      ...arraysOf(step).flatMap((path) => valueIn(step, path) as unknown[]),
    ];
    for (const one of named) if (typeof one === "string" && Object.hasOwn(steps, one)) reached.add(one);
  }
  return reached;
}
