/**
 * The steps of two definitions of one flow beside each other: each with the list it stands in, lists of cases and branches
 * paired by what they hold. Works on drafts, which may have faults. Pure.
 */

import { isDeepStrictEqual } from "node:util";
import { isObject } from "../../engine/faults.ts";
import { defaultId, idBelow, listsOf } from "../shape/steps.ts";

type Fields = Record<string, unknown>;

/** One list of steps of a definition. */
export interface PlacedList {
  /** Null: the flow's own. */
  parent: PlacedStep | null;
  /** `otherwise`; `cases` for a member of a numbered list. Of the flow's own: `actions`. */
  key: string;
  /** Of a member of a numbered list: from 0. */
  index?: number;
  /** Of the member: what holds the list, as a case with its `if`. */
  member?: Fields;
  /** As in `actions[2].cases[0].actions`. */
  path: string;
  steps: PlacedStep[];
}

export interface PlacedStep {
  id: string;
  /** What people call its place: `3`, `3.1` for the first one below step 3. */
  number: string;
  path: string;
  step: Fields;
  list: PlacedList;
  /** In its list, from 0. */
  position: number;
  /** Those below it. */
  lists: PlacedList[];
}

/** The flow's own list with all that is below it. What is no list is an empty one; what is no object is left out. */
export function placeSteps(definition: Fields): PlacedList {
  return placeList(definition.actions, { parent: null, key: "actions", path: "actions" });
}

/** Every step of the list and of those below. */
export function* allSteps(list: PlacedList): Generator<PlacedStep> {
  for (const one of list.steps) {
    yield one;
    for (const below of one.lists) yield* allSteps(below);
  }
}

function placeList(
  value: unknown,
  { parent, key, path, index, member, name }: Omit<PlacedList, "steps"> & { name?: string },
): PlacedList {
  const list: PlacedList = { parent, key, path, steps: [], ...(member && { index, member }) };
  const steps = Array.isArray(value) ? value : [];
  for (const [position, step] of steps.entries()) {
    if (!isObject(step)) continue;
    const made = parent === null ? defaultId(position) : idBelow(parent.id, name!, position);
    const placed: PlacedStep = {
      id: typeof step.id === "string" && step.id !== "" ? step.id : made,
      number: `${parent ? `${parent.number}.` : ""}${position + 1}`,
      path: `${path}[${position}]`,
      step,
      list,
      position,
      lists: [],
    };
    list.steps.push(placed);
    placed.lists = listsOf(step).map(({ at, name, steps }) => {
      const [, key, index] = /^(\w+)(?:\[(\d+)\])?/.exec(at)!;
      const numbered = index === undefined
        ? {}
        : { index: Number(index), member: (step[key!] as Fields[])[Number(index)]! };
      return placeList(steps, { parent: placed, key: key!, name, path: `${placed.path}.${at}`, ...numbered });
    });
  }
  return list;
}

/** The members of a numbered list before and after, paired; each has one that is undefined where it was added or removed. */
export function pairMembers(
  before: readonly PlacedList[],
  after: readonly PlacedList[],
): { before?: PlacedList; after?: PlacedList }[] {
  const left = new Set(before);
  const pairs = new Map<PlacedList, PlacedList>();
  const pair = (fits: (one: PlacedList, other: PlacedList) => boolean) => {
    for (const other of after) {
      if (pairs.has(other)) continue;
      const one = [...left].find((each) => fits(each, other));
      if (!one) continue;
      pairs.set(other, one);
      left.delete(one);
    }
  };
  pair((one, other) => isDeepStrictEqual(one.member, other.member));
  pair((one, other) => named(one) !== undefined && named(one) === named(other));
  pair((one, other) => shared(one, other) > 0);
  pair((one, other) => isDeepStrictEqual(asked(one), asked(other)));
  pair((one, other) => one.index === other.index);
  return [
    ...after.map((other) => ({ before: pairs.get(other), after: other })),
    ...[...left].map((one) => ({ before: one })),
  ];
}

function named({ member }: PlacedList): string | undefined {
  return typeof member?.name === "string" && member.name !== "" ? member.name : undefined;
}

function shared(one: PlacedList, other: PlacedList): number {
  const ids = new Set(one.steps.map(({ id }) => id));
  return other.steps.filter(({ id }) => ids.has(id)).length;
}

/** What a case asks for; of a branch of a parallel step nothing. */
function asked({ member = {} }: PlacedList): unknown {
  return [member.if ?? null, member.equals ?? null];
}

/** Positions in `order` of the longest run of rising numbers: what stands there has not moved. */
export function keptInOrder(order: readonly number[]): Set<number> {
  const tails: number[] = [];
  const before = order.map(() => -1);
  for (const [at, value] of order.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order[tails[middle]!]! < value) low = middle + 1;
      else high = middle;
    }
    before[at] = low === 0 ? -1 : tails[low - 1]!;
    tails[low] = at;
  }
  const kept = new Set<number>();
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at]!) kept.add(at);
  return kept;
}
