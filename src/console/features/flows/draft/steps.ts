/** Steps of a draft: added, moved, copied, removed and changed; expressions that name their results follow. */

import type { Draft, Step } from "./draft.ts";
import { withKeys } from "./draft.ts";
import type { ActionJson, ClockifyActionJson, HttpActionJson } from "./json.ts";
import { renumbered, type StepMoves } from "./references.ts";

/** What an operation takes: the part of the vocabulary that the draft needs. */
export interface OperationShape {
  name: string;
  pathParams: readonly string[];
  queryParams: readonly { name: string }[];
  bodyKind: string;
}

const MAX_ID = 64;

export function addStep(draft: Draft, type: "clockify" | "http"): Draft {
  return withKeys(draft, (mint) => {
    const id = freeId(draft, `step_${draft.steps.length + 1}`);
    return { steps: [...draft.steps, { key: mint(), action: type === "http" ? newHttp(id) : newClockify(id) }] };
  });
}

export function moveStep(draft: Draft, key: string, by: -1 | 1): Draft {
  const from = draft.steps.findIndex((step) => step.key === key);
  const to = from + by;
  if (from < 0 || to < 0 || to >= draft.steps.length) return draft;
  const steps = [...draft.steps];
  [steps[from], steps[to]] = [steps[to]!, steps[from]!];
  return { ...draft, steps: follow(draft.steps, steps) };
}

/** The copy stands right after it. */
export function duplicateStep(draft: Draft, key: string): Draft {
  return withKeys(draft, (mint) => {
    const copies = draft.steps.flatMap((step) =>
      step.key === key
        ? [step, { ...step, key: mint(), action: { ...step.action, id: freeId(draft, `${step.action.id}_copy`) } }]
        : [step]
    );
    return { steps: follow(draft.steps, copies) };
  });
}

export function removeStep(draft: Draft, key: string): Draft {
  return { ...draft, steps: follow(draft.steps, draft.steps.filter((step) => step.key !== key)) };
}

/** The action with `part` laid over it; a part that is undefined is left out. */
export function setAction(
  draft: Draft,
  key: string,
  part: Partial<ClockifyActionJson> | Partial<HttpActionJson>,
): Draft {
  const change = (action: ActionJson) =>
    Object.fromEntries(
      Object.entries({ ...action, ...part }).filter(([, value]) => value !== undefined),
    ) as unknown as ActionJson;
  return {
    ...draft,
    steps: draft.steps.map((step) => step.key === key ? { ...step, action: change(step.action) } : step),
  };
}

/** Another operation: what the new one takes too is kept. */
export function setOperation(draft: Draft, key: string, operation: OperationShape): Draft {
  const step = draft.steps.find((one) => one.key === key);
  if (step?.action.type !== "clockify") return draft;
  const { path_params, query_params, body } = step.action;
  const names = operation.queryParams.map(({ name }) => name);
  const emptyBody = operation.bodyKind === "array" ? [] : undefined;
  const { intent: _, ...plain } = step;
  const asPlain = { ...draft, steps: draft.steps.map((one) => one === step ? plain : one) };
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

/** `after` with the expressions of its steps naming the same results as they did in `before`. */
function follow(before: readonly Step[], after: readonly Step[]): Step[] {
  const moves: StepMoves = new Map(before.map((step, index) => {
    const position = after.findIndex(({ key }) => key === step.key);
    return [index + 1, position === -1 ? { removed: step.action.id } : position + 1];
  }));
  if ([...moves].every(([from, to]) => from === to)) return [...after];
  return after.map((step) => ({ ...step, action: renumbered(step.action, moves) as ActionJson }));
}

export function freeId({ steps }: Pick<Draft, "steps">, wanted: string): string {
  const used = new Set(steps.map(({ action }) => action.id));
  let id = wanted.slice(0, MAX_ID);
  for (let number = 2; used.has(id); number++) id = `${wanted.slice(0, MAX_ID - 4)}_${number}`;
  return id;
}

export function newClockify(id: string): ClockifyActionJson {
  return { id, type: "clockify", operation_id: "", path_params: {}, query_params: {}, on_uncertain: "retry" };
}

function newHttp(id: string): HttpActionJson {
  return {
    id,
    type: "http",
    method: "POST",
    url: "",
    headers: {},
    query: {},
    timeout_ms: 10_000,
    on_uncertain: "retry",
  };
}
