/** The draft of a flow: its definition as rows with lasting keys. */

import type { Fault } from "../../../shell/client.ts";
import { type ConditionNode, type MintKey, readCondition, rulesIn, writeCondition } from "./conditions.ts";
import { type FlowJson, type FlowRest, isObject } from "./json.ts";
import { isControl, type KeptCondition, mapSteps, readSteps, type Step, walk, writeSteps } from "./tree.ts";
import { unparsedFaults, withTexts } from "../../../ui/unparsed_json.ts";

export type { Step };

export interface Draft {
  name: string;
  enabled: boolean;
  ordered: boolean;
  triggers: string[];
  /** What starts it beside events. */
  beside?: FlowJson["triggers"];
  /** Kept as it is. */
  rest: FlowRest;
  condition: ConditionNode | null;
  /** How "no condition" was written: null or {}. */
  noCondition: unknown;
  steps: Step[];
  /** Keys given so far. */
  keys: number;
}

export function toDraft(flow: FlowJson): Draft {
  let keys = 0;
  const mint = () => `k${++keys}`;
  const condition = readCondition(flow.conditions, mint);
  const { name, enabled, ordered, trigger_event_types, triggers, conditions, actions, ...rest } = flow;
  const steps = readSteps(actions, mint);
  return {
    name,
    enabled,
    ordered,
    triggers: trigger_event_types,
    ...(triggers && { beside: triggers }),
    rest,
    condition,
    noCondition: condition === null ? conditions : null,
    steps,
    keys,
  };
}

/** The definition that the draft is; JSON that cannot be read yet stands in it as text. */
export function toFlow(draft: Draft): FlowJson {
  return {
    ...draft.rest,
    name: draft.name,
    enabled: draft.enabled,
    trigger_event_types: draft.triggers,
    ...(draft.beside && { triggers: draft.beside }),
    conditions: draft.condition === null ? draft.noCondition : withTexts(writeCondition(draft.condition)),
    actions: withTexts(writeSteps(draft.steps)) as FlowJson["actions"],
    ordered: draft.ordered,
  };
}

/** A flow that does nothing yet: switched off until its author says otherwise. */
export function emptyDraft(): Draft {
  return toDraft({ name: "", enabled: false, trigger_event_types: [], conditions: null, actions: [], ordered: false });
}

/** Faults that the page can find without the server. */
export function draftFaults({ condition, steps }: Draft): Fault[] {
  return [
    ...(condition === null ? [] : unparsedFaults(writeCondition(condition), "conditions")),
    ...unparsedFaults(writeSteps(steps), "actions"),
  ];
}

/** True when both have the same definition, whatever the keys of their rows. */
export function isSame(one: Draft, other: Draft): boolean {
  // JSON that is being typed differs from the same text as a string.
  const said = (draft: Draft) => JSON.stringify([toFlow(draft), draftFaults(draft)]);
  return one === other || said(one) === said(other);
}

/** Applies a change that needs keys for new rows, and remembers how many were given. */
export function withKeys(draft: Draft, make: (mint: MintKey) => Partial<Draft>): Draft {
  let keys = draft.keys;
  const changes = make(() => `k${++keys}`);
  return { ...draft, ...changes, keys };
}

/** All conditions: the flow's own, and those of its steps, by the key of the step or lane that has each. */
export function conditionsIn({ condition, noCondition, steps }: Draft): Map<string | undefined, KeptCondition> {
  const found = new Map<string | undefined, KeptCondition>([[undefined, { node: condition, none: noCondition }]]);
  walk(steps, (step) => {
    if (!isControl(step)) return;
    for (const one of [step, ...step.lanes]) if (one.condition) found.set(one.key, one.condition);
  });
  return found;
}

/** With `change` made of each condition; `owner` is the key of the step or lane that has it, undefined for the flow. */
export function mapConditions(
  draft: Draft,
  change: (kept: KeptCondition, owner: string | undefined) => KeptCondition,
): Draft {
  const own = change({ node: draft.condition, none: draft.noCondition }, undefined);
  const changed = <Part extends { key: string; condition?: KeptCondition }>(part: Part): Part => {
    const next = part.condition && change(part.condition, part.key);
    return next === part.condition ? part : { ...part, condition: next };
  };
  const steps = mapSteps(draft.steps, (step) => {
    if (!isControl(step)) return step;
    const next = changed(step);
    const lanes = next.lanes.map(changed);
    return lanes.every((lane, index) => lane === next.lanes[index]) ? next : { ...next, lanes };
  });
  return { ...draft, condition: own.node, noCondition: own.none, steps };
}

/** Words of the draft that look like Clockify's ids (24 hexadecimal digits): their names are asked for. */
export function idsIn(draft: Draft): string[] {
  const found = new Set<string>();
  const visit = (value: unknown) => {
    if (typeof value === "string") { if (/^[0-9a-f]{24}$/.test(value)) found.add(value); }
    else if (Array.isArray(value)) value.forEach(visit);
    else if (isObject(value)) Object.values(value).forEach(visit);
  };
  for (const { node } of conditionsIn(draft).values()) rulesIn(node).forEach(({ rule }) => visit(rule.value));
  walk(draft.steps, (step) => {
    visit(isControl(step) ? step.control : step.action);
    if (isControl(step)) step.lanes.forEach(({ own }) => visit(own));
  });
  return [...found].slice(0, 100);
}
