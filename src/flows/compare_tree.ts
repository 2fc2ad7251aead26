/**
 * The steps of two definitions of one flow beside each other: each with the list it stands in, lists of cases and branches
 * paired by what they hold. Works on drafts, which may have faults. Pure.
 */

import { isDeepStrictEqual } from "node:util";
import { isObject } from "../engine/faults.ts";

type Fields = Record<string, unknown>;

/** A list of steps below a step. `numbered`: it is one of several, as the cases of a branch. */
interface ListKind {
  key: string;
  numbered?: true;
}

/** Where the kinds hold steps: the key of the list, and within each member of a numbered one `actions`. */
const LISTS: Readonly<Record<string, readonly ListKind[]>> = {
  branch: [{ key: "cases", numbered: true }, { key: "otherwise" }],
  parallel: [{ key: "branches", numbered: true }],
  loop: [{ key: "actions" }],
  wait: [{ key: "expired" }],
  approval: [{ key: "ask" }, { key: "remind" }, { key: "approved" }, { key: "rejected" }, { key: "expired" }],
  try: [{ key: "actions" }, { key: "on_error" }, { key: "finally" }],
};

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
  return placeList(definition.actions, { parent: null, key: "actions", path: "actions" }, "");
}

/** Every step of the list and of those below. */
export function* allSteps(list: PlacedList): Generator<PlacedStep> {
  for (const one of list.steps) {
    yield one;
    for (const below of one.lists) yield* allSteps(below);
  }
}

/** The keys of a step that lead to lists of steps: they are compared as such. */
export function listKeys(step: Fields): string[] {
  return (LISTS[String(step.kind)] ?? []).map(({ key }) => key);
}

function placeList(
  value: unknown,
  { parent, key, path, index, member }: Omit<PlacedList, "steps">,
  before: string,
): PlacedList {
  const list: PlacedList = { parent, key, path, steps: [], ...(member && { index, member }) };
  const ids = parent === null ? "action" : `${parent.id}_${member ? `${singular(key)}_${index! + 1}` : key}`;
  const steps = Array.isArray(value) ? value : [];
  for (const [position, step] of steps.entries()) {
    if (!isObject(step)) continue;
    const id = typeof step.id === "string" && step.id !== "" ? step.id : `${ids}_${position + 1}`;
    const placed: PlacedStep = {
      id,
      number: `${before}${position + 1}`,
      path: `${path}[${position}]`,
      step,
      list,
      position,
      lists: [],
    };
    list.steps.push(placed);
    placed.lists = listsBelow(placed);
  }
  return list;
}

function listsBelow(parent: PlacedStep): PlacedList[] {
  const { step, path, number } = parent;
  const before = `${number}.`;
  return (LISTS[String(step.kind)] ?? []).flatMap(({ key, numbered }) => {
    const value = step[key];
    if (numbered) {
      return (Array.isArray(value) ? value : []).flatMap((member, index) =>
        isObject(member)
          ? [
            placeList(member.actions, { parent, key, index, member, path: `${path}.${key}[${index}].actions` }, before),
          ]
          : []
      );
    }
    if (key === "remind") {
      const actions = isObject(value) ? value.actions : undefined;
      return actions === undefined ? [] : [placeList(actions, { parent, key, path: `${path}.remind.actions` }, before)];
    }
    return value === undefined || value === null
      ? []
      : [placeList(value, { parent, key, path: `${path}.${key}` }, before)];
  });
}

function singular(key: string): string {
  return key === "branches" ? "branch" : "case";
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

/** The definition with each of its steps changed, at every depth; what is none of a step is left as it is. */
export function mapSteps(definition: Fields, change: (step: Fields) => Fields): Fields {
  const list = (value: unknown): unknown =>
    Array.isArray(value) ? value.map((one) => isObject(one) ? step(one) : one) : value;
  const step = (one: Fields): Fields => {
    const changed = { ...change(one) };
    for (const { key, numbered } of LISTS[String(one.kind)] ?? []) {
      const value = changed[key];
      if (numbered && Array.isArray(value)) {
        changed[key] = value.map((member) => isObject(member) ? withActions(member) : member);
      } else if (key === "remind" && isObject(value)) changed[key] = withActions(value);
      else if (Object.hasOwn(changed, key)) changed[key] = list(value);
    }
    return changed;
  };
  const withActions = (holder: Fields) =>
    Object.hasOwn(holder, "actions") ? { ...holder, actions: list(holder.actions) } : holder;
  return withActions(definition);
}
