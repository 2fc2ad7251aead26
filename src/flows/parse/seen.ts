/** What each step of a flow may name: results of steps that were walked before it, variables, and what is around it. */

import type { StepShape } from "../shape/step_lists.ts";

/** "possible": where it is named it may be missing, as the result of a step in a case that was not taken. */
export type Certainty = "certain" | "possible";

export interface Seen {
  /** Results that `action_N_result` stands for, by place from 0: in a flow whose top level holds actions alone. */
  numbered: readonly StepShape[] | undefined;
  steps: ReadonlyMap<string, Certainty>;
  vars: ReadonlyMap<string, Certainty>;
  /** Why what was walked before, or is walked at the same time, cannot be named: the rest of a sentence. */
  hidden: ReadonlyMap<string, string>;
  /** The loops around, the innermost first. */
  loops: readonly ("list" | "while")[];
  /** Within `on_error`. */
  error: boolean;
  /** Within `ask` or `remind`. */
  approval: boolean;
}

/** What a step may name; of a while-loop also what its condition may. */
export type SeenBy = ReadonlyMap<StepShape, { seen: Seen; round?: Seen }>;

const NOTHING: Seen = {
  numbered: undefined,
  steps: new Map(),
  vars: new Map(),
  hidden: new Map(),
  loops: [],
  error: false,
  approval: false,
};

/** For the conditions of the flow itself, which are asked before its first step. */
export function seenFirst(steps: readonly StepShape[]): Seen {
  return { ...NOTHING, numbered: isFlat(steps) ? [] : undefined };
}

/** For each step of the flow, those below others too. */
export function seenBy(steps: readonly StepShape[]): SeenBy {
  const found = new Map<StepShape, { seen: Seen; round?: Seen }>();
  walkList(steps, seenFirst(steps), found);
  return found;
}

type Found = Map<StepShape, { seen: Seen; round?: Seen }>;

function isFlat(steps: readonly StepShape[]): boolean {
  return steps.every(({ raw }) => raw.kind === undefined || raw.kind === "action");
}

/** What may be named behind the list. */
function walkList(steps: readonly StepShape[], before: Seen, found: Found): Seen {
  let seen = before;
  for (const step of steps) {
    found.set(step, { seen });
    const behind = walkStep(step, seen, found);
    seen = {
      ...behind,
      steps: new Map([...behind.steps, [step.id, "certain"]]),
      ...(behind.numbered && { numbered: [...behind.numbered, step] }),
    };
  }
  return seen;
}

/** What may be named behind the step, but for its own result. */
function walkStep(step: StepShape, seen: Seen, found: Found): Seen {
  const { kind, type, set } = step.raw;
  switch (kind) {
    case undefined:
    case "action":
      if (type !== "variables" || typeof set !== "object" || set === null) return seen;
      return { ...seen, vars: new Map([...seen.vars, ...Object.keys(set).map((name) => [name, "certain"] as const)]) };
    case "branch":
      return walkCases(step, seen, found);
    case "parallel":
      return walkBranches(step, seen, found);
    case "loop":
      return walkLoop(step, seen, found);
    case "wait":
      return listsNamed(step, "expired").reduce((known, list) => behindMaybe(known, walkList(list, seen, found)), seen);
    case "approval":
      return walkApproval(step, seen, found);
    case "try":
      return walkTry(step, seen, found);
    default:
      return seen;
  }
}

function walkCases(step: StepShape, seen: Seen, found: Found): Seen {
  const ids = step.lists.map(({ steps }) => idsIn(steps));
  const behind = step.lists.map(({ steps }, index) => {
    const others = ids.flatMap((some, other) => other === index ? [] : some);
    return walkList(steps, hide(seen, others, `stands in another case of step "${step.id}"`), found);
  });
  return behind.reduce((known, one) => behindMaybe(known, { ...one, hidden: seen.hidden }), seen);
}

function walkBranches(step: StepShape, seen: Seen, found: Found): Seen {
  const ids = step.lists.map(({ steps }) => idsIn(steps));
  const isAll = step.raw.join === undefined || step.raw.join === "all";
  let known = seen;
  for (const [index, { steps }] of step.lists.entries()) {
    const others = ids.flatMap((some, other) => other === index ? [] : some);
    const why = `is walked at the same time, in another branch of step "${step.id}"`;
    const behind = walkList(steps, hide(seen, others, why), found);
    // Each branch writes variables of its own.
    const own = { ...behind, vars: seen.vars, hidden: seen.hidden };
    known = isAll ? { ...known, steps: new Map([...own.steps, ...known.steps]) } : behindMaybe(known, own);
  }
  return known;
}

function walkLoop(step: StepShape, seen: Seen, found: Found): Seen {
  const kind = step.raw.while !== undefined && step.raw.over === undefined ? "while" as const : "list" as const;
  let within: Seen = { ...seen, loops: [kind, ...seen.loops] };
  if (kind === "while") {
    // Rounds share their variables: one finds what the round before has set.
    for (const { steps } of step.lists) {
      const { vars } = behindMaybe(within, walkList(steps, within, new Map()));
      within = { ...within, vars };
    }
  }
  const ids: string[] = [];
  let round = within;
  for (const { steps } of step.lists) {
    ids.push(...idsIn(steps));
    round = behindMaybe(round, walkList(steps, within, found));
  }
  found.set(step, { seen, round });
  return hide(
    seen,
    ids,
    `stands in the loop "${step.id}", whose results go with each item: $.steps.${step.id}.output.outputs has the last of each`,
  );
}

function walkApproval(step: StepShape, seen: Seen, found: Found): Seen {
  const asking = { ...seen, approval: true };
  const apart = [...listsNamed(step, "ask"), ...listsNamed(step, "remind")];
  for (const list of apart) walkList(list, asking, found);
  const answers = ["approved", "rejected", "expired"].flatMap((name) => listsNamed(step, name));
  // What was decided is there before what follows from it.
  const decided: Seen = { ...seen, steps: new Map([...seen.steps, [step.id, "certain"]]) };
  const known = answers.reduce((known, list) => behindMaybe(known, walkList(list, decided, found)), seen);
  return hide(known, apart.flatMap(idsIn), `is part of how step "${step.id}" asks`);
}

function walkTry(step: StepShape, seen: Seen, found: Found): Seen {
  const [body] = listsNamed(step, "actions");
  const [caught] = listsNamed(step, "on_error");
  const [last] = listsNamed(step, "finally");
  const tried = walkList(body ?? [], seen, found);
  // What failed may have walked none of them.
  const maybe = behindMaybe(seen, tried);
  const behind = caught
    ? behindMaybe(maybe, { ...walkList(caught, { ...maybe, error: true }, found), error: seen.error })
    : maybe;
  const end = walkList(last ?? [], behind, found);
  // Without a branch for failures what follows is walked only where all of it was completed.
  return caught
    ? end
    : { ...end, steps: new Map([...end.steps, ...tried.steps]), vars: new Map([...end.vars, ...tried.vars]) };
}

function listsNamed(step: StepShape, name: string): StepShape[][] {
  return step.lists.filter((list) => list.name === name).map(({ steps }) => steps);
}

function idsIn(steps: readonly StepShape[]): string[] {
  return steps.flatMap((step) => [step.id, ...step.lists.flatMap((list) => idsIn(list.steps))]);
}

/** `known`, with what only one way leads by as possible. */
function behindMaybe(known: Seen, one: Seen): Seen {
  const added = <Key>(all: ReadonlyMap<Key, Certainty>, some: ReadonlyMap<Key, Certainty>) =>
    new Map([...all, ...[...some.keys()].filter((key) => !all.has(key)).map((key) => [key, "possible"] as const)]);
  return {
    ...known,
    steps: added(known.steps, one.steps),
    vars: added(known.vars, one.vars),
    hidden: new Map([...known.hidden, ...one.hidden]),
  };
}

function hide(seen: Seen, ids: readonly string[], why: string): Seen {
  return { ...seen, hidden: new Map([...seen.hidden, ...ids.map((id) => [id, why] as const)]) };
}
