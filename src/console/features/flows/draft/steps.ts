/** Steps of a draft: added, moved, copied, removed and changed, in every list; expressions that name their results follow. */

import type { MintKey } from "./conditions.ts";
import { copyOf } from "./conditions.ts";
import { type Draft, mapConditions, withKeys } from "./draft.ts";
import type { ActionJson, ControlJson } from "./json.ts";
import { newAction } from "./new_steps.ts";
import { outline, rowOf } from "./outline.ts";
import { renumbered, type StepMoves } from "./references.ts";
import { idOf, isControl, type KeptCondition, type Lane, mapLists, mapSteps, type Step, walk } from "./tree.ts";

/** What an operation takes: the part of the vocabulary that the draft needs. */
export interface OperationShape {
  name: string;
  pathParams: readonly string[];
  queryParams: readonly { name: string }[];
  bodyKind: string;
}

const MAX_ID = 64;

/** With the steps at the end of a lane, or of the flow where `lane` is undefined. */
export function appended(draft: Draft, added: readonly Step[], lane?: string): Draft {
  return withSteps(draft, (steps) => mapLists(steps, (list, own) => own === lane ? [...list, ...added] : list));
}

/** The steps that were added at the end of a lane, behind the `count` that it had, brought to `index` of it. */
export function broughtTo(
  draft: Draft,
  { lane, count, index }: { lane: string | undefined; count: number; index: number },
): Draft {
  if (index >= count) return draft;
  return withSteps(
    draft,
    (steps) =>
      mapLists(
        steps,
        (list, own) => own === lane ? list.slice(0, count).toSpliced(index, 0, ...list.slice(count)) : list,
      ),
  );
}

export function addStep(draft: Draft, type: ActionJson["type"], lane?: string): Draft {
  const id = freeId(draft, `step_${outline(draft).length + 1}`);
  let key = "";
  const minted = withKeys(draft, (mint) => {
    key = mint();
    return {};
  });
  return appended(minted, [{ key, action: newAction(type, id) }], lane);
}

/** One place up or down as people read them: past its neighbour, into a list of it, or out of the list that it stands in. */
export function moveStep(draft: Draft, key: string, by: -1 | 1): Draft {
  const row = rowOf(draft, key);
  if (!row) return draft;
  const { siblings, index, parent, lane, step } = row;
  const neighbour = siblings[index + by];
  const inside = neighbour && isControl(neighbour) ? neighbour.lanes.at(by === 1 ? 0 : -1) : undefined;
  if (inside) return placed(draft, step, { lane: inside.key, index: by === 1 ? 0 : inside.steps.length });
  if (neighbour) return placed(draft, step, { lane: lane?.key, index: index + by });
  if (!parent) return draft;
  const { lanes } = parent.step;
  const beside = lanes[lanes.indexOf(lane!) + by];
  if (beside) return placed(draft, step, { lane: beside.key, index: by === 1 ? 0 : beside.steps.length });
  return placed(draft, step, { lane: parent.lane?.key, index: parent.index + (by === 1 ? 1 : 0) });
}

/** Out of its list: behind the step that holds it. */
export function moveOut(draft: Draft, key: string): Draft {
  const row = rowOf(draft, key);
  if (!row?.parent) return draft;
  return placed(draft, row.step, { lane: row.parent.lane?.key, index: row.parent.index + 1 });
}

/** Into the step before it: to the end of its first list. */
export function moveIn(draft: Draft, key: string): Draft {
  const row = rowOf(draft, key);
  const before = row?.siblings[row.index - 1];
  const lane = before && isControl(before) ? before.lanes[0] : undefined;
  return row && lane ? placed(draft, row.step, { lane: lane.key, index: lane.steps.length }) : draft;
}

/** `index`: in the list once the step is out of it. */
function placed(draft: Draft, step: Step, to: { lane: string | undefined; index: number }): Draft {
  return withSteps(draft, (steps) => {
    const without = mapLists(steps, (list) => list.includes(step) ? list.filter((one) => one !== step) : list);
    return mapLists(without, (list, lane) => lane === to.lane ? list.toSpliced(to.index, 0, step) : list);
  });
}

/** The copy stands right after it, with ids of its own in all that it holds. */
export function duplicateStep(draft: Draft, key: string): Draft {
  const row = rowOf(draft, key);
  if (!row) return draft;
  let keys = draft.keys;
  const mint = () => `k${++keys}`;
  const used = usedIds(draft);
  const copy = copyStep(row.step, mint, (id) => {
    const free = freeOf(used, `${id}_copy`);
    used.add(free);
    return free;
  });
  const next = withSteps(
    draft,
    (steps) => mapLists(steps, (list) => list.flatMap((step) => step === row.step ? [step, copy] : [step])),
  );
  return { ...next, keys };
}

function copyStep(step: Step, mint: MintKey, rename: (id: string) => string): Step {
  const key = mint();
  if (!isControl(step)) return { ...step, key, action: { ...step.action, id: rename(step.action.id) } };
  return {
    ...step,
    key,
    control: { ...step.control, id: rename(step.control.id) },
    ...(step.condition && { condition: copyKept(step.condition, mint) }),
    lanes: step.lanes.map((lane): Lane => ({
      ...lane,
      key: mint(),
      ...(lane.condition && { condition: copyKept(lane.condition, mint) }),
      steps: lane.steps.map((one) => copyStep(one, mint, rename)),
    })),
  };
}

function copyKept({ node, none }: KeptCondition, mint: MintKey): KeptCondition {
  return { node: node && copyOf(node, mint), none };
}

/** With all that it holds. */
export function removeStep(draft: Draft, key: string): Draft {
  return withSteps(draft, (steps) => mapLists(steps, (list) => list.filter((step) => step.key !== key)));
}

/** The action with `part` laid over it; a part that is undefined is left out. */
export function setAction(draft: Draft, key: string, part: Partial<ActionJson>): Draft {
  return changedStep(
    draft,
    key,
    (step) => isControl(step) ? step : { ...step, action: laidOver(step.action, part) },
  );
}

/** The control step's own part with `part` laid over it. */
export function setControl(draft: Draft, key: string, part: Partial<ControlJson>): Draft {
  return changedStep(
    draft,
    key,
    (step) => isControl(step) ? { ...step, control: laidOver(step.control, part) } : step,
  );
}

function laidOver<Value extends object>(value: Value, part: object): Value {
  const entries = Object.entries({ ...value, ...part }).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as Value;
}

export function changedStep(draft: Draft, key: string, change: (step: Step) => Step): Draft {
  return { ...draft, steps: mapSteps(draft.steps, (step) => step.key === key ? change(step) : step) };
}

/** Another operation: what the new one takes too is kept. */
export function setOperation(draft: Draft, key: string, operation: OperationShape): Draft {
  const step = rowOf(draft, key)?.step;
  if (!step || isControl(step) || step.action.type !== "clockify") return draft;
  const { path_params, query_params, body } = step.action;
  const names = operation.queryParams.map(({ name }) => name);
  const emptyBody = operation.bodyKind === "array" ? [] : undefined;
  const { intent: _, ...plain } = step;
  const asPlain = changedStep(draft, key, () => plain);
  const fits = body !== undefined && operation.bodyKind !== "none" &&
    (operation.bodyKind === "array") === Array.isArray(body);
  return setAction(asPlain, key, {
    operation_id: operation.name,
    path_params: only(path_params, operation.pathParams),
    query_params: only(query_params, names),
    body: fits ? body : emptyBody,
    // Said of the other one.
    replace: undefined,
  });
}

function only(params: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.includes(name)));
}

/** With other steps, and the expressions of all naming the same results as they did before. */
export function withSteps(draft: Draft, change: (steps: Step[]) => Step[]): Draft {
  const steps = change(draft.steps);
  const moves = movesOf(draft.steps, steps);
  if ([...moves].every(([from, to]) => from === to)) return { ...draft, steps };
  const follow = <Value>(value: Value) => renumbered(value, moves) as Value;
  const followed = mapSteps(steps, (step) => {
    if (!isControl(step)) return { ...step, action: follow(step.action) };
    const lanes = step.lanes.map((lane) => lane.own ? { ...lane, own: follow(lane.own) } : lane);
    return { ...step, control: follow(step.control), lanes };
  });
  return mapConditions({ ...draft, steps: followed }, (kept) => ({ ...kept, node: follow(kept.node) }));
}

/**
 * Where each numbered result went. Results have numbers in flows of actions alone: once there is another kind of step, each is
 * named by the id of its step.
 */
function movesOf(before: readonly Step[], after: readonly Step[]): StepMoves {
  if (before.some(isControl)) return new Map();
  const isFlat = !after.some(isControl);
  return new Map(before.map((step, index) => {
    const position = after.findIndex(({ key }) => key === step.key);
    return [index + 1, position === -1 || !isFlat ? { removed: idOf(step) } : position + 1];
  }));
}

export function usedIds({ steps }: Pick<Draft, "steps">): Set<string> {
  const used = new Set<string>();
  walk(steps, (step) => used.add(idOf(step)));
  return used;
}

export function freeId(draft: Pick<Draft, "steps">, wanted: string): string {
  return freeOf(usedIds(draft), wanted);
}

export function freeOf(used: ReadonlySet<string>, wanted: string): string {
  let id = wanted.slice(0, MAX_ID);
  for (let number = 2; used.has(id); number++) id = `${wanted.slice(0, MAX_ID - 4)}_${number}`;
  return id;
}
